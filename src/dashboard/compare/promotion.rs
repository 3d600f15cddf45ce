//! One goes on alone: what the others give up, and what the run's dashboard takes over. UI thread.

use std::time::Instant;

use super::Compare;
use super::candidate::{Candidate, Over};
use super::dialog::PromoteForm;
use crate::dashboard::app::{App, Beginning, Takeover};
use crate::dashboard::event_log::{EventLog, Tone};
use crate::dashboard::message::Effect;
use crate::dashboard::recipe::Recipe;
use crate::dashboard::setup::Sharing;
use crate::dashboard::shared::Shared;
use crate::engine::message::Command;

/// Who goes on alone, and how.
#[derive(Debug)]
pub(super) struct Promotion {
    candidate: usize,
    recipe: Recipe,
}

impl Compare {
    /// Whether the form says how; otherwise it says what is wrong.
    pub(super) fn promote(&mut self, form: &mut PromoteForm, now: Instant) -> bool {
        let number = form.candidate;
        let Some(candidate) = self.candidate(number) else {
            return true;
        };
        let Some(overrides) = form.overrides(candidate.recipe.preset()) else {
            return false;
        };
        let mut recipe = candidate.recipe.clone();
        for change in overrides {
            let is_steps = change.key == "schedule.steps";
            if let Err(error) = recipe.set(change) {
                let field = if is_steps {
                    &mut form.steps
                } else {
                    &mut form.size
                };
                field.error = Some(error.summary());
                return false;
            }
        }
        let others: Vec<usize> = self
            .shown()
            .filter(|other| other.number != number && other.is_known_to_engine())
            .map(|other| other.number)
            .collect();
        for candidate in others {
            self.effects
                .push(Effect::Engine(Command::Drop { candidate }));
        }
        let name = self.name_of(number);
        self.say(now, Tone::Good, format!("{name} goes on alone"));
        self.pictures.hide();
        self.promotion = Some(Box::new(Promotion {
            candidate: number,
            recipe,
        }));
        true
    }

    /// The run's dashboard for the one that goes on alone, once somebody was promoted. What is still to be
    /// carried out for the comparison comes first.
    pub(super) fn promoted(&mut self, now: Instant) -> Option<(App, Vec<Effect>)> {
        let Promotion { candidate, recipe } = *self.promotion.take()?;
        let index = self
            .candidates
            .iter()
            .position(|other| other.number == candidate)?;
        let effects = self.take_effects();
        let chosen: Candidate = self.candidates.remove(index);
        for other in &mut self.candidates {
            other.over.get_or_insert(Over::Dropped);
        }
        let pictures = self.pictures.handed_over();
        let beginning = Beginning {
            candidate,
            theme: self.theme,
            size: self.size,
            loaded: recipe.loaded().clone(),
            overrides: chosen.overrides,
            content: self.content.clone(),
            style: self.style.clone(),
            pictures,
            watching: None,
            sharing: Sharing::Alone,
        };
        let shared = std::mem::replace(&mut self.shared, Shared::new(Sharing::Alone));
        let takeover = Takeover {
            run: chosen.run,
            recipe,
            confirmed: chosen.confirmed,
            in_force: chosen.in_force,
            changes: chosen.changes,
            timeline: chosen.timeline,
            events: std::mem::replace(&mut self.events, EventLog::new(now)),
            gpu: self.gpu,
            shared,
        };
        Some((App::taking_over(beginning, takeover, now), effects))
    }
}
