//! A lane and what is going on with it: its clocks, its presets as asked for, its last sound pictures. Worker thread.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::EngineError;
use super::input::Candidate;
use super::lane::Lane;
use super::last_sound::LastSound;
use super::message::{EndReason, Event, Pictures, Report};
use super::snapshot::Kept;
use crate::optimizer::at;
use crate::preset::Preset;

/// One of the lanes that take turns.
#[derive(Debug)]
pub(super) struct LaneRun {
    pub(super) lane: Lane,
    /// The presets as last asked for: those in force, and what waits for a restart.
    pub(super) wanted: Vec<Preset>,
    last_sound: LastSound,
    /// Time spent in steps.
    stepping: Duration,
    /// When losses were last read back; `None` until the first step, so that its losses show at once.
    last_read: Option<Instant>,
    /// Its end has been said, and no step made since.
    pub(super) has_ended: bool,
    /// Why it cannot go on.
    pub(super) failure: Option<EngineError>,
}

impl LaneRun {
    pub(super) fn new(lane: Lane) -> Self {
        let presets = lane.candidates().iter();
        Self {
            wanted: presets.map(|candidate| candidate.preset.clone()).collect(),
            last_sound: LastSound::new(&lane),
            lane,
            stepping: Duration::ZERO,
            last_read: None,
            has_ended: false,
            failure: None,
        }
    }

    pub(super) fn has_steps_left(&self) -> bool {
        self.lane.step_count() < self.lane.steps_wanted() && !self.lane.has_arrived()
    }

    pub(super) fn stepping(&self) -> Duration {
        self.stepping
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

    /// One step. True where it is time to look at what came of it, which has been read back then.
    pub(super) fn step(
        &mut self,
        report_interval: Duration,
        outbox: &Sender<Event>,
    ) -> Result<bool, EngineError> {
        let started = Instant::now();
        self.has_ended = false;
        self.lane.step()?;
        self.stepping += started.elapsed();
        let due = self
            .last_read
            .is_none_or(|last| last.elapsed() >= report_interval);
        if due {
            self.read_losses(outbox)?;
            self.last_sound.renew(&self.lane);
        }
        Ok(due)
    }

    /// Says the losses of the steps since the last time. A candidate whose loss is not a number is given up with its
    /// last sound picture, so that it costs the others nothing; where it is the only one, that is the error.
    pub(super) fn read_losses(&mut self, outbox: &Sender<Event>) -> Result<(), EngineError> {
        let began = Instant::now();
        self.last_read = Some(began);
        let Some(mut block) = self.lane.read_losses(0.0)? else {
            return Ok(());
        };
        // Reading back waits for the device, which belongs to the time of the steps.
        self.stepping += began.elapsed();
        block.seconds = self.stepping.as_secs_f64();
        while let Some((number, step, error)) = self.lane.not_finite(&block) {
            let rest = block.rest(step, number);
            block.truncate(step);
            if block.steps() > 0 {
                let _ = outbox.send(Event::Losses(block));
            }
            if self.lane.numbers().len() == 1 {
                return Err(error);
            }
            self.give_up(number, error, outbox)?;
            block = rest;
        }
        if block.steps() > 0 {
            let _ = outbox.send(Event::Losses(block));
        }
        Ok(())
    }

    fn give_up(
        &mut self,
        number: usize,
        error: EngineError,
        outbox: &Sender<Event>,
    ) -> Result<(), EngineError> {
        let pictures = self.sound_pictures(&error);
        let _ = outbox.send(Event::Failed {
            candidates: Arc::new([number]),
            error,
            pictures: pictures.map(|pictures| pictures.only(number)),
        });
        self.leave_out(&[number], &mut |_| ControlFlow::Continue(()))?;
        let _ = outbox.send(Event::Started(self.lane.started()));
        Ok(())
    }

    /// What is worth saving of a lane that failed with `error`.
    pub(super) fn sound_pictures(&self, error: &EngineError) -> Option<Pictures> {
        self.last_sound.pictures(&self.lane, error)
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
        self.replace(lane);
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
            stepping: self.stepping,
            last_read: self.last_read,
            ..Self::new(lane)
        })
    }

    /// The lane was built again.
    pub(super) fn replace(&mut self, lane: Lane) {
        self.last_sound = LastSound::new(&lane);
        self.lane = lane;
    }

    /// The lane was built again from the first picture.
    pub(super) fn restart(&mut self, lane: Lane) {
        self.replace(lane);
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
        let changes_size = self.lane.changes_size_at(state.step);
        if changes_size {
            self.lane = self
                .lane
                .rebuilt_at(&state, &mut |_| ControlFlow::Continue(()))?;
        } else {
            self.lane.go_back(&state)?;
        }
        self.last_sound = LastSound::new(&self.lane);
        self.has_ended = false;
        Ok(changes_size)
    }

    /// Says that it has come to its end, with the pictures.
    pub(super) fn end(
        &mut self,
        reason: EndReason,
        outbox: &Sender<Event>,
    ) -> Result<(), EngineError> {
        self.read_losses(outbox)?;
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
