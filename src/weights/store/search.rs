//! Searches this machine for a file with everything that is needed. Reads files, never the network; any thread.

use std::path::{Path, PathBuf};

use super::{Located, Needed, NotFound, Store};
use crate::weights::catalogue::Published;
use crate::weights::error::WeightsError;
use crate::weights::find::{self, Origin, Place};
use crate::weights::found::Found;

/// How closely files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Names and shapes.
    Outside,
    /// Digests too, which takes as long as reading what is needed.
    Inside,
}

/// What a search came to.
pub(super) struct Searched {
    pub(super) located: Result<Located, NotFound>,
    /// Files of the own cache that were passed over and will be for ever.
    pub(super) damaged: Vec<PathBuf>,
}

impl Store {
    pub(super) fn search(
        &self,
        published: &'static Published,
        needed: &[Needed],
        look: Look,
    ) -> Searched {
        let mut missing = NotFound {
            published,
            folders: Vec::new(),
            incomplete: None,
            notes: Vec::new(),
        };
        let mut damaged = Vec::new();
        for place in find::places(&self.environment, &self.cache, published) {
            if !place.path.exists() {
                note_folder(&mut missing, &place);
                continue;
            }
            match open(&place, published, needed, look) {
                Ok(found) => {
                    let located = Located {
                        source: found.source(),
                        path: place.path,
                        origin: place.origin,
                        notes: missing.notes,
                    };
                    return Searched {
                        located: Ok(located),
                        damaged,
                    };
                }
                // Nothing is wrong with it: only what was needed before has been fetched.
                Err(WeightsError::Missing { .. }) if place.is_own_tensors() => {
                    missing.incomplete = Some(place.path);
                }
                Err(error) => {
                    let words = error.to_string();
                    missing.notes.push(format!(
                        "passed over: {}",
                        words.lines().next().unwrap_or_default()
                    ));
                    // One that cannot be read may be somebody else's, and one that lacks something is whole.
                    let is_damaged = !matches!(
                        error,
                        WeightsError::Read { .. } | WeightsError::Missing { .. }
                    );
                    if place.origin == Origin::Cache && is_damaged {
                        damaged.push(place.path);
                    }
                }
            }
        }
        Searched {
            located: Err(missing),
            damaged,
        }
    }
}

/// Notes that the folder of `place` does not have it, once, and unless it has some of it.
fn note_folder(missing: &mut NotFound, place: &Place) {
    let Some(folder) = place.path.parent() else {
        return;
    };
    let has_some = missing.incomplete.as_deref().and_then(Path::parent) == Some(folder);
    if !has_some && !missing.folders.iter().any(|known| known == folder) {
        missing.folders.push(folder.to_owned());
    }
}

/// Opens the file at `place` if everything `needed` is in it and, where that is looked at, is what it was.
fn open(
    place: &Place,
    published: &Published,
    needed: &[Needed],
    look: Look,
) -> Result<Found, WeightsError> {
    let found = Found::open(place)?;
    for tensor in needed {
        found
            .file
            .check(&tensor.name, &tensor.shape, published.name)?;
    }
    if look == Look::Inside {
        found.compare(published, needed)?;
    }
    Ok(found)
}
