//! The folder of a run: the names of its files, who makes it, and whether its run goes on. Any thread.
//!
//! ```text
//! runs/2026-11-23-221513-gatys-k3f9/
//!   run.json       what is made of what, on which machine, and how far it came
//!   preset.toml    the preset in force, every field
//!   metrics.csv    a row a step
//!   events.jsonl   an object a line: changes, errors, snapshots, the end
//!   snapshots/     pictures on the way
//!   checkpoints/   what the run can be gone on from, the last two
//!   result.png     the last picture
//!   events.out.tfevents.*   the losses once more, where TensorBoard is to read them
//!   lock           held by the program that writes here
//!   control.sock   through which other terminals see and steer the run while it goes on
//!   output.log     what a run in the background prints
//! ```
//!
//! Files that are replaced are written beside and renamed; the two that grow, grow by whole lines. Runs that are
//! compared lie together in one folder ([`comparison`]).

pub mod checkpoint;
pub mod comparison;
pub mod description;
pub mod follow;
mod growing;
pub mod inventory;
pub mod journal;
pub mod metrics;
pub mod more_inputs;
pub mod pictures;
mod preset_file;
pub mod recorder;
pub(crate) mod replace;
pub mod steering;
mod tail;
mod tensorboard;

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use rand::RngExt;

use crate::preset::plain_file;

/// Where a run is kept. Whether there is one is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

/// As long as it lives, others see that the run goes on. Closed by the system whatever ends the program.
#[derive(Debug)]
pub struct Hold {
    _file: Option<File>,
}

/// Keyword of the resolved preset in a picture's file, TOML.
pub const PRESET_KEYWORD: &str = "stylescope.preset";
/// Keyword of everything else about the run, JSON.
pub const RUN_KEYWORD: &str = "stylescope.run";

/// Letters and digits that are not mistaken for each other.
const ID_CHARACTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const ID_LENGTH: usize = 4;
/// Another is drawn where one is taken, so often.
const MOST_TRIES: usize = 64;
/// Characters of a preset's name that go into the folder's.
const LONGEST_PRESET: usize = 40;

impl RunFolder {
    /// The folder at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Makes a folder in `parent`, which is made as well, for a run of `preset` that begins `now`; only this
    /// user may look into it.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(parent: &Path, preset: &str, now: &Zoned) -> io::Result<(Self, Hold)> {
        std::fs::create_dir_all(parent)?;
        let time = now.strftime("%Y-%m-%d-%H%M%S");
        Self::create_called(parent, &format!("{time}-{}", plain_preset(preset)))
    }

    /// Makes a folder for the run of `preset` that is the `number`-th, from 1, in the comparison at `parent`.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create_numbered(parent: &Path, number: usize, preset: &str) -> io::Result<(Self, Hold)> {
        Self::create_called(parent, &format!("{number:02}-{}", plain_preset(preset)))
    }

    fn create_called(parent: &Path, beginning: &str) -> io::Result<(Self, Hold)> {
        let folder = Self {
            path: new_folder(parent, beginning)?,
        };
        private().create(folder.snapshots())?;
        let hold = folder.hold()?;
        Ok((folder, hold))
    }

    fn hold(&self) -> io::Result<Hold> {
        // Nobody else knows of a folder that was made just now.
        Ok(self.hold_again()?.unwrap_or(Hold { _file: None }))
    }

    /// Holds a folder in which a run was recorded before; `None` where another program holds it.
    ///
    /// # Errors
    /// The file system's.
    pub fn hold_again(&self) -> io::Result<Option<Hold>> {
        let file = File::create(self.lock())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Hold { _file: Some(file) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            // Some network file systems know no locks: then nobody can tell a killed run from one that goes on.
            Err(TryLockError::Error(_)) => Ok(Some(Hold { _file: None })),
        }
    }

    /// Whether a program holds it; `None` where the file system does not tell.
    pub fn is_held(&self) -> Option<bool> {
        // Opened for reading: whoever only looks need not be allowed to write.
        let file = plain_file::open(&self.lock()).ok()?;
        match file.try_lock_shared() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        }
    }

    /// Deletes everything that a run writes, and the folder where nothing else is left in it: whether that is so.
    ///
    /// # Errors
    /// The file system's. The description goes last, so that what is left can be found and deleted again.
    pub fn remove(&self) -> io::Result<bool> {
        // `.` cannot be deleted by that name.
        let whole = Self::at(self.path.canonicalize()?);
        let is_own = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("events.out.tfevents.") || name.starts_with(".stylescope-")
        };
        for entry in std::fs::read_dir(&whole.path)? {
            let path = entry?.path();
            if is_own(&path) {
                std::fs::remove_file(path)?;
            }
        }
        for result in [
            std::fs::remove_dir_all(whole.snapshots()),
            std::fs::remove_dir_all(whole.checkpoints()),
            std::fs::remove_file(whole.result()),
            std::fs::remove_file(whole.metrics()),
            std::fs::remove_file(whole.journal()),
            std::fs::remove_file(whole.preset()),
            std::fs::remove_file(whole.lock()),
            std::fs::remove_file(whole.socket()),
            std::fs::remove_file(whole.output_log()),
            std::fs::remove_file(whole.description()),
        ] {
            match result {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match std::fs::remove_dir(&whole.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name, which ends with the id.
    pub fn name(&self) -> String {
        name_of(&self.path)
    }

    /// The few characters at the end of the name that nearly always suffice.
    pub fn id(&self) -> String {
        id_of(&self.path)
    }

    /// Of a run in a comparison: the number that its name begins with, from 1.
    pub fn number(&self) -> Option<usize> {
        let name = self.name();
        let digits = name.split('-').next()?;
        digits.parse().ok().filter(|number| *number > 0)
    }

    /// [`description::Description`]
    pub fn description(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// The preset in force, TOML.
    pub fn preset(&self) -> PathBuf {
        self.path.join("preset.toml")
    }

    /// [`metrics::Metrics`]
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.csv")
    }

    /// [`journal::Entry`], one a line.
    pub fn journal(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// The folder of the pictures on the way.
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// The picture after `step` updates; `branch` as in [`metrics::Row`].
    pub fn snapshot(&self, branch: u32, step: u64) -> PathBuf {
        let again = match branch {
            0 | 1 => String::new(),
            number => format!("-branch{number}"),
        };
        self.snapshots().join(format!("step-{step:06}{again}.png"))
    }

    /// The last picture.
    pub fn result(&self) -> PathBuf {
        self.path.join("result.png")
    }

    /// The folder of the [checkpoints](checkpoint).
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// Makes that folder, where it is not there.
    fn make_checkpoints(&self) -> io::Result<()> {
        match private().create(self.checkpoints()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// The socket of a run that goes on.
    pub fn socket(&self) -> PathBuf {
        self.path.join("control.sock")
    }

    /// What a run without a terminal prints.
    pub fn output_log(&self) -> PathBuf {
        self.path.join("output.log")
    }

    fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }
}

/// Makes a folder `BEGINNING-ID` in `parent` with an id that is not taken.
fn new_folder(parent: &Path, beginning: &str) -> io::Result<PathBuf> {
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..MOST_TRIES {
        let path = parent.join(format!("{beginning}-{}", new_id()));
        match private().create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

fn name_of(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = whole.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn id_of(path: &Path) -> String {
    let name = name_of(path);
    name.rsplit('-').next().unwrap_or_default().to_owned()
}

/// Makes folders that only this user may look into.
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn new_id() -> String {
    let mut random = rand::rng();
    let mut character = || {
        let index = random.random_range(0..ID_CHARACTERS.len());
        ID_CHARACTERS.get(index).copied().unwrap_or(b'a')
    };
    (0..ID_LENGTH).map(|_| char::from(character())).collect()
}

/// `name` as far as every file system and shell takes it: letters, digits, `-`, `_` and `marks`; at most `most`
/// characters of it.
pub fn plain_name(name: &str, marks: &[char], most: usize) -> String {
    let kept = |character: char| {
        let is_plain = character.is_alphanumeric() || matches!(character, '-' | '_');
        if is_plain || marks.contains(&character) {
            character
        } else {
            '_'
        }
    };
    name.chars().take(most).map(kept).collect()
}

fn plain_preset(name: &str) -> String {
    plain_name(name, &['.'], LONGEST_PRESET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_for_every_run() {
        let parent = tempfile::tempdir().unwrap();
        let runs = parent.path().join("runs");
        let now = "2026-11-23T22:15:13+01:00[Europe/Berlin]".parse().unwrap();
        let (one, hold) = RunFolder::create(&runs, "my preset/\u{1b}[31m", &now).unwrap();
        let (two, _) = RunFolder::create(&runs, "demo", &now).unwrap();
        assert!(
            one.name().starts_with("2026-11-23-221513-my_preset___31m-"),
            "{}",
            one.name()
        );
        assert_eq!(one.id().len(), ID_LENGTH);
        assert_ne!(one, two);
        assert_eq!(one.is_held(), Some(true));
        drop(hold);
        assert_eq!(one.is_held(), Some(false));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(one.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn pictures_of_several_branches_do_not_share_a_name() {
        let folder = RunFolder::at(PathBuf::from("a"));
        assert_eq!(
            folder.snapshot(1, 40),
            Path::new("a/snapshots/step-000040.png")
        );
        assert_eq!(
            folder.snapshot(2, 40),
            Path::new("a/snapshots/step-000040-branch2.png")
        );
    }
}
