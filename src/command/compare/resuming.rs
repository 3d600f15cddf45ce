//! A comparison whose program has ended goes on: who of it does and from where, and who stays as it is. Main thread.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::contender::{Contender, Field};
use super::entrant::{Entrant, Planned};
use super::presets::chosen;
use super::{job, perform};
use crate::cli::{Budget, Command, CompareArguments, ResumeArguments, RunOptions};
use crate::command::interruption::Interruption;
use crate::command::resume::ended::{begun_by, enter, looked_at};
use crate::command::run::recording;
use crate::command::run::sources::Sources;
use crate::command::{Failure, output};
use crate::engine::arrangement::{arrange, by_steps};
use crate::engine::input::Candidate;
use crate::preset::visible::visible;
use crate::record::digest::Digests;
use crate::record::figure;
use crate::record::folder::comparison::{Comparison, ComparisonFolder};
use crate::record::folder::inventory::{self, Kept};

/// Goes on with the comparison in `folder`.
pub(in crate::command) fn resume(
    folder: &ComparisonFolder,
    arguments: &ResumeArguments,
) -> Result<ExitCode, Failure> {
    // The comparison's own names of files begin elsewhere.
    let folder = ComparisonFolder::at(std::path::absolute(folder.path())?);
    let id = visible(&folder.id());
    refuse_tasks(&folder, &id)?;
    let comparison = Comparison::read(&folder).map_err(|error| {
        Failure::new(format!(
            "{} cannot be read: {error}\n  \
             `stylescope resume` with the folder of one of its runs goes on with that one",
            visible(&folder.description().display().to_string())
        ))
    })?;
    let entrants = runs_of(&folder)?
        .into_iter()
        .map(|(number, kept)| Entrant::of(number, kept, &id, arguments.steps))
        .collect::<Result<Vec<_>, Failure>>()?;
    let Some(first) = entrants.iter().find_map(Entrant::ended) else {
        return nothing_to_do(&id, &entrants, arguments);
    };
    enter(&comparison.working_folder, "comparison")?;
    let begun = begun_with(&comparison.command)?;
    let plain = RunOptions {
        output: None,
        preset: None,
        ..begun.options.clone()
    };
    let options = looked_at(plain, &first.run, arguments);
    let mut sources = Sources::recorded(&first.run)?;
    sources.read()?;
    let mut field = Field::begun(&begun, options, sources, folder.clone())?;
    if arguments.steps.is_some() {
        // Whoever asks for more steps means it.
        field.budget = None;
    }
    let digests = Digests::default();
    let names: Vec<String> = begun
        .options
        .preset
        .into_iter()
        .chain(begun.presets)
        .collect();
    // Files that are gone by now are no reason not to go on with what was made of them.
    let chosen = chosen(&names, &begun.grid).unwrap_or_default();
    let mut planned = entrants
        .into_iter()
        .map(|entrant| entrant.planned(&field, &chosen, &digests))
        .collect::<Result<Vec<_>, Failure>>()?;
    let budget = match field.budget {
        Some(Budget::Time(budget)) => match left_of(budget, &field, &planned) {
            Some(left) => Some(left),
            None => return out_of_time(&id, budget, arguments),
        },
        _ => None,
    };
    let losses = planned.iter().flat_map(Planned::losses).collect();
    let before = planned.iter().flat_map(Planned::before).collect();
    let checkpoints = planned.iter_mut().filter_map(Planned::take_checkpoint);
    let checkpoints: Vec<_> = checkpoints.collect();
    let interruption = Interruption::without_screen(&field.options)?;
    for one in planned {
        let number = one.number;
        let checkpoint = checkpoints.iter().find(|found| found.candidate == number);
        let recorder = match one.ended {
            Some(ended) => Some(recording::go_on(&one.plan, ended, (number, checkpoint))?),
            None => None,
        };
        field.take_in(Contender::new(
            number, one.label, one.plan, one.past, recorder,
        ));
    }
    let mut job = job(&field);
    job.checkpoints = checkpoints;
    job.past = losses;
    job.budget = budget;
    perform(&Arc::new(field), job, Some(&folder), before, interruption)
}

/// The tasks of a job each go on with what is theirs.
fn refuse_tasks(folder: &ComparisonFolder, id: &str) -> Result<(), Failure> {
    if !folder.plan().exists() {
        return Ok(());
    }
    let shown = visible(&folder.path().display().to_string());
    Err(Failure::new(format!(
        "the comparison {id} was made for Slurm: its lanes are computed by the tasks of a job\n  \
         `stylescope resume {shown}/…` with the folder of one of its runs goes on with that one; \
         `sbatch {shown}/job.sh` begins those again that were stopped or failed"
    )))
}

/// Every run with its number from 0.
fn runs_of(folder: &ComparisonFolder) -> Result<Vec<(usize, Kept)>, Failure> {
    let mut numbered: Vec<(usize, Kept)> = Vec::new();
    for kept in inventory::of_comparison(folder).map_err(Failure::new)? {
        let shown = visible(&kept.folder.path().display().to_string());
        let Some(number) = kept.folder.number().map(|number| number - 1) else {
            return Err(Failure::new(format!(
                "{shown} is a run without a number, and none of this comparison's\n  move it elsewhere"
            )));
        };
        if numbered.iter().any(|(other, _)| *other == number) {
            return Err(Failure::new(format!(
                "{shown} has the number of another run of this comparison\n  move one of them elsewhere"
            )));
        }
        numbered.push((number, kept));
    }
    Ok(numbered)
}

/// All steps are made. Whoever asks for fewer has made a mistake; otherwise it is as it should be, also to a script.
fn nothing_to_do(
    id: &str,
    entrants: &[Entrant],
    arguments: &ResumeArguments,
) -> Result<ExitCode, Failure> {
    let most = entrants.iter().map(Entrant::made).max().unwrap_or(0);
    if let Some(steps) = arguments.steps.filter(|steps| *steps < most) {
        return Err(Failure::new(format!(
            "the runs of the comparison {id} have made up to {} already, and {steps} are asked for\n  \
             give more with --steps",
            figure::steps(most)
        )));
    }
    if !arguments.json {
        output::line(format!(
            "nobody of the comparison {id} has a step to make; --steps N makes more"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn out_of_time(
    id: &str,
    budget: Duration,
    arguments: &ResumeArguments,
) -> Result<ExitCode, Failure> {
    if !arguments.json {
        output::line(format!(
            "the comparison {id} has used up its time, {}; --steps N goes on without a limit",
            figure::elapsed(budget.as_secs_f64())
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The command line by which the comparison was begun; one that asks for nothing where it was another version's.
fn begun_with(command: &[String]) -> Result<CompareArguments, Failure> {
    let usual = ["stylescope", "compare", "content", "style", "demo"];
    begun_by(command, &usual, |command| match command {
        Command::Compare(arguments) => Some(*arguments),
        _ => None,
    })
}

/// What the engine is to be told of `budget`, of which a part is used up; `None` where all of it is.
fn left_of(budget: Duration, field: &Field, planned: &[Planned]) -> Option<Duration> {
    let all: Vec<&Planned> = planned.iter().filter(|one| !one.is_dropped()).collect();
    let candidate = |one: &&Planned| one.plan.sources.candidate(&one.plan.preset.preset);
    let seconds = |place: &usize| all.get(*place).map_or(0.0, |one| one.seconds());
    // Those of a lane have made their steps together, and the seconds of each are the lane's.
    let candidates: Vec<Candidate> = all.iter().map(candidate).collect();
    let lanes = arrange(&candidates, field.most_in_lane);
    let spent: f64 = lanes
        .iter()
        .map(|lane| lane.iter().map(seconds).fold(0.0, f64::max))
        .sum();
    let left = budget.checked_sub(Duration::try_from_secs_f64(spent).ok()?)?;
    // The engine counts on from what each of its lanes has used, and there may be more of them now.
    let going: Vec<&Planned> = all.into_iter().filter(|one| one.ended.is_some()).collect();
    let candidates: Vec<Candidate> = going.iter().map(candidate).collect();
    let step_of = |place: usize| going.get(place).and_then(|one| one.step());
    let counted: f64 = arrange(&candidates, field.most_in_lane)
        .iter()
        .flat_map(|lane| by_steps(lane, step_of))
        .filter_map(|lane| Some(going.get(*lane.first()?)?.seconds()))
        .sum();
    (left > Duration::ZERO).then(|| left.saturating_add(Duration::from_secs_f64(counted)))
}
