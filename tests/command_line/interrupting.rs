//! Ctrl-C and SIGTERM: the run stops, the picture so far is kept, and the exit code says so.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::inventory;

use super::setting::{Setting, size_of, wait_until};

/// A run that would go on for hours.
fn endless(setting: &Setting, more: &[&str]) -> Child {
    setting.started(9_000_000, more)
}

/// Reads on until a line holds `word`.
fn wait_for(lines: &mut BufReader<ChildStdout>, word: &str) {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert_ne!(
            lines.read_line(&mut line).unwrap(),
            0,
            "the run ended by itself"
        );
    }
}

/// Sends `signals`, one right after the other.
fn send(child: &Child, signals: &[&str]) {
    let script: Vec<String> = signals
        .iter()
        .map(|signal| format!("kill {signal} {}", child.id()))
        .collect();
    let sent = Command::new("sh")
        .args(["-c", &script.join(" && ")])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// What the program prints from here on, what it printed on standard error, and its exit code.
fn ended(mut lines: BufReader<ChildStdout>, child: Child) -> (String, String, Option<i32>) {
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (rest, stderr, output.status.code())
}

/// Sends `signal` once a line holds `word`; gives back what came after it, and the exit code.
fn interrupted_after(mut child: Child, word: &str, signal: &str) -> (String, Option<i32>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    wait_for(&mut lines, word);
    send(&child, &[signal]);
    let (rest, stderr, code) = ended(lines, child);
    assert_eq!(stderr, "");
    (rest, code)
}

#[test]
fn ctrl_c_stops_and_keeps_the_picture() {
    let setting = Setting::with_pictures();
    let (rest, code) = interrupted_after(endless(&setting, &[]), "step ", "-INT");
    assert_eq!(code, Some(130));
    let last = rest
        .lines()
        .rfind(|line| !line.starts_with("kept in "))
        .unwrap();
    assert!(
        last.starts_with("stopped: ") && last.contains("out.png"),
        "{rest}"
    );
    assert_eq!(size_of(&setting.path("out.png")), (32, 24));
    let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
    assert!(shown.contains("preset    demo"), "{shown}");
    let steps = last
        .split_once(" step")
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
fn sigterm_does_as_ctrl_c_and_says_that_it_can_be_gone_on_with() {
    let setting = Setting::with_pictures();
    let (rest, code) = interrupted_after(
        endless(&setting, &["--json"]),
        "\"event\":\"step\"",
        "-TERM",
    );
    assert_eq!(code, Some(75));
    let end: serde_json::Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&end["event"], &end["reason"]),
        (&"end".into(), &"stopped".into())
    );
    assert_eq!(end["output"], "out.png");
    assert_eq!(size_of(&setting.path("out.png")), (32, 24));
}

/// A run, or a comparison, whose steps and whose preparation take long enough to be caught in the middle.
fn slow(setting: &Setting, words: &[&str]) -> Child {
    setting
        .attended()
        .args(words)
        .args(["--steps", "1000", "--threads", "1", "--size", "400"])
        .args(["--set", "network.widths=[64,64,96,96]"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

const SLOW: [&str; 5] = ["run", "content.png", "style.png", "-o", "out.png"];

/// Sends `signal` as soon as `folder` holds the description of a run; what was printed then, and the exit code.
fn interrupted_early(child: Child, folder: &Path, signal: &str) -> (String, Option<i32>) {
    wait_until("the run's folder", || !descriptions(folder).is_empty());
    send(&child, &[signal]);
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (printed, output.status.code())
}

/// Of all runs in `folder` and in the comparisons there.
fn descriptions(folder: &Path) -> Vec<Description> {
    let found = inventory::all(folder).unwrap_or_default().into_iter();
    found
        .filter_map(|kept| Some(kept.ok()?.description))
        .collect()
}

#[test]
fn before_the_first_step_ctrl_c_stops_and_says_so() {
    let setting = Setting::with_pictures();
    let child = slow(&setting, &SLOW);
    let (printed, code) = interrupted_early(child, setting.runs(), "-INT");
    assert_eq!(code, Some(130), "{printed}");
    assert!(
        printed.contains("\nstopped before the first step: no picture was written\nkept in "),
        "{printed}"
    );
    assert_eq!(descriptions(setting.runs())[0].state, State::Stopped);
    assert!(!setting.exists("out.png"));
}

#[test]
fn sigterm_before_the_first_step_leaves_a_run_that_can_be_gone_on_with() {
    let setting = Setting::with_pictures();
    let child = slow(&setting, &[&SLOW[..], &["--json"]].concat());
    let (printed, code) = interrupted_early(child, setting.runs(), "-TERM");
    assert_eq!(code, Some(75), "{printed}");
    let end: serde_json::Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    assert_eq!(end["event"], "end");
    assert_eq!(end["reason"], "stopped");
    assert_eq!(end["output"], serde_json::Value::Null);
    assert_eq!(descriptions(setting.runs())[0].state, State::Stopped);
    let mut resumed = setting
        .attended()
        .args(["resume", "latest", "--headless"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(resumed.stdout.take().unwrap());
    wait_for(
        &mut lines,
        "stopped before its first checkpoint, beginning again",
    );
    send(&resumed, &["-TERM"]);
    let (rest, stderr, code) = ended(lines, resumed);
    assert_eq!(code, Some(75), "{rest}{stderr}");
    assert!(!setting.exists("out.png"));
}

#[test]
fn sigterm_before_the_first_step_of_a_comparison_is_the_same() {
    let setting = Setting::with_pictures();
    let words = ["compare", "content.png", "style.png", "demo"];
    let words = [&words[..], &["--grid", "style.weight=1,2", "--headless"]].concat();
    let child = slow(&setting, &words);
    let (printed, code) = interrupted_early(child, setting.runs(), "-TERM");
    assert_eq!(code, Some(75), "{printed}");
    assert!(
        printed.contains("\nstopped before the first step: no picture was written\nkept in "),
        "{printed}"
    );
    let states = descriptions(setting.runs()).into_iter();
    let states: Vec<State> = states.map(|run| run.state).collect();
    assert_eq!(states, [State::Stopped, State::Stopped]);
}

#[test]
fn sigterm_may_come_again_and_again() {
    let setting = Setting::with_pictures();
    let mut child = slow(&setting, &SLOW);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    wait_for(&mut lines, "step ");
    for _ in 0..5 {
        send(&child, &["-TERM"]);
    }
    let (rest, stderr, code) = ended(lines, child);
    assert_eq!(code, Some(75), "{rest}{stderr}");
    assert!(rest.contains("stopped: wrote out.png"), "{rest}");
    assert!(setting.exists("out.png"));
}

#[test]
fn the_second_ctrl_c_ends_at_once_and_quietly() {
    // The first may still be pending when the second comes, and count once, or the step be over: not every time.
    for _ in 0..8 {
        let setting = Setting::with_pictures();
        let mut child = slow(&setting, &SLOW);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        wait_for(&mut lines, "step ");
        send(&child, &["-INT"]);
        send(&child, &["-INT"]);
        let (rest, stderr, code) = ended(lines, child);
        assert_eq!(code, Some(130), "{stderr}");
        assert!(!stderr.contains("error"), "{stderr}");
        if !rest.contains("stopped") {
            assert!(!setting.exists("out.png"));
            return;
        }
    }
    panic!("the second never ended it");
}

#[test]
fn a_terminal_that_hangs_up_is_no_reason_to_stop() {
    let setting = Setting::with_pictures();
    let mut child = setting.started(600, &[]);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    wait_for(&mut lines, "step ");
    // Once by the system, and once through the shell.
    send(&child, &["-HUP"]);
    send(&child, &["-HUP"]);
    let (rest, stderr, code) = ended(lines, child);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        rest.contains("\nwrote out.png") && rest.contains("600 steps"),
        "{rest}"
    );
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let setting = Setting::with_pictures();
    let program = setting.program();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(["run", "content.png", "style.png", "-o", "out.png"])
        .args(["--size", "32", "--steps", "300", "--threads", "1"])
        .args(["--set", "network.widths=[8,8,8,8]"])
        .current_dir(program.get_current_dir().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    wait_for(&mut lines, "step ");
    send(&child, &["-HUP", "-HUP"]);
    let (rest, stderr, code) = ended(lines, child);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        rest.contains("\nwrote out.png") && rest.contains("300 steps"),
        "{rest}"
    );
}

/// Pseudo-terminals, of which one test of the driver's state is enough on one system.
#[cfg(target_os = "linux")]
mod in_a_terminal {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::process::{Child, Stdio};

    use rustix::termios::{LocalModes, tcgetattr};

    use super::{Setting, send};
    use crate::setting::terminal;

    /// `show` in a terminal, at the moment when it asks what the terminal can do.
    fn asking(setting: &Setting, person: &mut File, program: &OwnedFd) -> Child {
        let child = setting
            .attended()
            .args(["show", "content.png"])
            .env("TERM", "xterm")
            .env_remove("TMUX")
            .stdin(program.try_clone().unwrap())
            .stdout(program.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut seen = Vec::new();
        let mut chunk = [0; 1024];
        while !seen.ends_with(b"\x1b[c") {
            let count = person.read(&mut chunk).unwrap();
            seen.extend_from_slice(&chunk[..count]);
        }
        child
    }

    fn local_modes(program: impl AsFd) -> LocalModes {
        tcgetattr(program).unwrap().local_modes
    }

    #[test]
    fn a_terminal_that_is_asked_gets_its_echo_back() {
        let setting = Setting::with_pictures();
        let (person, program) = terminal();
        let mut person = File::from(person);
        let before = local_modes(&program);
        let changed = LocalModes::ECHO | LocalModes::ICANON;
        assert!(before.contains(changed | LocalModes::ISIG));
        for signal in ["-TERM", "-HUP", "-INT"] {
            let child = asking(&setting, &mut person, &program);
            assert_eq!(local_modes(&program), before - changed, "{signal}");
            send(&child, &[signal]);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130), "{signal}");
            assert_eq!(local_modes(&program), before, "{signal}");
        }
        let child = asking(&setting, &mut person, &program);
        person.write_all(b"\x1b[?62;c").unwrap();
        // What is printed must be read, or the program waits.
        let mut reader = person.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut chunk = [0; 1024];
            while reader.read(&mut chunk).is_ok_and(|count| count > 0) {}
        });
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(local_modes(&program), before);
    }
}
