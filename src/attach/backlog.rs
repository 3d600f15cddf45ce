//! Everything that a terminal is told when it is attached, so that its screen shows the run as if it had been there from
//! the start. Bounded. Owned by the thread `hub`.

use crate::engine::message::{
    EndReason, Event, Gradients, Pictures, Refusal, Snapshot, Stage, Started, Stuck,
};
use crate::preset::visible::visible;
use crate::preset::{Change, Preset};

use super::losses::{LossesSoFar, Rows};

/// Changes of presets that are told; older ones are in the journal. Each is told with the whole preset.
const MOST_CHANGES: usize = 100;
/// The same of what went wrong and was mended.
const MOST_LINES: usize = 50;

/// A preset that took effect.
#[derive(Debug, Clone)]
struct Changed {
    candidate: usize,
    step: u64,
    changes: Vec<Change>,
}

/// How the run came to its end, for now or for good.
#[derive(Debug, Clone)]
enum Over {
    Ended(EndReason, Pictures, f64),
    Failed(Vec<usize>, String, Option<Pictures>),
}

/// The run so far.
#[derive(Debug, Default)]
pub struct Backlog {
    preparing: Option<Stage>,
    started: Option<Started>,
    losses: LossesSoFar,
    changes: Vec<Changed>,
    /// What was asked for last, and what counts.
    presets: Option<(Preset, Preset)>,
    gradients: Option<Gradients>,
    /// What went wrong on the way, in words.
    lines: Vec<String>,
    stuck: Option<Stuck>,
    paused: Option<u64>,
    over: Option<Over>,
}

/// One thing that is told.
#[derive(Debug)]
pub(super) enum Told {
    Event(Event),
    Losses(Rows),
    /// It happened before.
    Line(String),
    Failed(Vec<usize>, String, Option<Pictures>),
}

impl Backlog {
    /// Takes note of what the worker says.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Preparing(stage) => self.preparing = Some(stage.clone()),
            Event::Started(started) => {
                self.preparing = None;
                if started.step == 0 {
                    self.begin_again();
                }
                self.started = Some(started.clone());
            }
            Event::Losses(block) | Event::PastLosses(block) => {
                self.preparing = None;
                self.over = None;
                self.stuck = None;
                self.losses.add(block);
            }
            Event::PresetChanged {
                candidate,
                step,
                changes,
                preset,
                in_force,
            } => {
                self.preparing = None;
                self.presets = Some(((**preset).clone(), (**in_force).clone()));
                if !changes.is_empty() {
                    if self.changes.len() == MOST_CHANGES {
                        self.changes.remove(0);
                    }
                    self.changes.push(Changed {
                        candidate: *candidate,
                        step: *step,
                        changes: changes.clone(),
                    });
                }
            }
            Event::Paused(step) => self.paused = Some(*step),
            Event::Resumed(_) => self.paused = None,
            Event::WentBack { step, .. } => self.go_back(*step),
            Event::Recovered(recovered) => {
                self.go_back(recovered.step);
                self.note(visible(&recovered.to_string()));
            }
            Event::Stuck(stuck) => {
                self.go_back(stuck.step);
                self.stuck = Some(stuck.clone());
            }
            Event::Remark(remark) => {
                self.note(format!("step {}: {}", remark.step, visible(&remark.words)));
            }
            Event::Gradients(gradients) => self.gradients = Some(gradients.clone()),
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => {
                self.paused = None;
                self.over = Some(Over::Ended(*reason, pictures.clone(), *seconds));
            }
            Event::Failed {
                candidates,
                error,
                pictures,
            } => {
                let why = error.to_string();
                self.over = Some(Over::Failed(candidates.to_vec(), why, pictures.clone()));
            }
            Event::PresetRefused { .. }
            | Event::Refused {
                what: Refusal::Restart,
                ..
            } => self.preparing = None,
            Event::Refused { .. }
            | Event::Snapshot(_)
            | Event::PartOfStep(_)
            | Event::Checkpoint(_)
            | Event::PictureReady
            | Event::Dropped { .. } => {}
        }
    }

    fn go_back(&mut self, step: u64) {
        self.losses.rewind(step);
        self.over = None;
        for changed in &mut self.changes {
            changed.step = changed.step.min(step);
        }
    }

    fn note(&mut self, line: String) {
        if self.lines.len() == MOST_LINES {
            self.lines.remove(0);
        }
        self.lines.push(line);
    }

    fn begin_again(&mut self) {
        self.losses.rewind(0);
        self.changes.clear();
        self.lines.clear();
        self.gradients = None;
        self.stuck = None;
        self.over = None;
    }

    /// Everything, in an order in which it could have happened, with these kept states.
    pub(super) fn tell(&self, kept: Vec<Snapshot>) -> Vec<Told> {
        let mut told: Vec<Told> = Vec::new();
        let started = self.started.clone().map(Event::Started);
        told.extend(started.map(Told::Event));
        told.extend(self.losses.blocks().into_iter().map(Told::Losses));
        if let Some((preset, in_force)) = &self.presets {
            let last = Changed {
                candidate: 0,
                step: 0,
                changes: Vec::new(),
            };
            // One without a change says the preset where it was asked for and the same.
            let all = self.changes.iter().chain(std::iter::once(&last));
            told.extend(all.map(|changed| {
                Told::Event(Event::PresetChanged {
                    candidate: changed.candidate,
                    step: changed.step,
                    changes: changed.changes.clone(),
                    preset: Box::new(preset.clone()),
                    in_force: Box::new(in_force.clone()),
                })
            }));
        }
        told.extend(self.lines.iter().cloned().map(Told::Line));
        told.extend(kept.into_iter().map(Event::Snapshot).map(Told::Event));
        let gradients = self.gradients.clone().map(Event::Gradients);
        told.extend(gradients.map(Told::Event));
        match &self.over {
            Some(Over::Ended(reason, pictures, seconds)) => {
                told.push(Told::Event(Event::Ended {
                    reason: *reason,
                    pictures: pictures.clone(),
                    seconds: *seconds,
                }));
            }
            Some(Over::Failed(candidates, why, pictures)) => {
                let (candidates, why) = (candidates.clone(), why.clone());
                told.push(Told::Failed(candidates, why, pictures.clone()));
            }
            None => {}
        }
        told.extend(self.stuck.clone().map(Event::Stuck).map(Told::Event));
        told.extend(self.paused.map(Event::Paused).map(Told::Event));
        let preparing = self.preparing.clone().map(Event::Preparing);
        told.extend(preparing.map(Told::Event));
        told
    }
}
