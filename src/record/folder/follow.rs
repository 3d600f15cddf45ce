//! Follows a run by its folder alone, and says what its engine would say. The thread `follower` reads and decodes;
//! whoever holds the other end waits for nothing.
//!
//! Nothing that cannot be read ends it: half a line is read once it is whole, a file that was written anew from where
//! it was, and what is missing may come. Several followers may speak into one channel, each of a candidate of its own.

mod following;
mod pictures;
mod sight;
mod telling;

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub use sight::{Sight, Sighting};

use self::following::Following;
use super::RunFolder;
use crate::engine::message::{Command, Event};
use crate::engine::picture_slot::PictureSlot;

/// How often the folder is looked at where nobody says otherwise.
pub const INTERVAL: Duration = Duration::from_millis(250);

/// What is to be followed, and who is told.
#[derive(Debug)]
pub struct Beginning {
    /// The run's folder.
    pub folder: RunFolder,
    /// What the run is called in events.
    pub candidate: usize,
    /// Where events go.
    pub events: Sender<Event>,
    /// Where pictures go that are asked for.
    pub pictures: PictureSlot,
    /// How often the folder is looked at.
    pub interval: Duration,
}

/// The other threads' end. The following ends when this is dropped.
#[derive(Debug)]
pub struct Follower {
    commands: Option<Sender<Command>>,
    sighting: Sighting,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts to follow.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(beginning: Beginning) -> io::Result<Self> {
        let (commands, told) = channel();
        let sighting = Sighting::default();
        let mut following = Following::new(beginning, sighting.clone());
        let thread = std::thread::Builder::new()
            .name("follower".to_owned())
            .spawn(move || following.go(&told))?;
        Ok(Self {
            commands: Some(commands),
            sighting,
            thread: Some(thread),
        })
    }

    /// Asks for a picture, or for something of the run. A preset is written into the run's folder, where the
    /// run's own program finds it; what only that program can do is refused by an event.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A thread that is gone has been reported by the hook.
            let _ = commands.send(command);
        }
    }

    /// How the run goes.
    pub fn sighting(&self) -> Sighting {
        self.sighting.clone()
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
