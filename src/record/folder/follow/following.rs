//! Looks at a run's folder, and puts what is new into one order, whichever file it stands in. The follower's thread.
//!
//! The journal is read before the losses, so that all rows that were written before an entry are known when it is
//! told; rows of a way that the journal has not spoken of yet wait for it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::pictures::FolderPictures;
use super::sight::{judge, last_written};
use super::{Followed, Sight, Sighting, telling};
use crate::engine::EngineError;
use crate::engine::message::{
    EndReason, Event, LossTerm, Recovered, Refusal, Region, Remark, Seen, Stuck,
};
use crate::preset::{self, Change, Preset};
use crate::record::folder::RunFolder;
use crate::record::folder::description::{Description, State};
use crate::record::folder::journal::{Entry, Happening, JournalTail};
use crate::record::folder::metrics::{MetricsTail, Row, blocks};
use crate::record::folder::preset_file;

/// Rows of a way that the journal does not speak of wait so long: it may never come to it.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Following {
    folder: RunFolder,
    candidate: usize,
    events: Sender<Event>,
    sighting: Sighting,
    sight: Sight,
    description: Option<Description>,
    journal: JournalTail,
    metrics: MetricsTail,
    /// Read and not told yet.
    rows: VecDeque<(Arc<[LossTerm]>, Row)>,
    /// The way that the run is on, as far as it was told.
    branch: u32,
    /// Since when rows of another way wait.
    waiting_since: Option<Instant>,
    is_started: bool,
    /// The newest preset that could be read.
    preset: Option<Preset>,
    pictures: FolderPictures,
    snapshots: u64,
    has_looked: bool,
    /// Nobody hears anything any more.
    is_alone: bool,
}

impl Following {
    pub(super) fn new(followed: Followed, events: Sender<Event>) -> Self {
        let Followed {
            folder,
            candidate,
            sighting,
        } = followed;
        Self {
            journal: JournalTail::new(folder.journal()),
            metrics: MetricsTail::new(folder.metrics()),
            folder,
            candidate,
            events,
            sighting,
            sight: Sight::default(),
            description: None,
            rows: VecDeque::new(),
            branch: 1,
            waiting_since: None,
            is_started: false,
            preset: None,
            pictures: FolderPictures::new(candidate),
            snapshots: 0,
            has_looked: false,
            is_alone: false,
        }
    }

    /// Whether nobody hears anything any more.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn say(&mut self, event: Event) {
        if self.events.send(event).is_err() {
            self.is_alone = true;
        }
    }

    /// Reads what is new, and tells it.
    pub(super) fn look(&mut self) {
        // Whether it is held is asked first: a run says that it is over before it lets go.
        let is_held = self.folder.is_held();
        let mut is_new = false;
        match Description::read_as_written(&self.folder) {
            Ok(description) => {
                is_new |= self.description.as_ref() != Some(&description);
                self.description = Some(description);
                self.sight.is_gone = false;
            }
            Err(_) => self.sight.is_gone = !self.folder.path().exists(),
        }
        let entries = self.journal.read().unwrap_or_default();
        is_new |= !entries.is_empty();
        is_new |= self.read_rows();
        for entry in entries {
            self.entry(entry);
        }
        self.tell_rows(None);
        self.follow_unspoken_way();
        self.judge(is_held, is_new);
        if self.sight.state != State::Running {
            let step = self.description.as_ref().map_or(0, |run| run.step);
            self.pictures.look_for_result(self.folder.result(), step);
        }
        if !std::mem::replace(&mut self.has_looked, true) {
            self.pictures.thin_out();
        }
        if !self.pictures.has_work() {
            // What could not be decoded may be whole by now.
            self.decode();
        }
        self.sight.is_told = true;
        self.sighting.put(self.sight.clone());
    }

    fn judge(&mut self, is_held: Option<bool>, is_new: bool) {
        if let Some(description) = &self.description {
            let (state, machine, is_held) = judge(description, is_held);
            self.sight.state = state;
            self.sight.machine = machine;
            self.sight.is_held = is_held;
            self.sight.failure.clone_from(&description.failure);
            self.sight.step = self.sight.step.max(description.step);
        }
        if !self.has_looked {
            self.sight.wrote = last_written(&self.folder);
        } else if is_new {
            self.sight.wrote = Some(Instant::now());
        }
    }

    /// Whether there were any.
    fn read_rows(&mut self) -> bool {
        let before = self.rows.len();
        // A file that is not there may come.
        while let Ok(new) = self.metrics.read() {
            let terms: Arc<[LossTerm]> = new.terms.into();
            let rows = new.rows.into_iter();
            self.rows.extend(rows.map(|row| (Arc::clone(&terms), row)));
            if !new.more {
                break;
            }
        }
        self.rows.len() > before
    }

    /// Tells the rows before `step`, or all, of the way that the run is on, or was on.
    fn tell_rows(&mut self, step: Option<u64>) {
        let known = |(_, row): &(_, Row)| {
            row.branch < self.branch
                || (row.branch == self.branch && step.is_none_or(|step| row.step < step))
        };
        let count = self.rows.iter().take_while(|row| known(row)).count();
        let told: Vec<(Arc<[LossTerm]>, Row)> = self.rows.drain(..count).collect();
        let Some((_, last)) = told.last() else { return };
        self.sight.step = last.step.saturating_add(1);
        if !self.is_started {
            self.tell_start();
        }
        for part in told.chunk_by(|(one, _), (next, _)| Arc::ptr_eq(one, next)) {
            let Some((terms, _)) = part.first() else {
                continue;
            };
            let rows: Vec<Row> = part.iter().map(|(_, row)| row.clone()).collect();
            for block in blocks(self.candidate, terms, &rows) {
                self.say(Event::Losses(block));
            }
        }
    }

    /// The journal has nothing of a start, but the run's description has.
    fn tell_start(&mut self) {
        let Some(run) = &self.description else { return };
        let Some(size) = run.size else { return };
        let device = run.device.clone().unwrap_or_default();
        let started = telling::started(
            self.candidate,
            size,
            (device, run.threads.unwrap_or(1)),
            (0, run.steps.unwrap_or(0)),
            Vec::new(),
            self.weights(),
        );
        self.is_started = true;
        self.say(started);
    }

    fn weights(&self) -> Option<PathBuf> {
        let weights = self.description.as_ref()?.weights.as_ref()?;
        weights.path.as_ref().map(PathBuf::from)
    }

    /// Rows of a way wait whose beginning the journal does not tell.
    fn follow_unspoken_way(&mut self) {
        let Some((_, row)) = self.rows.front() else {
            self.waiting_since = None;
            return;
        };
        let (branch, step) = (row.branch, row.step);
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        // At the first look everything is old.
        if !self.has_looked || since.elapsed() > PATIENCE {
            self.waiting_since = None;
            self.branch = branch;
            self.say(telling::went_back(self.candidate, step));
            self.tell_rows(None);
            self.follow_unspoken_way();
        }
    }

    /// Everything of the way so far is told, and the run goes on from `step`.
    fn go_another_way(&mut self, branch: u32, step: u64) {
        self.tell_rows(None);
        self.branch = self.branch.max(branch);
        self.sight.step = step;
    }

    fn entry(&mut self, entry: Entry) {
        let step = entry.step;
        match entry.what {
            Happening::Restarted => {
                self.tell_rows(None);
                self.branch = self.branch.saturating_add(1);
            }
            Happening::WentBack { branch } => {
                self.go_another_way(branch, step);
                self.say(telling::went_back(self.candidate, step));
            }
            Happening::Recovered {
                branch,
                failed_step,
                why,
                attempt,
                attempts,
                learning_rate,
            } => {
                self.go_another_way(branch, step);
                self.say(Event::Recovered(Recovered {
                    candidate: self.candidate,
                    failed_step,
                    step,
                    why,
                    attempt,
                    attempts,
                    learning_rate,
                }));
            }
            Happening::Stuck {
                branch,
                failed_step,
                why,
                suggestion,
            } => {
                self.go_another_way(branch, step);
                self.say(Event::Stuck(Stuck {
                    candidate: self.candidate,
                    failed_step,
                    step,
                    why,
                    suggestion,
                }));
            }
            Happening::Snapshot { file } => {
                // Whatever the journal says, nothing outside is looked at.
                if let Some(name) = Path::new(&file).file_name() {
                    self.pictures.add(step, self.folder.snapshots().join(name));
                }
            }
            other => {
                self.tell_rows(Some(step));
                self.tell(step, other);
            }
        }
    }

    fn tell(&mut self, step: u64, what: Happening) {
        let event = match what {
            Happening::Started {
                size,
                device,
                threads,
                steps,
                notes,
            } => {
                self.is_started = true;
                telling::started(
                    self.candidate,
                    size,
                    (device, threads),
                    (step, steps),
                    notes,
                    self.weights(),
                )
            }
            Happening::PresetChanged { changes } => {
                let Some(preset) = self.read_preset() else {
                    return;
                };
                let changes = changes
                    .iter()
                    .filter_map(|text| text.parse::<Change>().ok());
                Event::PresetChanged {
                    candidate: self.candidate,
                    step,
                    changes: changes.collect(),
                    in_force: Box::new(preset.clone()),
                    preset: Box::new(preset),
                }
            }
            Happening::Refused { reason } => refused(Refusal::Preset, reason),
            Happening::Paused => {
                self.sight.is_paused = true;
                Event::Paused(step)
            }
            Happening::Resumed => {
                self.sight.is_paused = false;
                Event::Resumed(step)
            }
            Happening::Remark { kind, words } => Event::Remark(Remark {
                candidates: [self.candidate].into(),
                step,
                kind,
                words,
            }),
            Happening::Gradients { norms } => {
                telling::gradients(self.candidate, step, norms.iter())
            }
            Happening::Completed => self.ended(EndReason::Completed, step),
            Happening::Stopped | Happening::Dropped => self.ended(EndReason::Stopped, step),
            Happening::Failed { reason } => {
                self.tell_rows(None);
                telling::failed(self.candidate, reason)
            }
            Happening::Saved { .. }
            | Happening::Continued { .. }
            | Happening::Restarted
            | Happening::WentBack { .. }
            | Happening::Recovered { .. }
            | Happening::Stuck { .. }
            | Happening::Snapshot { .. }
            | Happening::Unknown => return,
        };
        self.say(event);
    }

    fn ended(&mut self, reason: EndReason, step: u64) -> Event {
        self.tell_rows(None);
        self.sight.is_paused = false;
        let seconds = self.description.as_ref().map_or(0.0, |run| run.seconds);
        telling::ended(self.candidate, reason, step.max(self.sight.step), seconds)
    }

    /// As it stands in the folder; the one before where it cannot be read.
    fn read_preset(&mut self) -> Option<Preset> {
        let path = self.folder.preset();
        if let Ok(loaded) = preset::load(&path.to_string_lossy(), &[]) {
            self.preset = Some(loaded.preset);
        }
        self.preset.clone()
    }

    /// Whether a picture waits that nobody has tried to decode.
    pub(super) fn has_work(&self) -> bool {
        self.pictures.has_work()
    }

    /// Decodes a picture, and tells it where it is its turn.
    pub(super) fn decode(&mut self) {
        if let Some(shown) = self.pictures.decode_next() {
            self.snapshots += 1;
            self.say(telling::snapshot(self.candidate, self.snapshots, shown));
        }
    }

    pub(super) fn candidate(&self) -> usize {
        self.candidate
    }

    /// Width and height of the newest picture, where there is one.
    pub(super) fn picture_size(&self) -> Option<(u32, u32)> {
        Some(self.pictures.newest()?.1.dimensions())
    }

    /// Whether there will be a picture in a moment where there is none yet.
    pub(super) fn is_first_picture_on_its_way(&self) -> bool {
        self.pictures.is_first_on_its_way()
    }

    /// A part of the newest picture, no larger than `most`.
    pub(super) fn see(&mut self, region: Option<Region>, most: (u32, u32)) -> Option<Seen> {
        self.pictures.see(region, most)
    }

    /// Tells the newest picture once more; whether there is one.
    pub(super) fn tell_picture(&mut self) -> bool {
        let Some(shown) = self.pictures.newest().cloned() else {
            return false;
        };
        self.snapshots += 1;
        self.say(telling::snapshot(self.candidate, self.snapshots, shown));
        true
    }

    /// Writes another preset into the run's folder, where its own program finds it.
    pub(super) fn steer(&mut self, preset: Box<Preset>) {
        let written = match self.sight.cannot_steer() {
            Some(why) => Err(why),
            None => preset_file::steer(&self.folder.preset(), &preset),
        };
        if let Err(why) = written {
            self.say(Event::PresetRefused {
                candidate: self.candidate,
                preset,
                error: EngineError::Elsewhere(why),
            });
        }
    }
}

pub(super) fn refused(what: Refusal, why: String) -> Event {
    Event::Refused {
        what,
        error: EngineError::Elsewhere(why),
    }
}
