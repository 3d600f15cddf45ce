//! Values that were changed on the screen, written back into preset files: the user's comments, order
//! and ways of writing numbers stay on every line that is not touched.
//!
//! Reads and writes preset files and blocks on them; any thread. Nothing is written before the new text
//! has been read again and says exactly what it should.

mod file;
mod text;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::difference::diff;
use super::field::FIELDS;
use super::flat::{assemble, flatten};
use super::folder;
use super::model::Preset;
use super::problem::PresetError;
use super::source::{Source, SourceKind, expand_home, is_path};
use super::value::Value;
use super::visible::{is_printable, quote, visible};
use super::write::{to_toml, value_text};
use super::{Loaded, Origin, resolve};
use text::Edit;

/// Times that a file is read anew because somebody else wrote it at the same moment.
const ATTEMPTS: usize = 5;

/// Why changed values were not written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The preset is compiled into the program.
    #[error("the preset {} is built in and cannot be changed: save it as a new preset", quote(.name))]
    BuiltIn {
        /// Its name.
        name: String,
    },
    /// The preset did not come from a file.
    #[error("the preset {} did not come from a file: save it as a new preset", quote(.name))]
    NoFile {
        /// What it is called.
        name: String,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", shown(.path))]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {error}; make it writable, or save as a new preset elsewhere", shown(.path))]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not UTF-8.
    #[error("{} is not a text file: save it as UTF-8 text", shown(.path))]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// Somebody else goes on writing the file.
    #[error("{} changes all the time: try again", shown(.path))]
    KeepsChanging {
        /// Which file.
        path: PathBuf,
    },
    /// The file as it stands is not sound, so nothing can be said about what it would mean.
    #[error("mend the file first: {}", .0.summary())]
    Broken(PresetError),
    /// The file would not be sound afterwards.
    #[error("nothing was written, because the file would not be sound: {}", .0.summary())]
    Unsound(PresetError),
    /// The file would say something else than it should.
    #[error("nothing was written, because {} cannot be made to say `{keys}`: edit it by hand", shown(.path))]
    NotSaid {
        /// Which file.
        path: PathBuf,
        /// The fields that would be wrong.
        keys: String,
    },
    /// There is a preset of this name already.
    #[error("{} is there already: choose another name", shown(.path))]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// No file can be called that.
    #[error("{} is not a name for a preset: use letters, digits, `-` and `_`", quote(.name))]
    Name {
        /// The name.
        name: String,
    },
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// The text of the preset file `path` changed so that it says `wanted` where it now says `saved`. Only the
/// keys of [`diff`]`(saved, wanted)` are touched; `text` may say something else than `saved` in others,
/// as it does under `--set`. `path` is where bases and relative paths start and what messages name; its
/// bases are read, it is not.
///
/// # Errors
/// Where `text` is broken, or cannot be made to say it.
pub fn edited_text(
    text: &str,
    path: &Path,
    saved: &Preset,
    wanted: &Preset,
) -> Result<String, EditError> {
    if diff(saved, wanted).is_empty() {
        return Ok(text.to_owned());
    }
    let before = meaning(text, path).map_err(EditError::Broken)?;
    let (edits, target) = plan(&before, saved, wanted);
    let edited = text::edited(text, edits).map_err(|_| not_said(path, &before, wanted))?;
    says(&edited, path, &target)?;
    Ok(edited)
}

/// Writes changed values into the file that `loaded` came from, as it stands by now. The file is replaced
/// as a whole, behind links too, and keeps its permissions. Gives back the path.
///
/// # Errors
/// Where it did not come from a file, or the file cannot be written or made to say it.
pub fn save(loaded: &Loaded, saved: &Preset, wanted: &Preset) -> Result<PathBuf, EditError> {
    let name = loaded.name.clone();
    let path = match &loaded.origin {
        Origin::File(path) => path,
        Origin::BuiltIn => return Err(EditError::BuiltIn { name }),
        Origin::Text => return Err(EditError::NoFile { name }),
    };
    let real = path.canonicalize().map_err(|error| EditError::Read {
        path: path.clone(),
        error,
    })?;
    for _ in 0..ATTEMPTS {
        let text = file::read(&real)?;
        let edited = edited_text(&text, path, saved, wanted)?;
        if edited == text || file::replace(&real, &text, &edited)? {
            return Ok(path.clone());
        }
    }
    Err(EditError::KeepsChanging { path: path.clone() })
}

/// Writes `wanted` as a new preset and gives back its path. `name` is a path (`.toml` is added), or a name
/// for the first of [`folder::folders`] that takes files, `./presets` being made where none does. The text
/// that `loaded` came from is where it starts, so comments come along; a built-in preset is extended.
///
/// # Errors
/// Where there is such a preset already, or it cannot be written.
pub fn save_as(loaded: &Loaded, wanted: &Preset, name: &str) -> Result<PathBuf, EditError> {
    let path = new_path(name, &folder::folders())?;
    let text = match &loaded.origin {
        Origin::File(old) => {
            let text = file::read(old)?;
            let before = meaning(&text, old).map_err(EditError::Broken)?;
            let edited = edited_text(&text, old, &before, wanted)?;
            moved(&edited, old, &path, wanted)?
        }
        Origin::BuiltIn => {
            let text = format!(
                "extends = {}\n",
                value_text(&Value::Text(loaded.name.clone()))
            );
            let before = meaning(&text, &path).map_err(EditError::Broken)?;
            edited_text(&text, &path, &before, wanted)?
        }
        Origin::Text => to_toml(wanted),
    };
    says(&text, &path, wanted)?;
    file::create(&path, &text)?;
    Ok(path)
}

fn meaning(text: &str, path: &Path) -> Result<Preset, PresetError> {
    let kind = SourceKind::File(path.to_owned());
    let source: Arc<Source> = Source::new(path.display().to_string(), text, kind);
    resolve(source, &[]).map(|(preset, _)| preset)
}

/// Checks that `text` as the file `path` is the preset `target`.
fn says(text: &str, path: &Path, target: &Preset) -> Result<(), EditError> {
    let after = meaning(text, path).map_err(EditError::Unsound)?;
    if diff(&after, target).is_empty() {
        Ok(())
    } else {
        Err(not_said(path, &after, target))
    }
}

fn not_said(path: &Path, is: &Preset, wanted: &Preset) -> EditError {
    let keys: Vec<String> = diff(is, wanted)
        .into_iter()
        .map(|change| change.key)
        .collect();
    EditError::NotSaid {
        path: path.to_owned(),
        keys: keys.join(", "),
    }
}

/// The edits, and what the file means afterwards: `before` but for what differs from `saved` to `wanted`.
fn plan(before: &Preset, saved: &Preset, wanted: &Preset) -> (Vec<Edit>, Preset) {
    let values = |preset| -> IndexMap<&'static str, Value> {
        let fields = flatten(preset).into_iter();
        fields.map(|(field, value)| (field.key, value)).collect()
    };
    let is_chained = wanted.style.chained;
    let (mut target, saved, wanted) = (values(before), values(saved), values(wanted));
    let mut edits = Vec::new();
    for field in FIELDS {
        let path: Vec<String> = field.key.split('.').map(str::to_owned).collect();
        match (saved.get(field.key), wanted.get(field.key)) {
            (Some(saved), Some(wanted)) if field.kind.is_table() => {
                if let Some(target) = target.get_mut(field.key) {
                    let has_order = is_chained && field.key == "style.layers";
                    plan_table(&path, [saved, wanted], has_order, target, &mut edits);
                }
            }
            (saved, Some(wanted)) if saved != Some(wanted) => {
                edits.push(Edit::Set(path, value_text(wanted)));
                target.insert(field.key, wanted.clone());
            }
            (Some(_), None) => {
                edits.push(Edit::Remove(path));
                target.shift_remove(field.key);
            }
            _ => {}
        }
    }
    let fields = FIELDS
        .iter()
        .filter_map(|field| Some((field, target.get(field.key)?.clone())));
    // Every field that `before` has is still there and of its kind.
    let target = assemble(fields).unwrap_or_else(|_| before.clone());
    (edits, target)
}

/// `has_order`: the order of the entries matters.
fn plan_table(
    path: &[String],
    [saved, wanted]: [&Value; 2],
    has_order: bool,
    target: &mut Value,
    edits: &mut Vec<Edit>,
) {
    let entries = |table: &Value| table.entries().unwrap_or_default();
    let (old, new) = (entries(saved), entries(wanted));
    let below = |name: &str| -> Vec<String> {
        let name = std::iter::once(name.to_owned());
        path.iter().cloned().chain(name).collect()
    };
    let mut changes = Vec::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        changes.push(Edit::Remove(below(name)));
        target.remove(name);
    }
    for (name, entry) in &new {
        if old.get(name) != Some(entry) {
            changes.push(Edit::Set(below(name), value_text(entry)));
            target.insert(name.clone(), entry.clone());
        }
    }
    if has_order && !old.keys().eq(new.keys()) && !entries(target).keys().eq(new.keys()) {
        target.clone_from(wanted);
        changes = vec![Edit::Remove(path.to_vec())];
        changes.push(Edit::Table(path.to_vec(), rows(target)));
    } else if !changes.is_empty() {
        // A table in the file hides the whole table of its base, so it has to be complete.
        edits.push(Edit::Table(path.to_vec(), rows(target)));
    }
    edits.extend(changes);
}

fn rows(table: &Value) -> Vec<(String, String)> {
    let entries = table.entries().unwrap_or_default().into_iter();
    entries
        .map(|(name, entry)| (name, value_text(&entry)))
        .collect()
}

/// The text of the file `old` as the file `new`: what started at its folder still leads there.
fn moved(text: &str, old: &Path, new: &Path, wanted: &Preset) -> Result<String, EditError> {
    let absolute = |path: &Path| std::path::absolute(file::folder_of(path)).unwrap_or_default();
    let folder = absolute(old);
    if folder == absolute(new) {
        return Ok(text.to_owned());
    }
    let table: toml::Table = text
        .replace("\r\n", "\n")
        .trim_start_matches('\u{feff}')
        .parse()
        .unwrap_or_default();
    let mut edits = Vec::new();
    let mut relocate = |path: Vec<&str>, location: &str| {
        let located = folder.join(expand_home(location));
        if let Some(located) = located.to_str() {
            let value = value_text(&Value::Text(located.to_owned()));
            edits.push(Edit::Set(
                path.into_iter().map(str::to_owned).collect(),
                value,
            ));
        }
    };
    if let Some(base) = table.get("extends").and_then(|base| base.as_str())
        && is_path(base)
    {
        relocate(vec!["extends"], base);
    }
    for (section, name) in [("network", "weights"), ("image", "init_file")] {
        let location = table.get(section).and_then(|section| section.get(name));
        if let Some(location) = location.and_then(|location| location.as_str()) {
            relocate(vec![section, name], location);
        }
    }
    text::edited(text, edits).map_err(|_| not_said(new, wanted, wanted))
}

/// Where a preset of this name goes; nothing is there yet.
fn new_path(name: &str, folders: &[PathBuf]) -> Result<PathBuf, EditError> {
    let name = name.trim();
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let file_name = stem.rsplit('/').next().unwrap_or("");
    if file_name.is_empty() || file_name.starts_with('.') || !is_printable(name) {
        return Err(EditError::Name {
            name: name.to_owned(),
        });
    }
    let exists = |path: &Path| path.symlink_metadata().is_ok();
    let path = if is_path(name) {
        expand_home(&format!("{stem}.toml"))
    } else {
        let file_name = format!("{stem}.toml");
        // One in a folder that is searched earlier would hide the new one.
        if let Some(path) = folders
            .iter()
            .map(|folder| folder.join(&file_name))
            .find(|path| exists(path))
        {
            return Err(EditError::Exists { path });
        }
        file::folder_for_new(folders)?.join(file_name)
    };
    if exists(&path) {
        return Err(EditError::Exists { path });
    }
    Ok(path)
}

#[cfg(test)]
mod tests;
