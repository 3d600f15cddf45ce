//! The whole program in a pseudo-terminal: a person types, saves presets, resizes, leaves, or loses the
//! connection; what is on the screen is read through a terminal emulator.
#![cfg(target_os = "linux")]

mod accidents;
mod attaching;
mod attaching_comparisons;
mod detached;
mod endings;
mod fetching;
mod presets;
mod screen;
mod slow_link;
mod watching;

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::command_line::setting::{Setting, sends_signal, wait_until};
use detached::Detached;

/// Nothing here takes as long unless it hangs.
const LONG: Duration = Duration::from_secs(60);

/// A person at a terminal that comes to what another program makes.
fn attaches(setting: &Setting, more: &[&str]) -> Person {
    let mut arguments = vec!["attach", "--graphics", "halfblocks"];
    arguments.extend(more);
    Person::starts(setting, USUAL, &arguments)
}

/// A person in front of a terminal in which the program runs.
struct Person {
    child: Child,
    keyboard: Option<File>,
    /// The program's end, to look at its modes.
    program_end: OwnedFd,
    screen: Arc<Mutex<vt100::Parser>>,
    /// Everything the program wrote.
    written: Arc<Mutex<Vec<u8>>>,
    /// The window is closed: the thread that reads lets go of the terminal.
    closed: Arc<AtomicBool>,
}

/// How the terminal behaves.
#[derive(Clone, Copy)]
struct Terminal {
    size: (u16, u16),
    /// Takes no more than so many bytes a second.
    bytes_per_second: Option<u64>,
    /// Answers questions about itself.
    answers: bool,
}

const USUAL: Terminal = Terminal {
    size: (120, 40),
    bytes_per_second: None,
    answers: true,
};

fn winsize((columns, rows): (u16, u16)) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

impl Person {
    /// Starts the program in the folder of `setting` with a terminal of its own.
    fn starts(setting: &Setting, terminal: Terminal, arguments: &[&str]) -> Self {
        let mut command = setting.attended();
        command.args(arguments);
        Self::starts_command(&command, terminal)
    }

    /// A small run of `steps` of the two pictures under the preset `mine.toml`.
    fn runs(setting: &Setting, terminal: Terminal, steps: u64, more: &[&str]) -> Self {
        let steps = steps.to_string();
        let mut arguments = vec![
            "run",
            "content.png",
            "style.png",
            "-o",
            "out.png",
            "-p",
            "./mine.toml",
            "--steps",
            &steps,
            "--threads",
            "1",
        ];
        arguments.extend(more);
        Self::starts(setting, terminal, &arguments)
    }

    fn starts_command(command: &Command, terminal: Terminal) -> Self {
        let (person, program_end) = crate::setting::terminal();
        tcsetwinsize(&person, winsize(terminal.size)).unwrap();

        // `setsid --ctty` makes it the terminal of a session of its own.
        let mut session = Command::new("setsid");
        session
            .arg("--ctty")
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            session.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => session.env(name, value),
                None => session.env_remove(name),
            };
        }
        for name in ["TMUX", "NO_COLOR", "VISUAL", "EDITOR", "STYLESCOPE_PRESETS"] {
            if !command.get_envs().any(|(set, _)| set == name) {
                session.env_remove(name);
            }
        }
        session
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .stdin(Stdio::from(program_end.try_clone().unwrap()))
            .stdout(Stdio::from(program_end.try_clone().unwrap()))
            .stderr(Stdio::from(program_end.try_clone().unwrap()));
        let child = session.spawn().unwrap();
        let keyboard = File::from(person);
        let (columns, rows) = terminal.size;
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            cells(rows),
            cells(columns),
            0,
        )));
        let written = Arc::default();
        let closed = Arc::default();
        watch(
            keyboard.try_clone().unwrap(),
            Arc::clone(&screen),
            Arc::clone(&written),
            Arc::clone(&closed),
            terminal,
        );
        Self {
            child,
            keyboard: Some(keyboard),
            program_end,
            screen,
            written,
            closed,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard
            .as_mut()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
    }

    fn resizes(&mut self, size: (u16, u16)) {
        self.screen
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(cells(size.1), cells(size.0));
        tcsetwinsize(self.keyboard.as_ref().unwrap(), winsize(size)).unwrap();
    }

    fn sees(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen holds `words`.
    fn waits_for(&mut self, words: &str) -> String {
        self.waits_until(words, |screen| screen.contains(words))
    }

    fn waits_until(&mut self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.sees();
            if is_there(&screen) {
                return screen;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last may still be on its way.
                std::thread::sleep(Duration::from_millis(300));
                let screen = self.sees();
                assert!(
                    is_there(&screen),
                    "it ended ({status}) without {what}:\n{screen}"
                );
                return screen;
            }
            assert!(start.elapsed() < LONG, "{what} does not come:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signals(&self, signal: &str) {
        sends_signal(self.child.id(), signal);
    }

    /// The exit code, once the program has ended by itself.
    fn sees_the_end(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < LONG, "it does not end:\n{}", self.sees());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The terminal is as it was: echo, lines, the ordinary screen, a cursor, no mouse.
    fn has_the_terminal_back(&self) {
        let start = Instant::now();
        loop {
            let modes = tcgetattr(self.program_end.as_fd()).unwrap().local_modes;
            let lines = modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
            let parser = self.screen.lock().unwrap();
            let screen = parser.screen();
            let is_back = lines
                && !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None;
            if is_back {
                return;
            }
            let state = format!(
                "lines {lines}, alternate screen {}, hidden cursor {}, mouse {:?}",
                screen.alternate_screen(),
                screen.hide_cursor(),
                screen.mouse_protocol_mode()
            );
            drop(parser);
            assert!(start.elapsed() < Duration::from_secs(5), "{state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Closes the window.
    fn loses_the_terminal(&mut self) {
        self.keyboard = None;
        // The thread that reads holds the last descriptor until it sees this.
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.loses_the_terminal();
    }
}

/// Reads what the program writes, at most so fast, and answers what it asks.
fn watch(
    mut end: File,
    screen: Arc<Mutex<vt100::Parser>>,
    written: Arc<Mutex<Vec<u8>>>,
    closed: Arc<AtomicBool>,
    terminal: Terminal,
) {
    std::thread::spawn(move || {
        let mut chunk = [0; 1024];
        let mut tail: Vec<u8> = Vec::new();
        loop {
            let timeout = rustix::event::Timespec {
                tv_sec: 0,
                tv_nsec: 20_000_000,
            };
            let mut ready = [rustix::event::PollFd::new(
                &end,
                rustix::event::PollFlags::IN,
            )];
            let _ = rustix::event::poll(&mut ready, Some(&timeout));
            if closed.load(Ordering::Relaxed) {
                return;
            }
            if ready[0].revents().is_empty() {
                continue;
            }
            let Ok(count @ 1..) = end.read(&mut chunk) else {
                return;
            };
            if let Some(rate) = terminal.bytes_per_second {
                std::thread::sleep(Duration::from_secs_f64(count as f64 / rate as f64));
            }
            screen.lock().unwrap().process(&chunk[..count]);
            written.lock().unwrap().extend_from_slice(&chunk[..count]);
            if terminal.answers {
                tail.extend_from_slice(&chunk[..count]);
                for (question, answer) in [("\x1b[5n", "\x1b[0n"), ("\x1b[c", "\x1b[?62;22c")] {
                    let asked = tail
                        .windows(question.len())
                        .filter(|window| *window == question.as_bytes())
                        .count();
                    for _ in 0..asked {
                        let _ = end.write_all(answer.as_bytes());
                    }
                    if asked > 0 {
                        tail.clear();
                    }
                }
                let keep = tail.len().saturating_sub(3);
                tail.drain(..keep);
            }
        }
    });
}

/// A preset whose network is small and quick to learn.
const MINE: &str = "\
# what I like
extends = \"demo\"

[network]
widths = [8, 8, 8, 8]

[style]
weight = 1.0 # not too much

[image]
size = 48
";

fn setting() -> Setting {
    let setting = Setting::with_pictures();
    setting.write("mine.toml", MINE);
    setting
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
