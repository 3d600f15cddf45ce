//! Presets that change while the run goes on, and beginning again. Worker thread.

use super::super::EngineError;
use super::super::inbox::Inbox;
use super::super::input::Candidate;
use super::super::lane::Lane;
use super::super::lane_run::LaneRun;
use super::super::message::{Event, Refusal};
use super::super::preparing::Preparing;
use super::{Run, State, broken_off};
use crate::preset::{Change, ChangeClass, Preset, diff, with_restart_fields_of};

/// What came of building a lane again for a changed preset.
enum Rebuilt {
    /// The lane with it.
    Whole(Box<Lane>),
    /// It does not fit the others any more: a lane for it alone.
    Apart(Box<LaneRun>),
}

impl Run<'_> {
    /// Takes up what of `preset` may change now; what needs a restart is remembered.
    pub(super) fn change_preset(&mut self, number: usize, preset: Preset, inbox: &mut Inbox<'_>) {
        // Losses so far were made under the old weights and must say so.
        self.read_losses();
        let place = |lane: &LaneRun| lane.lane.row_of(number);
        let Some((index, row)) = (0..)
            .zip(&self.lanes)
            .find_map(|(index, lane)| Some((index, place(lane)?)))
        else {
            let reason = format!("there is no candidate {number}");
            return self.refuse_preset(number, preset, EngineError::Incompatible(reason));
        };
        let outbox = self.outbox;
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let Some(current) = lane.lane.candidates().get(row).cloned() else {
            return;
        };
        let pending = diff(&current.preset, &preset);
        let has = |class| pending.iter().any(|change: &Change| change.class == class);
        if lane.failure.is_some() {
            return;
        }
        let in_force = with_restart_fields_of(&preset, &current.preset);
        let asked = Candidate {
            preset: in_force.clone(),
            ..current
        };
        if let Err(error) = asked.check_pictures() {
            return self.refuse_preset(number, preset, error);
        }
        if has(ChangeClass::Rebuild) {
            match rebuilt(lane, row, asked, inbox, outbox) {
                Ok(Rebuilt::Whole(built)) => {
                    lane.replace(*built);
                    let _ = outbox.send(Event::Started(lane.lane.started()));
                }
                Ok(Rebuilt::Apart(apart)) => {
                    let _ = outbox.send(Event::Started(lane.lane.started()));
                    let _ = outbox.send(Event::Started(apart.lane.started()));
                    self.lanes.push(*apart);
                }
                // A later preset waits, or the end.
                Err(error) if error.is_stopped() => return,
                Err(error) => return self.refuse_preset(number, preset, error),
            }
        } else if has(ChangeClass::Live) {
            let live = in_force.clone();
            if lane
                .attempt(|lane| lane.lane.update_live(row, live))
                .is_none()
            {
                return;
            }
            lane.begin_anew(Some(row));
        }
        self.took_up(number, preset, in_force);
    }

    fn took_up(&mut self, number: usize, preset: Preset, in_force: Preset) {
        let wanted = self.lanes.iter_mut().find_map(|lane| {
            let row = lane.lane.row_of(number)?;
            Some((lane.lane.step_count(), lane.wanted.get_mut(row)?))
        });
        let Some((step, slot)) = wanted else { return };
        // What waits for a restart was said when it was first asked for.
        let changes = diff(slot, &preset);
        slot.clone_from(&preset);
        if changes.iter().any(|change| change.key == "schedule.steps") {
            // Whoever asks for more steps means it.
            self.job.budget = None;
        }
        self.say(Event::PresetChanged {
            candidate: number,
            step,
            changes,
            preset: Box::new(preset),
            in_force: Box::new(in_force),
        });
    }

    /// Begins again from the first pictures, with everything that was asked for.
    pub(super) fn restart(&mut self, inbox: &mut Inbox<'_>) {
        let (outbox, device) = (self.outbox, self.device);
        self.read_losses();
        for lane in &mut self.lanes {
            if lane.failure.is_some() {
                continue;
            }
            let candidates = lane.lane.candidates().iter().zip(&lane.wanted);
            let candidates: Vec<Candidate> = candidates
                .map(|(candidate, preset)| Candidate {
                    preset: preset.clone(),
                    ..candidate.clone()
                })
                .collect();
            let numbers = std::sync::Arc::clone(lane.lane.numbers());
            let wanted = lane.wanted.first().cloned();
            let weights = self.job.weights.clone();
            let way = lane.lane.way();
            let mut preparing = Preparing::new(outbox);
            match Lane::begun(candidates, &[], weights, (device, way), &mut |stage| {
                preparing.say(stage);
                broken_off(
                    wanted
                        .as_ref()
                        .is_some_and(|wanted| inbox.is_replaced(wanted, &numbers)),
                )
            }) {
                Ok(built) => {
                    lane.restart(built.numbered(numbers));
                    if self.state == State::Completed {
                        self.state = State::Running;
                    }
                    let _ = outbox.send(Event::Started(lane.lane.started()));
                }
                Err(error) => {
                    let what = Refusal::Restart;
                    let _ = outbox.send(Event::Refused { what, error });
                }
            }
        }
    }

    fn refuse_preset(&self, candidate: usize, preset: Preset, error: EngineError) {
        self.say(Event::PresetRefused {
            candidate,
            preset: Box::new(preset),
            error,
        });
    }
}

/// The lane of `lane` with `candidate` at `row`, or, where it does not fit the others there, one for it alone; `lane`
/// goes on without it then.
fn rebuilt(
    lane: &mut LaneRun,
    row: usize,
    candidate: Candidate,
    inbox: &mut Inbox<'_>,
    outbox: &std::sync::mpsc::Sender<Event>,
) -> Result<Rebuilt, EngineError> {
    let number = lane.lane.numbers().get(row).copied().unwrap_or_default();
    let numbers = std::sync::Arc::clone(lane.lane.numbers());
    let preset = candidate.preset.clone();
    let mut preparing = Preparing::new(outbox);
    let mut report = |stage| {
        preparing.say(stage);
        broken_off(inbox.is_replaced(&preset, &[number]))
    };
    let mut all = lane.lane.candidates().to_vec();
    if let Some(slot) = all.get_mut(row) {
        slot.clone_from(&candidate);
    }
    match lane.lane.rebuilt(all, &mut report) {
        Err(EngineError::Incompatible(_)) if numbers.len() > 1 => {
            let apart = lane.branched(&[row], vec![candidate], &mut report)?;
            lane.leave_out(&[number], &mut report)?;
            Ok(Rebuilt::Apart(Box::new(apart)))
        }
        Err(error) => Err(error),
        Ok(built) => Ok(Rebuilt::Whole(Box::new(built))),
    }
}
