//! A comparison without a screen: what is heard of it and of those who look at it from other terminals, until its end.
//! Main thread.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

use super::contender::{Contender, Field};
use super::listener::Listener;
use super::{opening, stopped_code};
use crate::attach::company::{Company, Voice};
use crate::attach::hub::Hub;
use crate::command::event_file::EventFile;
use crate::command::interruption::Interruption;
use crate::command::run::INTERRUPT_CHECK_INTERVAL;
use crate::command::run::detach::{Leaving, Place};
use crate::command::run::sharing::{Audience, Reaction};
use crate::command::run::steering::{Mistakes, steer, take};
use crate::command::{Failure, output};
use crate::engine::EngineError;
use crate::engine::message::{Command, Event};
use crate::engine::worker::{Job, Worker};
use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::steering::Steering;
use crate::record::snapshot_schedule::SnapshotSchedule;

pub(super) fn run(
    field: &Arc<Field>,
    job: Job,
    folder: Option<&ComparisonFolder>,
    before: Vec<Event>,
    interruption: Interruption,
) -> Result<ExitCode, Failure> {
    let log = EventFile::open(field.options.log.as_deref())?;
    let opening = opening(field, folder, before);
    let (hub, hearing, _) = Hub::start(Worker::spawn(job)?, opening)?;
    if let Some(worker) = hub.worker() {
        interruption.tell(worker);
    }
    if !field.is_part {
        field.keep();
    }
    let leaving = match folder.filter(|_| field.options.in_background) {
        Some(folder) => Some(Leaving::begin(of_comparison(folder), hub.is_open())?),
        None => None,
    };
    let mut listener = Listener::new(field);
    listener.begin();
    let mut going = Going {
        field,
        hub: &hub,
        listener,
        log,
        leaving,
        audience: Audience::default(),
        steered: Vec::new(),
        interruption,
        snapshots: SnapshotSchedule::default(),
        snapshots_pending: false,
        is_paused: false,
    };
    field.all().into_iter().for_each(|one| going.steer(one));
    while !going.is_over() {
        going.say_mistakes();
        match hearing.recv_timeout(INTERRUPT_CHECK_INTERVAL) {
            Ok(Voice::Engine(event)) => going.hear(event)?,
            Ok(Voice::Company(company)) => going.company(company),
            // It was joined from here.
            Ok(Voice::Joined(_)) => {}
            Err(RecvTimeoutError::Timeout) => going.leave(None)?,
            // Where all have failed nobody can ask for more.
            Err(RecvTimeoutError::Disconnected) if going.listener.is_over() => break,
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "it said nothing any more".to_owned();
                return Err(EngineError::WorkerGone(reason).into());
            }
        }
    }
    let Going {
        listener,
        interruption,
        steered,
        ..
    } = going;
    drop(steered);
    for contender in field.all() {
        if let Some(recorder) = contender.recorder() {
            recorder.finish();
        }
    }
    let saved_something = listener.saved_something;
    listener.end(folder)?;
    if interruption.is_asked_for() {
        Ok(stopped_code(field))
    } else if saved_something {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::Reported)
    }
}

fn of_comparison(folder: &ComparisonFolder) -> Place {
    Place {
        folder: folder.path().to_owned(),
        id: folder.id(),
        log: folder.output_log(),
    }
}

/// A comparison without a screen while it goes on.
struct Going<'a> {
    field: &'a Arc<Field>,
    hub: &'a Hub,
    listener: Listener<'a>,
    log: EventFile,
    /// It is on its way into the background.
    leaving: Option<Leaving>,
    audience: Audience,
    /// What hears of presets that are saved in the runs' folders, and what was wrong with them.
    steered: Vec<(Arc<Contender>, Mistakes, Option<Steering>)>,
    interruption: Interruption,
    snapshots: SnapshotSchedule,
    snapshots_pending: bool,
    is_paused: bool,
}

impl Going<'_> {
    /// Whether all are over, and nobody looks who may ask for more.
    fn is_over(&self) -> bool {
        let waits = self.audience.is_there() && !self.listener.is_stopped;
        self.listener.is_over() && !waits
    }

    /// Whoever started it in the background is told as soon as it is under way.
    fn leave(&mut self, event: Option<&Event>) -> Result<(), Failure> {
        match &mut self.leaving {
            Some(leaving) => leaving.hear(event),
            None => Ok(()),
        }
    }

    /// Has it take up what is saved in its run's folder.
    fn steer(&mut self, contender: Arc<Contender>) {
        if let (Some(recorder), Some(worker)) = (contender.recorder(), self.hub.worker()) {
            let mistakes = Mistakes::default();
            let number = contender.number;
            let steering = steer(&contender.plan, worker, number, recorder, &mistakes);
            self.steered.push((contender, mistakes, steering));
        }
    }

    fn say_mistakes(&mut self) {
        for (contender, mistakes, _) in &self.steered {
            for mistake in take(mistakes) {
                let text = format!("{}: {mistake}", visible(&contender.label));
                self.log.say(&text);
                output::error_line(format!("note: {text}"));
            }
        }
    }

    fn hear(&mut self, event: Event) -> Result<(), Failure> {
        self.leave(Some(&event))?;
        let field = self.field;
        let name_of = |number: usize| Some(visible(&field.get(number)?.label));
        self.log.hear(&event, name_of);
        let is_recorded = !self.steered.is_empty();
        for (contender, ..) in &self.steered {
            let Some(recorder) = contender.recorder() else {
                continue;
            };
            recorder.hear(&event);
            for trouble in recorder.take_troubles() {
                output::error_line(format!("note: {}: {trouble}", visible(&contender.label)));
            }
        }
        match &event {
            Event::Losses(block) => {
                let step = block.first_step + block.steps();
                let steps = self.listener.steps();
                if is_recorded
                    && !self.snapshots_pending
                    && self.snapshots.is_due(Instant::now(), step, steps)
                {
                    self.snapshots_pending = true;
                    self.hub.send(Command::Snapshot);
                }
            }
            // Only its pictures are wanted, and the recorders have them.
            Event::Snapshot(snapshot) => {
                self.snapshots_pending = false;
                self.hub.send(Command::Forget {
                    snapshot: snapshot.number,
                });
            }
            Event::Paused(_) => self.is_paused = true,
            Event::Resumed(_) => self.is_paused = false,
            _ => {}
        }
        for (said, is_error) in self.listener.hear(event) {
            self.log.say(&said);
            self.hub.announce(&visible(&said), is_error);
        }
        Ok(())
    }

    /// Takes in who looks, and what they want.
    fn company(&mut self, company: Company) {
        if let Company::Invited(name) = &company {
            self.invited(name);
        }
        let Reaction { words, goes_on } = self.audience.hear(company, "comparison");
        if self.is_paused && goes_on {
            self.hub.send(Command::Resume);
        }
        if let Some(words) = words {
            self.log.say(&words);
            self.listener.note(&words);
        }
    }

    /// A person at an attached terminal wants this preset to join.
    fn invited(&mut self, name: &str) {
        let all = self.field.all();
        let number = all.iter().map(|one| one.number + 1).max().unwrap_or(0);
        match self.field.join(number, name) {
            Ok(contender) => {
                self.hub.introduce(contender.as_attached());
                self.listener.joins(&contender);
                let input = Box::new(contender.candidate());
                self.steer(contender);
                self.hub.send(Command::Join {
                    candidate: number,
                    input,
                });
            }
            Err(failure) => {
                let text = visible(&format!("{} cannot join: {failure}", visible(name)));
                self.hub.announce(&text, true);
                self.listener.note(&text);
            }
        }
    }
}
