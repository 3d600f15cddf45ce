//! Lets terminals in, and hears them. The threads `hub socket` and, one for each terminal, `viewer reads`.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use super::address;
use super::frame::Direction;
use super::frame_io::{Body, Broken, read_frame};
use super::hub::Input;
use super::outbox;
use super::protocol::{self, PROGRAM, PROTOCOL};
use super::translation::command;
use super::words::{ToRun, ToViewer};

/// Most connections at once, those included that have not said anything yet.
const MOST_CONNECTIONS: usize = 16;
/// A terminal that says nothing for so long at the beginning is none.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a terminal is gone.
#[derive(Debug)]
pub(super) enum Gone {
    /// The person left by a key.
    Left,
    /// The connection ended.
    Lost,
    /// It said something that cannot be understood.
    Nonsense(String),
}

/// The socket, until it is dropped.
#[derive(Debug)]
pub(super) struct Listener {
    path: PathBuf,
    /// Closed to end the thread.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Opens the socket at `path`; the hub hears of those who come.
    pub(super) fn start(path: PathBuf, hub: Sender<Input>) -> io::Result<Self> {
        let listener = address::open(&path)?;
        // The thread may be told to stop between a poll and the accept that follows.
        listener.set_nonblocking(true)?;
        let (stop, stopped) = UnixStream::pair()?;
        let thread = std::thread::Builder::new()
            .name("hub socket".to_owned())
            .spawn(move || accept(&listener, &stopped, &hub))?;
        Ok(Self {
            path,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        address::close(&self.path);
    }
}

fn accept(listener: &UnixListener, stopped: &UnixStream, hub: &Sender<Input>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let mut number = 0;
    loop {
        let mut ready = [
            PollFd::new(listener, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN | PollFlags::HUP),
        ];
        if poll(&mut ready, None).is_err_and(|error| error != rustix::io::Errno::INTR) {
            return;
        }
        let [_, stopped] = &ready;
        if !stopped.revents().is_empty() {
            return;
        }
        let Ok((stream, _)) = listener.accept() else {
            // Nobody after all, or no descriptor is left: the next one may have more luck.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        number += 1;
        let place = Place::take(&connections);
        let (id, hub) = (number, hub.clone());
        let spawned = std::thread::Builder::new()
            .name("viewer reads".to_owned())
            .spawn(move || attend(stream, id, place.as_ref(), &hub));
        // Without a thread the stream is closed again.
        drop(spawned);
    }
}

/// A place among the connections.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(connections: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(connections));
        let taken = connections.fetch_add(1, Ordering::Relaxed);
        (taken < MOST_CONNECTIONS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Hears one terminal from its greeting to its end.
fn attend(mut stream: UnixStream, id: u64, place: Option<&Place>, hub: &Sender<Input>) {
    // Accepted streams take after the listener on some systems.
    let ready = stream
        .set_nonblocking(false)
        .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    if ready.is_err() {
        return;
    }
    let refusal = match next(&mut stream) {
        Ok(Some(ToRun::Hello { protocol, program })) if is_other(protocol, &program) => {
            Some(format!(
                "the run is made by {PROGRAM}, and this terminal is one of {program}: attach with the same version"
            ))
        }
        Ok(Some(ToRun::Hello { .. })) if place.is_none() => Some(format!(
            "{MOST_CONNECTIONS} terminals are attached already, and there is room for no more"
        )),
        Ok(Some(ToRun::Hello { .. })) => None,
        Err(Broken::Frame(error)) => Some(error.to_string()),
        Ok(_) | Err(Broken::Stream(_)) => return,
    };
    if let Some(why) = refusal {
        let program = PROGRAM.to_owned();
        let _ = outbox::write(&mut stream, &ToViewer::Refuse { program, why }.into());
        return;
    }
    let ready = stream
        .set_read_timeout(None)
        .and_then(|()| stream.set_write_timeout(None))
        .and_then(|()| stream.try_clone());
    let Ok(written) = ready else { return };
    if hub.send(Input::Came(id, written)).is_err() {
        return;
    }
    let gone = hear(&mut stream, id, hub);
    let _ = hub.send(Input::Gone(id, gone));
}

fn is_other(protocol: u32, program: &str) -> bool {
    protocol != PROTOCOL || program != PROGRAM
}

fn hear(stream: &mut UnixStream, id: u64, hub: &Sender<Input>) -> Gone {
    loop {
        let said = match next(stream) {
            Ok(Some(ToRun::Goodbye)) => return Gone::Left,
            Ok(Some(ToRun::Invite { preset })) => Ok(Some(Input::Invited(id, preset))),
            Ok(Some(said)) => command(said)
                .map(|command| command.map(|command| Input::From(id, command)))
                .map_err(Broken::from),
            Ok(None) | Err(Broken::Stream(_)) => return Gone::Lost,
            Err(error) => Err(error),
        };
        match said {
            Ok(Some(input)) => {
                if hub.send(input).is_err() {
                    return Gone::Lost;
                }
            }
            Ok(None) => {}
            Err(error) => return Gone::Nonsense(error.to_string()),
        }
    }
}

fn next(stream: &mut UnixStream) -> Result<Option<ToRun>, Broken> {
    match read_frame(stream, Direction::ToRun)? {
        Some(Body { words, .. }) => Ok(Some(protocol::read(&words)?)),
        None => Ok(None),
    }
}
