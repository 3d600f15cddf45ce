//! Everything that a terminal is told when it is attached, so that its screen shows the run, or all of a comparison, as if
//! it had been there from the start. Bounded. Owned by the thread `hub`.

mod course;

use indexmap::IndexMap;

use crate::engine::message::{Event, Pictures, Refusal, Snapshot, Stage, Started};
use crate::preset::visible::visible;

use super::losses::Rows;
use course::Course;

/// What went wrong and was mended: so many lines are told.
const MOST_LINES: usize = 50;

/// The run so far, or the comparison.
#[derive(Debug, Default)]
pub struct Backlog {
    preparing: Option<Stage>,
    /// In the order in which they were first heard of.
    courses: IndexMap<usize, Course>,
    /// What went wrong on the way, in words.
    lines: Vec<String>,
    paused: Option<u64>,
    /// Events that were heard, to know which is older.
    count: u64,
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
        self.count += 1;
        match event {
            Event::Preparing(stage) => self.preparing = Some(stage.clone()),
            Event::Started(started) => self.started(started),
            Event::Losses(block) | Event::PastLosses(block) => {
                self.preparing = None;
                for number in block.candidates.iter() {
                    self.course(*number).losses(block);
                }
            }
            Event::PresetChanged {
                candidate,
                step,
                changes,
                preset,
                in_force,
            } => {
                self.preparing = None;
                let presets = ((**preset).clone(), (**in_force).clone());
                self.course(*candidate).changed(*step, changes, presets);
            }
            Event::Paused(step) => self.paused = Some(*step),
            Event::Resumed(_) => self.paused = None,
            Event::WentBack {
                candidates, step, ..
            } => {
                for number in candidates.iter() {
                    self.course(*number).go_back(*step);
                }
            }
            Event::Recovered(recovered) => {
                self.course(recovered.candidate).go_back(recovered.step);
                self.note(visible(&recovered.to_string()));
            }
            Event::Stuck(stuck) => self.course(stuck.candidate).stuck(stuck),
            Event::Remark(remark) => {
                self.note(format!("step {}: {}", remark.step, visible(&remark.words)));
            }
            Event::Gradients(gradients) => {
                for number in gradients.candidates.iter() {
                    self.course(*number).gradients = Some(gradients.clone());
                }
            }
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => {
                self.paused = None;
                for number in pictures.candidates.iter() {
                    let own = pictures.only(*number);
                    self.course(*number).ended(*reason, own, *seconds);
                }
            }
            Event::Dropped {
                candidate,
                pictures,
            } => self.course(*candidate).dropped(pictures.only(*candidate)),
            Event::Failed {
                candidates,
                error,
                pictures,
            } => {
                for number in candidates.iter() {
                    let own = pictures.as_ref().map(|pictures| pictures.only(*number));
                    self.course(*number).failed(error.to_string(), own);
                }
            }
            Event::PresetRefused { .. }
            | Event::Refused {
                what: Refusal::Restart | Refusal::Join(_),
                ..
            } => self.preparing = None,
            Event::Refused { .. }
            | Event::Snapshot(_)
            | Event::PartOfStep(_)
            | Event::Checkpoint(_)
            | Event::PictureReady => {}
        }
    }

    fn started(&mut self, started: &Started) {
        self.preparing = None;
        let count = self.count;
        for number in started.candidates.iter() {
            self.course(*number).started(started, count);
        }
        if started.step == 0 && self.courses.len() == started.candidates.len() {
            self.lines.clear();
        }
    }

    fn course(&mut self, number: usize) -> &mut Course {
        let new = || Course::new(number);
        self.courses.entry(number).or_insert_with(new)
    }

    fn note(&mut self, line: String) {
        if self.lines.len() == MOST_LINES {
            self.lines.remove(0);
        }
        self.lines.push(line);
    }

    /// Everything, in an order in which it could have happened, with these kept states.
    pub(super) fn tell(&self, kept: Vec<Snapshot>) -> Vec<Told> {
        let courses = || self.courses.values();
        // A lane is said once; who left one has been in another since, so the newest comes last.
        let mut lanes: Vec<&(u64, Started)> = courses().filter_map(Course::lane).collect();
        lanes.sort_by_key(|(count, _)| *count);
        lanes.dedup_by_key(|(count, _)| *count);
        let started = lanes.into_iter().map(|(_, started)| started.clone());
        let mut told: Vec<Told> = started.map(Event::Started).map(Told::Event).collect();
        told.extend(courses().flat_map(Course::rows).map(Told::Losses));
        told.extend(courses().flat_map(Course::changes).map(Told::Event));
        told.extend(self.lines.iter().cloned().map(Told::Line));
        told.extend(kept.into_iter().map(Event::Snapshot).map(Told::Event));
        let mut gradients: Vec<Event> = courses().filter_map(Course::measured).collect();
        gradients.dedup_by_key(|event| match event {
            Event::Gradients(gradients) => gradients.candidates.to_vec(),
            _ => Vec::new(),
        });
        told.extend(gradients.into_iter().map(Told::Event));
        told.extend(courses().filter_map(Course::over));
        told.extend(courses().filter_map(Course::standing).map(Told::Event));
        told.extend(self.paused.map(Event::Paused).map(Told::Event));
        let preparing = self.preparing.clone().map(Event::Preparing);
        told.extend(preparing.map(Told::Event));
        told
    }
}
