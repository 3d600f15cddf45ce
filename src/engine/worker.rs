//! The worker thread, which owns the run, and the other threads' end of it.
//!
//! Nobody waits for anybody. Commands come in through a channel that is emptied between two steps,
//! events go out through a channel without a bound, pictures through a slot where the latest wins and
//! only when someone asked. Losses are read back from the device in blocks, at the rate of
//! [`Job::report_interval`], never one by one.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::EngineError;
use super::checkpoint::Checkpoint;
use super::device::DeviceChoice;
use super::inbox::Inbox;
use super::input::{Candidate, WeightsChoice};
use super::message::{Command, EndReason, Event, LossBlock, Pictures, Preview};
use super::picture_slot::PictureSlot;
use super::run::Run;
use super::way::Way;

/// How often losses are read back where nothing else is asked for: as fast as a person can see.
pub const REPORT_INTERVAL: Duration = Duration::from_millis(50);

/// Everything a run needs to start.
#[derive(Debug, Clone)]
pub struct Job {
    /// The candidates. Those that can share a lane do; several lanes take turns.
    pub candidates: Vec<Candidate>,
    /// What they are called, in this order; 0, 1, … where nothing is said.
    pub numbers: Vec<usize>,
    /// Where published networks find their weights.
    pub weights: WeightsChoice,
    /// Where to compute.
    pub device: DeviceChoice,
    /// Threads of libtorch on the CPU; `None` leaves its own choice.
    pub threads: Option<usize>,
    /// How long losses may stay on the device before they are read back.
    pub report_interval: Duration,
    /// Most candidates of a lane, at least 1.
    pub most_in_lane: usize,
    /// Most time for the steps of all lanes together.
    pub budget: Option<Duration>,
    /// Whether a candidate that cannot go on as it is waits until somebody changes something ([`Event::Stuck`]). Where
    /// nobody could, it ends ([`Event::Failed`]).
    pub pauses: bool,
    #[cfg(test)]
    pub(crate) faults: super::fault::Faults,
    /// What a person should know about how it is computed, said when it begins.
    pub notes: Vec<String>,
    /// How much is computed at once, to begin with.
    pub way: Way,
    /// What candidates go on from; those without one begin.
    pub checkpoints: Vec<Checkpoint>,
    /// Losses of the steps before those checkpoints, said again for whoever shows them.
    pub past: Vec<LossBlock>,
    /// How often [`Event::Checkpoint`] says what could be gone on from, which it also does whenever the run stops or is
    /// paused; `None` for never.
    pub checkpoint_interval: Option<Duration>,
}

impl Job {
    /// One candidate on the device that `device` chooses.
    pub fn single(candidate: Candidate, device: DeviceChoice) -> Self {
        Self {
            candidates: vec![candidate],
            ..Self::empty(device)
        }
    }

    /// No candidate yet.
    pub fn empty(device: DeviceChoice) -> Self {
        Self {
            candidates: Vec::new(),
            numbers: Vec::new(),
            weights: WeightsChoice::default(),
            device,
            threads: None,
            report_interval: REPORT_INTERVAL,
            most_in_lane: usize::MAX,
            budget: None,
            pauses: false,
            #[cfg(test)]
            faults: super::fault::Faults::default(),
            notes: Vec::new(),
            way: Way::FASTEST,
            checkpoints: Vec::new(),
            past: Vec::new(),
            checkpoint_interval: None,
        }
    }

    /// What the candidate at `place` is called.
    pub(super) fn number_of(&self, place: usize) -> usize {
        self.numbers.get(place).copied().unwrap_or(place)
    }
}

/// The other threads' end of a worker.
#[derive(Debug)]
pub struct Worker {
    commands: Option<Sender<Command>>,
    events: Receiver<Event>,
    events_taken: bool,
    pictures: PictureSlot,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread, which builds the lane and then steps by itself.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn spawn(job: Job) -> Result<Self, EngineError> {
        let places = 0..job.candidates.len();
        let all: Arc<[usize]> = places.map(|place| job.number_of(place)).collect();
        let candidates = Arc::clone(&all);
        Self::spawn_with(all, move |commands, events, slot| {
            let mut inbox = Inbox::new(commands);
            let mut run = match Run::start(job, &mut inbox, events, slot) {
                Ok(run) => run,
                Err(error) if error.is_stopped() => {
                    let _ = events.send(Event::Ended {
                        reason: EndReason::Stopped,
                        pictures: Pictures {
                            candidates,
                            ..Pictures::default()
                        },
                        seconds: 0.0,
                    });
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let went = caught(|| {
                run.go(&mut inbox);
                Ok(())
            });
            if let Err(EngineError::WorkerGone(reason)) = went {
                run.give_up(&reason);
            }
            Ok(())
        })
    }

    /// A thread that does `work` for the candidates `all`, and says where that fails or panics.
    fn spawn_with(
        all: Arc<[usize]>,
        work: impl FnOnce(&Receiver<Command>, &Sender<Event>, PictureSlot) -> Result<(), EngineError>
        + Send
        + 'static,
    ) -> Result<Self, EngineError> {
        let (commands, inbox) = mpsc::channel();
        let (outbox, events) = mpsc::channel();
        let pictures = PictureSlot::default();
        let slot = pictures.clone();
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || {
                if let Err(error) = caught(|| work(&inbox, &outbox, slot)) {
                    // Nobody listening any more is no reason for anything.
                    let _ = outbox.send(Event::Failed {
                        candidates: all,
                        error,
                        pictures: None,
                    });
                }
            })
            .map_err(|error| EngineError::WorkerGone(error.to_string()))?;
        Ok(Self {
            commands: Some(commands),
            events,
            events_taken: false,
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

    /// The events, in order. Once they have been taken, a channel that is closed.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// The events, for another thread to receive; `None` after the first time.
    pub fn take_events(&mut self) -> Option<Receiver<Event>> {
        if std::mem::replace(&mut self.events_taken, true) {
            return None;
        }
        let (_, closed) = mpsc::channel();
        Some(std::mem::replace(&mut self.events, closed))
    }

    /// A sender of commands for another thread, such as a signal handler's.
    pub fn commands(&self) -> Option<Sender<Command>> {
        self.commands.clone()
    }

    /// The newest pictures, if any came since the last call; asked for by [`Command::RequestPicture`].
    pub fn take_pictures(&self) -> Option<Preview> {
        self.pictures.take()
    }

    /// The slot that [`Worker::take_pictures`] empties, for another thread to do so.
    pub fn picture_slot(&self) -> PictureSlot {
        self.pictures.clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Said, and not left to the channel's closing: others may hold senders too.
        self.send(Command::Stop);
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // What happened there was reported as an event.
            let _ = thread.join();
        }
    }
}

/// What `work` returns, a panic in it as an error: whoever listens must hear of it.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    // What a panic leaves half done is only looked at for pictures, which are checked.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned());
        let reason = text.unwrap_or_else(|| "a panic without a message".to_owned());
        Err(EngineError::WorkerGone(reason))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_reported_and_the_handle_can_be_dropped() {
        let mut worker = Worker::spawn_with(Arc::new([0]), |_, events, _| {
            let _ = events.send(Event::Paused(3));
            panic!("broken at {}", 7)
        })
        .unwrap();
        let events = worker.take_events().unwrap();
        assert!(worker.take_events().is_none());
        assert!(worker.events().recv().is_err(), "it is closed");
        assert!(matches!(events.recv(), Ok(Event::Paused(3))));
        let Ok(Event::Failed {
            error,
            pictures: None,
            ..
        }) = events.recv()
        else {
            panic!("the panic was not reported");
        };
        assert!(
            matches!(&error, EngineError::WorkerGone(reason) if reason == "broken at 7"),
            "{error}"
        );
        assert!(events.recv().is_err());
    }
}
