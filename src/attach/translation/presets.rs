//! Presets, where they came from, and what changed in them.

use std::path::{Path, PathBuf};

use crate::attach::contender::Contender;
use crate::attach::frame::FrameError;
use crate::attach::words::{self, PresetText};
use crate::preset::{self, Change, ChangeClass, Loaded, Origin, Override, Preset};

/// A preset that was loaded here, for a program that may run in another folder.
fn of_loaded(loaded: &Loaded) -> words::Loaded {
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
fn loaded(words: words::Loaded) -> Result<Loaded, FrameError> {
    Ok(Loaded {
        preset: preset_of(&words.preset)?,
        name: words.name,
        origin: words.file.map_or(Origin::BuiltIn, Origin::File),
        files: words.files,
    })
}

/// One of those that are computed; paths in what is laid over its preset start where that was begun.
pub(in crate::attach) fn of_contender(contender: &Contender) -> words::Contender {
    let given = |given: &Override| (given.key.clone(), given.value.clone());
    words::Contender {
        number: contender.number,
        label: contender.label.clone(),
        loaded: of_loaded(&contender.loaded),
        overrides: contender.overrides.iter().map(given).collect(),
        is_over: contender.is_over,
    }
}

/// The same at the other end.
///
/// # Errors
/// Where its preset is none.
pub(in crate::attach) fn contender(words: words::Contender) -> Result<Contender, FrameError> {
    let given = |(key, value)| Override { key, value };
    Ok(Contender {
        number: words.number,
        label: words.label,
        loaded: loaded(words.loaded)?,
        overrides: words.overrides.into_iter().map(given).collect(),
        is_over: words.is_over,
    })
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
