//! What terminals that come late are told of one candidate. Bounded. Owned by the thread `hub`.

use std::sync::Arc;

use crate::attach::losses::{LossesSoFar, Rows};
use crate::engine::message::{EndReason, Event, Gradients, LossBlock, Pictures, Started, Stuck};
use crate::preset::{Change, Preset};

use super::Told;

/// Changes of presets that are told; older ones are in the journal. Each is told with the whole preset.
const MOST_CHANGES: usize = 100;

/// How it came to its end, for now or for good.
#[derive(Debug, Clone)]
enum Over {
    Ended(EndReason, Pictures, f64),
    Failed(String, Option<Pictures>),
    Dropped(Pictures),
}

/// A candidate so far.
#[derive(Debug)]
pub(super) struct Course {
    number: usize,
    /// What was said of its lane last, and when.
    started: Option<(u64, Started)>,
    losses: LossesSoFar,
    /// The steps at which presets took effect.
    changes: Vec<(u64, Vec<Change>)>,
    /// What was asked for last, and what counts.
    presets: Option<(Preset, Preset)>,
    pub(super) gradients: Option<Gradients>,
    stuck: Option<Stuck>,
    over: Option<Over>,
}

impl Course {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            started: None,
            losses: LossesSoFar::default(),
            changes: Vec::new(),
            presets: None,
            gradients: None,
            stuck: None,
            over: None,
        }
    }

    /// `count` is another for everything that is said.
    pub(super) fn started(&mut self, started: &Started, count: u64) {
        if started.step == 0 {
            self.losses.rewind(0);
            self.changes.clear();
            self.gradients = None;
            self.stuck = None;
            self.over = None;
        }
        self.started = Some((count, started.clone()));
    }

    /// Takes its part of `block`.
    pub(super) fn losses(&mut self, block: &LossBlock) {
        self.stuck = None;
        if !matches!(self.over, Some(Over::Dropped(_))) {
            self.over = None;
        }
        if *block.candidates == [self.number] {
            return self.losses.add(block);
        }
        let Some(place) = block.candidates.iter().position(|one| *one == self.number) else {
            return;
        };
        let weights = block.weights.get(place).cloned().unwrap_or_default();
        let mut values = Vec::with_capacity(block.steps() as usize * block.terms.len());
        for losses in block.rows(self.number) {
            values.extend_from_slice(losses.unweighted);
        }
        self.losses.add(&LossBlock {
            candidates: Arc::new([self.number]),
            first_step: block.first_step,
            terms: Arc::clone(&block.terms),
            weights: Arc::new([weights]),
            values,
            seconds: block.seconds,
        });
    }

    pub(super) fn changed(&mut self, step: u64, changes: &[Change], presets: (Preset, Preset)) {
        self.presets = Some(presets);
        if changes.is_empty() {
            return;
        }
        if self.changes.len() == MOST_CHANGES {
            self.changes.remove(0);
        }
        self.changes.push((step, changes.to_vec()));
    }

    /// Steps from `step` on have never been made; the preset stays.
    pub(super) fn go_back(&mut self, step: u64) {
        self.losses.rewind(step);
        self.over = None;
        for (at, _) in &mut self.changes {
            *at = (*at).min(step);
        }
    }

    pub(super) fn stuck(&mut self, stuck: &Stuck) {
        self.go_back(stuck.step);
        self.stuck = Some(stuck.clone());
    }

    pub(super) fn ended(&mut self, reason: EndReason, pictures: Pictures, seconds: f64) {
        self.over = Some(Over::Ended(reason, pictures, seconds));
    }

    pub(super) fn failed(&mut self, why: String, pictures: Option<Pictures>) {
        self.over = Some(Over::Failed(why, pictures));
    }

    pub(super) fn dropped(&mut self, pictures: Pictures) {
        self.over = Some(Over::Dropped(pictures));
    }

    pub(super) fn lane(&self) -> Option<&(u64, Started)> {
        self.started.as_ref()
    }

    pub(super) fn rows(&self) -> Vec<Rows> {
        self.losses.blocks()
    }

    /// Every change with the presets of now; one without a change says the preset where it was asked for and the same.
    pub(super) fn changes(&self) -> Vec<Event> {
        let Some((preset, in_force)) = &self.presets else {
            return Vec::new();
        };
        let last = (0, Vec::new());
        let all = self.changes.iter().chain(std::iter::once(&last));
        all.map(|(step, changes)| Event::PresetChanged {
            candidate: self.number,
            step: *step,
            changes: changes.clone(),
            preset: Box::new(preset.clone()),
            in_force: Box::new(in_force.clone()),
        })
        .collect()
    }

    pub(super) fn measured(&self) -> Option<Event> {
        self.gradients.clone().map(Event::Gradients)
    }

    /// How it came to its end.
    pub(super) fn over(&self) -> Option<Told> {
        Some(match self.over.clone()? {
            Over::Ended(reason, pictures, seconds) => Told::Event(Event::Ended {
                reason,
                pictures,
                seconds,
            }),
            Over::Failed(why, pictures) => Told::Failed(vec![self.number], why, pictures),
            Over::Dropped(pictures) => Told::Event(Event::Dropped {
                candidate: self.number,
                pictures,
            }),
        })
    }

    /// That it waits for somebody.
    pub(super) fn standing(&self) -> Option<Event> {
        self.stuck.clone().map(Event::Stuck)
    }
}
