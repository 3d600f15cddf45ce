//! One of those that a program computes, as terminals have to know it before anything is told of it: a run's only one, or
//! one of a comparison. Plain data; any thread.

use crate::preset::{Loaded, Override};

/// What is known of one from the start.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What the engine calls it.
    pub number: usize,
    /// What people call it in a comparison.
    pub label: String,
    /// The preset that it began with.
    pub loaded: Loaded,
    /// What the command line lays over any preset.
    pub overrides: Vec<Override>,
    /// It came to its end in an earlier program, and the engine does not know it.
    pub is_over: bool,
}
