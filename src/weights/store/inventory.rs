//! What is there: listing all files of weights, checking them in full, removing the own ones.
//!
//! Reads whole files and blocks on it; any thread.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::Store;
use crate::weights::cache::{CacheError, Lock, discard};
use crate::weights::catalogue::{self, Published};
use crate::weights::error::WeightsError;
use crate::weights::find::{self, Origin, Place};
use crate::weights::format::Format;
use crate::weights::found::Found;

/// A file of published weights on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whose weights.
    pub published: &'static Published,
    /// Where it lies.
    pub path: PathBuf,
    /// Whose folder that is.
    pub origin: Origin,
    /// How long it is.
    pub bytes: u64,
    /// How it is written and how many tensors are in it, or what is wrong with it in one line.
    pub contents: Result<(Format, usize), String>,
    /// What it can be checked against.
    pub digests: Digests,
    /// The address it came from, where that is known.
    pub source: Option<String>,
    /// The day on which it was fetched, as `2026-11-23`, where that is known.
    pub fetched: Option<String>,
}

/// What a file can be checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digests {
    /// The digest that is published with the whole file.
    Published,
    /// Those that were recorded for each tensor when it was fetched.
    Recorded,
    /// Nothing.
    None,
}

/// What came of checking a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Where it lies.
    pub path: PathBuf,
    /// Whose folder that is.
    pub origin: Origin,
    /// What was found.
    pub outcome: Outcome,
}

/// What checking found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is what it should be.
    Sound(Digests),
    /// It can be read, and there is nothing to check it against.
    Unchecked,
    /// It is not, and why, in one line.
    Damaged(String),
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// How long they were together.
    pub bytes: u64,
}

/// Why weights were not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// They are being fetched.
    #[error(
        "the weights of {0} are being fetched by another process\n  \
         wait until it has finished, or stop it"
    )]
    Busy(&'static str),
    /// The file system refuses.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl Store {
    /// Every file of published weights on this machine, in the order in which they would be used.
    pub fn list(&self) -> Vec<Listed> {
        catalogue::all()
            .iter()
            .flat_map(|published| self.list_of(published))
            .collect()
    }

    /// The files of `published`.
    pub fn list_of(&self, published: &'static Published) -> Vec<Listed> {
        self.existing(published)
            .into_iter()
            .map(|place| listed(published, place))
            .collect()
    }

    /// Reads every file of `published` in full and compares it with its digests. `pulse` is asked again
    /// and again whether to go on; what was checked until then is handed back.
    pub fn verify(
        &self,
        published: &'static Published,
        pulse: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Vec<Verified> {
        let mut verified = Vec::new();
        for place in self.existing(published) {
            let Some(outcome) = verify(published, &place, pulse) else {
                break;
            };
            verified.push(Verified {
                path: place.path,
                origin: place.origin,
                outcome,
            });
        }
        verified
    }

    /// Removes what the own cache has of `published`, parts included. Other programs' files stay.
    pub fn remove(&self, published: &'static Published) -> Result<Removed, RemoveError> {
        let mut removed = Removed {
            paths: Vec::new(),
            bytes: 0,
        };
        if !self.cache.folder().is_dir() {
            return Ok(removed);
        }
        let mut no_waiting = || ControlFlow::Break(());
        let Some(_lock) = Lock::take(&self.cache, published.name, &mut no_waiting)? else {
            return Err(RemoveError::Busy(published.name));
        };
        for path in self.cache.files_of(published.name) {
            let bytes = std::fs::metadata(&path).map_or(0, |attributes| attributes.len());
            discard(&path)?;
            removed.bytes += bytes;
            removed.paths.push(path);
        }
        Ok(removed)
    }

    fn existing(&self, published: &'static Published) -> Vec<Place> {
        let mut places = find::places(&self.environment, &self.cache, published);
        places.retain(|place| place.path.exists());
        places
    }
}

fn listed(published: &'static Published, place: Place) -> Listed {
    let fetched = fetched(&place);
    let (contents, digests, source) = match Found::open(&place) {
        Ok(found) => {
            let contents = found.file.contents();
            let read = (contents.format, contents.tensors.len());
            (Ok(read), found.digests(published), found.source())
        }
        Err(error) => (Err(first_line(&error)), Digests::None, place.source.clone()),
    };
    Listed {
        published,
        bytes: std::fs::metadata(&place.path).map_or(0, |attributes| attributes.len()),
        digests,
        contents,
        path: place.path,
        origin: place.origin,
        source,
        fetched,
    }
}

/// The day on which a file of the own cache was written.
fn fetched(place: &Place) -> Option<String> {
    if place.origin != Origin::Cache {
        return None;
    }
    let written = std::fs::metadata(&place.path).ok()?.modified().ok()?;
    Some(time::OffsetDateTime::from(written).date().to_string())
}

/// `None` where it was stopped.
fn verify(
    published: &Published,
    place: &Place,
    pulse: &mut dyn FnMut() -> ControlFlow<()>,
) -> Option<Outcome> {
    if pulse().is_break() {
        return None;
    }
    let opened = Found::open(place).and_then(|found| {
        found.check_recorded(published)?;
        Ok(found)
    });
    let found = match opened {
        Ok(found) => found,
        Err(error) => return Some(Outcome::Damaged(first_line(&error))),
    };
    if let Some(expected) = found.published_sha256(published) {
        return whole_file(&found, expected, pulse);
    }
    for name in found.file.contents().tensors.keys() {
        if pulse().is_break() {
            return None;
        }
        if let Err(error) = found.compare_tensor(name) {
            return Some(Outcome::Damaged(first_line(&error)));
        }
    }
    Some(match found.digests(published) {
        Digests::None => Outcome::Unchecked,
        digests => Outcome::Sound(digests),
    })
}

fn whole_file(
    found: &Found,
    expected: &str,
    pulse: &mut dyn FnMut() -> ControlFlow<()>,
) -> Option<Outcome> {
    let path = found.place.path.to_string_lossy();
    Some(match found.sha256(pulse) {
        Ok(computed) if computed.starts_with(expected) => Outcome::Sound(Digests::Published),
        Ok(computed) => Outcome::Damaged(format!(
            "the SHA-256 of {path:?} begins with {}, not with {expected}",
            computed.get(..expected.len()).unwrap_or(&computed)
        )),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return None,
        Err(error) => Outcome::Damaged(format!("{path:?} cannot be read: {error}")),
    })
}

fn first_line(error: &WeightsError) -> String {
    let words = error.to_string();
    words.lines().next().unwrap_or_default().to_owned()
}
