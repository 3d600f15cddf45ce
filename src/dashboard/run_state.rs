//! What the engine has said about the run, kept for the screen. UI thread.

use std::time::Instant;

use crate::engine::message::{
    Command, EndReason, Gradients, LossBlock, PartOfStep, Parts, Pictures, Stage, Started,
};
use crate::record::history::History;
use crate::record::speed::Speed;
use crate::record::transfer::Transfer;

/// What the run is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the first step, or while something is built again.
    Preparing(Stage),
    Running,
    Paused,
    /// All steps are made.
    Finished,
    /// The end was asked for.
    Stopping,
    /// It cannot go on.
    Failed(String),
}

/// The run as far as it is known.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is said by an event of its own"
)]
pub(super) struct RunState {
    /// What the engine calls the one whose run this is.
    candidate: usize,
    pub(super) started: Option<Started>,
    pub(super) history: History,
    pub(super) speed: Speed,
    pub(super) gradients: Option<Gradients>,
    /// Updates made.
    pub(super) step: u64,
    /// How far a step was when that was last said.
    pub(super) part_of_step: Option<PartOfStep>,
    /// Seconds of stepping.
    pub(super) seconds: f64,
    /// The newest picture in full that was heard of.
    pub(super) pictures: Option<Pictures>,
    preparing: Option<Stage>,
    /// While weights are being fetched.
    pub(super) transfer: Option<Transfer>,
    paused: bool,
    /// It waits until somebody changes something.
    pub(super) is_stuck: bool,
    finished: bool,
    stopping: bool,
    failure: Option<String>,
}

impl RunState {
    /// Before anything was heard of `candidate`.
    pub(super) fn new(candidate: usize) -> Self {
        Self {
            candidate,
            started: None,
            history: History::new(),
            speed: Speed::default(),
            gradients: None,
            step: 0,
            part_of_step: None,
            seconds: 0.0,
            pictures: None,
            preparing: None,
            transfer: None,
            paused: false,
            is_stuck: false,
            finished: false,
            stopping: false,
            failure: None,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        if let Some(failure) = &self.failure {
            Phase::Failed(failure.clone())
        } else if self.stopping {
            Phase::Stopping
        } else if let Some(stage) = &self.preparing {
            Phase::Preparing(stage.clone())
        } else if self.paused {
            Phase::Paused
        } else if self.finished {
            Phase::Finished
        } else {
            Phase::Running
        }
    }

    /// Whether the worker has nothing to do, so that what it is asked for costs no steps.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.phase(), Phase::Paused | Phase::Finished)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// How much of the step that is being made is done, and of how much; `None` where none is, or it takes no time.
    pub(super) fn within_step(&self) -> Option<(Parts, u64, u64)> {
        let part = self.part_of_step.as_ref()?;
        if self.phase() != Phase::Running {
            return None;
        }
        if part.step == self.step {
            return Some((part.parts, part.done, part.of));
        }
        // The next one will take as long, and has just begun.
        (part.step + 1 == self.step).then_some((part.parts, 0, part.of))
    }

    /// The weighted sum of all terms, at the newest step that is known.
    pub(super) fn loss(&self) -> Option<f64> {
        Some(self.history.latest()?.total())
    }

    /// How many terms the loss has, as far as it is known.
    pub(super) fn term_count(&self) -> usize {
        self.history.latest().map_or(0, |latest| latest.terms.len())
    }

    /// Something is being built; whether it is a fetching that begins.
    pub(super) fn prepare(&mut self, stage: Stage, now: Instant) -> bool {
        let begins = if let Stage::Fetching(fetching) = &stage {
            Transfer::follow(&mut self.transfer, fetching, now)
        } else {
            self.transfer = None;
            false
        };
        self.preparing = Some(stage);
        begins
    }

    /// Built, for the first time or again; `step` 0 means from the first picture.
    pub(super) fn start(&mut self, started: Started) {
        if started.step < self.step || self.started.is_none() {
            self.rewind(started.step);
        }
        self.step = started.step;
        self.finished &= started.step >= started.steps;
        self.built();
        // Another network or size has another speed.
        self.speed.reset(self.step, self.seconds);
        self.started = Some(started);
    }

    pub(super) fn add(&mut self, block: &LossBlock) {
        self.history.add(block, self.candidate);
        self.step = block.first_step + block.steps();
        self.seconds = block.seconds;
        self.speed.note(self.step, block.seconds);
        self.finished = false;
        self.built();
    }

    /// Nothing is being built any more.
    pub(super) fn built(&mut self) {
        self.preparing = None;
        self.transfer = None;
    }

    pub(super) fn rewind(&mut self, step: u64) {
        self.history.rewind(step);
        self.speed.reset(step, self.seconds);
        self.step = step;
        self.finished = false;
    }

    /// What a paused run is told that nobody looks at any more: one that waits for a change would wait for ever, or
    /// run into the same again.
    pub(super) fn way_out(&self) -> Command {
        if self.is_stuck {
            Command::Stop
        } else {
            Command::Resume
        }
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.is_stuck &= paused;
        self.finished &= !paused;
    }

    /// A picture of `step` was seen.
    pub(super) fn seen(&mut self, step: u64) {
        if self.is_idle() {
            self.step = step;
        }
    }

    pub(super) fn end(&mut self, reason: EndReason, pictures: Pictures, seconds: f64) {
        self.step = pictures.step;
        self.seconds = seconds;
        self.pictures = Some(pictures);
        match reason {
            EndReason::Completed | EndReason::BudgetSpent => {
                self.finished = true;
                self.paused = false;
            }
            EndReason::Stopped => self.stopping = true,
        }
    }

    pub(super) fn stop(&mut self) {
        self.stopping = true;
    }

    pub(super) fn fail(&mut self, why: String, pictures: Option<Pictures>) {
        self.failure = Some(why);
        if pictures.is_some() {
            self.pictures = pictures;
        }
    }
}
