//! A run: its lanes, which take turns, and the commands between their steps. Worker thread.

mod changes;
mod membership;
mod recovery;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tch::Device;

use super::EngineError;
use super::arrangement::{arrange, by_steps};
use super::checkpoint::{self, Checkpoint};
use super::cut::carried_over;
use super::device;
use super::first_lane::FirstLane;
use super::going_on::Passed;
use super::inbox::{Inbox, Next};
use super::lane_run::LaneRun;
use super::message::{
    Command, EndReason, Event, PartOfStep, Parts, PictureRequest, Preview, Refusal, Snapshot, Whose,
};
use super::picture_slot::PictureSlot;
use super::snapshot::{Kept, Snapshots};
use super::worker::{Job, caught};
use crate::optimizer::at;

/// How far a step is is said no more often than this.
const PARTS_INTERVAL: Duration = Duration::from_millis(250);
/// A step that takes less is over before anybody wonders.
const LONG_STEP: Duration = Duration::from_secs(1);

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
    lanes: Vec<LaneRun>,
    job: Job,
    device: Device,
    outbox: &'a Sender<Event>,
    slot: PictureSlot,
    snapshots: Snapshots,
    state: State,
    /// The pictures that were asked for and have not been delivered yet.
    request: Option<PictureRequest>,
    /// When the last checkpoints were made, or the run began.
    checkpointed: Instant,
}

impl<'a> Run<'a> {
    /// Builds the lanes, saying so.
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
        let mut run = Self {
            lanes: Vec::new(),
            device,
            outbox,
            slot,
            snapshots: Snapshots::default(),
            state: State::Running,
            request: None,
            checkpointed: Instant::now(),
            job,
        };
        let step_of = |place: usize| {
            let number = run.job.number_of(place);
            run.checkpoint_of(number).map(|one| one.step)
        };
        let groups: Vec<Vec<usize>> = arrange(&run.job.candidates, run.job.most_in_lane)
            .iter()
            .flat_map(|group| by_steps(group, step_of))
            .collect();
        let only_one = groups.len() == 1;
        for group in groups {
            let numbers: Arc<[usize]> = group
                .iter()
                .map(|place| run.job.number_of(*place))
                .collect();
            match run.add_lane((&group, &numbers), note.as_deref(), inbox) {
                Ok(()) => {}
                Err(error) if only_one || error.is_stopped() => return Err(error),
                Err(error) => run.say(Event::Failed {
                    candidates: numbers,
                    error,
                    pictures: None,
                }),
            }
        }
        Ok(run)
    }

    fn add_lane(
        &mut self,
        (places, numbers): (&[usize], &Arc<[usize]>),
        note: Option<&str>,
        inbox: &mut Inbox<'_>,
    ) -> Result<(), EngineError> {
        let candidates = at(&self.job.candidates, places);
        let checkpoints: Vec<&Checkpoint> = numbers
            .iter()
            .filter_map(|number| self.checkpoint_of(*number))
            .collect();
        let weights = &self.job.weights;
        let FirstLane { lane, changes } = FirstLane::new(
            &candidates,
            numbers,
            &checkpoints,
            weights,
            (self.device, self.job.way),
            inbox,
            self.outbox,
        )?;
        let mut started = lane.started();
        started.notes.extend(note.map(str::to_owned));
        started.notes.extend(self.job.notes.iter().cloned());
        self.say(Event::Started(started));
        let past = self.job.past.iter();
        for block in past.filter(|block| block.candidates.iter().any(|one| numbers.contains(one))) {
            self.say(Event::PastLosses(block.clone()));
        }
        for change in changes {
            self.say(change);
        }
        let mut lane = LaneRun::new(lane);
        if !checkpoints.is_empty() {
            lane.go_on_from(&checkpoints);
        }
        self.push(lane);
        Ok(())
    }

    /// One lane more.
    #[cfg_attr(
        not(test),
        expect(unused_mut, reason = "only tests put something into it")
    )]
    fn push(&mut self, mut lane: LaneRun) {
        #[cfg(test)]
        lane.faults.clone_from(&self.job.faults);
        self.lanes.push(lane);
    }

    fn checkpoint_of(&self, number: usize) -> Option<&Checkpoint> {
        let mut all = self.job.checkpoints.iter();
        all.find(|checkpoint| checkpoint.candidate == number)
    }

    /// Says what every candidate can be gone on from, where anybody wants to know.
    fn say_checkpoints(&mut self) {
        if self.job.checkpoint_interval.is_none() {
            return;
        }
        self.read_losses();
        for lane in &mut self.lanes {
            let moment = lane.moment();
            // A checkpoint is as large as the run itself: of one moment there are never two.
            if lane.failure.is_some() || lane.checkpointed.as_ref() == Some(&moment) {
                continue;
            }
            // What cannot be copied for want of memory can be stepped all the same.
            let Ok(made) = checkpoint::of_lane(lane) else {
                continue;
            };
            lane.checkpointed = Some(moment);
            for checkpoint in made {
                let _ = self.outbox.send(Event::Checkpoint(Arc::new(checkpoint)));
            }
        }
        self.checkpointed = Instant::now();
    }

    /// Steps and listens until the run is stopped, or no lane is left.
    pub(super) fn go(&mut self, inbox: &mut Inbox<'_>) {
        loop {
            self.take_commands(inbox);
            self.say_failures();
            if self.lanes.is_empty() {
                return;
            }
            if self.state == State::Stopping {
                self.end_all(EndReason::Stopped);
                self.say_failures();
                return;
            }
            match self.next_lane() {
                Some(lane) => {
                    self.state = State::Running;
                    self.step(lane, inbox);
                }
                None if self.state != State::Completed => {
                    // What the last losses tell may be a reason to go back.
                    self.read_losses();
                    if self.next_lane().is_some() {
                        continue;
                    }
                    if self.is_held_up() {
                        self.stand_still();
                        continue;
                    }
                    self.state = State::Completed;
                    let has_steps = self.lanes.iter().any(LaneRun::has_steps_left);
                    self.end_all(if has_steps {
                        EndReason::BudgetSpent
                    } else {
                        EndReason::Completed
                    });
                }
                None => {}
            }
            self.say_failures();
        }
    }

    /// The run cannot go on because of a mistake in the program: `reason` says what is known of it.
    pub(super) fn give_up(&mut self, reason: &str) {
        for lane in &self.lanes {
            let error = EngineError::WorkerGone(reason.to_owned());
            // What is half done is only looked at for pictures, which are checked.
            let pictures = caught(|| Ok(lane.sound_pictures(&error))).unwrap_or(None);
            self.say(Event::Failed {
                candidates: Arc::clone(lane.lane.numbers()),
                error,
                pictures,
            });
        }
    }

    /// The lane that is furthest behind, so that all advance together; `None` where there is no step to make.
    fn next_lane(&self) -> Option<usize> {
        if self.is_budget_spent() {
            return None;
        }
        let with_steps = (0..)
            .zip(&self.lanes)
            .filter(|(_, lane)| lane.has_steps_left() && !lane.is_stuck);
        let furthest = with_steps.min_by_key(|(_, lane)| lane.lane.step_count());
        furthest.map(|(index, _)| index)
    }

    fn is_budget_spent(&self) -> bool {
        let spent = || self.lanes.iter().map(LaneRun::stepping).sum::<Duration>();
        self.job.budget.is_some_and(|budget| budget <= spent())
    }

    /// Carries out what has been said. Waits for a command only when there is no step to make.
    fn take_commands(&mut self, inbox: &mut Inbox<'_>) {
        loop {
            let idle = match self.state {
                State::Running | State::Stopping => false,
                State::Paused => true,
                State::Completed => self.next_lane().is_none(),
            };
            match inbox.next(idle) {
                Next::Command(command) => {
                    self.carry_out(command, inbox);
                    // What was said after it is not meant for a run that is over.
                    if self.state == State::Stopping {
                        return;
                    }
                    self.say_failures();
                    if self.lanes.is_empty() {
                        return;
                    }
                }
                Next::Nothing => return,
                Next::Closed => {
                    self.state = State::Stopping;
                    return;
                }
            }
        }
    }

    fn carry_out(&mut self, command: Command, inbox: &mut Inbox<'_>) {
        match command {
            Command::Pause
                if self.state == State::Running
                    || self.state == State::Completed && self.next_lane().is_some() =>
            {
                self.state = State::Paused;
                self.read_losses();
                self.say_checkpoints();
                self.say(Event::Paused(self.step_count()));
                // No read-back will come by which a picture that was asked for could be delivered.
                self.deliver_picture();
            }
            Command::Resume if self.state == State::Paused => {
                self.state = State::Running;
                self.try_again();
                self.say(Event::Resumed(self.step_count()));
            }
            Command::Pause | Command::Resume => {}
            Command::Stop => self.state = State::Stopping,
            Command::ChangePreset { candidate, preset } => {
                self.change_preset(candidate, *preset, inbox);
            }
            Command::Drop { candidate } => self.drop_candidate(candidate),
            Command::Join { candidate, input } => self.join(candidate, *input, inbox),
            Command::Restart => self.restart(inbox),
            Command::Snapshot => self.keep_snapshots(),
            Command::GoBack { snapshot } => self.go_back(snapshot),
            Command::Forget { snapshot } => {
                if let Err(error) = self.snapshots.forget(snapshot) {
                    self.refuse(Refusal::Forget, error);
                }
            }
            Command::RequestPicture(request) => {
                self.request = Some(request);
                if self.state != State::Running {
                    self.deliver_picture();
                }
            }
            Command::MeasureGradients => self.measure_gradients(inbox),
        }
    }

    fn step(&mut self, index: usize, inbox: &mut Inbox<'_>) {
        let (interval, outbox) = (self.job.report_interval, self.outbox);
        if self.lanes.get(index).is_some_and(|lane| lane.has_ended) {
            // Only some of those who were done have been asked for more.
            self.separate_finished(index, false);
        }
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        lane.attempt(|lane| lane.change_size(outbox));
        // A step of a huge picture takes minutes, and whoever wants the end need not wait for its gradient.
        let (candidates, step) = (Arc::clone(lane.lane.numbers()), lane.lane.step_count());
        let began = Instant::now();
        let mut said = began;
        let is_long = lane.last_step() >= LONG_STEP;
        let mut goes_on = |passed: Passed| {
            let is_told = is_long || passed.parts == Parts::Tiles || began.elapsed() >= LONG_STEP;
            if is_told && said.elapsed() >= PARTS_INTERVAL {
                said = Instant::now();
                let _ = outbox.send(Event::PartOfStep(PartOfStep {
                    candidates: Arc::clone(&candidates),
                    step,
                    parts: passed.parts,
                    done: passed.done as u64,
                    of: passed.of as u64,
                }));
            }
            broken_off(inbox.is_stopping())
        };
        if lane.attempt(|lane| lane.step(interval, outbox, &mut goes_on)) == Some(true) {
            self.deliver_picture();
        }
        self.end_what_is_finished(index);
        let interval = self.job.checkpoint_interval;
        if interval.is_some_and(|interval| self.checkpointed.elapsed() >= interval) {
            self.say_checkpoints();
        }
    }

    /// Says the losses of all steps so far. Whose numbers went wrong is back at its last good state then.
    fn read_losses(&mut self) {
        for lane in &mut self.lanes {
            lane.attempt(|lane| lane.read_losses(self.outbox));
        }
        self.recover();
    }

    fn deliver_picture(&mut self) {
        let Some(request) = self.request.take() else {
            return;
        };
        match self.preview(request) {
            Ok(preview) => {
                self.slot.put(preview);
                self.say(Event::PictureReady);
            }
            Err(error) => self.refuse(Refusal::Picture, error),
        }
    }

    fn preview(&self, request: PictureRequest) -> Result<Preview, EngineError> {
        let first = match request.of {
            Whose::One(first) | Whose::Two(first, _) => self.lane_of(first),
            Whose::All => self.lanes.first(),
        };
        let first_size = first.map(|lane| lane.lane.size());
        let mut pictures = Vec::new();
        for lane in &self.lanes {
            let size = lane.lane.size();
            let region = request
                .region
                .map(|region| carried_over(region, first_size.unwrap_or(size), size));
            let wanted = |candidate| request.of.includes(candidate);
            pictures.extend(lane.lane.seen(wanted, region, request.most)?);
        }
        pictures.sort_by_key(|seen| seen.candidate);
        Ok(Preview { request, pictures })
    }

    fn keep_snapshots(&mut self) {
        self.read_losses();
        for lane in &self.lanes {
            let kept = lane.lane.pictures().and_then(|pictures| {
                let progress = lane.lane.state()?;
                Ok((pictures, progress))
            });
            match kept {
                Ok((pictures, progress)) => {
                    let number = self.snapshots.keep(Kept {
                        candidates: Arc::clone(lane.lane.numbers()),
                        presets: lane
                            .lane
                            .candidates()
                            .iter()
                            .map(|candidate| candidate.preset.clone())
                            .collect(),
                        progress,
                    });
                    self.say(Event::Snapshot(Snapshot { number, pictures }));
                }
                Err(error) => self.refuse(Refusal::Snapshot, error),
            }
        }
    }

    fn go_back(&mut self, number: u64) {
        // The losses of the steps that are now left behind belong to the steps that they were made at.
        self.read_losses();
        let kept = match self.snapshots.get(number) {
            Ok(kept) => kept,
            Err(error) => return self.refuse(Refusal::GoBack, error),
        };
        let mut went_back = false;
        for lane in &mut self.lanes {
            let numbers = Arc::clone(lane.lane.numbers());
            if !numbers
                .iter()
                .all(|number| kept.candidates.contains(number))
            {
                continue;
            }
            let event = match lane.go_back(kept) {
                Ok(changes_size) => {
                    if changes_size {
                        let _ = self.outbox.send(Event::Started(lane.lane.started()));
                    }
                    Event::WentBack {
                        candidates: numbers,
                        snapshot: number,
                        step: lane.lane.step_count(),
                    }
                }
                Err(error) => Event::Refused {
                    what: Refusal::GoBack,
                    error,
                },
            };
            went_back |= matches!(event, Event::WentBack { .. });
            let _ = self.outbox.send(event);
        }
        if went_back && self.state == State::Completed {
            // Goes on where steps are left, and otherwise ends again, with the pictures of then.
            self.state = State::Running;
        }
    }

    fn measure_gradients(&mut self, inbox: &mut Inbox<'_>) {
        // So that the device has nothing else to do whose time would be taken for this one's.
        self.read_losses();
        for lane in &self.lanes {
            let mut is_wanted = || !inbox.is_urgent();
            match lane.lane.gradients(&mut is_wanted) {
                Ok(gradients) => self.say(Event::Gradients(gradients)),
                Err(error) => self.refuse(Refusal::Gradients, error),
            }
        }
    }

    fn end_all(&mut self, reason: EndReason) {
        self.say_checkpoints();
        for lane in &mut self.lanes {
            // One that has ended by itself is said to be stopped, too, since the program waits for that word.
            if !lane.has_ended || reason == EndReason::Stopped {
                lane.attempt(|lane| lane.end(reason, self.outbox));
            }
        }
        self.deliver_picture();
    }

    /// Takes out the lanes that cannot go on, and says why.
    fn say_failures(&mut self) {
        self.recover();
        let failed = self.lanes.extract_if(.., |lane| lane.failure.is_some());
        for mut lane in failed {
            if let Some(error) = lane.failure.take() {
                let pictures = caught(|| Ok(lane.sound_pictures(&error))).unwrap_or(None);
                let _ = self.outbox.send(Event::Failed {
                    candidates: Arc::clone(lane.lane.numbers()),
                    error,
                    pictures,
                });
            }
        }
    }

    /// The step of the lane that is furthest behind.
    fn step_count(&self) -> u64 {
        let steps = self.lanes.iter().map(|lane| lane.lane.step_count());
        steps.min().unwrap_or(0)
    }

    fn lane_of(&self, candidate: usize) -> Option<&LaneRun> {
        self.lanes
            .iter()
            .find(|lane| lane.lane.row_of(candidate).is_some())
    }

    fn refuse(&self, what: Refusal, error: EngineError) {
        self.say(Event::Refused { what, error });
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
