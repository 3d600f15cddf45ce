//! What is known of a whole published file in the cache, kept beside it. Reads and writes a small file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::CacheError;
use super::{Cache, discard};

/// Where a file came from, and what it was when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::weights) struct Record {
    /// The address.
    pub(in crate::weights) source: String,
    /// The terms it comes under.
    pub(in crate::weights) licence: String,
    /// How long it is.
    pub(in crate::weights) bytes: u64,
    /// The SHA-256 of all of it.
    pub(in crate::weights) sha256: String,
    /// The SHA-256 of each tensor's elements.
    pub(in crate::weights) tensors: BTreeMap<String, String>,
}

impl Record {
    /// The record of the file at `path`; `None` where there is none that can be read.
    pub(in crate::weights) fn of(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(path)).ok()?).ok()
    }

    /// Writes the record of the file that will lie at `path`: first as `part`, as every file of the cache.
    pub(in crate::weights) fn write(
        &self,
        cache: &Cache,
        part: &Path,
        path: &Path,
    ) -> Result<(), CacheError> {
        let failed = |error| CacheError::new("write", part, error);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        let mut file = File::create(part).map_err(failed)?;
        let written = file
            .write_all(&text)
            .map_err(failed)
            .and_then(|()| cache.finish(part, &file, &Self::path(path)));
        if written.is_err() {
            // Nothing in it is of use to the next attempt.
            let _ = discard(part);
        }
        written
    }

    /// Removes the record of the file at `path`.
    pub(in crate::weights) fn discard(path: &Path) -> Result<(), CacheError> {
        discard(&Self::path(path))
    }

    fn path(of: &Path) -> PathBuf {
        let mut path = of.as_os_str().to_owned();
        path.push(".json");
        path.into()
    }
}
