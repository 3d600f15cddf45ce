//! Presets, where they came from, and what changed in them.

use std::path::{Path, PathBuf};

use crate::attach::frame::FrameError;
use crate::attach::words::{self, PresetText};
use crate::preset::{self, Change, ChangeClass, Loaded, Origin, Override, Preset};

/// A preset that was loaded here, for a program that may run in another folder.
pub(in crate::attach) fn of_loaded(loaded: &Loaded) -> words::Loaded {
    words::Loaded {
        name: loaded.name.clone(),
        file: match &loaded.origin {
            Origin::File(path) => Some(whole(path)),
            Origin::BuiltIn | Origin::Text => None,
        },
        files: loaded.files.iter().map(|path| whole(path)).collect(),
        preset: of_preset(&loaded.preset),
    }
}

/// The same at the other end.
///
/// # Errors
/// Where it is no preset.
pub(in crate::attach) fn loaded(words: words::Loaded) -> Result<Loaded, FrameError> {
    Ok(Loaded {
        preset: preset_of(&words.preset)?,
        name: words.name,
        origin: words.file.map_or(Origin::BuiltIn, Origin::File),
        files: words.files,
    })
}

/// What is laid over a preset; paths in it start where the run was begun.
pub(in crate::attach) fn of_overrides(overrides: &[Override]) -> Vec<(String, String)> {
    overrides
        .iter()
        .map(|given| (given.key.clone(), given.value.clone()))
        .collect()
}

pub(in crate::attach) fn overrides(words: Vec<(String, String)>) -> Vec<Override> {
    words
        .into_iter()
        .map(|(key, value)| Override { key, value })
        .collect()
}

pub(super) fn of_preset(preset: &Preset) -> PresetText {
    PresetText {
        toml: preset::to_toml(preset),
        weights: preset.network.weights.as_deref().map(in_characters),
        init_file: preset.image.init_file.as_deref().map(in_characters),
    }
}

pub(super) fn preset_of(words: &PresetText) -> Result<Preset, FrameError> {
    let mut preset = preset::from_toml(&words.toml, "the other program's preset")
        .map_err(|error| FrameError::Words(error.summary()))?;
    preset.network.weights.clone_from(&words.weights);
    preset.image.init_file.clone_from(&words.init_file);
    Ok(preset)
}

/// As JSON has it. A relative one means what it means to the run's program.
pub(super) fn in_characters(path: &Path) -> PathBuf {
    PathBuf::from(path.to_string_lossy().into_owned())
}

/// From the root on.
pub(super) fn whole(path: &Path) -> PathBuf {
    in_characters(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

pub(super) fn of_change(change: &Change) -> words::ChangeText {
    words::ChangeText {
        key: change.key.clone(),
        old: change.old.clone(),
        new: change.new.clone(),
        class: match change.class {
            ChangeClass::Live => words::Class::Live,
            ChangeClass::Rebuild => words::Class::Rebuild,
            ChangeClass::Restart => words::Class::Restart,
        },
    }
}

pub(super) fn change(words: words::ChangeText) -> Change {
    Change {
        key: words.key,
        old: words.old,
        new: words.new,
        class: match words.class {
            words::Class::Live => ChangeClass::Live,
            words::Class::Rebuild => ChangeClass::Rebuild,
            words::Class::Restart => ChangeClass::Restart,
        },
    }
}
