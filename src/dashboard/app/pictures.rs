//! When the picture is asked for, made and written, and what stands in its cells meanwhile. UI thread.
//!
//! A picture goes engine → encoder → terminal, one at a time. What is on the screen stays there until the
//! next one is complete. Pictures that are placed over the text need blank cells beneath: those are drawn
//! first, and left untouched from then on.

use std::sync::Arc;
use std::time::Instant;

use image::{Rgb32FImage, RgbImage};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{App, LossView};
use crate::dashboard::action::Panel;
use crate::dashboard::draw::chart;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Task};
use crate::dashboard::panel::dialog;
use crate::dashboard::preview::budget::{Limits, Situation};
use crate::dashboard::preview::{
    Budget, EncodeJob, Encoded, Frame, Layout, Painted, Quality, Subject, View, cell_pixels,
    copy_changed,
};
use crate::dashboard::run_state::Phase;
use crate::engine::message::{Command, PictureRequest, Preview, Region};
use crate::terminal::ask::Protocol;
use crate::terminal::output::OutputEvent;

/// Text of a picture in one frame where the speed of the link is not known, in bytes.
const UNKNOWN_LINK_CELLS: usize = 64 << 10;
/// How long the cells of a picture may keep the link busy before a key is answered, in seconds.
const CELLS_SECONDS: f64 = 0.08;

/// Kitty's placeholders count no further, across or down.
const MOST_PLACEHOLDERS: u16 = 297;

/// A picture and its place in what is looked at: asked for again when any of it changes.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    view: View,
    /// The loss curve in place of the picture.
    chart: Option<LossView>,
    layout: Layout,
    /// The snapshot that is looked at.
    snapshot: Option<u64>,
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

/// The picture on the screen and the next one.
#[derive(Debug)]
pub(in crate::dashboard) struct Pictures {
    pub(in crate::dashboard) view: View,
    pub(in crate::dashboard) protocol: Protocol,
    /// A cell's pixels on the screen.
    pub(in crate::dashboard) cell: (u16, u16),
    /// Bytes a second that the terminal takes, where known.
    pub(in crate::dashboard) link: Option<f64>,
    budget: Budget,
    rate: f64,
    bandwidth: Option<f64>,
    tag: u64,
    wanted: Option<Wanted>,
    quality: Quality,
    /// What the engine was asked for and has not answered.
    waits_for: Option<PictureRequest>,
    /// The newest picture from the engine.
    newest: Option<Preview>,
    /// A snapshot as the encoder takes it, and its number.
    snapshot: Option<(u64, Preview)>,
    stage: Stage,
    /// The cells of the picture as they are drawn now, and as they are to be.
    drawn: Option<Buffer>,
    target: Option<Buffer>,
    /// Cells under a picture that is placed over the text.
    placed: Option<Rect>,
    /// A written picture was given up: it may have painted over something.
    spoilt: bool,
    /// The step of the picture on the screen.
    pub(in crate::dashboard) shown_step: Option<u64>,
}

impl Pictures {
    /// For a terminal; `rate` pictures a second at most, and `bandwidth` bytes.
    pub(in crate::dashboard) fn new(
        protocol: Protocol,
        cell: (u16, u16),
        rate: f64,
        bandwidth: Option<f64>,
    ) -> Self {
        Self {
            view: View::default(),
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
            snapshot: None,
            stage: Stage::Making,
            drawn: None,
            target: None,
            placed: None,
            spoilt: false,
            shown_step: None,
        }
    }

    /// What is shown comes from elsewhere now.
    pub(super) fn look_again(&mut self) {
        self.budget.changed();
    }

    fn is_placed(&self) -> bool {
        matches!(
            self.protocol,
            Protocol::Sixel | Protocol::Iterm2 | Protocol::KittyDirect
        )
    }

    /// The cells of the picture, where it is text.
    pub(in crate::dashboard) fn cells(&self) -> Option<&Buffer> {
        self.drawn.as_ref()
    }

    /// The cells that a placed picture covers and nothing else may touch.
    pub(in crate::dashboard) fn untouched(&self) -> Option<Rect> {
        self.placed
    }

    /// The screen was cleared or something else is to stand there: nothing of the picture is left.
    fn forget(&mut self) {
        if matches!(self.stage, Stage::Writing(_)) {
            // It comes to its end in any case, and the next one waits for that.
            self.spoilt = true;
            self.budget.changed();
        } else if !self.spoilt {
            self.budget.given_up();
        }
        // What the encoder is at is for another place.
        self.tag += 1;
        self.stage = Stage::Making;
        self.drawn = None;
        self.target = None;
        self.placed = None;
        self.shown_step = None;
        self.waits_for = None;
        self.wanted = None;
    }
}

impl App {
    /// How the picture is laid out as things are now.
    pub(super) fn picture_layout(&self) -> Option<Layout> {
        let mut area = self.inner(Panel::Preview)?;
        if self.pictures.protocol == Protocol::KittyPlaceholders {
            area.width = area.width.min(MOST_PLACEHOLDERS);
            area.height = area.height.min(MOST_PLACEHOLDERS);
        }
        if self.loss_view.as_picture {
            let cell = self.pictures.cell;
            let pixels = (
                u32::from(area.width) * u32::from(cell.0),
                u32::from(area.height) * u32::from(cell.1),
            );
            return View::default().layout(pixels, area, cell);
        }
        let result = self.run.started.as_ref()?.size;
        let view = &self.pictures.view;
        let size = view.size_of_subject(result, self.style.picture.dimensions());
        let cell = cell_pixels(self.pictures.protocol, self.pictures.cell);
        view.layout(size, area, cell)
    }

    /// The engine computes with so many threads on the cores that pictures are made on, or elsewhere.
    pub(in crate::dashboard) fn engine_is_on(&mut self, device: &str, threads: usize) {
        let pictures = &mut self.pictures;
        pictures.budget.set_limits(Limits::new(
            pictures.protocol,
            pictures.rate,
            pictures.bandwidth,
            (device == "cpu").then_some(threads),
        ));
    }

    /// Asks for the next picture when it is time.
    pub(super) fn ask_for_picture(&mut self, now: Instant) {
        if self.pictures.protocol == Protocol::None {
            return;
        }
        if self.is_picture_covered() {
            self.hide_picture();
            return;
        }
        self.pictures.view.snapshot = self.timeline.chosen_index();
        if self.pictures.view.subject == Subject::Beside && self.timeline.chosen().is_none() {
            self.pictures.view.subject = Subject::Result;
        }
        let Some(layout) = self.picture_layout() else {
            if self.pictures.wanted.is_some() {
                self.hide_picture();
            }
            return;
        };
        let wanted = Wanted {
            view: self.pictures.view,
            chart: self.loss_view.as_picture.then_some(self.loss_view),
            layout,
            snapshot: self.timeline.chosen().map(|kept| kept.number),
        };
        if self.pictures.wanted.as_ref() != Some(&wanted) {
            self.change_wanted(wanted);
        }
        if !matches!(self.pictures.stage, Stage::Making) {
            return;
        }
        let situation = Situation {
            link: self.pictures.link,
            pixels: layout.pixels,
            stepping: self.run.phase() == Phase::Running && !self.is_looking_back(),
        };
        if let Some(quality) = self.pictures.budget.ask(now, situation) {
            self.pictures.quality = quality;
            self.begin_picture(layout, quality);
        }
    }

    /// Another view, place or snapshot than before.
    fn change_wanted(&mut self, wanted: Wanted) {
        let moved = self
            .pictures
            .wanted
            .as_ref()
            .is_none_or(|before| before.layout.cells != wanted.layout.cells);
        self.pictures.wanted = Some(wanted);
        self.pictures.waits_for = None;
        self.pictures.tag += 1;
        self.pictures.budget.changed();
        self.dirty = true;
        if moved && self.pictures.is_placed() && self.pictures.placed.is_some() {
            // Drawing over it takes it away; until the next one is there, the place is blank.
            self.hide_picture();
        }
        if moved {
            self.pictures.drawn = None;
            self.pictures.target = None;
            if matches!(self.pictures.stage, Stage::Drawing(_) | Stage::Clearing(_)) {
                self.pictures.stage = Stage::Making;
                self.pictures.budget.given_up();
            }
        }
    }

    /// A snapshot is looked at by itself.
    pub(in crate::dashboard) fn is_looking_back(&self) -> bool {
        self.timeline.chosen().is_some() && self.pictures.view.subject != Subject::Beside
    }

    fn begin_picture(&mut self, layout: Layout, quality: Quality) {
        if self.loss_view.as_picture {
            self.effects.push(Effect::Task(Task::Chart {
                chart: Box::new(chart(self, layout.cells)),
                tag: self.pictures.tag,
                pixels: layout.pixels,
                dark: self.theme.support.dark,
                cell_height: u32::from(self.pictures.cell.1),
            }));
            return;
        }
        let needs_engine = self.pictures.view.subject.needs_result()
            && !self.is_looking_back()
            && !self.run.has_failed();
        if needs_engine {
            let request = layout.request(quality);
            self.pictures.waits_for = Some(request);
            self.effects
                .push(Effect::Engine(Command::RequestPicture(request)));
        } else {
            self.encode(layout);
        }
    }

    /// A picture came from the engine.
    pub(in crate::dashboard) fn preview(&mut self, preview: Preview) {
        self.run.seen(&preview);
        let is_answer = self.pictures.waits_for == Some(preview.request);
        self.pictures.newest = Some(preview);
        if is_answer {
            self.pictures.waits_for = None;
            if let Some(wanted) = &self.pictures.wanted {
                let layout = wanted.layout;
                self.encode(layout);
            }
        }
    }

    fn encode(&mut self, layout: Layout) {
        self.pictures.tag += 1;
        let snapshot = self
            .timeline
            .chosen()
            .map(|kept| (kept.number, kept.step, Arc::clone(&kept.picture)));
        let preview = match &snapshot {
            Some((number, step, picture)) if self.is_looking_back() => {
                Some(self.snapshot_preview(*number, *step, picture))
            }
            _ if self.run.has_failed() => self.failed_preview(),
            _ => self.pictures.newest.clone(),
        };
        self.effects.push(Effect::Encode(Box::new(EncodeJob {
            tag: self.pictures.tag,
            view: self.pictures.view,
            layout,
            quality: self.pictures.quality,
            preview,
            candidate: 0,
            snapshot: snapshot.map(|(_, _, picture)| picture),
        })));
    }

    /// The loss curve is drawn.
    pub(super) fn chart_drawn(&mut self, tag: u64, picture: Option<RgbImage>, now: Instant) {
        if !self.loss_view.as_picture || tag != self.pictures.tag {
            return;
        }
        let (Some(picture), Some(wanted)) = (picture, &self.pictures.wanted) else {
            self.pictures.budget.failed(now);
            return;
        };
        let layout = wanted.layout;
        if picture.dimensions() != layout.pixels {
            self.pictures.budget.changed();
            return;
        }
        self.pictures.tag += 1;
        self.effects.push(Effect::Encode(Box::new(EncodeJob {
            tag: self.pictures.tag,
            view: View::default(),
            layout,
            quality: self.pictures.quality,
            preview: Some(sent(self.run.step, picture)),
            candidate: 0,
            snapshot: None,
        })));
    }

    /// The loss curve as a picture in place of the picture, and back.
    pub(super) fn toggle_chart_picture(&mut self, now: Instant) {
        if matches!(
            self.pictures.protocol,
            Protocol::HalfBlocks | Protocol::None
        ) {
            self.hint(
                now,
                Tone::Notice,
                "this terminal shows no real pictures; m makes the curve large",
            );
            return;
        }
        self.loss_view.as_picture = !self.loss_view.as_picture;
    }

    fn snapshot_preview(&mut self, number: u64, step: u64, picture: &Rgb32FImage) -> Preview {
        if let Some((known, preview)) = &self.pictures.snapshot
            && *known == number
        {
            return preview.clone();
        }
        let preview = whole(step, picture);
        self.pictures.snapshot = Some((number, preview.clone()));
        preview
    }

    fn failed_preview(&self) -> Option<Preview> {
        let pictures = self.run.pictures.as_ref()?;
        Some(whole(pictures.step, pictures.pictures.first()?))
    }

    /// The encoder is done.
    pub(super) fn encoded(&mut self, encoded: Encoded, now: Instant) {
        let tag = match &encoded {
            Encoded::Frame(frame) => frame.tag,
            Encoded::Unchanged { tag, .. } | Encoded::Failed { tag, .. } => *tag,
        };
        if tag != self.pictures.tag || !matches!(self.pictures.stage, Stage::Making) {
            // Something else is wanted by now; what the encoder believes to be on the screen is not there.
            self.effects.push(Effect::ForgetPictures);
            return;
        }
        match encoded {
            Encoded::Frame(frame) => {
                self.pictures
                    .budget
                    .encoded(frame.bytes, frame.encode_seconds);
                self.paint(frame, now);
            }
            Encoded::Unchanged {
                step,
                encode_seconds,
                ..
            } => {
                self.pictures.shown_step = Some(step);
                self.pictures.budget.unchanged(now, encode_seconds);
            }
            Encoded::Failed { message, .. } => {
                self.pictures.budget.failed(now);
                self.say(now, Tone::Error, message);
            }
        }
    }

    fn paint(&mut self, frame: Box<Frame>, now: Instant) {
        match &frame.painted {
            Painted::Cells(cells) => {
                self.pictures.target = Some(cells.clone());
                self.pictures.shown_step = Some(frame.step);
                self.pictures.stage = Stage::Drawing(now);
            }
            Painted::Placed { cells, .. } if self.pictures.placed != Some(*cells) => {
                self.pictures.placed = None;
                self.pictures.stage = Stage::Clearing(frame);
            }
            Painted::Placed { .. } | Painted::Placeholders { .. } => self.write_picture(frame),
        }
    }

    fn write_picture(&mut self, frame: Box<Frame>) {
        self.effects.push(Effect::WritePicture {
            tag: frame.tag,
            pieces: frame.painted.pieces().to_vec(),
        });
        if let Painted::Placed { cells, .. } = &frame.painted {
            self.pictures.placed = Some(*cells);
        }
        self.pictures.stage = Stage::Writing(frame);
    }

    /// The terminal has taken a frame or a picture.
    pub(super) fn written(&mut self, event: OutputEvent, now: Instant) {
        match event {
            OutputEvent::FrameWritten => self.frame_written(now),
            OutputEvent::PictureWritten { tag, seconds, .. } => {
                if std::mem::take(&mut self.pictures.spoilt) {
                    self.pictures.budget.written(now, seconds);
                    self.pictures.budget.given_up();
                    if self.pictures.protocol == Protocol::KittyDirect {
                        self.effects.push(Effect::DeletePictures);
                    }
                    self.repaint = true;
                    self.dirty = true;
                }
                let is_current =
                    matches!(&self.pictures.stage, Stage::Writing(frame) if frame.tag == tag);
                if !is_current {
                    return;
                }
                let stage = std::mem::replace(&mut self.pictures.stage, Stage::Making);
                if let Stage::Writing(frame) = stage {
                    self.pictures.shown_step = Some(frame.step);
                    if let Painted::Placeholders { cells, .. } = &frame.painted {
                        self.pictures.target = Some(cells.clone());
                        self.pictures.drawn = None;
                    }
                    self.pictures.budget.written(now, seconds);
                    self.dirty = true;
                }
            }
            OutputEvent::Failed(error) => {
                self.lose_screen(now, &format!("the terminal is gone ({error})"));
            }
        }
    }

    fn frame_written(&mut self, now: Instant) {
        match std::mem::replace(&mut self.pictures.stage, Stage::Making) {
            // The frame that is out may be one from before the blanks were drawn: `drew_blanks` says so.
            Stage::Clearing(frame) if self.pictures.drawn.is_none() && self.blanks_drawn => {
                self.blanks_drawn = false;
                self.write_picture(frame);
                self.dirty = true;
            }
            Stage::Drawing(since) => {
                let done =
                    self.pictures.target.is_none() || self.pictures.drawn == self.pictures.target;
                if done {
                    let seconds = now.duration_since(since).as_secs_f64();
                    self.pictures.budget.written(now, seconds);
                } else {
                    self.pictures.stage = Stage::Drawing(since);
                    self.dirty = true;
                }
            }
            other => self.pictures.stage = other,
        }
    }

    /// Before a frame is drawn: how much of a picture made of text goes with it.
    pub(in crate::dashboard) fn prepare_cells(&mut self) {
        self.blanks_drawn = matches!(self.pictures.stage, Stage::Clearing(_));
        let Some(target) = &self.pictures.target else {
            return;
        };
        let drawn = self
            .pictures
            .drawn
            .get_or_insert_with(|| Buffer::empty(target.area));
        if drawn.area != target.area {
            *drawn = Buffer::empty(target.area);
        }
        if self.pictures.protocol == Protocol::KittyPlaceholders {
            drawn.clone_from(target);
            return;
        }
        let budget = self.pictures.link.map_or(UNKNOWN_LINK_CELLS, |link| {
            ((link * CELLS_SECONDS) as usize).clamp(2 << 10, 256 << 10)
        });
        let at = Position::new(target.area.x, target.area.y);
        copy_changed(target, drawn, at, budget);
    }

    fn is_picture_covered(&self) -> bool {
        let Some(dialog) = &self.dialog else {
            return false;
        };
        self.pictures.is_placed()
            && self.inner(Panel::Preview).is_some_and(|area| {
                dialog::area(dialog, self.screen(), Some(area)).intersects(area)
            })
    }

    /// Takes a placed picture off the screen: text is drawn where it was.
    pub(super) fn hide_picture(&mut self) {
        let had_one = self.pictures.placed.is_some() || self.pictures.drawn.is_some();
        self.pictures.forget();
        if had_one {
            self.effects.push(Effect::ForgetPictures);
            if self.pictures.protocol == Protocol::KittyDirect {
                self.effects.push(Effect::DeletePictures);
            }
            self.dirty = true;
        }
    }

    /// Everything is to be written again: so is the picture.
    pub(in crate::dashboard) fn forget_picture(&mut self) {
        self.pictures.forget();
        self.effects.push(Effect::ForgetPictures);
    }

    /// When the next picture is due, if only time is missing.
    pub(in crate::dashboard) fn wake_at(&self) -> Option<Instant> {
        let can = !self.unseen
            && !self.away
            && matches!(self.pictures.stage, Stage::Making)
            && self.pictures.protocol != Protocol::None
            && !self.is_picture_covered()
            && self.picture_layout().is_some();
        self.pictures.budget.wake_at().filter(|_| can)
    }

    /// The engine could not make the picture that was asked for.
    pub(super) fn picture_refused(&mut self, now: Instant) {
        if self.pictures.waits_for.take().is_some() {
            self.pictures.budget.failed(now);
        }
    }

    /// The terminal is this program's again: what was on its way there was dropped.
    pub(in crate::dashboard) fn come_back(&mut self) {
        self.pictures.spoilt = false;
        self.pictures.stage = Stage::Making;
        self.pictures.budget.given_up();
        self.repaint = true;
        self.dirty = true;
    }

    pub(super) fn next_subject(&mut self, back: bool) {
        self.pictures.view.snapshot = self.timeline.chosen_index();
        self.pictures.view.cycle(back);
        self.pictures.view.fit();
    }

    pub(super) fn toggle_beside(&mut self) {
        let view = &mut self.pictures.view;
        view.subject = if view.subject == Subject::Beside {
            Subject::Result
        } else {
            Subject::Beside
        };
    }

    /// How large the picture is shown, in words.
    pub(in crate::dashboard) fn zoom_label(&self) -> Option<String> {
        Some(self.pictures.view.zoom_label(&self.picture_layout()?))
    }

    fn screen(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }
}

fn whole(step: u64, picture: &Rgb32FImage) -> Preview {
    let (width, height) = picture.dimensions();
    let bytes = picture
        .as_raw()
        .iter()
        .map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
        .collect();
    sent(
        step,
        RgbImage::from_raw(width, height, bytes).unwrap_or_default(),
    )
}

/// A picture in full as if the engine had sent all of it.
fn sent(step: u64, picture: RgbImage) -> Preview {
    let (width, height) = picture.dimensions();
    Preview {
        step,
        request: PictureRequest {
            region: None,
            most: (width, height),
        },
        region: Region {
            x: 0,
            y: 0,
            width,
            height,
        },
        size: (width, height),
        pictures: vec![Arc::new(picture)],
    }
}
