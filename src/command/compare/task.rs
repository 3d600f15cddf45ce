//! `compare --task`: one lane of a comparison that another process planned. Main thread.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::contender::Field;
use super::shared_plan::{Planned, SharedPlan};
use super::{job, lines};
use crate::cli::RunOptions;
use crate::command::Failure;
use crate::command::interruption::Interruption;
use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::description::{Description, State};

/// Computes `lane` of the comparison at `folder`.
pub(super) fn run(folder: &Path, lane: usize, options: RunOptions) -> Result<ExitCode, Failure> {
    let folder = std::path::absolute(folder).map_err(Failure::new)?;
    let folder = ComparisonFolder::at(folder);
    let plan = SharedPlan::read(&folder).map_err(Failure::new)?;
    let candidates = plan.lane(&folder, lane).map_err(Failure::new)?;
    refuse_again(&folder, lane, &candidates)?;
    // Relative names in overrides and in the environment mean what they meant there. No other thread runs yet.
    std::env::set_current_dir(&plan.working_folder).map_err(|error| {
        Failure::new(format!(
            "the folder in which this comparison was planned, {}, cannot be entered here: {error}\n  \
             it has to be the same on all machines",
            visible(&plan.working_folder.display().to_string())
        ))
    })?;
    let field = Arc::new(Field::of_lane(&plan, &candidates, options)?);
    let interruption = Interruption::begin()?;
    field.record_in(&folder).map_err(Failure::new)?;
    let job = job(&field);
    lines::run(&field, job, Some(&folder), Vec::new(), interruption)
}

/// What is there already is not made twice; what was stopped or failed may be.
fn refuse_again(
    folder: &ComparisonFolder,
    lane: usize,
    candidates: &[&Planned],
) -> Result<(), Failure> {
    let shown = visible(&folder.path().display().to_string());
    let runs = folder.runs().map_err(|error| {
        Failure::new(format!(
            "{shown} cannot be read: {error}\n  see who may read it"
        ))
    })?;
    for run in runs {
        let is_of_lane = |one: &&Planned| run.number() == Some(one.number + 1);
        if !candidates.iter().any(is_of_lane) {
            continue;
        }
        let state = Description::read(&run).map(|description| description.state);
        if let Ok(state @ (State::Running | State::Completed)) = state {
            return Err(Failure::new(format!(
                "lane {lane} of {shown} was begun already: {} is {}\n  to compute it once more, compare anew",
                visible(&run.name()),
                state.in_words()
            )));
        }
    }
    Ok(())
}
