//! `stylescope compare`: several presets on the same two pictures. Main thread.

mod contender;
mod keeping;
mod lines;
mod live;
mod ordering;
mod presets;
mod shared_plan;
mod slurm;
pub(super) mod table;
mod task;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::run::live::has_terminal;
use super::run::{recording, report};
use super::{Failure, output};
use crate::cli::{Budget, CompareArguments, TileChoice};
use crate::engine::input::Candidate;
use crate::engine::worker::Job;
use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::plain_name;
use contender::{Contender, Field};

/// Characters of a label that go into the name of a picture, so that it is not too long.
const LONGEST_LABEL: usize = 80;

pub(super) fn execute(arguments: CompareArguments) -> Result<ExitCode, Failure> {
    let json = arguments.options.json;
    let result = compare(arguments);
    if let (true, Err(failure)) = (json, &result) {
        // What went wrong goes to standard error in any case.
        let _ = report::json_error(failure);
    }
    result
}

fn compare(arguments: CompareArguments) -> Result<ExitCode, Failure> {
    if let (Some(folder), Some(lane)) = (&arguments.task, arguments.lane) {
        return task::run(folder, lane, arguments.options);
    }
    if arguments.options.tile != TileChoice::Automatic {
        return Err(Failure::new(
            "--tile is for a single run\n  \
             a comparison takes smaller ways by itself where memory runs out: leave it out",
        ));
    }
    let slurm = arguments.slurm.clone();
    let field = Arc::new(Field::new(arguments)?);
    if slurm.slurm {
        ordering::order(&field, &slurm)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = match begin_to_record(&field) {
        Ok(folder) => folder,
        Err(note) => {
            output::error_line(format!("note: {note}"));
            None
        }
    };
    let job = job(&field);
    let result = if !field.options.headless && !field.options.json && has_terminal() {
        live::run(&field, job, folder.as_ref())
    } else {
        lines::run(&field, job, folder.as_ref())
    };
    if let Some(folder) = folder {
        // Where no step was made, nothing is left in it.
        let _ = folder.remove_if_empty();
    }
    result
}

fn job(field: &Field) -> Job {
    let contenders = field.all();
    let candidates: Vec<Candidate> = contenders
        .iter()
        .map(|contender| contender.candidate())
        .collect();
    let arguments = &field.options;
    let mut job = Job {
        candidates,
        ..Job::empty(arguments.device)
    };
    if let Some(first) = contenders.first() {
        job.weights = first.plan.weights_choice.clone();
    }
    job.threads = arguments.threads.map(usize::from);
    job.most_in_lane = field.most_in_lane;
    // Each contender is a run that can be gone on with.
    let interval = arguments.checkpoint_interval.0;
    job.checkpoint_interval = (!arguments.no_record).then_some(interval);
    if let Some(Budget::Time(time)) = field.budget {
        job.budget = Some(time);
    }
    job
}

/// A folder for the comparison, and in it a recorder for every contender.
fn begin_to_record(field: &Field) -> Result<Option<ComparisonFolder>, String> {
    if field.options.no_record {
        return Ok(None);
    }
    let Some(first) = field.all().into_iter().next() else {
        return Ok(None);
    };
    let folder = recording::begin_comparison(&first.plan)?;
    field.record_in(&folder)?;
    Ok(Some(folder))
}

/// Where more about the comparison can be read.
fn folder_line(folder: &ComparisonFolder) -> String {
    format!("kept in {}", visible(&folder.path().display().to_string()))
}

/// The name of a picture in the folder that a person asked for.
fn file_name(contender: &Contender) -> PathBuf {
    let label = plain_name(&contender.label, &['.', '='], LONGEST_LABEL);
    PathBuf::from(format!("{:02}-{label}.png", contender.place + 1))
}
