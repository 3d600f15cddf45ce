//! The command line itself: help, completions, and what is answered to a wrong one.

use std::io::Write;
use std::process::{Command, Stdio};

use super::setting::Setting;

#[test]
fn no_arguments_show_the_help() {
    let ended = Setting::empty().stylescope([]);
    assert_eq!(ended.code, Some(2));
    for words in [
        "Usage: stylescope <COMMAND>",
        "run",
        "demo",
        "presets",
        "show",
        "--help",
    ] {
        assert!(
            ended.stderr.contains(words),
            "{words:?} is not in {}",
            ended.stderr
        );
    }
}

#[test]
fn every_command_has_help_with_substance() {
    let setting = Setting::empty();
    for (command, words) in [
        ("", "stylescope demo"),
        ("run", "--set style.weight=3e5"),
        ("demo", "no file"),
        ("presets list", "--json"),
        ("presets show", "--resolved"),
        ("presets check", "<PRESETS>..."),
        ("show", "--preset"),
        ("completions", "bash"),
    ] {
        let help = setting
            .stylescope(command.split_whitespace().chain(["--help"]))
            .succeeded()
            .stdout;
        assert!(
            help.contains("Usage: ") && help.contains(words),
            "{command}: {help}"
        );
    }
}

#[test]
fn the_version_names_libtorch_too() {
    let version = Setting::empty()
        .stylescope(["--version"])
        .succeeded()
        .stdout;
    assert_eq!(
        version,
        concat!(
            "stylescope ",
            env!("CARGO_PKG_VERSION"),
            " (libtorch 2.11.0)\n"
        )
    );
}

#[test]
fn wrong_ones_are_refused_with_a_hint() {
    let setting = Setting::with_pictures();
    for (arguments, words) in [
        ("frobnicate", "'frobnicate'"),
        ("run content.png", "<STYLE>"),
        ("run a b c", "'c'"),
        ("run a b --stpes 3", "--steps"),
        ("run a b --steps many", "'many'"),
        ("run a b --set style.weight", "expected KEY=VALUE"),
        ("run a b --threads 0", "1..=1024"),
        ("run a b --graphics oil", "sixel"),
        ("presets", "Usage"),
        ("presets check", "<PRESETS>..."),
        ("completions fishy", "fish"),
    ] {
        setting
            .stylescope(arguments.split(' '))
            .refused_saying(&[words])
            .before_any_work();
    }
}

#[test]
fn completions_for_every_shell() {
    let setting = Setting::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = setting
            .stylescope(["completions", shell])
            .succeeded()
            .stdout;
        assert!(
            script.contains("stylescope") && script.contains("content-image"),
            "{shell}: {script}"
        );
    }
}

#[test]
fn bash_can_read_its_completions() {
    if Command::new("bash")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        eprintln!("skipped: there is no bash");
        return;
    }
    let script = Setting::empty()
        .stylescope(["completions", "bash"])
        .succeeded()
        .stdout;
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let setting = Setting::empty();
    for arguments in [
        "presets list",
        "presets schema",
        "completions zsh",
        "presets show demo",
    ] {
        let mut child = setting
            .program()
            .args(arguments.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments}");
        assert_eq!(output.status.code(), Some(0), "{arguments}");
    }
}
