//! The view of a comparison that another program makes on this machine, with every key. Main thread; what becomes of it once
//! the connection ends is looked up by the thread `attached reads`, pictures are saved by `tasks`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use super::{LAST_WORDS, LOOK_INTERVAL, What, why};
use crate::attach::client::{Attached, attach as connect};
use crate::attach::company::Company;
use crate::cli::AttachArguments;
use crate::command::run::live::paint_chart;
use crate::command::watch::comparison::pictures_of;
use crate::command::watch::{self, keeper::AsSeen};
use crate::command::{Failure, left, output};
use crate::dashboard;
use crate::dashboard::setup::{
    CompareCandidate, CompareSetup, Keeper, Running, Saved, Saving, Sharing,
};
use crate::preset::visible::visible;
use crate::record::figure::counted;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::description::State;
use crate::record::folder::inventory::{self, Kept, NotFound};

/// Opens the view of the comparison in `folder`.
pub(super) fn attach(
    folder: &ComparisonFolder,
    arguments: &AttachArguments,
) -> Result<ExitCode, Failure> {
    let runs = inventory::of_comparison(folder).map_err(Failure::new)?;
    let Some(first) = runs.first() else {
        return Err(Failure::new(NotFound::NotBegun {
            path: folder.path().to_owned(),
        }));
    };
    let what = What {
        kind: "comparison",
        id: visible(&folder.id()),
        folder: folder.path().to_owned(),
        ..What::of(first)
    };
    what.refuse_elsewhere()?;
    refuse_what_is_over(&what.id, folder, &runs)?;
    what.refuse_without_terminal()?;
    let of_whom = folder.clone();
    let Attached {
        client,
        hearing,
        pictures,
        contenders,
        attached,
        ..
    } = connect(&folder.socket(), move |is_heard| fate(&of_whom, is_heard))
        .map_err(|error| why(&what, &error))?;
    let [content, style] = pictures_of(&first.description);
    let setup = CompareSetup {
        start: Running::already(client, hearing, pictures),
        candidates: contenders
            .into_iter()
            .map(CompareCandidate::attached)
            .collect(),
        content,
        style,
        options: watch::options(&arguments.screen),
        sharing: Sharing::Attached {
            id: folder.id(),
            attached,
        },
        keeper: Some(Arc::new(AllAsSeen(folder.clone()))),
        painter: paint_chart,
        joiner: None,
        arrivals: None,
        note: None,
    };
    let farewell = dashboard::compare(setup)?;
    if !farewell.unseen {
        output::lines(&farewell.lines)?;
    }
    Ok(left(farewell.interrupted))
}

/// Refuses a comparison that nobody makes any more, and one whose lanes are each another program's.
fn refuse_what_is_over(id: &str, folder: &ComparisonFolder, runs: &[Kept]) -> Result<(), Failure> {
    let watch = format!("`stylescope watch {id}` shows it");
    if folder.plan().exists() {
        return Err(Failure::new(format!(
            "the comparison {id} is computed by the tasks of a job, each for itself, and cannot be attached\n  \
             {watch}; what is saved as preset.toml in the folder of a run steers that run"
        )));
    }
    // Where it cannot be told the socket tells.
    if runs.iter().any(|run| run.folder.is_held() != Some(false)) {
        return Ok(());
    }
    let is = |state: State| runs.iter().any(|run| run.description.state == state);
    let ended = if is(State::Killed) {
        format!("the comparison {id} was killed: its program ended without a word")
    } else {
        format!("the comparison {id} is over: its program has ended")
    };
    let has_steps = runs
        .iter()
        .any(|run| !matches!(run.description.state, State::Completed | State::Dropped));
    let goes_on = if has_steps {
        format!("`stylescope resume {id}` goes on with it")
    } else {
        format!("`stylescope resume {id} --steps N` goes on with more steps")
    };
    Err(Failure::new(format!("{ended}\n  {goes_on}, {watch}")))
}

/// Saves pictures as they are seen, into the current folder.
#[derive(Debug)]
struct AllAsSeen(ComparisonFolder);

impl Keeper for AllAsSeen {
    fn save(&self, saving: &Saving) -> Result<Saved, String> {
        let runs = self.0.runs().map_err(|error| error.to_string())?;
        let number = Some(saving.candidate + 1);
        let run = runs.into_iter().find(|run| run.number() == number);
        let run = run.ok_or("the folder of its run is gone")?;
        let kept = inventory::read(run).map_err(|error| error.to_string())?;
        let mut own = saving.clone();
        own.pictures = saving.pictures.only(saving.candidate);
        AsSeen::new(&kept).save(&own)
    }
}

/// What became of a comparison whose program ended the connection. Waits for that program to write it down, while it
/// `is_heard`.
fn fate(folder: &ComparisonFolder, is_heard: &dyn Fn() -> bool) -> Company {
    let began = Instant::now();
    let id = visible(&folder.id());
    let lost = |state: &str, why: String, is_error| Company::Lost {
        state: state.to_owned(),
        why,
        is_error,
    };
    let runs = loop {
        let runs = match inventory::of_comparison(folder) {
            Ok(runs) => runs,
            Err(failure) => {
                let why = format!("its folder cannot be read any more: {failure}");
                return lost("gone", why, true);
            }
        };
        let goes_on = runs.iter().any(|run| run.folder.is_held() == Some(true));
        if !goes_on || began.elapsed() > LAST_WORDS || !is_heard() {
            break runs;
        }
        std::thread::sleep(LOOK_INTERVAL);
    };
    let count = |state: State| {
        let are = runs.iter().filter(|run| run.description.state == state);
        are.count()
    };
    if count(State::Running) > 0 {
        let why = format!(
            "the connection was lost, and the comparison goes on: `stylescope attach {id}` comes back"
        );
        return lost("not connected", why, true);
    }
    if count(State::Killed) > 0 {
        let why = format!(
            "the comparison was killed: its program ended without a word; `stylescope resume {id}` goes on with it"
        );
        return lost("killed", why, true);
    }
    let failed = count(State::Failed);
    if failed == runs.len() {
        return lost("failed", "the comparison failed".to_owned(), true);
    }
    let stopped = count(State::Stopped);
    let state = if stopped > 0 { "stopped" } else { "completed" };
    let of_them = match failed {
        0 => String::new(),
        _ => format!("; {} failed", counted(failed as u64, "run")),
    };
    let why = format!("the comparison is over ({state}{of_them}), and its program has ended");
    lost(state, why, false)
}
