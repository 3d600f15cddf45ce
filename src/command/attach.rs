//! `stylescope attach`: the dashboard of a run or comparison that another program makes on this machine. Main thread; what becomes of
//! the run once the connection ends is looked up by the thread `attached reads`.

mod comparison;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::run::live::{has_terminal, paint_chart};
use super::run::recording::runs_folder;
use super::watch::{self, keeper::AsSeen, source};
use super::{Failure, left, output};
use crate::attach::address;
use crate::attach::client::{AttachError, Attached, attach};
use crate::attach::company::Company;
use crate::cli::AttachArguments;
use crate::dashboard;
use crate::dashboard::setup::{Running, Setup, Sharing};
use crate::preset::visible::visible;
use crate::record::folder::RunFolder;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::description::{Description, State, host_name};
use crate::record::folder::inventory::{self, Kept};

/// A program whose connection ended has so long to write down how its run ended.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How often that is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

pub(super) fn execute(arguments: &AttachArguments) -> Result<ExitCode, Failure> {
    let runs = runs_folder(arguments.place.folder.as_deref());
    let comparison = inventory::comparison_of(&runs, &arguments.run).map_err(Failure::new)?;
    if let Some(comparison) = comparison {
        return comparison::attach(&comparison, arguments);
    }
    let kept = inventory::find(&runs, &arguments.run).map_err(Failure::new)?;
    refuse_what_cannot_be(&kept)?;
    let folder = kept.folder.clone();
    let Attached {
        client,
        hearing,
        pictures,
        contenders,
        attached,
        ..
    } = attach(&kept.folder.socket(), move |is_heard| {
        fate(&folder, is_heard)
    })
    .map_err(|error| why(&What::of(&kept), &error))?;
    let Some(contender) = contenders.into_iter().next() else {
        return Err(Failure::new(AttachError::Refused(
            "it computes nothing".to_owned(),
        )));
    };
    let (content, no_content) = source::source("content", &kept.description.content);
    let (style, no_style) = source::source("style", &kept.description.style);
    let missing: Vec<String> = [no_content, no_style].into_iter().flatten().collect();
    let setup = Setup {
        start: Running::already(client, hearing, pictures),
        loaded: contender.loaded,
        overrides: contender.overrides,
        content,
        style,
        options: watch::options(&arguments.screen),
        keeper: Arc::new(AsSeen::new(&kept)),
        painter: paint_chart,
        recorder: None,
        note: (!missing.is_empty()).then(|| missing.join("; ")),
        watching: None,
        sharing: Sharing::Attached {
            id: kept.folder.id(),
            attached,
        },
    };
    let farewell = dashboard::run(setup)?;
    if !farewell.unseen {
        output::lines(&farewell.lines)?;
    }
    Ok(left(farewell.interrupted))
}

/// Refuses runs to which nobody can be attached, and terminals that cannot show one.
fn refuse_what_cannot_be(kept: &Kept) -> Result<(), Failure> {
    let what = What::of(kept);
    let id = &what.id;
    let run = &kept.description;
    what.refuse_elsewhere()?;
    if let Some(comparison) = compared_in(kept) {
        return Err(Failure::new(format!(
            "the run {id} is one of the comparison {comparison}, whose program makes all of them\n  \
             `stylescope attach {comparison}` shows and steers them, `stylescope watch {id}` shows this one"
        )));
    }
    let is_held = kept.folder.is_held();
    match run.state {
        State::Killed => {
            return Err(Failure::new(format!(
                "the run {id} was killed: its program ended without a word\n  \
                 `stylescope resume {id}` goes on with it, `stylescope watch {id}` shows how far it came"
            )));
        }
        State::Completed | State::Stopped | State::Dropped | State::Failed
            if is_held != Some(true) =>
        {
            return Err(over(id, run));
        }
        _ => {}
    }
    what.refuse_without_terminal()
}

/// The comparison that a run is part of, unless it was gone on with alone.
fn compared_in(kept: &Kept) -> Option<String> {
    let has_own = address::connect(&kept.folder.socket()).is_ok();
    kept.description.label.as_ref().filter(|_| !has_own)?;
    let comparison = ComparisonFolder::at(kept.folder.path().parent()?.to_owned());
    address::connect(&comparison.socket()).ok()?;
    Some(visible(&comparison.id()))
}

fn over(id: &str, run: &Description) -> Failure {
    let state = run.state.in_words();
    let more = match run.state {
        State::Completed => format!("`stylescope resume {id} --steps N` goes on with more steps"),
        _ => format!("`stylescope resume {id}` goes on with it"),
    };
    Failure::new(format!(
        "the run {id} is over ({state}): its program has ended\n  \
         {more}, `stylescope watch {id}` and `stylescope runs show {id}` show it"
    ))
}

/// What somebody wants to be attached to.
struct What {
    /// `run` or `comparison`.
    kind: &'static str,
    /// What it is called; safe to print.
    id: String,
    folder: PathBuf,
    /// The machine's name, where it was written down.
    host: Option<String>,
    process: u32,
}

impl What {
    fn of(kept: &Kept) -> Self {
        Self {
            kind: "run",
            id: visible(&kept.folder.id()),
            folder: kept.folder.path().to_owned(),
            host: kept.description.host().map(str::to_owned),
            process: kept.description.process,
        }
    }

    fn refuse_elsewhere(&self) -> Result<(), Failure> {
        let (kind, id) = (self.kind, &self.id);
        let Some(host) = self.host.as_ref().filter(|host| **host != host_name()) else {
            return Ok(());
        };
        let path = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let command = [
            "ssh".to_owned(),
            "-t".to_owned(),
            host.clone(),
            "stylescope".to_owned(),
            "attach".to_owned(),
            // The other machine's shell takes it apart once more.
            shell_words::quote(&path.to_string_lossy()).into_owned(),
        ];
        Err(Failure::new(format!(
            "the {kind} {id} is on the machine {}, and only programs there can be attached\n  \
             {}\n  `stylescope watch {id}` shows it from here",
            visible(host),
            visible(&shell_words::join(command)),
        )))
    }

    fn refuse_without_terminal(&self) -> Result<(), Failure> {
        if has_terminal() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "a terminal is needed to be attached to a {}\n  `stylescope watch {} --headless` prints lines",
            self.kind, self.id
        )))
    }
}

/// Why nobody answers, and what can be done about it.
fn why(what: &What, error: &AttachError) -> Failure {
    let What {
        kind, id, process, ..
    } = what;
    let watch = format!("`stylescope watch {id}` shows it");
    match error {
        AttachError::Socket(error) => match error.kind() {
            ErrorKind::NotFound => Failure::new(format!(
                "the {kind} {id} has no socket: it has just ended, is one of an older version, or its folder is on a file \
                 system without sockets\n  {watch}"
            )),
            ErrorKind::ConnectionRefused => Failure::new(format!(
                "nobody answers for the {kind} {id}: its program has ended, or is on another machine\n  {watch}"
            )),
            ErrorKind::PermissionDenied => Failure::new(format!(
                "the {kind} {id} is another user's: only that one can be attached\n  {watch} where its folder may be read"
            )),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Failure::new(format!(
                "the program of the {kind} {id} (process {process}) does not answer: it may be stopped\n  \
                 `kill -CONT {process}` lets it go on, {watch}"
            )),
            _ => Failure::new(format!(
                "the {kind} {id} cannot be reached: {error}\n  {watch}"
            )),
        },
        AttachError::Refused(_) | AttachError::Nonsense(_) => {
            Failure::new(format!("{error}\n  {watch}"))
        }
    }
}

/// What became of a run whose program ended the connection. Waits for that program to write it down, while it `is_heard`.
fn fate(folder: &RunFolder, is_heard: &dyn Fn() -> bool) -> Company {
    let began = Instant::now();
    let description = loop {
        let read = Description::read(folder);
        let goes_on = read
            .as_ref()
            .is_ok_and(|run| run.state == State::Running || folder.is_held() == Some(true));
        if !goes_on || began.elapsed() > LAST_WORDS || !is_heard() {
            break read;
        }
        std::thread::sleep(LOOK_INTERVAL);
    };
    let id = visible(&folder.id());
    let (state, why, is_error) = match description {
        Ok(run) => match run.state {
            State::Running => (
                "not connected".to_owned(),
                format!(
                    "the connection to the run was lost, and the run goes on: `stylescope attach {id}` comes back"
                ),
                true,
            ),
            State::Killed => (
                "killed".to_owned(),
                format!(
                    "the run was killed: its program ended without a word; `stylescope resume {id}` goes on with it"
                ),
                true,
            ),
            State::Failed => {
                let failure = run.failure.unwrap_or_default();
                let first = visible(failure.lines().next().unwrap_or_default());
                (
                    "failed".to_owned(),
                    format!("the run failed: {first}"),
                    true,
                )
            }
            state @ (State::Completed | State::Stopped | State::Dropped) => {
                let word = state.in_words();
                let why = format!("the run is over ({word}), and its program has ended");
                (word.to_owned(), why, false)
            }
        },
        Err(error) => (
            "gone".to_owned(),
            format!("the run's folder cannot be read any more: {error}"),
            true,
        ),
    };
    Company::Lost {
        state,
        why,
        is_error,
    }
}
