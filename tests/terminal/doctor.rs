//! `stylescope doctor` in terminals of several kinds, each played by the test, and without one.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::{Value, json};

use super::{modes, terminal};

/// Every section, as JSON names it.
const SECTIONS: [&str; 9] = [
    "libtorch",
    "threads",
    "cuda",
    "terminal",
    "pictures",
    "multiplexer",
    "presets",
    "weights",
    "cache",
];

/// The program, knowing nothing of the terminal and the folders that the tests are run in.
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
        "NO_COLOR",
        "STYLESCOPE_PRESETS",
        "STYLESCOPE_WEIGHTS_URL",
        "STYLESCOPE_OFFLINE",
        "HF_HUB_OFFLINE",
        "HF_ENDPOINT",
    ] {
        command.env_remove(name);
    }
    command.env("TERM", term).arg("doctor");
    command
}

/// Questions and what is answered to each, as often as it is asked.
type Answers = &'static [(&'static str, &'static str)];

/// A person's end of a terminal of 80×24 cells that answers.
struct Played {
    /// All that the program wrote.
    seen: JoinHandle<String>,
    slave: std::os::fd::OwnedFd,
    before: String,
}

impl Played {
    fn start(answers: Answers) -> Self {
        let (mut person, slave) = terminal();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).unwrap();
        let before = modes(&slave);
        let seen = std::thread::spawn(move || {
            let mut all = Vec::new();
            let mut asked = String::new();
            let mut chunk = [0; 1024];
            while let Ok(count @ 1..) = person.read(&mut chunk) {
                all.extend_from_slice(&chunk[..count]);
                asked.push_str(&String::from_utf8_lossy(&chunk[..count]));
                while let Some((at, question, answer)) = answers
                    .iter()
                    .filter_map(|(question, answer)| {
                        Some((asked.find(question)?, question, answer))
                    })
                    .min()
                {
                    asked.replace_range(..at + question.len(), "");
                    person.write_all(answer.as_bytes()).unwrap();
                }
            }
            String::from_utf8(all).unwrap()
        });
        Self {
            seen,
            slave,
            before,
        }
    }

    fn end(&self) -> Stdio {
        self.slave.try_clone().unwrap().into()
    }

    /// What was written, once everything is as it was.
    fn written(self) -> String {
        assert_eq!(modes(&self.slave), self.before);
        drop(File::from(self.slave));
        self.seen.join().unwrap()
    }
}

/// What `--json` says in a terminal that answers so.
fn said_by(mut command: Command, answers: Answers) -> Value {
    let played = Played::start(answers);
    let output = command
        .arg("--json")
        .stdin(played.end())
        .stderr(played.end())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    // It holds ends of the terminal too.
    drop(command);
    assert!(output.status.success());
    played.written();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(term: &str, answers: Answers) -> Value {
    said_by(program(term), answers)
}

/// What a person sees in a terminal of 80×24 cells that answers so: row by row, and all that was written.
fn seen_by(mut command: Command, answers: Answers) -> (Vec<String>, String) {
    let played = Played::start(answers);
    let status = command
        .stdin(played.end())
        .stdout(played.end())
        .stderr(played.end())
        .status()
        .unwrap();
    drop(command);
    assert!(status.success());
    let written = played.written();
    let mut screen = vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 200);
    screen.process(written.as_bytes());
    let rows = screen.screen().rows(0, 80);
    let rows = rows.map(|row| row.trim_end().to_owned());
    (rows.collect(), written)
}

/// What it prints where there is no terminal.
fn printed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

const XTERM: Answers = &[
    ("\x1b[>0q", "\x1bP>|XTerm(379)\x1b\\"),
    ("\x1b[16t", "\x1b[6;13;6t"),
    ("\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
    ("\x1b[5n", "\x1b[0n"),
    ("\x1b[?2026$p", "\x1b[?2026;2$y"),
    ("\x1b[c", "\x1b[?64;c"),
];

const KITTY: Answers = &[
    ("\x1b_Gi=31", "\x1b_Gi=31;OK\x1b\\"),
    ("\x1b[>0q", "\x1bP>|kitty(0.41.1)\x1b\\"),
    ("\x1b[16t", "\x1b[6;18;9t"),
    ("\x1b]11;?", "\x1b]11;rgb:ffff/ffff/ffff\x1b\\"),
    ("\x1b[5n", "\x1b[0n"),
    ("\x1b[?2026$p", "\x1b[?2026;2$y"),
    ("\x1b[c", "\x1b[?62;c"),
];

const TMUX: Answers = &[
    ("\x1b[>0q", "\x1bP>|tmux 3.4\x1b\\"),
    ("\x1b[c", "\x1b[?1;2c"),
];

#[test]
fn kitty_says_everything_at_once() {
    let said = said("xterm-kitty", KITTY);
    let terminal = &said["terminal"];
    assert_eq!(terminal["name"], "kitty(0.41.1)");
    assert_eq!(terminal["cell"], json!([9, 18]));
    assert_eq!(terminal["columns"], 80);
    assert_eq!(terminal["dark_background"], false);
    assert_eq!(terminal["synchronized_output"], true);
    assert_eq!(terminal["status_reports"], true);
    assert_eq!(terminal["true_color"], true);
    assert_eq!(terminal["status"], "works");
    assert_eq!(said["pictures"]["chosen"], "kitty");
    assert_eq!(said["pictures"]["kitty_placeholders"], true);
    assert_eq!(said["multiplexer"]["status"], "not_tried");
}

#[test]
fn a_terminal_with_sixels_is_asked_for_its_colours() {
    let said = said(
        "xterm-256color",
        &[
            ("\x1b[c", "\x1b[?63;1;4;22c"),
            ("\x1b[?1;1;0S", "\x1b[?1;0;256S"),
        ],
    );
    assert_eq!(said["pictures"]["chosen"], "sixel");
    assert_eq!(said["pictures"]["sixel_registers"], 256);
    assert_eq!(said["terminal"]["name"], Value::Null);
}

#[test]
fn a_terminal_that_says_nothing_is_not_waited_for_for_ever() {
    let silent = said("xterm-256color", &[]);
    assert_eq!(silent["pictures"]["chosen"], "halfblocks");
    assert_eq!(silent["pictures"]["status"], "limited");
    assert_eq!(silent["terminal"]["status_reports"], false);
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
    assert_eq!(nasty["terminal"]["name"], "a\\u{9b}31m");
}

#[test]
fn one_screen_with_a_picture_is_seen_in_a_terminal() {
    let (rows, written) = seen_by(program("xterm-256color"), XTERM);
    assert!(rows[0].starts_with("stylescope 0."), "{rows:#?}");
    for name in [
        "libtorch", "CUDA", "terminal", "pictures", "presets", "cache",
    ] {
        let mut headings = rows.iter().filter(|row| {
            let (mark, rest) = row.split_once(' ').unwrap_or_default();
            ["✓", "!", "×"].contains(&mark) && rest.starts_with(name)
        });
        assert!(headings.next().is_some(), "{name}: {rows:#?}");
    }
    let picture: Vec<&String> = rows.iter().filter(|row| row.contains('▀')).collect();
    assert_eq!(picture.len(), 4, "{rows:#?}");
    assert!(picture.iter().all(|row| row.matches('▀').count() == 12));
    assert!(
        rows.iter().any(|row| row.contains("pale disc")),
        "{rows:#?}"
    );
    // The ✓ of a dark background.
    assert!(written.contains("\x1b[1;32m✓"), "{written:?}");
}

#[test]
fn kitty_gets_its_own_kind_of_picture() {
    let (rows, written) = seen_by(program("xterm-kitty"), KITTY);
    assert!(written.contains("\x1b_Ga=T,U=1,"), "{written:?}");
    assert_eq!(written.matches('\u{10EEEE}').count(), 48);
    assert!(!rows.iter().any(|row| row.contains('▀')), "{rows:#?}");
    // The ✓ of a light one.
    assert!(written.contains("\x1b[1;38;5;28m✓"), "{written:?}");
}

#[test]
fn nobody_who_wants_no_colours_gets_any() {
    let mut plain = program("xterm-256color");
    plain.env("NO_COLOR", "1");
    let (rows, written) = seen_by(plain, XTERM);
    let is_colour = |part: &str| {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        end.is_some_and(|end| part[end..].starts_with('m') && &part[..end] != "0")
    };
    assert!(
        !written.split("\x1b[").skip(1).any(is_colour),
        "{written:?}"
    );
    assert!(
        rows.iter()
            .any(|row| row.contains("a disc of another shade")),
        "{rows:#?}"
    );
}

#[test]
fn a_terminal_that_takes_text_only_gets_text() {
    let (rows, written) = seen_by(program("dumb"), &[]);
    assert!(!written.contains('\x1b'), "{written:?}");
    assert!(
        rows.iter().any(|row| row.starts_with("× terminal")),
        "{rows:#?}"
    );
}

#[test]
fn tmux_that_hands_nothing_through_is_told_how_to() {
    let inside = || {
        let mut command = program("tmux-256color");
        // Nobody is there to be asked, as in one on another machine.
        command.env("TMUX", "/nowhere/tmux,1,0");
        command
    };
    let said = said_by(inside(), TMUX);
    assert_eq!(said["multiplexer"]["name"], "tmux");
    assert_eq!(said["multiplexer"]["passthrough"], false);
    assert_eq!(said["multiplexer"]["status"], "limited");
    assert_eq!(said["pictures"]["chosen"], "halfblocks");
    let (rows, _) = seen_by(inside(), TMUX);
    assert!(
        rows.iter().any(|row| row.contains("allow-passthrough on")),
        "{rows:#?}"
    );
}

#[test]
fn without_a_terminal_it_says_so() {
    let text = printed(&mut program("xterm"));
    assert!(!text.contains('\x1b'), "{text:?}");
    assert!(text.starts_with("stylescope 0."), "{text}");
    assert!(text.contains("\n· terminal   none here"), "{text}");
    assert!(!text.contains("pictures") && !text.contains('▀'), "{text}");
}

#[test]
fn json_has_every_section() {
    let text = printed(program("xterm").arg("--json"));
    assert_eq!(text.lines().count(), 1);
    let said: Value = serde_json::from_str(&text).unwrap();
    for name in SECTIONS {
        let section = &said[name];
        let status = section["status"].as_str();
        let known = ["works", "limited", "fails", "not_tried"].map(Some);
        assert!(known.contains(&status), "{name}: {section}");
        assert!(section["advice"].is_array() && section["said"].is_array());
        if status == Some("works") {
            assert_eq!(section["advice"], json!([]), "{name}");
        }
    }
    assert_eq!(said.as_object().unwrap().len(), SECTIONS.len() + 2);
    assert_eq!(said["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(said["system"]["os"], "linux");
    let libtorch = Path::new(said["libtorch"]["folder"].as_str().unwrap());
    assert!(libtorch.join("libtorch_cpu.so").is_file(), "{libtorch:?}");
    assert!(said["threads"]["processors"].as_u64() >= Some(1));
    assert!(said["cuda"]["used"].is_boolean());
    assert_eq!(said["terminal"]["status"], "not_tried");
}

/// The folder of presets at `path`, as it is told.
fn folder(path: &OsStr) -> Value {
    let text = printed(
        program("xterm")
            .arg("--json")
            .env("STYLESCOPE_PRESETS", path),
    );
    let said: Value = serde_json::from_str(&text).unwrap();
    said["presets"]["folders"][0].clone()
}

#[test]
fn file_events_are_tried_and_nothing_stays() {
    let presets = tempfile::tempdir().unwrap();
    std::fs::write(presets.path().join("mine.toml"), "extends = \"demo\"\n").unwrap();
    std::fs::write(presets.path().join("bad.toml"), "nonsense = 1\n").unwrap();
    let said = folder(presets.path().as_os_str());
    assert_eq!(said["events"], "arrive", "{said}");
    assert!(
        said["milliseconds"]
            .as_f64()
            .is_some_and(|time| time < 500.0)
    );
    assert_eq!((&said["presets"], &said["broken"]), (&json!(2), &json!(1)));
    assert_eq!(presets.path().read_dir().unwrap().count(), 2);
}

#[test]
fn file_events_are_not_tried_where_nothing_can_be_written() {
    // Not even root makes files there.
    let said = folder(OsStr::new("/proc/self"));
    assert_eq!(said["events"], "not_tried", "{said}");
    let said = folder(OsStr::new("/nowhere/presets"));
    assert_eq!(
        (&said["exists"], &said["events"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn weights_and_cache_are_those_of_the_environment() {
    let cache = tempfile::tempdir().unwrap();
    let mut command = program("xterm");
    command
        .arg("--json")
        .env("STYLESCOPE_CACHE", cache.path())
        .env("TORCH_HOME", cache.path().join("torch"))
        .env("HF_HOME", cache.path().join("hub"))
        .env("STYLESCOPE_OFFLINE", "1");
    let said: Value = serde_json::from_str(&printed(&mut command)).unwrap();
    let folder = said["cache"]["folder"].as_str().unwrap();
    assert!(Path::new(folder).starts_with(cache.path()), "{folder}");
    assert_eq!(said["cache"]["bytes"], 0);
    assert_eq!(said["cache"]["writable"], true);
    assert_eq!(said["weights"]["offline"], "STYLESCOPE_OFFLINE");
    assert_eq!(said["weights"]["status"], "limited");
    assert_eq!(said["weights"]["files"], json!([]));

    let mut wrong = program("xterm");
    wrong.env("STYLESCOPE_WEIGHTS_URL", "nonsense");
    let text = printed(&mut wrong);
    assert!(
        text.contains("× weights    STYLESCOPE_WEIGHTS_URL"),
        "{text}"
    );
}
