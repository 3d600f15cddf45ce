//! A run in the dashboard: what it is given, who saves its pictures, and what is printed when it is left.
//! Main thread; pictures are saved on the dashboard's own.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use image::RgbImage;

use super::plan::{Plan, unused};
use super::sources::Sources;
use super::{result, sharing, source};
use crate::cli::{Graphics, RunOptions};
use crate::command::provenance::Made;
use crate::command::{Failure, output, signals, terminal_picture};
use crate::dashboard;
use crate::dashboard::setup::{Keeper, Options, Running, Saved, Saving, Setup, Sharing, Source};
use crate::engine::worker::{Job, Worker};
use crate::preset::visible::visible;
use crate::preset::watch::Polling;
use crate::record::chart::LossChart;
use crate::record::folder::recorder::{Recorder, Remains};
use crate::report::loss_chart::{ChartLook, loss_chart};
use crate::terminal::ask::{Capabilities, Protocol, is_dumb};

/// Whether there is a terminal on both ends that can show a dashboard.
pub(in crate::command) fn has_terminal() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal() && !is_dumb()
}

/// Opens the dashboard and, once it is left, says what became of the run.
pub(super) fn run(
    plan: Plan,
    mut job: Job,
    recorder: Option<&Arc<Recorder>>,
    note: Option<String>,
) -> Result<ExitCode, Failure> {
    // Somebody looks, and can do something.
    job.pauses = true;
    let plan = Arc::new(plan);
    let graphics = plan.options.graphics;
    let opening = sharing::opening(&plan, recorder);
    let setup = Setup {
        start: Box::new(move || Running::shared(Worker::spawn(job)?, opening)),
        loaded: plan.preset.clone(),
        overrides: plan.overrides.clone(),
        content: shown_content(&plan.sources),
        style: shown_style(&plan.sources),
        options: options(&plan.options),
        keeper: Arc::new(Files {
            plan: Arc::clone(&plan),
            recorder: recorder.cloned(),
            has_result: AtomicBool::new(false),
        }),
        painter: paint_chart,
        recorder: recorder.cloned(),
        note,
        watching: None,
        sharing: recorder.map_or(Sharing::Alone, |recorder| Sharing::Own {
            id: recorder.folder().id(),
        }),
    };
    let farewell = dashboard::run(setup)?;
    let mut remains = Remains::Nothing;
    if let Some(recorder) = recorder {
        if signals::was_terminated() {
            recorder.keep();
        }
        remains = recorder.finish();
        super::warn(recorder);
    }
    if !farewell.unseen {
        if let Some(picture) = &farewell.picture {
            terminal_picture::print(picture, graphics);
        }
        output::lines(&farewell.lines)?;
        if let Some(recorder) = recorder {
            super::say_folder(recorder, remains)?;
        }
    }
    match farewell.failure {
        Some(failure) => Err(Failure::new(failure)),
        None if farewell.interrupted => Ok(super::stopped_code(recorder)),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The content picture as the dashboard takes it.
pub(in crate::command) fn shown_content(sources: &Sources) -> Source {
    shown(&sources.content)
}

/// The first style picture as the dashboard takes it; it has room for one, so the notes name the others.
pub(in crate::command) fn shown_style(sources: &Sources) -> Source {
    let mut style = shown(sources.style());
    for other in sources.more_styles() {
        style.notes.push(format!("beside it {}", other.in_words()));
        let notes = other.notes().into_iter();
        let notes = notes.map(|note| format!("{}: {note}", visible(other.name())));
        style.notes.extend(notes);
    }
    style
}

fn shown(source: &source::Source) -> Source {
    Source {
        name: source.name().to_owned(),
        picture: Arc::clone(&source.picture),
        notes: source.notes(),
    }
}

/// How the dashboard is to behave.
pub(in crate::command) fn options(given: &RunOptions) -> Options {
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

/// What a person asked for where the terminal may know it; otherwise the best that it knows.
pub(in crate::command) fn choose(graphics: Graphics, capabilities: &Capabilities) -> Protocol {
    match graphics {
        Graphics::Auto => capabilities.choose(),
        Graphics::Kitty if capabilities.kitty.is_some_and(|kitty| kitty.placeholders) => {
            Protocol::KittyPlaceholders
        }
        // Whoever names a protocol knows better than a terminal that does not answer.
        Graphics::Kitty if capabilities.multiplexer.is_some() => Protocol::KittyPlaceholders,
        Graphics::Kitty => Protocol::KittyDirect,
        Graphics::Iterm2 => Protocol::Iterm2,
        Graphics::Sixel => Protocol::Sixel,
        Graphics::HalfBlocks => Protocol::HalfBlocks,
        Graphics::None => Protocol::None,
    }
}

pub(in crate::command) fn paint_chart(
    chart: &LossChart,
    pixels: (u32, u32),
    dark: bool,
    cell_height: u32,
) -> Option<RgbImage> {
    loss_chart(chart, pixels, ChartLook { dark, cell_height }).ok()
}

/// Saves pictures under the names that the plan has for them.
#[derive(Debug)]
struct Files {
    plan: Arc<Plan>,
    recorder: Option<Arc<Recorder>>,
    has_result: AtomicBool,
}

impl Keeper for Files {
    fn save(&self, saving: &Saving) -> Result<Saved, String> {
        let picture = saving
            .pictures
            .of(saving.candidate)
            .ok_or("there is no picture to save")?;
        let made = Made {
            loaded: &saving.loaded,
            changes: &saving.changes,
            started: saving.started.as_ref(),
            step: saving.pictures.step,
            seconds: saving.seconds,
            loss: saving.loss,
        };
        let plan = &self.plan;
        // The first result has the name that was asked for; nothing that this run wrote is replaced.
        let is_first = saving.is_result && !self.has_result.load(Ordering::Relaxed);
        let (path, may_replace) = if saving.is_result {
            (plan.output.clone(), is_first && plan.may_replace)
        } else {
            (step_name(&plan.output, saving.pictures.step), false)
        };
        let path = if may_replace { path } else { unused(path) };
        let (path, summary) = result::save(plan, &path, may_replace, picture, &made)
            .map_err(|failure| failure.to_string())?;
        if saving.is_result {
            self.has_result.store(true, Ordering::Relaxed);
        }
        if let Some(recorder) = &self.recorder {
            recorder.saved(&path);
        }
        Ok(Saved { path, summary })
    }
}

/// `out-step120.png` for `out.png`.
pub(in crate::command) fn step_name(output: &Path, step: u64) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    let extension = output.extension().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}-step{step}.{extension}"))
}
