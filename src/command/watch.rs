//! `stylescope watch`: a run of another program, or several that are compared, followed by their folders, in the
//! dashboard or in lines. Main thread; the folders are read by a follower's.

pub(super) mod comparison;
mod entrants;
pub(super) mod keeper;
mod lines;
mod lines_of_all;
pub(super) mod source;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

use super::run::live::{choose, has_terminal, paint_chart};
use super::run::recording::runs_folder;
use super::{Failure, left, output};
use crate::cli::{ScreenOptions, WatchArguments};
use crate::dashboard;
use crate::dashboard::setup::{Commands, Options, Running, Setup, Sharing, Watching};
use crate::engine::message::Command;
use crate::engine::picture_slot::PictureSlot;
use crate::preset::visible::visible;
use crate::preset::watch::Polling;
use crate::preset::{self, Loaded, Origin};
use crate::record::figure;
use crate::record::folder::follow::{Beginning, Followed, Follower, INTERVAL, Sight};
use crate::record::folder::inventory::{self, Kept};
use keeper::AsSeen;

pub(super) fn execute(arguments: &WatchArguments) -> Result<ExitCode, Failure> {
    let runs = runs_folder(arguments.place.folder.as_deref());
    let comparison = inventory::comparison_of(&runs, &arguments.run).map_err(Failure::new)?;
    if let Some(comparison) = comparison {
        return comparison::watch(comparison, arguments);
    }
    let kept = inventory::find(&runs, &arguments.run).map_err(Failure::new)?;
    let (events, heard) = channel();
    let pictures = PictureSlot::default();
    // A run has one candidate, whatever it was called in a comparison.
    let followed = Followed::new(0, kept.folder.clone());
    let sighting = followed.sighting.clone();
    let follower = Follower::start(Beginning {
        runs: vec![followed],
        comparison: None,
        events,
        pictures: pictures.clone(),
        interval: INTERVAL,
    })
    .map_err(|error| Failure::new(format!("the run cannot be followed: {error}")))?;
    if arguments.headless || arguments.json || !has_terminal() {
        return lines::watch(&kept, &sighting, &heard, arguments);
    }
    let (content, no_content) = source::source("content", &kept.description.content);
    let (style, no_style) = source::source("style", &kept.description.style);
    let setup = Setup {
        start: Running::already(Watched(follower), heard.into(), pictures),
        loaded: loaded(&kept)?,
        overrides: Vec::new(),
        content,
        style,
        options: options(&arguments.screen),
        keeper: Arc::new(AsSeen::new(&kept)),
        painter: paint_chart,
        recorder: None,
        note: None,
        watching: Some(Watching {
            id: kept.folder.id(),
            preset: kept.description.preset.clone(),
            sighting: sighting.clone(),
            no_content,
            no_style,
        }),
        sharing: Sharing::Alone,
    };
    let farewell = dashboard::run(setup)?;
    if !farewell.unseen {
        output::line(said_last(&kept, &sighting.get()))?;
    }
    Ok(left(farewell.interrupted))
}

/// How the dashboard is to behave.
pub(super) fn options(given: &ScreenOptions) -> Options {
    let graphics = given.graphics;
    Options {
        choose: Box::new(move |capabilities| choose(graphics, capabilities)),
        polling: if given.poll {
            Polling::Always
        } else {
            Polling::Automatic
        },
        preview_rate: given.preview_rate,
        bandwidth_bytes_per_second: given.bandwidth.map(|size| size.0),
        log: given.log.clone(),
    }
}

/// A follower, as the dashboard knows those who take commands.
#[derive(Debug)]
struct Watched(Follower);

impl Commands for Watched {
    fn send(&self, command: Command) {
        self.0.send(command);
    }
}

/// The run's preset as its folder has it; where it is broken there, something to begin with until it is mended.
pub(super) fn loaded(kept: &Kept) -> Result<Loaded, Failure> {
    let path = kept.folder.preset();
    let name = kept.description.preset.clone();
    let loaded = preset::load(&path.to_string_lossy(), &[])
        .or_else(|_| preset::load(&name, &[]))
        .or_else(|_| preset::load("demo", &[]))?;
    Ok(Loaded {
        name,
        origin: Origin::File(path.clone()),
        files: vec![path],
        ..loaded
    })
}

/// `k3f9: running, step 120`
fn said_last(kept: &Kept, sight: &Sight) -> String {
    format!(
        "{}: {}, {} made",
        visible(&kept.folder.name()),
        visible(&sight.in_words(Instant::now())),
        figure::steps(sight.step)
    )
}
