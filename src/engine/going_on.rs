//! How far a step is, and whether it is still wanted. Worker thread.

use std::ops::ControlFlow;

use super::EngineError;
use super::message::Parts;

/// Asked within a step whether to go on. With `Break` the step is broken off, as if it had never been begun.
pub(super) type GoesOn<'a> = dyn FnMut(Passed) -> ControlFlow<()> + 'a;

/// How much of a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) parts: Parts,
    pub(super) done: usize,
    pub(super) of: usize,
}

/// Counts the parts of a step.
pub(super) struct Count<'a, 'b> {
    passed: Passed,
    goes_on: &'a mut GoesOn<'b>,
}

impl<'a, 'b> Count<'a, 'b> {
    /// Of a step of so many.
    pub(super) fn new(parts: Parts, of: usize, goes_on: &'a mut GoesOn<'b>) -> Self {
        let passed = Passed { parts, of, done: 0 };
        Self { passed, goes_on }
    }

    /// One more is done.
    pub(super) fn next(&mut self) -> ControlFlow<()> {
        self.passed.done += 1;
        self.still()
    }

    /// No more is done yet.
    pub(super) fn still(&mut self) -> ControlFlow<()> {
        (self.goes_on)(self.passed)
    }
}

/// What a step that is not wanted any more ends with.
pub(super) fn or_broken_off(goes_on: ControlFlow<()>) -> Result<(), EngineError> {
    match goes_on {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EngineError::BrokenOff),
    }
}
