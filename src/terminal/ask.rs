//! What the terminal can do: it is asked, for no longer than a moment. Main thread.
//!
//! The terminal's driver may echo what is answered, so the questions are only asked in raw mode or while a
//! [`Quiet`] is there. The last one is answered by every terminal and ends the wait; what comes later than
//! the time limit is dropped by [`super::input`].

mod answers;
mod environment;
mod tmux;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::termios::{LocalModes, SpecialCodeIndex};
use terminput::Event;

use super::input::splitter::Splitter;
use super::session;
use super::signals::ChangedTerminal;
use super::tty::Tty;
use answers::Answers;
use environment::Environment;
use tmux::Tmux;

/// What is known of a terminal. The default: nothing but text in few colours.
#[derive(Debug, Clone, PartialEq, Default)]
// Each is a question of its own, and any mixture occurs.
#[allow(clippy::struct_excessive_bools)]
pub struct Capabilities {
    /// The kitty graphics protocol; inside tmux only where that hands it through.
    pub kitty: Option<Kitty>,
    /// Sixel.
    pub sixel: bool,
    /// iTerm2's inline images; inside tmux only where that hands them through.
    pub iterm2: bool,
    /// Width and height of a cell in pixels.
    pub cell: Option<(u16, u16)>,
    /// How many colours a sixel picture may have.
    pub sixel_registers: Option<u32>,
    /// What stands between the program and the real terminal.
    pub multiplexer: Option<Multiplexer>,
    /// tmux hands what is wrapped for it through to the real terminal.
    pub passthrough: bool,
    /// Whether the background is dark, where anything says so.
    pub dark_background: Option<bool>,
    /// 24-bit colours.
    pub true_color: bool,
    /// Synchronized output (mode 2026).
    pub synchronized: bool,
    /// Answers `CSI 5 n`; inside tmux it is tmux that answers.
    pub reports_status: bool,
    /// What the terminal calls itself, safe to print.
    pub name: Option<String>,
}

/// How much of the kitty graphics protocol there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kitty {
    /// Pictures may be placed by Unicode placeholders.
    pub placeholders: bool,
}

/// A program that draws many terminals into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// A way to show a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Kitty's, placed by Unicode placeholders.
    KittyPlaceholders,
    /// Kitty's, placed where the cursor is.
    KittyDirect,
    /// iTerm2's inline images.
    Iterm2,
    /// Sixel.
    Sixel,
    /// Coloured half-blocks.
    HalfBlocks,
    /// None at all.
    None,
}

impl Capabilities {
    /// The best way to show a picture. Sixel is last of the real ones: it has few colours.
    #[must_use]
    pub fn choose(&self) -> Protocol {
        // These two know more of iTerm2's protocol than of kitty's.
        let prefers_iterm2 = self.iterm2
            && self
                .name
                .as_ref()
                .is_some_and(|name| name.contains("WezTerm") || name.contains("Konsole"));
        [
            Protocol::KittyPlaceholders,
            Protocol::KittyDirect,
            Protocol::Iterm2,
            Protocol::Sixel,
        ]
        .into_iter()
        .filter(|protocol| !(prefers_iterm2 && *protocol == Protocol::KittyDirect))
        .find(|protocol| self.knows(*protocol))
        .unwrap_or(Protocol::HalfBlocks)
    }

    /// Whether the terminal can show pictures in this way.
    #[must_use]
    pub fn knows(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::KittyPlaceholders => self.kitty.is_some_and(|kitty| kitty.placeholders),
            // Inside a multiplexer nobody clears what is placed at the cursor.
            Protocol::KittyDirect => self.kitty.is_some() && self.multiplexer.is_none(),
            // tmux knows nothing of where the picture ends up.
            Protocol::Iterm2 => self.iterm2 && self.multiplexer.is_none(),
            Protocol::Sixel => self.sixel,
            Protocol::HalfBlocks | Protocol::None => true,
        }
    }
}

/// A terminal that only takes text.
pub fn is_dumb() -> bool {
    Environment::of_process().is_dumb()
}

/// Standard input without echo, as it was before once this is dropped or a signal ends the program. For
/// questions in line mode; Ctrl-C still counts, since a terminal may take its time.
#[derive(Debug)]
pub struct Quiet(#[allow(dead_code)] ChangedTerminal);

impl Quiet {
    /// `None` where nobody would answer, or the answer could not be read.
    pub fn start() -> Option<Self> {
        if !Environment::of_process().may_be_asked() || !io::stdin().is_terminal() {
            return None;
        }
        ChangedTerminal::start(|terminal| {
            terminal
                .local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO);
            terminal.special_codes[SpecialCodeIndex::VMIN] = 0;
            terminal.special_codes[SpecialCodeIndex::VTIME] = 0;
        })
        .map(Self)
    }
}

/// Asks the terminal that this program stands in, which must not echo, and puts together what it says with
/// what the environment says. Takes `time_limit` at most, and a second more inside tmux. What is typed
/// meanwhile is lost.
#[must_use]
pub fn ask(time_limit: Duration) -> Capabilities {
    let (capabilities, _) = ask_and_listen(time_limit);
    capabilities
}

/// As [`ask`], with what is typed meanwhile: a terminal that does not answer is waited for.
#[must_use]
pub fn ask_and_listen(time_limit: Duration) -> (Capabilities, Vec<Event>) {
    let environment = Environment::of_process();
    let Ok(tty) = Tty::of_process() else {
        let capabilities = answers::combine(&environment, None, &Answers::default(), None);
        return (capabilities, Vec::new());
    };
    let tmux = environment.inside_own_tmux().and_then(Tmux::ask);
    let mut answers = Answers::default();
    if environment.may_be_asked() {
        let questions = answers::questions(&environment);
        let wrapped = answers::wrapped_questions(&environment, tmux.as_ref());
        let limit = Instant::now() + time_limit;
        tty.write_within(&questions, time_limit);
        answers.gather(&tty, limit, |answers| answers.attributes_reports > 0);
        if answers.sixel() && environment.multiplexer().is_none() {
            tty.write_within(answers::REGISTERS, time_limit);
            answers.gather(&tty, limit, |answers| answers.attributes_reports > 1);
        }
        if !wrapped.is_empty() && answers.attributes.is_some() {
            let limit = Instant::now() + tmux::LONGEST_WAIT.min(time_limit);
            tty.write_within(&wrapped, tmux::LONGEST_WAIT);
            let before = answers.status_reports;
            answers.gather(&tty, limit, |answers| answers.status_reports > before);
            answers.passthrough = answers.status_reports > before;
        }
    }
    let size = session::size_of(&tty);
    let capabilities = answers::combine(&environment, tmux.as_ref(), &answers, size);
    (capabilities, answers.typed)
}

/// Asks without a terminal: only what the environment says.
#[must_use]
pub fn guess() -> Capabilities {
    answers::combine(
        &Environment::of_process(),
        None,
        &Answers::default(),
        session::size(),
    )
}

impl Answers {
    /// Reads until `enough`, or `limit`.
    fn gather(&mut self, tty: &Tty, limit: Instant, enough: impl Fn(&Self) -> bool) {
        let mut splitter = Splitter::default();
        let mut chunk = [0; 1024];
        while !enough(self) {
            let left = limit.saturating_duration_since(Instant::now());
            if !tty.wait(PollFlags::IN, left).unwrap_or(false) {
                break;
            }
            match tty.read_some(&mut chunk) {
                Ok(count) => {
                    let bytes = chunk.get(..count.unwrap_or_default()).unwrap_or_default();
                    splitter.take(bytes, |unit| self.note(unit));
                }
                Err(_) => break,
            }
        }
        splitter.silence(|unit| self.note(unit));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use terminput::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_typed_before_the_last_answer_is_kept_and_answers_are_no_keys() {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let program = ioctl_tiocgptpeer(&person, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        let mut modes = tcgetattr(&program).unwrap();
        modes.make_raw();
        tcsetattr(&program, OptionalActions::Now, &modes).unwrap();
        let mut person = std::fs::File::from(person);
        person.write_all(b"\x1b[0n\x03\x1b[6;17;8t").unwrap();
        person.write_all(b"q\x1b").unwrap();
        let tty = Tty::of(program.as_fd()).unwrap();
        let mut answers = Answers::default();
        let limit = Instant::now() + Duration::from_millis(100);
        answers.gather(&tty, limit, |answers| answers.attributes_reports > 0);
        let key = |code: KeyCode| KeyEvent::new(code);
        let typed = [
            key(KeyCode::Char('c')).modifiers(KeyModifiers::CTRL),
            key(KeyCode::Char('q')),
            key(KeyCode::Esc),
        ];
        assert_eq!(answers.typed, typed.map(Event::Key));
        assert_eq!((answers.cell, answers.status_reports), (Some((8, 17)), 1));
    }

    #[test]
    fn the_best_protocol_is_chosen_and_no_unknown_one() {
        let kitty = |placeholders| Some(Kitty { placeholders });
        let mut known = Capabilities::default();
        assert_eq!(known.choose(), Protocol::HalfBlocks);
        known.sixel = true;
        assert_eq!(known.choose(), Protocol::Sixel);
        known.iterm2 = true;
        assert_eq!(known.choose(), Protocol::Iterm2);
        known.kitty = kitty(false);
        assert_eq!(known.choose(), Protocol::KittyDirect);
        known.multiplexer = Some(Multiplexer::Tmux);
        assert_eq!(known.choose(), Protocol::Sixel);
        known.kitty = kitty(true);
        assert_eq!(known.choose(), Protocol::KittyPlaceholders);
        known = Capabilities {
            kitty: kitty(false),
            iterm2: true,
            name: Some("WezTerm 20240203".to_owned()),
            ..Capabilities::default()
        };
        assert_eq!(known.choose(), Protocol::Iterm2);
    }
}
