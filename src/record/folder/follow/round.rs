//! The follower's thread: looks at every run in turn, takes commands, and answers who asks for pictures.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::following::{Following, refused};
use super::{Arrivals, Beginning, Followed, numbered};
use crate::engine::cut::carried_over;
use crate::engine::message::{Command, Event, PictureRequest, Preview, Refusal, Whose};
use crate::engine::picture_slot::PictureSlot;
use crate::record::folder::comparison::ComparisonFolder;

/// So many looks at the runs come for one at which runs there are.
const LOOKS_AT_RUNS: u32 = 4;

pub(super) struct Round {
    followings: Vec<Following>,
    /// All that are followed, as they were made known.
    known: Vec<Followed>,
    comparison: Option<(ComparisonFolder, Box<dyn Arrivals>)>,
    events: Sender<Event>,
    slot: PictureSlot,
    interval: Duration,
    looks: u32,
    wanted: Option<PictureRequest>,
}

impl Round {
    pub(super) fn new(beginning: Beginning) -> Self {
        let runs = beginning.runs;
        let followings = runs.iter().cloned();
        Self {
            followings: followings
                .map(|followed| Following::new(followed, beginning.events.clone()))
                .collect(),
            known: runs,
            comparison: beginning.comparison,
            events: beginning.events,
            slot: beginning.pictures,
            interval: beginning.interval,
            looks: 0,
            wanted: None,
        }
    }

    /// Until nobody can ask or hear any more.
    pub(super) fn go(&mut self, told: &Receiver<Command>) {
        let mut looked: Option<Instant> = None;
        while !self.followings.iter().any(Following::is_alone) {
            if looked.is_none_or(|at| at.elapsed() >= self.interval) {
                self.look();
                looked = Some(Instant::now());
            }
            let mut wait = self
                .interval
                .saturating_sub(looked.map_or(Duration::ZERO, |at| at.elapsed()));
            if self.decode() {
                wait = Duration::ZERO;
            }
            let mut next = match told.recv_timeout(wait) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            while let Some(command) = next {
                let later = told.try_recv().ok();
                if !is_overtaken(&command, later.as_ref()) {
                    self.command(command);
                }
                next = later;
            }
            if let Some(preview) = self.answer() {
                self.slot.put(preview);
                self.say(Event::PictureReady);
            }
        }
    }

    fn say(&self, event: Event) {
        // Where nobody hears it, the next look finds that out.
        let _ = self.events.send(event);
    }

    pub(super) fn look(&mut self) {
        if self.looks.is_multiple_of(LOOKS_AT_RUNS) {
            self.look_for_arrivals();
        }
        self.looks = self.looks.wrapping_add(1);
        for following in &mut self.followings {
            following.look();
        }
    }

    /// Decodes a picture of every run that has one; whether there was any.
    pub(super) fn decode(&mut self) -> bool {
        let mut has_worked = false;
        for following in &mut self.followings {
            if following.has_work() {
                following.decode();
                has_worked = true;
            }
        }
        has_worked
    }

    fn look_for_arrivals(&mut self) {
        let Some((comparison, arrivals)) = &mut self.comparison else {
            return;
        };
        // One that cannot be read may be there again later.
        let runs = comparison.runs().unwrap_or_default();
        for followed in numbered(&runs, &self.known) {
            if arrivals.arrived(&followed) {
                self.known.push(followed.clone());
                self.followings
                    .push(Following::new(followed, self.events.clone()));
            }
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        let (what, can) = match command {
            Command::RequestPicture(request) => {
                self.wanted = Some(request);
                return;
            }
            Command::Forget { .. } => return,
            Command::Snapshot => {
                let told = self.followings.iter_mut();
                if told
                    .map(Following::tell_picture)
                    .filter(|told| *told)
                    .count()
                    == 0
                {
                    let why = "no picture was kept yet".to_owned();
                    self.say(refused(Refusal::Snapshot, why));
                }
                return;
            }
            Command::ChangePreset { candidate, preset } => {
                let mut followings = self.followings.iter_mut();
                if let Some(whose) = followings.find(|one| one.candidate() == candidate) {
                    whose.steer(preset);
                }
                return;
            }
            Command::Pause | Command::Resume => (Refusal::Pause, "pause it"),
            Command::Stop => (Refusal::Stop, "stop it"),
            Command::Restart => (Refusal::Restart, "begin it again"),
            Command::GoBack { .. } => (Refusal::GoBack, "go back"),
            Command::MeasureGradients => (Refusal::Gradients, "measure gradients"),
            Command::Drop { candidate } => (Refusal::Drop(candidate), "drop one of them"),
            Command::Join { candidate, .. } => (Refusal::Join(candidate), "let others join"),
        };
        let thing = match self.comparison {
            Some(_) => "comparison",
            None => "run",
        };
        let why = format!("this {thing} is only watched: its own terminal can {can}");
        self.say(refused(what, why));
    }

    /// What was asked for, once there is a picture of any that are meant, and the others have theirs or none.
    pub(super) fn answer(&mut self) -> Option<Preview> {
        let request = self.wanted?;
        let is_meant = |one: &Following| request.of.includes(one.candidate());
        let mut meant = self.followings.iter().filter(|one| is_meant(one));
        if meant.any(Following::is_first_picture_on_its_way) {
            return None;
        }
        let first = match request.of {
            Whose::One(first) | Whose::Two(first, _) => Some(first),
            Whose::All => self.followings.iter().map(Following::candidate).min(),
        };
        let first_size = self
            .followings
            .iter()
            .find(|one| Some(one.candidate()) == first)
            .and_then(Following::picture_size);
        let mut pictures = Vec::new();
        for following in &mut self.followings {
            let Some(size) = following.picture_size().filter(|_| is_meant(following)) else {
                continue;
            };
            let region = request
                .region
                .map(|region| carried_over(region, first_size.unwrap_or(size), size));
            pictures.extend(following.see(region, request.most));
        }
        if pictures.is_empty() {
            return None;
        }
        self.wanted = None;
        pictures.sort_by_key(|seen| seen.candidate);
        Some(Preview { request, pictures })
    }
}

/// Whether `later` takes the place of `command`, so that it need not be carried out.
fn is_overtaken(command: &Command, later: Option<&Command>) -> bool {
    match (command, later) {
        (
            Command::ChangePreset { candidate, .. },
            Some(Command::ChangePreset {
                candidate: other, ..
            }),
        ) => candidate == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
