//! What is written. The thread `output` is the only one that writes to the terminal while the screen is
//! ours; everyone else hands it bytes and goes on.
//!
//! Frames of text come first and go at once. Pictures come in pieces, and a piece waits until what is on
//! its way to the terminal is little enough for a frame behind it to be there in a moment ([`super::link`]).

mod budget;
mod writer;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::tty::Tty;
use super::way_back::{GATE, Gate};
use writer::Writer;

/// What became of something to write.
#[derive(Debug)]
pub enum OutputEvent {
    /// The oldest frame that was not reported yet is on the screen, or where nothing tells so, out.
    FrameWritten,
    /// The picture is on the screen, or where nothing tells so, out.
    PictureWritten {
        /// The number that it was given.
        tag: u64,
        /// All its bytes.
        bytes: usize,
        /// From its first byte to its last.
        seconds: f64,
    },
    /// The terminal takes no more. Nothing comes after this.
    Failed(io::Error),
}

/// How long what has begun may take to its end.
const LONGEST_END: Duration = Duration::from_millis(500);
/// The longest wait for the thread, a little more.
const LONGEST_WAIT: Duration = Duration::from_millis(700);

/// What the program wants of the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Write,
    Hold,
    End,
}

#[derive(Debug)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    /// Frames handed over and not reported.
    open_frames: usize,
    /// The one to begin next.
    picture: Option<(u64, Vec<Vec<u8>>)>,
    /// When answers came that the thread has not seen.
    answers: Vec<Instant>,
    wish: Wish,
    /// Until when what has begun is to come to its end.
    deadline: Option<Instant>,
    /// What the thread does.
    done: Wish,
    bytes_per_second: Option<f64>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// A byte here wakes the thread.
    wake: UnixStream,
}

impl Shared {
    /// Nothing panics while it holds the lock, and every state of the queue is a whole one.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the queue and wakes the thread, where there still is one.
    fn hand_over(&self, change: impl FnOnce(&mut Queue)) {
        let mut queue = self.queue();
        if queue.done != Wish::End {
            change(&mut queue);
            drop(queue);
            self.wake();
        }
    }

    fn wake(&self) {
        // A full pipe wakes as well.
        let _ = (&self.wake).write(&[0]);
    }
}

/// The thread that writes. Ends when dropped, whatever the terminal does.
#[derive(Debug)]
pub struct Output {
    shared: Arc<Shared>,
}

impl Output {
    /// Starts to write to the terminal that this program stands in. `acknowledged`: it answers `CSI 5 n`,
    /// and [`Self::acknowledge`] is called for each answer. `bandwidth`: bytes of pictures a second, at
    /// most. `send` is called on the thread `output` and must return at once.
    ///
    /// # Errors
    /// Where there is no terminal, or the system gives no thread.
    pub fn start(
        acknowledged: bool,
        bandwidth: Option<u64>,
        send: impl Fn(OutputEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let gate = GATE.clone();
        Self::start_as(Tty::of_process()?, gate, acknowledged, bandwidth, send)
    }

    /// As [`Self::start`], with the terminal behind `terminal`.
    ///
    /// # Errors
    /// Where the system gives no descriptor or thread.
    pub fn start_on(
        terminal: BorrowedFd<'_>,
        acknowledged: bool,
        bandwidth: Option<u64>,
        send: impl Fn(OutputEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let tty = Tty::of(terminal)?;
        Self::start_as(tty, Gate::open(), acknowledged, bandwidth, send)
    }

    fn start_as(
        tty: Tty,
        gate: Gate,
        acknowledged: bool,
        bandwidth: Option<u64>,
        send: impl Fn(OutputEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        gate.wake_when_closed(wake.try_clone()?);
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue {
                frames: VecDeque::new(),
                open_frames: 0,
                picture: None,
                answers: Vec::new(),
                wish: Wish::Write,
                deadline: None,
                done: Wish::Write,
                bytes_per_second: None,
            }),
            changed: Condvar::new(),
            wake,
        });
        let mut writer = Writer::new(
            tty,
            gate,
            woken,
            Arc::clone(&shared),
            acknowledged,
            bandwidth,
        );
        std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let ended = writer.run(&send);
                let mut queue = writer.shared.queue();
                queue.done = Wish::End;
                queue.open_frames = 0;
                writer.shared.changed.notify_all();
                drop(queue);
                if let Err(error) = ended {
                    send(OutputEvent::Failed(error));
                }
            })?;
        Ok(Self { shared })
    }

    /// Writes a whole frame of text, before all that is left of pictures and behind all frames before it.
    pub fn frame(&self, bytes: Vec<u8>) {
        self.shared.hand_over(|queue| {
            queue.open_frames += 1;
            queue.frames.push_back(bytes);
        });
    }

    /// Writes a picture, in pieces of which each is complete in itself: frames go between them. Small
    /// pieces (4 KiB) keep those frames quick. One that has not begun yet is replaced, and never reported.
    pub fn picture(&self, tag: u64, pieces: Vec<Vec<u8>>) {
        self.shared
            .hand_over(|queue| queue.picture = Some((tag, pieces)));
    }

    /// The terminal has answered `CSI 5 n`.
    pub fn acknowledge(&self) {
        self.shared
            .hand_over(|queue| queue.answers.push(Instant::now()));
    }

    /// [`Self::acknowledge`] for the thread `input` to call by itself: [`Self::stop`] and [`Self::pause`]
    /// wait for answers, and the thread that calls them cannot pass any on meanwhile.
    pub fn acknowledger(&self) -> impl Fn() + Send + 'static {
        let shared = Arc::clone(&self.shared);
        move || shared.hand_over(|queue| queue.answers.push(Instant::now()))
    }

    /// Whether every frame has been reported.
    pub fn is_idle(&self) -> bool {
        self.shared.queue().open_frames == 0
    }

    /// The rate at which the terminal has taken bytes lately, as far as it is known.
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.shared.queue().bytes_per_second
    }

    /// Writes to their end the frames and the picture that has begun, for half a second at most; answers
    /// that are on their way are waited for, so [`super::input`] must still run. Then the thread ends.
    pub fn stop(&self) {
        self.wish(Wish::End);
    }

    /// As [`Self::stop`], but what is handed over from now on waits for [`Self::resume`].
    pub fn pause(&self) {
        self.wish(Wish::Hold);
    }

    /// Writes on.
    pub fn resume(&self) {
        self.wish(Wish::Write);
    }

    fn wish(&self, wish: Wish) {
        let now = Instant::now();
        let mut queue = self.shared.queue();
        queue.wish = wish;
        queue.deadline = (wish != Wish::Write).then(|| now + LONGEST_END);
        self.shared.wake();
        while queue.done != wish && queue.done != Wish::End {
            let left = (now + LONGEST_WAIT).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            queue = match self.shared.changed.wait_timeout(queue, left) {
                Ok((queue, _)) => queue,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.stop();
    }
}
