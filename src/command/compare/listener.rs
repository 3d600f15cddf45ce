//! What is heard of a comparison without a screen, told in lines or objects: how each gets on, what it left, and a table
//! and a report at the end. Main thread.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde_json::{Value, json};

use super::contender::{Contender, Field, Past};
use super::table::{Row, Standing};
use super::{can_go_on, folder_line, keeping, say_who, table};
use crate::command::output;
use crate::command::provenance::Made;
use crate::command::run::report;
use crate::command::telling::Telling;
use crate::engine::message::{EndReason, Event, LossBlock, Pictures, Started};
use crate::preset::visible::visible;
use crate::preset::{Change, Loaded};
use crate::record::figure;
use crate::record::folder::comparison::ComparisonFolder;

/// So many lines about the losses, the last one not counted.
const LINES: u64 = 10;

/// What is known of a contender.
#[derive(Debug, Default)]
struct Course {
    standing: Standing,
    started: Option<Started>,
    in_force: Option<Loaded>,
    changes: Vec<(u64, Change)>,
    is_over: bool,
}

impl Course {
    fn of(contender: &Contender) -> Self {
        Self {
            in_force: Some(contender.plan.preset.clone()),
            ..Self::default()
        }
    }

    /// Steps from `step` on have never been made; the preset stays.
    fn go_back(&mut self, step: u64) {
        self.standing.step = self.standing.step.min(step);
        for (at, _) in &mut self.changes {
            *at = (*at).min(step);
        }
    }
}

/// What is heard of all of them.
pub(super) struct Listener<'a> {
    field: &'a Field,
    courses: BTreeMap<usize, Course>,
    next_line: u64,
    json: bool,
    telling: Telling,
    pub(super) saved_something: bool,
    /// Somebody stopped them.
    pub(super) is_stopped: bool,
    /// What terminals that are attached are told of what was saved, and whether it went wrong.
    announced: Vec<(String, bool)>,
}

impl<'a> Listener<'a> {
    pub(super) fn new(field: &'a Field) -> Self {
        let all = field.all().into_iter();
        let courses = all.map(|contender| (contender.number, Course::of(&contender)));
        Self {
            courses: courses.collect(),
            field,
            next_line: 0,
            json: field.options.json,
            telling: Telling::default(),
            saved_something: false,
            is_stopped: false,
            announced: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self) {
        let contenders = self.field.all();
        let Some(first) = contenders.first() else {
            return;
        };
        let sources = &first.plan.sources;
        if self.json {
            let candidates: Vec<_> = contenders
                .iter()
                .map(|contender| {
                    let mut object = json!({
                        "candidate": contender.place,
                        "label": contender.label,
                        "preset": contender.plan.preset.name,
                        "run": contender.recorder().map(|recorder| recorder.folder().path()),
                    });
                    if let Past::GoesOn(said) | Past::Over(said, _) = &contender.past
                        && let Some(object) = object.as_object_mut()
                    {
                        object.insert("resumed".to_owned(), json!(said));
                    }
                    object
                })
                .collect();
            let object = sources.more_inputs().named_in(json!({
                "event": "start",
                "version": env!("CARGO_PKG_VERSION"),
                "content": sources.content.name(),
                "style": sources.style().name(),
                "candidates": candidates,
            }));
            return self.telling.json_line(&object);
        }
        let field = self.field;
        self.telling.tell(|| say_who(field));
    }

    /// One more, which somebody at an attached terminal wanted.
    pub(super) fn joins(&mut self, contender: &Contender) {
        self.courses.insert(contender.number, Course::of(contender));
        let label = visible(&contender.label);
        if self.json {
            self.telling.json_line(&json!({
                "event": "join",
                "candidate": contender.place,
                "label": contender.label,
                "preset": contender.plan.preset.name,
                "run": contender.recorder().map(|recorder| recorder.folder().path()),
            }));
        } else {
            let number = contender.place + 1;
            self.telling.line(format!("  {number}  {label} joins"));
        }
    }

    /// What those at other terminals do, in words.
    pub(super) fn note(&mut self, words: &str) {
        if !self.json {
            self.telling.line(words);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.courses.values().all(|course| course.is_over)
    }

    /// The steps of the one with most of them.
    pub(super) fn steps(&self) -> u64 {
        let steps = self
            .courses
            .values()
            .filter_map(|course| Some(course.in_force.as_ref()?.preset.total_steps()));
        steps.max().unwrap_or(0)
    }

    fn contender(&self, number: usize) -> Option<Arc<Contender>> {
        self.field.get(number)
    }

    /// Its number in the whole comparison.
    fn place(&self, number: usize) -> usize {
        self.contender(number)
            .map_or(number, |contender| contender.place)
    }

    /// Takes in what the engine says; what terminals that are attached are to be told of it, and whether it went wrong.
    pub(super) fn hear(&mut self, event: Event) -> Vec<(String, bool)> {
        match event {
            Event::Started(started) => {
                if !self.json && self.courses.values().all(|course| course.started.is_none()) {
                    let device = figure::device(&started.device, started.threads);
                    self.telling.line(format!("on {device}"));
                }
                for number in started.candidates.iter() {
                    if let Some(course) = self.courses.get_mut(number) {
                        course.started = Some(started.clone());
                    }
                }
            }
            Event::Losses(block) => self.losses(&block),
            Event::PastLosses(block) => {
                for number in block.candidates.iter() {
                    if let Some(course) = self.courses.get_mut(number) {
                        course.standing.hear(&block, *number);
                    }
                }
            }
            // Its picture is in its run's folder.
            Event::Dropped { candidate, .. } => {
                if let Some(course) = self.courses.get_mut(&candidate) {
                    course.is_over = true;
                    course.standing.state = "dropped";
                }
            }
            Event::PresetChanged {
                candidate,
                step,
                changes,
                in_force,
                ..
            } => {
                if let Some(course) = self.courses.get_mut(&candidate) {
                    if let Some(loaded) = &mut course.in_force {
                        loaded.preset = *in_force;
                    }
                    let changes = changes.into_iter().map(|change| (step, change));
                    course.changes.extend(changes);
                }
            }
            Event::Recovered(recovered) => {
                if let Some(course) = self.courses.get_mut(&recovered.candidate) {
                    course.go_back(recovered.step);
                }
                let line = report::recovered_line(&recovered);
                let object = report::recovered_object(&recovered);
                self.tell(&[recovered.candidate], &object, &line);
            }
            Event::Remark(remark) => {
                let line = report::remark_line(&remark);
                self.tell(&remark.candidates, &report::remark_object(&remark), &line);
            }
            Event::PresetRefused { error, .. } | Event::Refused { error, .. } => {
                output::error_line(format!("note: {error}"));
            }
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => {
                let state = match reason {
                    EndReason::Completed => "completed",
                    EndReason::BudgetSpent => "out of budget",
                    EndReason::Stopped => "stopped",
                };
                self.is_stopped |= reason == EndReason::Stopped;
                for number in pictures.candidates.iter().copied() {
                    self.over(number, state, &pictures, Some(seconds));
                }
            }
            Event::Failed {
                candidates,
                error,
                pictures,
            } => {
                self.failed(&candidates, &error.to_string(), &pictures.unwrap_or_default());
            }
            Event::Preparing(_)
            | Event::PartOfStep(_)
            | Event::Paused(_)
            | Event::Resumed(_)
            | Event::Snapshot(_)
            | Event::WentBack { .. }
            // Nobody could do anything about it here, so the candidate fails instead.
            | Event::Stuck(_)
            | Event::Gradients(_)
            | Event::Checkpoint(_)
            | Event::PictureReady => {}
        }
        std::mem::take(&mut self.announced)
    }

    /// They cannot go on.
    fn failed(&mut self, candidates: &[usize], why: &str, pictures: &Pictures) {
        for number in candidates.iter().copied() {
            let contender = self.contender(number);
            let label = contender.map(|contender| visible(&contender.label));
            if self.json {
                self.telling.json_line(&json!({
                    "event": "error",
                    "candidate": self.place(number),
                    "message": why,
                }));
            }
            output::error_line(format!("{} failed: {why}", label.unwrap_or_default()));
            self.over(number, "failed", pictures, None);
        }
    }

    /// A line, or an object, for each of `whose`.
    fn tell(&mut self, whose: &[usize], object: &Value, line: &str) {
        for number in whose {
            if self.json {
                let mut object = object.clone();
                if let Some(object) = object.as_object_mut() {
                    object.insert("candidate".to_owned(), json!(self.place(*number)));
                }
                self.telling.json_line(&object);
            } else {
                let contender = self.contender(*number);
                let label = contender.map(|contender| visible(&contender.label));
                let label = label.unwrap_or_default();
                self.telling.line(format!("{label}: {line}"));
            }
        }
    }

    fn losses(&mut self, block: &LossBlock) {
        for number in block.candidates.iter() {
            if let Some(course) = self.courses.get_mut(number) {
                course.standing.hear(block, *number);
                // Where more steps were asked for.
                course.is_over &= course.standing.state == "dropped";
            }
            if self.json {
                for losses in block.rows(*number) {
                    let mut object = report::step_object(&losses, block.seconds);
                    if let Some(object) = object.as_object_mut() {
                        object.insert("candidate".to_owned(), json!(self.place(*number)));
                    }
                    self.telling.json_line(&object);
                }
            }
        }
        let running = self.courses.values().filter(|course| !course.is_over);
        let step = running
            .map(|course| course.standing.step)
            .min()
            .unwrap_or(0);
        if !self.json && step > self.next_line {
            let every = (self.steps() / LINES).max(1);
            self.next_line = (step / every + 1) * every;
            let width = self.steps().to_string().len();
            // In steps every candidate is as far; of several lanes each has its own time.
            let styles: Vec<String> = self
                .courses
                .values()
                .map(|course| match course.standing.unweighted {
                    Some((_, style)) => format!("{:>7}", figure::loss(style)),
                    None => format!("{:>7}", "—"),
                })
                .collect();
            let styles = styles.join("  ");
            self.telling.line(format!(
                "step {step:width$}  style without weights {styles}"
            ));
        }
    }

    fn over(
        &mut self,
        number: usize,
        state: &'static str,
        pictures: &Pictures,
        seconds: Option<f64>,
    ) {
        let (Some(contender), Some(course)) =
            (self.field.get(number), self.courses.get_mut(&number))
        else {
            return;
        };
        if std::mem::replace(&mut course.is_over, true) {
            return;
        }
        course.standing.state = state;
        // One that is stopped while it is prepared stands where it did.
        if let Some(seconds) = seconds.filter(|_| !pictures.pictures.is_empty()) {
            course.standing.seconds = seconds;
            course.standing.step = pictures.step;
        }
        let picture = pictures.of(number).filter(|_| pictures.step > 0);
        let mut path = None;
        if let (Some(picture), Some(loaded)) = (picture, &course.in_force) {
            let made = Made {
                loaded,
                changes: &course.changes,
                started: course.started.as_ref(),
                step: pictures.step,
                seconds: course.standing.seconds,
                loss: course.standing.total,
            };
            match keeping::keep(self.field, &contender, picture, &made) {
                Ok(saved) => {
                    self.saved_something = true;
                    self.announced.push((saved.summary, false));
                    path = Some(saved.path);
                }
                // The others have pictures, too.
                Err(error) => {
                    self.announced.push((error.to_string(), true));
                    output::error_line(format!("note: {error}"));
                }
            }
        }
        if self.json && state != "failed" {
            self.telling.json_line(&json!({
                "event": "end",
                "candidate": contender.place,
                "reason": state,
                "step": course.standing.step,
                "seconds": course.standing.seconds,
                "output": path,
            }));
        }
    }

    /// The table, and where everything is; why nobody could be told, where that is so.
    pub(super) fn end(mut self, folder: Option<&ComparisonFolder>) -> io::Result<()> {
        if self.json {
            return self.telling.end();
        }
        let contenders = self.field.all();
        let rows: Vec<Row> = contenders
            .iter()
            .filter_map(|contender| {
                let course = self.courses.get(&contender.number)?;
                Some(Row {
                    number: contender.place,
                    label: contender.label.clone(),
                    preset: contender.plan.preset.preset.clone(),
                    standing: course.standing.clone(),
                })
            })
            .collect();
        self.telling.tell(|| table::print(&rows));
        if let Some(results) = &self.field.results {
            let shown = visible(&results.display().to_string());
            self.telling.line(format!("pictures in {shown}"));
        }
        if self.is_stopped && !self.saved_something {
            self.telling
                .line("stopped before the first step: no picture was written");
        }
        if let Some(folder) = folder.filter(|_| self.saved_something || can_go_on(self.field)) {
            self.telling.line(folder_line(self.field, folder));
            if self.field.is_part || !self.saved_something {
                return self.telling.end();
            }
            match crate::command::report::write_beside(folder) {
                Ok(path) => {
                    let shown = visible(&path.display().to_string());
                    self.telling.line(format!("report {shown}"));
                }
                Err(error) => output::error_line(format!("note: no report: {error}")),
            }
        }
        self.telling.end()
    }
}
