//! The folder in which a run is kept: where it is, and what it knows from the start. Main thread.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;

use super::plan::Plan;
use crate::cli::IN_BACKGROUND;
use crate::command::Failure;
use crate::command::resume::ended::Ended;
use crate::engine::checkpoint::Checkpoint;
use crate::preset::visible::visible;
use crate::preset::{Origin, to_toml};
use crate::record::figure;
use crate::record::folder::comparison::{Comparison, ComparisonFolder};
use crate::record::folder::description::{Description, Input, State, host_name};
use crate::record::folder::recorder::{Beginning, GoingOn, Recorder};
use crate::record::folder::{Hold, RunFolder};

/// The variable that `--runs` stands above.
const RUNS_VARIABLE: &str = "STYLESCOPE_RUNS";
/// Where runs are kept where nobody says otherwise.
const RUNS: &str = "runs";

/// The folder of all runs: `asked`, else what the environment says.
pub(in crate::command) fn runs_folder(asked: Option<&Path>) -> PathBuf {
    let variable = || std::env::var_os(RUNS_VARIABLE).filter(|value| !value.is_empty());
    asked
        .map(Path::to_owned)
        .or_else(|| variable().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(RUNS))
}

/// Makes the folder of a comparison, whose pictures are those of `plan`.
pub(in crate::command) fn begin_comparison(plan: &Plan) -> Result<ComparisonFolder, String> {
    let runs = runs_folder(plan.options.runs.as_deref());
    let now = Zoned::now();
    let made = ComparisonFolder::create(&runs, &now).and_then(|folder| {
        let whole = description(plan, &now);
        Comparison {
            program: whole.program,
            command: whole.command,
            working_folder: whole.working_folder,
            machine: whole.machine,
            began: whole.began,
            content: whole.content,
            style: whole.style,
            more: whole.more,
        }
        .write(&folder)?;
        Ok(folder)
    });
    made.map_err(|error| not_recorded("comparison", &runs, &error))
}

/// Why a `run` or `comparison` is not recorded, and what can be done about it.
pub(in crate::command) fn not_recorded(what: &str, folder: &Path, error: &io::Error) -> String {
    let shown = visible(&folder.display().to_string());
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory if folder.is_file() => {
            format!("{shown} is a file, a folder was expected")
        }
        _ => format!("{shown} cannot be written: {error}"),
    };
    format!(
        "this {what} is not recorded: {why} (--runs FOLDER names another folder, --no-record needs none)"
    )
}

/// Begins to record the candidate of the comparison in `folder` that has these numbers there and in the engine, from
/// 0, and that people call `label`.
pub(in crate::command) fn begin_compared(
    plan: &Plan,
    folder: &ComparisonFolder,
    (place, candidate): (usize, usize),
    label: &str,
) -> io::Result<Arc<Recorder>> {
    let (run, hold) = RunFolder::create_numbered(folder.path(), place + 1, &plan.preset.name)?;
    let description = Description {
        label: Some(label.to_owned()),
        ..description(plan, &Zoned::now())
    };
    Ok(Arc::new(begin_in(plan, run, hold, description, candidate)?))
}

fn beginning(
    plan: &Plan,
    folder: RunFolder,
    hold: Hold,
    description: Description,
    candidate: usize,
) -> Beginning {
    Beginning {
        folder,
        hold,
        description,
        weights: plan.weights.clone(),
        init: plan.init_file.clone(),
        preset: to_toml(&plan.preset.preset),
        candidate,
        tensorboard: plan.options.tensorboard,
        goes_on: None,
    }
}

/// Records on in the folder of a run that had ended. The engine calls it `candidate`, and it goes on from `checkpoint`;
/// without one it begins again.
pub(in crate::command) fn go_on(
    plan: &Plan,
    ended: Ended,
    (candidate, checkpoint): (usize, Option<&Checkpoint>),
) -> Result<Arc<Recorder>, Failure> {
    let now = Zoned::now();
    let today = description(plan, &now);
    let Ended {
        folder,
        hold,
        run: then,
        ..
    } = ended;
    let id = folder.id();
    let after = then.state;
    let mut resumed = then.resumed;
    resumed.push(now.timestamp());
    let description = Description {
        program: today.program,
        libtorch: today.libtorch,
        machine: today.machine,
        process: today.process,
        ended: None,
        state: State::Running,
        failure: None,
        step: checkpoint.map_or(0, |checkpoint| checkpoint.step),
        seconds: checkpoint.map_or(0.0, |checkpoint| checkpoint.seconds),
        steps: today.steps,
        resumed,
        ..then
    };
    let begun = beginning(plan, folder, hold, description, candidate);
    let wanted = checkpoint.map_or(&plan.preset.preset, |checkpoint| &checkpoint.wanted);
    let recorder = Recorder::begin(Beginning {
        goes_on: Some(GoingOn {
            step: checkpoint.map_or(0, |checkpoint| checkpoint.step),
            after,
            wanted: to_toml(wanted),
        }),
        ..begun
    });
    recorder.map(Arc::new).map_err(|error| {
        Failure::new(format!(
            "the run {} cannot be recorded on: {error}\n  make room or mend that, and try again",
            visible(&id)
        ))
    })
}

fn begin_in(
    plan: &Plan,
    folder: RunFolder,
    hold: Hold,
    description: Description,
    candidate: usize,
) -> io::Result<Recorder> {
    let path = folder.path().to_owned();
    let begun = Recorder::begin(beginning(plan, folder, hold, description, candidate));
    if begun.is_err() {
        // Half a folder is of no use to anybody.
        let _ = std::fs::remove_dir_all(path);
    }
    begun
}

/// Begins to record, where that is wanted. That it cannot be is no reason not to run.
pub(super) fn begin(plan: &Plan) -> Result<Option<Arc<Recorder>>, String> {
    if plan.options.no_record {
        return Ok(None);
    }
    let runs = runs_folder(plan.options.runs.as_deref());
    let now = Zoned::now();
    let name = &plan.preset.name;
    let recorder = RunFolder::create(&runs, name, &now)
        .and_then(|(folder, hold)| begin_in(plan, folder, hold, description(plan, &now), 0));
    match recorder {
        Ok(recorder) => Ok(Some(Arc::new(recorder))),
        Err(error) => Err(not_recorded("run", &runs, &error)),
    }
}

fn description(plan: &Plan, now: &Zoned) -> Description {
    let file = |path: &Path| Input::file(path, None);
    Description {
        program: concat!("stylescope ", env!("CARGO_PKG_VERSION")).to_owned(),
        libtorch: env!("STYLESCOPE_LIBTORCH_VERSION").to_owned(),
        command: std::env::args_os()
            .filter(|word| word.to_str() != Some(IN_BACKGROUND))
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
        working_folder: std::env::current_dir()
            .map(|folder| folder.display().to_string())
            .unwrap_or_default(),
        machine: machine(),
        process: std::process::id(),
        began: now.timestamp(),
        preset: plan.preset.name.clone(),
        preset_file: match &plan.preset.origin {
            Origin::File(path) => Some(path.display().to_string()),
            Origin::BuiltIn | Origin::Text => None,
        },
        content: plan.sources.content.input(),
        style: plan.sources.style().input(),
        more: plan.sources.more_inputs(),
        weights: plan.weights.as_ref().map(|digest| file(digest.path())),
        init: plan.init_file.as_ref().map(|digest| file(digest.path())),
        seed: plan.preset.preset.schedule.seed,
        steps: Some(plan.preset.preset.total_steps()),
        ..Description::default()
    }
}

/// `node7, linux x86_64, 16 cores`
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {} {}, {}",
        host_name(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        figure::counted(cores as u64, "core"),
    )
}
