//! A comparison without a screen: lines or JSON while it goes on, a table and a report at its end. Main thread.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

use serde_json::{Value, json};

use super::contender::{Contender, Field, Past};
use super::table::{Row, Standing};
use super::{folder_line, keeping, opening, say_who, stopped_code, table};
use crate::attach::company::Voice;
use crate::attach::hub::Hub;
use crate::command::provenance::Made;
use crate::command::run::steering::{Mistakes, steer, take};
use crate::command::run::{INTERRUPT_CHECK_INTERVAL, report, stop_on_interrupt};
use crate::command::{Failure, output, signals};
use crate::engine::EngineError;
use crate::engine::message::{Command, EndReason, Event, LossBlock, Pictures, Started};
use crate::engine::worker::{Job, Worker};
use crate::preset::visible::visible;
use crate::preset::{Change, Loaded};
use crate::record::figure;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::snapshot_schedule::SnapshotSchedule;

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
    /// Steps from `step` on have never been made; the preset stays.
    fn go_back(&mut self, step: u64) {
        self.standing.step = self.standing.step.min(step);
        for (at, _) in &mut self.changes {
            *at = (*at).min(step);
        }
    }
}

/// What is heard of all of them.
struct Listener<'a> {
    field: &'a Field,
    courses: BTreeMap<usize, Course>,
    next_line: u64,
    json: bool,
    saved_something: bool,
}

pub(super) fn run(
    field: &Arc<Field>,
    job: Job,
    folder: Option<&ComparisonFolder>,
    before: Vec<Event>,
) -> Result<ExitCode, Failure> {
    let mut listener = Listener::new(field);
    listener.begin()?;
    signals::listen()
        .map_err(|error| Failure::new(format!("cannot listen for Ctrl-C: {error}")))?;
    let (hub, hearing, _) = Hub::start(Worker::spawn(job)?, opening(field, before)?)?;
    let gone = || EngineError::WorkerGone("it said nothing any more".to_owned());
    let worker = hub.worker().ok_or_else(gone)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let mut snapshots = SnapshotSchedule::default();
    let mut snapshots_pending = false;
    let contenders = field.all();
    let recorded = || {
        contenders
            .iter()
            .filter_map(|contender| Some((contender, contender.recorder()?)))
    };
    let steered: Vec<_> = recorded()
        .map(|(contender, recorder)| {
            let mistakes = Mistakes::default();
            let number = contender.number;
            let steering = steer(&contender.plan, worker, number, recorder, &mistakes);
            (contender, mistakes, steering)
        })
        .collect();
    while !listener.is_over() {
        for (contender, mistakes, _) in &steered {
            for mistake in take(mistakes) {
                output::error_line(format!("note: {}: {mistake}", visible(&contender.label)));
            }
        }
        let event = match hearing.recv_timeout(INTERRUPT_CHECK_INTERVAL) {
            Ok(Voice::Engine(event)) => event,
            Ok(Voice::Company(_)) | Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Err(gone().into()),
        };
        for (contender, recorder) in recorded() {
            recorder.hear(&event);
            for trouble in recorder.take_troubles() {
                output::error_line(format!("note: {}: {trouble}", visible(&contender.label)));
            }
        }
        match &event {
            Event::Started(_) => stop_on_interrupt(worker, &interrupted),
            Event::Losses(block) => {
                let step = block.first_step + block.steps();
                if recorded().next().is_some()
                    && !snapshots_pending
                    && snapshots.is_due(Instant::now(), step, listener.steps())
                {
                    snapshots_pending = true;
                    hub.send(Command::Snapshot);
                }
            }
            // Only its pictures are wanted, and the recorders have them.
            Event::Snapshot(snapshot) => {
                snapshots_pending = false;
                hub.send(Command::Forget {
                    snapshot: snapshot.number,
                });
            }
            _ => {}
        }
        listener.hear(event)?;
    }
    drop(steered);
    for (_, recorder) in recorded() {
        recorder.finish();
    }
    listener.end(folder)?;
    let was_interrupted = interrupted.load(Ordering::Relaxed);
    if was_interrupted {
        Ok(stopped_code(field))
    } else if listener.saved_something {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::Reported)
    }
}

impl<'a> Listener<'a> {
    fn new(field: &'a Field) -> Self {
        let courses = field.all().into_iter().map(|contender| {
            let course = Course {
                in_force: Some(contender.plan.preset.clone()),
                ..Course::default()
            };
            (contender.number, course)
        });
        Self {
            courses: courses.collect(),
            field,
            next_line: 0,
            json: field.options.json,
            saved_something: false,
        }
    }

    fn begin(&self) -> Result<(), Failure> {
        let contenders = self.field.all();
        let Some(first) = contenders.first() else {
            return Ok(());
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
            output::json_line(&sources.more_inputs().named_in(json!({
                "event": "start",
                "version": env!("CARGO_PKG_VERSION"),
                "content": sources.content.name(),
                "style": sources.style().name(),
                "candidates": candidates,
            })))?;
            return Ok(());
        }
        Ok(say_who(self.field)?)
    }

    fn is_over(&self) -> bool {
        self.courses.values().all(|course| course.is_over)
    }

    /// The steps of the one with most of them.
    fn steps(&self) -> u64 {
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

    fn hear(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Started(started) => {
                if !self.json && self.courses.values().all(|course| course.started.is_none()) {
                    output::line(format!(
                        "on {}",
                        figure::device(&started.device, started.threads)
                    ))?;
                }
                for number in started.candidates.iter() {
                    if let Some(course) = self.courses.get_mut(number) {
                        course.started = Some(started.clone());
                    }
                }
            }
            Event::Losses(block) => self.losses(&block)?,
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
                self.tell(&[recovered.candidate], &object, &line)?;
            }
            Event::Remark(remark) => {
                let line = report::remark_line(&remark);
                self.tell(&remark.candidates, &report::remark_object(&remark), &line)?;
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
                for number in pictures.candidates.iter().copied() {
                    self.over(number, state, &pictures, Some(seconds))?;
                }
            }
            Event::Failed {
                candidates,
                error,
                pictures,
            } => {
                for number in candidates.iter().copied() {
                    let contender = self.contender(number);
                    let label = contender.map(|contender| visible(&contender.label));
                    let label = label.unwrap_or_default();
                    if self.json {
                        output::json_line(&json!({
                            "event": "error",
                            "candidate": self.place(number),
                            "message": error.to_string(),
                        }))?;
                    }
                    output::error_line(format!("{label} failed: {error}"));
                    let pictures = pictures.clone().unwrap_or_default();
                    self.over(number, "failed", &pictures, None)?;
                }
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
        Ok(())
    }

    /// A line, or an object, for each of `whose`.
    fn tell(&self, whose: &[usize], object: &Value, line: &str) -> Result<(), Failure> {
        for number in whose {
            if self.json {
                let mut object = object.clone();
                if let Some(object) = object.as_object_mut() {
                    object.insert("candidate".to_owned(), json!(self.place(*number)));
                }
                output::json_line(&object)?;
            } else {
                let contender = self.contender(*number);
                let label = contender.map(|contender| visible(&contender.label));
                output::line(format!("{}: {line}", label.unwrap_or_default()))?;
            }
        }
        Ok(())
    }

    fn losses(&mut self, block: &LossBlock) -> Result<(), Failure> {
        for number in block.candidates.iter() {
            if let Some(course) = self.courses.get_mut(number) {
                course.standing.hear(block, *number);
            }
            if self.json {
                for losses in block.rows(*number) {
                    let mut object = report::step_object(&losses, block.seconds);
                    if let Some(object) = object.as_object_mut() {
                        object.insert("candidate".to_owned(), json!(self.place(*number)));
                    }
                    output::json_line(&object)?;
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
            output::line(format!(
                "step {step:width$}  style without weights {}",
                styles.join("  ")
            ))?;
        }
        Ok(())
    }

    fn over(
        &mut self,
        number: usize,
        state: &'static str,
        pictures: &Pictures,
        seconds: Option<f64>,
    ) -> Result<(), Failure> {
        let (Some(contender), Some(course)) =
            (self.field.get(number), self.courses.get_mut(&number))
        else {
            return Ok(());
        };
        if std::mem::replace(&mut course.is_over, true) {
            return Ok(());
        }
        course.standing.state = state;
        if let Some(seconds) = seconds {
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
                    path = Some(saved.path);
                }
                // The others have pictures, too.
                Err(error) => output::error_line(format!("note: {error}")),
            }
        }
        if self.json && state != "failed" {
            output::json_line(&json!({
                "event": "end",
                "candidate": contender.place,
                "reason": state,
                "step": pictures.step,
                "seconds": course.standing.seconds,
                "output": path,
            }))?;
        }
        Ok(())
    }

    fn end(&self, folder: Option<&ComparisonFolder>) -> Result<(), Failure> {
        if self.json {
            return Ok(());
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
        table::print(&rows)?;
        if let Some(results) = &self.field.results {
            let shown = visible(&results.display().to_string());
            output::line(format!("pictures in {shown}"))?;
        }
        if let Some(folder) = folder.filter(|_| self.saved_something) {
            output::line(folder_line(self.field, folder))?;
            if self.field.is_part {
                return Ok(());
            }
            match crate::command::report::write_beside(folder) {
                Ok(path) => {
                    let shown = visible(&path.display().to_string());
                    output::line(format!("report {shown}"))?;
                }
                Err(error) => output::error_line(format!("note: no report: {error}")),
            }
        }
        Ok(())
    }
}
