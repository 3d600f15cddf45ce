//! What the worker and the other threads say to each other. Plain data: no tensor travels.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use image::{Rgb32FImage, RgbImage};
use serde::Serialize;

use super::EngineError;
use crate::preset::{Change, Preset};
use crate::weights::store::Progress;

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
    /// Begin again from the first picture, with everything that the presets now say.
    Restart,
    /// Keep the state of the run as it is now, to be gone back to, and report every candidate's picture
    /// as an event, whether or not anyone looks at the slot.
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
    /// What to cut out; what lies outside the picture is left out. `None` for all of it.
    pub region: Option<Region>,
    /// Most pixels across and down that are wanted. The shape of what is cut out is kept.
    pub most: (u32, u32),
}

/// The answer to a [`PictureRequest`], in the slot.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Number of updates made.
    pub step: u64,
    /// What was asked for.
    pub request: PictureRequest,
    /// What was cut out.
    pub region: Region,
    /// Width and height of the picture being optimised.
    pub size: (u32, u32),
    /// A picture a candidate, 8 bits a channel.
    pub pictures: Vec<Arc<RgbImage>>,
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

/// Hears what is being prepared. With `Break` what can be broken off is: the fetching of weights.
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

    /// The losses of `candidate` at the `row`-th step of the block.
    pub fn losses(&self, row: u64, candidate: usize) -> Option<Losses<'_>> {
        let columns = self.terms.len();
        let start = (row as usize * self.weights.len() + candidate) * columns;
        Some(Losses {
            step: self.first_step + row,
            terms: &self.terms,
            weights: self.weights.get(candidate)?,
            unweighted: self.values.get(start..start + columns)?,
        })
    }

    /// The earliest losses that hold something that is not a number, and whose they are.
    pub fn first_not_finite(&self) -> Option<(usize, Losses<'_>)> {
        let candidates = self.weights.len();
        (0..self.steps())
            .flat_map(|row| (0..candidates).map(move |candidate| (row, candidate)))
            .filter_map(|(row, candidate)| Some((candidate, self.losses(row, candidate)?)))
            .find(|(_, losses)| losses.unweighted.iter().any(|value| !value.is_finite()))
    }

    /// Keeps the steps before `step`.
    pub fn truncate(&mut self, step: u64) {
        let rows = step.saturating_sub(self.first_step) as usize;
        self.values
            .truncate(rows * self.weights.len() * self.terms.len());
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
            .map(|(_, _, weighted)| weighted)
            .sum()
    }
}

/// The first thing that is known about a run, and again after every rebuild.
#[derive(Debug, Clone)]
pub struct Started {
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
    /// The step the run is to reach.
    pub steps: u64,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// All steps were made. The worker waits: a preset with more steps makes it go on.
    Completed,
    /// [`Command::Stop`], or nobody is there any more to say anything else.
    Stopped,
}

/// Every candidate's picture at one moment.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// Number of updates made.
    pub step: u64,
    /// RGB in [0, 1], a picture a candidate; none where the run was stopped before there were any.
    pub pictures: Vec<Arc<Rgb32FImage>>,
}

/// A state of the run that the worker keeps, and the pictures at that moment.
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

/// A kind of command that can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
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
    /// The answer to [`Command::GoBack`].
    WentBack {
        /// From which kept state the run goes on.
        snapshot: u64,
        /// The step that the run is at again.
        step: u64,
    },
    /// The answer to [`Command::MeasureGradients`].
    Gradients(Gradients),
    /// There is a new picture in the slot.
    PictureReady,
    /// The run is over.
    Ended {
        /// Why.
        reason: EndReason,
        /// The result.
        pictures: Pictures,
        /// Seconds of stepping, pauses left out.
        seconds: f64,
    },
    /// The run cannot go on.
    Failed {
        /// Why.
        error: EngineError,
        /// The last pictures that are sound, where there are any.
        pictures: Option<Pictures>,
    },
}
