//! Presets: reading, laying over another, overrides, writing, and reading again.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::assert_harmless;
use crate::preset::editing::edited_text;
use crate::preset::{
    Override, Preset, PresetError, Turn, diff, from_toml, load, parameters, settings, to_toml,
    turned, with_overrides,
};

/// The two files of an input, in a folder of this process.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let shared = PathBuf::from("/dev/shm");
    let parent = if shared.is_dir() {
        shared
    } else {
        std::env::temp_dir()
    };
    let folder = parent.join(format!("stylescope-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the presets");
    folder
});

/// Reads the parts of `bytes`, which zero bytes separate: a preset, the file `base.toml` beside it, and settings as
/// `--set` takes them. One part alone is a preset without a file.
///
/// # Panics
///
/// When what is written down of a preset does not say the same, or a message would act on a terminal.
pub fn check(bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    let text = parts.next().unwrap_or_default();
    let Some(base) = parts.next() else {
        if let Ok(text) = std::str::from_utf8(text) {
            let _ = sound(from_toml(text, "a\u{1b}[31m\nlabel"));
        }
        return;
    };
    let mut overrides: Vec<Override> = Vec::new();
    for part in parts {
        match String::from_utf8_lossy(part).parse() {
            Ok(setting) => overrides.push(setting),
            Err(error) => assert_harmless(&format!("{error}")),
        }
    }
    let path = FOLDER.join("a.toml");
    fs::write(&path, text).expect("the preset is written");
    fs::write(FOLDER.join("base.toml"), base).expect("its base is written");
    let name = path.to_string_lossy();
    let plain = sound(load(&name, &[]).map(|loaded| loaded.preset));
    let changed = sound(load(&name, &overrides).map(|loaded| loaded.preset));
    if let (Some(plain), Some(changed)) = (plain, changed) {
        check_change(&plain, &changed, &overrides);
        if let Ok(text) = std::str::from_utf8(text) {
            match edited_text(text, &path, &plain, &changed) {
                Ok(edited) => assert!(edited.len() < text.len() + (1 << 16)),
                Err(error) => assert_harmless(&error.to_string()),
            }
        }
    }
}

/// The preset, where it is one: what is written of it says the same.
fn sound(read: Result<Preset, PresetError>) -> Option<Preset> {
    let preset = match read {
        Ok(preset) => preset,
        Err(error) => {
            assert!(error.problem_count() > 0);
            assert_harmless(&error.render(false));
            let summary = error.summary();
            assert_harmless(&summary);
            assert!(!summary.contains('\n'), "{summary:?}");
            return None;
        }
    };
    let written = to_toml(&preset);
    let again = from_toml(&written, "written").unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again, preset, "{written}");
    let parameters = parameters(&preset);
    // One is enough: each costs as much as all the rest.
    let chosen = parameters.get(written.len() % parameters.len().max(1));
    if let Some(setting) = chosen.and_then(|one| turned(&preset, &one.key, Turn::CoarseDown))
        && let Ok(moved) = with_overrides(&preset, &[setting])
    {
        let _ = diff(&preset, &moved);
    }
    Some(preset)
}

/// What leads from one to the other does so.
fn check_change(plain: &Preset, changed: &Preset, overrides: &[Override]) {
    for change in diff(plain, changed) {
        assert_harmless(&change.to_string());
    }
    let made = with_overrides(plain, &settings(plain, changed))
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", to_toml(plain), to_toml(changed)));
    let differs = diff(&made, changed);
    // A setting cannot take a path away; and none of these does.
    assert!(differs.is_empty(), "{differs:?} after {overrides:?}");
}
