//! Ctrl-C and SIGTERM without a screen: the first of them asks what is being made to stop, from before there is a folder
//! that would be left behind otherwise. Made on the main thread, told on `signals`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::run::live::has_terminal;
use super::{Failure, signals};
use crate::cli::RunOptions;
use crate::engine::message::Command;
use crate::engine::worker::Worker;

/// Whether an end was asked for, and who is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Interruption {
    is_asked_for: Arc<AtomicBool>,
    worker: Arc<Mutex<Option<Sender<Command>>>>,
}

impl Interruption {
    /// What something that is made with these `options` is interrupted by, to be begun before it is recorded; `None` where
    /// the dashboard shows it, which sees to that itself.
    pub(super) fn without_screen(options: &RunOptions) -> Result<Option<Self>, Failure> {
        let has_screen = !options.headless && !options.json && has_terminal();
        (!has_screen).then(Self::begin).transpose()
    }

    /// From now on the first signal asks for the end, and Ctrl-C after it ends the program at once. That the terminal is
    /// gone is no reason: nothing here needs one to come to its end.
    pub(super) fn begin() -> Result<Self, Failure> {
        signals::listen()
            .map_err(|error| Failure::new(format!("cannot listen for Ctrl-C: {error}")))?;
        let interruption = Self::default();
        let asked = interruption.clone();
        signals::ask_first(move || asked.ask());
        signals::outlive_hang_up();
        Ok(interruption)
    }

    /// There is a worker to be told of it, which may have been asked for before.
    pub(super) fn tell(&self, worker: &Worker) {
        let mut told = self.worker();
        *told = worker.commands();
        if self.is_asked_for() {
            worker.send(Command::Stop);
        }
    }

    /// Whether a signal has come.
    pub(super) fn is_asked_for(&self) -> bool {
        self.is_asked_for.load(Ordering::SeqCst)
    }

    fn ask(&self) {
        self.is_asked_for.store(true, Ordering::SeqCst);
        if let Some(worker) = &*self.worker() {
            // A worker that has ended already needs no stopping.
            let _ = worker.send(Command::Stop);
        }
    }

    /// Nothing panics while it holds the lock.
    fn worker(&self) -> MutexGuard<'_, Option<Sender<Command>>> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
