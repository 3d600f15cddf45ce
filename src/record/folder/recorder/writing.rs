//! The recorder's thread: what it is told goes into the run's folder.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use image::Rgb32FImage;
use jiff::Timestamp;

use super::{Beginning, Note, Remains, Trouble, Troubles};
use crate::engine::message::{LossBlock, Losses, Started, TermKind};
use crate::pixels::{self, Existing, TextEntry, WriteOptions};
use crate::record::digest::FileDigest;
use crate::record::folder::description::{Description, Input, State};
use crate::record::folder::journal::{Entry, Happening, JournalWriter};
use crate::record::folder::metrics::{MetricsWriter, term_name};
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
    troubles: Troubles,
    is_troubled: bool,
    /// The result where it is not written yet, and what goes into its file.
    result: Option<(Vec<TextEntry>, Arc<Rgb32FImage>)>,
}

impl Writing {
    pub(super) fn begin(
        beginning: Beginning,
        preset: PresetFile,
        troubles: Troubles,
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
        } = beginning;
        description.write(&folder)?;
        Ok(Self {
            journal: JournalWriter::new(folder.journal()),
            metrics: MetricsWriter::new(folder.metrics(), candidate),
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
            branch: 1,
            has_steps: false,
            troubles,
            is_troubled: false,
            result: None,
        })
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
        if !self.has_steps && self.folder.remove().is_ok() {
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
        self.metrics.sync()?;
        self.journal.sync()?;
        if let Some((texts, picture)) = &self.result {
            // Once more where it could not be written when it came.
            write_picture(&self.folder.result(), picture, texts)?;
            self.result = None;
        }
        if let Some(writer) = &mut self.tensorboard {
            writer.flush()?;
        }
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
                self.preset.put(preset)?;
                self.description.write(&self.folder)?;
                self.happened(Some(step), Happening::PresetChanged { changes })
            }
            Note::PresetRefused(reason) => {
                let restored = self.preset.restore();
                self.happened(None, Happening::Refused { reason })?;
                restored
            }
            Note::Snapshot(step, picture) => self.snapshot(step, &picture),
            Note::WentBack(step) => {
                self.branch += 1;
                self.description.step = step;
                self.tell_tensorboard(|writer, now| writer.went_back(now, step))?;
                let branch = self.branch;
                self.happened(Some(step), Happening::WentBack { branch })
            }
            Note::Saved(path) => {
                let whole = std::path::absolute(&path).unwrap_or(path);
                let path = whole.display().to_string();
                self.description.output = Some(path.clone());
                self.description.write(&self.folder)?;
                self.happened(None, Happening::Saved { path })
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
        if started.step == 0 && self.description.step > 0 {
            self.branch += 1;
            self.description.step = 0;
            self.description.seconds = 0.0;
            self.tell_tensorboard(|writer, now| writer.went_back(now, 0))?;
            self.happened(Some(0), Happening::Restarted)?;
            self.preset.put(self.wanted.clone())?;
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
        self.description.write(&self.folder)?;
        let what = Happening::Started {
            size: started.size,
            device: started.device.clone(),
            threads: started.threads,
            steps: started.steps,
            notes: started.notes.clone(),
        };
        self.happened(Some(started.step), what)
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
        self.happened(None, what)?;
        self.complete();
        self.description.write(&self.folder)?;
        match picture {
            Some((1.., picture)) => {
                let texts = self.texts();
                let (texts, picture) = self.result.insert((texts, picture));
                write_picture(&self.folder.result(), picture, texts)?;
                self.result = None;
                Ok(())
            }
            _ => Ok(()),
        }
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
        self.preset.restore()?;
        self.description.write(&self.folder)?;
        self.sync()
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
