//! What gives the terminal back at once, from any thread: when a signal ends the program, when a thread
//! panics, and on the ordinary way out.
//!
//! Whoever changes the terminal registers here first how it was. A list, because a question in line mode
//! and the screen of the dashboard are separate changes.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::panic;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::getpgrp;
use rustix::stdio::{dup2_stderr, dup2_stdout};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetpgrp, tcsetattr};

use super::tty::Tty;

/// The longest wait for a terminal that does not take the last bytes.
const LONGEST_FAREWELL: Duration = Duration::from_millis(300);
/// How long answers that are on their way are waited for where nobody reads them any more: they would be
/// typed at the next prompt.
const UNTIL_ANSWERED: Duration = Duration::from_millis(100);
/// The longest wait for a write that has begun.
const LONGEST_WRITE: Duration = Duration::from_millis(200);

/// How a terminal was, and what undoes the modes it was put into.
#[derive(Debug)]
pub(super) struct WayBack {
    pub(super) tty: Arc<Tty>,
    pub(super) before: Termios,
    /// Empty where only the driver's state was changed.
    pub(super) farewell: &'static [u8],
    /// Closed first, so that nothing is written to the screen afterwards.
    pub(super) gate: Option<Gate>,
}

impl WayBack {
    /// Goes it. Never waits for long, and does nothing where the terminal is somebody else's for now.
    /// `abruptly`: nobody has waited for answers.
    fn go(&self, abruptly: bool) {
        if let Some(gate) = &self.gate {
            gate.close();
        }
        if !is_ours(&self.tty) {
            return;
        }
        if !self.farewell.is_empty() {
            self.tty.write_within(self.farewell, LONGEST_FAREWELL);
            if abruptly {
                std::thread::sleep(UNTIL_ANSWERED);
            }
            let _ = tcflush(&*self.tty, QueueSelector::IFlush);
        }
        let _ = tcsetattr(&*self.tty, OptionalActions::Now, &self.before);
    }
}

/// Whether it is this program's turn to change the terminal. A program behind `&` would be stopped until
/// it is brought to the foreground; a terminal without a foreground is nobody's, and open to everyone.
pub(super) fn is_ours(tty: &Tty) -> bool {
    tcgetpgrp(tty).map_or(true, |foreground| foreground == getpgrp())
}

/// Whether the screen may be written to. Whoever does holds the lock meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Gate(Arc<Mutex<bool>>, Arc<Mutex<Vec<UnixStream>>>);

impl Gate {
    pub(super) fn open() -> Self {
        Self(Arc::new(Mutex::new(true)), Arc::default())
    }

    /// Does `write` unless the terminal has been given back.
    pub(super) fn write<T>(&self, write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *open {
            write()
        } else {
            Err(io::Error::other("the terminal was given back"))
        }
    }

    /// Writes a byte to `waker` when the gate is closed.
    pub(super) fn wake_when_closed(&self, waker: UnixStream) {
        self.wakers().push(waker);
    }

    fn wakers(&self) -> MutexGuard<'_, Vec<UnixStream>> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reopen(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Waits for a write that has begun, but not for ever.
    fn close(&self) {
        let end = Instant::now() + LONGEST_WRITE;
        while Instant::now() < end {
            if let Ok(mut open) = self.0.try_lock() {
                *open = false;
                drop(open);
                // One that has ended is not woken any more.
                self.wakers()
                    .retain(|mut waker| waker.write(&[0]).is_ok_and(|count| count > 0));
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The gate of the terminal that this program stands in.
pub(super) static GATE: LazyLock<Gate> = LazyLock::new(Gate::open);

struct Registered {
    next: u64,
    ways: Vec<(u64, WayBack)>,
    /// Standard output and error as they were, while they are something else.
    captured: Option<(OwnedFd, OwnedFd)>,
}

static REGISTERED: Mutex<Registered> = Mutex::new(Registered {
    next: 0,
    ways: Vec::new(),
    captured: None,
});

/// Nothing below panics while it holds the lock, and every state of what it guards is a whole one.
fn registered() -> MutexGuard<'static, Registered> {
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers `way` and does `change` in one step: an emergency comes before both or after both. Gives
/// back what [`forget`] takes.
///
/// # Errors
/// That of `change`; then nothing is registered.
pub(super) fn register(
    way: WayBack,
    change: impl FnOnce(&WayBack) -> io::Result<()>,
) -> io::Result<u64> {
    let mut registered = registered();
    change(&way)?;
    let number = registered.next;
    registered.next += 1;
    registered.ways.push((number, way));
    Ok(number)
}

/// Takes the way `number` out, and goes it where `go` is true. False where it was gone already.
pub(super) fn forget(number: u64, go: bool) -> bool {
    let mut registered = registered();
    let Some(at) = registered
        .ways
        .iter()
        .position(|(known, _)| *known == number)
    else {
        return false;
    };
    let (_, way) = registered.ways.remove(at);
    if go {
        way.go(false);
    }
    true
}

/// Says where standard output and error are to come back to.
pub(super) fn note_captured(originals: Option<(OwnedFd, OwnedFd)>) {
    registered().captured = originals;
}

/// Gives everything back: standard output and error, the screen, the driver's state. What is still to be
/// written to the screen is lost.
pub(super) fn give_back() {
    let _ = give_back_holding();
}

/// As [`give_back`]; while the answer is held nobody can take the terminal again.
pub(super) fn give_back_holding() -> impl Sized {
    let mut registered = registered();
    if let Some((stdout, stderr)) = registered.captured.take() {
        let _ = dup2_stdout(stdout);
        let _ = dup2_stderr(stderr);
    }
    while let Some((_, way)) = registered.ways.pop() {
        way.go(true);
    }
    registered
}

/// Whether the way `number` is still to go.
pub(super) fn is_registered(number: u64) -> bool {
    let registered = registered();
    registered.ways.iter().any(|(known, _)| *known == number)
}

/// Threads whose panics are somebody else's to tell.
static CAUGHT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

fn caught() -> MutexGuard<'static, Vec<&'static str>> {
    CAUGHT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic in the thread of this name does not give the terminal back.
pub(super) fn caught_in(thread: &'static str) {
    caught().push(thread);
}

/// From now on a panic gives the terminal back before its message is printed.
pub(super) fn before_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_caught = std::thread::current()
                .name()
                .is_some_and(|name| caught().contains(&name));
            if !is_caught {
                give_back();
            }
            previous(panic);
        }));
    });
}
