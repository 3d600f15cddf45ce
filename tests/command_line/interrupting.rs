//! Ctrl-C and SIGTERM: the run stops, the picture so far is kept, and the exit code says so.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

use super::setting::{Setting, size_of};

/// A run that would go on for hours.
fn endless(setting: &Setting, more: &[&str]) -> Child {
    setting.started(9_000_000, more)
}

/// Sends `signal` once a line holds `word`; gives back what came after it, and the exit code.
fn interrupted_after(mut child: Child, word: &str, signal: &str) -> (String, Option<i32>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert_ne!(
            lines.read_line(&mut line).unwrap(),
            0,
            "the run ended by itself"
        );
    }
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (rest, output.status.code())
}

#[test]
fn ctrl_c_stops_and_keeps_the_picture() {
    let setting = Setting::with_pictures();
    let (rest, code) = interrupted_after(endless(&setting, &[]), "step ", "-INT");
    assert_eq!(code, Some(130));
    let last = rest.lines().last().unwrap();
    assert!(
        last.starts_with("stopped: ") && last.contains("out.png"),
        "{rest}"
    );
    assert_eq!(size_of(&setting.path("out.png")), (32, 24));
    let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
    assert!(shown.contains("preset    demo"), "{shown}");
    let steps = last
        .split_once(" steps")
        .unwrap()
        .0
        .rsplit(' ')
        .next()
        .unwrap();
    assert!(
        shown.contains(&format!("steps     {steps}\n")),
        "{steps} is not in {shown}"
    );
}

#[test]
fn sigterm_does_as_ctrl_c() {
    let setting = Setting::with_pictures();
    let (rest, code) = interrupted_after(
        endless(&setting, &["--json"]),
        "\"event\":\"step\"",
        "-TERM",
    );
    assert_eq!(code, Some(130));
    let end: serde_json::Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&end["event"], &end["reason"]),
        (&"end".into(), &"stopped".into())
    );
    assert_eq!(end["output"], "out.png");
    assert_eq!(size_of(&setting.path("out.png")), (32, 24));
}
