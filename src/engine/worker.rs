//! The worker thread: owns the lane, steps it, and takes commands between steps.
//!
//! Nobody waits for anybody. Commands come in through a channel that is emptied between two steps,
//! events go out through a channel without a bound, pictures through a slot where the latest wins and
//! only when someone asked. Losses are read back from the device in blocks, at the rate of
//! [`Job::report_interval`], never one by one.

use std::sync::mpsc::{self, Receiver, RecvError, Sender, TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::EngineError;
use super::device::{self, DeviceChoice};
use super::input::{Candidate, WeightsChoice};
use super::lane::Lane;
use super::message::{Command, EndReason, Event, Started};
use super::picture_slot::PictureSlot;
use crate::preset::{Change, ChangeClass, Preset, diff};

/// How often losses are read back where nothing else is asked for: as fast as a person can see.
pub const REPORT_INTERVAL: Duration = Duration::from_millis(50);

/// Everything a run needs to start.
#[derive(Debug, Clone)]
pub struct Job {
    /// The candidates of the lane.
    pub candidates: Vec<Candidate>,
    /// Where published networks find their weights.
    pub weights: WeightsChoice,
    /// Where to compute.
    pub device: DeviceChoice,
    /// Threads of libtorch on the CPU; `None` leaves its own choice.
    pub threads: Option<usize>,
    /// How long losses may stay on the device before they are read back.
    pub report_interval: Duration,
}

impl Job {
    /// One candidate on the device that `device` chooses.
    pub fn single(candidate: Candidate, device: DeviceChoice) -> Self {
        Self {
            candidates: vec![candidate],
            weights: WeightsChoice::default(),
            device,
            threads: None,
            report_interval: REPORT_INTERVAL,
        }
    }
}

/// The other threads' end of a worker.
#[derive(Debug)]
pub struct Worker {
    commands: Option<Sender<Command>>,
    events: Receiver<Event>,
    pictures: PictureSlot,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread, which builds the lane and then steps by itself.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn spawn(job: Job) -> Result<Self, EngineError> {
        let (commands, inbox) = mpsc::channel();
        let (outbox, events) = mpsc::channel();
        let pictures = PictureSlot::default();
        let slot = pictures.clone();
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || {
                let failed = run(job, &inbox, &outbox, slot).err();
                if let Some(error) = failed {
                    // Nobody listening any more is no reason for anything.
                    let _ = outbox.send(Event::Failed(error));
                }
            })
            .map_err(|error| EngineError::WorkerGone(error.to_string()))?;
        Ok(Self {
            commands: Some(commands),
            events,
            pictures,
            thread: Some(thread),
        })
    }

    /// Says something to the worker; it is taken up between two steps.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A worker that has ended has said so by its last event.
            let _ = commands.send(command);
        }
    }

    /// The events, in order.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// A sender of commands for another thread, such as a signal handler's.
    pub fn commands(&self) -> Option<Sender<Command>> {
        self.commands.clone()
    }

    /// The newest pictures, if any came since the last call; asked for by [`Command::RequestPicture`].
    pub fn take_pictures(&self) -> Option<super::message::Pictures> {
        self.pictures.take()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Said, and not left to the channel's closing: others may hold senders too.
        self.send(Command::Stop);
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic there is reported by its own message; there is nothing left to save here.
            let _ = thread.join();
        }
    }
}

fn run(
    job: Job,
    inbox: &Receiver<Command>,
    outbox: &Sender<Event>,
    slot: PictureSlot,
) -> Result<(), EngineError> {
    let device::Resolved { device, note } = device::resolve(job.device)?;
    if let Some(threads) = job.threads {
        tch::set_num_threads(threads.max(1) as i32);
    }
    let say = |event: Event| {
        let _ = outbox.send(event);
    };
    let lane = Lane::new(job.candidates.clone(), job.weights, device, &mut |stage| {
        say(Event::Preparing(stage));
    })?;
    say(Event::Started(Started {
        note,
        ..lane.started()
    }));
    let wanted = job
        .candidates
        .iter()
        .map(|candidate| candidate.preset.clone())
        .collect();
    Loop {
        lane,
        job,
        wanted,
        outbox,
        slot,
        state: State::Running,
        picture_requested: false,
        stepping: Duration::ZERO,
        last_read: None,
    }
    .run(inbox)
}

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

/// The worker's loop: the lane, and what is going on with it.
struct Loop<'a> {
    lane: Lane,
    job: Job,
    /// The presets as last asked for: those in force, and what waits for a restart.
    wanted: Vec<Preset>,
    outbox: &'a Sender<Event>,
    slot: PictureSlot,
    state: State,
    picture_requested: bool,
    /// Time spent in steps.
    stepping: Duration,
    /// When losses were last read back; `None` until the first step, so that its losses show at once.
    last_read: Option<Instant>,
}

impl Loop<'_> {
    fn run(mut self, inbox: &Receiver<Command>) -> Result<(), EngineError> {
        loop {
            self.take_commands(inbox)?;
            if self.state == State::Stopping {
                return self.end(EndReason::Stopped);
            }
            if self.lane.step_count() < self.lane.steps_wanted() {
                self.state = State::Running;
                self.step()?;
            } else if self.state != State::Completed {
                self.state = State::Completed;
                self.end(EndReason::Completed)?;
            }
        }
    }

    /// Carries out what has been said. Waits for a command only when there is no step to make.
    fn take_commands(&mut self, inbox: &Receiver<Command>) -> Result<(), EngineError> {
        loop {
            let idle = match self.state {
                State::Running | State::Stopping => false,
                State::Paused => true,
                State::Completed => self.lane.step_count() >= self.lane.steps_wanted(),
            };
            let command = if idle {
                inbox.recv().map_err(|RecvError| TryRecvError::Disconnected)
            } else {
                inbox.try_recv()
            };
            match command {
                Ok(command) => {
                    self.carry_out(command)?;
                    // What was said after it is not meant for a run that is over.
                    if self.state == State::Stopping {
                        return Ok(());
                    }
                }
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => {
                    self.state = State::Stopping;
                    return Ok(());
                }
            }
        }
    }

    fn carry_out(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Pause if self.state == State::Running => {
                self.state = State::Paused;
                self.read_losses()?;
                self.say(Event::Paused(self.lane.step_count()));
            }
            Command::Resume if self.state == State::Paused => {
                self.state = State::Running;
                self.say(Event::Resumed(self.lane.step_count()));
            }
            Command::Pause | Command::Resume => {}
            Command::Stop => self.state = State::Stopping,
            Command::ChangePreset { candidate, preset } => {
                self.change_preset(candidate, *preset)?;
            }
            Command::Restart => self.restart()?,
            Command::Snapshot => {
                self.read_losses()?;
                let pictures = self.lane.pictures()?;
                self.say(Event::Snapshot(pictures));
            }
            Command::RequestPicture => {
                self.picture_requested = true;
                if self.state != State::Running {
                    self.deliver_picture()?;
                }
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
            // Reading back waits for the device, which belongs to the time of the steps.
            let waiting = Instant::now();
            self.read_losses()?;
            self.stepping += waiting.elapsed();
            self.deliver_picture()?;
        }
        Ok(())
    }

    fn read_losses(&mut self) -> Result<(), EngineError> {
        self.last_read = Some(Instant::now());
        let Some(mut block) = self.lane.read_losses(self.stepping.as_secs_f64())? else {
            return Ok(());
        };
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

    fn deliver_picture(&mut self) -> Result<(), EngineError> {
        if std::mem::take(&mut self.picture_requested) {
            self.slot.put(self.lane.pictures()?);
        }
        Ok(())
    }

    /// Takes up what of `preset` may change now; what needs a restart is remembered.
    fn change_preset(&mut self, candidate: usize, preset: Preset) -> Result<(), EngineError> {
        let Some(current) = self
            .lane
            .candidates()
            .get(candidate)
            .map(|candidate| candidate.preset.clone())
        else {
            let reason = format!("there is no candidate {candidate}");
            self.say(Event::Refused(EngineError::Incompatible(reason)));
            return Ok(());
        };
        let changes = diff(&current, &preset);
        let has = |class| changes.iter().any(|change: &Change| change.class == class);
        // Losses so far were made under the old weights and must say so.
        self.read_losses()?;
        let in_force = keep_restart_fields(&current, &preset);
        if has(ChangeClass::Rebuild) {
            let mut candidates = self.lane.candidates().to_vec();
            if let Some(slot) = candidates.get_mut(candidate) {
                slot.preset = in_force;
            }
            match self.lane.rebuilt(candidates, &mut |stage| {
                let _ = self.outbox.send(Event::Preparing(stage));
            }) {
                Ok(lane) => {
                    self.lane = lane;
                    self.say(Event::Started(self.lane.started()));
                }
                Err(error) => {
                    self.say(Event::Refused(error));
                    return Ok(());
                }
            }
        } else if has(ChangeClass::Live) {
            self.lane.update_live(candidate, in_force)?;
        }
        if let Some(slot) = self.wanted.get_mut(candidate) {
            *slot = preset;
        }
        self.say(Event::PresetChanged {
            candidate,
            step: self.lane.step_count(),
            changes,
        });
        Ok(())
    }

    fn restart(&mut self) -> Result<(), EngineError> {
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
        match Lane::new(candidates, self.job.weights, device, &mut |stage| {
            let _ = outbox.send(Event::Preparing(stage));
        }) {
            Ok(lane) => {
                self.lane = lane;
                self.stepping = Duration::ZERO;
                self.last_read = None;
                if self.state == State::Completed {
                    self.state = State::Running;
                }
                self.say(Event::Started(self.lane.started()));
            }
            Err(error) => self.say(Event::Refused(error)),
        }
        Ok(())
    }

    fn end(&mut self, reason: EndReason) -> Result<(), EngineError> {
        self.read_losses()?;
        self.deliver_picture()?;
        let pictures = self.lane.pictures()?;
        self.say(Event::Ended {
            reason,
            pictures,
            seconds: self.stepping.as_secs_f64(),
        });
        Ok(())
    }

    fn say(&self, event: Event) {
        let _ = self.outbox.send(event);
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
