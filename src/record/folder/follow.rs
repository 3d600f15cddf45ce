//! Follows runs by their folders alone, and says what their engine would say. The thread `follower` reads and decodes;
//! whoever holds the other end waits for nothing.
//!
//! Nothing that cannot be read ends it: half a line is read once it is whole, a file that was written anew from where
//! it was, and what is missing may come. Runs that are compared are looked at in turn, each as a candidate of its own.

mod arrivals;
mod following;
mod pictures;
mod round;
mod sight;
mod telling;

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub use arrivals::{Arrivals, numbered};
pub use sight::{Sight, Sighting};

use self::round::Round;
use super::RunFolder;
use super::comparison::ComparisonFolder;
use crate::engine::message::{Command, Event};
use crate::engine::picture_slot::PictureSlot;

/// How often the folders are looked at where nobody says otherwise.
pub const INTERVAL: Duration = Duration::from_millis(250);

/// A run that is to be followed.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The run's folder.
    pub folder: RunFolder,
    /// What the run is called in events.
    pub candidate: usize,
    /// Where it is said how the run goes.
    pub sighting: Sighting,
}

impl Followed {
    /// The run in `folder`, of which nothing is known yet.
    pub fn new(candidate: usize, folder: RunFolder) -> Self {
        Self {
            folder,
            candidate,
            sighting: Sighting::default(),
        }
    }
}

/// What is to be followed, and who is told.
#[derive(Debug)]
pub struct Beginning {
    /// No two under the same number.
    pub runs: Vec<Followed>,
    /// The comparison that they belong to, and who is to hear of others that begin in it.
    pub comparison: Option<(ComparisonFolder, Box<dyn Arrivals>)>,
    /// Where events go.
    pub events: Sender<Event>,
    /// Where pictures go that are asked for.
    pub pictures: PictureSlot,
    /// How often the folders are looked at.
    pub interval: Duration,
}

/// The other threads' end. The following ends when this is dropped.
#[derive(Debug)]
pub struct Follower {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts to follow.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(beginning: Beginning) -> io::Result<Self> {
        let (commands, told) = channel();
        let mut round = Round::new(beginning);
        let thread = std::thread::Builder::new()
            .name("follower".to_owned())
            .spawn(move || round.go(&told))?;
        Ok(Self {
            commands: Some(commands),
            thread: Some(thread),
        })
    }

    /// Asks for pictures, or for something of a run. A preset is written into the run's folder, where the
    /// run's own program finds it; what only that program can do is refused by an event.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A thread that is gone has been reported by the hook.
            let _ = commands.send(command);
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
