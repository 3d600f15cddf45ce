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
use super::encode::{EncodeError, Frame, Painter};
use super::layout::Layout;
use super::quality::Quality;
use super::view::View;
use crate::dashboard::theme::ColourSupport;
use crate::engine::message::Preview;
use crate::terminal::ask::Protocol;

/// A picture to be made.
#[derive(Debug, Clone)]
pub struct EncodeJob {
    /// Comes back with the frame.
    pub tag: u64,
    /// What is looked at.
    pub view: View,
    /// Where and how large: `view.layout(…)`.
    pub layout: Layout,
    /// At how many of the place's pixels.
    pub quality: Quality,
    /// The engine's newest answer, of whatever region.
    pub preview: Option<Preview>,
    /// Which of its pictures.
    pub candidate: usize,
    /// The picture of `view.snapshot`.
    pub snapshot: Option<Arc<Rgb32FImage>>,
}

/// What became of a job.
#[derive(Debug)]
pub enum Encoded {
    /// It is to be written.
    Frame(Box<Frame>),
    /// It looks as the last frame does: nothing is to be written.
    Unchanged {
        /// The job's.
        tag: u64,
        /// As in [`Frame::step`].
        step: u64,
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
            last: None,
            snapshot: None,
        };
        let jobs = Arc::clone(&slot);
        let thread = thread::Builder::new()
            .name("preview".to_owned())
            .spawn(move || {
                step_back();
                while let Some((job, news)) = jobs.wait() {
                    if news.repaint {
                        work.last = None;
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
    /// What is on the screen.
    last: Option<(Layout, Quality, RgbImage)>,
    /// The snapshot that was shown last, with 8 bits a channel.
    snapshot: Option<(Arc<Rgb32FImage>, RgbImage)>,
}

impl Work {
    fn encode(&mut self, job: &EncodeJob) -> Encoded {
        let tag = job.tag;
        match self.try_encode(job) {
            Ok(encoded) => encoded,
            Err(error) => Encoded::Failed {
                tag,
                message: error.to_string(),
            },
        }
    }

    fn try_encode(&mut self, job: &EncodeJob) -> Result<Encoded, EncodeError> {
        let time = ProcessorTime::now();
        let &EncodeJob {
            tag,
            view,
            layout,
            quality,
            ..
        } = job;
        self.convert_snapshot(job.snapshot.as_ref());
        let result = job.preview.as_ref().map(|preview| (preview, job.candidate));
        let sources = Sources {
            content: &self.content,
            style: &self.style,
            result,
            snapshot: self.snapshot.as_ref().map(|(_, picture)| picture),
            margin: self.margin,
        };
        let pixels = self.painter.pixels(&layout, quality);
        let picture = compose(&view, &layout, &sources, pixels);
        let step = match result {
            Some((preview, _)) if view.subject.needs_result() => preview.step,
            _ => 0,
        };
        let now = (layout, quality, picture);
        if self.last.as_ref() == Some(&now) {
            return Ok(Encoded::Unchanged {
                tag,
                step,
                encode_seconds: time.seconds(),
            });
        }
        // What is half on the screen after an error is not known.
        self.last = None;
        let painted = self.painter.paint(&now.2, &layout, quality)?;
        self.last = Some(now);
        Ok(Encoded::Frame(Box::new(Frame {
            tag,
            step,
            view,
            layout,
            quality,
            bytes: painted.bytes(),
            painted,
            encode_seconds: time.seconds(),
        })))
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
