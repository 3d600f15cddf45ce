//! What the engine says, taken into the state. UI thread.

use std::time::Instant;

use super::candidate::{Candidate, Over};
use super::{Compare, Exit, Looking};
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::Effect;
use crate::engine::message::{
    Command, EndReason, Event, Pictures, Refusal, Snapshot, Stage, Started,
};
use crate::preset::visible::visible;
use crate::preset::{Change, ChangeClass, Preset};
use crate::record::figure;
use crate::record::transfer::{Transfer, announcement};

/// Changes that go into the record of a picture.
const MOST_CHANGES: usize = 10_000;

impl Compare {
    pub(super) fn engine(&mut self, event: Event, now: Instant) {
        match event {
            Event::Preparing(stage) => self.prepare(stage, now),
            Event::Started(started) => self.started(&started, now),
            Event::Losses(block) | Event::PastLosses(block) => {
                self.built();
                for number in block.candidates.iter() {
                    if let Some(candidate) = self.candidate_mut(*number) {
                        candidate.run.add(&block);
                        candidate.mark_time(candidate.run.step, block.seconds);
                        candidate.result_step = None;
                        if candidate.over != Some(Over::Dropped) {
                            candidate.over = None;
                        }
                    }
                }
            }
            Event::PresetChanged {
                candidate,
                step,
                changes,
                preset,
                in_force,
            } => self.preset_changed(candidate, (step, changes), &preset, *in_force, now),
            Event::PresetRefused {
                candidate,
                preset,
                error,
            } => {
                self.built();
                let name = self.name_of(candidate);
                if let Some(candidate) = self.candidate_mut(candidate)
                    && candidate.recipe.preset() == &*preset
                {
                    candidate.recipe = candidate.confirmed.clone();
                    self.watch_files();
                    self.find_differences();
                }
                let text = format!("{name}: not taken up: {error}");
                self.say(now, Tone::Error, text);
            }
            Event::Refused { what, error } => self.refused(what, &error.to_string(), now),
            // Each of those that are watched has its own pauses: whoever follows them tells.
            Event::Paused(_) | Event::Resumed(_) if self.is_watching => {}
            Event::Paused(_) => {
                self.pause(true);
                if self.is_deserted() && self.exit.is_none() && !self.is_attached() {
                    // Nobody is there any more to let it go on.
                    self.effects.push(Effect::Engine(self.way_out()));
                }
            }
            Event::Resumed(_) => self.pause(false),
            Event::Snapshot(snapshot) => self.kept(&snapshot, now),
            Event::Recovered(recovered) => self.recovered(&recovered, now),
            Event::Stuck(stuck) => self.stuck(&stuck, now),
            Event::Remark(remark) => self.remark(&remark, now),
            // Nothing here asks for them; whoever is watched may have.
            // Pictures are taken out of the slot by the loop, and handed over.
            Event::WentBack { .. }
            | Event::PartOfStep(_)
            | Event::Gradients(_)
            | Event::Checkpoint(_)
            | Event::PictureReady => {}
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => self.ended(reason, &pictures, seconds, now),
            Event::Dropped {
                candidate,
                pictures,
            } => self.dropped(candidate, Some(pictures), now),
            Event::Failed {
                candidates,
                error,
                pictures,
            } => {
                let whose = self.those(&candidates);
                self.failed(&whose, &error.to_string(), pictures.as_ref(), now);
            }
        }
    }

    fn prepare(&mut self, stage: Stage, now: Instant) {
        if let Stage::Fetching(fetching) = &stage {
            if Transfer::follow(&mut self.transfer, fetching, now) {
                let line = visible(&announcement(fetching));
                self.say(now, Tone::Notice, line);
            }
        } else {
            self.transfer = None;
        }
        self.preparing = Some(stage);
    }

    /// Nothing is being built any more.
    fn built(&mut self) {
        self.preparing = None;
        self.transfer = None;
    }

    fn started(&mut self, started: &Started, now: Instant) {
        self.built();
        let is_known = |note: &&String| {
            self.candidates
                .iter()
                .filter_map(|candidate| candidate.run.started.as_ref())
                .any(|known| known.notes.contains(note))
        };
        let fresh: Vec<String> = started
            .notes
            .iter()
            .filter(|note| !is_known(note))
            .cloned()
            .collect();
        for note in fresh {
            self.events.add(now, started.step, Tone::Notice, note);
        }
        self.gpu = self.gpu.filter(|_| started.device.starts_with("cuda"));
        self.pictures.engine_is_on(&started.device, started.threads);
        let is_paused = self.is_paused;
        for number in started.candidates.iter() {
            if let Some(candidate) = self.candidate_mut(*number) {
                candidate.lane = started.candidates.clone();
                candidate.run.start(started.clone());
                candidate.run.pause(is_paused);
            }
        }
    }

    fn preset_changed(
        &mut self,
        number: usize,
        (step, changes): (u64, Vec<Change>),
        preset: &Preset,
        in_force: Preset,
        now: Instant,
    ) {
        self.built();
        let name = self.name_of(number);
        let Some(candidate) = self.candidate_mut(number) else {
            return;
        };
        candidate.run.built();
        // One that was not asked for from here is somebody else's. Of a run that is only watched its folder says more.
        let is_taken = candidate.watched.is_none() && candidate.adopt(preset);
        candidate.in_force = in_force;
        let lines: Vec<String> = changes
            .iter()
            .map(|change| match change.class {
                ChangeClass::Restart => format!("{change}: counts for a new run only"),
                ChangeClass::Live | ChangeClass::Rebuild => change.to_string(),
            })
            .collect();
        for change in changes {
            if change.class != ChangeClass::Restart && candidate.changes.len() < MOST_CHANGES {
                candidate.changes.push((step, change));
            }
        }
        if !lines.is_empty() {
            let text = format!("{name}: {}", lines.join("\n"));
            let by_others = is_taken && std::mem::take(&mut self.shared.expects_preset);
            let elsewhere = if by_others {
                "changed at another terminal: "
            } else {
                ""
            };
            self.hint(now, Tone::Good, format!("{elsewhere}{text}"));
            self.events.add(now, step, Tone::Good, text);
        }
        self.find_differences();
    }

    fn refused(&mut self, what: Refusal, why: &str, now: Instant) {
        match what {
            Refusal::Snapshot => {
                self.save_wanted.clear();
                if self.exit.is_some() {
                    self.finish_leaving();
                }
            }
            Refusal::Picture => self.pictures.refused(now),
            Refusal::Join(number) => {
                self.candidates
                    .retain(|candidate| candidate.number != number);
                if self.chosen == number {
                    self.chosen = self.numbers().first().copied().unwrap_or(0);
                }
                self.find_differences();
            }
            Refusal::Restart
            | Refusal::Gradients
            | Refusal::GoBack
            | Refusal::Forget
            | Refusal::Drop(_)
            | Refusal::Pause
            | Refusal::Stop
            | Refusal::Preset => {}
        }
        self.say(now, Tone::Error, why);
    }

    fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        for candidate in &mut self.candidates {
            candidate.run.pause(is_paused);
        }
    }

    fn kept(&mut self, snapshot: &Snapshot, now: Instant) {
        let whose = self.those(&snapshot.pictures.candidates);
        let mut gone = Vec::new();
        let mut asked_for = false;
        for number in &whose {
            if let Some(candidate) = self.candidate_mut(*number) {
                let (these, asked) = candidate.timeline.add(snapshot, *number);
                gone.extend(these);
                asked_for |= asked;
                candidate.run.pictures = Some(snapshot.pictures.clone());
            }
        }
        if self.is_watching {
            // Nothing else says that there is something new to be seen.
            self.pictures.look_again();
        }
        gone.sort_unstable();
        gone.dedup();
        for snapshot in gone {
            // What shares a batch keeps the same ones, so nobody misses it.
            self.effects
                .push(Effect::Engine(Command::Forget { snapshot }));
        }
        let (ready, waiting) = std::mem::take(&mut self.save_wanted)
            .into_iter()
            .partition(|number| whose.contains(number));
        self.save_wanted = waiting;
        let ready: Vec<usize> = ready;
        for number in ready {
            self.save(number, false);
        }
        if asked_for {
            let step = snapshot.pictures.step;
            self.say(now, Tone::Good, format!("snapshot kept at step {step}"));
        }
    }

    fn ended(&mut self, reason: EndReason, pictures: &Pictures, seconds: f64, now: Instant) {
        let nothing = reason == EndReason::Stopped && (pictures.step == 0 || self.is_watching);
        let whose = self.those(&pictures.candidates);
        for number in &whose {
            let Some(candidate) = self.candidate_mut(*number) else {
                continue;
            };
            // Whoever had finished by itself is said to be stopped, too.
            let is_known = candidate.over == Some(Over::Finished)
                && reason == EndReason::Stopped
                && candidate.run.step == pictures.step;
            if candidate.is_dropped() || is_known {
                continue;
            }
            candidate.run.end(reason, pictures.clone(), seconds);
            candidate.over = Some(match reason {
                EndReason::Stopped => Over::Stopped,
                EndReason::Completed | EndReason::BudgetSpent => Over::Finished,
            });
            // Another program's pictures are saved by that.
            if !nothing && !self.is_watching && !self.is_attached() {
                self.save(*number, true);
            }
        }
        let names: Vec<String> = whose.iter().map(|number| self.name_of(*number)).collect();
        let steps = figure::steps(pictures.step);
        let time = figure::elapsed(seconds);
        match reason {
            EndReason::Completed => {
                let text = format!("finished: {} made {steps} in {time}", names.join(", "));
                self.say(now, Tone::Good, text);
            }
            EndReason::BudgetSpent => {
                let text = format!("the time is used up: {} made {steps}", names.join(", "));
                self.say(now, Tone::Good, text);
            }
            EndReason::Stopped => {}
        }
        if reason == EndReason::Stopped && !self.is_watching && !self.is_attached() {
            // Somebody at another terminal may have stopped it.
            self.exit.get_or_insert(Exit::Saving);
        }
        self.go_where_all_are_over();
    }

    /// Where nobody is there any more, or nobody wants to be.
    fn go_where_all_are_over(&mut self) {
        let all_over = self.shown().all(Candidate::is_over);
        if all_over && self.is_deserted() && self.exit.is_none() {
            self.leave(Exit::Saving);
        } else if self.exit.is_some() {
            self.finish_leaving();
        }
    }

    /// It gave up its place.
    pub(super) fn dropped(&mut self, number: usize, pictures: Option<Pictures>, now: Instant) {
        let name = self.name_of(number);
        let Some(candidate) = self.candidate_mut(number) else {
            return;
        };
        if candidate.is_dropped() {
            return;
        }
        candidate.over = Some(Over::Dropped);
        if let Some(pictures) = pictures {
            candidate.run.step = pictures.step.max(candidate.run.step);
            candidate.run.pictures = Some(pictures);
        }
        let step = candidate.run.step;
        let lane: Vec<usize> = candidate.lane.to_vec();
        for other in lane {
            if let Some(candidate) = self.candidate_mut(other) {
                let left = candidate.lane.iter().filter(|one| **one != number);
                candidate.lane = left.copied().collect();
            }
        }
        self.leave_its_place(number);
        self.watch_files();
        self.find_differences();
        self.say(
            now,
            Tone::Good,
            format!("{name} was dropped at step {step}"),
        );
        self.go_where_all_are_over();
    }

    /// Nothing looks at it any more.
    fn leave_its_place(&mut self, number: usize) {
        let numbers = self.numbers();
        if self.chosen == number {
            let next = numbers.iter().find(|other| **other > number);
            self.chosen = next.or(numbers.last()).copied().unwrap_or(0);
        }
        if self.pair.contains(&Some(number)) {
            self.pair = self.pair.map(|one| one.filter(|one| *one != number));
        }
        if self.looking != Looking::Alone {
            self.looking = Looking::Grid;
        }
    }

    fn failed(&mut self, whose: &[usize], why: &str, pictures: Option<&Pictures>, now: Instant) {
        for number in whose {
            let Some(candidate) = self.candidate_mut(*number) else {
                continue;
            };
            if candidate.is_over() && candidate.over != Some(Over::Finished) {
                continue;
            }
            let known = pictures.cloned().filter(|all| all.of(*number).is_some());
            candidate.run.fail(why.to_owned(), known);
            candidate.over = Some(Over::Failed);
            if candidate.watched.is_none() {
                candidate.take_own_picture();
            }
        }
        self.built();
        let names: Vec<String> = whose.iter().map(|number| self.name_of(*number)).collect();
        self.say(now, Tone::Error, format!("{}: {why}", names.join(", ")));
        self.pictures.refused(now);
        self.pictures.look_again();
        let (lost, waiting) = std::mem::take(&mut self.save_wanted)
            .into_iter()
            .partition(|number| whose.contains(number));
        self.save_wanted = waiting;
        let lost: Vec<usize> = lost;
        for number in lost {
            self.save(number, false);
        }
        if self.exit == Some(Exit::Saving) && !self.is_attached() {
            self.save_what_is_left();
        }
        self.go_where_all_are_over();
    }

    /// Those of `candidates` that are known here; all where it names none, as before anything was built.
    pub(super) fn those(&self, candidates: &[usize]) -> Vec<usize> {
        self.candidates
            .iter()
            .filter(|candidate| candidates.is_empty() || candidates.contains(&candidate.number))
            .map(|candidate| candidate.number)
            .collect()
    }
}
