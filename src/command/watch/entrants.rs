//! Those of a watched comparison, as far as they have begun. Main thread, and the follower's where one begins later.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use super::loaded;
use crate::command::Failure;
use crate::dashboard::setup::CompareCandidate;
use crate::record::folder::follow::{Arrivals, Followed, Sighting};
use crate::record::folder::inventory::{self, Kept};

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Entrant {
    /// What it is called in events.
    pub(super) number: usize,
    pub(super) kept: Kept,
    pub(super) sighting: Sighting,
}

impl Entrant {
    /// What `followed` says of itself.
    pub(super) fn read(followed: &Followed) -> Result<Self, Failure> {
        Ok(Self {
            number: followed.candidate,
            kept: inventory::read(followed.folder.clone()).map_err(Failure::new)?,
            sighting: followed.sighting.clone(),
        })
    }

    /// What people call it.
    pub(super) fn label(&self) -> &str {
        let description = &self.kept.description;
        description.label.as_ref().unwrap_or(&description.preset)
    }

    /// As the dashboard takes it.
    pub(super) fn shown(&self) -> Result<CompareCandidate, Failure> {
        Ok(CompareCandidate {
            number: self.number,
            label: self.label().to_owned(),
            loaded: loaded(&self.kept)?,
            overrides: Vec::new(),
            recorder: None,
            sighting: Some(self.sighting.clone()),
            is_over: false,
        })
    }
}

/// All of them, in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Entrants(Arc<Mutex<Vec<Entrant>>>);

impl Entrants {
    pub(super) fn add(&self, entrant: Entrant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.partition_point(|other| other.number < entrant.number);
        all.insert(place, entrant);
    }

    pub(super) fn all(&self) -> Vec<Entrant> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Hears of those that begin later.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) entrants: Entrants,
    /// Where the dashboard hears of them.
    pub(super) shown: Sender<CompareCandidate>,
}

impl Arrivals for Late {
    fn arrived(&mut self, followed: &Followed) -> bool {
        let Ok(entrant) = Entrant::read(followed) else {
            return false;
        };
        let Ok(shown) = entrant.shown() else {
            return false;
        };
        // Lines need none of it.
        let _ = self.shown.send(shown);
        self.entrants.add(entrant);
        true
    }
}
