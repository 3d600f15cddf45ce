//! What has to be watched so that no change of some paths goes unnoticed, and which events matter.
//!
//! Reads the file system when it is made; belongs to the watcher's thread.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::trail::follow;

/// Presets of a folder that are links and are followed; more are seldom.
const MOST_LINKS: usize = 64;

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Interest {
    /// Directories, and the files themselves: a file may be written under another of its names.
    pub watched: HashSet<PathBuf>,
    /// Those of them without which saves would be missed. Of others, which only lead there, little is
    /// lost where they may not be read.
    pub needed: HashSet<PathBuf>,
    /// Entries of directories whose change may matter.
    entries: HashSet<PathBuf>,
    /// Directories whose presets matter, whatever they are called.
    folders: HashSet<PathBuf>,
}

impl Interest {
    /// `links` are presets in the folders that are symbolic links.
    pub(super) fn of(files: &[PathBuf], folders: &[PathBuf], links: &[PathBuf]) -> Self {
        let mut interest = Self::default();
        for file in files {
            if let Some(end) = interest.add(file) {
                interest.watched.insert(end);
            }
        }
        for link in links.iter().take(MOST_LINKS) {
            interest.add(link);
        }
        for folder in folders {
            if let Some(end) = interest.add(folder).filter(|end| end.is_dir()) {
                interest.watched.insert(end.clone());
                interest.needed.insert(end.clone());
                interest.folders.insert(end);
            }
        }
        interest
    }

    /// Whether an event at this path may mean a change.
    pub(super) fn concerns(&self, path: &Path) -> bool {
        let is_preset = || {
            path.extension()
                .is_some_and(|extension| extension == "toml")
                && path
                    .parent()
                    .is_some_and(|folder| self.folders.contains(folder))
        };
        self.entries.contains(path) || self.watched.contains(path) || is_preset()
    }

    fn add(&mut self, path: &Path) -> Option<PathBuf> {
        let trail = follow(path);
        if let Some((folder, _)) = trail.entries.last() {
            self.needed.insert(folder.clone());
        }
        for (folder, name) in trail.entries {
            self.entries.insert(folder.join(name));
            self.watched.insert(folder);
        }
        trail.end
    }
}
