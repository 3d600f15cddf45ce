//! What the dashboard is given when it opens, and what it asks of whoever opened it. Plain data and one
//! trait; the trait's methods are called on a thread of their own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use image::{Rgb32FImage, RgbImage};

use crate::attach::client::Client;
use crate::attach::company::Hearing;
use crate::attach::contender::Contender;
use crate::attach::hub::{Hub, Opening};
use crate::engine::EngineError;
use crate::engine::input::Candidate;
use crate::engine::message::{Command, Pictures, Started};
use crate::engine::picture_slot::PictureSlot;
use crate::engine::worker::Worker;
use crate::preset::watch::Polling;
use crate::preset::{Change, Loaded, Override};
use crate::record::chart::LossChart;
use crate::record::folder::follow::Sighting;
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

/// Something that goes on and can be looked at.
#[derive(Debug)]
pub struct Running {
    /// Its other end. When it is dropped, it ends.
    pub commands: Box<dyn Commands>,
    /// What it says, in order.
    pub events: Hearing,
    /// Where its pictures are put.
    pub pictures: PictureSlot,
}

/// Takes commands; called on the UI thread, and does not make it wait.
pub trait Commands: Send + std::fmt::Debug {
    /// Says something to it. What comes of it is said by events.
    fn send(&self, command: Command);

    /// Tells others who look at the run something that is safe to print.
    fn announce(&self, _text: &str, _is_error: bool) {}

    /// Tells others of one more that is compared, before it joins.
    fn introduce(&self, _contender: Contender) {}

    /// Asks the program that makes the comparison to let a preset join, by its name or its file's whole path.
    fn invite(&self, _preset: String) {}

    /// The person leaves by a key: this is the last thing that is said.
    fn detach(&self) {}
}

impl Commands for Worker {
    fn send(&self, command: Command) {
        Self::send(self, command);
    }
}

impl Commands for Hub {
    fn send(&self, command: Command) {
        Self::send(self, command);
    }

    fn announce(&self, text: &str, is_error: bool) {
        Self::announce(self, text, is_error);
    }

    fn introduce(&self, contender: Contender) {
        Self::introduce(self, contender);
    }
}

impl Commands for Client {
    fn send(&self, command: Command) {
        Self::send(self, command);
    }

    fn invite(&self, preset: String) {
        Self::invite(self, preset);
    }

    fn detach(&self) {
        self.leave();
    }
}

impl Running {
    /// What goes on already and has its other ends here.
    pub fn already(
        commands: impl Commands + 'static,
        events: Hearing,
        pictures: PictureSlot,
    ) -> Start {
        Box::new(move || {
            Ok(Self {
                commands: Box::new(commands),
                events,
                pictures,
            })
        })
    }

    /// A worker's, at which other terminals may look as well.
    ///
    /// # Errors
    /// Where somebody else has taken its events, or the system gives no thread.
    pub fn shared(worker: Worker, opening: Opening) -> Result<Self, EngineError> {
        let (hub, events, pictures) = Hub::start(worker, opening)?;
        Ok(Self {
            commands: Box::new(hub),
            events,
            pictures,
        })
    }
}

/// Starts something that goes on, once the terminal is ready for what libraries print.
pub type Start = Box<dyn FnOnce() -> Result<Running, EngineError>>;

/// Everything that is needed to open the dashboard.
pub struct Setup {
    /// Starts what is shown: a worker with one candidate, or something that follows a run.
    pub start: Start,
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
    /// Where a run that goes on elsewhere is only looked at.
    pub watching: Option<Watching>,
    /// How this screen stands to others that show the same run.
    pub sharing: Sharing,
}

/// How a screen stands to others that show the same run or comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sharing {
    /// There are no others.
    #[default]
    Alone,
    /// The run is this program's, and others may be attached.
    Own {
        /// What they call it.
        id: String,
    },
    /// The run is another program's, and this screen is attached.
    Attached {
        /// What it is called.
        id: String,
        /// How many are, this one included.
        attached: usize,
    },
}

/// A run of another program that is looked at.
#[derive(Debug, Clone)]
pub struct Watching {
    /// What the run is called.
    pub id: String,
    /// The name of the preset that it began with.
    pub preset: String,
    /// What is seen of it; whoever follows it puts in what is new.
    pub sighting: Sighting,
    /// Why the content picture is not there, where that is so.
    pub no_content: Option<String>,
    /// The same for the style picture.
    pub no_style: Option<String>,
}

/// One of those that are compared.
#[derive(Debug, Clone)]
pub struct CompareCandidate {
    /// What the engine calls it; used for no other, ever.
    pub number: usize,
    /// What it is called: the preset's name, and what tells it from others of the same preset.
    pub label: String,
    /// Its preset as it was loaded, overrides included.
    pub loaded: Loaded,
    /// What is laid over its preset's file.
    pub overrides: Vec<Override>,
    /// Who writes down what happens to it.
    pub recorder: Option<Arc<Recorder>>,
    /// Where its run goes on elsewhere: how, as far as whoever follows it can tell.
    pub sighting: Option<Sighting>,
    /// It came to its end before, which is told first, and the engine does not know it.
    pub is_over: bool,
}

impl CompareCandidate {
    /// One that another program computes.
    pub fn attached(contender: Contender) -> Self {
        Self {
            number: contender.number,
            label: contender.label,
            loaded: contender.loaded,
            overrides: contender.overrides,
            recorder: None,
            sighting: None,
            is_over: contender.is_over,
        }
    }

    /// As terminals that are attached have to know it.
    pub(super) fn contender(&self) -> Contender {
        Contender {
            number: self.number,
            label: self.label.clone(),
            loaded: self.loaded.clone(),
            overrides: self.overrides.clone(),
            is_over: self.is_over,
        }
    }
}

/// Everything that is needed to open the view of a comparison.
pub struct CompareSetup {
    /// Starts a worker with all candidates, or something that follows a comparison.
    pub start: Start,
    /// In the order in which they are shown; the others are compared with the first.
    pub candidates: Vec<CompareCandidate>,
    /// The content picture.
    pub content: Source,
    /// The style picture.
    pub style: Source,
    /// How to behave.
    pub options: Options,
    /// How this screen stands to others that show the same comparison.
    pub sharing: Sharing,
    /// Who saves pictures; `None` where a comparison is only followed, which goes on when it is left.
    pub keeper: Option<Arc<dyn Keeper>>,
    /// Who draws charts as pictures.
    pub painter: ChartPainter,
    /// Who lets new presets join; `None` where none can, or another program does.
    pub joiner: Option<Arc<dyn Joiner>>,
    /// Those that are found later where a comparison is only followed; before anything is said of them.
    pub arrivals: Option<Receiver<CompareCandidate>>,
    /// What a person should know from the start.
    pub note: Option<String>,
}

/// Lets presets join a comparison. Called on a thread of its own; may block on the file system.
pub trait Joiner: Send + Sync + std::fmt::Debug {
    /// Loads the preset `name`, as [`crate::preset::load`] finds it, and begins to record it as candidate
    /// `number`.
    ///
    /// # Errors
    /// What went wrong and what to do about it, in words.
    fn join(&self, number: usize, name: &str) -> Result<Joining, String>;
}

/// One that is about to join.
#[derive(Debug)]
pub struct Joining {
    /// As those from the start.
    pub candidate: CompareCandidate,
    /// What the engine is to be given.
    pub input: Box<Candidate>,
}

/// How the view of a comparison was left.
#[derive(Debug, Default)]
pub struct CompareFarewell {
    /// What was saved as results, by the candidates' numbers.
    pub results: Vec<(usize, Saved)>,
    /// The one that went on alone.
    pub promoted: Option<usize>,
    /// The last picture of the one that went on alone, where it was saved.
    pub picture: Option<Arc<Rgb32FImage>>,
    /// Lines for the screen that the terminal returns to.
    pub lines: Vec<String>,
    /// Why nothing of it is left, where that is so.
    pub failure: Option<String>,
    /// Whether the terminal was gone: then nobody reads anything.
    pub unseen: bool,
    /// Whether a signal ended it.
    pub interrupted: bool,
}

/// What is to be saved.
#[derive(Debug, Clone)]
pub struct Saving {
    /// The pictures and their step.
    pub pictures: Pictures,
    /// Whose picture is to be saved.
    pub candidate: usize,
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
