//! How the comparison is left, and what is saved on the way. UI thread.

use std::time::Instant;

use super::candidate::{Candidate, Over};
use super::dialog::Dialog;
use super::{Compare, Exit};
use crate::dashboard::dialog::Leaving;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Task};
use crate::dashboard::run_state::Phase;
use crate::dashboard::setup::{CompareFarewell, Saving};
use crate::engine::message::Command;
use crate::preset::Loaded;

impl Compare {
    /// Asks how to leave where something could be lost.
    pub(super) fn quit(&mut self) {
        let is_safe = |candidate: &Candidate| match candidate.over {
            Some(Over::Finished | Over::Stopped) => {
                candidate.result.is_some() && candidate.lost.is_none()
            }
            Some(Over::Failed) => candidate.run.pictures.is_none(),
            Some(Over::Dropped | Over::Killed) => true,
            None => false,
        };
        if self.is_watching || self.saving == 0 && self.candidates.iter().all(is_safe) {
            self.leave(Exit::Now);
        } else {
            self.dialog = Some(Dialog::Quit(Leaving::Save));
        }
    }

    /// Leaves, after saving or at once.
    pub(super) fn leave(&mut self, exit: Exit) {
        if self.exit == Some(Exit::Now) {
            return;
        }
        // Another program's comparison is neither stopped nor saved by that.
        let is_elsewhere = self.is_watching || self.is_attached();
        self.exit = Some(if is_elsewhere { Exit::Now } else { exit });
        if self.exit == Some(Exit::Now) {
            self.effects.push(Effect::Leave);
            return;
        }
        self.save_what_is_left();
        let mut stops = false;
        for candidate in &mut self.candidates {
            if !candidate.is_over() {
                stops = true;
                candidate.run.stop();
            }
        }
        if stops {
            self.effects.push(Effect::Engine(Command::Stop));
        } else {
            self.finish_leaving();
        }
    }

    /// Once all are over and nothing is being saved any more.
    pub(super) fn finish_leaving(&mut self) {
        if self.is_attached() {
            // Its program says when it is done.
            return;
        }
        let all_over = self.candidates.iter().all(Candidate::is_over);
        if self.exit == Some(Exit::Saving) && all_over && self.saving == 0 {
            self.exit = Some(Exit::Now);
            self.effects.push(Effect::Leave);
        }
    }

    /// Saves what is left of those that failed, once, and again what could not be saved.
    pub(super) fn save_what_is_left(&mut self) {
        let left: Vec<usize> = self
            .candidates
            .iter()
            .filter(|candidate| candidate.is_over() && !candidate.is_dropped())
            .filter(|candidate| candidate.result_step.is_none() && candidate.result.is_none())
            .map(|candidate| candidate.number)
            .collect();
        for number in left {
            self.save(number, true);
        }
    }

    /// Saves the newest picture of one of them that is known in full.
    pub(super) fn save(&mut self, number: usize, is_result: bool) {
        let Some(candidate) = self.candidate_mut(number) else {
            return;
        };
        let Some(pictures) = candidate.run.pictures.clone() else {
            return;
        };
        if pictures.of(number).is_none() {
            return;
        }
        let step = pictures.step;
        let changes = candidate.changes.iter().filter(|(at, _)| *at <= step);
        let saving = Saving {
            loaded: Loaded {
                preset: candidate.in_force.clone(),
                ..candidate.recipe.loaded().clone()
            },
            changes: changes.cloned().collect(),
            started: candidate.run.started.clone(),
            seconds: candidate.run.seconds,
            // Of an older picture, as after a failure, it is not known any more.
            loss: candidate.run.loss().filter(|_| step >= candidate.run.step),
            pictures,
            candidate: number,
            is_result,
        };
        if is_result {
            candidate.result_step = Some(step);
        }
        self.saving += 1;
        self.effects
            .push(Effect::Task(Task::Save(Box::new(saving))));
    }

    /// The terminal is gone. The comparison goes on to its end, and is saved.
    pub(super) fn lose_screen(&mut self, now: Instant, why: &str) {
        if self.unseen {
            return;
        }
        self.unseen = true;
        let step = self.step();
        let text = format!("{why}: the comparison goes on without a screen");
        self.events.add(now, step, Tone::Notice, text);
        self.dialog = None;
        if self.is_watching || self.is_attached() {
            self.leave(Exit::Now);
        } else if self.shared.has_viewers() {
            // They see to it.
        } else if self.candidates.iter().all(Candidate::is_over) {
            self.leave(Exit::Saving);
        } else if self.is_paused {
            self.effects.push(Effect::Engine(self.way_out()));
        }
    }

    /// What is left when the screen has been given back.
    pub(super) fn farewell(&self) -> CompareFarewell {
        if let Some(id) = self.shared.attached_to() {
            return self.attached_farewell(id);
        }
        let mut farewell = CompareFarewell {
            unseen: self.unseen,
            interrupted: self.interrupted,
            ..CompareFarewell::default()
        };
        for candidate in &self.candidates {
            let name = candidate.name();
            let step = candidate.run.step;
            if let Some(saved) = &candidate.result {
                farewell.lines.push(saved.summary.clone());
                farewell.results.push((candidate.number, saved.clone()));
            } else if let Some(lost) = &candidate.lost {
                farewell.lines.push(format!("{name}: {lost}"));
            } else if candidate.is_dropped() {
                farewell
                    .lines
                    .push(format!("{name}: dropped at step {step}"));
            } else if self.is_watching {
                // It goes on elsewhere.
            } else if step == 0 {
                let text = format!("{name}: stopped before the first step: no picture was written");
                farewell.lines.push(text);
            } else {
                let text = format!("{name}: left at step {step} without saving");
                farewell.lines.push(text);
            }
        }
        let failures = || {
            self.candidates
                .iter()
                .filter_map(|candidate| match candidate.run.phase() {
                    Phase::Failed(why) => Some((candidate, why)),
                    _ => candidate.lost.clone().map(|lost| (candidate, lost)),
                })
        };
        let each: Vec<String> = failures()
            .map(|(candidate, why)| format!("{}: {why}", candidate.name()))
            .collect();
        if !each.is_empty() && !self.is_watching {
            farewell.failure = Some(each.join("\n"));
        }
        farewell
    }
}
