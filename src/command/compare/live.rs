//! A comparison in the dashboard: what it is given, who saves its pictures, who lets others join. Main thread;
//! pictures are saved on the dashboard's own.

use std::process::ExitCode;
use std::sync::Arc;

use super::contender::{Contender, Field, Past};
use super::{folder_line, keeping, opening, say_who, stopped_code};
use crate::command::provenance::Made;
use crate::command::run::live::{options, paint_chart, shown_content, shown_style, step_name};
use crate::command::{Failure, output, signals, terminal_picture};
use crate::dashboard;
use crate::dashboard::setup::{
    CompareCandidate, CompareSetup, Joiner, Joining, Keeper, Running, Saved, Saving, Sharing,
};
use crate::engine::message::Event;
use crate::engine::worker::{Job, Worker};
use crate::record::folder::comparison::ComparisonFolder;

pub(super) fn run(
    field: &Arc<Field>,
    mut job: Job,
    folder: Option<&ComparisonFolder>,
    before: Vec<Event>,
) -> Result<ExitCode, Failure> {
    // Somebody looks, and can do something.
    job.pauses = true;
    let contenders = field.all();
    let Some(first) = contenders.first() else {
        return Err(Failure::new("there is nothing to compare"));
    };
    if contenders.iter().any(|one| !matches!(one.past, Past::None)) {
        // To be read when the screen has been left.
        say_who(field)?;
    }
    let opening = opening(field, folder, before);
    let setup = CompareSetup {
        start: Box::new(move || Running::shared(Worker::spawn(job)?, opening)),
        candidates: contenders
            .iter()
            .map(|contender| shown(contender))
            .collect(),
        content: shown_content(&first.plan.sources),
        style: shown_style(&first.plan.sources),
        options: options(&field.options),
        sharing: folder.map_or(Sharing::Alone, |folder| Sharing::Own { id: folder.id() }),
        keeper: Some(Arc::new(Pictures(Arc::clone(field)))),
        painter: paint_chart,
        joiner: Some(Arc::new(Joins(Arc::clone(field)))),
        arrivals: None,
        note: None,
    };
    let farewell = dashboard::compare(setup)?;
    if signals::was_terminated() {
        field.keep();
    }
    for contender in field.all() {
        if let Some(recorder) = contender.recorder() {
            recorder.finish();
            for trouble in recorder.take_troubles() {
                output::error_line(format!("note: {trouble}"));
            }
        }
    }
    if !farewell.unseen {
        if let Some(picture) = &farewell.picture {
            terminal_picture::print(picture, field.options.graphics);
        }
        output::lines(&farewell.lines)?;
        if let Some(folder) = folder.filter(|folder| {
            let runs = folder.runs();
            runs.is_ok_and(|runs| !runs.is_empty())
        }) {
            output::line(folder_line(field, folder))?;
            output::line(format!(
                "`stylescope report {}` makes one file of it",
                folder.id()
            ))?;
        }
    }
    match farewell.failure {
        Some(failure) => Err(Failure::new(failure)),
        None if farewell.interrupted => Ok(stopped_code(field)),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn shown(contender: &Contender) -> CompareCandidate {
    CompareCandidate {
        number: contender.number,
        label: contender.label.clone(),
        loaded: contender.plan.preset.clone(),
        overrides: contender.plan.overrides.clone(),
        recorder: contender.recorder().cloned(),
        sighting: None,
        is_over: contender.is_over(),
    }
}

/// Saves pictures under the names that the contenders' plans have for them.
#[derive(Debug)]
struct Pictures(Arc<Field>);

impl Keeper for Pictures {
    fn save(&self, saving: &Saving) -> Result<Saved, String> {
        let contender = self
            .0
            .get(saving.candidate)
            .ok_or("there is no such candidate")?;
        let picture = saving
            .pictures
            .of(saving.candidate)
            .ok_or("there is no picture to save")?;
        let made = Made {
            loaded: &saving.loaded,
            changes: &saving.changes,
            started: saving.started.as_ref(),
            step: saving.pictures.step,
            seconds: saving.seconds,
            loss: saving.loss,
        };
        let saved = if saving.is_result {
            keeping::keep(&self.0, &contender, picture, &made)
        } else {
            let name = step_name(&contender.plan.output, saving.pictures.step);
            keeping::save(&contender, (&name, false), picture, &made)
        };
        saved.map_err(|failure| failure.to_string())
    }
}

/// Lets presets join.
#[derive(Debug)]
struct Joins(Arc<Field>);

impl Joiner for Joins {
    fn join(&self, number: usize, name: &str) -> Result<Joining, String> {
        let contender = self
            .0
            .join(number, name)
            .map_err(|failure| failure.to_string())?;
        Ok(Joining {
            candidate: shown(&contender),
            input: Box::new(contender.candidate()),
        })
    }
}
