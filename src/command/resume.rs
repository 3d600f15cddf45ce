//! `stylescope resume`: goes on with a run, or with a whole comparison, whose program has ended, from the last checkpoints.
//! Main thread.

pub(super) mod ended;

use std::process::ExitCode;

use super::interruption::Interruption;
use super::run::detach;
use super::run::memory;
use super::run::plan::Plan;
use super::run::recording::{self, runs_folder};
use super::run::sources::Sources;
use super::run::{job, perform};
use super::{Failure, compare, output};
use crate::cli::{Command, ResumeArguments, RunOptions};
use crate::preset::visible::visible;
use crate::record::digest::Digests;
use crate::record::figure;
use crate::record::folder::RunFolder;
use crate::record::folder::description::Description;
use crate::record::folder::inventory::{self, Kept};
use ended::{Ended, begun_by, enter, looked_at, losses_before};

pub(super) fn execute(arguments: &ResumeArguments) -> Result<ExitCode, Failure> {
    let json = arguments.json;
    if let Some(left) = detach::leave(arguments.background, json) {
        return left;
    }
    super::run::said(json, resume(arguments))
}

fn resume(arguments: &ResumeArguments) -> Result<ExitCode, Failure> {
    let runs = runs_folder(arguments.place.folder.as_deref());
    let comparison = inventory::comparison_of(&runs, &arguments.run).map_err(Failure::new)?;
    if let Some(comparison) = comparison {
        return compare::resume(&comparison, arguments);
    }
    let kept = inventory::find(&runs, &arguments.run).map_err(Failure::new)?;
    alone(kept, arguments)
}

/// Goes on with one run.
fn alone(kept: Kept, arguments: &ResumeArguments) -> Result<ExitCode, Failure> {
    // The run's own names of files begin elsewhere.
    let folder = RunFolder::at(std::path::absolute(kept.folder.path())?);
    let id = visible(&folder.id());
    let ended = Ended::take(folder, kept.description, |run| still_goes_on(&id, run))?;
    enter(&ended.run.working_folder, "run")?;
    let mut ended = ended.with_steps(arguments.steps)?;
    let (made, wanted) = (ended.made(), ended.preset.total_steps());
    if made > 0 && made >= wanted {
        return nothing_to_do(&id, arguments, (made, wanted));
    }
    let digests = Digests::default();
    ended.check_weights(&digests)?;
    let options = looked_at(begun_with(&ended.run.command)?, &ended.run, arguments);
    let mut sources = Sources::recorded(&ended.run)?;
    sources.read()?;
    sources.check_recorded(&ended.run)?;
    let (loaded, overrides) = ended.loaded(&options, &sources);
    let plan = Plan::as_recorded(&ended.run, sources, loaded, overrides, options);
    let plan = plan.going_on(&digests)?;
    let (way, tiles) = memory::way(&plan)?;
    let said = ended.in_words();
    let past = losses_before(&ended.folder, ended.made(), 0);
    // In a comparison it may have been another one.
    let found = ended.checkpoint_of(0, &plan.preset.preset);
    let interruption = Interruption::without_screen(&plan.options)?;
    let recorder = recording::go_on(&plan, ended, (0, found.as_ref()))?;
    let from_where = format!("{id}: {said}");
    match (plan.options.json, plan.options.in_background) {
        (true, _) => {}
        // Standard output says how to come to it.
        (false, true) => output::error_line(from_where),
        (false, false) => output::line(from_where)?,
    }
    let mut job = job(&plan, true);
    job.checkpoints = found.into_iter().collect();
    job.past = past;
    job.way = way;
    job.notes.extend(tiles);
    perform(plan, job, (Some(recorder), None), interruption)
}

/// All steps are made. Whoever asks for fewer has made a mistake; otherwise it is as it should be, also to a script.
fn nothing_to_do(
    id: &str,
    arguments: &ResumeArguments,
    (made, wanted): (u64, u64),
) -> Result<ExitCode, Failure> {
    let has = format!("the run {id} has made {} already", figure::steps(made));
    if arguments.steps.is_some() && made > wanted {
        return Err(Failure::new(format!(
            "{has}, and {wanted} are asked for\n  give more with --steps"
        )));
    }
    if !arguments.json {
        output::line(format!("{has}, which are all; --steps N makes more"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn still_goes_on(id: &str, run: &Description) -> Failure {
    Failure::new(format!(
        "the run {id} still goes on (process {} on {})\n  \
         `stylescope attach {id}` opens its dashboard there, `stylescope watch {id}` shows it",
        run.process,
        visible(run.host().unwrap_or("this machine")),
    ))
}

/// The options on the command line by which a run was begun; the usual ones where it was another version's.
fn begun_with(command: &[String]) -> Result<RunOptions, Failure> {
    begun_by(command, &["stylescope", "demo"], |command| match command {
        Command::Run(arguments) => Some(arguments.options),
        Command::Demo(arguments) => Some(arguments.options),
        // Where the pictures went is for those that are compared.
        Command::Compare(arguments) => Some(RunOptions {
            output: None,
            ..arguments.options
        }),
        _ => None,
    })
}
