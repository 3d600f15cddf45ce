//! The lane that a run begins with. Its weights may have to be fetched first, and whoever waits for that may
//! choose another preset meanwhile. Worker thread.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tch::Device;

use super::EngineError;
use super::checkpoint::Checkpoint;
use super::inbox::Inbox;
use super::input::{Candidate, WeightsChoice};
use super::lane::Lane;
use super::message::Event;
use super::preparing::Preparing;
use super::run::broken_off;
use super::way::Way;
use crate::preset::diff;

/// The lane, and what is to be said of presets that came before it was built.
#[derive(Debug)]
pub(super) struct FirstLane {
    pub(super) lane: Lane,
    pub(super) changes: Vec<Event>,
}

impl FirstLane {
    /// Builds a lane of `first`, which are called `numbers` and go on from `checkpoints` where there are any, or of the presets that are asked for while its weights
    /// are fetched. Where one of those cannot be built, those of `first` count again.
    pub(super) fn new(
        first: &[Candidate],
        numbers: &Arc<[usize]>,
        checkpoints: &[&Checkpoint],
        weights: &WeightsChoice,
        place: (Device, Way),
        inbox: &mut Inbox<'_>,
        outbox: &Sender<Event>,
    ) -> Result<Self, EngineError> {
        let mut candidates = first.to_vec();
        let mut changes = Vec::new();
        loop {
            let mut preparing = Preparing::new(outbox);
            let mut report = |stage| {
                preparing.say(stage);
                broken_off(
                    candidates
                        .first()
                        .is_some_and(|first| inbox.is_replaced(&first.preset, numbers)),
                )
            };
            let (all, weights) = (candidates.clone(), weights.clone());
            let built = Lane::begun(all, checkpoints, weights, place, &mut report);
            let error = match built {
                Ok(lane) => {
                    let lane = lane.numbered(Arc::clone(numbers));
                    return Ok(Self { lane, changes });
                }
                Err(error) => error,
            };
            let change = if error.is_stopped() {
                inbox.take_change(numbers)
            } else {
                None
            };
            let Some((candidate, preset)) = change else {
                let refused = match changes.pop() {
                    Some(Event::PresetChanged {
                        candidate, preset, ..
                    }) if !error.is_stopped() => (candidate, preset),
                    _ => return Err(error),
                };
                // What was chosen meanwhile cannot be built: back to what the run was begun with.
                let _ = outbox.send(Event::PresetRefused {
                    candidate: refused.0,
                    preset: refused.1,
                    error,
                });
                changes.clear();
                candidates = first.to_vec();
                continue;
            };
            let row = numbers.iter().position(|number| *number == candidate);
            let Some(slot) = row.and_then(|row| candidates.get_mut(row)) else {
                continue;
            };
            changes.push(Event::PresetChanged {
                candidate,
                step: checkpoints.first().map_or(0, |first| first.step),
                changes: diff(&slot.preset, &preset),
                preset: preset.clone(),
                in_force: preset.clone(),
            });
            slot.preset = *preset;
        }
    }
}
