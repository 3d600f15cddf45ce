//! What the terminal can show: it is asked, for no longer than a moment. Main thread.
//!
//! viuer asks too, but waits for ever for a terminal that does not answer, and the terminal's driver may
//! echo what is answered. So the question is asked here first, with the echo off, and viuer only asks
//! for what is known to be there.

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::time::{Duration, Instant};

use rustix::termios::{LocalModes, SpecialCodeIndex};

use crate::command::signals::ChangedTerminal;

/// How long the terminal's driver waits before a read returns with nothing, in tenths of a second.
const SILENCE: u8 = 10;
/// The longest wait in all, where something other than an answer keeps coming.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What a terminal said about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) kitty: bool,
    pub(super) sixel: bool,
    /// A cell's width and height in pixels; where they are not known, the shape most cells have.
    pub(super) cell: (u32, u32),
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            kitty: false,
            sixel: false,
            cell: (1, 2),
        }
    }
}

/// A terminal that only takes text.
pub(in crate::command) fn is_dumb() -> bool {
    env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// Inside tmux or screen, which take kitty's question for a window title and swallow iTerm2's pictures.
pub(super) fn is_multiplexed() -> bool {
    let term = env::var("TERM").unwrap_or_default();
    env::var_os("TMUX").is_some() || term.starts_with("tmux") || term.starts_with("screen")
}

/// Standard input without echo, as it was before once this is dropped.
pub(super) struct Quiet(ChangedTerminal);

impl Quiet {
    /// `None` where nobody would answer, or the answer could not be read.
    pub(super) fn start() -> Option<Self> {
        // Linux's console prints the question.
        let console = env::var_os("TERM").is_some_and(|term| term == "linux");
        if console || !io::stdin().is_terminal() {
            return None;
        }
        // Ctrl-C still counts: a terminal may take its time.
        ChangedTerminal::start(|terminal| {
            terminal
                .local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO);
            terminal.special_codes[SpecialCodeIndex::VMIN] = 0;
            terminal.special_codes[SpecialCodeIndex::VTIME] = SILENCE;
        })
        .map(Self)
    }
}

/// `None` where the terminal does not answer.
pub(super) fn ask(_echo_is_off: &Quiet) -> Option<Answers> {
    let mut stdout = io::stdout().lock();
    if !is_multiplexed() {
        stdout
            .write_all(b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\")
            .ok()?;
    }
    // The size of a cell, then the one question that all terminals answer.
    stdout.write_all(b"\x1b[16t\x1b[c").ok()?;
    stdout.flush().ok()?;
    let asked = Instant::now();
    let mut said = Vec::new();
    let mut chunk = [0; 256];
    while asked.elapsed() < LONGEST_WAIT {
        let count = io::stdin()
            .lock()
            .read(&mut chunk)
            .ok()
            .filter(|count| *count > 0)?;
        said.extend_from_slice(chunk.get(..count)?);
        if let Some(answers) = understand(&String::from_utf8_lossy(&said)) {
            return Some(answers);
        }
    }
    None
}

/// `None` until the last answer, the device attributes, is there.
fn understand(said: &str) -> Option<Answers> {
    let (first, last) = said.rsplit_once("\x1b[?")?;
    let (attributes, _) = last.split_once('c')?;
    let cell = || {
        let (_, size) = first.split_once("\x1b[6;")?;
        let (height, width) = size.split_once('t')?.0.split_once(';')?;
        let (width, height) = (width.parse().ok()?, height.parse().ok()?);
        // Anything else is a terminal without a screen, or a mistake.
        ((1..=200).contains(&width) && (1..=200).contains(&height)).then_some((width, height))
    };
    Some(Answers {
        kitty: first.contains("\x1b_Gi=31;OK"),
        sixel: attributes
            .split(';')
            .skip(1)
            .any(|attribute| attribute == "4"),
        cell: cell().unwrap_or(Answers::default().cell),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_terminals() {
        assert_eq!(understand(""), None);
        assert_eq!(understand("\x1b[?62;4"), None);
        let kitty = understand("\x1b_Gi=31;OK\x1b\\\x1b[6;17;8t\x1b[?62;c");
        assert_eq!(
            kitty,
            Some(Answers {
                kitty: true,
                sixel: false,
                cell: (8, 17)
            })
        );
        let xterm = understand("typed ahead\x1b[?63;1;2;4;6;9;15;16;22;28c");
        assert_eq!(
            xterm,
            Some(Answers {
                kitty: false,
                sixel: true,
                cell: (1, 2)
            })
        );
        assert_eq!(
            understand("\x1b[6;0;0t\x1b[?1;2c"),
            Some(Answers::default())
        );
    }
}
