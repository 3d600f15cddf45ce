//! What the run and its terminals say to each other, as it goes through the socket. Plain data; any thread.
//!
//! These are the engine's messages without its types, so that reading bytes from elsewhere needs no engine. Numbers that
//! may not be finite are `None` then, since JSON has no word for them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Said by a terminal. The first thing is [`ToRun::Hello`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToRun {
    /// Who speaks.
    Hello {
        /// [`super::protocol::PROTOCOL`]
        protocol: u32,
        /// Name and version.
        program: String,
    },
    /// Stop stepping.
    Pause,
    /// Go on stepping.
    Resume,
    /// End the run and save its picture.
    Stop,
    /// Another preset.
    ChangePreset {
        /// Whose.
        candidate: usize,
        /// All of it.
        preset: PresetText,
    },
    /// Begin again from the first picture.
    Restart,
    /// Keep the state as it is now.
    Snapshot,
    /// Go on from a kept state.
    GoBack {
        /// Which.
        snapshot: u64,
    },
    /// This terminal needs a kept state no more.
    Forget {
        /// Which.
        snapshot: u64,
    },
    /// Send the picture once.
    Picture {
        /// Of whom, which part, and how large.
        request: PictureWanted,
    },
    /// Measure the terms' shares of the gradient.
    MeasureGradients,
    /// Give up a candidate's place.
    Drop {
        /// Whose.
        candidate: usize,
    },
    /// Let a preset join the comparison.
    Invite {
        /// Its name, or its file's whole path.
        preset: String,
    },
    /// The person left by a key; without it the connection was lost.
    Goodbye,
}

/// Said by the run. The first thing is [`ToViewer::Welcome`] or [`ToViewer::Refuse`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToViewer {
    /// The terminal is attached.
    Welcome(Box<Welcome>),
    /// It is not, and why.
    Refuse {
        /// Name and version of the program that makes the run.
        program: String,
        /// In words.
        why: String,
    },
    /// Everything from the start has been told: from here on it happens now.
    UpToDate,
    /// As [`crate::engine::message::Event::Preparing`].
    Preparing {
        /// What.
        stage: Stage,
    },
    /// As [`crate::engine::message::Started`].
    Started(Box<Started>),
    /// As [`crate::engine::message::PartOfStep`].
    PartOfStep {
        /// Whose.
        candidates: Vec<usize>,
        /// Updates made before it.
        step: u64,
        /// What is counted.
        parts: Parts,
        /// How many are done.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// Losses; the unweighted values follow as 32-bit floats, a row, a candidate, a term after the other.
    Losses {
        /// Whose.
        candidates: Vec<usize>,
        /// The step of the first row.
        first_step: u64,
        /// How many rows.
        rows: u64,
        /// How many steps each row stands for, at least 1.
        span: u64,
        /// What each column is.
        terms: Vec<Term>,
        /// Every candidate's weight of each term.
        weights: Vec<Vec<Option<f64>>>,
        /// Seconds of stepping.
        seconds: f64,
    },
    /// Another preset.
    PresetChanged {
        /// Whose.
        candidate: usize,
        /// The step from which it counts.
        step: u64,
        /// Field by field.
        changes: Vec<ChangeText>,
        /// As it was asked for.
        preset: PresetText,
        /// As it counts; `None` where that is the same.
        in_force: Option<PresetText>,
    },
    /// A preset that is not taken up.
    PresetRefused {
        /// Whose.
        candidate: usize,
        /// Which.
        preset: PresetText,
        /// Why.
        why: String,
    },
    /// Another command that is not carried out.
    Refused {
        /// Which.
        what: Refusal,
        /// Why.
        why: String,
    },
    /// Stepping is paused.
    Paused {
        /// At which step.
        step: u64,
    },
    /// Stepping goes on.
    Resumed {
        /// At which step.
        step: u64,
    },
    /// A state is kept; its pictures follow as 32-bit floats.
    Snapshot {
        /// What it is called.
        number: u64,
        /// What follows.
        pictures: PictureSizes,
    },
    /// The run is at an earlier step again.
    WentBack {
        /// Whose.
        candidates: Vec<usize>,
        /// From which kept state.
        snapshot: u64,
        /// The step.
        step: u64,
    },
    /// A candidate went back by itself.
    Recovered {
        /// Whose.
        candidate: usize,
        /// The step at which something was noticed.
        failed_step: u64,
        /// The step that it goes on from.
        step: u64,
        /// What was wrong, as the journal has it.
        why: Value,
        /// 1 for the first one.
        attempt: u32,
        /// How many there are.
        attempts: u32,
        /// The rate from now on.
        learning_rate: f64,
    },
    /// A candidate waits for somebody to change something.
    Stuck {
        /// Whose.
        candidate: usize,
        /// The step at which it was noticed.
        failed_step: u64,
        /// The step that it stands at.
        step: u64,
        /// What is wrong.
        why: String,
        /// What to change, as the journal has it.
        suggestion: Value,
    },
    /// Something to know of a run that goes on.
    Remark {
        /// Whose.
        candidates: Vec<usize>,
        /// The step at which it was noticed.
        step: u64,
        /// What sort of thing, as the journal has it.
        kind: Value,
        /// All of it.
        words: String,
    },
    /// The terms' shares of the gradient.
    Gradients {
        /// Whose.
        candidates: Vec<usize>,
        /// At which step.
        step: u64,
        /// What each number is.
        terms: Vec<Term>,
        /// For each candidate one of each term.
        norms: Vec<Vec<Option<f64>>>,
        /// What measuring took.
        seconds: f64,
    },
    /// A candidate is no more; its picture follows as 32-bit floats.
    Dropped {
        /// Whose.
        candidate: usize,
        /// What follows.
        pictures: PictureSizes,
    },
    /// The run is at its end; the pictures follow as 32-bit floats.
    Ended {
        /// Why.
        reason: Reason,
        /// What follows.
        pictures: PictureSizes,
        /// Seconds of stepping.
        seconds: f64,
    },
    /// The run cannot go on; the last sound pictures follow as 32-bit floats, where there are some.
    Failed {
        /// Whose.
        candidates: Vec<usize>,
        /// Why.
        why: String,
        /// What follows.
        pictures: Option<PictureSizes>,
    },
    /// The answer to [`ToRun::Picture`]: the pictures follow with 8 bits a channel.
    Picture {
        /// What was asked for.
        request: PictureWanted,
        /// What follows.
        seen: Vec<Seen>,
    },
    /// One more is compared; it is told of only after this.
    Joined(Box<Contender>),
    /// Another terminal is attached.
    Came {
        /// How many are now.
        attached: usize,
    },
    /// Another terminal left.
    Left {
        /// How many are still attached.
        attached: usize,
    },
    /// Somebody at another terminal, or at the run's own, did something.
    Acted {
        /// What.
        deed: Deed,
    },
    /// The program that makes the run has something to say.
    Said {
        /// What.
        text: String,
        /// Whether it went wrong.
        is_error: bool,
    },
}

/// What a step is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// Tiles that pass the network.
    Tiles,
    /// Operations of the network.
    Operations,
}

/// Everything that has to be known before anything is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`super::protocol::PROTOCOL`]
    pub protocol: u32,
    /// Name and version of the program that makes the run.
    pub program: String,
    /// Its process.
    pub process: u32,
    /// How many terminals are attached, this one included.
    pub attached: usize,
    /// Those that it computes: a run's only one, or all of a comparison.
    pub contenders: Vec<Contender>,
}

/// As [`crate::attach::contender::Contender`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// What it is called in events.
    pub number: usize,
    /// What people call it in a comparison.
    pub label: String,
    /// The preset that it began with.
    pub loaded: Loaded,
    /// What the command line lays over any preset: key and value.
    pub overrides: Vec<(String, String)>,
    /// It came to its end in an earlier program.
    pub is_over: bool,
}

/// A preset and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Its name.
    pub name: String,
    /// Its file, the whole path; `None` for a built-in one.
    pub file: Option<PathBuf>,
    /// The files it was read from, whole paths.
    pub files: Vec<PathBuf>,
    /// The recipe.
    pub preset: PresetText,
}

/// A whole preset. Its text holds every number exactly; paths that are in use stand beside it, since in a text they
/// would start somewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresetText {
    /// TOML.
    pub toml: String,
    /// `network.weights`
    pub weights: Option<PathBuf>,
    /// `image.init_file`
    pub init_file: Option<PathBuf>,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeText {
    /// Which.
    pub key: String,
    /// The value before.
    pub old: String,
    /// The value after.
    pub new: String,
    /// How it is taken up.
    pub class: Class,
}

/// How a change is taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// From the next step.
    Live,
    /// Targets are computed again.
    Rebuild,
    /// Only where the run begins again.
    Restart,
}

/// What is being prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading weights.
    Weights,
    /// Fetching them.
    Fetching {
        /// Whose weights.
        network: String,
        /// Where they come from.
        from: String,
        /// Bytes that are here.
        done_bytes: u64,
        /// Bytes that are needed.
        total_bytes: u64,
        /// Bytes of the whole file.
        whole_bytes: u64,
        /// Why nothing comes.
        waiting: Option<String>,
    },
    /// Learning the network from the pictures.
    Fitting,
    /// Computing targets.
    Targets,
}

/// What is known once the run is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Who is in it.
    pub candidates: Vec<usize>,
    /// Width and height of the picture.
    pub size: (u32, u32),
    /// The same of the style pictures.
    pub style_sizes: Vec<(u32, u32)>,
    /// Where it is computed.
    pub device: String,
    /// Threads on the CPU.
    pub threads: usize,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The file of trained weights.
    pub weights: Option<PathBuf>,
    /// The step it is at.
    pub step: u64,
    /// The step it is to reach.
    pub steps: u64,
}

/// A term of the loss.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Term {
    /// Which kind.
    pub kind: TermKind,
    /// At which layer.
    pub layer: Option<String>,
}

/// A kind of term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// Of the content.
    Content,
    /// Of the style.
    Style,
    /// Total variation.
    Variation,
}

/// Why a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All steps are made.
    Completed,
    /// The time is used up.
    BudgetSpent,
    /// Somebody stopped it.
    Stopped,
}

/// A kind of command that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// [`ToRun::Stop`]
    Stop,
    /// A preset that somebody saved in a folder.
    Preset,
    /// [`ToRun::Restart`]
    Restart,
    /// [`ToRun::Snapshot`]
    Snapshot,
    /// [`ToRun::GoBack`]
    GoBack,
    /// [`ToRun::Forget`]
    Forget,
    /// [`ToRun::Picture`]
    Picture,
    /// [`ToRun::MeasureGradients`]
    Gradients,
    /// [`ToRun::Drop`] of this candidate.
    Drop(usize),
    /// That this candidate joins.
    Join(usize),
    /// [`ToRun::Pause`] or [`ToRun::Resume`]
    Pause,
}

/// Pictures that follow the words, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureSizes {
    /// Whose.
    pub candidates: Vec<usize>,
    /// At which step.
    pub step: u64,
    /// Width and height of each.
    pub sizes: Vec<(u32, u32)>,
}

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// Whose pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Every one's.
    All,
    /// One's.
    One(usize),
    /// Two candidates'.
    Two(usize, usize),
}

/// Which picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureWanted {
    /// Whose.
    pub of: Whose,
    /// What to cut out.
    pub region: Option<Region>,
    /// Most pixels across and down.
    pub most: (u32, u32),
}

/// What is seen of a candidate's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Whose.
    pub candidate: usize,
    /// At which step.
    pub step: u64,
    /// What was cut out.
    pub region: Region,
    /// Width and height of the whole picture.
    pub size: (u32, u32),
    /// Width and height of what follows.
    pub sent: (u32, u32),
}

/// What somebody at another terminal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Paused the run.
    Paused,
    /// Let it go on.
    Resumed,
    /// Stopped it.
    Stopped,
    /// Changed its preset.
    ChangedPreset,
    /// Began it again.
    Restarted,
    /// Went back to a kept state.
    WentBack,
    /// Dropped one of those that are compared.
    Dropped,
    /// Wants a preset to join.
    Invited,
}

/// Bytes of a picture with 8 bits a channel.
const BYTES_OF_BYTES: u64 = 3;
/// Bytes of a picture of 32-bit floats.
const BYTES_OF_FLOATS: u64 = 12;

fn bytes_of(sizes: impl Iterator<Item = (u32, u32)>, each: u64) -> Option<u64> {
    sizes
        .map(|(width, height)| u64::from(width) * u64::from(height))
        .try_fold(0_u64, |sum, pixels| {
            sum.checked_add(pixels.checked_mul(each)?)
        })
}

impl PictureSizes {
    fn bytes(&self) -> Option<u64> {
        bytes_of(self.sizes.iter().copied(), BYTES_OF_FLOATS)
    }
}

impl ToViewer {
    /// How many bytes follow the words; `None` where that is no number of bytes.
    pub fn raw_bytes(&self) -> Option<u64> {
        match self {
            Self::Losses {
                candidates,
                rows,
                terms,
                ..
            } => (candidates.len() as u64)
                .checked_mul(terms.len() as u64)?
                .checked_mul(*rows)?
                .checked_mul(4),
            Self::Snapshot { pictures, .. }
            | Self::Dropped { pictures, .. }
            | Self::Ended { pictures, .. }
            | Self::Failed {
                pictures: Some(pictures),
                ..
            } => pictures.bytes(),
            Self::Picture { seen, .. } => {
                bytes_of(seen.iter().map(|seen| seen.sent), BYTES_OF_BYTES)
            }
            _ => Some(0),
        }
    }
}
