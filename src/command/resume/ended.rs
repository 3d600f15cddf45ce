//! A run that has ended: what it was, and what it is gone on from. Main thread; reads and holds the run's folder.

use std::path::Path;

use clap::Parser;

use crate::cli::{Cli, Command, ResumeArguments, RunOptions};
use crate::command::run::plan::overrides;
use crate::command::run::sources::Sources;
use crate::command::{Failure, output};
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
use crate::record::folder::metrics::Metrics;
use crate::record::folder::{Hold, RunFolder, checkpoint};

/// A run that nobody makes any more.
#[derive(Debug)]
pub(in crate::command) struct Ended {
    pub(in crate::command) folder: RunFolder,
    pub(in crate::command) hold: Hold,
    /// As it ended.
    pub(in crate::command) run: Description,
    /// The newest one that is whole.
    pub(in crate::command) checkpoint: Option<Checkpoint>,
    /// What it is to go on by.
    pub(in crate::command) preset: Preset,
}

impl Ended {
    /// Takes hold of the run in `folder`, of which `seen` was read before; `still` says what is to be said where it goes on.
    pub(in crate::command) fn take(
        folder: RunFolder,
        seen: Description,
        still: impl FnOnce(&Description) -> Failure,
    ) -> Result<Self, Failure> {
        let hold = match folder.hold_again() {
            Ok(Some(hold)) => hold,
            Ok(None) => return Err(still(&seen)),
            Err(error) => {
                return Err(Failure::new(format!(
                    "the folder of the run {} cannot be written: {error}\n  \
                     a run is gone on with where it is recorded: make it writable",
                    visible(&folder.id())
                )));
            }
        };
        let run = as_it_ended(&folder, seen);
        let checkpoint = newest(&folder)?;
        let preset = match &checkpoint {
            Some(checkpoint) => saved_since(&folder, &checkpoint.preset),
            None => preset::load(&folder.preset().to_string_lossy(), &[])?.preset,
        };
        Ok(Self {
            folder,
            hold,
            run,
            checkpoint,
            preset,
        })
    }

    /// The same with as many steps as are asked for.
    pub(in crate::command) fn with_steps(self, steps: Option<u64>) -> Result<Self, Failure> {
        let Some(steps) = steps else {
            return Ok(self);
        };
        let setting = Override {
            key: "schedule.steps".to_owned(),
            value: steps.to_string(),
        };
        Ok(Self {
            preset: preset::with_overrides(&self.preset, &[setting])?,
            ..self
        })
    }

    /// Steps that it has made, as far as they can be gone on from.
    pub(in crate::command) fn made(&self) -> u64 {
        self.checkpoint.as_ref().map_or(0, |found| found.step)
    }

    /// Refuses a file of trained weights that is another one than the run had.
    pub(in crate::command) fn check_weights(&self, digests: &Digests) -> Result<(), Failure> {
        let Some(weights) = &self.run.weights else {
            return Ok(());
        };
        let (Some(path), Some(then)) = (&self.preset.network.weights, &weights.sha256) else {
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

    /// The preset under its name. Where its file, under what `options` lay over it, still says what is in force, the file
    /// counts on, so that what is saved there takes effect.
    pub(in crate::command) fn loaded(
        &self,
        options: &RunOptions,
        sources: &Sources,
    ) -> (Loaded, Vec<Override>) {
        let name = self.run.preset_file.as_ref().unwrap_or(&self.run.preset);
        if let Ok(overrides) = overrides(name, options, sources)
            && let Ok(loaded) = preset::load(name, &overrides)
            && diff(&loaded.preset, &self.preset).is_empty()
        {
            return (loaded, overrides);
        }
        let loaded = Loaded {
            name: self.run.preset.clone(),
            origin: Origin::Text,
            preset: self.preset.clone(),
            files: Vec::new(),
        };
        (loaded, Vec::new())
    }

    /// The checkpoint as that of `candidate`, which it may not have been before, under the preset `in_force` now.
    pub(in crate::command) fn checkpoint_of(
        &mut self,
        candidate: usize,
        in_force: &Preset,
    ) -> Option<Checkpoint> {
        let found = self.checkpoint.take()?;
        Some(Checkpoint {
            candidate,
            // What waited for a restart still does, whatever else is in force by now.
            wanted: with_restart_fields_of(in_force, &found.wanted),
            ..found
        })
    }

    /// `killed, going on after 120 steps`
    pub(in crate::command) fn in_words(&self) -> String {
        let ended = self.run.state.in_words();
        match &self.checkpoint {
            Some(found) => format!("{ended}, going on after {}", figure::steps(found.step)),
            None => format!("{ended} before its first checkpoint, beginning again"),
        }
    }
}

/// The losses of the steps before `step` of the run in `folder`, as those of `candidate`.
pub(in crate::command) fn losses_before(
    folder: &RunFolder,
    step: u64,
    candidate: usize,
) -> Vec<LossBlock> {
    // A curve that begins later is no reason not to go on.
    let metrics = Metrics::read_sound(&folder.metrics());
    metrics.map_or_else(
        |_| Vec::new(),
        |(metrics, _)| metrics.losses_before(step, candidate),
    )
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

/// Goes to where the run or comparison, `what`, was begun: names of files start there.
pub(in crate::command) fn enter(working_folder: &str, what: &str) -> Result<(), Failure> {
    if working_folder.is_empty() {
        return Ok(());
    }
    std::env::set_current_dir(Path::new(working_folder)).map_err(|error| {
        Failure::new(format!(
            "the {what} was begun in {}, which cannot be entered: {error}\n  \
             names of files start there: make that folder again, or begin a new {what}",
            visible(working_folder)
        ))
    })
}

/// The newest checkpoint that is whole. What is wrong with those that are not is said.
fn newest(folder: &RunFolder) -> Result<Option<Checkpoint>, Failure> {
    let all = checkpoint::all(folder).map_err(|error| {
        Failure::new(format!(
            "{} cannot be read: {error}\n  make it readable, or begin a new run",
            visible(&folder.checkpoints().display().to_string())
        ))
    })?;
    for (_, path) in all.iter().rev() {
        match checkpoint::read(path) {
            Ok(found) => return Ok(Some(found)),
            Err(error) => output::error_line(format!(
                "note: the checkpoint {} is of no use: {}",
                visible(&path.display().to_string()),
                visible(&error.to_string())
            )),
        }
    }
    if !all.is_empty() {
        output::error_line(format!(
            "note: no checkpoint of the run {} is whole: it begins again",
            visible(&folder.id())
        ));
    }
    Ok(None)
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

/// What is `wanted` of the command line by which something was begun, or of the `usual` one where it was another version's.
pub(in crate::command) fn begun_by<T>(
    command: &[String],
    usual: &[&str],
    wanted: impl Fn(Command) -> Option<T>,
) -> Result<T, Failure> {
    let parsed = [Cli::try_parse_from(command), Cli::try_parse_from(usual)];
    let mut parsed = parsed.into_iter().flatten();
    parsed
        .find_map(|words| wanted(words.command))
        .ok_or_else(|| Failure::new("the command by which it was begun makes no sense"))
}

/// `options`, by which it was begun, looked at as is asked for now; `run` is one that was made by them.
pub(in crate::command) fn looked_at(
    options: RunOptions,
    run: &Description,
    arguments: &ResumeArguments,
) -> RunOptions {
    // As many as there were, or were asked for where it was killed before any step: sums are rounded otherwise with more
    // of them, or fewer.
    let known = run.threads.and_then(|threads| u16::try_from(threads).ok());
    let threads = known.or(options.threads);
    RunOptions {
        headless: arguments.headless,
        json: arguments.json,
        graphics: arguments.graphics,
        steps: arguments.steps.or(options.steps),
        device: arguments.device.unwrap_or(options.device),
        threads: arguments.threads.or(threads).filter(|threads| *threads > 0),
        in_background: arguments.background.in_background,
        ..options
    }
}
