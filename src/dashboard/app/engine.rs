//! What the worker says, taken into the state. UI thread.

use std::time::Instant;

use super::{App, Exit};
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Task};
use crate::dashboard::run_state::Phase;
use crate::dashboard::setup::Saving;
use crate::engine::message::{Command, EndReason, Event, Pictures, Snapshot, Started};
use crate::preset::{Change, ChangeClass, Preset};

/// A measurement of gradients may take this share of the time that the steps took since the last one.
const GRADIENT_SHARE: f64 = 0.006;
/// What one measurement costs, in steps for each term, before the first one was timed.
const GRADIENT_COST: f64 = 0.7;

/// The longest measurement while the run stands still, in seconds.
const LONGEST_IDLE_COST: f64 = 1.0;

/// When gradients were last measured, and what it cost.
#[derive(Debug, Default)]
pub(in crate::dashboard) struct Measuring {
    pub(super) pending: bool,
    at_seconds: f64,
    cost_seconds: Option<f64>,
    at_step: Option<u64>,
}

impl App {
    pub(super) fn engine(&mut self, event: Event, now: Instant) {
        match event {
            Event::Preparing(stage) => self.run.prepare(stage),
            Event::Started(started) => self.started(started, now),
            Event::Losses(block) => self.run.add(&block),
            Event::PresetChanged {
                step,
                changes,
                preset,
                ..
            } => {
                self.confirm(&preset);
                self.took_effect(step, changes, now);
            }
            Event::PresetRefused { error, .. } => {
                self.run.built();
                self.sent.clear();
                self.recipe = self.confirmed.clone();
                let files = self.recipe.loaded().files.clone();
                self.effects.push(Effect::Watch(files));
                self.say(now, Tone::Error, format!("not taken up: {error}"));
            }
            Event::Refused(error) => {
                self.measuring.pending = false;
                self.save_wanted = 0;
                self.say(now, Tone::Error, error.to_string());
            }
            Event::Paused(step) => {
                self.run.pause(true);
                self.run.step = step;
            }
            Event::Resumed(_) => self.run.pause(false),
            Event::Snapshot(snapshot) => self.kept(&snapshot, now),
            Event::WentBack { step, .. } => {
                self.run.rewind(step);
                self.events.rewind(step);
                self.changes.retain(|(at, _)| *at <= step);
                self.timeline.now();
                self.say(now, Tone::Good, format!("going on from step {step}"));
            }
            Event::Gradients(gradients) => {
                self.measuring.pending = false;
                self.measuring.cost_seconds = Some(gradients.seconds);
                self.measuring.at_seconds = self.run.seconds;
                self.measuring.at_step = Some(gradients.step);
                self.run.gradients = Some(gradients);
            }
            // The loop takes it out of the slot and hands it to `preview`.
            Event::PictureReady => {}
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => self.ended(reason, pictures, seconds, now),
            Event::Failed { error, pictures } => self.failed(&error.to_string(), pictures, now),
        }
    }

    fn started(&mut self, started: Started, now: Instant) {
        if self.run.started.is_none()
            && let Some(note) = &started.note
        {
            self.events
                .add(now, started.step, Tone::Notice, note.clone());
        }
        let again = self.run.started.is_some() && started.step == 0 && self.run.step > 0;
        if again {
            self.events.rewind(0);
            self.changes.clear();
            self.waits_for_restart = false;
            self.say(now, Tone::Good, "began again from the first picture");
        }
        self.gpu = self.gpu.filter(|_| started.device.starts_with("cuda"));
        self.engine_is_on(&started.device);
        self.run.start(started);
    }

    /// The engine has taken this preset up, and with it all that were sent before.
    fn confirm(&mut self, preset: &Preset) {
        let place = self.sent.iter().rposition(|sent| sent.preset() == preset);
        if let Some(place) = place
            && let Some(confirmed) = self.sent.drain(..=place).next_back()
        {
            self.confirmed = confirmed;
        }
    }

    fn took_effect(&mut self, step: u64, changes: Vec<Change>, now: Instant) {
        if changes.is_empty() {
            return;
        }
        self.waits_for_restart |= changes
            .iter()
            .any(|change| change.class == ChangeClass::Restart);
        self.events.changed(now, step, &changes);
        self.changes
            .extend(changes.into_iter().map(|change| (step, change)));
    }

    fn kept(&mut self, snapshot: &Snapshot, now: Instant) {
        let (gone, asked_for) = self.timeline.add(snapshot);
        for snapshot in gone {
            self.effects
                .push(Effect::Engine(Command::Forget { snapshot }));
        }
        if asked_for {
            let step = snapshot.pictures.step;
            self.say(now, Tone::Good, format!("snapshot kept at step {step}"));
        }
        self.run.pictures = Some(snapshot.pictures.clone());
        for _ in 0..std::mem::take(&mut self.save_wanted) {
            self.save(false);
        }
    }

    fn ended(&mut self, reason: EndReason, pictures: Pictures, seconds: f64, now: Instant) {
        let nothing = pictures.step == 0 && reason == EndReason::Stopped;
        self.run.end(reason, pictures, seconds);
        if nothing {
            self.events
                .add(now, 0, Tone::Plain, "stopped before the first step");
        } else {
            self.save(true);
        }
        if reason == EndReason::Completed {
            let step = self.run.step;
            let time = crate::record::figure::elapsed(seconds);
            self.say(now, Tone::Good, format!("finished: {step} steps in {time}"));
            self.effects.push(Effect::Engine(Command::Snapshot));
        }
        if self.exit.is_some() || self.unseen {
            self.exit = Some(Exit::Saving);
            self.finish_leaving();
        }
    }

    /// The worker is gone. Its last picture can still be saved.
    fn failed(&mut self, why: &str, pictures: Option<Pictures>, now: Instant) {
        let newest = || {
            let kept = self.timeline.newest()?;
            Some(Pictures {
                step: kept.step,
                pictures: vec![std::sync::Arc::clone(&kept.picture)],
            })
        };
        let pictures = pictures.or_else(newest);
        self.run.fail(why.to_owned(), pictures);
        self.say(now, Tone::Error, why.to_owned());
        if self.unseen || self.exit.is_some() {
            if self.run.pictures.is_some() {
                self.save(true);
            }
            self.exit = Some(Exit::Saving);
            self.finish_leaving();
        }
    }

    /// Saves the newest picture in full that is known.
    pub(super) fn save(&mut self, is_result: bool) {
        let Some(pictures) = self.run.pictures.clone() else {
            return;
        };
        self.saving += 1;
        let saving = Saving {
            pictures,
            loaded: self.recipe.as_loaded(),
            changes: self.changes.clone(),
            started: self.run.started.clone(),
            seconds: self.run.seconds,
            loss: self.run.loss(),
            is_result,
        };
        self.effects
            .push(Effect::Task(Task::Save(Box::new(saving))));
    }

    /// Keeps a state of the run when it is time.
    pub(super) fn ask_for_snapshot(&mut self, now: Instant) {
        let steps = self.recipe.preset().schedule.steps;
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
