//! Notices that preset files were saved, in whatever way, and that presets come and go.
//!
//! Owns two threads: `notify`'s, which passes on what the system tells, and one that waits until a burst
//! of it is over, reads the files and compares them. Where the system tells nothing (network file
//! systems, used-up limits) the second one looks by itself every 250 ms.
//!
//! Editors replace files, and links lead elsewhere; so not files are watched but every directory entry
//! on the way to them (`trail`), and what counts is the content that is found there (`content`).

mod content;
mod file_system;
mod interest;
mod observer;
mod registration;
mod trail;
mod trial;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use observer::{Message, Observer};
pub use trial::{Trial, try_events};

/// How long [`Watcher::start`] waits until everything has been read once; a slow disk must not keep a
/// person waiting.
const PATIENCE_AT_START: Duration = Duration::from_millis(500);

/// Whether to trust the system's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Polling {
    /// Where there are any: not on network file systems, nor where limits are used up.
    Automatic,
    /// Never; always look by oneself.
    Always,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Watched files whose content is another, that vanished or that appeared, as they were named.
    pub files: Vec<PathBuf>,
    /// A preset in one of the folders is new, gone or another.
    pub folders: bool,
    /// When the first event of the burst came, or when the change was first seen.
    pub at: Instant,
}

/// Why nothing is watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system gives no thread.
    #[error("preset files cannot be watched: {0}")]
    Thread(io::Error),
}

/// Watches until it is dropped; a call that is under way then is still finished.
#[derive(Debug)]
pub struct Watcher {
    messages: Sender<Message>,
    shared: Arc<Shared>,
}

/// What the watcher's thread tells of itself.
#[derive(Debug, Default)]
struct Shared {
    is_polling: AtomicBool,
    note: Mutex<Option<String>>,
}

impl Watcher {
    /// Watches `files`, the active preset's own and those it extends, and the presets in `folders`, which
    /// need not exist.
    ///
    /// `changed` is called on the watcher's thread about 50 ms after the last event of a burst and at most
    /// 150 ms after the first, another 50 ms later where a file looks half-written, and only where
    /// something really differs. In folders of more than 256 presets the others differ where their size or
    /// time does; the larger a folder, the less often it is read.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn start(
        files: &[PathBuf],
        folders: &[PathBuf],
        polling: Polling,
        changed: impl Fn(Changed) + Send + 'static,
    ) -> Result<Self, WatchError> {
        let (messages, receiver) = channel();
        let shared = Arc::new(Shared::default());
        let (ready, is_ready) = channel();
        let observer = Observer::new(
            (messages.clone(), receiver),
            (files.to_vec(), folders.to_vec()),
            polling,
            Arc::clone(&shared),
            changed,
        );
        thread::Builder::new()
            .name("preset watcher".to_owned())
            .spawn(move || {
                let mut observer = observer;
                observer.begin();
                let _ = ready.send(());
                observer.run();
            })
            .map_err(WatchError::Thread)?;
        // Whatever is saved from here on is noticed.
        let _ = is_ready.recv_timeout(PATIENCE_AT_START);
        Ok(Self { messages, shared })
    }

    /// Watches these files instead, because another preset is active. Call it before the preset is read a
    /// last time, or a save in between goes unnoticed; files that were watched before lose nothing.
    pub fn watch_files(&self, files: &[PathBuf]) {
        let _ = self.messages.send(Message::Files(files.to_vec()));
    }

    /// Whether files are looked at every 250 ms instead of waiting for events.
    pub fn is_polling(&self) -> bool {
        self.shared.is_polling.load(Ordering::Relaxed)
    }

    /// Why it is polling, where nobody asked for that: safe to print.
    pub fn note(&self) -> Option<String> {
        self.shared
            .note
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
    }
}

impl Shared {
    fn tell(&self, is_polling: bool, note: Option<String>) {
        self.is_polling.store(is_polling, Ordering::Relaxed);
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }
}
