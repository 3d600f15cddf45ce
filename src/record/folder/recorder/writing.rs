//! The recorder's thread: what it is told goes into the run's folder.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use image::Rgb32FImage;
use jiff::Timestamp;

use super::{Beginning, Checkpoints, GoingOn, Note, Remains, Trouble, Troubles, lock};
use crate::engine::checkpoint::{Checkpoint, SavedState};
use crate::engine::message::{LossBlock, Losses, Recovered, Started, Stuck, TermKind};
use crate::pixels::{self, Existing, TextEntry, WriteOptions};
use crate::record::digest::FileDigest;
use crate::record::folder::checkpoint;
use crate::record::folder::description::{Description, Input, State};
use crate::record::folder::journal::{Entry, Happening, JournalWriter};
use crate::record::folder::metrics::{MetricsWriter, Row, term_name};
use crate::record::folder::preset_file::PresetFile;
use crate::record::folder::tensorboard::TensorBoardWriter;
use crate::record::folder::{Hold, PRESET_KEYWORD, RUN_KEYWORD, RunFolder};

/// How often the disk is made to take what was written: so much is lost when the machine dies.
const SYNC_INTERVAL: Duration = Duration::from_secs(2);

/// What the thread owns.
pub(super) struct Writing {
    folder: RunFolder,
    _hold: Hold,
    description: Description,
    weights: Option<Arc<FileDigest>>,
    init: Option<Arc<FileDigest>>,
    preset: PresetFile,
    /// The preset that counts from a restart on, TOML.
    wanted: String,
    candidate: usize,
    journal: JournalWriter,
    metrics: MetricsWriter,
    tensorboard: Option<TensorBoardWriter>,
    branch: u32,
    /// Whether any step was made, on whichever branch.
    has_steps: bool,
    /// It stays here also where it is stopped before that.
    is_kept: bool,
    troubles: Troubles,
    is_troubled: bool,
    /// The result where it is not written yet, and what goes into its file.
    result: Option<(Vec<TextEntry>, Arc<Rgb32FImage>)>,
    checkpoints: Checkpoints,
    /// The one that is to be written.
    checkpoint: Option<Arc<Checkpoint>>,
    /// The last one that was, without its state.
    checkpointed: Option<Checkpoint>,
}

impl Writing {
    pub(super) fn begin(
        beginning: Beginning,
        preset: PresetFile,
        troubles: Troubles,
        checkpoints: Checkpoints,
    ) -> io::Result<Self> {
        let Beginning {
            folder,
            hold,
            description,
            weights,
            init,
            preset: wanted,
            candidate,
            tensorboard,
            goes_on,
        } = beginning;
        description.write(&folder)?;
        let (metrics, last) = match goes_on {
            Some(_) => MetricsWriter::go_on(folder.metrics(), candidate)?,
            None => (MetricsWriter::new(folder.metrics(), candidate), None),
        };
        let journal = match goes_on {
            Some(_) => JournalWriter::go_on(folder.journal())?,
            None => JournalWriter::new(folder.journal()),
        };
        let branch = last.as_ref().map_or(1, |last| last.branch);
        let has_steps = goes_on.is_some();
        let mut writing = Self {
            journal,
            metrics,
            tensorboard: tensorboard.then(|| {
                let (began, process) = (description.began, description.process);
                TensorBoardWriter::new(folder.path(), began, process)
            }),
            folder,
            _hold: hold,
            description,
            weights,
            init,
            preset,
            wanted,
            candidate,
            branch,
            has_steps,
            is_kept: false,
            troubles,
            is_troubled: false,
            result: None,
            checkpoints,
            checkpoint: None,
            checkpointed: None,
        };
        if let Some(goes_on) = goes_on {
            writing.go_on(goes_on, last.as_ref())?;
        }
        Ok(writing)
    }

    /// The run goes on after the row `last`. Where that is not the one before its next step, steps after it were lost,
    /// and it goes another way from here.
    fn go_on(&mut self, goes_on: GoingOn, last: Option<&Row>) -> io::Result<()> {
        let GoingOn {
            step,
            after,
            wanted,
        } = goes_on;
        self.wanted = wanted;
        self.happened(Some(step), Happening::Continued { after })?;
        let next = last.map_or(0, |last| last.step + 1);
        if next == step {
            return Ok(());
        }
        self.went_back(step)
    }

    fn went_back(&mut self, step: u64) -> io::Result<()> {
        self.new_way(step, |branch| Happening::WentBack { branch })
    }

    /// Steps from `step` on have never been made, since `what` happened; it is told the number of the way that the run
    /// goes from there.
    fn new_way(&mut self, step: u64, what: impl FnOnce(u32) -> Happening) -> io::Result<()> {
        self.branch += 1;
        self.description.step = step;
        // The same step may come again with another picture.
        self.checkpointed = None;
        let told = self.happened(Some(step), what(self.branch));
        told.and(self.tell_tensorboard(|writer, now| writer.went_back(now, step)))
    }

    fn recovered(&mut self, recovered: Recovered) -> io::Result<()> {
        self.new_way(recovered.step, |branch| Happening::Recovered {
            branch,
            failed_step: recovered.failed_step,
            why: recovered.why,
            attempt: recovered.attempt,
            attempts: recovered.attempts,
            learning_rate: recovered.learning_rate,
        })
    }

    fn stuck(&mut self, stuck: Stuck) -> io::Result<()> {
        self.new_way(stuck.step, |branch| Happening::Stuck {
            branch,
            failed_step: stuck.failed_step,
            why: stuck.why,
            suggestion: stuck.suggestion,
        })
    }

    /// Takes over the checkpoint of this number, unless there is a newer one: that one comes behind the losses of the
    /// steps before it, without which it must not stand here.
    fn take_checkpoint(&mut self, number: u64) {
        let mut newest = lock(&self.checkpoints.newest);
        if newest.0 == number
            && let Some(checkpoint) = newest.1.take()
        {
            self.checkpoint = Some(checkpoint);
        }
    }

    /// Writes the checkpoint that is not written yet.
    fn write_checkpoint(&mut self) -> io::Result<()> {
        let Some(checkpoint) = self.checkpoint.take() else {
            return Ok(());
        };
        let light = Checkpoint {
            candidate: checkpoint.candidate,
            step: checkpoint.step,
            seconds: checkpoint.seconds,
            preset: checkpoint.preset.clone(),
            wanted: checkpoint.wanted.clone(),
            state: SavedState::default(),
        };
        if self.checkpointed.as_ref() == Some(&light) {
            return Ok(());
        }
        if let Err(error) = checkpoint::write(&self.folder, &checkpoint) {
            // It is tried again, unless there is a newer one by then.
            self.checkpoint = Some(checkpoint);
            return Err(error);
        }
        *lock(&self.checkpoints.written) = Some(checkpoint.step);
        self.checkpointed = Some(light);
        Ok(())
    }

    /// Until nobody can say anything more.
    pub(super) fn go(&mut self, told: &Receiver<Note>) -> Remains {
        let mut synced = Instant::now();
        loop {
            let result = match told.recv_timeout(SYNC_INTERVAL) {
                Ok(note) => self.write(note),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            self.report(result);
            if synced.elapsed() >= SYNC_INTERVAL {
                let result = self.sync();
                self.report(result);
                synced = Instant::now();
            }
        }
        // Why a run failed that had begun is worth knowing, too.
        let is_known = self.description.state == State::Failed && self.description.size.is_some();
        let is_begun_again = self.description.state == State::Stopped && self.is_kept;
        let is_worthless = !self.has_steps && !is_known && !is_begun_again;
        if is_worthless && self.folder.remove().is_ok() {
            return Remains::Nothing;
        }
        let result = self.finish();
        self.report(result);
        if self.is_troubled {
            Remains::Part
        } else {
            Remains::Everything
        }
    }

    fn report(&mut self, result: io::Result<()>) {
        if let Err(error) = result
            && !std::mem::replace(&mut self.is_troubled, true)
        {
            let path = self.folder.path().display();
            self.say(Trouble::Began(format!("cannot write into {path}: {error}")));
        }
    }

    fn say(&self, trouble: Trouble) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.push(trouble);
    }

    fn sync(&mut self) -> io::Result<()> {
        // Each is tried, whatever becomes of the others.
        let mut synced = self.metrics.sync();
        synced = synced.and(self.journal.sync());
        synced = synced.and(self.write_checkpoint());
        synced = synced.and(self.write_result());
        if let Some(writer) = &mut self.tensorboard {
            synced = synced.and(writer.flush());
        }
        synced?;
        if self.is_troubled {
            self.preset.put(self.preset.in_force())?;
            self.description.write(&self.folder)?;
            self.is_troubled = false;
            self.say(Trouble::Over);
        }
        Ok(())
    }

    fn write(&mut self, note: Note) -> io::Result<()> {
        match note {
            Note::Started(started) => self.started(&started),
            Note::Losses(block) => self.losses(block),
            Note::Happened(step, what) => self.happened(step, what),
            Note::Preset {
                step,
                preset,
                wanted,
                steps,
                changes,
            } => {
                self.wanted = wanted;
                self.description.steps = Some(steps);
                let told = self.happened(Some(step), Happening::PresetChanged { changes });
                let kept = self.preset.put(preset);
                told.and(kept).and(self.description.write(&self.folder))
            }
            Note::PresetRefused(reason) => {
                let restored = self.preset.restore();
                self.happened(None, Happening::Refused { reason })?;
                restored
            }
            Note::Snapshot(step, picture) => self.snapshot(step, &picture),
            Note::Checkpoint(number) => {
                self.take_checkpoint(number);
                self.write_checkpoint()
            }
            Note::WentBack(step) => self.went_back(step),
            Note::Recovered(recovered) => self.recovered(recovered),
            Note::Stuck(stuck) => self.stuck(stuck),
            Note::Saved(path) => {
                let whole = std::path::absolute(&path).unwrap_or(path);
                let path = whole.display().to_string();
                self.description.output = Some(path.clone());
                let told = self.happened(None, Happening::Saved { path });
                told.and(self.description.write(&self.folder))
            }
            Note::Keep => {
                self.is_kept = true;
                Ok(())
            }
            Note::Ended {
                state,
                failure,
                picture,
                seconds,
            } => self.ended(state, failure, picture, seconds),
        }
    }

    /// Where an event file is wanted, `tell` adds to it.
    fn tell_tensorboard(
        &mut self,
        tell: impl FnOnce(&mut TensorBoardWriter, Timestamp),
    ) -> io::Result<()> {
        let Some(writer) = &mut self.tensorboard else {
            return Ok(());
        };
        tell(writer, Timestamp::now());
        writer.flush()
    }

    fn happened(&mut self, step: Option<u64>, what: Happening) -> io::Result<()> {
        self.journal.add(&Entry {
            time: Timestamp::now(),
            step: step.unwrap_or(self.description.step),
            what,
        })
    }

    fn started(&mut self, started: &Started) -> io::Result<()> {
        let mut anew = Ok(());
        if started.step == 0 && self.description.step > 0 {
            self.description.seconds = 0.0;
            anew = self.new_way(0, |_| Happening::Restarted);
            anew = anew.and(self.preset.put(self.wanted.clone()));
        }
        // Hashed from now on: later another program may have put another file in its place.
        if self.weights.as_ref().map(|digest| digest.path()) != started.weights.as_deref() {
            let weights = started.weights.as_deref();
            self.weights = weights.and_then(|path| FileDigest::begin(path).ok().map(Arc::new));
            self.description.weights = weights.map(|path| Input::file(path, None));
        }
        let description = &mut self.description;
        description.size = Some(started.size);
        description.device = Some(started.device.clone());
        description.threads = Some(started.threads);
        if started.candidates.len() == 1 {
            description.steps = Some(started.steps);
        }
        let described = self.description.write(&self.folder);
        let what = Happening::Started {
            size: started.size,
            device: started.device.clone(),
            threads: started.threads,
            steps: started.steps,
            notes: started.notes.clone(),
        };
        anew.and(self.happened(Some(started.step), what))
            .and(described)
    }

    fn losses(&mut self, block: LossBlock) -> io::Result<()> {
        let seconds_before = std::mem::replace(&mut self.description.seconds, block.seconds);
        self.description.step = block.first_step + block.steps();
        self.has_steps = true;
        let last = block.losses(block.steps().saturating_sub(1), self.candidate);
        self.description.loss = last
            .map(|losses| losses.total())
            .filter(|total| total.is_finite());
        let candidate = self.candidate;
        let shown = self.tell_tensorboard(|writer, now| {
            for losses in block.rows(candidate) {
                writer.scalars(now, losses.step, scalars(&losses));
            }
        });
        self.metrics.add(block, self.branch, seconds_before)?;
        shown?;
        if self.description.state != State::Running {
            // More steps were asked for.
            self.description.state = State::Running;
            self.description.ended = None;
            self.description.write(&self.folder)?;
        }
        Ok(())
    }

    fn snapshot(&mut self, step: u64, picture: &Rgb32FImage) -> io::Result<()> {
        let path = self.folder.snapshot(self.branch, step);
        if !path.exists() {
            write_picture(&path, picture, &[])?;
            if self.tensorboard.is_some() {
                let png = std::fs::read(&path)?;
                let size = picture.dimensions();
                self.tell_tensorboard(|writer, now| writer.picture(now, step, png, size))?;
            }
        }
        let relative = path.strip_prefix(self.folder.path()).unwrap_or(&path);
        let file = relative.display().to_string();
        self.happened(Some(step), Happening::Snapshot { file })
    }

    fn ended(
        &mut self,
        state: State,
        failure: Option<String>,
        picture: Option<(u64, Arc<Rgb32FImage>)>,
        seconds: Option<f64>,
    ) -> io::Result<()> {
        if state == State::Stopped && self.description.state == State::Completed {
            // It was finished already, and is only left now.
            return Ok(());
        }
        let what = match (&failure, state) {
            (Some(reason), _) => Happening::Failed {
                reason: reason.clone(),
            },
            (None, State::Completed) => Happening::Completed,
            (None, State::Dropped) => Happening::Dropped,
            (None, _) => Happening::Stopped,
        };
        self.description.state = state;
        self.description.failure = failure;
        self.description.ended = Some(Timestamp::now());
        if let Some(seconds) = seconds {
            self.description.seconds = seconds;
        }
        if let Some((step, _)) = &picture {
            self.description.step = *step;
        }
        self.complete();
        if let Some((1.., picture)) = picture {
            self.result = Some((self.texts(), picture));
        }
        // Each is kept where it cannot be written, whatever becomes of the others.
        let told = self.happened(None, what);
        let described = self.description.write(&self.folder);
        let drawn = self.write_result();
        told.and(described).and(drawn)
    }

    /// Writes the result that is not written yet.
    fn write_result(&mut self) -> io::Result<()> {
        if let Some((texts, picture)) = &self.result {
            write_picture(&self.folder.result(), picture, texts)?;
            self.result = None;
        }
        Ok(())
    }

    /// What goes into the result, as into every picture of this program.
    fn texts(&self) -> Vec<TextEntry> {
        let provenance = self.description.provenance(&self.folder.name());
        vec![
            TextEntry::new("Software", self.description.program.clone()),
            TextEntry::new(RUN_KEYWORD, provenance.to_string()),
            TextEntry::new(PRESET_KEYWORD, self.preset.in_force()),
        ]
    }

    /// Waits for what is being hashed.
    fn complete(&mut self) {
        let digests = [
            (&self.weights, &mut self.description.weights),
            (&self.init, &mut self.description.init),
        ];
        for (digest, input) in digests {
            if let (Some(digest), Some(input)) = (digest, input) {
                input.sha256 = digest.get();
            }
        }
    }

    /// The last words, and once more what could not be written before.
    fn finish(&mut self) -> io::Result<()> {
        if self.description.state == State::Running {
            // The program is left without a word of the worker.
            self.description.state = State::Stopped;
            self.description.ended = Some(Timestamp::now());
        }
        self.complete();
        let restored = self.preset.restore();
        let described = self.description.write(&self.folder);
        restored.and(described).and(self.sync())
    }
}

/// `loss/total`, `unweighted/style.relu1_1`, …
fn scalars(losses: &Losses<'_>) -> Vec<(String, f32)> {
    let sum = |name, kind| (format!("loss/{name}"), losses.sum_of(kind) as f32);
    let sums = [
        ("loss/total".to_owned(), losses.total() as f32),
        sum("content", TermKind::Content),
        sum("style", TermKind::Style),
        sum("variation", TermKind::Variation),
    ];
    let unweighted = losses.each().map(|(term, value, _)| {
        let name = term_name(term);
        (format!("unweighted/{name}"), value as f32)
    });
    sums.into_iter().chain(unweighted).collect()
}

fn write_picture(path: &Path, picture: &Rgb32FImage, texts: &[TextEntry]) -> io::Result<()> {
    let options = WriteOptions {
        existing: Existing::Replace,
        ..WriteOptions::default()
    };
    pixels::write(path, picture, options, texts)
        .map(|_| ())
        .map_err(io::Error::other)
}
