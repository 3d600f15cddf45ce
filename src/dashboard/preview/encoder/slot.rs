//! The place for one job, where the newest wins. The UI thread puts, the thread "preview" takes.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::EncodeJob;

#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    job: Option<Box<EncodeJob>>,
    news: News,
    stopped: bool,
}

/// What the thread is to know before its next job.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Forget what was sent last.
    pub(super) repaint: bool,
    /// How many colours sixels may have.
    pub(super) sixel_registers: Option<u16>,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, job: EncodeJob) {
        self.lock().job = Some(Box::new(job));
        self.changed.notify_one();
    }

    pub(super) fn tell(&self, say: impl FnOnce(&mut News)) {
        say(&mut self.lock().news);
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    /// The next job, and what to know before it; `None` after [`Self::stop`].
    pub(super) fn wait(&self) -> Option<(Box<EncodeJob>, News)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(job) = state.job.take() {
                return Some((job, std::mem::take(&mut state.news)));
            }
            state = (self.changed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
