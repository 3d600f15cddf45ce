//! The lane that a run begins with. Its weights may have to be fetched first, and whoever waits for that may
//! choose another preset meanwhile. Worker thread.

use std::sync::mpsc::Sender;

use tch::Device;

use super::EngineError;
use super::inbox::Inbox;
use super::lane::Lane;
use super::message::Event;
use super::run::broken_off;
use super::worker::Job;
use crate::preset::diff;

/// The lane, and what is to be said of presets that came before it was built.
#[derive(Debug)]
pub(super) struct FirstLane {
    pub(super) lane: Lane,
    pub(super) changes: Vec<Event>,
}

impl FirstLane {
    /// Builds the lane of `job`, or of the presets that are asked for while its weights are fetched. Where one
    /// of those cannot be built, the ones of `job` count again.
    pub(super) fn new(
        job: &Job,
        device: Device,
        inbox: &mut Inbox<'_>,
        outbox: &Sender<Event>,
    ) -> Result<Self, EngineError> {
        let mut candidates = job.candidates.clone();
        let mut changes = Vec::new();
        loop {
            let built = Lane::new(
                candidates.clone(),
                job.weights.clone(),
                device,
                &mut |stage| {
                    let _ = outbox.send(Event::Preparing(stage));
                    broken_off(
                        candidates
                            .first()
                            .is_some_and(|first| inbox.is_replaced(&first.preset)),
                    )
                },
            );
            let error = match built {
                Ok(lane) => return Ok(Self { lane, changes }),
                Err(error) => error,
            };
            let change = if error.is_stopped() {
                inbox.take_change()
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
                candidates.clone_from(&job.candidates);
                continue;
            };
            let Some(slot) = candidates.get_mut(candidate) else {
                let reason = format!("there is no candidate {candidate}");
                let _ = outbox.send(Event::PresetRefused {
                    candidate,
                    preset,
                    error: EngineError::Incompatible(reason),
                });
                continue;
            };
            changes.push(Event::PresetChanged {
                candidate,
                step: 0,
                changes: diff(&slot.preset, &preset),
                preset: preset.clone(),
                in_force: preset.clone(),
            });
            slot.preset = *preset;
        }
    }
}
