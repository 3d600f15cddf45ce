//! A comparison that goes on elsewhere: how its runs go beyond what their engine says, and those that begin later. UI
//! thread.

use std::time::{Duration, Instant};

use super::Compare;
use super::candidate::{Candidate, Over};
use crate::dashboard::event_log::Tone;
use crate::record::folder::description::State;
use crate::record::folder::follow::{Sight, Sighting};

/// How often it is looked at how the runs go.
const INTERVAL: Duration = Duration::from_millis(200);

/// What is known of a run that the engine's words do not tell.
#[derive(Debug)]
pub(super) struct Watched {
    sighting: Sighting,
    sight: Sight,
    /// Nothing was heard from another machine for a while.
    is_silent: bool,
}

impl Watched {
    pub(super) fn new(sighting: Sighting) -> Self {
        Self {
            sight: sighting.get(),
            sighting,
            is_silent: false,
        }
    }

    /// A mark and a word where the engine's words tell less.
    pub(super) fn state(&self) -> Option<(&'static str, &'static str)> {
        match self.sight.state {
            _ if self.sight.is_gone => Some(("×", "gone")),
            State::Killed => Some(("×", "killed")),
            State::Completed => Some(("✓", "completed")),
            State::Dropped => Some(("–", "dropped")),
            State::Running if self.is_silent => Some(("?", "silent")),
            State::Running | State::Stopped | State::Failed => None,
        }
    }

    /// How it came to its end, if it did.
    fn over(&self) -> Option<Over> {
        match self.sight.state {
            _ if self.sight.is_gone => Some(Over::Killed),
            State::Running => None,
            State::Completed => Some(Over::Finished),
            State::Stopped | State::Dropped => Some(Over::Stopped),
            State::Failed => Some(Over::Failed),
            State::Killed => Some(Over::Killed),
        }
    }

    fn is_paused(&self) -> bool {
        self.sight.is_paused && !self.sight.is_over()
    }

    /// Takes in how it goes; what is to be said about it, and whether anything is new.
    fn look(&mut self, now: Instant) -> (Option<&'static str>, bool) {
        let sight = self.sighting.get();
        let is_silent = sight.in_words(now).starts_with("silent");
        let said = if sight.is_gone && !self.sight.is_gone {
            Some("its folder is gone: what was read of it stays here")
        } else if sight.state == State::Killed && self.sight.state != State::Killed {
            Some("killed: its program ended without a word")
        } else {
            None
        };
        let is_new = sight != self.sight || is_silent != self.is_silent;
        self.sight = sight;
        self.is_silent = is_silent;
        (said, is_new)
    }
}

impl Compare {
    /// Takes in how the watched runs go.
    pub(super) fn look_at_watched(&mut self, now: Instant) {
        if !self.is_watching || self.looked_at_watched.is_some_and(|at| now < at + INTERVAL) {
            return;
        }
        self.looked_at_watched = Some(now);
        let mut said = Vec::new();
        for candidate in &mut self.candidates {
            let Some(watched) = &mut candidate.watched else {
                continue;
            };
            let (words, is_new) = watched.look(now);
            self.dirty |= is_new;
            let is_paused = watched.is_paused();
            let over = watched.over();
            said.extend(words.map(|words| format!("{}: {words}", candidate.name())));
            if candidate.over.is_none() {
                candidate.over = over;
            } else if over.is_none() && candidate.over == Some(Over::Killed) {
                // On another machine it may only have seemed so.
                candidate.over = None;
            }
            candidate.run.pause(is_paused);
        }
        let mut running = self
            .candidates
            .iter()
            .filter(|one| !one.is_over())
            .peekable();
        self.is_paused = running.peek().is_some()
            && running.all(|one| one.watched.as_ref().is_some_and(Watched::is_paused));
        for words in said {
            self.say(now, Tone::Error, words);
        }
    }

    /// Shows runs that began after the others.
    pub(super) fn take_arrivals(&mut self, now: Instant) {
        let Some(arrivals) = &self.arrivals else {
            return;
        };
        let new: Vec<Candidate> = arrivals.try_iter().map(Candidate::new).collect();
        for candidate in new {
            let (number, name) = (candidate.number, candidate.name());
            self.next_number = self.next_number.max(number.saturating_add(1));
            let place = self
                .candidates
                .partition_point(|other| other.number < number);
            self.candidates.insert(place, candidate);
            self.watch_files();
            self.find_differences();
            self.reload(number);
            self.pictures.look_again();
            self.say(now, Tone::Good, format!("{name} has joined"));
        }
    }
}
