//! What the worker and the other threads say to each other. Plain data: no tensor travels.
//!
//! A candidate is called by a number that is given to it once and never to another, whichever lane it is in.
//! What concerns a lane says which candidates it holds, and gives their values in that order.

mod trouble;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use image::{Rgb32FImage, RgbImage};
use serde::Serialize;

use super::EngineError;
use super::checkpoint::Checkpoint;
use super::input::Candidate;
use crate::preset::{Change, Preset};
use crate::weights::store::Progress;
pub use trouble::{Recovered, Remark, RemarkKind, Stuck, Suggestion, Trouble};

/// Said to the worker; taken up between two steps.
#[derive(Debug, Clone)]
pub enum Command {
    /// Stop stepping until [`Command::Resume`].
    Pause,
    /// Go on after [`Command::Pause`].
    Resume,
    /// End the run and report the pictures.
    Stop,
    /// Replace a candidate's preset. Live fields count from the next step, others rebuild the lane and
    /// keep the picture, and those that need a restart wait for [`Command::Restart`].
    ChangePreset {
        /// Which candidate.
        candidate: usize,
        /// All of its new preset.
        preset: Box<Preset>,
    },
    /// Give up a candidate's place: its picture is reported, and it is stepped no more. Not the last one's.
    Drop {
        /// Which candidate.
        candidate: usize,
    },
    /// A new candidate, in a lane of its own. It is stepped before the others until it has caught up.
    Join {
        /// Its number, which no other ever had.
        candidate: usize,
        /// What it is made of.
        input: Box<Candidate>,
    },
    /// Begin again from the first picture, with everything that the presets now say.
    Restart,
    /// Keep the state of the run as it is now, to be gone back to, and report every candidate's picture
    /// as an event a lane, whether or not anyone looks at the slot.
    Snapshot,
    /// Go on from a kept state, as if the steps after it had never been made; the presets stay.
    GoBack {
        /// The number in [`Snapshot`].
        snapshot: u64,
    },
    /// Drop a kept state and its memory.
    Forget {
        /// The number in [`Snapshot`].
        snapshot: u64,
    },
    /// Put the newest pictures into the slot once, at the next chance.
    RequestPicture(PictureRequest),
    /// Measure how much of the gradient each term makes up. Takes as long as several steps.
    MeasureGradients,
}

/// Which candidates' pictures are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Every one's.
    All,
    /// One's.
    One(usize),
    /// Two candidates', in this order.
    Two(usize, usize),
}

impl Whose {
    /// Whether `candidate` is among them.
    pub fn includes(self, candidate: usize) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => candidate == one,
            Self::Two(one, two) => candidate == one || candidate == two,
        }
    }
}

/// A part of the picture, in pixels of the picture being optimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// What of the pictures is to be shown, and how large. It is cut out and made smaller on the device, so
/// that no more is copied than is seen; enlarging is left to whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureRequest {
    /// Whose picture is wanted.
    pub of: Whose,
    /// What to cut out; what lies outside the picture is left out. `None` for all of it. It counts in pixels of
    /// the first candidate's picture; of pictures of other sizes the same part is cut out.
    pub region: Option<Region>,
    /// Most pixels across and down that are wanted. The shape of what is cut out is kept.
    pub most: (u32, u32),
}

/// The answer to a [`PictureRequest`], in the slot.
#[derive(Debug, Clone)]
pub struct Preview {
    /// What was asked for.
    pub request: PictureRequest,
    /// What there is of it, in the order of the candidates' numbers.
    pub pictures: Vec<Seen>,
}

impl Preview {
    /// What is seen of `candidate`.
    pub fn of(&self, candidate: usize) -> Option<&Seen> {
        self.pictures
            .iter()
            .find(|seen| seen.candidate == candidate)
    }
}

/// What is seen of one candidate's picture.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whose it is.
    pub candidate: usize,
    /// Number of updates made.
    pub step: u64,
    /// What was cut out.
    pub region: Region,
    /// Width and height of the picture being optimised.
    pub size: (u32, u32),
    /// 8 bits a channel.
    pub picture: Arc<RgbImage>,
}

/// What happens before the first step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading a weights file.
    Weights,
    /// The weights are not on this machine and are being fetched.
    Fetching(Fetching),
    /// Learning the filters of `fitted` from the pictures.
    Fitting,
    /// Computing the targets of content and style.
    Targets,
}

impl Stage {
    /// In a few words.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Weights => "reading the weights",
            Self::Fetching(_) => "fetching the weights",
            Self::Fitting => "learning the network from the two pictures",
            Self::Targets => "computing the targets",
        }
    }
}

/// Hears what is being prepared, again and again while it lasts. With `Break` it is broken off where that is possible.
pub type Report<'a> = dyn FnMut(Stage) -> ControlFlow<()> + 'a;

/// How far the fetching of weights is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fetching {
    /// Whose weights.
    pub network: String,
    /// Where they come from.
    pub from: String,
    /// Bytes that are here already.
    pub done_bytes: u64,
    /// Bytes that are needed.
    pub total_bytes: u64,
    /// Bytes of the whole file there, of which only some are needed.
    pub whole_bytes: u64,
    /// Why nothing comes at the moment, where that is so.
    pub waiting: Option<String>,
}

impl Fetching {
    /// Nothing has been heard of the weights of `network` yet.
    pub fn of(network: &str) -> Self {
        Self {
            network: network.to_owned(),
            ..Self::default()
        }
    }

    /// Takes up what the store says.
    pub fn hear(&mut self, progress: Progress) {
        self.waiting = None;
        match progress {
            Progress::Starting {
                from,
                bytes,
                of_bytes,
                resumed_bytes,
                ..
            } => {
                self.from = from;
                self.done_bytes = resumed_bytes;
                self.total_bytes = bytes;
                self.whole_bytes = of_bytes;
            }
            Progress::Fetched {
                done_bytes,
                total_bytes,
            } => {
                self.done_bytes = done_bytes;
                self.total_bytes = total_bytes;
            }
            Progress::Waiting => {
                self.waiting = Some("another stylescope is fetching them".to_owned());
            }
            Progress::Trying { after, seconds } => {
                let why = after.lines().next().unwrap_or_default();
                self.waiting = Some(match seconds {
                    0 => format!("{why}; trying the next place"),
                    _ => format!("{why}; trying again in {seconds} s"),
                });
            }
            Progress::Checking => self.waiting = Some("checking what came".to_owned()),
        }
    }
}

/// A kind of term in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// Distance from the content picture's features.
    Content,
    /// Distance from the style picture's statistics.
    Style,
    /// Total variation.
    Variation,
}

/// One term of the loss: a kind, and the layer it is taken at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct LossTerm {
    /// Which kind.
    pub kind: TermKind,
    /// `None` for the total variation.
    pub layer: Option<String>,
}

impl std::fmt::Display for LossTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            TermKind::Content => "content",
            TermKind::Style => "style",
            TermKind::Variation => "variation",
        };
        match &self.layer {
            Some(layer) => write!(f, "{kind} {layer}"),
            None => f.write_str(kind),
        }
    }
}

/// The losses of consecutive steps, all under the same weights.
#[derive(Debug, Clone)]
pub struct LossBlock {
    /// Whose losses these are.
    pub candidates: Arc<[usize]>,
    /// The step of the first row; the losses of step s are those of the picture after s updates.
    pub first_step: u64,
    /// What each column is.
    pub terms: Arc<[LossTerm]>,
    /// Every candidate's weight of each term.
    pub weights: Arc<[Vec<f64>]>,
    /// Unweighted values, a step, a candidate, a term after the other.
    pub values: Vec<f32>,
    /// Seconds of stepping so far, pauses left out.
    pub seconds: f64,
}

impl LossBlock {
    /// How many steps the block holds.
    pub fn steps(&self) -> u64 {
        (self.values.len() / (self.terms.len() * self.weights.len()).max(1)) as u64
    }

    /// The losses of `candidate` at the `row`-th step of the block; `None` also where they are not in it.
    pub fn losses(&self, row: u64, candidate: usize) -> Option<Losses<'_>> {
        let place = place_of(&self.candidates, candidate)?;
        let columns = self.terms.len();
        let start = (row as usize * self.weights.len() + place) * columns;
        Some(Losses {
            step: self.first_step + row,
            terms: &self.terms,
            weights: self.weights.get(place)?,
            unweighted: self.values.get(start..start + columns)?,
        })
    }

    /// Keeps the steps before `step`.
    pub fn truncate(&mut self, step: u64) {
        let rows = step.saturating_sub(self.first_step) as usize;
        self.values
            .truncate(rows * self.weights.len() * self.terms.len());
    }

    /// The steps from `step` on, without `candidate`.
    pub(super) fn rest(&self, step: u64, candidate: usize) -> Self {
        let columns = self.terms.len();
        let mut weights = self.weights.to_vec();
        let mut candidates = self.candidates.to_vec();
        let mut values = Vec::new();
        if let Some(place) = place_of(&self.candidates, candidate) {
            weights.remove(place);
            candidates.remove(place);
            let first_row = step.saturating_sub(self.first_step) as usize;
            values = self
                .values
                .chunks(columns.max(1))
                .enumerate()
                .filter(|(chunk, _)| {
                    chunk % self.weights.len() != place && chunk / self.weights.len() >= first_row
                })
                .flat_map(|(_, row)| row.iter().copied())
                .collect();
        }
        Self {
            candidates: candidates.into(),
            first_step: step.max(self.first_step),
            weights: weights.into(),
            values,
            terms: Arc::clone(&self.terms),
            seconds: self.seconds,
        }
    }

    /// The losses of `candidate` at every step of the block.
    pub fn rows(&self, candidate: usize) -> impl Iterator<Item = Losses<'_>> {
        (0..self.steps()).filter_map(move |row| self.losses(row, candidate))
    }
}

/// One candidate's losses at one step.
#[derive(Debug, Clone, Copy)]
pub struct Losses<'a> {
    /// Number of updates before this evaluation.
    pub step: u64,
    /// What each value is.
    pub terms: &'a [LossTerm],
    /// The weight of each term.
    pub weights: &'a [f64],
    /// The value of each term without its weight.
    pub unweighted: &'a [f32],
}

impl Losses<'_> {
    /// Term, unweighted and weighted value.
    pub fn each(&self) -> impl Iterator<Item = (&LossTerm, f64, f64)> {
        self.terms
            .iter()
            .zip(self.unweighted)
            .zip(self.weights)
            .map(|((term, &value), weight)| (term, f64::from(value), f64::from(value) * weight))
    }

    /// The weighted sum of all terms.
    pub fn total(&self) -> f64 {
        self.each().map(|(_, _, weighted)| weighted).sum()
    }

    /// The weighted sum of the terms of one kind.
    pub fn sum_of(&self, kind: TermKind) -> f64 {
        self.each()
            .filter(|(term, _, _)| term.kind == kind)
            // From 0, since the sum of nothing would be -0.
            .fold(0.0, |sum, (_, _, weighted)| sum + weighted)
    }
}

/// Where `candidate` stands among `candidates`.
fn place_of(candidates: &[usize], candidate: usize) -> Option<usize> {
    candidates.iter().position(|other| *other == candidate)
}

/// The first thing that is known about a lane, and again after every rebuild.
#[derive(Debug, Clone)]
pub struct Started {
    /// The candidates that it holds.
    pub candidates: Arc<[usize]>,
    /// Width and height of the pictures being optimised.
    pub size: (u32, u32),
    /// Width and height at which each candidate's style picture is seen.
    pub style_sizes: Vec<(u32, u32)>,
    /// `cpu`, `cuda:0`, …
    pub device: String,
    /// Threads of libtorch on the CPU.
    pub threads: usize,
    /// What a person should know about the choices of device and weights.
    pub notes: Vec<String>,
    /// The file of trained weights that is in use.
    pub weights: Option<PathBuf>,
    /// The step the run is at.
    pub step: u64,
    /// The step the run is to reach: that of the candidate with most of them.
    pub steps: u64,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// All steps were made. The worker waits: a preset with more steps makes it go on.
    Completed,
    /// The time that [`Job::budget`](super::worker::Job) gives is used up. The worker waits, as after the last step.
    BudgetSpent,
    /// [`Command::Stop`], or nobody is there any more to say anything else.
    Stopped,
}

/// The pictures of a lane at one moment.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// Whose they are.
    pub candidates: Arc<[usize]>,
    /// Number of updates made.
    pub step: u64,
    /// RGB in [0, 1], a picture a candidate; none where the run was stopped before there were any.
    pub pictures: Vec<Arc<Rgb32FImage>>,
}

impl Pictures {
    /// The picture of `candidate`.
    pub fn of(&self, candidate: usize) -> Option<&Arc<Rgb32FImage>> {
        self.pictures.get(place_of(&self.candidates, candidate)?)
    }

    /// Without those of the other candidates.
    #[must_use]
    pub fn only(&self, candidate: usize) -> Self {
        Self {
            candidates: Arc::new([candidate]),
            step: self.step,
            pictures: self.of(candidate).into_iter().cloned().collect(),
        }
    }
}

/// A state of a lane that the worker keeps, and the pictures at that moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What [`Command::GoBack`] and [`Command::Forget`] call it; never used twice.
    pub number: u64,
    /// Every candidate's picture.
    pub pictures: Pictures,
}

/// How much of each candidate's gradient with respect to the picture comes from which term.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// Whose gradients these are.
    pub candidates: Arc<[usize]>,
    /// Number of updates before this evaluation.
    pub step: u64,
    /// What each number is.
    pub terms: Arc<[LossTerm]>,
    /// For each candidate the Euclidean norm of each weighted term's gradient; not a number where the
    /// measurement was broken off before it, because somebody wanted something else.
    pub norms: Vec<Vec<f64>>,
    /// Seconds that the measurement took.
    pub seconds: f64,
}

impl Gradients {
    /// The norms of `candidate`'s terms.
    pub fn of(&self, candidate: usize) -> Option<&[f64]> {
        let place = place_of(&self.candidates, candidate)?;
        self.norms.get(place).map(Vec::as_slice)
    }
}

/// A kind of command that can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// [`Command::Stop`], of a run that is only watched.
    Stop,
    /// A preset that somebody saved in the folder of a run that is only watched.
    Preset,
    /// [`Command::Restart`]
    Restart,
    /// [`Command::Snapshot`]
    Snapshot,
    /// [`Command::GoBack`]
    GoBack,
    /// [`Command::Forget`]
    Forget,
    /// [`Command::RequestPicture`]
    Picture,
    /// [`Command::MeasureGradients`]
    Gradients,
    /// [`Command::Drop`] of this candidate.
    Drop(usize),
    /// [`Command::Join`] of this candidate.
    Join(usize),
    /// [`Command::Pause`] or [`Command::Resume`], of a run that is only watched.
    Pause,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartOfStep {
    /// Whose.
    pub candidates: Arc<[usize]>,
    /// Updates made before it.
    pub step: u64,
    /// What is counted.
    pub parts: Parts,
    /// How many are done.
    pub done: u64,
    /// How many there are in the step.
    pub of: u64,
}

/// What a step is made of, as far as anybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// Tiles that pass the network; each does so twice.
    Tiles,
    /// Operations of the network, forth and back.
    Operations,
}

/// Said by the worker, in order, never dropped.
#[derive(Debug)]
pub enum Event {
    /// Before the first step, and while rebuilding.
    Preparing(Stage),
    /// The lane is built.
    Started(Started),
    /// Losses of the steps since the last block.
    Losses(LossBlock),
    /// Losses of steps that were made before the program was started, by the run that it goes on with.
    PastLosses(LossBlock),
    /// How far a step is that takes long: said now and then.
    PartOfStep(PartOfStep),
    /// A preset took effect, or part of it waits for a restart.
    PresetChanged {
        /// Which candidate.
        candidate: usize,
        /// The step from which it counts.
        step: u64,
        /// Field by field, against what was asked for before.
        changes: Vec<Change>,
        /// The preset as it was asked for.
        preset: Box<Preset>,
        /// The preset by which steps are made from now on: without what waits for a restart.
        in_force: Box<Preset>,
    },
    /// A [`Command::ChangePreset`] could not be carried out; the preset before stays in force.
    PresetRefused {
        /// Which candidate.
        candidate: usize,
        /// The preset as it was asked for.
        preset: Box<Preset>,
        /// Why.
        error: EngineError,
    },
    /// Another command could not be carried out; the run goes on as it was.
    Refused {
        /// Which kind of command.
        what: Refusal,
        /// Why.
        error: EngineError,
    },
    /// Stepping is paused at this step.
    Paused(u64),
    /// Stepping goes on from this step.
    Resumed(u64),
    /// The answer to [`Command::Snapshot`].
    Snapshot(Snapshot),
    /// What a candidate can be gone on from after the program has ended. Comes as often as
    /// [`Job::checkpoint_interval`](super::worker::Job) says, and before the run is paused or ends.
    Checkpoint(Arc<Checkpoint>),
    /// The answer to [`Command::GoBack`].
    WentBack {
        /// Who goes on from there.
        candidates: Arc<[usize]>,
        /// From which kept state the run goes on.
        snapshot: u64,
        /// The step that the run is at again.
        step: u64,
    },
    /// A candidate's numbers went wrong, and it went back by itself. What changed of its preset is said next.
    Recovered(Recovered),
    /// A candidate's numbers go wrong whatever is tried, or memory does not suffice; see [`Job::pauses`](super::worker::Job).
    Stuck(Stuck),
    /// Something else to know of a run that goes on.
    Remark(Remark),
    /// The answer to [`Command::MeasureGradients`].
    Gradients(Gradients),
    /// There is a new picture in the slot.
    PictureReady,
    /// The answer to [`Command::Drop`].
    Dropped {
        /// Which candidate is no more.
        candidate: usize,
        /// Its last picture.
        pictures: Pictures,
    },
    /// A lane has come to its end.
    Ended {
        /// Why.
        reason: EndReason,
        /// The result.
        pictures: Pictures,
        /// Seconds of stepping, pauses left out.
        seconds: f64,
    },
    /// These candidates cannot go on; the others, if there are any, do.
    Failed {
        /// Which.
        candidates: Arc<[usize]>,
        /// Why.
        error: EngineError,
        /// The last pictures that are sound, where there are any.
        pictures: Option<Pictures>,
    },
}

impl Event {
    /// Whether it has anything to do with `candidate`: what is not said of candidates concerns all.
    pub fn concerns(&self, candidate: usize) -> bool {
        match self {
            Self::Started(Started { candidates, .. })
            | Self::Losses(LossBlock { candidates, .. })
            | Self::PastLosses(LossBlock { candidates, .. })
            | Self::Gradients(Gradients { candidates, .. })
            | Self::PartOfStep(PartOfStep { candidates, .. })
            | Self::WentBack { candidates, .. }
            | Self::Failed { candidates, .. }
            | Self::Ended {
                pictures: Pictures { candidates, .. },
                ..
            }
            | Self::Snapshot(Snapshot {
                pictures: Pictures { candidates, .. },
                ..
            }) => candidates.contains(&candidate),
            Self::Recovered(recovered) => recovered.candidate == candidate,
            Self::Stuck(stuck) => stuck.candidate == candidate,
            Self::Remark(remark) => remark.candidates.contains(&candidate),
            Self::Checkpoint(checkpoint) => checkpoint.candidate == candidate,
            Self::PresetChanged {
                candidate: other, ..
            }
            | Self::PresetRefused {
                candidate: other, ..
            }
            | Self::Dropped {
                candidate: other, ..
            }
            | Self::Refused {
                what: Refusal::Drop(other) | Refusal::Join(other),
                ..
            } => *other == candidate,
            Self::Preparing(_)
            | Self::Refused { .. }
            | Self::Paused(_)
            | Self::Resumed(_)
            | Self::PictureReady => true,
        }
    }
}
