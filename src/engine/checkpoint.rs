//! A run at one moment, as plain data: what it goes on from after its program has ended. The worker makes and takes
//! it; any thread may hold it.

use tch::Device;

use super::EngineError;
use super::input::Candidate;
use super::lane_run::LaneRun;
use super::progress::Progress;
pub use crate::optimizer::saved::{Element, SavedState, Values};
use crate::preset::Preset;

/// One candidate, between two steps. With the same pictures, weights and number of threads, the steps that follow on a
/// CPU are bit for bit those that would have followed: everything else, targets and random numbers included, comes from
/// these and the step.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What it was called.
    pub candidate: usize,
    /// Updates made.
    pub step: u64,
    /// Seconds of stepping so far.
    pub seconds: f64,
    /// The preset in force.
    pub preset: Preset,
    /// The preset as last asked for: what waits for a restart included.
    pub wanted: Preset,
    /// Picture, moments or curvature, moving average.
    pub state: SavedState,
}

/// The checkpoints of all candidates of `lane`, none where any number of them is not finite: from there nobody wants to go
/// on. All losses must have been read.
pub(super) fn of_lane(lane: &LaneRun) -> Result<Vec<Checkpoint>, EngineError> {
    let (seconds, wanted) = (lane.stepping().as_secs_f64(), lane.wanted.iter());
    let lane = &lane.lane;
    if !tch::no_grad(|| lane.progress().is_finite())? {
        return Ok(Vec::new());
    }
    let progress = lane.progress();
    let candidates = lane
        .candidates()
        .iter()
        .zip(wanted)
        .zip(lane.numbers().iter());
    candidates
        .enumerate()
        .map(|(row, ((candidate, wanted), number))| {
            Ok(Checkpoint {
                candidate: *number,
                step: progress.step,
                seconds,
                preset: candidate.preset.clone(),
                wanted: wanted.clone(),
                state: tch::no_grad(|| progress.saved(row))?,
            })
        })
        .collect()
}

/// The state that `checkpoints` hold, one candidate after the other, which must have made the same number of steps.
pub(super) fn progress_of(
    checkpoints: &[&Checkpoint],
    candidates: &[Candidate],
    device: Device,
) -> Result<Progress, EngineError> {
    let step = checkpoints.first().map_or(0, |first| first.step);
    let states: Vec<&SavedState> = checkpoints.iter().map(|one| &one.state).collect();
    Progress::restored(&states, candidates, step, device)
        .map_err(|error| EngineError::Checkpoint(error.to_string()))
}
