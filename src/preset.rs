//! Presets: recipes as data. Finding, reading, checking, comparing and writing them.
//!
//! This room turns text into typed presets and back, and may be called from any thread. It owns no
//! tensor and no state, and no thread but those of a [`watch::Watcher`]. It reads and writes preset
//! files and nothing else.
//!
//! - [`model`]: the typed preset, which the engine reads
//! - [`field`]: the registry that describes every field once and drives all the rest
//! - [`layer_name`]: the layers that each network can be tapped at
//! - `source` → `document` (with `check`, `entry_name`) → `merge` (bases) → [`overriding`] → `consistency`: from
//!   text to a typed preset, collecting everything that is wrong on the way
//! - [`problem`]: what is wrong, shown with its place; `complaint` words it
//! - [`folder`], [`built_in`]: where presets are found
//! - [`difference`], [`write`](mod@write), [`schema`], [`setting`]: what else is
//!   done with them
//! - [`parameter`]: what may be turned while a picture forms; [`editing`]: turned values back into the
//!   file; [`watch`]: notices that a file was saved

mod check;
mod complaint;
mod consistency;
mod document;
mod entry_name;
mod flat;
mod merge;
mod nearest;
mod source;
mod syntax;
mod value;

pub mod built_in;
pub mod difference;
pub mod editing;
pub mod field;
pub mod folder;
pub mod layer_name;
pub mod model;
pub mod number;
pub mod overriding;
pub mod parameter;
pub mod plain_file;
pub mod problem;
pub mod schema;
pub mod setting;
pub mod visible;
pub mod watch;
pub mod write;

use std::path::PathBuf;
use std::sync::Arc;

pub use difference::{Change, diff, values, with_restart_fields_of};
pub use editing::EditError;
pub use field::ChangeClass;
pub use folder::{Listed, Origin};
pub use layer_name::{layer_names, layer_names_of};
pub use model::*;
pub use overriding::{Override, OverrideSyntaxError};
pub use parameter::{Parameter, Turn, parameters, turned};
pub use problem::PresetError;
pub use schema::json_schema;
pub use setting::settings;
pub use source::LARGEST_FILE;
pub use write::to_toml;

use problem::Problem;
use source::{Source, SourceKind, expand_home, is_path};

/// A preset and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The built-in preset's name, or the file's name without `.toml`.
    pub name: String,
    /// Where it was found.
    pub origin: Origin,
    /// The recipe, overrides included.
    pub preset: Preset,
    /// The files it was read from, its own first, then its bases: what to watch for changes.
    pub files: Vec<PathBuf>,
}

/// Loads the preset that the user names with `-p` and lays `--set` arguments over it.
///
/// A name with a `/` or ending in `.toml` is a path; any other is looked up in
/// [`folder::folders`], then among the built-in presets. Blocks on the file system.
///
/// # Errors
/// Everything that is wrong with the preset, its bases and the overrides, all at once.
pub fn load(name_or_path: &str, overrides: &[Override]) -> Result<Loaded, PresetError> {
    load_from(name_or_path, overrides, &folder::folders())
}

/// Checks a preset without using it.
///
/// # Errors
/// As [`load`].
pub fn check(name_or_path: &str) -> Result<Loaded, PresetError> {
    load(name_or_path, &[])
}

/// The text of a preset as it is written, comments and all, without checking it.
///
/// # Errors
/// Where no preset is found or its file cannot be read.
pub fn text_of(name_or_path: &str) -> Result<String, PresetError> {
    let source = folder::find(name_or_path, &folder::folders())
        .map_err(|problem| PresetError::new(vec![problem]))?;
    Ok(source.text.clone())
}

/// Reads a preset out of a text that is not a file, such as the one inside a picture; `label` is
/// what messages call the text. It may extend built-in presets, but no files.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn from_toml(text: &str, label: &str) -> Result<Preset, PresetError> {
    let source = Source::new(label, text, SourceKind::Text);
    resolve(source, &[]).map(|(preset, _)| preset)
}

/// `preset` with `overrides` laid over it, checked as a whole. Paths that no override names stay as
/// they are; one that is named starts at the working directory. Pure.
///
/// # Errors
/// Everything that is wrong with the overrides and with what comes of them, all at once.
pub fn with_overrides(preset: &Preset, overrides: &[Override]) -> Result<Preset, PresetError> {
    let source = Source::new("the preset as it is", &to_toml(preset), SourceKind::Text);
    let (mut changed, _) = resolve(source, overrides)?;
    let is_named = |key: &str| overrides.iter().any(|setting| setting.key == key);
    if !is_named("network.weights") {
        changed.network.weights.clone_from(&preset.network.weights);
    }
    if !is_named("image.init_file") {
        changed.image.init_file.clone_from(&preset.image.init_file);
    }
    Ok(changed)
}

/// Every preset that can be named: the user's files, then the built-in ones that no file hides.
/// Never fails; a broken preset carries its error. Blocks on the file system.
#[must_use]
pub fn list() -> Vec<Listed> {
    list_from(&folder::folders())
}

fn list_from(folders: &[PathBuf]) -> Vec<Listed> {
    folder::names(folders)
        .into_iter()
        .map(|(name, origin)| {
            let description = load_from(&name, &[], folders);
            Listed {
                name,
                origin,
                description: description.map(|loaded| loaded.preset.description),
            }
        })
        .collect()
}

fn load_from(
    name_or_path: &str,
    overrides: &[Override],
    folders: &[PathBuf],
) -> Result<Loaded, PresetError> {
    let source = folder::find(name_or_path, folders).map_err(|problem| {
        let file = is_path(name_or_path).then(|| expand_home(name_or_path));
        PresetError::new(vec![problem]).with_files(file.into_iter().collect())
    })?;
    let kind = source.kind.clone();
    let (preset, files) = resolve(source, overrides)?;
    let name = match &kind {
        SourceKind::File(path) => folder::name_of(path),
        _ => name_or_path.to_owned(),
    };
    Ok(Loaded {
        name,
        origin: Origin::of(&kind),
        preset,
        files,
    })
}

fn resolve(
    source: Arc<Source>,
    overrides: &[Override],
) -> Result<(Preset, Vec<PathBuf>), PresetError> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut merged = merge::with_bases(source, &mut problems);
    overriding::apply(&mut merged, overrides, &mut problems);
    match consistency::resolve(&merged, &mut problems) {
        Some(preset) => Ok((preset, merged.files)),
        None => Err(PresetError::new(problems).with_files(merged.files)),
    }
}

#[cfg(test)]
mod tests;
