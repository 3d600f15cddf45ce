//! A lane and what is going on with it: its clocks, its presets as asked for, its last good state. Worker thread.

mod judging;

use std::ops::ControlFlow;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::EngineError;
use super::attempts::Attempts;
use super::checkpoint::Checkpoint;
#[cfg(test)]
use super::fault::Faults;
use super::going_on::GoesOn;
use super::health::Health;
use super::input::Candidate;
use super::lane::Lane;
use super::last_good::LastGood;
use super::message::{EndReason, Event, Pictures, Report};
use super::progress::Progress;
use super::snapshot::Kept;
use crate::optimizer::at;
use crate::preset::Preset;

/// One of the lanes that take turns.
#[derive(Debug)]
pub(super) struct LaneRun {
    pub(super) lane: Lane,
    /// The presets as last asked for: those in force, and what waits for a restart.
    pub(super) wanted: Vec<Preset>,
    last_good: LastGood,
    /// Losses of all steps so far are sound, and it is time to see whether this state is worth keeping.
    is_worth_keeping: bool,
    /// Every candidate's judge, in the order of the rows.
    health: Vec<Health>,
    /// When the pictures may be looked at again.
    look_due: Instant,
    /// How often it has gone back for trouble, where it has one candidate.
    pub(super) attempts: Attempts,
    /// It waits for somebody to change something.
    pub(super) is_stuck: bool,
    /// Lanes of those who were taken out of this one for trouble, each with its failure.
    pub(super) apart: Vec<Self>,
    #[cfg(test)]
    pub(super) faults: Faults,
    /// Time spent in steps.
    stepping: Duration,
    /// What the last one took.
    last_step: Duration,
    /// When losses were last read back; `None` until the first step, so that its losses show at once.
    last_read: Option<Instant>,
    /// Its end has been said, and no step made since.
    pub(super) has_ended: bool,
    /// When the last checkpoints were made.
    pub(super) checkpointed: Option<Moment>,
    /// Why it cannot go on.
    pub(super) failure: Option<EngineError>,
}

/// A state of a lane: two of the same moment are the same one.
#[derive(Debug, PartialEq)]
pub(super) struct Moment {
    step: u64,
    gradients: u64,
    /// Those in force, and those asked for.
    presets: [Vec<Preset>; 2],
}

impl LaneRun {
    /// What tells its states apart.
    pub(super) fn moment(&self) -> Moment {
        let candidates = self.lane.candidates().iter();
        let in_force = candidates.map(|candidate| candidate.preset.clone());
        Moment {
            step: self.lane.step_count(),
            gradients: self.lane.gradient_count(),
            presets: [in_force.collect(), self.wanted.clone()],
        }
    }

    pub(super) fn new(lane: Lane) -> Self {
        let presets = lane.candidates().iter();
        Self {
            wanted: presets.map(|candidate| candidate.preset.clone()).collect(),
            last_good: LastGood::new(&lane),
            is_worth_keeping: false,
            health: judging::judges(&lane),
            look_due: Instant::now(),
            attempts: Attempts::default(),
            is_stuck: false,
            apart: Vec::new(),
            #[cfg(test)]
            faults: Faults::default(),
            lane,
            stepping: Duration::ZERO,
            last_step: Duration::ZERO,
            last_read: None,
            has_ended: false,
            checkpointed: None,
            failure: None,
        }
    }

    pub(super) fn has_steps_left(&self) -> bool {
        self.lane.step_count() < self.lane.steps_wanted() && !self.lane.has_arrived()
    }

    /// It goes on from `checkpoints`, one of each candidate in the order of their rows.
    pub(super) fn go_on_from(&mut self, checkpoints: &[&Checkpoint]) {
        let seconds = checkpoints.first().map_or(0.0, |first| first.seconds);
        self.stepping = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        for (wanted, checkpoint) in self.wanted.iter_mut().zip(checkpoints) {
            wanted.clone_from(&checkpoint.wanted);
        }
    }

    pub(super) fn stepping(&self) -> Duration {
        self.stepping
    }

    /// What the last step took.
    pub(super) fn last_step(&self) -> Duration {
        self.last_step
    }

    /// Does `work` where nothing has failed yet; what fails in it ends the lane.
    pub(super) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, EngineError>,
    ) -> Option<T> {
        if self.failure.is_some() {
            return None;
        }
        match work(self) {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    /// One step, which `goes_on` may break off: then nothing has happened. True where it is time to look
    /// at what came of it, which has been read back then.
    pub(super) fn step(
        &mut self,
        report_interval: Duration,
        outbox: &Sender<Event>,
        goes_on: &mut GoesOn<'_>,
    ) -> Result<bool, EngineError> {
        let started = Instant::now();
        self.has_ended = false;
        match self.step_as_memory_allows(outbox, goes_on) {
            Err(EngineError::BrokenOff) => return Ok(false),
            other => other?,
        }
        self.last_step = started.elapsed();
        self.stepping += self.last_step;
        let due = self
            .last_read
            .is_none_or(|last| last.elapsed() >= report_interval);
        if due {
            self.read_losses(outbox)?;
            self.judge_pictures(outbox)?;
            self.say_stalls(outbox);
            self.is_worth_keeping =
                self.last_good.is_due() && self.health.iter().all(Health::is_sound);
        }
        Ok(due)
    }

    /// Says the losses of the steps since the last time. A candidate whose numbers have gone wrong gets a lane of its own
    /// in [`LaneRun::apart`], so that it costs the others nothing; where it is the only one, that is the error.
    pub(super) fn read_losses(&mut self, outbox: &Sender<Event>) -> Result<(), EngineError> {
        let began = Instant::now();
        self.last_read = Some(began);
        let Some(mut block) = self.lane.read_losses(0.0)? else {
            return Ok(());
        };
        // Reading back waits for the device, which belongs to the time of the steps.
        self.stepping += began.elapsed();
        block.seconds = self.stepping.as_secs_f64();
        while let Some((number, step, why)) = self.judged(&block) {
            let rest = block.rest(step, number);
            block.truncate(step);
            if block.steps() > 0 {
                let _ = outbox.send(Event::Losses(block));
            }
            self.fell_ill(number, step, why, outbox)?;
            block = rest;
        }
        if block.steps() > 0 {
            let _ = outbox.send(Event::Losses(block));
        }
        Ok(())
    }

    /// What is worth saving of a lane that failed with `error`.
    pub(super) fn sound_pictures(&self, error: &EngineError) -> Option<Pictures> {
        self.last_good.pictures(&self.lane, error)
    }

    /// Goes on without the candidates that are called `numbers`.
    pub(super) fn leave_out(
        &mut self,
        numbers: &[usize],
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let rows: Vec<usize> = (0..self.wanted.len())
            .filter(|row| {
                let number = self.lane.numbers().get(*row);
                !number.is_some_and(|number| numbers.contains(number))
            })
            .collect();
        let lane = self
            .lane
            .rebuilt_of(&rows, at(self.lane.candidates(), &rows), report)?;
        self.wanted = at(&self.wanted, &rows);
        self.health = at(&self.health, &rows);
        self.last_good = self.last_good.rows(&rows);
        self.lane = lane;
        Ok(())
    }

    /// A lane of the candidates at `rows` alone, made of `candidates`, which goes on where this one is. They are
    /// still in this one, too.
    pub(super) fn branched(
        &self,
        rows: &[usize],
        candidates: Vec<Candidate>,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let lane = self.lane.rebuilt_of(rows, candidates, report)?;
        Ok(Self {
            wanted: at(&self.wanted, rows),
            last_good: self.last_good.rows(rows),
            #[cfg(test)]
            faults: self.faults.clone(),
            stepping: self.stepping,
            last_read: self.last_read,
            ..Self::new(lane)
        })
    }

    /// The lane was built again with the same candidates, at the state it was in.
    pub(super) fn replace(&mut self, lane: Lane) {
        self.lane = lane;
        self.begin_anew(None);
    }

    /// The lane was built again from the first picture.
    pub(super) fn restart(&mut self, lane: Lane) {
        self.lane = lane;
        self.begin_at_another_state();
        self.attempts = Attempts::default();
        self.stepping = Duration::ZERO;
        self.last_read = None;
        self.has_ended = false;
    }

    /// Builds the lane again where the presets want another size from here on, and says so.
    pub(super) fn change_size(&mut self, outbox: &Sender<Event>) -> Result<(), EngineError> {
        if !self.lane.changes_size_at(self.lane.step_count()) {
            return Ok(());
        }
        // Losses so far were made at the old size, by these candidates.
        self.read_losses(outbox)?;
        let rows: Vec<usize> = (0..self.wanted.len()).collect();
        let candidates = self.lane.candidates().to_vec();
        let built = self.lane.rebuilt_of(&rows, candidates, &mut |stage| {
            let _ = outbox.send(Event::Preparing(stage));
            ControlFlow::Continue(())
        })?;
        self.replace(built);
        let _ = outbox.send(Event::Started(self.lane.started()));
        Ok(())
    }

    /// Goes on from `kept`, under the presets in force. True where the pictures have another size there.
    pub(super) fn go_back(&mut self, kept: &Kept) -> Result<bool, EngineError> {
        let places: Vec<usize> = self
            .lane
            .numbers()
            .iter()
            .filter_map(|number| kept.candidates.iter().position(|other| other == number))
            .collect();
        let mut state = kept.progress.rows(&places)?;
        let then = at(&kept.presets, &places);
        for (row, (candidate, then)) in self.lane.candidates().iter().zip(&then).enumerate() {
            if candidate.preset != *then {
                state.forget_evaluation(row);
            }
        }
        self.attempts = Attempts::default();
        self.go_on_at(&state)
    }

    /// Goes on from `state`, which is of these candidates. True where the pictures have another size there.
    fn go_on_at(&mut self, state: &Progress) -> Result<bool, EngineError> {
        let changes_size = self.lane.changes_size_at(state.step);
        if changes_size {
            self.lane = self
                .lane
                .rebuilt_at(state, &mut |_| ControlFlow::Continue(()))?;
        } else {
            self.lane.go_back(state)?;
        }
        self.begin_at_another_state();
        Ok(changes_size)
    }

    /// Says that it has come to its end, with the pictures.
    pub(super) fn end(
        &mut self,
        reason: EndReason,
        outbox: &Sender<Event>,
    ) -> Result<(), EngineError> {
        self.read_losses(outbox)?;
        if reason != EndReason::Stopped {
            // Nobody takes it for finished unseen.
            self.look_due = Instant::now();
            self.judge_pictures(outbox)?;
        }
        let pictures = self.lane.pictures()?;
        self.has_ended = true;
        let _ = outbox.send(Event::Ended {
            reason,
            pictures,
            seconds: self.stepping.as_secs_f64(),
        });
        Ok(())
    }
}
