//! `stylescope run`, and what `demo` shares with it: plan, worker, progress, result. Main thread.

pub(super) mod detach;
pub(super) mod live;
pub(super) mod memory;
pub(super) mod plan;
mod progress;
pub(super) mod recording;
pub(super) mod report;
pub(super) mod result;
pub(super) mod sharing;
pub(super) mod source;
pub(super) mod sources;
pub(super) mod steering;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::event_file::EventFile;
use super::interruption::Interruption;
use super::telling::{Telling, said_to_somebody};
use super::{Failure, INTERRUPTED, RESUMABLE, output, signals};
use crate::attach::company::{Company, Voice};
use crate::attach::hub::Hub;
use crate::cli::RunArguments;
use crate::engine::EngineError;
use crate::engine::message::{Command, EndReason, Event, LossBlock, Pictures, Refusal, Started};
use crate::engine::worker::{Job, Worker};
use crate::preset::visible::visible;
use crate::preset::{Change, Preset};
use crate::record::digest::Digests;
use crate::record::folder::recorder::{Recorder, Remains};
use crate::record::snapshot_schedule::SnapshotSchedule;
use detach::{Leaving, of_run};
use plan::Plan;
use report::Reporter;
use result::{Outcome, Written};
use sharing::{Audience, Reaction};
use source::Source;
use sources::Sources;
use steering::{Mistakes, steer, take};

pub(super) fn execute(arguments: RunArguments) -> Result<ExitCode, Failure> {
    let RunArguments {
        content,
        style,
        mut options,
        background,
        content_image,
        style_image,
        save_dir,
    } = arguments;
    let json = options.json;
    if let Some(left) = detach::leave(background, json) {
        return left;
    }
    options.in_background = background.in_background;
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
    let sources = Sources::new(Source::file(content), Source::file(style), &options.more);
    let digests = Digests::default();
    run(
        json,
        sources.and_then(|sources| Plan::new(sources, options, None, directory, &digests)),
    )
}

/// How soon a person who pressed Ctrl-C is told that it was noticed, where the worker is busy.
pub(super) const INTERRUPT_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Ctrl-C was noticed, and the worker is still busy.
const STOPPING: &str = "stopping as soon as it can; Ctrl-C once more ends at once";

/// Carries a plan out from the first step to the written picture. With `json` a failure is the last
/// object on standard output too, also one that was found while planning.
pub(super) fn run(json: bool, plan: Result<Plan, Failure>) -> Result<ExitCode, Failure> {
    said(json, plan.and_then(carry_out))
}

/// With `json`, says as well on standard output what went wrong.
pub(super) fn said(json: bool, result: Result<ExitCode, Failure>) -> Result<ExitCode, Failure> {
    if let (true, Err(failure)) = (json, &result) {
        // What went wrong goes to standard error in any case.
        let _ = report::json_error(failure);
    }
    result
}

fn carry_out(plan: Plan) -> Result<ExitCode, Failure> {
    // Before there is a folder of a run that cannot be made.
    let (way, tiles) = memory::way(&plan)?;
    let interruption = Interruption::without_screen(&plan.options)?;
    let (recorder, note) = match recording::begin(&plan) {
        Ok(recorder) => (recorder, None),
        Err(note) => (None, Some(note)),
    };
    let mut job = job(&plan, recorder.is_some());
    job.way = way;
    job.notes.extend(tiles);
    perform(plan, job, (recorder, note), interruption)
}

/// What the worker is to do. Checkpoints are of use only where the run is recorded.
pub(super) fn job(plan: &Plan, is_recorded: bool) -> Job {
    let candidate = plan.sources.candidate(&plan.preset.preset);
    let mut job = Job::single(candidate, plan.options.device);
    job.weights = plan.weights_choice.clone();
    job.threads = plan.options.threads.map(usize::from);
    job.checkpoint_interval = is_recorded.then_some(plan.options.checkpoint_interval.0);
    job
}

/// Carries out a plan that is recorded by now, or is not; the note says why. Without what interrupts it, it is for the
/// dashboard.
pub(super) fn perform(
    plan: Plan,
    job: Job,
    (recorder, note): (Option<Arc<Recorder>>, Option<String>),
    interruption: Option<Interruption>,
) -> Result<ExitCode, Failure> {
    if plan.options.in_background
        && let Some(note) = &note
    {
        return Err(Failure::new(format!(
            "{note}\n  nobody could come back to it: mend that, or leave --detach out"
        )));
    }
    let Some(interruption) = interruption else {
        return live::run(plan, job, recorder.as_ref(), note);
    };
    if let Some(note) = note {
        output::error_line(format!("note: {note}"));
    }
    let result = in_lines(&plan, job, recorder.as_ref(), interruption);
    if let Some(recorder) = recorder {
        let remains = recorder.finish();
        warn(&recorder);
        // JSON has said it at the start.
        if !plan.options.json {
            said_to_somebody(say_folder(&recorder, remains))?;
        }
    }
    result
}

/// The exit code of a run that was stopped, once everything of it is written.
fn stopped_code(recorder: Option<&Arc<Recorder>>) -> ExitCode {
    let can_go_on = recorder.is_some_and(|recorder| {
        recorder.finish();
        recorder.can_go_on()
    });
    ExitCode::from(if signals::was_terminated() && can_go_on {
        RESUMABLE
    } else {
        INTERRUPTED
    })
}

/// Where more about the run can be read.
fn say_folder(recorder: &Recorder, remains: Remains) -> io::Result<()> {
    let folder = visible(&recorder.folder().path().display().to_string());
    match remains {
        Remains::Everything if recorder.can_go_on() => {
            let id = visible(&recorder.folder().id());
            output::line(format!(
                "kept in {folder}; `stylescope resume {id}` goes on"
            ))?;
        }
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
fn in_lines(
    plan: &Plan,
    job: Job,
    recorder: Option<&Arc<Recorder>>,
    interruption: Interruption,
) -> Result<ExitCode, Failure> {
    let listener = Listener {
        reporter: report::choose(plan, recorder.map(|recorder| recorder.folder().path())),
        telling: Telling::default(),
        log: EventFile::open(plan.options.log.as_deref())?,
    };
    let opening = sharing::opening(plan, recorder);
    let begins_at = job.checkpoints.first().map_or(0, |from| from.step);
    let (hub, hearing, _) = Hub::start(Worker::spawn(job)?, opening)?;
    let mistakes = Mistakes::default();
    let worker = hub.worker();
    if let Some(worker) = worker {
        interruption.tell(worker);
    }
    if let Some(recorder) = recorder {
        // Whoever stops it without a look at it finds it again.
        recorder.keep();
    }
    let _steering = recorder
        .zip(worker)
        .and_then(|(recorder, worker)| steer(plan, worker, 0, recorder, &mistakes));
    let leaving = match recorder.filter(|_| plan.options.in_background) {
        Some(recorder) => Some(Leaving::begin(of_run(recorder.folder()), hub.is_open())?),
        None => None,
    };
    let mut going = Going {
        plan,
        recorder,
        hub: &hub,
        listener,
        leaving,
        audience: Audience::default(),
        outcome: Outcome::new(plan.preset.clone(), begins_at),
        snapshots: SnapshotSchedule::default(),
        snapshot_pending: false,
        interruption,
        stopping: false,
        paused: false,
        written: None,
    };
    loop {
        for mistake in take(&mistakes) {
            going.listener.log.say(&format!("not taken up: {mistake}"));
            going.listener.tell(|reporter| reporter.refused(&mistake));
        }
        let voice = match hearing.recv_timeout(INTERRUPT_CHECK_INTERVAL) {
            Ok(voice) => voice,
            Err(RecvTimeoutError::Timeout) => {
                going.look_at_interrupt();
                going.leave(None)?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "it said nothing any more".to_owned();
                return Err(EngineError::WorkerGone(reason).into());
            }
        };
        let end = match voice {
            Voice::Engine(event) => going.hear(event)?,
            Voice::Company(company) => going.company(company),
            // Only comparisons grow.
            Voice::Joined(_) => None,
        };
        if let Some(written) = end {
            let interrupted = going.interruption.is_asked_for();
            return going.listener.end(plan, &written, interrupted, recorder);
        }
    }
}

/// A run without a screen while it goes on.
struct Going<'a> {
    plan: &'a Plan,
    recorder: Option<&'a Arc<Recorder>>,
    hub: &'a Hub,
    listener: Listener,
    /// It is on its way into the background.
    leaving: Option<Leaving>,
    audience: Audience,
    outcome: Outcome,
    snapshots: SnapshotSchedule,
    snapshot_pending: bool,
    interruption: Interruption,
    stopping: bool,
    paused: bool,
    /// All steps were made, and somebody looks who may ask for more.
    written: Option<Written>,
}

impl Going<'_> {
    fn look_at_interrupt(&mut self) {
        if self.interruption.is_asked_for() && !std::mem::replace(&mut self.stopping, true) {
            self.listener.reporter.freeze();
            output::error_line(STOPPING);
        }
    }

    /// Whoever started it in the background is told as soon as it is under way.
    fn leave(&mut self, event: Option<&Event>) -> Result<(), Failure> {
        match &mut self.leaving {
            Some(leaving) => leaving.hear(event),
            None => Ok(()),
        }
    }

    /// Takes in what the engine says; what was written where that is the end.
    fn hear(&mut self, event: Event) -> Result<Option<Written>, Failure> {
        self.leave(Some(&event))?;
        if let Some(recorder) = self.recorder {
            recorder.hear(&event);
            warn(recorder);
        }
        self.listener.log.hear(&event, |_| None);
        match event {
            Event::Preparing(stage) => self.listener.tell(|reporter| reporter.preparing(&stage)),
            Event::Started(started) => self.started(started),
            Event::Losses(block) => self.losses(block),
            Event::PresetChanged {
                step,
                changes,
                in_force,
                ..
            } => {
                self.listener
                    .change(&mut self.outcome, step, changes, *in_force);
            }
            Event::Recovered(recovered) => {
                self.listener.tell(|reporter| reporter.recovered(&recovered));
                self.outcome.go_back(recovered.step);
            }
            Event::WentBack { step, .. } => self.outcome.go_back(step),
            Event::Remark(remark) => self.listener.tell(|reporter| reporter.remark(&remark)),
            // Somebody else's: the run goes on as it was.
            Event::PresetRefused { error, .. } => {
                self.listener
                    .tell(|reporter| reporter.refused(&error.to_string()));
            }
            Event::Refused { what, error } => {
                self.snapshot_pending &= what != Refusal::Snapshot;
                self.listener
                    .tell(|reporter| reporter.refused(&error.to_string()));
            }
            Event::Failed { error, .. } => {
                self.listener.reporter.clear();
                return Err(error.into());
            }
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => return self.ended(reason, &pictures, seconds),
            // Only its picture is wanted, and the recorder has it.
            Event::Snapshot(snapshot) => {
                self.snapshot_pending = false;
                self.hub.send(Command::Forget {
                    snapshot: snapshot.number,
                });
            }
            Event::Paused(_) => self.paused = true,
            Event::Resumed(_) => self.paused = false,
            Event::Dropped { .. }
            // Nobody could do anything about it here, so the run fails instead.
            | Event::Stuck(_)
            | Event::Gradients(_)
            | Event::PartOfStep(_)
            | Event::Checkpoint(_)
            | Event::PastLosses(_)
            | Event::PictureReady => {}
        }
        Ok(None)
    }

    fn started(&mut self, started: Started) {
        if started.step == 0 && self.outcome.last_block.is_some() {
            // At an attached terminal somebody may have begun it again.
            self.outcome.go_back(0);
            self.outcome.changes.clear();
        }
        self.listener
            .tell(|reporter| reporter.started(self.plan, &started));
        self.outcome.started = Some(started);
    }

    fn losses(&mut self, block: LossBlock) {
        self.written = None;
        self.listener.tell(|reporter| reporter.losses(&block));
        let started = self.outcome.started.as_ref();
        let steps = started.map_or(0, |started| started.steps);
        let step = block.first_step + block.steps();
        if self.recorder.is_some()
            && !self.snapshot_pending
            && self.snapshots.is_due(Instant::now(), step, steps)
        {
            self.snapshot_pending = true;
            self.hub.send(Command::Snapshot);
        }
        self.outcome.last_block = Some(block);
    }

    fn ended(
        &mut self,
        reason: EndReason,
        pictures: &Pictures,
        seconds: f64,
    ) -> Result<Option<Written>, Failure> {
        if self.interruption.is_asked_for() && !self.stopping {
            self.listener.reporter.freeze();
        }
        self.listener.reporter.clear();
        let known = self.written.take();
        let written = match known.filter(|known| known.step == pictures.step) {
            Some(known) => known,
            None => self.write(reason, pictures, seconds)?,
        };
        if self.audience.is_there() && reason == EndReason::Completed {
            self.written = Some(written);
            return Ok(None);
        }
        Ok(Some(written))
    }

    fn write(
        &mut self,
        reason: EndReason,
        pictures: &Pictures,
        seconds: f64,
    ) -> Result<Written, Failure> {
        let written = self.outcome.finish(self.plan, reason, pictures, seconds)?;
        self.outcome.has_result |= written.path.is_some();
        if let (Some(recorder), Some(path)) = (self.recorder, &written.path) {
            recorder.saved(path);
        }
        self.listener.log.say(&written.summary);
        self.hub.announce(&written.summary, false);
        Ok(written)
    }

    /// Takes in who looks; what was written where nobody does any more and the run is at its end.
    fn company(&mut self, company: Company) -> Option<Written> {
        let Reaction { words, goes_on } = self.audience.hear(company, "run");
        if self.paused && goes_on {
            self.hub.send(Command::Resume);
        }
        if let Some(words) = words {
            self.listener.log.say(&words);
            self.listener.tell(|reporter| reporter.company(&words));
        }
        let is_alone = !self.audience.is_there();
        self.written.take_if(|_| is_alone)
    }
}

/// A reporter, as long as anybody reads.
struct Listener {
    reporter: Box<dyn Reporter>,
    telling: Telling,
    log: EventFile,
}

impl Listener {
    fn tell(&mut self, say: impl FnOnce(&mut dyn Reporter) -> io::Result<()>) {
        self.telling.tell(|| say(self.reporter.as_mut()));
    }

    /// The exit code of a run that is over.
    fn end(
        mut self,
        plan: &Plan,
        written: &Written,
        interrupted: bool,
        recorder: Option<&Arc<Recorder>>,
    ) -> Result<ExitCode, Failure> {
        self.tell(|reporter| reporter.ended(plan, written));
        self.telling.end()?;
        Ok(if interrupted && written.reason == EndReason::Stopped {
            stopped_code(recorder)
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
