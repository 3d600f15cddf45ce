//! Ctrl-C, SIGTERM and SIGHUP: what they end, and the terminal as it was before. A thread of its own.
//!
//! A signal ends the program at once, with [`INTERRUPTED`], until [`ask_first`] gives the next one
//! something better to do. At once means without destructors: libtorch's would run while its threads
//! compute. So the one thing that must not be left behind, a terminal without echo, is kept here.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::getpgrp;
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::INTERRUPTED;

/// What the next signal does.
enum Next {
    /// Ends the program.
    End,
    /// Asks for an end.
    Ask(Box<dyn FnOnce() + Send>),
    /// An end has been asked for: ends the program now.
    Insist,
}

/// What the main thread and the one that waits for signals share.
struct Shared {
    listening: bool,
    next: Next,
    /// Standard input's terminal as it is to be left, while it is not so.
    terminal: Option<Termios>,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared {
    listening: false,
    next: Next::End,
    terminal: None,
});

/// Nothing below panics while it holds the lock, and every state of what it guards is a whole one.
fn shared() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to listen for signals, the first time it is called.
///
/// # Errors
/// Where the system gives no thread, or no handler.
pub(super) fn listen() -> io::Result<()> {
    let mut shared = shared();
    if shared.listening {
        return Ok(());
    }
    let mut signals = Signals::new(wanted())?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || signals.forever().for_each(handle))?;
    shared.listening = true;
    Ok(())
}

/// From now on the first signal does `ask`, and only the one after it ends the program.
pub(super) fn ask_first(ask: impl FnOnce() + Send + 'static) {
    shared().next = Next::Ask(Box::new(ask));
}

fn handle(signal: i32) {
    let mut shared = shared();
    match std::mem::replace(&mut shared.next, Next::Insist) {
        Next::Ask(ask) => {
            drop(shared);
            ask();
        }
        // A terminal that is closed sends this twice, once through the shell: nobody insists.
        Next::Insist if signal == SIGHUP => {}
        Next::End | Next::Insist => {
            // The lock is never given back, so that the terminal cannot be changed after this.
            if let Some(before) = &shared.terminal {
                set(before);
            }
            low_level::exit(i32::from(INTERRUPTED));
        }
    }
}

/// The signals to listen for: `nohup` and a script's `&` have some ignored, which is to stay so.
fn wanted() -> Vec<i32> {
    [SIGINT, SIGTERM, SIGHUP]
        .into_iter()
        .filter(|signal| !is_ignored(*signal))
        .collect()
}

#[cfg(target_os = "linux")]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Elsewhere nothing safe tells; but `nohup` leaves neither standard output nor error on a terminal, and
/// without one nobody closes it.
#[cfg(not(target_os = "linux"))]
fn is_ignored(signal: i32) -> bool {
    use std::io::IsTerminal;

    signal == SIGHUP && !io::stdout().is_terminal() && !io::stderr().is_terminal()
}

/// Standard input's terminal in another state, put back when this is dropped or a signal ends the program.
pub(super) struct ChangedTerminal(());

impl ChangedTerminal {
    /// `None` where there is no terminal, or it is not this program's turn to change it.
    pub(super) fn start(change: impl FnOnce(&mut Termios)) -> Option<Self> {
        listen().ok()?;
        let before = tcgetattr(stdin()).ok()?;
        let mut changed = before.clone();
        change(&mut changed);
        // Held until the change is made: a signal comes before both steps or after both.
        let mut shared = shared();
        if !set(&changed) {
            return None;
        }
        shared.terminal = Some(before);
        Some(Self(()))
    }
}

impl Drop for ChangedTerminal {
    fn drop(&mut self) {
        let mut shared = shared();
        if let Some(before) = shared.terminal.take() {
            set(&before);
        }
    }
}

/// Never waits: neither for what is still to be printed, nor, as a program behind `&` would, to be
/// brought to the foreground.
fn set(state: &Termios) -> bool {
    // A terminal that has no foreground is nobody's controlling terminal, and open to everyone.
    let ours = tcgetpgrp(stdin()).map_or(true, |foreground| foreground == getpgrp());
    ours && tcsetattr(stdin(), OptionalActions::Now, state).is_ok()
}
