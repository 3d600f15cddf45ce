//! What watched files and folders say, in as few bytes as tell one state from another.
//!
//! Reads the file system; belongs to the watcher's thread.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Bytes of a file that count; no preset has more.
const MOST_BYTES: u64 = 256 * 1024 + 1;

/// Presets of a folder that are read; of others only size and time are compared, so that a folder of
/// thousands costs little.
const MOST_READ: usize = 256;

/// A file that was written this recently may be written again without another time stamp.
const COARSEST_STAMP: Duration = Duration::from_secs(2);

/// What a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileState {
    /// There is no file, or it may not be read.
    Missing,
    /// Empty or not UTF-8: perhaps somebody is writing it.
    Unfinished(u64),
    Text(u64),
    /// A pipe or the like, which reading would use up.
    Other,
}

impl FileState {
    pub(super) fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(metadata) if !metadata.is_dir() => return Self::Other,
            _ => return Self::Missing,
        }
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        if read.is_err() {
            return Self::Missing;
        }
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let hash = hasher.finish();
        if bytes.is_empty() || std::str::from_utf8(&bytes).is_err() {
            Self::Unfinished(hash)
        } else {
            Self::Text(hash)
        }
    }

    pub(super) fn is_finished(self) -> bool {
        matches!(self, Self::Text(_) | Self::Other)
    }
}

/// What tells that a file need not be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt;
                let changed = (metadata.ctime(), metadata.ctime_nsec());
                (metadata.dev(), metadata.ino(), changed.0, changed.1)
            },
        }
    }

    fn is_recent(&self) -> bool {
        let age = self.modified.map(|modified| modified.elapsed());
        // A time in the future is no old one.
        !matches!(age, Some(Ok(age)) if age > COARSEST_STAMP)
    }
}

#[derive(Debug, Clone)]
struct Preset {
    stamp: Stamp,
    /// None where it was not read.
    state: Option<FileState>,
}

/// The presets of a folder.
#[derive(Debug, Clone, Default)]
pub(super) struct FolderState {
    presets: HashMap<OsString, Preset>,
    /// Names of presets that are links, sorted.
    pub links: Vec<OsString>,
    /// Files of any kind in the folder.
    pub entry_count: u32,
}

impl FolderState {
    /// Reads what differs from `known` in its stamp.
    pub(super) fn of(path: &Path, known: &Self) -> Self {
        let mut found = Self::default();
        let Ok(entries) = fs::read_dir(path) else {
            return found;
        };
        for entry in entries.filter_map(Result::ok) {
            found.entry_count = found.entry_count.saturating_add(1);
            let name = entry.file_name();
            let place = entry.path();
            if place
                .extension()
                .is_none_or(|extension| extension != "toml")
            {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                found.links.push(name.clone());
            }
            let Ok(metadata) = fs::metadata(&place) else {
                continue;
            };
            if !metadata.is_file() {
                continue;
            }
            let stamp = Stamp::of(&metadata);
            let same = known
                .presets
                .get(&name)
                .filter(|known| known.stamp == stamp && !stamp.is_recent());
            let state = match same {
                Some(same) => same.state,
                None if found.presets.len() < MOST_READ => Some(FileState::of(&place)),
                None => None,
            };
            found.presets.insert(name, Preset { stamp, state });
        }
        found.links.sort();
        found
    }

    pub(super) fn differs_from(&self, other: &Self) -> bool {
        self.presets.len() != other.presets.len()
            || self.presets.iter().any(|(name, preset)| {
                other
                    .presets
                    .get(name)
                    .is_none_or(|other| preset.differs_from(other))
            })
    }

    /// Whether what differs from `other` may be in the middle of being written.
    pub(super) fn may_be_unfinished(&self, other: &Self) -> bool {
        let is_gone = other
            .presets
            .keys()
            .any(|name| !self.presets.contains_key(name));
        let is_half = self.presets.iter().any(|(name, preset)| {
            let is_new = other
                .presets
                .get(name)
                .is_none_or(|other| preset.differs_from(other));
            is_new && preset.state.is_some_and(|state| !state.is_finished())
        });
        is_gone || is_half
    }
}

impl Preset {
    fn differs_from(&self, other: &Self) -> bool {
        match (self.state, other.state) {
            (Some(state), Some(other)) => state != other,
            _ => self.stamp != other.stamp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_content_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let empty = FolderState::of(folder.path(), &FolderState::default());
        fs::write(&path, "a").unwrap();
        fs::write(folder.path().join("notes.txt"), "a").unwrap();
        let first = FolderState::of(folder.path(), &empty);
        assert!(first.differs_from(&empty));
        assert!(empty.differs_from(&first));
        assert!(empty.may_be_unfinished(&first));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "a").unwrap();
        let again = FolderState::of(folder.path(), &first);
        assert!(!again.differs_from(&first));
        // The same size, within the same tick of the clock.
        fs::write(&path, "b").unwrap();
        assert!(FolderState::of(folder.path(), &again).differs_from(&again));
        fs::write(&path, "").unwrap();
        assert!(FolderState::of(folder.path(), &again).may_be_unfinished(&again));
    }

    #[test]
    fn large_folders_are_read_in_part_and_still_compared() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MOST_READ + 50 {
            fs::write(folder.path().join(format!("{number}.toml")), "a").unwrap();
        }
        let first = FolderState::of(folder.path(), &FolderState::default());
        let read = first
            .presets
            .values()
            .filter(|preset| preset.state.is_some());
        assert_eq!(read.count(), MOST_READ);
        assert!(!FolderState::of(folder.path(), &first).differs_from(&first));
        // Some of them among those that are read, some not.
        for number in (0..MOST_READ + 50).step_by(25) {
            let path = folder.path().join(format!("{number}.toml"));
            fs::write(&path, "ab").unwrap();
            let next = FolderState::of(folder.path(), &first);
            assert!(next.differs_from(&first), "{number}");
            fs::remove_file(&path).unwrap();
            let next = FolderState::of(folder.path(), &first);
            assert!(next.differs_from(&first), "{number}");
            fs::write(&path, "a").unwrap();
        }
    }
}
