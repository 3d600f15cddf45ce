//! Lanes whose numbers went wrong or whose memory did not suffice: back to the last good state, or to a standstill that
//! somebody can do something about. Worker thread.

use std::time::Instant;

use super::super::EngineError;
use super::super::advice;
use super::super::attempts::MOST_ATTEMPTS;
use super::super::error::tried;
use super::super::message::{Event, Recovered, Stuck};
use super::{Run, State};

impl Run<'_> {
    /// Does for lanes that have failed what can be done; what they are left with is said by
    /// [`Run::say_failures`](Self::say_failures).
    pub(super) fn recover(&mut self) {
        let apart: Vec<_> = self
            .lanes
            .iter_mut()
            .flat_map(|lane| std::mem::take(&mut lane.apart))
            .collect();
        self.lanes.extend(apart);
        if self.state == State::Stopping {
            // Nobody wants it to go on.
            return;
        }
        for index in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(index) else {
                return;
            };
            match lane.failure.take() {
                Some(error @ EngineError::Unwell { .. }) => self.go_back_from(index, error),
                Some(error @ EngineError::OutOfMemory { .. }) => self.hold(index, error),
                other => lane.failure = other,
            }
        }
    }

    /// The numbers of the lane's only candidate went wrong with `error`.
    fn go_back_from(&mut self, index: usize, error: EngineError) {
        let outbox = self.outbox;
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let candidate = lane.lane.numbers().first().copied().unwrap_or_default();
        let EngineError::Unwell {
            step: failed_step,
            why,
            suggestion,
            ..
        } = &error
        else {
            return;
        };
        let Ok(Some(changes_size)) = lane.go_back_to_good() else {
            lane.failure = Some(error);
            return;
        };
        let step = lane.lane.step_count();
        let attempt = lane.attempts.next(*failed_step, step);
        let event = match attempt {
            Some(attempt) => {
                let halved = match lane.halve_rate() {
                    Ok(halved) => halved,
                    Err(error) => {
                        lane.failure = Some(error);
                        return;
                    }
                };
                let Some((in_force, preset, changes)) = halved else {
                    return;
                };
                let changed = Event::PresetChanged {
                    candidate,
                    step,
                    changes,
                    preset: Box::new(preset),
                    in_force: Box::new(in_force.clone()),
                };
                let recovered = Event::Recovered(Recovered {
                    candidate,
                    failed_step: *failed_step,
                    step,
                    why: why.clone(),
                    attempt,
                    attempts: MOST_ATTEMPTS,
                    learning_rate: in_force.optimizer.learning_rate,
                });
                Some((recovered, Some(changed)))
            }
            None if self.job.pauses => {
                lane.is_stuck = true;
                let stuck = Event::Stuck(Stuck {
                    candidate,
                    failed_step: *failed_step,
                    step,
                    why: format!("{why}{}", tried(MOST_ATTEMPTS)),
                    suggestion: suggestion.clone(),
                });
                Some((stuck, None))
            }
            None => None,
        };
        let Some((event, changed)) = event else {
            lane.failure = Some(error);
            return;
        };
        let _ = outbox.send(event);
        if changes_size {
            let _ = outbox.send(Event::Started(lane.lane.started()));
        }
        if let Some(changed) = changed {
            let _ = outbox.send(changed);
        }
        if self.state == State::Completed {
            self.state = State::Running;
        }
        // Checkpoints of steps that were never made are to be replaced soon.
        let due = self
            .job
            .checkpoint_interval
            .and_then(|interval| Instant::now().checked_sub(interval));
        self.checkpointed = due.unwrap_or(self.checkpointed);
    }

    /// Memory does not suffice for the lane, in whichever way: it stands where it is, or fails with advice.
    fn hold(&mut self, index: usize, error: EngineError) {
        let pauses = self.job.pauses;
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let (Some(candidate), true) = (lane.lane.candidates().first(), pauses) else {
            lane.failure = Some(error);
            return;
        };
        let suggestion = advice::for_memory(&candidate.preset);
        let step = lane.lane.step_count();
        let why = error.to_string();
        let why = why.lines().next().unwrap_or_default().to_owned();
        lane.is_stuck = true;
        for candidate in lane.lane.numbers().iter().copied() {
            let _ = self.outbox.send(Event::Stuck(Stuck {
                candidate,
                failed_step: step,
                step,
                why: why.clone(),
                suggestion: suggestion.clone(),
            }));
        }
    }

    /// Whether nothing can be done but wait for somebody, and there is something to wait for.
    pub(super) fn is_held_up(&self) -> bool {
        !self.is_budget_spent()
            && self
                .lanes
                .iter()
                .any(|lane| lane.is_stuck && lane.has_steps_left())
    }

    /// Stands still until somebody changes something.
    pub(super) fn stand_still(&mut self) {
        self.state = State::Paused;
        self.say_checkpoints();
        self.say(Event::Paused(self.step_count()));
        self.deliver_picture();
    }

    /// Whoever waits for a change is tried again, as if for the first time.
    pub(super) fn try_again(&mut self) {
        for lane in &mut self.lanes {
            if std::mem::take(&mut lane.is_stuck) {
                lane.attempts = super::super::attempts::Attempts::default();
            }
        }
    }
}

#[cfg(test)]
mod tests;
