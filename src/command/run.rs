//! `stylescope run`, and what `demo` shares with it: plan, worker, progress, result. Main thread.

pub(super) mod live;
pub(super) mod plan;
mod progress;
pub(super) mod recording;
pub(super) mod report;
pub(super) mod result;
pub(super) mod source;
pub(super) mod sources;
pub(super) mod steering;

use std::io::{self, ErrorKind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::{Failure, INTERRUPTED, output, signals};
use crate::cli::RunArguments;
use crate::engine::EngineError;
use crate::engine::message::{Command, EndReason, Event};
use crate::engine::worker::{Job, Worker};
use crate::preset::visible::visible;
use crate::preset::{Change, Preset};
use crate::record::digest::Digests;
use crate::record::folder::recorder::{Recorder, Remains};
use crate::record::snapshot_schedule::SnapshotSchedule;
use plan::Plan;
use report::Reporter;
use result::{Outcome, Written};
use source::Source;
use sources::Sources;
use steering::{Mistakes, steer, take};

pub(super) fn execute(arguments: RunArguments) -> Result<ExitCode, Failure> {
    let RunArguments {
        content,
        style,
        mut options,
        content_image,
        style_image,
        save_dir,
    } = arguments;
    let like_reference = content_image.is_some();
    let (Some(content), Some(style)) = (content.or(content_image), style.or(style_image)) else {
        return Err(Failure::new("two pictures are needed: CONTENT and STYLE"));
    };
    let directory = if like_reference {
        options.preset.get_or_insert_with(|| "reference".to_owned());
        let directory = save_dir.unwrap_or_else(|| "output".into());
        options
            .output
            .get_or_insert_with(|| plan::reference_output(&directory, &content));
        Some(directory)
    } else {
        None
    };
    let json = options.json;
    let sources = Sources::new(Source::file(content), Source::file(style), &options.more);
    let digests = Digests::default();
    run(
        json,
        sources.and_then(|sources| Plan::new(sources, options, None, directory, &digests)),
    )
}

/// How soon a person who pressed Ctrl-C is told that it was noticed, where the worker is busy.
pub(super) const INTERRUPT_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Carries a plan out from the first step to the written picture. With `json` a failure is the last
/// object on standard output too, also one that was found while planning.
pub(super) fn run(json: bool, plan: Result<Plan, Failure>) -> Result<ExitCode, Failure> {
    let result = plan.and_then(carry_out);
    if let (true, Err(failure)) = (json, &result) {
        // What went wrong goes to standard error in any case.
        let _ = report::json_error(failure);
    }
    result
}

fn carry_out(plan: Plan) -> Result<ExitCode, Failure> {
    let candidate = plan.sources.candidate(&plan.preset.preset);
    let mut job = Job::single(candidate, plan.options.device);
    job.weights = plan.weights_choice.clone();
    job.threads = plan.options.threads.map(usize::from);
    let (recorder, note) = match recording::begin(&plan) {
        Ok(recorder) => (recorder, None),
        Err(note) => (None, Some(note)),
    };
    if live::is_wanted(&plan) {
        return live::run(plan, job, recorder.as_ref(), note);
    }
    if let Some(note) = note {
        output::error_line(format!("note: {note}"));
    }
    let result = in_lines(&plan, job, recorder.as_ref());
    if let Some(recorder) = recorder {
        let remains = recorder.finish();
        warn(&recorder);
        // JSON has said it at the start.
        if !plan.options.json {
            say_folder(&recorder, remains)?;
        }
    }
    result
}

/// Where more about the run can be read.
fn say_folder(recorder: &Recorder, remains: Remains) -> io::Result<()> {
    let folder = visible(&recorder.folder().path().display().to_string());
    match remains {
        Remains::Everything => output::line(format!("kept in {folder}"))?,
        Remains::Part => {
            output::error_line(format!("note: what is kept in {folder} is not complete"));
        }
        Remains::Nothing => {}
    }
    Ok(())
}

/// Says what went wrong with recording.
fn warn(recorder: &Recorder) {
    for trouble in recorder.take_troubles() {
        output::error_line(format!("note: {trouble}"));
    }
}

/// The run without a screen of its own: a progress bar, plain lines, or JSON.
fn in_lines(plan: &Plan, job: Job, recorder: Option<&Arc<Recorder>>) -> Result<ExitCode, Failure> {
    let mut snapshots = SnapshotSchedule::default();
    let mut snapshot_pending = false;
    let mut listener = Listener {
        reporter: report::choose(plan, recorder.map(|recorder| recorder.folder().path())),
        failed: None,
    };
    signals::listen()
        .map_err(|error| Failure::new(format!("cannot listen for Ctrl-C: {error}")))?;
    let worker = Worker::spawn(job)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let mistakes = Mistakes::default();
    let _steering = recorder.and_then(|recorder| steer(plan, &worker, 0, recorder, &mistakes));
    let mut outcome = Outcome::new(plan.preset.clone());
    let mut stopping = false;
    loop {
        for mistake in take(&mistakes) {
            listener.tell(|reporter| reporter.refused(&mistake));
        }
        let event = match worker.events().recv_timeout(INTERRUPT_CHECK_INTERVAL) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => {
                if interrupted.load(Ordering::Relaxed) && !std::mem::replace(&mut stopping, true) {
                    listener.reporter.freeze();
                    listener.reporter.stopping();
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "it said nothing any more".to_owned();
                return Err(EngineError::WorkerGone(reason).into());
            }
        };
        if let Some(recorder) = recorder {
            recorder.hear(&event);
            warn(recorder);
        }
        match event {
            Event::Preparing(stage) => listener.tell(|reporter| reporter.preparing(&stage)),
            Event::Started(started) => {
                // Until here there is no picture, and nothing to wait for.
                stop_on_interrupt(&worker, &interrupted);
                listener.tell(|reporter| reporter.started(plan, &started));
                outcome.started = Some(started);
            }
            Event::Losses(block) => {
                listener.tell(|reporter| reporter.losses(&block));
                let steps = outcome.started.as_ref().map_or(0, |started| started.steps);
                let step = block.first_step + block.steps();
                if recorder.is_some()
                    && !snapshot_pending
                    && snapshots.is_due(Instant::now(), step, steps)
                {
                    snapshot_pending = true;
                    worker.send(Command::Snapshot);
                }
                outcome.last_block = Some(block);
            }
            Event::PresetChanged {
                step,
                changes,
                in_force,
                ..
            } => listener.change(&mut outcome, step, changes, *in_force),
            // Somebody else's: the run goes on as it was.
            Event::PresetRefused { error, .. } => {
                listener.tell(|reporter| reporter.refused(&error.to_string()));
            }
            Event::Failed { error, .. } | Event::Refused { error, .. } => {
                listener.reporter.clear();
                return Err(error.into());
            }
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => {
                let interrupted = interrupted.load(Ordering::Relaxed);
                if interrupted && !stopping {
                    listener.reporter.freeze();
                }
                listener.reporter.clear();
                let written = outcome.finish(plan, reason, &pictures, seconds)?;
                if let (Some(recorder), Some(path)) = (recorder, &written.path) {
                    recorder.saved(path);
                }
                return listener.end(plan, &written, interrupted);
            }
            // Only its picture is wanted, and the recorder has it.
            Event::Snapshot(snapshot) => {
                snapshot_pending = false;
                worker.send(Command::Forget {
                    snapshot: snapshot.number,
                });
            }
            Event::Dropped { .. }
            | Event::Paused(_)
            | Event::Resumed(_)
            | Event::WentBack { .. }
            | Event::Gradients(_)
            | Event::PictureReady => {}
        }
    }
}

/// A reporter that falls silent where nobody reads any more: `| head -1` ends the listening and not the
/// run, whose result is the picture.
struct Listener {
    reporter: Box<dyn Reporter>,
    /// Why standard output takes no more.
    failed: Option<io::Error>,
}

impl Listener {
    fn tell(&mut self, say: impl FnOnce(&mut dyn Reporter) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = say(self.reporter.as_mut()).err();
        }
    }

    /// The exit code of a run that is over.
    fn end(
        mut self,
        plan: &Plan,
        written: &Written,
        interrupted: bool,
    ) -> Result<ExitCode, Failure> {
        self.tell(|reporter| reporter.ended(plan, written));
        if let Some(error) = self
            .failed
            .filter(|error| error.kind() != ErrorKind::BrokenPipe)
        {
            return Err(error.into());
        }
        Ok(if interrupted && written.reason == EndReason::Stopped {
            ExitCode::from(INTERRUPTED)
        } else {
            ExitCode::SUCCESS
        })
    }

    /// Another preset is in force.
    fn change(&mut self, outcome: &mut Outcome, step: u64, changes: Vec<Change>, in_force: Preset) {
        let steps = in_force.total_steps();
        if let Some(started) = &mut outcome.started {
            started.steps = steps;
        }
        self.tell(|reporter| reporter.changed(step, &changes, steps));
        outcome.change(step, changes, in_force);
    }
}

/// The first Ctrl-C (or SIGTERM, SIGHUP) stops the run and saves the picture; the second ends at once.
pub(super) fn stop_on_interrupt(worker: &Worker, interrupted: &Arc<AtomicBool>) {
    let flag = Arc::clone(interrupted);
    let commands = worker.commands();
    signals::ask_first(move || {
        flag.store(true, Ordering::Relaxed);
        if let Some(commands) = commands {
            // A worker that has ended already needs no stopping.
            let _ = commands.send(Command::Stop);
        }
    });
}
