//! `stylescope doctor` in terminals of several kinds, each played by the test.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{modes, terminal};

/// The program, knowing nothing of the terminal that the tests are run in.
fn program(term: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("stylescope"));
    for name in [
        "TMUX",
        "TMUX_PANE",
        "STY",
        "COLORTERM",
        "COLORFGBG",
        "TERM_PROGRAM",
        "LC_TERMINAL",
        "KONSOLE_VERSION",
        "MLTERM",
    ] {
        command.env_remove(name);
    }
    command.env("TERM", term).args(["doctor", "--json"]);
    command
}

/// What it says of a terminal that answers each of `questions` so, and is left as it was.
fn said(term: &str, questions: &'static [(&'static str, &'static str)]) -> Value {
    let (mut person, slave) = terminal();
    let before = modes(&slave);
    let mut child = program(term)
        .stdin(slave.try_clone().unwrap())
        .stdout(Stdio::piped())
        .stderr(slave.try_clone().unwrap())
        .spawn()
        .unwrap();
    let mut reader = person.try_clone().unwrap();
    std::thread::spawn(move || {
        let mut seen = String::new();
        let mut chunk = [0; 1024];
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            seen.push_str(&String::from_utf8_lossy(&chunk[..count]));
            while let Some((at, question, answer)) = questions
                .iter()
                .filter_map(|(question, answer)| Some((seen.find(question)?, question, answer)))
                .min()
            {
                seen.replace_range(..at + question.len(), "");
                person.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(modes(&slave), before);
    drop(File::from(slave));
    serde_json::from_str::<Value>(&text).unwrap()["terminal"].clone()
}

#[test]
fn kitty_says_everything_at_once() {
    let kitty = said(
        "xterm-kitty",
        &[
            ("\x1b_Gi=31", "\x1b_Gi=31;OK\x1b\\"),
            ("\x1b[>0q", "\x1bP>|kitty(0.41.1)\x1b\\"),
            ("\x1b[16t", "\x1b[6;18;9t"),
            ("\x1b]11;?", "\x1b]11;rgb:ffff/ffff/ffff\x1b\\"),
            ("\x1b[5n", "\x1b[0n"),
            ("\x1b[?2026$p", "\x1b[?2026;2$y"),
            ("\x1b[c", "\x1b[?62;c"),
        ],
    );
    assert_eq!(kitty["name"], "kitty(0.41.1)");
    assert_eq!(kitty["cell"], json!([9, 18]));
    assert_eq!(kitty["chosen"], "kitty");
    assert_eq!(kitty["kitty_placeholders"], true);
    assert_eq!(kitty["dark_background"], false);
    assert_eq!(kitty["synchronized_output"], true);
    assert_eq!(kitty["status_reports"], true);
    assert_eq!(kitty["true_color"], true);
}

#[test]
fn a_terminal_with_sixels_is_asked_for_its_colours() {
    let sixel = said(
        "xterm-256color",
        &[
            ("\x1b[c", "\x1b[?63;1;4;22c"),
            ("\x1b[?1;1;0S", "\x1b[?1;0;256S"),
        ],
    );
    assert_eq!(sixel["chosen"], "sixel");
    assert_eq!(sixel["sixel_registers"], 256);
    assert_eq!(sixel["name"], Value::Null);
}

#[test]
fn a_terminal_that_says_nothing_is_not_waited_for_for_ever() {
    let silent = said("xterm-256color", &[]);
    assert_eq!(silent["chosen"], "halfblocks");
    assert_eq!(silent["status_reports"], false);
}

#[test]
fn a_name_is_made_harmless() {
    let nasty = said(
        "xterm",
        &[
            ("\x1b[>0q", "\x1bP>|a\u{9b}31m\x1b\\"),
            ("\x1b[c", "\x1b[?1c"),
        ],
    );
    assert_eq!(nasty["name"], "a\\u{9b}31m");
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = program("xterm").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["terminal"], Value::Null);
    assert_eq!(said["devices"][0], "cpu");
    assert!(
        said["preset_folders"]
            .as_array()
            .is_some_and(|folders| folders.len() >= 2)
    );
}
