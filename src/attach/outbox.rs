//! What is on its way to one terminal. The thread `hub` puts it in and never waits; `viewer writes` takes it out.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::frame::{Direction, Head};
use super::protocol;
use super::translation::{Raw, Said};

/// A terminal that is so far behind what happens, in bytes, is given up. A small run's losses fill it in half an hour, so
/// that a person may stop the other program and let it go on.
const MOST_BYTES: usize = 64 << 20;
/// What words count.
const WORDS_BYTES: usize = 512;

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<(Said, usize)>,
    bytes: usize,
    /// Nothing more is put in.
    closed: bool,
    /// Nothing more is taken out.
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hub's end.
#[derive(Debug)]
pub(super) struct Outbox {
    shared: Arc<Shared>,
    stream: UnixStream,
}

impl Outbox {
    /// Starts the thread that writes into `stream`.
    pub(super) fn start(stream: UnixStream) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (taken, mut written) = (Arc::clone(&shared), stream.try_clone()?);
        std::thread::Builder::new()
            .name("viewer writes".to_owned())
            .spawn(move || {
                while let Some(said) = next(&taken) {
                    if write(&mut written, &said).is_err() {
                        break;
                    }
                }
                taken.state().over = true;
                taken.changed.notify_all();
                // Wakes the thread that reads, too.
                let _ = written.shutdown(std::net::Shutdown::Both);
            })?;
        Ok(Self { shared, stream })
    }

    /// Puts in what happens now; false where the terminal is too far behind.
    pub(super) fn push(&self, said: Said) -> bool {
        let bytes = WORDS_BYTES + said.raw.bytes();
        self.put(said, bytes)
    }

    /// Puts in what was before it came, which is as much as it is.
    pub(super) fn push_from_before(&self, said: Said) {
        self.put(said, 0);
    }

    fn put(&self, said: Said, bytes: usize) -> bool {
        let mut state = self.shared.state();
        if state.closed || state.over {
            return true;
        }
        // A single picture may be larger than all that.
        if state.bytes > MOST_BYTES {
            return false;
        }
        state.bytes += bytes;
        state.waiting.push_back((said, bytes));
        self.shared.changed.notify_all();
        true
    }

    /// Nothing more comes: the connection ends once everything is written.
    pub(super) fn close(&self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
    }

    /// Waits until that is so, but not beyond `until`.
    pub(super) fn finish(self, until: Instant) {
        let mut state = self.shared.state();
        while !state.over {
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.cut();
    }

    /// Ends the connection at once.
    pub(super) fn cut(&self) {
        self.close();
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

fn next(shared: &Shared) -> Option<Said> {
    let mut state = shared.state();
    loop {
        if let Some((said, bytes)) = state.waiting.pop_front() {
            state.bytes = state.bytes.saturating_sub(bytes);
            return Some(said);
        }
        if state.closed {
            return None;
        }
        let woken = shared.changed.wait(state);
        state = woken.unwrap_or_else(PoisonError::into_inner);
    }
}

/// Writes one message.
pub(super) fn write(stream: &mut impl Write, said: &Said) -> io::Result<()> {
    let direction = Direction::ToViewer;
    let words = protocol::words(&said.words, direction).map_err(io::Error::other)?;
    let raw = said.raw.bytes();
    if raw > direction.most_raw() as usize {
        // No picture is so large; the terminal does without.
        return Ok(());
    }
    let head = Head {
        words: words.len(),
        raw,
    };
    let mut bytes = head.encode(direction).to_vec();
    bytes.extend(words);
    stream.write_all(&bytes)?;
    match &said.raw {
        Raw::None => Ok(()),
        Raw::Values(values) => stream.write_all(&little_endian(values)),
        Raw::Seen(pictures) => pictures
            .iter()
            .try_for_each(|picture| stream.write_all(picture.as_raw())),
        Raw::Pictures(pictures) => pictures.iter().try_for_each(|picture| {
            let rows = picture.as_raw().chunks(PIECE);
            rows.into_iter()
                .try_for_each(|row| stream.write_all(&little_endian(row)))
        }),
    }
}

/// Numbers that are turned into bytes at a time.
const PIECE: usize = 1 << 16;

fn little_endian(numbers: &[f32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}
