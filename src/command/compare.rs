//! `stylescope compare`: several presets on the same two pictures. Main thread.

mod contender;
mod entrant;
mod keeping;
mod lines;
mod listener;
mod live;
mod ordering;
mod presets;
mod resuming;
mod shared_plan;
mod slurm;
pub(super) mod table;
mod task;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::interruption::Interruption;
use super::run::{detach, recording, report};
use super::{Failure, INTERRUPTED, RESUMABLE, output, signals};
use crate::attach::hub::Opening;
use crate::cli::{Budget, CompareArguments, TileChoice};
use crate::engine::message::Event;
use crate::engine::worker::Job;
use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::plain_name;
use contender::{Contender, Field, Past};
pub(super) use resuming::resume;

/// Characters of a label that go into the name of a picture, so that it is not too long.
const LONGEST_LABEL: usize = 80;

pub(super) fn execute(arguments: CompareArguments) -> Result<ExitCode, Failure> {
    let json = arguments.options.json;
    if let Some(left) = detach::leave(arguments.background, json) {
        return left;
    }
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
    let options = &arguments.options;
    if options.tile != TileChoice::Automatic || options.memory_limit.is_some() {
        return Err(Failure::new(
            "--tile and --memory-limit are for a single run\n  \
             a comparison takes smaller ways by itself where memory runs out: leave them out",
        ));
    }
    let slurm = arguments.slurm.clone();
    let in_background = arguments.background.in_background;
    let field = Arc::new(Field::new(arguments)?);
    if slurm.slurm {
        ordering::order(&field, &slurm)?;
        return Ok(ExitCode::SUCCESS);
    }
    let interruption = Interruption::without_screen(&field.options)?;
    let folder = match begin_to_record(&field) {
        Ok(folder) => folder,
        Err(note) if in_background => {
            return Err(Failure::new(format!(
                "{note}\n  nobody could come back to it: mend that, or leave --detach out"
            )));
        }
        Err(note) => {
            output::error_line(format!("note: {note}"));
            None
        }
    };
    let job = job(&field);
    let result = perform(&field, job, folder.as_ref(), Vec::new(), interruption);
    if let Some(folder) = folder {
        // Where no step was made, nothing is left in it.
        let _ = folder.remove_if_empty();
    }
    result
}

/// Carries out a comparison that is recorded by now, or is not; everybody hears first what happened `before`. Without what
/// interrupts it, it is for the dashboard.
fn perform(
    field: &Arc<Field>,
    job: Job,
    folder: Option<&ComparisonFolder>,
    before: Vec<Event>,
    interruption: Option<Interruption>,
) -> Result<ExitCode, Failure> {
    match interruption {
        None => live::run(field, job, folder, before),
        Some(interruption) => lines::run(field, job, folder, before, interruption),
    }
}

fn job(field: &Field) -> Job {
    let all = field.all().into_iter();
    let contenders: Vec<_> = all.filter(|contender| !contender.is_over()).collect();
    let contender = |contender: &Arc<Contender>| contender.candidate();
    let arguments = &field.options;
    let mut job = Job {
        candidates: contenders.iter().map(contender).collect(),
        numbers: contenders
            .iter()
            .map(|contender| contender.number)
            .collect(),
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

/// What others are to know of the comparison, which is recorded in `folder`.
fn opening(field: &Field, folder: Option<&ComparisonFolder>, before: Vec<Event>) -> Opening {
    let contenders = field.all();
    Opening {
        // Of several programs that compute a comparison together none speaks for all.
        socket: folder
            .filter(|_| !field.is_part)
            .map(ComparisonFolder::socket),
        contenders: contenders.iter().map(|one| one.as_attached()).collect(),
        before,
    }
}

/// Who is compared, a line each, and where each of them stands.
fn say_who(field: &Field) -> io::Result<()> {
    let contenders = field.all();
    let Some(first) = contenders.first() else {
        return Ok(());
    };
    output::line(format!(
        "comparing {} presets: {}",
        contenders.len(),
        first.plan.sources.in_words()
    ))?;
    for contender in &contenders {
        let (number, label) = (contender.place + 1, visible(&contender.label));
        output::line(match &contender.past {
            Past::None => format!("  {number}  {label}"),
            Past::GoesOn(said) | Past::Over(said, _) => format!("  {number}  {label}: {said}"),
        })?;
    }
    Ok(())
}

/// Where more about the comparison can be read, and how it is gone on with where it can be.
fn folder_line(field: &Field, folder: &ComparisonFolder) -> String {
    let kept = format!("kept in {}", visible(&folder.path().display().to_string()));
    if can_go_on(field) && !field.is_part {
        let id = visible(&folder.id());
        format!("{kept}; `stylescope resume {id}` goes on")
    } else {
        kept
    }
}

/// Whether anybody can be gone on with, once all is written.
fn can_go_on(field: &Field) -> bool {
    let contenders = field.all();
    let mut recorders = contenders
        .iter()
        .filter_map(|contender| contender.recorder());
    recorders.any(|recorder| recorder.can_go_on())
}

/// The exit code of a comparison that was stopped, once everything of it is written.
fn stopped_code(field: &Field) -> ExitCode {
    let can_go_on = can_go_on(field) && !field.is_part;
    ExitCode::from(if signals::was_terminated() && can_go_on {
        RESUMABLE
    } else {
        INTERRUPTED
    })
}

/// The name of a picture in the folder that a person asked for.
fn file_name(contender: &Contender) -> PathBuf {
    let label = plain_name(&contender.label, &['.', '='], LONGEST_LABEL);
    PathBuf::from(format!("{:02}-{label}.png", contender.place + 1))
}
