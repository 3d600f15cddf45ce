//! The system's own events, by `notify`.
//!
//! `notify` calls back on its own thread, which only passes on what happened.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::interest::Interest;

/// Something happened at these paths.
#[derive(Debug)]
pub(super) struct Happened {
    pub at: Instant,
    pub paths: Vec<PathBuf>,
    /// Something came, went or got another name, so that a watched path may be something else by now.
    pub is_structural: bool,
    /// Events were lost.
    pub is_incomplete: bool,
}

pub(super) struct Registration {
    watcher: RecommendedWatcher,
    watched: HashSet<PathBuf>,
}

impl Registration {
    pub(super) fn start(tell: impl Fn(Happened) + Send + 'static) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Some(happened) = happened(event) {
                tell(happened);
            }
        })?;
        Ok(Self {
            watcher,
            watched: HashSet::new(),
        })
    }

    /// Watches everything in `interest`, as far as it is there; true where something was not watched
    /// before. What no longer matters stays watched, and costs nothing but its events.
    ///
    /// # Errors
    /// Where something that is needed cannot be watched.
    pub(super) fn cover(&mut self, interest: &Interest) -> notify::Result<bool> {
        let mut has_new = false;
        for path in &interest.watched {
            if self.watched.contains(path) {
                continue;
            }
            match self.watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(path.clone());
                    has_new = true;
                }
                Err(error) if is_gone(&error) => {}
                Err(error) if is_refused(&error) && !interest.needed.contains(path) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(has_new)
    }
}

/// What matters of an event. Reading a file is one too, and must not make the watcher read again.
fn happened(event: notify::Result<Event>) -> Option<Happened> {
    let at = Instant::now();
    let Ok(event) = event else {
        return Some(Happened {
            at,
            paths: Vec::new(),
            is_structural: false,
            is_incomplete: true,
        });
    };
    let is_incomplete = event.need_rescan();
    let matters = match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    };
    let is_structural = matches!(
        event.kind,
        EventKind::Create(_)
            | EventKind::Remove(_)
            | EventKind::Modify(notify::event::ModifyKind::Name(_))
    );
    (matters || is_incomplete).then_some(Happened {
        at,
        paths: event.paths,
        is_structural,
        is_incomplete,
    })
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

fn is_refused(error: &notify::Error) -> bool {
    matches!(&error.kind, ErrorKind::Io(error) if error.kind() == io::ErrorKind::PermissionDenied)
}

/// Why there are no events, in words.
pub(super) fn reason(error: &notify::Error) -> String {
    /// Too many open files, of the process and of the system.
    const FULL: [i32; 2] = [24, 23];
    match &error.kind {
        ErrorKind::MaxFilesWatch => "the system's limit of watched folders is reached".to_owned(),
        ErrorKind::Io(error)
            if error
                .raw_os_error()
                .is_some_and(|code| FULL.contains(&code)) =>
        {
            "the system's limit of watchers or open files is reached".to_owned()
        }
        _ => error.to_string(),
    }
}
