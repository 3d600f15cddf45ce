//! A comparison of another program, or of several, in the dashboard that compares. Main thread; the folders are read
//! by a follower's.

use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::entrants::{Entrant, Entrants, Late};
use super::{Watched, lines_of_all, options, said_last, source};
use crate::cli::WatchArguments;
use crate::command::run::live::{has_terminal, paint_chart};
use crate::command::{Failure, left, output};
use crate::dashboard;
use crate::dashboard::setup::{CompareCandidate, CompareSetup, Running, Sharing, Source};
use crate::engine::picture_slot::PictureSlot;
use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::description::{Description, Input};
use crate::record::folder::follow::{Beginning, Followed, Follower, INTERVAL, numbered};

/// How often it is looked whether a first run has begun.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn watch(
    comparison: ComparisonFolder,
    arguments: &WatchArguments,
) -> Result<ExitCode, Failure> {
    let runs = begun(&comparison)?;
    let entrants = Entrants::default();
    for followed in &runs {
        entrants.add(Entrant::read(followed)?);
    }
    let (events, heard) = channel();
    let (shown, arrivals) = channel();
    let pictures = PictureSlot::default();
    let late = Late {
        entrants: entrants.clone(),
        shown,
    };
    let name = comparison.name();
    let follower = Follower::start(Beginning {
        runs,
        comparison: Some((comparison, Box::new(late))),
        events,
        pictures: pictures.clone(),
        interval: INTERVAL,
    })
    .map_err(|error| Failure::new(format!("the comparison cannot be followed: {error}")))?;
    if arguments.headless || arguments.json || !has_terminal() {
        return lines_of_all::watch(&name, &entrants, &heard, arguments);
    }
    let candidates: Vec<CompareCandidate> = entrants
        .all()
        .iter()
        .map(Entrant::shown)
        .collect::<Result<_, Failure>>()?;
    let first = entrants.all().into_iter().next();
    let description = first.map(|first| first.kept.description);
    let [content, style] = pictures_of(&description.unwrap_or_default());
    let setup = CompareSetup {
        start: Running::already(Watched(follower), heard.into(), pictures),
        candidates,
        content,
        style,
        options: options(&arguments.screen),
        sharing: Sharing::Alone,
        keeper: None,
        painter: paint_chart,
        joiner: None,
        arrivals: Some(arrivals),
        note: None,
    };
    let farewell = dashboard::compare(setup)?;
    if !farewell.unseen {
        for entrant in entrants.all() {
            output::line(said_last(&entrant.kept, &entrant.sighting.get()))?;
        }
    }
    Ok(left(farewell.interrupted))
}

/// The runs that have begun; waits for the first.
fn begun(comparison: &ComparisonFolder) -> Result<Vec<Followed>, Failure> {
    let mut has_said = false;
    loop {
        let runs = comparison.runs().map_err(|error| {
            let shown = visible(&comparison.path().display().to_string());
            Failure::new(format!("{shown} cannot be read: {error}"))
        })?;
        if !runs.is_empty() {
            return Ok(numbered(&runs, &[]));
        }
        if !std::mem::replace(&mut has_said, true) {
            output::error_line(format!(
                "{}: no run has begun yet: waiting for the first (Ctrl-C ends this)",
                visible(&comparison.name())
            ));
        }
        std::thread::sleep(PATIENCE);
    }
}

/// Content and style, which all have in common.
pub(in crate::command) fn pictures_of(description: &Description) -> [Source; 2] {
    let shown = |role: &str, input: &Input| {
        let (mut source, missing) = source::source(role, input);
        source.notes.extend(missing);
        source
    };
    [
        shown("content", &description.content),
        shown("style", &description.style),
    ]
}
