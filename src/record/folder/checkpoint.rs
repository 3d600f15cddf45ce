//! Checkpoints in a run's folder: `checkpoints/000012.safetensors`, the last two of them. The recorder's thread writes
//! them, whole or not at all; whoever goes on with a run reads them.
//!
//! A checkpoint is a safetensors file. Its tensors are those of [`SavedState`], its metadata the presets and what else
//! is known at that step, with the SHA-256 of all elements, so that damage is noticed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use super::RunFolder;
use super::replace::replace_for_good;
use crate::engine::checkpoint::{Checkpoint, Element, SavedState, Values};
use crate::preset::{Preset, from_toml, plain_file, to_toml};
use crate::record::digest::digits_of;

/// What the metadata says the file is.
const FORMAT: &str = "stylescope checkpoint 1";
/// So many are kept: the newest, and one for when it is damaged.
const KEPT: usize = 2;
/// Larger files are none of this program's: two hundred pairs of L-BFGS at 8K are less.
const MOST_BYTES: u64 = 512 << 30;

/// Why a checkpoint cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system's reason.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else, or damaged.
    #[error("{0}")]
    Damaged(String),
}

fn damaged(what: impl std::fmt::Display) -> CheckpointError {
    CheckpointError::Damaged(what.to_string())
}

/// The checkpoints of the run in `folder`, by their numbers, the newest last.
///
/// # Errors
/// Where the folder of checkpoints cannot be read; that there is none is no error.
pub fn all(folder: &RunFolder) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match std::fs::read_dir(folder.checkpoints()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let number = || {
            let is_one = path
                .extension()
                .is_some_and(|ending| ending == "safetensors");
            is_one.then(|| path.file_stem()?.to_str()?.parse().ok())?
        };
        if let Some(number) = number() {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Writes `checkpoint` into `folder` and takes away those that are older than the last two.
///
/// # Errors
/// The file system's; then those that were there still are.
pub(super) fn write(folder: &RunFolder, checkpoint: &Checkpoint) -> io::Result<PathBuf> {
    folder.make_checkpoints()?;
    let known = all(folder)?;
    let number = known
        .last()
        .map_or(0, |(number, _)| *number)
        .saturating_add(1);
    let path = folder
        .checkpoints()
        .join(format!("{number:06}.safetensors"));
    let (tensors, metadata) = contents(checkpoint).map_err(io::Error::other)?;
    replace_for_good(&path, |beside| {
        // As large as the run itself: never twice in memory.
        safetensors::serialize_to_file(tensors, Some(metadata), beside).map_err(|error| match error
        {
            SafeTensorError::IoError(error) => error,
            other => io::Error::other(other),
        })
    })?;
    let surplus = (known.len() + 1).saturating_sub(KEPT);
    for (_, old) in known.iter().take(surplus) {
        // The new one stands: what cannot be taken away is no reason to write it again.
        let _ = std::fs::remove_file(old);
    }
    Ok(path)
}

/// Reads the checkpoint in the file at `path`.
///
/// # Errors
/// Where it cannot be read, is something else, or is damaged.
pub fn read(path: &Path) -> Result<Checkpoint, CheckpointError> {
    from_bytes(&plain_file::read(path, MOST_BYTES)?)
}

/// The checkpoint as a file's bytes.
///
/// # Errors
/// Where it cannot be put into this form, which no sound one is too odd for.
pub fn to_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>, CheckpointError> {
    let (tensors, metadata) = contents(checkpoint)?;
    safetensors::serialize(tensors, Some(metadata)).map_err(damaged)
}

/// Tensors by their names, and what else is known.
type Contents<'a> = (Vec<(&'a str, TensorView<'a>)>, HashMap<String, String>);

fn contents(checkpoint: &Checkpoint) -> Result<Contents<'_>, CheckpointError> {
    let values = checkpoint.state.values();
    let views = values
        .iter()
        .map(|(name, values)| {
            let kind = match values.element {
                Element::F32 => Dtype::F32,
                Element::F64 => Dtype::F64,
            };
            let view = TensorView::new(kind, values.shape.clone(), &values.bytes);
            Ok((name.as_str(), view.map_err(damaged)?))
        })
        .collect::<Result<Vec<_>, CheckpointError>>()?;
    let metadata = HashMap::from(
        [
            ("format", FORMAT.to_owned()),
            (
                "program",
                concat!("stylescope ", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
            ("candidate", checkpoint.candidate.to_string()),
            ("step", checkpoint.step.to_string()),
            ("seconds", checkpoint.seconds.to_string()),
            ("preset", to_toml(&checkpoint.preset)),
            ("wanted", to_toml(&checkpoint.wanted)),
            ("sha256", digest(&checkpoint.state)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok((views, metadata))
}

/// The opposite of [`to_bytes`], for bytes of which nothing is known.
///
/// # Errors
/// Where they are something else, or damaged.
pub fn from_bytes(bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let words = metadata.metadata().clone().unwrap_or_default();
    let word = |name: &str| {
        let found = words.get(name);
        found.ok_or_else(|| damaged(format!("it does not say its {name}")))
    };
    if word("format")? != FORMAT {
        return Err(damaged(
            "it is no checkpoint of this program's, or one of a later version",
        ));
    }
    let number = |name: &str| {
        let text = word(name)?;
        text.parse()
            .map_err(|_| damaged(format!("its {name} is no number")))
    };
    let preset = |name: &str| -> Result<Preset, CheckpointError> {
        from_toml(word(name)?, name).map_err(|error| damaged(error.summary()))
    };
    let seconds: f64 = word("seconds")?
        .parse()
        .map_err(|_| damaged("its seconds are no number"))?;
    let mut state = SavedState::default();
    for (name, view) in SafeTensors::deserialize(bytes).map_err(damaged)?.iter() {
        let element = match view.dtype() {
            Dtype::F32 => Element::F32,
            Dtype::F64 => Element::F64,
            other => return Err(damaged(format!("`{name}` is of the kind {other:?}"))),
        };
        let values = Values {
            shape: view.shape().to_vec(),
            element,
            bytes: view.data().to_vec(),
        };
        state.insert(name.to_owned(), values);
    }
    if digest(&state) != *word("sha256")? {
        return Err(damaged("its contents are not what was written"));
    }
    Ok(Checkpoint {
        candidate: usize::try_from(number("candidate")?)
            .map_err(|_| damaged("its candidate is no number"))?,
        step: number("step")?,
        seconds: if seconds.is_finite() {
            seconds.max(0.0)
        } else {
            0.0
        },
        preset: preset("preset")?,
        wanted: preset("wanted")?,
        state,
    })
}

/// Of all names, dimensions and elements.
fn digest(state: &SavedState) -> String {
    let mut hash = Sha256::new();
    for (name, values) in state.values() {
        hash.update(format!("{name} {:?} {:?}\n", values.element, values.shape));
        hash.update(&values.bytes);
    }
    digits_of(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset;

    fn checkpoint(step: u64) -> Checkpoint {
        let load = |set: &str| {
            preset::load("demo", &[set.parse().unwrap()])
                .unwrap()
                .preset
        };
        let mut state = SavedState::default();
        state.put_number("product", 0.1 + 0.2);
        state.insert(
            "picture".to_owned(),
            Values {
                shape: vec![1, 3, 2, 2],
                element: Element::F32,
                bytes: (0..48).collect(),
            },
        );
        Checkpoint {
            candidate: 3,
            step,
            seconds: 0.1 + 0.7,
            preset: load("style.weight=0.3"),
            wanted: load("schedule.seed=5"),
            state,
        }
    }

    #[test]
    fn written_and_read_again_and_the_last_two_are_kept() {
        let parent = tempfile::tempdir().unwrap();
        let (folder, _hold) =
            RunFolder::create(parent.path(), "demo", &jiff::Zoned::now()).unwrap();
        assert!(all(&folder).unwrap().is_empty());
        for step in [10, 20, 7] {
            write(&folder, &checkpoint(step)).unwrap();
        }
        let kept = all(&folder).unwrap();
        let steps: Vec<u64> = kept
            .iter()
            .map(|(_, path)| read(path).unwrap().step)
            .collect();
        assert_eq!(steps, [20, 7]);
        assert_eq!(read(&kept[1].1).unwrap(), checkpoint(7));
        let names = std::fs::read_dir(folder.checkpoints()).unwrap().count();
        assert_eq!(names, 2, "nothing half written stays");
    }

    #[test]
    fn an_old_one_that_cannot_be_taken_away_is_no_failure() {
        let parent = tempfile::tempdir().unwrap();
        let (folder, _hold) =
            RunFolder::create(parent.path(), "demo", &jiff::Zoned::now()).unwrap();
        folder.make_checkpoints().unwrap();
        std::fs::create_dir(folder.checkpoints().join("000001.safetensors")).unwrap();
        for step in [10, 20, 30] {
            write(&folder, &checkpoint(step)).unwrap();
        }
        let newest = all(&folder).unwrap().pop().unwrap().1;
        assert_eq!(read(&newest).unwrap().step, 30);
    }

    #[test]
    fn damage_of_any_kind_is_noticed() {
        let whole = to_bytes(&checkpoint(5)).unwrap();
        assert_eq!(from_bytes(&whole).unwrap(), checkpoint(5));
        for end in [0, 7, 8, 60, whole.len() - 1] {
            assert!(from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
        for place in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
            let mut broken = whole.clone();
            broken[place] ^= 1;
            if let Ok(read) = from_bytes(&broken) {
                // A word of the metadata that is as good as another, such as the program's version.
                assert_eq!(read.state, checkpoint(5).state, "at {place}");
            }
        }
    }

    #[test]
    fn what_it_is_not_is_said() {
        let no_words =
            safetensors::serialize(Vec::<(String, TensorView<'_>)>::new(), None).unwrap();
        let error = from_bytes(&no_words).unwrap_err().to_string();
        assert!(error.contains("does not say its format"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).is_err());
        assert!(read(Path::new("/dev/zero")).is_err());
    }
}
