//! What is typed, and what the terminal answers. The thread `input`.
//!
//! It waits for the terminal and for a word from the program at once, so nothing spins and nothing has to
//! be typed for it to notice that it should end. crossterm's reader spins where a terminal is gone.

pub mod splitter;

use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::tty::{Tty, wait_or_woken};
use splitter::{Splitter, Unit};

/// What came from the terminal.
#[derive(Debug)]
pub enum Input {
    /// A key, the mouse, a paste, the focus.
    Event(terminput::Event),
    /// The answer to `CSI 5 n`.
    StatusReport,
    /// The terminal is gone. Nothing comes after this.
    Closed(io::Error),
}

/// What the program wants of the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Read,
    Hold,
    End,
}

#[derive(Debug)]
struct State {
    wish: Wish,
    /// What the thread does.
    done: Wish,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    /// Nothing panics while it holds the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn does(&self, what: Wish) {
        self.state().done = what;
        self.changed.notify_all();
    }
}

/// The thread that reads the terminal. Ends when dropped.
#[derive(Debug)]
pub struct InputThread {
    shared: Arc<Shared>,
    /// A byte here wakes the thread.
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

/// The longest wait for the thread, which waits for nothing itself but for `send` to return.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

impl InputThread {
    /// Starts to read the terminal that this program stands in, which must be in raw mode. `send` is
    /// called on the thread `input` and must return at once.
    ///
    /// # Errors
    /// Where there is no terminal, or the system gives no thread.
    pub fn start(send: impl Fn(Input) + Send + 'static) -> io::Result<Self> {
        Self::start_as(Tty::of_process()?, send)
    }

    /// As [`Self::start`], with the terminal behind `terminal`.
    ///
    /// # Errors
    /// Where the system gives no descriptor or thread.
    pub fn start_on(
        terminal: BorrowedFd<'_>,
        send: impl Fn(Input) + Send + 'static,
    ) -> io::Result<Self> {
        Self::start_as(Tty::of(terminal)?, send)
    }

    fn start_as(tty: Tty, send: impl Fn(Input) + Send + 'static) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                wish: Wish::Read,
                done: Wish::Read,
            }),
            changed: Condvar::new(),
        });
        let reader = Reader {
            tty,
            woken,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let ended = reader.run(&send);
                reader.shared.does(Wish::End);
                if let Err(error) = ended {
                    send(Input::Closed(error));
                }
            })?;
        Ok(Self {
            shared,
            wake,
            thread: Some(thread),
        })
    }

    /// Stops reading: when this returns, what is typed is for somebody else.
    pub fn pause(&self) {
        self.wish(Wish::Hold);
    }

    /// Reads on.
    pub fn resume(&self) {
        self.wish(Wish::Read);
    }

    /// Whether the thread is still there.
    pub fn is_running(&self) -> bool {
        self.shared.state().done != Wish::End
    }

    fn wish(&self, wish: Wish) {
        let mut state = self.shared.state();
        state.wish = wish;
        // A full pipe wakes as well.
        let _ = (&self.wake).write(&[0]);
        let end = Instant::now() + LONGEST_WAIT;
        while state.done != wish && state.done != Wish::End {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = match self.shared.changed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

impl Drop for InputThread {
    fn drop(&mut self) {
        self.wish(Wish::End);
        // One that hangs in `send` is left to itself.
        if let Some(thread) = self.thread.take().filter(|_| !self.is_running()) {
            let _ = thread.join();
        }
    }
}

struct Reader {
    tty: Tty,
    woken: UnixStream,
    shared: Arc<Shared>,
}

impl Reader {
    /// Until the program wants it to end, or, as an error, the terminal is gone.
    fn run(&self, send: &impl Fn(Input)) -> io::Result<()> {
        let mut splitter = Splitter::default();
        let mut chunk = [0; 4096];
        loop {
            let wish = self.shared.state().wish;
            match wish {
                Wish::End => return Ok(()),
                Wish::Hold => splitter = Splitter::default(),
                Wish::Read => {}
            }
            self.shared.does(wish);
            let (readable, silent) = self.wait(wish, splitter.patience())?;
            if silent {
                splitter.silence(|unit| hand_on(unit, send));
            }
            if readable
                && self.shared.state().wish == Wish::Read
                && let Some(count) = self.tty.read_some(&mut chunk)?
            {
                let bytes = chunk.get(..count).unwrap_or_default();
                splitter.take(bytes, |unit| hand_on(unit, send));
            }
        }
    }

    /// Whether there is something to read, and whether there was nothing for as long as `patience`.
    fn wait(&self, wish: Wish, patience: Option<Duration>) -> io::Result<(bool, bool)> {
        let wanted = if wish == Wish::Read {
            PollFlags::IN
        } else {
            PollFlags::empty()
        };
        let waited = wait_or_woken(&self.tty, &self.woken, wanted, patience)?;
        Ok(waited.map_or((false, false), |(tty, in_time)| {
            (tty.contains(PollFlags::IN), !in_time && patience.is_some())
        }))
    }
}

fn hand_on(unit: Unit, send: &impl Fn(Input)) {
    match unit {
        Unit::Event(event) => send(Input::Event(event)),
        Unit::StatusReport => send(Input::StatusReport),
        // An answer that comes when nobody waits for it any more.
        Unit::Reply(_) => {}
    }
}
