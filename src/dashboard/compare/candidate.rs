//! One of those that are compared: its preset, what is known of its run, and what became of it. UI thread.

use std::sync::Arc;

use super::watching::Watched;
use crate::dashboard::recipe::Recipe;
use crate::dashboard::run_state::{Phase, RunState};
use crate::dashboard::setup::{CompareCandidate, Saved};
use crate::dashboard::timeline::Timeline;
use crate::engine::message::{Seen, TermKind};
use crate::preset::visible::visible;
use crate::preset::{Change, Loaded, Override, Preset, settings};

/// How its run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// All steps are made, or the time is used up.
    Finished,
    /// The end was asked for.
    Stopped,
    /// It cannot go on.
    Failed,
    /// It gave up its place.
    Dropped,
    /// Its program, another one, ended without a word, or its folder is gone.
    Killed,
}

/// One of those that are compared.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) number: usize,
    label: String,
    pub(super) recipe: Recipe,
    /// The last one that the engine took up: what is gone back to when it refuses one.
    pub(super) confirmed: Recipe,
    pub(super) overrides: Vec<Override>,
    /// The preset by which steps are made.
    pub(super) in_force: Preset,
    pub(super) run: RunState,
    /// Those that it shares a batch with, itself included.
    pub(super) lane: Arc<[usize]>,
    pub(super) timeline: Timeline,
    /// Everything that took effect after the start, for the record.
    pub(super) changes: Vec<(u64, Change)>,
    pub(super) over: Option<Over>,
    /// It came to its end in an earlier program, and the engine does not know it.
    pub(super) is_from_before: bool,
    /// Where its run goes on elsewhere.
    pub(super) watched: Option<Watched>,
    /// What was last seen of its picture.
    pub(super) seen: Option<Seen>,
    /// The step of the picture that was handed over to be saved as its result.
    pub(super) result_step: Option<u64>,
    pub(super) result: Option<Saved>,
    /// Why its result could not be saved.
    pub(super) lost: Option<String>,
    /// What differs from the first, field by field.
    pub(super) differences: Vec<Change>,
    /// Whether its content and style losses are measured as the first's are.
    pub(super) measured_alike: [bool; 2],
    /// Seconds of computing at steps, for curves over time; thinned out when there are many.
    pub(super) clock: Vec<(u64, f64)>,
}

/// Marks of [`Candidate::clock`] at most.
const MOST_MARKS: usize = 2048;

impl Candidate {
    pub(super) fn new(given: CompareCandidate) -> Self {
        let recipe = Recipe::new(given.loaded);
        Self {
            number: given.number,
            label: given.label,
            in_force: recipe.preset().clone(),
            confirmed: recipe.clone(),
            recipe,
            overrides: given.overrides,
            run: RunState::new(given.number),
            lane: Arc::from([]),
            timeline: Timeline::default(),
            changes: Vec::new(),
            over: None,
            is_from_before: given.is_over,
            watched: given.sighting.map(Watched::new),
            seen: None,
            result_step: None,
            result: None,
            lost: None,
            differences: Vec::new(),
            measured_alike: [true; 2],
            clock: Vec::new(),
        }
    }

    /// Safe to print.
    pub(super) fn label(&self) -> String {
        visible(&self.label)
    }

    /// `2 gatys`
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.number + 1, self.label())
    }

    /// The step it is to reach.
    pub(super) fn steps(&self) -> u64 {
        self.recipe.steps()
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.over == Some(Over::Dropped)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Whether the engine could be asked for something of it.
    pub(super) fn is_known_to_engine(&self) -> bool {
        !self.is_from_before && !matches!(self.over, Some(Over::Failed | Over::Dropped))
    }

    pub(super) fn is_running(&self) -> bool {
        self.over.is_none() && self.run.phase() == Phase::Running && self.run.started.is_some()
    }

    /// The newest loss of a kind without weights.
    pub(super) fn unweighted(&self, kind: TermKind) -> Option<f64> {
        self.run.history.latest()?.unweighted_sum_of(kind)
    }

    /// Whether its loss of a kind can be put beside the first's.
    pub(super) fn is_comparable(&self, kind: TermKind) -> bool {
        let [content, style] = self.measured_alike;
        match kind {
            TermKind::Content => content,
            TermKind::Style => style,
            TermKind::Variation => true,
        }
    }

    /// `step` was reached after so many seconds.
    pub(super) fn mark_time(&mut self, step: u64, seconds: f64) {
        while self.clock.last().is_some_and(|(last, _)| *last >= step) {
            self.clock.pop();
        }
        self.clock.push((step, seconds));
        if self.clock.len() > MOST_MARKS {
            let mut index = 0;
            self.clock.retain(|_| {
                index += 1;
                index % 2 == 0
            });
        }
    }

    /// Steps from `step` on have never been made; the preset stays.
    pub(super) fn go_another_way(&mut self, step: u64) {
        self.run.rewind(step);
        for (at, _) in &mut self.changes {
            *at = (*at).min(step);
        }
        self.clock.retain(|(mark, _)| *mark <= step);
        self.result_step = None;
    }

    /// The engine has taken up `preset`; whether somebody else wanted it, and its values follow.
    pub(super) fn adopt(&mut self, preset: &Preset) -> bool {
        let wanted = settings(self.recipe.preset(), preset);
        let is_news = !wanted.is_empty();
        if is_news && self.recipe.steer(wanted).is_err() {
            // As when another preset is chosen.
            let loaded = Loaded {
                preset: preset.clone(),
                ..self.recipe.loaded().clone()
            };
            self.recipe = Recipe::new(loaded);
        }
        self.confirmed = self.recipe.clone();
        is_news
    }

    /// About how many seconds it took to reach `step`.
    pub(super) fn seconds_at(&self, step: f64) -> f64 {
        let after = self
            .clock
            .partition_point(|(mark, _)| (*mark as f64) < step);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.clock.get(index))
            .map_or((0.0, 0.0), |(step, seconds)| (*step as f64, *seconds));
        let Some((next_step, next)) = self.clock.get(after) else {
            return before.1;
        };
        let share = (step - before.0) / (*next_step as f64 - before.0).max(1.0);
        before.1 + (next - before.1) * share.clamp(0.0, 1.0)
    }

    /// One character and a word for what it is doing.
    pub(super) fn state(&self) -> (&'static str, &'static str) {
        if let Some(state) = self.watched.as_ref().and_then(Watched::state) {
            return state;
        }
        match (self.over, self.run.phase()) {
            (Some(Over::Killed), _) => ("×", "killed"),
            (Some(Over::Dropped), _) => ("–", "dropped"),
            (Some(Over::Failed), _) | (_, Phase::Failed(_)) => ("×", "failed"),
            (Some(Over::Finished), _) => ("✓", "finished"),
            (Some(Over::Stopped), _) | (_, Phase::Stopping) => ("■", "stopped"),
            _ if self.run.started.is_none() => ("◌", "waiting"),
            (_, Phase::Preparing(_)) => ("◌", "preparing"),
            (_, Phase::Paused) => ("‖", "paused"),
            (_, Phase::Running | Phase::Finished) => ("▶", "running"),
        }
    }
}
