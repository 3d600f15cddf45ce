//! Every file in `tests/presets/valid` loads, every file in `tests/presets/invalid` is refused with
//! exactly the message beside it. `UPDATE=1 cargo test` writes the messages; read them afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// The files with this extension, by paths that start at the package's folder, where tests run: the
/// same paths in messages on every machine.
pub(super) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} holds no .{extension} file");
    files
}

fn compare(path: &Path, message: &str) -> Option<String> {
    let expected_path = path.with_extension("txt");
    let message = format!("{message}\n");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected_path, &message).unwrap();
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    (message != expected).then(|| {
        format!(
            "{}:\n{message}expected:\n{expected}",
            expected_path.display()
        )
    })
}

#[test]
fn valid_files_load() {
    for path in files("tests/presets/valid", "toml") {
        if let Err(error) = load_from(path.to_str().unwrap(), &[], &[]) {
            panic!("{error}");
        }
    }
}

#[test]
fn invalid_files_say_what_is_wrong() {
    let mut different = Vec::new();
    for path in files("tests/presets/invalid", "toml") {
        let error = load_from(path.to_str().unwrap(), &[], &[]).expect_err(path.to_str().unwrap());
        different.extend(compare(&path, &error.render(false)));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn wrong_overrides_say_what_is_wrong() {
    let mut different = Vec::new();
    for path in files("tests/presets/invalid/set", "args") {
        let text = fs::read_to_string(&path).unwrap();
        let arguments: Vec<&str> = text.lines().collect();
        let error = with_overrides("demo", &arguments).expect_err(path.to_str().unwrap());
        different.extend(compare(&path, &error.render(false)));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn an_unknown_name_lists_what_exists() {
    let folders = [PathBuf::from("tests/presets/valid")];
    let error = load_from("gatsy", &[], &folders).unwrap_err();
    let path = Path::new("tests/presets/invalid/unknown_name.txt");
    assert_eq!(compare(path, &error.render(false)), None);
}

#[test]
fn styled_messages_hold_the_same_words() {
    let error = with_overrides("demo", &["style.weigth=3"]).unwrap_err();
    let styled = error.render(true);
    assert!(styled.contains('\u{1b}') && styled.contains("weigth"));
    assert!(!error.render(false).contains('\u{1b}'));
    assert_eq!(
        error.summary(),
        "command line:1:1: unknown field `weigth` in [style], expected a field of [style]"
    );
}
