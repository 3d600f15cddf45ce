//! What the worker says, taken into the state. UI thread.

use std::time::Instant;

use super::{App, Exit};
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Task};
use crate::dashboard::run_state::Phase;
use crate::dashboard::setup::Saving;
use crate::engine::message::{
    Command, EndReason, Event, Gradients, Pictures, Refusal, Snapshot, Stage, Started,
};
use crate::preset::visible::visible;
use crate::preset::{Change, ChangeClass, Loaded, Preset, diff};
use crate::record::figure;
use crate::record::transfer::announcement;

/// A measurement of gradients may take this share of the time that the steps took since the last one.
const GRADIENT_SHARE: f64 = 0.006;
/// What one measurement costs, in steps for each term, before the first one was timed.
const GRADIENT_COST: f64 = 0.7;

/// The longest measurement while the run stands still, in seconds.
const LONGEST_IDLE_COST: f64 = 1.0;

/// When gradients were last measured, and what it cost.
#[derive(Debug, Default)]
pub(in crate::dashboard) struct Measuring {
    pending: bool,
    at_seconds: f64,
    cost_seconds: Option<f64>,
    at_step: Option<u64>,
}

impl Measuring {
    /// After `seconds` of stepping.
    fn done(&mut self, gradients: &Gradients, is_whole: bool, seconds: f64) {
        self.pending = false;
        self.at_seconds = seconds;
        let known = self.cost_seconds.filter(|_| !is_whole).unwrap_or(0.0);
        self.cost_seconds = Some(gradients.seconds.max(known));
        self.at_step = is_whole.then_some(gradients.step);
    }

    /// It could not be done, for lack of memory most likely: not again soon.
    fn refused(&mut self, seconds: f64, step: u64) {
        self.pending = false;
        self.at_seconds = seconds;
        self.at_step = Some(step);
        self.cost_seconds = Some(self.cost_seconds.unwrap_or(1.0) * 4.0);
    }
}

/// Changes that go into the record of a picture.
const MOST_CHANGES: usize = 10_000;

impl App {
    pub(super) fn engine(&mut self, event: Event, now: Instant) {
        match event {
            Event::Preparing(stage) => self.preparing(stage, now),
            Event::Started(started) => self.started(started, now),
            Event::PartOfStep(part) => self.run.part_of_step = Some(part),
            Event::Losses(block) | Event::PastLosses(block) => {
                self.run.add(&block);
                self.result_step = None;
            }
            Event::PresetChanged {
                step,
                changes,
                preset,
                in_force,
                ..
            } => {
                // A rebuilding may have been broken off for it.
                self.run.built();
                let is_others = self.confirm(&preset);
                self.waits_for_restart = diff(&in_force, &preset)
                    .iter()
                    .any(|change| change.class == ChangeClass::Restart);
                self.in_force = *in_force;
                if is_others {
                    self.say_changed_elsewhere(&changes, now);
                }
                self.took_effect(step, changes, now);
            }
            Event::PresetRefused { error, preset, .. } => {
                self.run.built();
                self.take_back(&preset);
                self.say(now, Tone::Error, format!("not taken up: {error}"));
            }
            Event::Refused {
                what: Refusal::Preset,
                error,
            } => {
                self.sent.clear();
                self.say(now, Tone::Error, format!("not taken up: {error}"));
            }
            Event::Refused { what, error } => self.refused(what, &error.to_string(), now),
            Event::Paused(step) => {
                self.run.pause(true);
                self.run.step = step;
                if self.is_deserted() && self.exit.is_none() && self.watched.is_none() {
                    // Nobody is there any more to let it go on.
                    self.effects.push(Effect::Engine(self.run.way_out()));
                }
            }
            Event::Resumed(_) => self.run.pause(false),
            Event::Snapshot(snapshot) => self.kept(&snapshot, now),
            Event::WentBack { step, .. } => {
                self.go_another_way(step);
                self.timeline.now();
                self.say(now, Tone::Good, format!("going on from step {step}"));
            }
            Event::Recovered(recovered) => self.recovered(&recovered, now),
            Event::Stuck(stuck) => self.stuck(&stuck, now),
            Event::Remark(remark) => self.say(now, Tone::Notice, visible(&remark.words)),
            Event::Gradients(gradients) => self.measured(gradients),
            // The loop takes it out of the slot and hands it to `preview`.
            // Nobody else has a place in this run.
            // The recorder keeps it.
            Event::PictureReady | Event::Dropped { .. } | Event::Checkpoint(_) => {}
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => self.ended(reason, pictures, seconds, now),
            Event::Failed {
                error, pictures, ..
            } => self.failed(&error.to_string(), pictures, now),
        }
    }

    /// Steps from `step` on have never been made.
    pub(super) fn go_another_way(&mut self, step: u64) {
        self.run.rewind(step);
        self.events.rewind(step);
        // The presets stay: what was changed later counts from here on this way.
        for (at, _) in &mut self.changes {
            *at = (*at).min(step);
        }
        self.result_step = None;
    }

    fn preparing(&mut self, stage: Stage, now: Instant) {
        let line = match &stage {
            Stage::Fetching(fetching) => Some(announcement(fetching)),
            _ => None,
        };
        let begins = self.run.prepare(stage, now);
        if let Some(line) = line.filter(|_| begins) {
            self.say(now, Tone::Notice, visible(&line));
        }
    }

    fn started(&mut self, started: Started, now: Instant) {
        let known = self
            .run
            .started
            .as_ref()
            .map_or(&[][..], |known| &known.notes);
        for note in started.notes.iter().filter(|note| !known.contains(note)) {
            self.events
                .add(now, started.step, Tone::Notice, note.clone());
        }
        let again = self.run.started.is_some() && started.step == 0 && self.run.step > 0;
        if again {
            self.events.rewind(0);
            self.changes.clear();
            self.waits_for_restart = false;
            self.in_force = self.confirmed.preset().clone();
            self.measuring = Measuring::default();
            self.result_step = None;
            self.say(now, Tone::Good, "began again from the first picture");
        }
        self.gpu = self.gpu.filter(|_| started.device.starts_with("cuda"));
        self.pictures.engine_is_on(&started.device, started.threads);
        self.run.start(started);
    }

    /// The engine has taken this preset up, and with it all that were sent before. Whether it is one from another
    /// terminal.
    fn confirm(&mut self, preset: &Preset) -> bool {
        let mut is_others = false;
        let place = self.sent.iter().rposition(|sent| sent.preset() == preset);
        if let Some(place) = place
            && let Some(confirmed) = self.sent.drain(..=place).next_back()
        {
            self.confirmed = confirmed;
        } else if self.watched.is_some() {
            // The run took up something else, whoever wanted it.
            self.sent.clear();
        } else if self.sent.is_empty() && diff(self.recipe.preset(), preset).is_empty() {
            self.confirmed = self.recipe.clone();
        } else if self.sent.is_empty() {
            is_others = self.adopt(preset);
            self.confirmed = self.recipe.clone();
            self.find_active();
        }
        if self.watched.is_some() && self.sent.is_empty() {
            self.reload();
        }
        is_others
    }

    /// The engine cannot take this preset up. Where nothing was sent after it, the one before is back.
    fn take_back(&mut self, refused: &Preset) {
        if let Some(place) = self.sent.iter().rposition(|sent| sent.preset() == refused) {
            self.sent.drain(..=place);
        }
        if self.sent.is_empty() {
            self.recipe = self.confirmed.clone();
            self.find_active();
            let files = self.recipe.loaded().files.clone();
            self.effects.push(Effect::Watch(files));
        }
    }

    fn refused(&mut self, what: Refusal, why: &str, now: Instant) {
        match what {
            Refusal::Restart => self.run.built(),
            Refusal::Snapshot => {
                self.save_wanted = 0;
                self.timeline.give_up();
                if self.exit.is_some() {
                    self.finish_leaving();
                }
            }
            Refusal::Picture => self.pictures.refused(now),
            Refusal::Gradients => self.measuring.refused(self.run.seconds, self.run.step),
            Refusal::GoBack
            | Refusal::Forget
            | Refusal::Drop(_)
            | Refusal::Join(_)
            | Refusal::Pause
            | Refusal::Stop => {}
            Refusal::Preset => self.sent.clear(),
        }
        self.say(now, Tone::Error, why);
    }

    fn measured(&mut self, gradients: Gradients) {
        let is_whole = gradients
            .norms
            .iter()
            .flatten()
            .all(|norm| norm.is_finite());
        self.measuring.done(&gradients, is_whole, self.run.seconds);
        // One that was broken off tells less than the one before.
        if is_whole || self.run.gradients.is_none() {
            self.run.gradients = Some(gradients);
        }
    }

    fn took_effect(&mut self, step: u64, changes: Vec<Change>, now: Instant) {
        if changes.is_empty() {
            return;
        }
        self.events.changed(now, step, &changes);
        for change in changes {
            if change.class == ChangeClass::Restart {
                continue;
            }
            // A held key makes one change of many.
            if let Some((_, last)) = self.changes.last_mut()
                && last.key == change.key
                && last.new == change.old
            {
                last.new = change.new;
            } else if self.changes.len() < MOST_CHANGES {
                self.changes.push((step, change));
            }
        }
    }

    fn kept(&mut self, snapshot: &Snapshot, now: Instant) {
        let (gone, asked_for) = self.timeline.add(snapshot, self.candidate);
        for snapshot in gone {
            self.effects
                .push(Effect::Engine(Command::Forget { snapshot }));
        }
        if asked_for {
            let step = snapshot.pictures.step;
            self.say(now, Tone::Good, format!("snapshot kept at step {step}"));
        }
        self.run.pictures = Some(snapshot.pictures.clone());
        if self.watched.is_some() {
            // It is the newest that there is, and nothing else is shown of the run.
            self.pictures.look_again();
        }
        for _ in 0..std::mem::take(&mut self.save_wanted) {
            self.save(false);
        }
    }

    fn ended(&mut self, reason: EndReason, pictures: Pictures, seconds: f64, now: Instant) {
        if self.watched.is_some() {
            return self.watched_ended(reason, &pictures, seconds, now);
        }
        if self.is_attached() {
            return self.attached_ended(reason, pictures, seconds, now);
        }
        let nothing = pictures.step == 0 && reason == EndReason::Stopped;
        self.run.end(reason, pictures, seconds);
        if nothing {
            self.events
                .add(now, 0, Tone::Plain, "stopped before the first step");
        } else {
            self.save(true);
        }
        if reason == EndReason::Completed {
            let steps = figure::steps(self.run.step);
            let time = figure::elapsed(seconds);
            self.say(now, Tone::Good, format!("finished: {steps} in {time}"));
            self.effects.push(Effect::Engine(Command::Snapshot));
        }
        // Somebody at another terminal may have stopped it; where it is finished, one may still want more.
        if self.exit.is_some() || self.is_deserted() || reason == EndReason::Stopped {
            self.exit = Some(Exit::Saving);
            self.finish_leaving();
        }
    }

    /// The worker is gone. Its last picture can still be saved.
    fn failed(&mut self, why: &str, pictures: Option<Pictures>, now: Instant) {
        let newest = || {
            let kept = self.timeline.newest()?;
            Some(Pictures {
                candidates: [self.candidate].into(),
                step: kept.step,
                pictures: vec![std::sync::Arc::clone(&kept.picture)],
            })
        };
        let pictures = pictures.or_else(newest);
        self.run.fail(why.to_owned(), pictures);
        self.say(now, Tone::Error, why.to_owned());
        self.pictures.refused(now);
        self.pictures.look_again();
        for _ in 0..std::mem::take(&mut self.save_wanted) {
            self.save(false);
        }
        if self.is_deserted() || self.exit.is_some() {
            self.leave(Exit::Saving);
        }
    }

    /// Saves what is left of a run that failed, once.
    pub(super) fn save_what_is_left(&mut self) {
        if self.run.has_failed() && self.result_step.is_none() && self.run.pictures.is_some() {
            self.result_step = self.run.pictures.as_ref().map(|pictures| pictures.step);
            self.save(true);
        }
    }

    /// Saves the newest picture in full that is known.
    pub(super) fn save(&mut self, is_result: bool) {
        let Some(pictures) = self.run.pictures.clone() else {
            return;
        };
        self.saving += 1;
        let step = pictures.step;
        let changes = self.changes.iter().filter(|(at, _)| *at <= step);
        let saving = Saving {
            loaded: Loaded {
                preset: self.in_force.clone(),
                ..self.recipe.loaded().clone()
            },
            changes: changes.cloned().collect(),
            started: self.run.started.clone(),
            seconds: self.run.seconds,
            // Of an older picture, as after a failure, it is not known any more.
            loss: self.run.loss().filter(|_| step >= self.run.step),
            pictures,
            candidate: self.candidate,
            is_result,
        };
        self.effects
            .push(Effect::Task(Task::Save(Box::new(saving))));
    }

    /// Keeps a state of the run when it is time.
    pub(super) fn ask_for_snapshot(&mut self, now: Instant) {
        let steps = self.recipe.steps();
        if self.run.phase() == Phase::Running && self.timeline.is_due(now, self.run.step, steps) {
            self.effects.push(Effect::Engine(Command::Snapshot));
        }
    }

    /// Measures the gradients where it costs the run next to nothing.
    pub(super) fn ask_for_gradients(&mut self) {
        if self.measuring.pending || self.exit.is_some() {
            return;
        }
        let Some(latest) = self.run.history.latest() else {
            return;
        };
        let terms = latest.terms.len() as f64;
        let cost = self.measuring.cost_seconds.or_else(|| {
            let rate = self.run.speed.steps_per_second()?;
            Some(GRADIENT_COST * (terms + 1.0) / rate)
        });
        // Whoever wants to go on does not want to wait for this.
        let idle = self.run.is_idle()
            && self.measuring.at_step != Some(self.run.step)
            && cost.is_some_and(|cost| cost < LONGEST_IDLE_COST);
        let affordable = self.run.phase() == Phase::Running
            && cost.is_some_and(|cost| {
                (self.run.seconds - self.measuring.at_seconds) * GRADIENT_SHARE > cost
            });
        if idle || affordable {
            self.measure_gradients();
        }
    }

    pub(super) fn measure_gradients(&mut self) {
        if !self.measuring.pending && !self.run.has_failed() {
            self.measuring.pending = true;
            self.effects.push(Effect::Engine(Command::MeasureGradients));
        }
    }
}
