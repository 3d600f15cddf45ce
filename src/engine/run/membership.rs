//! Candidates that come and go: dropped, new, or done before the others of their lane. Worker thread.

use super::super::EngineError;
use super::super::inbox::Inbox;
use super::super::input::Candidate;
use super::super::lane::Lane;
use super::super::lane_run::LaneRun;
use super::super::message::{EndReason, Event, Refusal, Report};
use super::super::preparing::Preparing;
use super::{Run, State, broken_off};
use crate::optimizer::at;

impl Run<'_> {
    /// Gives up a candidate's place, and says what its picture was.
    pub(super) fn drop_candidate(&mut self, number: usize) {
        self.read_losses();
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
        if lane.failure.is_some() {
            // It is given up for another reason, which is said.
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
                let _ = self.outbox.send(Event::Dropped {
                    candidate: number,
                    pictures,
                });
                if is_alone {
                    self.lanes.remove(index);
                } else {
                    let _ = self.outbox.send(Event::Started(lane.lane.started()));
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
            let mut preparing = Preparing::new(outbox);
            let mut report = |stage| {
                preparing.say(stage);
                broken_off(inbox.is_stopping())
            };
            let weights = self.job.weights.clone();
            let place = (self.device, self.job.way);
            Lane::begun(vec![input], &[], weights, place, &mut report)
        };
        match built {
            Ok(lane) => {
                let lane = lane.numbered(std::sync::Arc::new([number]));
                self.say(Event::Started(lane.started()));
                self.push(LaneRun::new(lane));
                if self.state == State::Completed {
                    self.state = State::Running;
                }
            }
            Err(error) => self.refuse(Refusal::Join(number), error),
        }
    }

    /// Says the end of a lane that has made all of its steps, or of those in it that have made theirs.
    pub(super) fn end_what_is_finished(&mut self, index: usize) {
        let outbox = self.outbox;
        let several = self.lanes.len() > 1;
        match self.lanes.get_mut(index) {
            Some(lane) if lane.has_steps_left() => self.separate_finished(index, true),
            // Others may take long; where there are none, the loop says that the run is over.
            Some(lane) if several => {
                lane.attempt(|lane| lane.end(EndReason::Completed, outbox));
            }
            _ => {}
        }
    }

    /// Whoever of a lane has made all of its own steps takes no part in those of the others: it gets a lane in which it
    /// can be asked for more. With `is_news` its end is said.
    pub(super) fn separate_finished(&mut self, index: usize, is_news: bool) {
        let outbox = self.outbox;
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let step = lane.lane.step_count();
        let candidates = lane.lane.candidates().iter();
        let rows: Vec<usize> = (0..)
            .zip(candidates)
            .filter(|(_, candidate)| candidate.preset.total_steps() <= step)
            .map(|(row, _)| row)
            .collect();
        if rows.is_empty() || rows.len() == lane.lane.numbers().len() {
            return;
        }
        let quiet: &mut Report<'_> = &mut |_| broken_off(false);
        let apart = lane.attempt(|lane| {
            let done = at(lane.lane.numbers(), &rows);
            lane.read_losses(outbox)?;
            // One of them may have been given up just now.
            let rows: Vec<usize> = done
                .iter()
                .filter_map(|number| lane.lane.row_of(*number))
                .collect();
            let candidates = at(lane.lane.candidates(), &rows);
            if rows.is_empty() || rows.len() == lane.lane.numbers().len() {
                return Ok(None);
            }
            let apart = lane.branched(&rows, candidates, quiet)?;
            lane.leave_out(&done, quiet)?;
            let _ = outbox.send(Event::Started(apart.lane.started()));
            let _ = outbox.send(Event::Started(lane.lane.started()));
            Ok(Some(apart))
        });
        if let Some(mut apart) = apart.flatten() {
            if is_news {
                apart.attempt(|lane| lane.end(EndReason::Completed, outbox));
            } else {
                apart.has_ended = true;
            }
            self.lanes.push(apart);
        }
    }
}
