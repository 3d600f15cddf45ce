//! File names and arguments that hold what a terminal acts on: it is never printed as it is.
#![cfg(unix)]

use super::setting::{Ended, QUICK, Setting};

/// Magenta in two notations, a line break, and a character that turns the text around.
const NAME: &str = "a\u{1b}[35mb\u{9b}35mc\nd\u{202e}e";

#[track_caller]
fn assert_harmless(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(
            !text.contains("\u{1b}[35m") && !text.contains(['\u{9b}', '\u{202e}']),
            "{text:?}"
        );
        assert!(!text.contains("c\nd"), "{text:?}");
    }
}

/// The program, made to believe that it prints in colour.
fn in_colour(setting: &Setting, arguments: &[&str]) -> Ended {
    Ended::from(
        setting
            .program()
            .env("CLICOLOR_FORCE", "1")
            .args(arguments)
            .output()
            .unwrap(),
    )
}

#[test]
fn in_the_names_of_pictures() {
    let setting = Setting::with_pictures();
    let content = format!("{NAME}.png");
    std::fs::rename(setting.path("content.png"), setting.path(&content)).unwrap();
    for more in [&[] as &[&str], &["--json"]] {
        let arguments = [&["run", &content, "style.png"], &QUICK[..], more].concat();
        let ended = in_colour(&setting, &arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(
            ended.stdout.contains("[35mb"),
            "the name is not there at all: {}",
            ended.stdout
        );
        assert_harmless(&ended);
    }
    let made = format!("{NAME}-style-demo.png");
    assert!(setting.exists(&made), "{:?}", setting.names());
    assert_harmless(&in_colour(&setting, &["show", &made]));
    assert_harmless(&in_colour(&setting, &["show", "--preset", &content]));
}

#[test]
fn in_what_is_refused() {
    let setting = Setting::with_pictures();
    let output = format!("{NAME}/out.png");
    let extension = format!("out.{NAME}");
    let field = format!("style.{NAME}=1");
    let word = format!("optimizer.kind={NAME}");
    let deep = format!("{NAME}.jpg");
    let save = format!("style.png/{NAME}");
    for arguments in [
        &["run", NAME, "style.png"] as &[&str],
        &["run", "content.png", "style.png", "-o", &output],
        &["run", "content.png", "style.png", "-o", &extension],
        &[
            "run",
            "content.png",
            "style.png",
            "-o",
            &deep,
            "--sixteen-bit",
        ],
        &["run", "content.png", "style.png", "-p", NAME],
        &["run", "content.png", "style.png", "--set", &field],
        &["run", "content.png", "style.png", "--set", &word],
        &[
            "run",
            "content.png",
            "style.png",
            "-p",
            "gatys",
            "--weights",
            NAME,
        ],
        &[
            "run",
            "--content-image",
            "content.png",
            "--style-image",
            "style.png",
            "-p",
            "demo",
            "--save-dir",
            &save,
        ],
        &["run", "content.png", "style.png", NAME],
        &["run", "content.png", "style.png", "--device", NAME],
        &["run", "content.png", "style.png", "--set", NAME],
        &["presets", "check", NAME],
        &["presets", "show", NAME],
        &["show", NAME],
        &[NAME],
    ] {
        let ended = in_colour(&setting, arguments);
        assert!(
            matches!(ended.code, Some(1 | 2)),
            "{arguments:?}: {:?}",
            ended.code
        );
        assert_harmless(&ended);
    }
}
