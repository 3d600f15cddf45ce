//! The terminal as a file: an own open file description of it, so that reads and writes never wait.
//!
//! The description that the shell gave is shared with the shell and everything else it started: setting
//! `O_NONBLOCK` there would outlive the program. So the terminal is opened anew. Any thread.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{isatty, tcgetattr, tcgetsid, ttyname};

/// What is written at once where a write may wait: less than what a terminal that is ready takes.
const CAREFUL_SLICE: usize = 1024;
/// What is written at once otherwise.
const SLICE: usize = 4096;

/// A terminal to read from and write to.
#[derive(Debug)]
pub(super) struct Tty {
    descriptor: OwnedFd,
    /// Opened anew: reads and writes return at once.
    own: bool,
}

impl Tty {
    /// The terminal that this program stands in: that of standard output, of standard input, or the
    /// controlling one.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn of_process() -> io::Result<Self> {
        if is_terminal(stdout()) {
            Self::of(stdout())
        } else if is_terminal(stdin()) {
            Self::of(stdin())
        } else {
            Ok(Self {
                descriptor: open(Path::new("/dev/tty"))?,
                own: true,
            })
        }
    }

    /// The terminal behind `descriptor`.
    ///
    /// # Errors
    /// Where the system has no descriptor left.
    pub(super) fn of(descriptor: BorrowedFd<'_>) -> io::Result<Self> {
        let by_name = ttyname(descriptor, Vec::new())
            .map_err(io::Error::from)
            .and_then(|name| open(Path::new(OsStr::from_bytes(name.as_bytes()))));
        // After `su` the name may be another user's; the controlling terminal is open to everyone.
        let opened = by_name.or_else(|error| match tcgetsid(descriptor) {
            Ok(_) => open(Path::new("/dev/tty")),
            Err(_) => Err(error),
        });
        Ok(match opened {
            Ok(descriptor) => Self {
                descriptor,
                own: true,
            },
            Err(_) => Self {
                descriptor: descriptor.try_clone_to_owned()?,
                own: false,
            },
        })
    }

    /// Writes what the terminal takes of `bytes` now, which may be nothing.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub(super) fn write_some(&self, bytes: &[u8]) -> io::Result<usize> {
        let slice = if self.own { SLICE } else { CAREFUL_SLICE };
        if !self.own && !self.wait(PollFlags::OUT, Duration::ZERO)? {
            return Ok(0);
        }
        match rustix::io::write(self, bytes.get(..slice).unwrap_or(bytes)) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes all of `bytes`, giving up where the terminal does not take them within `limit`.
    pub(super) fn write_within(&self, mut bytes: &[u8], limit: Duration) {
        let end = Instant::now() + limit;
        while !bytes.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if !self.wait(PollFlags::OUT, left).unwrap_or(false) {
                return;
            }
            match self.write_some(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(_) => return,
            }
        }
    }

    /// Reads what there is. `None` where there is nothing yet.
    ///
    /// # Errors
    /// Where the terminal is gone; that it ended counts as an error too.
    pub(super) fn read_some(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::io::read(self, buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the terminal is ready for `what`. False after `limit`.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub(super) fn wait(&self, what: PollFlags, limit: Duration) -> io::Result<bool> {
        let mut polled = [PollFd::new(self, what)];
        match poll(&mut polled, Some(&timespec(limit))) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [polled] = polled;
        if is_gone(polled.revents(), what) {
            return Err(Errno::IO.into());
        }
        Ok(polled.revents().intersects(what))
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Whether what `poll` said means that the terminal is gone; what can still be read is read first.
pub(super) fn is_gone(said: PollFlags, wanted: PollFlags) -> bool {
    let readable = wanted.contains(PollFlags::IN) && said.contains(PollFlags::IN);
    !readable && said.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Waits until the terminal is ready for `wanted`, `woken` has something, which is taken out, or `limit`
/// is over: what the terminal is ready for, and whether the limit was not reached. `None` where the wait
/// was interrupted.
///
/// # Errors
/// Where the terminal is gone.
pub(super) fn wait_or_woken(
    tty: &Tty,
    woken: &UnixStream,
    wanted: PollFlags,
    limit: Option<Duration>,
) -> io::Result<Option<(PollFlags, bool)>> {
    let mut polled = [PollFd::new(tty, wanted), PollFd::new(woken, PollFlags::IN)];
    let ready = match poll(&mut polled, limit.map(timespec).as_ref()) {
        Ok(ready) => ready,
        Err(Errno::INTR | Errno::AGAIN) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let [tty, woken_now] = polled.map(|polled| polled.revents());
    if is_gone(tty, wanted) {
        return Err(Errno::IO.into());
    }
    if !woken_now.is_empty() {
        let _ = rustix::io::read(woken, &mut [0; 64]);
    }
    Ok(Some((tty, ready > 0)))
}

/// For `poll`, which does not wait for longer than it is told to.
pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: duration.as_secs().min(1_000_000) as i64,
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

/// Whether `descriptor` is a terminal, also one that has hung up, which says so with the first read.
fn is_terminal(descriptor: BorrowedFd<'_>) -> bool {
    isatty(descriptor) || tcgetattr(descriptor).is_err_and(|error| error == Errno::IO)
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}
