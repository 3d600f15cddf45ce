//! When pictures are asked for and made. UI thread.
//!
//! Pictures go engine → encoder → terminal, one frame of them at a time: whoever shows them says what is
//! wanted ([`Wanted`]), asks the engine when [`Pictures::ask`] says so, and hands over what came. A frame is
//! one picture, or several that belong together. What is on the screen stays there until the next frame is
//! complete (`on_screen`).

mod on_screen;
mod source;

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::loss_view::LossView;
use super::message::Effect;
use super::preview::budget::{Limits, Situation};
use super::preview::{Budget, EncodeJob, EncodeTile, Encoded, Frame, Layout, Quality, View};
use crate::engine::message::{Command, PictureRequest, Preview};
use crate::terminal::ask::Protocol;

pub(super) use source::{sent, whole};

/// Kitty's placeholders count no further, across or down.
const MOST_PLACEHOLDERS: u16 = 297;

/// A picture and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tile {
    pub(super) view: View,
    pub(super) layout: Layout,
    /// Whose picture.
    pub(super) candidate: usize,
    /// Whose picture is beside it, or on the other side of the divider.
    pub(super) other: Option<usize>,
}

/// What is to be on the screen: asked for again when any of it changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) tiles: Vec<Tile>,
    /// The loss curve in place of the picture.
    pub(super) chart: Option<LossView>,
    /// The snapshot that is looked at.
    pub(super) snapshot: Option<u64>,
}

impl Wanted {
    fn cells(&self) -> impl Iterator<Item = Rect> {
        self.tiles.iter().map(|tile| tile.layout.cells)
    }
}

/// What is under way to the screen.
#[derive(Debug)]
enum Stage {
    /// Nothing, or a job at the engine or encoder.
    Making,
    /// Blank cells are on their way; then this is written.
    Clearing(Box<Frame>),
    /// Its pieces are being written.
    Writing(Box<Frame>),
    /// Its cells are drawn with the text, since then.
    Drawing(Instant),
}

/// One tile's place on the screen.
#[derive(Debug, Clone, Default)]
struct Slot {
    /// The cells of the picture as they are drawn now, and as they are to be.
    drawn: Option<Buffer>,
    target: Option<Buffer>,
    /// Cells under a picture that is placed over the text.
    placed: Option<Rect>,
    /// The step of the picture on the screen.
    step: Option<u64>,
}

/// The pictures on the screen and the next ones.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, in any combination"
)]
pub(super) struct Pictures {
    pub(super) protocol: Protocol,
    /// A cell's pixels on the screen.
    pub(super) cell: (u16, u16),
    /// Bytes a second that the terminal takes, where known.
    pub(super) link: Option<f64>,
    budget: Budget,
    rate: f64,
    bandwidth: Option<f64>,
    tag: u64,
    wanted: Option<Wanted>,
    quality: Quality,
    /// What the engine was asked for and has not answered.
    waits_for: Option<PictureRequest>,
    /// The newest pictures from the engine.
    newest: Option<Preview>,
    stage: Stage,
    /// A place for each tile of `wanted`.
    slots: Vec<Slot>,
    /// The frame being written has blank cells where pictures are to be placed.
    blanks_drawn: bool,
    /// Pictures that were being written were given up: they may have painted over something.
    spoilt: bool,
    effects: Vec<Effect>,
    /// Something that is seen has changed.
    dirty: bool,
    /// Everything is to be written again before the next frame.
    repaint: bool,
}

impl Pictures {
    /// For a terminal; `rate` pictures a second at most, and `bandwidth` bytes.
    pub(super) fn new(
        protocol: Protocol,
        cell: (u16, u16),
        rate: f64,
        bandwidth: Option<f64>,
    ) -> Self {
        Self {
            protocol,
            cell,
            link: None,
            budget: Budget::new(Limits::new(protocol, rate, bandwidth, Some(1))),
            rate,
            bandwidth,
            tag: 0,
            wanted: None,
            quality: Quality::Full,
            waits_for: None,
            newest: None,
            stage: Stage::Making,
            slots: Vec::new(),
            blanks_drawn: false,
            spoilt: false,
            effects: Vec::new(),
            dirty: false,
            repaint: false,
        }
    }

    /// For another screen on the same terminal. What is being written of them comes to its end first.
    pub(super) fn handed_over(&mut self) -> Self {
        let fresh = Self::new(self.protocol, self.cell, self.rate, self.bandwidth);
        std::mem::replace(self, fresh)
    }

    /// What is shown comes from elsewhere now.
    pub(super) fn look_again(&mut self) {
        self.budget.changed();
    }

    /// Whether pictures lie over the text instead of being text.
    pub(super) fn is_placed(&self) -> bool {
        matches!(
            self.protocol,
            Protocol::Sixel | Protocol::Iterm2 | Protocol::KittyDirect
        )
    }

    /// Whether there is anything better than half-blocks.
    pub(super) fn is_real(&self) -> bool {
        !matches!(self.protocol, Protocol::HalfBlocks | Protocol::None)
    }

    /// As much of `area` as a picture can have.
    pub(super) fn most(&self, mut area: Rect) -> Rect {
        if self.protocol == Protocol::KittyPlaceholders {
            area.width = area.width.min(MOST_PLACEHOLDERS);
            area.height = area.height.min(MOST_PLACEHOLDERS);
        }
        area
    }

    /// The engine computes with so many threads on the cores that pictures are made on, or elsewhere.
    pub(super) fn engine_is_on(&mut self, device: &str, threads: usize) {
        self.budget.set_limits(Limits::new(
            self.protocol,
            self.rate,
            self.bandwidth,
            (device == "cpu").then_some(threads),
        ));
    }

    /// Says what is to be on the screen, or that nothing is. At what quality to make pictures of it now;
    /// `None` where it is not time.
    pub(super) fn ask(
        &mut self,
        wanted: Option<Wanted>,
        stepping: bool,
        now: Instant,
    ) -> Option<Quality> {
        let Some(wanted) = wanted else {
            if self.wanted.is_some() {
                self.hide();
            }
            return None;
        };
        if self.wanted.as_ref() != Some(&wanted) {
            self.change_wanted(wanted);
        }
        if !matches!(self.stage, Stage::Making) {
            return None;
        }
        let pixels = self
            .wanted
            .iter()
            .flat_map(|wanted| &wanted.tiles)
            .map(|tile| u64::from(tile.layout.pixels.0) * u64::from(tile.layout.pixels.1))
            .sum();
        let situation = Situation {
            link: self.link,
            pixels,
            stepping,
        };
        self.quality = self.budget.ask(now, situation)?;
        Some(self.quality)
    }

    /// Other views, places or snapshots than before.
    fn change_wanted(&mut self, wanted: Wanted) {
        let moved = self
            .wanted
            .as_ref()
            .is_none_or(|before| !before.cells().eq(wanted.cells()));
        let count = wanted.tiles.len();
        self.wanted = Some(wanted);
        self.waits_for = None;
        self.tag += 1;
        self.budget.changed();
        self.dirty = true;
        if !moved {
            return;
        }
        if self.slots.iter().any(|slot| slot.placed.is_some()) {
            // Drawing over it takes it away; until the next one is there, the place is blank.
            let wanted = self.wanted.take();
            self.hide();
            self.wanted = wanted;
        }
        self.slots = vec![Slot::default(); count];
        self.effects.push(Effect::ForgetPictures);
        if matches!(self.stage, Stage::Drawing(_) | Stage::Clearing(_)) {
            self.stage = Stage::Making;
            self.budget.given_up();
        }
    }

    /// Asks the engine; what it answers is handed to [`Self::answered`].
    pub(super) fn request(&mut self, request: PictureRequest) {
        self.waits_for = Some(request);
        self.effects
            .push(Effect::Engine(Command::RequestPicture(request)));
    }

    /// Pictures came from the engine; whether they are those that were waited for, to be encoded now.
    pub(super) fn answered(&mut self, preview: Preview) -> bool {
        let is_answer = self.waits_for == Some(preview.request);
        self.newest = Some(preview);
        if is_answer {
            self.waits_for = None;
        }
        is_answer && self.wanted.is_some()
    }

    /// What last came from the engine.
    pub(super) fn newest(&self) -> Option<&Preview> {
        self.newest.as_ref()
    }

    /// What is to be on the screen.
    pub(super) fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }

    /// Comes back with a chart that was asked for.
    pub(super) fn tag(&self) -> u64 {
        self.tag
    }

    /// Has the pictures of `wanted` made.
    pub(super) fn encode(&mut self, tiles: Vec<EncodeTile>) {
        self.tag += 1;
        self.effects.push(Effect::Encode(EncodeJob {
            tag: self.tag,
            quality: self.quality,
            tiles,
        }));
    }

    /// The engine could not make the picture that was asked for.
    pub(super) fn refused(&mut self, now: Instant) {
        if self.waits_for.take().is_some() {
            self.budget.failed(now);
        }
    }

    /// There will be no picture of what was asked for.
    pub(super) fn failed(&mut self, now: Instant) {
        self.budget.failed(now);
    }

    /// The encoder is done; what went wrong, for people.
    pub(super) fn encoded(&mut self, encoded: Encoded, now: Instant) -> Option<String> {
        let tag = match &encoded {
            Encoded::Frame(frame) => frame.tag,
            Encoded::Unchanged { tag, .. } | Encoded::Failed { tag, .. } => *tag,
        };
        if tag != self.tag || !matches!(self.stage, Stage::Making) {
            // Something else is wanted by now; what the encoder believes to be on the screen is not there.
            self.effects.push(Effect::ForgetPictures);
            return None;
        }
        match encoded {
            Encoded::Frame(frame) => {
                self.budget.encoded(frame.bytes, frame.encode_seconds);
                self.paint(frame, now);
            }
            Encoded::Unchanged {
                steps,
                encode_seconds,
                ..
            } => {
                self.show_steps(&steps);
                self.budget.unchanged(now, encode_seconds);
            }
            Encoded::Failed { message, .. } => {
                self.budget.failed(now);
                return Some(message);
            }
        }
        None
    }

    /// When the next picture is due, if only time is missing.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let can = matches!(self.stage, Stage::Making) && self.protocol != Protocol::None;
        self.budget.wake_at().filter(|_| can)
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty || self.repaint
    }

    pub(super) fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    pub(super) fn take_repaint(&mut self) -> bool {
        std::mem::take(&mut self.repaint)
    }
}
