//! The terminal while it is ours: its modes, and the way out of them. The thread that draws.
//!
//! Everything that asks for an end must come past here: the ordinary way, an error (by dropping), a panic
//! in any thread and a signal that insists (both by `way_back`).

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

use super::signals;
use super::tty::Tty;
use super::way_back::{self, GATE, Gate, WayBack};

/// The title kept, alternate screen, mouse buttons and dragging in numbers without a bound, pastes and
/// focus reported, no cursor.
const WELCOME: &[u8] =
    b"\x1b[22;0t\x1b[?1049h\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b[?25l\x1b[0m\x1b[2J";

/// The opposite, after an end to whatever was being sent: CAN and ST close a sequence cut in the middle.
const FAREWELL: &[u8] = b"\x18\x1b\\\x1b[?2026l\x1b[?1004l\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[0m\
    \x1b[?25h\x1b[?1049l\x1b[23;0t";

/// The longest wait for a terminal that does not take [`WELCOME`].
const LONGEST_WELCOME: Duration = Duration::from_secs(1);

/// Long enough for a signal sent to all threads of this process to have stopped them.
const UNTIL_STOPPED: Duration = Duration::from_millis(100);

/// The terminal in raw mode, on its alternate screen. Given back when dropped.
#[derive(Debug)]
pub struct Session {
    tty: Arc<Tty>,
    /// The terminal as other programs are to have it: its reads and writes wait.
    shared: OwnedFd,
    /// What everyone else who writes to it asks.
    gate: Option<Gate>,
    /// The number of the way back, while there is one to go.
    way: Option<u64>,
}

impl Session {
    /// Takes the terminal that this program stands in.
    ///
    /// # Errors
    /// Where there is none, or it cannot be changed.
    pub fn enter() -> io::Result<Self> {
        way_back::before_panics();
        let shared = if isatty(stdout()) {
            stdout().try_clone_to_owned()?
        } else if isatty(stdin()) {
            stdin().try_clone_to_owned()?
        } else {
            std::fs::OpenOptions::new()
                .read(true)
                .write(true)
                .open("/dev/tty")?
                .into()
        };
        Self::enter_as(Tty::of_process()?, shared, Some(GATE.clone()))
    }

    /// Takes the terminal behind `terminal`.
    ///
    /// # Errors
    /// Where it is none, or cannot be changed.
    pub fn enter_on(terminal: BorrowedFd<'_>) -> io::Result<Self> {
        Self::enter_as(Tty::of(terminal)?, terminal.try_clone_to_owned()?, None)
    }

    fn enter_as(tty: Tty, shared: OwnedFd, gate: Option<Gate>) -> io::Result<Self> {
        let mut session = Self {
            tty: Arc::new(tty),
            shared,
            gate,
            way: None,
        };
        session.enter_again()?;
        Ok(session)
    }

    /// Takes the terminal again, whatever state it is in: after [`Self::leave`], and after the program was
    /// stopped and goes on. The screen is empty then.
    ///
    /// # Errors
    /// Where the terminal cannot be changed; then it is as it was.
    pub fn enter_again(&mut self) -> io::Result<()> {
        if self.way.is_some_and(way_back::is_registered) {
            set_raw(&self.tty, tcgetattr(&*self.tty)?)?;
        } else {
            let before = tcgetattr(&*self.tty)?;
            let way = WayBack {
                tty: Arc::clone(&self.tty),
                before: before.clone(),
                farewell: FAREWELL,
                gate: self.gate.clone(),
            };
            self.way = Some(way_back::register(way, |way| set_raw(&way.tty, before))?);
        }
        if let Some(gate) = &self.gate {
            gate.reopen();
        }
        self.tty.write_within(WELCOME, LONGEST_WELCOME);
        Ok(())
    }

    /// Gives the terminal back; does nothing where that has been done. [`super::output::Output`] must have
    /// stopped or be paused: what it writes afterwards fails. Never waits for long.
    pub fn leave(&mut self) {
        if let Some(way) = self.way.take() {
            way_back::forget(way, true);
        }
    }

    /// The terminal is gone: nothing is written to it any more.
    pub fn abandon(&mut self) {
        if let Some(way) = self.way.take() {
            way_back::forget(way, false);
        }
    }

    /// Does what Ctrl-Z does elsewhere: gives the terminal back, stops all programs that were started
    /// together with this one, and takes it again once they go on. Input and output must be paused.
    ///
    /// Where no shell could let it go on, the system does not stop it, and nothing but a short wait
    /// happens.
    ///
    /// # Errors
    /// Where the terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        kill_current_process_group(Signal::TSTP)?;
        // It is the process that is stopped, not this thread, which may go on for a moment.
        std::thread::sleep(UNTIL_STOPPED);
        self.enter_again()
    }

    /// Runs `command`, an editor for instance, with the terminal as it was, and takes it again. Input and
    /// output must be paused. Waits for the command to end; its Ctrl-C is not ours.
    ///
    /// # Errors
    /// Where the command cannot be started, or the terminal not be taken again.
    pub fn run_in_foreground(&mut self, command: &mut Command) -> io::Result<ExitStatus> {
        let (stdin, stdout, stderr) = (
            self.shared.try_clone()?,
            self.shared.try_clone()?,
            self.shared.try_clone()?,
        );
        self.leave();
        signals::lend(true);
        let status = command.stdin(stdin).stdout(stdout).stderr(stderr).status();
        signals::lend(false);
        self.enter_again()?;
        // What was typed ahead was meant for the command.
        let _ = tcflush(&*self.tty, QueueSelector::IFlush);
        status
    }

    /// Columns and rows, and width and height in pixels where the terminal says so, as they are now.
    pub fn size(&self) -> Option<Size> {
        size_of(&self.tty)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Says that a panic in the thread of this name is caught and reported by whoever started it: the terminal
/// stays as it is then, and the panic's message goes where standard error goes ([`super::capture`]).
pub fn caught_in(thread: &'static str) {
    way_back::caught_in(thread);
}

/// How large a terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Cells in a row, at least 1.
    pub columns: u16,
    /// Rows, at least 1.
    pub rows: u16,
    /// Width and height in pixels, where it says so.
    pub pixels: Option<(u16, u16)>,
}

/// The size of the terminal that this program stands in.
pub fn size() -> Option<Size> {
    size_of(&Tty::of_process().ok()?)
}

pub(super) fn size_of(tty: &Tty) -> Option<Size> {
    let size = tcgetwinsize(tty).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some(Size {
        columns: size.ws_col,
        rows: size.ws_row,
        pixels: (size.ws_xpixel > 0 && size.ws_ypixel > 0)
            .then_some((size.ws_xpixel, size.ws_ypixel)),
    })
}

fn set_raw(tty: &Tty, mut modes: Termios) -> io::Result<()> {
    modes.make_raw();
    Ok(tcsetattr(tty, OptionalActions::Now, &modes)?)
}
