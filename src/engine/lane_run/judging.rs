//! What is done about numbers that go wrong and memory that does not suffice, as far as one lane can. Worker thread.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::LaneRun;
use crate::engine::EngineError;
use crate::engine::advice;
use crate::engine::going_on::GoesOn;
use crate::engine::health::{Finding, Health};
use crate::engine::lane::Lane;
use crate::engine::last_good::LastGood;
use crate::engine::message::{Event, LossBlock, Remark, RemarkKind, Trouble};
use crate::engine::progress::Progress;
use crate::preset::{Change, Preset, diff};

/// Looking at the pictures takes at most one part in so many of the time.
const LOOK_COST_LIMIT: u32 = 100;
/// A machine under load makes one look seem dear; the next one comes after so long all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A judge for every candidate of `lane`; none where the device does not answer, which the next step says.
pub(super) fn judges(lane: &Lane) -> Vec<Health> {
    let looks = lane.looks().unwrap_or_default();
    let candidates = lane.candidates().iter().zip(&looks);
    candidates
        .map(|(candidate, look)| Health::new(candidate, *look))
        .collect()
}

impl LaneRun {
    /// One step, in a smaller way where memory does not suffice. No picture changes before all of it is there; where a line
    /// search was under way, what L-BFGS remembered of the last step is partly lost.
    pub(super) fn step_as_memory_allows(
        &mut self,
        outbox: &Sender<Event>,
        goes_on: &mut GoesOn<'_>,
    ) -> Result<(), EngineError> {
        loop {
            let asked = match self.try_step(goes_on) {
                Err(EngineError::OutOfMemory { asked }) => asked,
                other => return other,
            };
            let Some(way) = self.lane.smaller_way() else {
                return Err(EngineError::OutOfMemory { asked });
            };
            // The allocator of CUDA gives back what it holds in reserve before it says that there is no memory, so all
            // that is left to give back is what the step held, which is gone with its error.
            self.lane.go_by(way)?;
            let asked = asked.map_or_else(String::new, |asked| format!(" (asked for {asked})"));
            let _ = outbox.send(Event::Remark(Remark {
                candidates: Arc::clone(self.lane.numbers()),
                step: self.lane.step_count(),
                kind: RemarkKind::OutOfMemory,
                words: format!("out of memory{asked}: {}", way.in_words()),
            }));
        }
    }

    fn try_step(&mut self, goes_on: &mut GoesOn<'_>) -> Result<(), EngineError> {
        #[cfg(test)]
        self.faults.clone().strike(&mut self.lane)?;
        if std::mem::take(&mut self.is_worth_keeping) && self.is_sound_ahead(goes_on)? {
            self.last_good.renew(&self.lane);
        }
        self.lane.step_unless(goes_on)
    }

    /// Whether the losses of the pictures as they are, with which the next step begins, are sound, too.
    fn is_sound_ahead(&mut self, goes_on: &mut GoesOn<'_>) -> Result<bool, EngineError> {
        let block = self.lane.look_ahead(goes_on)?;
        let judged = self.lane.numbers().iter().zip(&self.health);
        let is_sound = |(number, health): (&usize, &Health)| {
            let losses = block.losses(0, *number)?;
            // The judge itself hears them after the step.
            let mut health = health.clone();
            Some(health.hear(&losses).is_none() && health.is_sound())
        };
        Ok(judged.map(is_sound).all(|sound| sound == Some(true)))
    }

    /// The first candidate whose numbers in `block` have gone wrong, and at which step.
    pub(super) fn judged(&mut self, block: &LossBlock) -> Option<(usize, u64, Trouble)> {
        let mut looks = None;
        for row in 0..block.steps() {
            for number in block.candidates.iter().copied() {
                let place = self.lane.row_of(number);
                let (Some(losses), Some(place)) = (block.losses(row, number), place) else {
                    continue;
                };
                let Some(health) = self.health.get_mut(place) else {
                    continue;
                };
                let why = match health.hear(&losses) {
                    None => None,
                    Some(Finding::Trouble(why)) => Some(why),
                    Some(Finding::LookCloser) => {
                        // A device that does not answer now will not make the next step either, and says so there.
                        let looks =
                            looks.get_or_insert_with(|| self.lane.looks().unwrap_or_default());
                        looks.get(place).and_then(|look| health.see(look))
                    }
                };
                if let Some(why) = why {
                    return Some((number, losses.step, why));
                }
            }
        }
        None
    }

    /// Looks at the pictures where it is time to.
    pub(super) fn judge_pictures(&mut self, outbox: &Sender<Event>) -> Result<(), EngineError> {
        let began = Instant::now();
        if began < self.look_due {
            return Ok(());
        }
        let looks = self.lane.looks().unwrap_or_default();
        let cost = began.elapsed();
        self.look_due = Instant::now() + cost.saturating_mul(LOOK_COST_LIMIT).min(LONGEST_PAUSE);
        let judged = self.health.iter_mut().zip(&looks);
        let ill: Vec<(usize, Trouble)> = self
            .lane
            .numbers()
            .iter()
            .zip(judged)
            .filter_map(|(number, (health, look))| Some((*number, health.see(look)?)))
            .collect();
        for (number, why) in ill {
            self.fell_ill(number, self.lane.step_count(), why, outbox)?;
        }
        Ok(())
    }

    /// The numbers of a candidate have gone wrong. Where it is not alone, it gets a lane of its own.
    pub(super) fn fell_ill(
        &mut self,
        number: usize,
        step: u64,
        why: Trouble,
        outbox: &Sender<Event>,
    ) -> Result<(), EngineError> {
        let Some(row) = self.lane.row_of(number) else {
            return Ok(());
        };
        let candidates = self.lane.candidates();
        let Some(candidate) = candidates.get(row).cloned() else {
            return Ok(());
        };
        let error = EngineError::Unwell {
            step,
            attempts: self.attempts.made(),
            suggestion: advice::for_trouble(&why, &candidate.preset, self.health.get(row)),
            why,
        };
        if candidates.len() == 1 {
            return Err(error);
        }
        let quiet = &mut |_| ControlFlow::Continue(());
        let mut apart = self.branched(&[row], vec![candidate], quiet)?;
        self.leave_out(&[number], quiet)?;
        let _ = outbox.send(Event::Started(self.lane.started()));
        let _ = outbox.send(Event::Started(apart.lane.started()));
        apart.failure = Some(error);
        self.apart.push(apart);
        Ok(())
    }

    /// Names, once, what does not get better any more.
    pub(super) fn say_stalls(&mut self, outbox: &Sender<Event>) {
        let step = self.lane.step_count();
        let candidates = self
            .lane
            .candidates()
            .iter()
            .zip(self.lane.numbers().iter());
        for ((candidate, number), health) in candidates.zip(&mut self.health) {
            let steps_left = candidate.preset.total_steps().saturating_sub(step);
            let Some(since) = health.take_stall(steps_left) else {
                continue;
            };
            let suggestion = advice::for_stall(&candidate.preset);
            let _ = outbox.send(Event::Remark(Remark {
                candidates: Arc::new([*number]),
                step,
                kind: RemarkKind::Stalled,
                words: format!(
                    "the loss has not gone down since step {since}: more steps change little; \
                     to get further try {suggestion}"
                ),
            }));
        }
    }

    /// The losses of the candidate at `row`, or of all, are others from now on.
    pub(in crate::engine) fn begin_anew(&mut self, row: Option<usize>) {
        for (index, health) in self.health.iter_mut().enumerate() {
            if row.is_none_or(|row| row == index) {
                health.begin_anew();
            }
        }
        self.is_stuck = false;
    }

    /// The lane is at a state that did not follow from the one before.
    pub(super) fn begin_at_another_state(&mut self) {
        self.checkpointed = None;
        self.last_good = LastGood::new(&self.lane);
        self.is_worth_keeping = false;
        self.health = judges(&self.lane);
        self.look_due = Instant::now();
        self.is_stuck = false;
        self.has_ended = false;
    }

    /// Goes back to the last good state, `None` where there is none; true where the pictures have another size there.
    pub(in crate::engine) fn go_back_to_good(&mut self) -> Result<Option<bool>, EngineError> {
        let Some(state) = self.last_good.state() else {
            return Ok(None);
        };
        let rows: Vec<usize> = (0..self.wanted.len()).collect();
        let state: Progress = state.rows(&rows)?;
        self.go_on_at(&state).map(Some)
    }

    /// Halves the rate of the only candidate. The preset that is in force then, the one that is asked for, and what
    /// changed of it.
    pub(in crate::engine) fn halve_rate(
        &mut self,
    ) -> Result<Option<(Preset, Preset, Vec<Change>)>, EngineError> {
        let candidate = self.lane.candidates().first();
        let (Some(candidate), Some(wanted)) = (candidate, self.wanted.first_mut()) else {
            return Ok(None);
        };
        let mut in_force = candidate.preset.clone();
        in_force.optimizer.learning_rate /= 2.0;
        let before = wanted.clone();
        wanted.optimizer.learning_rate = in_force.optimizer.learning_rate;
        let wanted = wanted.clone();
        self.lane.update_live(0, in_force.clone())?;
        Ok(Some((in_force, wanted.clone(), diff(&before, &wanted))))
    }
}
