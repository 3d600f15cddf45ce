//! Candidates that come and go: dropped, new, or done before the others of their lane. Worker thread.

use super::super::EngineError;
use super::super::inbox::Inbox;
use super::super::input::Candidate;
use super::super::lane::Lane;
use super::super::lane_run::LaneRun;
use super::super::message::{EndReason, Event, Refusal, Report};
use super::{Run, State, broken_off};
use crate::optimizer::at;

impl Run<'_> {
    /// Gives up a candidate's place, and says what its picture was.
    pub(super) fn drop_candidate(&mut self, number: usize) {
        let outbox = self.outbox;
        let Some(index) = (0..self.lanes.len()).find(|index| {
            let lane = self.lanes.get(*index);
            lane.is_some_and(|lane| lane.lane.row_of(number).is_some())
        }) else {
            let error = EngineError::Incompatible(format!("there is no candidate {number}"));
            return self.refuse(Refusal::Drop(number), error);
        };
        let is_last_lane = self.lanes.len() == 1;
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        if lane.attempt(|lane| lane.read_losses(outbox)).is_none()
            || lane.lane.row_of(number).is_none()
        {
            // It was given up for another reason, which has been said.
            return;
        }
        let is_alone = lane.lane.numbers().len() == 1;
        if is_alone && is_last_lane {
            let error =
                EngineError::Incompatible("the last candidate cannot be dropped".to_owned());
            return self.refuse(Refusal::Drop(number), error);
        }
        let result = lane.lane.pictures().and_then(|pictures| {
            if !is_alone {
                lane.leave_out(&[number], &mut |_| broken_off(false))?;
            }
            Ok(pictures.only(number))
        });
        match result {
            Ok(pictures) => {
                let _ = outbox.send(Event::Dropped {
                    candidate: number,
                    pictures,
                });
                if is_alone {
                    self.lanes.remove(index);
                } else {
                    let _ = outbox.send(Event::Started(lane.lane.started()));
                }
            }
            Err(error) => self.refuse(Refusal::Drop(number), error),
        }
    }

    /// A new candidate, in a lane of its own.
    pub(super) fn join(&mut self, number: usize, input: Candidate, inbox: &mut Inbox<'_>) {
        let is_taken = self.lane_of(number).is_some();
        let built = if is_taken {
            let reason = format!("there is a candidate {number} already");
            Err(EngineError::Incompatible(reason))
        } else {
            let outbox = self.outbox;
            let mut report = |stage| {
                let _ = outbox.send(Event::Preparing(stage));
                broken_off(inbox.is_stopping())
            };
            let weights = self.job.weights.clone();
            Lane::new(vec![input], weights, self.device, &mut report)
        };
        match built {
            Ok(lane) => {
                let lane = lane.numbered(std::sync::Arc::new([number]));
                self.say(Event::Started(lane.started()));
                self.lanes.push(LaneRun::new(lane));
                if self.state == State::Completed {
                    self.state = State::Running;
                }
            }
            Err(error) => self.refuse(Refusal::Join(number), error),
        }
    }

    /// Whoever of a lane has made all of its own steps takes no part in those of the others: it gets a lane for itself,
    /// in which it can be asked for more.
    pub(super) fn end_what_is_finished(&mut self, index: usize) {
        let outbox = self.outbox;
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        if !lane.has_steps_left() {
            if self.lanes.len() > 1
                && let Some(lane) = self.lanes.get_mut(index)
            {
                // Others may take long; where there are none, the loop says that the run is over.
                lane.attempt(|lane| lane.end(EndReason::Completed, outbox));
            }
            return;
        }
        let step = lane.lane.step_count();
        let is_finished = |row: &usize| {
            let candidate = lane.lane.candidates().get(*row);
            candidate.is_some_and(|candidate| candidate.preset.schedule.steps <= step)
        };
        let rows: Vec<usize> = (0..lane.lane.numbers().len()).filter(is_finished).collect();
        if rows.is_empty() {
            return;
        }
        let quiet: &mut Report<'_> = &mut |_| broken_off(false);
        let apart = lane.attempt(|lane| {
            lane.read_losses(outbox)?;
            // Whoever was given up just now does not stand there any more.
            let numbers = lane.lane.numbers();
            let rows: Vec<usize> = rows
                .into_iter()
                .filter(|row| *row < numbers.len())
                .collect();
            let done = at(numbers, &rows);
            let candidates = at(lane.lane.candidates(), &rows);
            let apart = lane.branched(&rows, candidates, quiet)?;
            lane.leave_out(&done, quiet)?;
            let _ = outbox.send(Event::Started(apart.lane.started()));
            let _ = outbox.send(Event::Started(lane.lane.started()));
            Ok(apart)
        });
        if let Some(mut apart) = apart {
            apart.attempt(|lane| lane.end(EndReason::Completed, outbox));
            self.lanes.push(apart);
        }
    }
}
