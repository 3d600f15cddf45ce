//! States of the run that are kept to be gone back to. Worker thread.

use std::collections::BTreeMap;

use super::EngineError;
use super::progress::Progress;

/// Kept states by number, in the host's memory, so that they take none of a GPU's.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    kept: BTreeMap<u64, Progress>,
    /// How many were ever kept: numbers are not used twice.
    count: u64,
}

impl Snapshots {
    /// Keeps `progress`, which must be a copy of its own, and says under which number: 1, 2, …
    pub(super) fn keep(&mut self, progress: Progress) -> u64 {
        self.count += 1;
        self.kept.insert(self.count, progress);
        self.count
    }

    /// # Errors
    /// [`EngineError::NoSnapshot`]
    pub(super) fn get(&self, number: u64) -> Result<&Progress, EngineError> {
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
