//! States of the run that are kept to be gone back to. Worker thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::EngineError;
use super::progress::Progress;
use crate::preset::Preset;

/// Kept states by number, in the host's memory, so that they take none of a GPU's.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    kept: BTreeMap<u64, Kept>,
    /// How many were ever kept: numbers are not used twice.
    count: u64,
}

/// The state of a lane, and of which candidates, in this order.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) candidates: Arc<[usize]>,
    /// By which each got there.
    pub(super) presets: Vec<Preset>,
    pub(super) progress: Progress,
}

impl Snapshots {
    /// Keeps the state of a lane, which must be a copy of its own, and says under which number: 1, 2, …
    pub(super) fn keep(&mut self, kept: Kept) -> u64 {
        self.count += 1;
        self.kept.insert(self.count, kept);
        self.count
    }

    /// # Errors
    /// [`EngineError::NoSnapshot`]
    pub(super) fn get(&self, number: u64) -> Result<&Kept, EngineError> {
        self.kept
            .get(&number)
            .ok_or(EngineError::NoSnapshot { number })
    }

    /// # Errors
    /// [`EngineError::NoSnapshot`]
    pub(super) fn forget(&mut self, number: u64) -> Result<(), EngineError> {
        let forgotten = self.kept.remove(&number);
        forgotten
            .map(drop)
            .ok_or(EngineError::NoSnapshot { number })
    }
}
