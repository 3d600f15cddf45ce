//! What the terminals at which a run is seen hear of each other, in one line with what the engine says. Plain data.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::contender::Contender;
use crate::engine::message::Event;

/// What somebody at another terminal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Paused the run.
    Paused,
    /// Let it go on.
    Resumed,
    /// Stopped it.
    Stopped,
    /// Changed its preset.
    ChangedPreset,
    /// Began it again.
    Restarted,
    /// Went back to a kept state.
    WentBack,
    /// Dropped one of those that are compared.
    Dropped,
    /// Wants a preset to join.
    Invited,
}

impl Deed {
    /// What was done to `what`, a run or a comparison, after `another terminal`.
    pub fn in_words(self, what: &str) -> String {
        match self {
            Self::Paused => format!("paused the {what}"),
            Self::Resumed => format!("let the {what} go on"),
            Self::Stopped => format!("stopped the {what}"),
            Self::ChangedPreset => "changed the preset".to_owned(),
            Self::Restarted => format!("began the {what} again"),
            Self::WentBack => "went back to a snapshot".to_owned(),
            Self::Dropped => "drops one".to_owned(),
            Self::Invited => "lets a preset join".to_owned(),
        }
    }
}

/// News of the other terminals, and of the program that makes the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Company {
    /// Another terminal is attached.
    Came {
        /// How many are now; the program's own screen is not counted.
        attached: usize,
    },
    /// Another terminal left.
    Left {
        /// How many are still attached.
        attached: usize,
        /// The connection was lost, and the person did not leave by a key.
        is_lost: bool,
    },
    /// Somebody elsewhere did something.
    Acted(Deed),
    /// The program that makes the run says something; safe to print.
    Said {
        /// What.
        text: String,
        /// Whether it went wrong.
        is_error: bool,
    },
    /// A preset is to join, by its name or its file's path. Only the program that makes the comparison hears of it.
    Invited(String),
    /// Everything from the start has been told.
    UpToDate,
    /// The run's program is gone, or the way to it.
    Lost {
        /// In a word or two: `killed`, `completed`, `not connected`.
        state: String,
        /// What happened, in words.
        why: String,
        /// Whether it went wrong.
        is_error: bool,
    },
}

/// What is heard where a run is seen.
#[derive(Debug)]
pub enum Voice {
    /// The engine's.
    Engine(Event),
    /// The others'.
    Company(Company),
    /// One more is compared, of which the engine says something next.
    Joined(Box<Contender>),
}

/// Where it is heard.
#[derive(Debug)]
pub enum Hearing {
    /// From a worker, or somebody who speaks as one.
    Alone(Receiver<Event>),
    /// From one to which others listen, too.
    Shared(Receiver<Voice>),
}

impl From<Receiver<Event>> for Hearing {
    fn from(events: Receiver<Event>) -> Self {
        Self::Alone(events)
    }
}

impl Hearing {
    /// Waits at most so long for the next.
    ///
    /// # Errors
    /// Where nothing comes in time, or nothing will come any more.
    pub fn recv_timeout(&self, most: Duration) -> Result<Voice, RecvTimeoutError> {
        match self {
            Self::Alone(events) => events.recv_timeout(most).map(Voice::Engine),
            Self::Shared(voices) => voices.recv_timeout(most),
        }
    }

    /// Hands everything to `hear`, until nothing comes any more.
    pub fn for_each(self, mut hear: impl FnMut(Voice)) {
        match self {
            Self::Alone(events) => events
                .into_iter()
                .for_each(|event| hear(Voice::Engine(event))),
            Self::Shared(voices) => voices.into_iter().for_each(hear),
        }
    }
}
