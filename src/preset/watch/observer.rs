//! The watcher's own thread: waits for a burst of events to end, reads, compares, reports.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::content::{FileState, FolderState};
use super::file_system::without_events;
use super::interest::Interest;
use super::registration::{Happened, Registration, reason};
use super::{Changed, Polling, Shared};
use crate::preset::visible::visible;

/// A burst of events is over when nothing came for this long.
const QUIET: Duration = Duration::from_millis(50);
/// Waited at most for a burst to be over.
const LONGEST_BURST: Duration = Duration::from_millis(150);
/// Between two looks where there are no events.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// A folder rests this long for each of its entries before it is read again: reading one takes a
/// few microseconds, so reading folders takes a few hundredths of a core at most.
const REST_PER_ENTRY: Duration = Duration::from_micros(250);
/// Directories that appear while others are being registered are looked for this often.
const REGISTRATION_ROUNDS: usize = 8;

#[derive(Debug)]
pub(super) enum Message {
    Happened(Happened),
    Files(Vec<PathBuf>),
    Stop,
}

/// What was found at a time.
#[derive(Debug, Clone, Default)]
struct Seen {
    files: HashMap<PathBuf, FileState>,
    folders: HashMap<PathBuf, FolderState>,
}

pub(super) struct Observer<F> {
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    polling: Polling,
    shared: Arc<Shared>,
    changed: F,
    interest: Interest,
    /// None while polling.
    registration: Option<Registration>,
    /// What was reported last.
    known: Seen,
    /// Folders may be read again from here on.
    folders_due: Instant,
    /// Folders were not read at the last look, because that was too soon.
    folders_pending: bool,
    stopping: bool,
}

impl<F: Fn(Changed)> Observer<F> {
    pub(super) fn new(
        (sender, receiver): (Sender<Message>, Receiver<Message>),
        (files, folders): (Vec<PathBuf>, Vec<PathBuf>),
        polling: Polling,
        shared: Arc<Shared>,
        changed: F,
    ) -> Self {
        Self {
            sender,
            receiver,
            files,
            folders,
            polling,
            shared,
            changed,
            interest: Interest::default(),
            registration: None,
            known: Seen::default(),
            folders_due: Instant::now(),
            folders_pending: false,
            stopping: false,
        }
    }

    /// Registers everything and reads it once.
    pub(super) fn begin(&mut self) {
        self.register();
        self.known = self.look(true);
        // Only now is it known which presets are links.
        self.register();
    }

    pub(super) fn run(&mut self) {
        while !self.stopping {
            match self.receive(self.time_to_next_look()) {
                Ok(Some(at)) => self.settle(at),
                Ok(None) => {}
                Err(RecvTimeoutError::Timeout) => self.look_by_oneself(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// None: only when something is told.
    fn time_to_next_look(&self) -> Option<Duration> {
        if self.registration.is_none() {
            return Some(POLL_INTERVAL);
        }
        let rest = self.folders_due.saturating_duration_since(Instant::now());
        self.folders_pending.then_some(rest)
    }

    /// Takes one message: the time of an event that matters.
    fn receive(&mut self, limit: Option<Duration>) -> Result<Option<Instant>, RecvTimeoutError> {
        let message = match limit {
            Some(limit) => self.receiver.recv_timeout(limit)?,
            None => self
                .receiver
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected)?,
        };
        match message {
            Message::Happened(happened) => {
                let at = happened.at;
                return Ok(self.takes(&happened).then_some(at));
            }
            Message::Files(files) => self.watch_files(files),
            Message::Stop => self.stopping = true,
        }
        Ok(None)
    }

    fn takes(&mut self, happened: &Happened) -> bool {
        let is_replaced = |path: &PathBuf| self.interest.watched.contains(path);
        if happened.is_incomplete
            || happened.is_structural && happened.paths.iter().any(is_replaced)
        {
            // What is watched under that path may be the old one by now, so all is registered anew.
            self.registration = None;
            return true;
        }
        happened
            .paths
            .iter()
            .any(|path| self.interest.concerns(path))
    }

    fn watch_files(&mut self, files: Vec<PathBuf>) {
        self.files = files;
        self.register();
        self.known.files = self
            .files
            .iter()
            .map(|path| {
                let known = self.known.files.get(path).copied();
                (path.clone(), known.unwrap_or_else(|| FileState::of(path)))
            })
            .collect();
    }

    /// Finds out what leads to the files and folders by now, and watches it, or decides to poll.
    fn register(&mut self) {
        for _ in 0..REGISTRATION_ROUNDS {
            self.interest = Interest::of(&self.files, &self.folders, &self.links());
            let outcome = self.try_register();
            match outcome {
                Ok(true) => {}
                Ok(false) => return self.shared.tell(false, None),
                Err(note) => {
                    self.registration = None;
                    return self.shared.tell(true, note);
                }
            }
        }
        self.shared.tell(false, None);
    }

    /// True where directories were registered that were not before; an error says why to poll.
    fn try_register(&mut self) -> Result<bool, Option<String>> {
        if self.polling == Polling::Always {
            return Err(None);
        }
        let told = |reason: &str| {
            let seconds = POLL_INTERVAL.as_secs_f64();
            Some(visible(&format!(
                "presets are looked at every {seconds} s: {reason}"
            )))
        };
        let silent = self
            .interest
            .watched
            .iter()
            .find_map(|path| Some((path, without_events(path)?)));
        if let Some((path, name)) = silent {
            return Err(told(&format!("{} is on {name}", path.display())));
        }
        let registration = if let Some(registration) = self.registration.take() {
            registration
        } else {
            let sender = self.sender.clone();
            Registration::start(move |happened| {
                let _ = sender.send(Message::Happened(happened));
            })
            .map_err(|error| told(&reason(&error)))?
        };
        let registration = self.registration.insert(registration);
        registration
            .cover(&self.interest)
            .map_err(|error| told(&reason(&error)))
    }

    /// Presets in the folders that are links.
    fn links(&self) -> Vec<PathBuf> {
        let folders = self.known.folders.iter();
        folders
            .flat_map(|(folder, state)| state.links.iter().map(|name| folder.join(name)))
            .collect()
    }

    /// Reads all files, and the folders where `with_folders`.
    fn look(&mut self, with_folders: bool) -> Seen {
        let files = self
            .files
            .iter()
            .map(|path| (path.clone(), FileState::of(path)))
            .collect();
        self.folders_pending = !with_folders;
        if !with_folders {
            let folders = self.known.folders.clone();
            return Seen { files, folders };
        }
        let nothing = FolderState::default();
        let mut entry_count = 0;
        let mut folders = HashMap::new();
        for path in &self.folders {
            let known = self.known.folders.get(path).unwrap_or(&nothing);
            let state = FolderState::of(path, known);
            entry_count += state.entry_count;
            folders.insert(path.clone(), state);
        }
        self.folders_due = Instant::now() + REST_PER_ENTRY.saturating_mul(entry_count);
        Seen { files, folders }
    }

    fn folders_are_due(&self) -> bool {
        Instant::now() >= self.folders_due
    }

    fn look_by_oneself(&mut self) {
        let with_folders = self.folders_are_due();
        let seen = self.look(with_folders);
        if !self.changed_files(&seen).is_empty() {
            self.settle(Instant::now());
        } else if with_folders && self.changed_folders(&seen) {
            self.folders_due = Instant::now();
            self.settle(Instant::now());
        }
    }

    /// After the first event at `at`: waits for the burst to be over and reports what it has changed.
    fn settle(&mut self, at: Instant) {
        let latest = at + LONGEST_BURST;
        let mut quiet = Instant::now() + QUIET;
        self.wait_until(&mut quiet, latest);
        let with_folders = self.folders_are_due();
        self.register();
        let mut seen = self.look(with_folders);
        if self.may_be_unfinished(&seen) && !self.stopping {
            let mut patience = Instant::now() + QUIET;
            let latest = patience;
            self.wait_until(&mut patience, latest);
            self.register();
            seen = self.look(with_folders);
        }
        let files = self.changed_files(&seen);
        let folders = self.changed_folders(&seen);
        let has_other_links = self.known.folders.iter().any(|(path, known)| {
            seen.folders
                .get(path)
                .is_none_or(|folder| folder.links != known.links)
        });
        self.known = seen;
        if has_other_links {
            self.register();
        }
        if !self.stopping && (folders || !files.is_empty()) {
            (self.changed)(Changed { files, folders, at });
        }
    }

    /// Takes messages until `quiet`, which every event that matters puts off, at most until `latest`.
    fn wait_until(&mut self, quiet: &mut Instant, latest: Instant) {
        while !self.stopping {
            let rest = (*quiet)
                .min(latest)
                .saturating_duration_since(Instant::now());
            match self.receive(Some(rest)) {
                Ok(Some(_)) => *quiet = Instant::now() + QUIET,
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    fn may_be_unfinished(&self, seen: &Seen) -> bool {
        let is_half = |path: &Path| {
            let found = seen.files.get(path);
            found.is_some_and(|state| !state.is_finished())
        };
        self.changed_files(seen).iter().any(|path| is_half(path))
            || seen.folders.iter().any(|(path, folder)| {
                let known = self.known.folders.get(path);
                known.is_some_and(|known| folder.may_be_unfinished(known))
            })
    }

    /// In the order in which they are watched.
    fn changed_files(&self, seen: &Seen) -> Vec<PathBuf> {
        self.files
            .iter()
            .filter(|path| seen.files.get(*path) != self.known.files.get(*path))
            .cloned()
            .collect()
    }

    fn changed_folders(&self, seen: &Seen) -> bool {
        seen.folders.iter().any(|(path, folder)| {
            self.known
                .folders
                .get(path)
                .is_none_or(|known| folder.differs_from(known))
        })
    }
}
