//! Writes down what the worker says of a run. The thread `recorder` writes; whoever hears the worker tells it and
//! waits for no disk.

mod prospects;
mod writing;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use image::Rgb32FImage;

use self::prospects::Prospects;
use self::writing::Writing;
use super::description::{Description, State};
use super::journal::Happening;
use super::metrics::term_name;
use super::preset_file::PresetFile;
use super::{Hold, RunFolder};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::message::{EndReason, Event, LossBlock, Pictures, Recovered, Started, Stuck};
use crate::preset::to_toml;
use crate::preset::visible::visible;
use crate::record::digest::FileDigest;

/// What a recorder knows from the start.
#[derive(Debug)]
pub struct Beginning {
    /// Where to write.
    pub folder: RunFolder,
    /// What [`RunFolder::create`] gave with it.
    pub hold: Hold,
    /// What is known before the first step.
    pub description: Description,
    /// The file of trained weights that is being hashed.
    pub weights: Option<Arc<FileDigest>>,
    /// The same for the first picture.
    pub init: Option<Arc<FileDigest>>,
    /// The preset that is in force, TOML.
    pub preset: String,
    /// Which candidate of the lane.
    pub candidate: usize,
    /// Whether `TensorBoard` is to be able to read it.
    pub tensorboard: bool,
    /// Where the run was recorded in this folder before, how it is gone on with.
    pub goes_on: Option<GoingOn>,
}

/// How a run that has ended is gone on with.
#[derive(Debug, Clone)]
pub struct GoingOn {
    /// The step that it goes on from.
    pub step: u64,
    /// How it had ended.
    pub after: State,
    /// The preset that counts from a restart on, TOML.
    pub wanted: String,
}

/// Whether a run is being recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Something cannot be written, and why. It is tried again.
    Began(String),
    /// Everything that was kept is written by now.
    Over,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Began(why) => {
                let first = visible(why.lines().next().unwrap_or_default());
                write!(
                    f,
                    "the run is not recorded at the moment: {first}; it is tried again"
                )
            }
            Self::Over => {
                f.write_str("the run is recorded again; snapshots of meanwhile may be missing")
            }
        }
    }
}

/// What of a run is in its folder in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// Everything.
    Everything,
    /// Something could not be written.
    Part,
    /// There was no step, and the folder is gone again.
    Nothing,
}

/// Told to the thread.
#[derive(Debug)]
enum Note {
    Started(Box<Started>),
    Losses(LossBlock),
    Happened(Option<u64>, Happening),
    Preset {
        step: u64,
        preset: String,
        /// What waits for a restart included.
        wanted: String,
        steps: u64,
        changes: Vec<String>,
    },
    /// The preset that was asked for is not taken up, and the one before stays in force.
    PresetRefused(String),
    Snapshot(u64, Arc<Rgb32FImage>),
    /// The checkpoint of this number is the next thing to write, if it still is the newest.
    Checkpoint(u64),
    WentBack(u64),
    Recovered(Recovered),
    Stuck(Stuck),
    Saved(PathBuf),
    /// Where the run is stopped before its first step, its folder stays.
    Keep,
    Ended {
        state: State,
        failure: Option<String>,
        picture: Option<(u64, Arc<Rgb32FImage>)>,
        seconds: Option<f64>,
    },
}

/// The newest checkpoint, with its number: where the disk is slow, those between are left out.
type NewestCheckpoint = Arc<Mutex<(u64, Option<Arc<Checkpoint>>)>>;

/// What the thread shares of checkpoints with the others.
struct Checkpoints {
    newest: NewestCheckpoint,
    written: Arc<Mutex<Option<u64>>>,
}

/// What the thread has to say to the others.
type Troubles = Arc<Mutex<Vec<Trouble>>>;

/// The other threads' end of a recorder.
#[derive(Debug)]
pub struct Recorder {
    /// The way to the thread and the thread, until it is to end.
    thread: Mutex<Option<(Sender<Note>, JoinHandle<Remains>)>>,
    troubles: Troubles,
    /// Known once the thread has ended.
    remains: Mutex<Remains>,
    checkpoint: NewestCheckpoint,
    /// The step of the newest checkpoint in the folder.
    checkpointed: Arc<Mutex<Option<u64>>>,
    prospects: Mutex<Prospects>,
    folder: RunFolder,
    preset_file: PresetFile,
    candidate: usize,
}

impl Recorder {
    /// Writes what is known, and starts the thread.
    ///
    /// # Errors
    /// Where not even that can be written.
    pub fn begin(beginning: Beginning) -> io::Result<Self> {
        let folder = beginning.folder.clone();
        let candidate = beginning.candidate;
        let troubles = Troubles::default();
        let preset = beginning.preset.clone();
        let preset_file = match beginning.goes_on {
            Some(_) => PresetFile::go_on(folder.preset(), preset)?,
            None => PresetFile::begin(folder.preset(), preset)?,
        };
        let checkpoint = NewestCheckpoint::default();
        let checkpointed = Arc::default();
        let prospects = Prospects::of_run(beginning.goes_on.is_some());
        let mut writing = Writing::begin(
            beginning,
            preset_file.clone(),
            Arc::clone(&troubles),
            Checkpoints {
                newest: Arc::clone(&checkpoint),
                written: Arc::clone(&checkpointed),
            },
        )?;
        let (notes, told) = channel();
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || writing.go(&told))?;
        Ok(Self {
            thread: Mutex::new(Some((notes, thread))),
            troubles,
            remains: Mutex::new(Remains::Part),
            checkpoint,
            checkpointed,
            prospects: Mutex::new(prospects),
            folder,
            preset_file,
            candidate,
        })
    }

    /// Where it writes.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The step of the newest checkpoint that is in the folder, where this recorder has written one.
    pub fn checkpointed(&self) -> Option<u64> {
        *lock(&self.checkpointed)
    }

    /// Whether the run has ended before its last step, and what it goes on from is in the folder.
    pub fn can_go_on(&self) -> bool {
        lock(&self.prospects).can_go_on(self.checkpointed().is_some())
    }

    /// The run stays in its folder also where it is stopped before its first step: whoever stops it wants to come back.
    pub fn keep(&self) {
        lock(&self.prospects).keep();
        self.tell(Note::Keep);
    }

    /// Takes note of what the worker says.
    pub fn hear(&self, event: &Event) {
        if let Event::Checkpoint(checkpoint) = event
            && checkpoint.candidate == self.candidate
        {
            let mut newest = lock(&self.checkpoint);
            *newest = (newest.0 + 1, Some(Arc::clone(checkpoint)));
        }
        lock(&self.prospects).hear(event);
        if let Some(note) = self.note_of(event) {
            self.tell(note);
        }
    }

    /// The picture was written as a file of the user's.
    pub fn saved(&self, path: &Path) {
        self.tell(Note::Saved(path.to_owned()));
    }

    /// A preset that was saved in the run's folder makes no sense to the run: the one in force is written there again.
    pub fn refuse(&self, reason: String) {
        self.tell(Note::PresetRefused(reason));
    }

    pub(super) fn preset_file(&self) -> PresetFile {
        self.preset_file.clone()
    }

    /// Takes note that what was saved in the run's folder is no preset; it stays there, to be mended.
    pub(super) fn mistaken(&self, reason: String) {
        self.tell(Note::Happened(None, Happening::Refused { reason }));
    }

    fn tell(&self, note: Note) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((notes, _)) = &*thread {
            // A thread that is gone has said why.
            let _ = notes.send(note);
        }
    }

    /// What went wrong, or is well again, since the last call.
    pub fn take_troubles(&self) -> Vec<Trouble> {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *troubles)
    }

    /// Waits until everything is written, and says what is there then; nothing more is taken note of.
    pub fn finish(&self) -> Remains {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((notes, thread)) = thread.take() {
            drop(notes);
            // A panic there has been reported by the hook; the run itself has its result.
            let remains = thread.join().unwrap_or(Remains::Part);
            *self.remains.lock().unwrap_or_else(PoisonError::into_inner) = remains;
        }
        *self.remains.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_of(&self, event: &Event) -> Option<Note> {
        if !event.concerns(self.candidate) {
            return None;
        }
        let picture = |pictures: &Pictures| {
            let picture = pictures.of(self.candidate)?;
            Some((pictures.step, Arc::clone(picture)))
        };
        Some(match event {
            Event::Started(started) => Note::Started(Box::new(started.clone())),
            Event::Losses(block) => Note::Losses(block.clone()),
            Event::PresetChanged {
                step,
                changes,
                in_force,
                preset,
                ..
            } => {
                let changes = changes.iter().map(ToString::to_string).collect();
                Note::Preset {
                    step: *step,
                    preset: to_toml(in_force),
                    wanted: to_toml(preset),
                    steps: in_force.total_steps(),
                    changes,
                }
            }
            Event::PresetRefused { error, .. } => Note::PresetRefused(error.to_string()),
            Event::Refused { error, .. } => {
                let reason = error.to_string();
                Note::Happened(None, Happening::Refused { reason })
            }
            Event::Paused(step) => Note::Happened(Some(*step), Happening::Paused),
            Event::Resumed(step) => Note::Happened(Some(*step), Happening::Resumed),
            Event::Snapshot(snapshot) => {
                let (step, picture) = picture(&snapshot.pictures)?;
                Note::Snapshot(step, picture)
            }
            Event::Checkpoint(_) => Note::Checkpoint(lock(&self.checkpoint).0),
            Event::WentBack { step, .. } => Note::WentBack(*step),
            Event::Recovered(recovered) => Note::Recovered(recovered.clone()),
            Event::Stuck(stuck) => Note::Stuck(stuck.clone()),
            Event::Remark(remark) => Note::Happened(
                Some(remark.step),
                Happening::Remark {
                    kind: remark.kind,
                    words: remark.words.clone(),
                },
            ),
            Event::Gradients(gradients) => {
                let norms = gradients.of(self.candidate)?;
                let names = gradients.terms.iter().map(term_name);
                let finite = norms
                    .iter()
                    .map(|norm| Some(*norm).filter(|norm| norm.is_finite()));
                let norms = names.zip(finite).collect();
                Note::Happened(Some(gradients.step), Happening::Gradients { norms })
            }
            Event::Ended {
                reason,
                pictures,
                seconds,
            } => Note::Ended {
                state: match reason {
                    EndReason::Completed => State::Completed,
                    EndReason::Stopped | EndReason::BudgetSpent => State::Stopped,
                },
                failure: None,
                picture: picture(pictures),
                // One that is stopped while it is prepared knows nothing of the seconds before.
                seconds: Some(*seconds).filter(|_| !pictures.pictures.is_empty()),
            },
            Event::Failed {
                error, pictures, ..
            } => Note::Ended {
                state: State::Failed,
                failure: Some(error.to_string()),
                picture: pictures.as_ref().and_then(picture),
                seconds: None,
            },
            Event::Dropped { pictures, .. } => Note::Ended {
                state: State::Dropped,
                failure: None,
                picture: picture(pictures),
                seconds: None,
            },
            // What is known from this folder stands in it.
            Event::Preparing(_)
            | Event::PartOfStep(_)
            | Event::PictureReady
            | Event::PastLosses(_) => return None,
        })
    }
}

/// Nothing panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.finish();
    }
}
