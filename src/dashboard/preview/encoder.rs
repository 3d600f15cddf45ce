//! The thread "preview": composes pictures and writes them for the terminal. The UI thread hands it jobs, the
//! newest of which wins, and gets frames back through a function of its own.

mod processor_time;
mod slot;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use image::{Rgb, Rgb32FImage, RgbImage};

use self::processor_time::ProcessorTime;
use self::slot::Slot;
use super::compose::{Sources, compose};
use super::encode::{EncodeError, Frame, Painted, PaintedTile, Painter};
use super::layout::Layout;
use super::quality::Quality;
use super::view::View;
use crate::dashboard::theme::ColourSupport;
use crate::engine::message::Seen;
use crate::terminal::ask::Protocol;

/// Pictures to be made, which belong together.
#[derive(Debug, Clone)]
pub struct EncodeJob {
    /// Comes back with the frame.
    pub tag: u64,
    /// At how many of the place's pixels.
    pub quality: Quality,
    /// Each of them.
    pub tiles: Vec<EncodeTile>,
}

/// One picture of an [`EncodeJob`].
#[derive(Debug, Clone)]
pub struct EncodeTile {
    /// What is looked at.
    pub view: View,
    /// Where and how large: `view.layout(…)`.
    pub layout: Layout,
    /// What the engine last sent of the candidate, of whatever region.
    pub result: Option<Seen>,
    /// The same of the candidate that it is compared with.
    pub other: Option<Seen>,
    /// The picture of `view.snapshot`.
    pub snapshot: Option<Arc<Rgb32FImage>>,
}

impl EncodeTile {
    /// Number of updates made to the result in it; 0 where it shows none.
    fn step(&self) -> u64 {
        match &self.result {
            Some(seen) if self.view.subject.needs_result() => seen.step,
            _ => 0,
        }
    }
}

/// What became of a job.
#[derive(Debug)]
pub enum Encoded {
    /// It is to be written.
    Frame(Box<Frame>),
    /// All of it looks as on the screen already: nothing is to be written.
    Unchanged {
        /// The job's.
        tag: u64,
        /// As in [`Frame::steps`].
        steps: Vec<u64>,
        /// As in [`Frame::encode_seconds`].
        encode_seconds: f64,
    },
    /// It could not be made.
    Failed {
        /// The job's.
        tag: u64,
        /// Why, for people.
        message: String,
    },
}

/// The thread's handle. When it is dropped the thread ends after the job at hand.
#[derive(Debug)]
pub struct Encoder {
    slot: Arc<Slot>,
    thread: Option<JoinHandle<()>>,
}

impl Encoder {
    /// Starts the thread. Errors when the system gives no thread.
    pub fn start(
        protocol: Protocol,
        in_tmux: bool,
        colours: ColourSupport,
        content: Arc<RgbImage>,
        style: Arc<RgbImage>,
        send: impl Fn(Encoded) + Send + 'static,
    ) -> io::Result<Self> {
        let slot = Arc::new(Slot::default());
        let mut work = Work {
            painter: Painter::new(protocol, in_tmux, colours),
            content,
            style,
            margin: Rgb([if colours.dark { 0 } else { 255 }; 3]),
            last: Vec::new(),
            snapshot: None,
        };
        let jobs = Arc::clone(&slot);
        let thread = thread::Builder::new()
            .name("preview".to_owned())
            .spawn(move || {
                step_back();
                while let Some((job, news)) = jobs.wait() {
                    if news.repaint {
                        work.last.clear();
                    }
                    if let Some(registers) = news.sixel_registers {
                        work.painter.limit_sixel_colours(registers);
                    }
                    send(work.encode(&job));
                }
            })?;
        Ok(Self {
            slot,
            thread: Some(thread),
        })
    }

    /// Replaces a job that has not been begun.
    pub fn encode(&self, job: EncodeJob) {
        self.slot.put(job);
    }

    /// The terminal has so many colour registers for sixels; 256 are taken for granted otherwise.
    pub fn limit_sixel_colours(&self, registers: u32) {
        let registers = u16::try_from(registers).unwrap_or(u16::MAX);
        self.slot
            .tell(|news| news.sixel_registers = Some(registers));
    }

    /// Forgets what was sent last: the screen was cleared, or something was drawn over the picture.
    pub fn repaint(&self) {
        self.slot.tell(|news| news.repaint = true);
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.slot.stop();
        if let Some(thread) = self.thread.take() {
            // It has no result, and says what goes wrong by itself.
            drop(thread.join());
        }
    }
}

/// How far this thread gives way to those that compute: enough for a tenth of a core that they fill.
const NICENESS: i32 = 10;

/// Lets the engine's threads go first. Without it the preview works just as well.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::thread::gettid();
        let _ = rustix::process::setpriority_process(Some(own), NICENESS);
    }
}

/// What the thread owns.
struct Work {
    painter: Painter,
    content: Arc<RgbImage>,
    style: Arc<RgbImage>,
    margin: Rgb<u8>,
    /// What is on the screen, tile by tile.
    last: Vec<Option<(Layout, Quality, RgbImage)>>,
    /// The snapshot that was shown last, with 8 bits a channel.
    snapshot: Option<(Arc<Rgb32FImage>, RgbImage)>,
}

impl Work {
    fn encode(&mut self, job: &EncodeJob) -> Encoded {
        let tag = job.tag;
        match self.try_encode(job) {
            Ok(encoded) => encoded,
            Err(error) => {
                // Of what was made before it, nothing is sent.
                self.last.clear();
                Encoded::Failed {
                    tag,
                    message: error.to_string(),
                }
            }
        }
    }

    fn try_encode(&mut self, job: &EncodeJob) -> Result<Encoded, EncodeError> {
        let time = ProcessorTime::now();
        self.last.resize(job.tiles.len(), None);
        let mut tiles = Vec::new();
        for (index, tile) in job.tiles.iter().enumerate() {
            if let Some(painted) = self.paint(index, tile, job.quality)? {
                tiles.push(PaintedTile { index, painted });
            }
        }
        let steps = job.tiles.iter().map(EncodeTile::step).collect();
        let tag = job.tag;
        if tiles.is_empty() {
            return Ok(Encoded::Unchanged {
                tag,
                steps,
                encode_seconds: time.seconds(),
            });
        }
        Ok(Encoded::Frame(Box::new(Frame {
            tag,
            steps,
            bytes: tiles.iter().map(|tile| tile.painted.bytes()).sum(),
            tiles,
            encode_seconds: time.seconds(),
        })))
    }

    /// What makes a tile appear; nothing where it looks so already.
    fn paint(
        &mut self,
        index: usize,
        tile: &EncodeTile,
        quality: Quality,
    ) -> Result<Option<Painted>, EncodeError> {
        self.convert_snapshot(tile.snapshot.as_ref());
        let &EncodeTile { view, layout, .. } = tile;
        let sources = Sources {
            content: &self.content,
            style: &self.style,
            result: tile.result.as_ref(),
            other: tile.other.as_ref(),
            snapshot: self.snapshot.as_ref().map(|(_, picture)| picture),
            margin: self.margin,
        };
        let pixels = self.painter.pixels(&layout, quality);
        let picture = compose(&view, &layout, &sources, pixels);
        let now = (layout, quality, picture);
        let Some(last) = self.last.get_mut(index) else {
            return Ok(None);
        };
        if last.as_ref() == Some(&now) {
            return Ok(None);
        }
        // What is half on the screen after an error is not known.
        *last = None;
        let painted = self.painter.paint(index, &now.2, &layout, quality)?;
        *last = Some(now);
        Ok(Some(painted))
    }

    fn convert_snapshot(&mut self, wanted: Option<&Arc<Rgb32FImage>>) {
        let known = self.snapshot.as_ref().map(|(picture, _)| picture);
        let same = match (wanted, known) {
            (Some(wanted), Some(known)) => Arc::ptr_eq(wanted, known),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.snapshot = wanted.map(|picture| (Arc::clone(picture), eight_bits(picture)));
        }
    }
}

fn eight_bits(picture: &Rgb32FImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let values = picture.as_raw().iter();
    let values = values.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
    RgbImage::from_raw(width, height, values.collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
