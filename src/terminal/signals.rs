//! Ctrl-C, SIGTERM, SIGHUP and the other signals that come with a terminal. The thread `signals`.
//!
//! A signal ends the program at once, with [`INTERRUPTED`], until [`ask_first`] gives the next one
//! something better to do, or [`deliver_to`] all of them. At once means without destructors: libtorch's
//! would run while its threads compute. So what must not be left behind, a terminal in another state, is
//! given back from here.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level;

use super::tty::Tty;
use super::way_back::{self, WayBack};

/// Exit status after Ctrl-C, as shells have it.
pub const INTERRUPTED: u8 = 130;
/// Exit status after SIGTERM of a run that can be gone on with: `EX_TEMPFAIL` of sysexits.h, "try again later".
pub const RESUMABLE: u8 = 75;

/// How long a program that was asked to end may go without a reaction before the next signal ends it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the system tells a program that owns the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: the person wants it to end.
    Interrupt,
    /// SIGTERM or SIGQUIT: the system, or a person in earnest, wants it to end.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGCONT: the program was stopped, and the terminal may be in any state.
    Continue,
    /// SIGWINCH: the terminal has another size.
    WindowChange,
}

/// What the next signal does.
enum Next {
    /// Ends the program.
    End,
    /// Asks for an end.
    Ask(Box<dyn FnOnce() + Send>),
    /// An end has been asked for: a second Ctrl-C ends the program now.
    Insist,
    /// Is news like any other.
    Deliver(Box<dyn Fn(Signal) + Send>),
}

/// What the main thread and the one that waits for signals share.
struct Shared {
    /// Of the thread that listens, once it does.
    listener: Option<Handle>,
    next: Next,
    /// When an end was first asked for, until something is done about it.
    unanswered: Option<Instant>,
    /// Another program has the terminal, and Ctrl-C is meant for that one.
    lent: bool,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared {
    listener: None,
    next: Next::End,
    unanswered: None,
    lent: false,
});

static TERMINATED: AtomicBool = AtomicBool::new(false);
static OUTLIVES_HANG_UP: AtomicBool = AtomicBool::new(false);

/// Nothing below panics while it holds the lock, and every state of what it guards is a whole one.
fn shared() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to listen for signals, the first time it is called.
///
/// # Errors
/// Where the system gives no thread, or no handler.
pub fn listen() -> io::Result<()> {
    let mut shared = shared();
    if shared.listener.is_some() {
        return Ok(());
    }
    let mut signals = Signals::new(wanted())?;
    let listener = signals.handle();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || signals.forever().for_each(handle))?;
    shared.listener = Some(listener);
    Ok(())
}

/// From now on the first signal does `ask`, and only Ctrl-C after it ends the program: batch systems send SIGTERM again
/// and again.
pub fn ask_first(ask: impl FnOnce() + Send + 'static) {
    shared().next = Next::Ask(Box::new(ask));
}

/// From now on every signal goes to `deliver`, on the thread `signals`; it must return at once and not
/// call anything here. Where SIGINT or SIGTERM comes again more than five seconds after one that
/// [`answered`] was not called for, the program ends at once and the terminal is given back.
///
/// # Errors
/// Where the system gives no thread, or no handler.
pub fn deliver_to(deliver: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    listen()?;
    let mut shared = shared();
    if let Some(listener) = &shared.listener {
        for signal in [SIGWINCH, SIGCONT, SIGQUIT] {
            listener.add_signal(signal)?;
        }
    }
    shared.next = Next::Deliver(Box::new(deliver));
    shared.unanswered = None;
    Ok(())
}

/// The program has dealt with what was delivered: the next signal is a first one again.
pub fn answered() {
    shared().unanswered = None;
}

/// The opposite of [`deliver_to`]: the next signal ends the program, until [`ask_first`]. Where it is ending for SIGTERM
/// already, only Ctrl-C does.
pub fn stop_delivering() {
    let mut shared = shared();
    shared.next = if was_terminated() {
        Next::Insist
    } else {
        Next::End
    };
    shared.unanswered = None;
}

/// While `lent` is true, Ctrl-C is for the program that has the terminal.
pub(super) fn lend(lent: bool) {
    shared().lent = lent;
}

/// From now on a terminal that is gone is no reason to end: SIGHUP is only ever delivered.
pub fn outlive_hang_up() {
    OUTLIVES_HANG_UP.store(true, Ordering::Relaxed);
}

/// Whether SIGTERM has come: what batch systems announce the end with.
pub fn was_terminated() -> bool {
    TERMINATED.load(Ordering::Relaxed)
}

fn handle(signal: i32) {
    if signal == SIGTERM {
        TERMINATED.store(true, Ordering::Relaxed);
    }
    let mut shared = shared();
    let known = match signal {
        SIGINT => Signal::Interrupt,
        SIGHUP => Signal::HangUp,
        SIGCONT => Signal::Continue,
        SIGWINCH => Signal::WindowChange,
        _ => Signal::Terminate,
    };
    if let Next::Deliver(deliver) = &shared.next {
        let wants_an_end = match known {
            // The keys for both reach every program in the foreground.
            Signal::Interrupt => !shared.lent,
            Signal::Terminate => !(shared.lent && signal == SIGQUIT),
            _ => false,
        };
        if !wants_an_end && matches!(known, Signal::Interrupt | Signal::Terminate) {
            return;
        }
        if wants_an_end {
            if shared
                .unanswered
                .is_some_and(|since| since.elapsed() > PATIENCE)
            {
                end();
            }
            deliver(known);
            shared.unanswered.get_or_insert_with(Instant::now);
        } else {
            deliver(known);
        }
        return;
    }
    // These two only matter to a program that owns the screen.
    if matches!(known, Signal::Continue | Signal::WindowChange) {
        return;
    }
    if known == Signal::HangUp && OUTLIVES_HANG_UP.load(Ordering::Relaxed) {
        return;
    }
    match std::mem::replace(&mut shared.next, Next::Insist) {
        Next::Ask(ask) => {
            drop(shared);
            ask();
        }
        // A terminal that is closed sends the one twice, once through the shell, and batch systems the other: nobody
        // insists.
        Next::Insist if matches!(signal, SIGHUP | SIGTERM) => {}
        Next::End | Next::Insist | Next::Deliver(_) => end(),
    }
}

fn end() -> ! {
    // Held until the end, so that the terminal cannot be changed after this.
    let _held = way_back::give_back_holding();
    low_level::exit(i32::from(INTERRUPTED))
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
#[derive(Debug)]
pub struct ChangedTerminal(u64);

impl ChangedTerminal {
    /// `None` where there is no terminal, or it is not this program's turn to change it.
    pub fn start(change: impl FnOnce(&mut Termios)) -> Option<Self> {
        listen().ok()?;
        let before = tcgetattr(stdin()).ok()?;
        let mut changed = before.clone();
        change(&mut changed);
        let way = WayBack {
            tty: Arc::new(Tty::of(stdin()).ok()?),
            before,
            farewell: b"",
            gate: None,
        };
        way_back::register(way, |way| {
            if !way_back::is_ours(&way.tty) {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            // Does not wait for what is still to be printed.
            Ok(tcsetattr(&*way.tty, OptionalActions::Now, &changed)?)
        })
        .ok()
        .map(Self)
    }
}

impl Drop for ChangedTerminal {
    fn drop(&mut self) {
        way_back::forget(self.0, true);
    }
}
