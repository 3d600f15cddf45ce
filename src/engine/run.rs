//! A run: the lane, and what is going on with it, driven by commands between steps. Worker thread.

use std::ops::ControlFlow;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::EngineError;
use super::device;
use super::first_lane::FirstLane;
use super::inbox::{Inbox, Next};
use super::input::Candidate;
use super::lane::Lane;
use super::last_sound::LastSound;
use super::message::{Command, EndReason, Event, PictureRequest, Pictures, Refusal, Snapshot};
use super::picture_slot::PictureSlot;
use super::snapshot::Snapshots;
use super::worker::Job;
use crate::preset::{Change, ChangeClass, Preset, diff};

/// What the worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Paused,
    /// All steps are made; more may be asked for.
    Completed,
    /// The run is to end before the next step.
    Stopping,
}

/// Everything that the worker thread holds.
pub(super) struct Run<'a> {
    lane: Lane,
    job: Job,
    /// The presets as last asked for: those in force, and what waits for a restart.
    wanted: Vec<Preset>,
    outbox: &'a Sender<Event>,
    slot: PictureSlot,
    snapshots: Snapshots,
    last_sound: LastSound,
    state: State,
    /// The picture that was asked for and has not been delivered yet.
    request: Option<PictureRequest>,
    /// Time spent in steps.
    stepping: Duration,
    /// When losses were last read back; `None` until the first step, so that its losses show at once.
    last_read: Option<Instant>,
}

impl<'a> Run<'a> {
    /// Builds the lane, saying so.
    pub(super) fn start(
        job: Job,
        inbox: &mut Inbox<'_>,
        outbox: &'a Sender<Event>,
        slot: PictureSlot,
    ) -> Result<Self, EngineError> {
        let device::Resolved { device, note } = device::resolve(job.device)?;
        if let Some(threads) = job.threads {
            tch::set_num_threads(threads.max(1) as i32);
        }
        let FirstLane { lane, changes } = FirstLane::new(&job, device, inbox, outbox)?;
        let mut started = lane.started();
        started.notes.extend(note);
        let _ = outbox.send(Event::Started(started));
        for change in changes {
            let _ = outbox.send(change);
        }
        let wanted = lane
            .candidates()
            .iter()
            .map(|candidate| candidate.preset.clone())
            .collect();
        Ok(Self {
            last_sound: LastSound::new(&lane),
            lane,
            job,
            wanted,
            outbox,
            slot,
            snapshots: Snapshots::default(),
            state: State::Running,
            request: None,
            stepping: Duration::ZERO,
            last_read: None,
        })
    }

    /// Steps and listens until the run is stopped.
    pub(super) fn go(&mut self, inbox: &mut Inbox<'_>) -> Result<(), EngineError> {
        loop {
            self.take_commands(inbox)?;
            if self.state == State::Stopping {
                return self.end(EndReason::Stopped);
            }
            if self.has_steps_left() {
                self.state = State::Running;
                self.step()?;
            } else if self.state != State::Completed {
                self.state = State::Completed;
                self.end(EndReason::Completed)?;
            }
        }
    }

    /// What is worth saving of a run that failed with `error`.
    pub(super) fn sound_pictures(&self, error: &EngineError) -> Option<Pictures> {
        self.last_sound.pictures(&self.lane, error)
    }

    fn has_steps_left(&self) -> bool {
        self.lane.step_count() < self.lane.steps_wanted()
    }

    /// Carries out what has been said. Waits for a command only when there is no step to make.
    fn take_commands(&mut self, inbox: &mut Inbox<'_>) -> Result<(), EngineError> {
        loop {
            let idle = match self.state {
                State::Running | State::Stopping => false,
                State::Paused => true,
                State::Completed => !self.has_steps_left(),
            };
            match inbox.next(idle) {
                Next::Command(command) => {
                    self.carry_out(command, inbox)?;
                    // What was said after it is not meant for a run that is over.
                    if self.state == State::Stopping {
                        return Ok(());
                    }
                }
                Next::Nothing => return Ok(()),
                Next::Closed => {
                    self.state = State::Stopping;
                    return Ok(());
                }
            }
        }
    }

    fn carry_out(&mut self, command: Command, inbox: &mut Inbox<'_>) -> Result<(), EngineError> {
        match command {
            Command::Pause
                if self.state == State::Running
                    || self.state == State::Completed && self.has_steps_left() =>
            {
                self.state = State::Paused;
                self.read_losses()?;
                self.say(Event::Paused(self.lane.step_count()));
                // No read-back will come by which a picture that was asked for could be delivered.
                self.deliver_picture();
            }
            Command::Resume if self.state == State::Paused => {
                self.state = State::Running;
                self.say(Event::Resumed(self.lane.step_count()));
            }
            Command::Pause | Command::Resume => {}
            Command::Stop => self.state = State::Stopping,
            Command::ChangePreset { candidate, preset } => {
                self.change_preset(candidate, *preset, inbox)?;
            }
            Command::Restart => self.restart(inbox)?,
            Command::Snapshot => {
                self.read_losses()?;
                let kept = self.keep_snapshot();
                self.answer(Refusal::Snapshot, kept);
            }
            Command::GoBack { snapshot } => self.go_back(snapshot)?,
            Command::Forget { snapshot } => {
                if let Err(error) = self.snapshots.forget(snapshot) {
                    let what = Refusal::Forget;
                    self.say(Event::Refused { what, error });
                }
            }
            Command::RequestPicture(request) => {
                self.request = Some(request);
                if self.state != State::Running {
                    self.deliver_picture();
                }
            }
            Command::MeasureGradients => {
                // So that the device has nothing else to do whose time would be taken for this one's.
                self.read_losses()?;
                let mut is_wanted = || !inbox.is_urgent();
                let gradients = self.lane.gradients(&mut is_wanted).map(Event::Gradients);
                self.answer(Refusal::Gradients, gradients);
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), EngineError> {
        let started = Instant::now();
        self.lane.step()?;
        self.stepping += started.elapsed();
        let due = self
            .last_read
            .is_none_or(|last| last.elapsed() >= self.job.report_interval);
        if due {
            self.read_losses()?;
            self.deliver_picture();
            self.last_sound.renew(&self.lane);
        }
        Ok(())
    }

    fn read_losses(&mut self) -> Result<(), EngineError> {
        let began = Instant::now();
        self.last_read = Some(began);
        let Some(mut block) = self.lane.read_losses(0.0)? else {
            return Ok(());
        };
        // Reading back waits for the device, which belongs to the time of the steps.
        self.stepping += began.elapsed();
        block.seconds = self.stepping.as_secs_f64();
        let failed = self.lane.not_finite(&block);
        if let Some(EngineError::NotFinite { step, .. }) = &failed {
            block.truncate(*step);
        }
        if block.steps() > 0 {
            self.say(Event::Losses(block));
        }
        if let Some(error) = failed {
            return Err(error);
        }
        Ok(())
    }

    fn deliver_picture(&mut self) {
        let Some(request) = self.request.take() else {
            return;
        };
        let delivered = self.lane.preview(request).map(|preview| {
            self.slot.put(preview);
            Event::PictureReady
        });
        self.answer(Refusal::Picture, delivered);
    }

    fn keep_snapshot(&mut self) -> Result<Event, EngineError> {
        let pictures = self.lane.pictures()?;
        let number = self.snapshots.keep(self.lane.state()?);
        Ok(Event::Snapshot(Snapshot { number, pictures }))
    }

    fn go_back(&mut self, number: u64) -> Result<(), EngineError> {
        // The losses of the steps that are now left behind belong to the steps that they were made at.
        self.read_losses()?;
        let went_back = self
            .snapshots
            .get(number)
            .and_then(|state| self.lane.go_back(state));
        if went_back.is_ok() {
            self.last_sound = LastSound::new(&self.lane);
            if self.state == State::Completed {
                // Goes on where steps are left, and otherwise ends again, with the pictures of then.
                self.state = State::Running;
            }
        }
        let step = self.lane.step_count();
        let answer = went_back.map(|()| Event::WentBack {
            snapshot: number,
            step,
        });
        self.answer(Refusal::GoBack, answer);
        Ok(())
    }

    /// Takes up what of `preset` may change now; what needs a restart is remembered.
    fn change_preset(
        &mut self,
        candidate: usize,
        preset: Preset,
        inbox: &mut Inbox<'_>,
    ) -> Result<(), EngineError> {
        let Some(current) = self
            .lane
            .candidates()
            .get(candidate)
            .map(|candidate| candidate.preset.clone())
        else {
            let reason = format!("there is no candidate {candidate}");
            let error = EngineError::Incompatible(reason);
            self.refuse(candidate, preset, error);
            return Ok(());
        };
        let pending = diff(&current, &preset);
        let has = |class| pending.iter().any(|change: &Change| change.class == class);
        // Losses so far were made under the old weights and must say so.
        self.read_losses()?;
        let in_force = keep_restart_fields(&current, &preset);
        if has(ChangeClass::Rebuild) {
            let mut candidates = self.lane.candidates().to_vec();
            if let Some(slot) = candidates.get_mut(candidate) {
                slot.preset.clone_from(&in_force);
            }
            match self.lane.rebuilt(candidates, &mut |stage| {
                let _ = self.outbox.send(Event::Preparing(stage));
                broken_off(inbox.is_replaced(&in_force))
            }) {
                Ok(lane) => {
                    self.lane = lane;
                    self.say(Event::Started(self.lane.started()));
                }
                // A later preset waits, or the end.
                Err(error) if error.is_stopped() => return Ok(()),
                Err(error) => {
                    self.refuse(candidate, preset, error);
                    return Ok(());
                }
            }
        } else if has(ChangeClass::Live) {
            self.lane.update_live(candidate, in_force.clone())?;
        }
        // What waits for a restart was said when it was first asked for.
        let changes = self
            .wanted
            .get(candidate)
            .map_or(pending, |before| diff(before, &preset));
        if let Some(slot) = self.wanted.get_mut(candidate) {
            slot.clone_from(&preset);
        }
        self.say(Event::PresetChanged {
            candidate,
            step: self.lane.step_count(),
            changes,
            preset: Box::new(preset),
            in_force: Box::new(in_force),
        });
        Ok(())
    }

    fn restart(&mut self, inbox: &mut Inbox<'_>) -> Result<(), EngineError> {
        self.read_losses()?;
        let candidates = self
            .lane
            .candidates()
            .iter()
            .zip(&self.wanted)
            .map(|(candidate, preset)| Candidate {
                preset: preset.clone(),
                ..candidate.clone()
            })
            .collect();
        let device = self.lane.picture().device();
        let outbox = self.outbox;
        let weights = self.job.weights.clone();
        match Lane::new(candidates, weights, device, &mut |stage| {
            let _ = outbox.send(Event::Preparing(stage));
            let replaced = |preset| inbox.is_replaced(preset);
            broken_off(self.wanted.first().is_some_and(replaced))
        }) {
            Ok(lane) => {
                self.lane = lane;
                self.stepping = Duration::ZERO;
                self.last_read = None;
                self.last_sound = LastSound::new(&self.lane);
                if self.state == State::Completed {
                    self.state = State::Running;
                }
                self.say(Event::Started(self.lane.started()));
            }
            Err(error) => {
                let what = Refusal::Restart;
                self.say(Event::Refused { what, error });
            }
        }
        Ok(())
    }

    fn end(&mut self, reason: EndReason) -> Result<(), EngineError> {
        self.read_losses()?;
        self.deliver_picture();
        let pictures = self.lane.pictures()?;
        self.say(Event::Ended {
            reason,
            pictures,
            seconds: self.stepping.as_secs_f64(),
        });
        Ok(())
    }

    /// Says what came of a command without which the run goes on as well.
    fn answer(&self, what: Refusal, answer: Result<Event, EngineError>) {
        self.say(answer.unwrap_or_else(|error| Event::Refused { what, error }));
    }

    fn refuse(&self, candidate: usize, preset: Preset, error: EngineError) {
        self.say(Event::PresetRefused {
            candidate,
            preset: Box::new(preset),
            error,
        });
    }

    fn say(&self, event: Event) {
        let _ = self.outbox.send(event);
    }
}

/// What a [`Report`](super::message::Report) answers.
pub(super) fn broken_off(is_needless: bool) -> ControlFlow<()> {
    if is_needless {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// `wanted`, but with the fields that only count from a restart as they are in `current`.
fn keep_restart_fields(current: &Preset, wanted: &Preset) -> Preset {
    let mut preset = wanted.clone();
    preset.image.init = current.image.init;
    preset.image.init_file.clone_from(&current.image.init_file);
    preset.image.noise_deviation = current.image.noise_deviation;
    preset.schedule.seed = current.schedule.seed;
    preset
}
