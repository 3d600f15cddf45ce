//! Where presets come from: files by path, the user's folders, the built-in ones.
//!
//! Reads the file system and blocks on it; any thread. Holds nothing, so a new file is found at
//! the next look-up.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;

use super::built_in;
use super::field::quoted;
use super::nearest::nearest;
use super::problem::{PresetError, Problem};
use super::source::{Source, SourceKind, expand_home, is_path};
use super::visible::quote;

/// Where a preset was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Compiled into the program.
    BuiltIn,
    /// Read from this file.
    File(PathBuf),
    /// Text from elsewhere, such as the preset inside a picture.
    Text,
}

/// A preset that can be named, whether it is sound or not.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What `-p` takes.
    pub name: String,
    /// Where it was found.
    pub origin: Origin,
    /// Its description, or why it cannot be used.
    pub description: Result<String, PresetError>,
}

/// The user's folders of presets, in the order in which they are searched; they need not exist.
///
/// `$STYLESCOPE_PRESETS` (several folders separated as in `$PATH`), `./presets`, and
/// `stylescope/presets` in the configuration folder of the platform.
#[must_use]
pub fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("STYLESCOPE_PRESETS")
        .map(|value| std::env::split_paths(&value).collect())
        .unwrap_or_default();
    folders.retain(|folder| !folder.as_os_str().is_empty());
    folders.push(PathBuf::from("presets"));
    if let Ok(strategy) = etcetera::choose_base_strategy() {
        folders.push(strategy.config_dir().join("stylescope").join("presets"));
    }
    folders
}

/// The text of the preset that the user names with `-p`.
pub(super) fn find(name: &str, folders: &[PathBuf]) -> Result<Arc<Source>, Problem> {
    if is_path(name) {
        let path = expand_home(name);
        return Source::read_file(&path).map_err(|failure| {
            let title = format!("the preset {} cannot be read", quote(name));
            failure.problem(&title).because(failure.reason())
        });
    }
    for folder in folders {
        let path = folder.join(format!("{name}.toml"));
        if path.is_file() {
            return Source::read_file(&path).map_err(|failure| {
                let title = format!(
                    "the preset {} cannot be read",
                    quote(&path.to_string_lossy())
                );
                failure.problem(&title).because(failure.reason())
            });
        }
    }
    built_in::source(name).ok_or_else(|| unknown(name, folders))
}

fn unknown(name: &str, folders: &[PathBuf]) -> Problem {
    let names: Vec<String> = names(folders).into_iter().map(|(name, _)| name).collect();
    let near = nearest(name, names.iter().map(String::as_str));
    let folders: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    Problem::new(format!("there is no preset {}", quote(name)))
        .note(format!("presets: {}", quoted(&names)))
        .note(format!("searched: {}, built in", folders.join(", ")))
        .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
        .help("a file is named by its path: `-p ./mine.toml`")
}

/// Every name that [`find`] finds, and where; sorted by name within files and built-in ones.
pub(super) fn names(folders: &[PathBuf]) -> Vec<(String, Origin)> {
    let mut known: HashSet<String> = HashSet::new();
    let mut found: Vec<(String, Origin)> = Vec::new();
    for folder in folders {
        for path in files_in(folder) {
            let name = name_of(&path);
            if known.insert(name.clone()) {
                found.push((name, Origin::File(path)));
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    for name in built_in::names() {
        if !known.contains(name) {
            found.push((name.to_owned(), Origin::BuiltIn));
        }
    }
    found
}

/// The preset files of a folder; none where it cannot be read.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter(|path| path.file_stem().and_then(|stem| stem.to_str()).is_some())
        .filter(|path| path.is_file())
        .collect()
}

/// A file is named by its stem: `presets/mine.toml` is `mine`.
pub(super) fn name_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

impl Origin {
    pub(super) fn of(kind: &SourceKind) -> Self {
        match kind {
            SourceKind::BuiltIn(_) => Self::BuiltIn,
            SourceKind::File(path) => Self::File(path.clone()),
            SourceKind::Text | SourceKind::Override => Self::Text,
        }
    }
}
