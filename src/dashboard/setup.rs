//! What the dashboard is given when it opens, and what it asks of whoever opened it. Plain data and one
//! trait; the trait's methods are called on a thread of their own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use image::{Rgb32FImage, RgbImage};

use crate::engine::message::{Pictures, Started};
use crate::engine::worker::Job;
use crate::preset::watch::Polling;
use crate::preset::{Change, Loaded, Override};
use crate::record::chart::LossChart;
use crate::record::folder::recorder::Recorder;
use crate::terminal::ask::{Capabilities, Protocol};

/// A picture that goes into the run.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path as given, or what a drawn picture is called.
    pub name: String,
    /// RGB in [0, 1], in its own size.
    pub picture: Arc<Rgb32FImage>,
    /// What was done to it when it was read, in words.
    pub notes: Vec<String>,
}

/// How the dashboard is to behave.
pub struct Options {
    /// Decides how pictures are shown from what the terminal can do.
    pub choose: Box<dyn Fn(&Capabilities) -> Protocol>,
    /// How preset files are watched.
    pub polling: Polling,
    /// Most pictures a second.
    pub preview_rate: Option<f64>,
    /// Most bytes of pictures a second.
    pub bandwidth_bytes_per_second: Option<u64>,
    /// Where events, and what libraries print, are written as well.
    pub log: Option<PathBuf>,
}

/// Draws a chart as a picture of the given width and height in pixels for a dark or light background and
/// cells of the given height.
pub type ChartPainter =
    fn(&LossChart, (u32, u32), dark: bool, cell_height: u32) -> Option<RgbImage>;

/// Everything that is needed to open the dashboard.
pub struct Setup {
    /// What the worker is to do; one candidate.
    pub job: Job,
    /// The preset as it was loaded, overrides included.
    pub loaded: Loaded,
    /// What the command line lays over any preset.
    pub overrides: Vec<Override>,
    /// The content picture.
    pub content: Source,
    /// The style picture.
    pub style: Source,
    /// How to behave.
    pub options: Options,
    /// Who saves pictures.
    pub keeper: Arc<dyn Keeper>,
    /// Who draws charts as pictures.
    pub painter: ChartPainter,
    /// Who writes down what happens; it is told on a thread of its own.
    pub recorder: Option<Arc<Recorder>>,
    /// What a person should know from the start.
    pub note: Option<String>,
}

/// What is to be saved.
#[derive(Debug, Clone)]
pub struct Saving {
    /// The picture and its step.
    pub pictures: Pictures,
    /// The preset that is in force now.
    pub loaded: Loaded,
    /// What was changed while the picture formed: the step from which it counts, and what.
    pub changes: Vec<(u64, Change)>,
    /// What is known about the run.
    pub started: Option<Started>,
    /// Seconds of stepping, pauses left out.
    pub seconds: f64,
    /// The weighted sum of all terms of the last evaluated step.
    pub loss: Option<f64>,
    /// Whether it is the run's result, and not a picture on the way.
    pub is_result: bool,
}

/// Saves pictures. Called from any thread; may block on the file system.
pub trait Keeper: Send + Sync + std::fmt::Debug {
    /// Writes the picture and says where to and what about it, in one line.
    ///
    /// # Errors
    /// What went wrong and what to do about it, in words.
    fn save(&self, saving: &Saving) -> Result<Saved, String>;
}

/// A picture that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where it is.
    pub path: PathBuf,
    /// What a person wants to know about it, in one line.
    pub summary: String,
}

/// How the dashboard was left.
#[derive(Debug)]
pub struct Farewell {
    /// The last picture, where there is one.
    pub picture: Option<Arc<Rgb32FImage>>,
    /// What was saved as the run's result.
    pub result: Option<Saved>,
    /// Lines for the screen that the terminal returns to.
    pub lines: Vec<String>,
    /// Why the run failed, where it did.
    pub failure: Option<String>,
    /// Whether the terminal was gone: then nobody reads anything.
    pub unseen: bool,
    /// Whether a signal ended it.
    pub interrupted: bool,
}

/// The longest that a slow terminal is asked what it can do.
pub const ASK_LIMIT: Duration = Duration::from_millis(1500);
