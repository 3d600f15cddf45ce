//! `stylescope resume`: goes on with a run whose program has ended, from its last checkpoint. Main thread.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use super::run::memory;
use super::run::plan::Plan;
use super::run::recording::{self, runs_folder};
use super::run::{job, perform};
use super::{Failure, output};
use crate::cli::{Cli, Command, ResumeArguments, RunOptions};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::message::LossBlock;
use crate::preset::visible::visible;
use crate::preset::{
    self, Change, ChangeClass, LARGEST_FILE, Loaded, Origin, Override, Preset, diff, plain_file,
    with_restart_fields_of,
};
use crate::record::digest::Digests;
use crate::record::figure;
use crate::record::folder::description::{Description, State};
use crate::record::folder::inventory;
use crate::record::folder::metrics::Metrics;
use crate::record::folder::{Hold, RunFolder, checkpoint};

pub(super) fn execute(arguments: &ResumeArguments) -> Result<ExitCode, Failure> {
    let json = arguments.json;
    super::run::said(json, resume(arguments))
}

fn resume(arguments: &ResumeArguments) -> Result<ExitCode, Failure> {
    let runs = runs_folder(arguments.place.folder.as_deref());
    let kept = inventory::find(&runs, &arguments.run).map_err(Failure::new)?;
    // The run's own names of files begin elsewhere.
    let folder = RunFolder::at(std::path::absolute(kept.folder.path())?);
    let hold = hold(&folder, &kept.description)?;
    let run = as_it_ended(&folder, kept.description);
    enter(&run)?;
    let (found, notes) = newest(&folder)?;
    for note in &notes {
        output::error_line(format!("note: {note}"));
    }
    let preset = match &found {
        Some(checkpoint) => saved_since(&folder, &checkpoint.preset),
        None => preset::load(&folder.preset().to_string_lossy(), &[])?.preset,
    };
    let preset = with_steps(preset, arguments)?;
    let made = found.as_ref().map_or(0, |found| found.step);
    let wanted = preset.total_steps();
    if found.is_some() && made >= wanted {
        return nothing_to_do(&folder, arguments, (made, wanted));
    }
    let digests = Digests::default();
    check_weights(&run, &preset, &digests)?;
    let options = options(&run, arguments)?;
    let (loaded, overrides) = loaded(&run, preset, &options);
    let plan = Plan::to_go_on(&run, loaded, overrides, options, &digests)?;
    let (way, tiles) = memory::way(&plan)?;
    let found = found.map(|found| Checkpoint {
        // In a comparison it may have been another one.
        candidate: 0,
        // What waited for a restart still does, whatever else is in force by now.
        wanted: with_restart_fields_of(&plan.preset.preset, &found.wanted),
        ..found
    });
    let (id, said) = (folder.id(), said(&run, found.as_ref()));
    let past = past(&folder, found.as_ref());
    let recorder = recording::go_on(&plan, (folder, hold), run, found.as_ref());
    let recorder = recorder.map_err(|error| {
        Failure::new(format!(
            "the run {id} cannot be recorded on: {error}\n  make room or mend that, and try again"
        ))
    })?;
    if !plan.options.json {
        output::line(format!("{}: {said}", visible(&id)))?;
    }
    let mut job = job(&plan, true);
    job.checkpoints = found.into_iter().collect();
    job.past = past;
    job.way = way;
    job.notes.extend(tiles);
    perform(plan, job, Some(recorder), None)
}

/// All steps are made. Whoever asks for fewer has made a mistake; otherwise it is as it should be, also to a script.
fn nothing_to_do(
    folder: &RunFolder,
    arguments: &ResumeArguments,
    (made, wanted): (u64, u64),
) -> Result<ExitCode, Failure> {
    let id = visible(&folder.id());
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

/// Takes hold of the run's folder, unless the run still goes on.
fn hold(folder: &RunFolder, run: &Description) -> Result<Hold, Failure> {
    let id = visible(&folder.id());
    match folder.hold_again() {
        Ok(Some(hold)) => Ok(hold),
        Ok(None) => Err(Failure::new(format!(
            "the run {id} still goes on (process {} on {})\n  \
             `stylescope attach {id}` opens its dashboard there, `stylescope watch {id}` shows it",
            run.process,
            visible(run.host().unwrap_or("this machine")),
        ))),
        Err(error) => Err(Failure::new(format!(
            "the folder of the run {id} cannot be written: {error}\n  a run is gone on with where it is recorded: make it writable"
        ))),
    }
}

/// What is known of the run now that nobody else writes it; `seen` was read before.
fn as_it_ended(folder: &RunFolder, seen: Description) -> Description {
    let run = Description::read_as_written(folder).unwrap_or(seen);
    match run.state {
        State::Running => Description {
            state: State::Killed,
            ..run
        },
        _ => run,
    }
}

/// Goes to where the run was begun: names of files start there.
fn enter(run: &Description) -> Result<(), Failure> {
    let there = Path::new(&run.working_folder);
    if run.working_folder.is_empty() {
        return Ok(());
    }
    std::env::set_current_dir(there).map_err(|error| {
        Failure::new(format!(
            "the run was begun in {}, which cannot be entered: {error}\n  \
             names of files start there: make that folder again, or begin a new run",
            visible(&run.working_folder)
        ))
    })
}

/// The newest checkpoint that is whole, and what is wrong with those that are not.
fn newest(folder: &RunFolder) -> Result<(Option<Checkpoint>, Vec<String>), Failure> {
    let all = checkpoint::all(folder).map_err(|error| {
        Failure::new(format!(
            "{} cannot be read: {error}\n  make it readable, or begin a new run",
            visible(&folder.checkpoints().display().to_string())
        ))
    })?;
    let mut notes = Vec::new();
    for (_, path) in all.iter().rev() {
        match checkpoint::read(path) {
            Ok(found) => return Ok((Some(found), notes)),
            Err(error) => notes.push(format!(
                "the checkpoint {} is of no use: {}",
                visible(&path.display().to_string()),
                visible(&error.to_string())
            )),
        }
    }
    if !all.is_empty() {
        notes.push("no checkpoint of this run is whole: it begins again".to_owned());
    }
    Ok((None, notes))
}

/// The preset that stands in the run's folder: a person may have saved another one there since, or one was turned after the
/// last checkpoint. `kept`, that of the checkpoint, where it cannot be read or only counts from a restart on.
fn saved_since(folder: &RunFolder, kept: &Preset) -> Preset {
    let text = plain_file::read_text(&folder.preset(), LARGEST_FILE).unwrap_or_default();
    match preset::from_toml(&text, "preset.toml") {
        Ok(saved) => {
            let changes = diff(kept, &saved);
            let counts = |change: &Change| change.class != ChangeClass::Restart;
            if changes.iter().all(counts) {
                saved
            } else {
                kept.clone()
            }
        }
        Err(_) => kept.clone(),
    }
}

fn with_steps(preset: Preset, arguments: &ResumeArguments) -> Result<Preset, Failure> {
    let Some(steps) = arguments.steps else {
        return Ok(preset);
    };
    let setting = Override {
        key: "schedule.steps".to_owned(),
        value: steps.to_string(),
    };
    Ok(preset::with_overrides(&preset, &[setting])?)
}

/// Refuses a file of trained weights that is another one than the run had.
fn check_weights(run: &Description, preset: &Preset, digests: &Digests) -> Result<(), Failure> {
    let Some(weights) = &run.weights else {
        return Ok(());
    };
    let (Some(path), Some(then)) = (&preset.network.weights, &weights.sha256) else {
        // Those that are found by themselves are checked where they are read.
        return Ok(());
    };
    let now = digests.begin(path).ok().and_then(|digest| digest.get());
    match now {
        Some(now) if now != *then => Err(Failure::new(format!(
            "the weights {} are another file than the run was made with (SHA-256 {then}, and now {now})\n  \
             put the old one back there, or begin a new run",
            visible(&path.display().to_string())
        ))),
        // That it is missing is said with more words where it is read.
        _ => Ok(()),
    }
}

/// As the run was begun, and looked at as is asked for now.
fn options(run: &Description, arguments: &ResumeArguments) -> Result<RunOptions, Failure> {
    let mut options = begun_with(&run.command)?;
    options.headless = arguments.headless;
    options.json = arguments.json;
    options.graphics = arguments.graphics;
    if let Some(device) = arguments.device {
        options.device = device;
    }
    // As many as there were: sums are rounded otherwise with more of them, or fewer.
    let threads = run.threads.and_then(|threads| u16::try_from(threads).ok());
    options.threads = arguments.threads.or(threads).filter(|threads| *threads > 0);
    Ok(options)
}

/// The options on the command line by which a run was begun; the usual ones where it was another version's.
fn begun_with(command: &[String]) -> Result<RunOptions, Failure> {
    let usual = ["stylescope", "demo"].map(str::to_owned);
    let mut tried = [command, &usual].into_iter();
    tried
        .find_map(|words| match Cli::try_parse_from(words).ok()?.command {
            Command::Run(arguments) => Some(arguments.options),
            Command::Demo(arguments) => Some(arguments.options),
            Command::Compare(arguments) => Some(arguments.options),
            _ => None,
        })
        .ok_or_else(|| Failure::new("the command by which the run was begun makes no sense"))
}

/// The preset under its name. Where its file still says what is in force, the file counts on, so that what is saved
/// there takes effect.
fn loaded(run: &Description, preset: Preset, options: &RunOptions) -> (Loaded, Vec<Override>) {
    let file = run.preset_file.as_deref();
    let overrides = options.overrides.clone();
    if let Ok(loaded) = preset::load(file.unwrap_or(&run.preset), &overrides)
        && diff(&loaded.preset, &preset).is_empty()
    {
        return (loaded, overrides);
    }
    let loaded = Loaded {
        name: run.preset.clone(),
        origin: Origin::Text,
        preset,
        files: Vec::new(),
    };
    (loaded, Vec::new())
}

/// The losses of the steps before `found`, so that the curve begins where the run did.
fn past(folder: &RunFolder, found: Option<&Checkpoint>) -> Vec<LossBlock> {
    let Some(found) = found else {
        return Vec::new();
    };
    // A curve that begins later is no reason not to go on.
    let metrics = Metrics::read_sound(&folder.metrics());
    metrics.map_or_else(
        |_| Vec::new(),
        |(metrics, _)| metrics.losses_before(found.step, 0),
    )
}

/// `killed, going on from step 120`
fn said(run: &Description, found: Option<&Checkpoint>) -> String {
    let ended = run.state.in_words();
    match found {
        Some(found) => format!("{ended}, going on after {}", figure::steps(found.step)),
        None => format!("{ended} before its first checkpoint, beginning again"),
    }
}
