//! Which picture of the run is looked at, and where it comes from. UI thread.

use std::sync::Arc;
use std::time::Instant;

use image::{Rgb32FImage, RgbImage};
use ratatui::layout::Rect;

use super::App;
use crate::dashboard::action::Panel;
use crate::dashboard::draw::chart;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Task};
use crate::dashboard::panel::dialog;
use crate::dashboard::pictures::{Tile, Wanted, sent, whole};
use crate::dashboard::preview::{EncodeTile, Layout, Quality, Subject, View, cell_pixels};
use crate::dashboard::run_state::Phase;
use crate::engine::message::{Preview, Seen, Whose};
use crate::terminal::ask::Protocol;
use crate::terminal::output::OutputEvent;

impl App {
    /// How the picture is laid out as things are now.
    pub(super) fn picture_layout(&self) -> Option<Layout> {
        let area = self.pictures.most(self.inner(Panel::Preview)?);
        let cell = self.pictures.cell;
        if self.loss_view.as_picture {
            let pixels = (
                u32::from(area.width) * u32::from(cell.0),
                u32::from(area.height) * u32::from(cell.1),
            );
            return View::default().layout(pixels, area, cell);
        }
        let result = self.run.started.as_ref()?.size;
        let size = self
            .view
            .size_of_subject(result, self.style.picture.dimensions());
        self.view
            .layout(size, area, cell_pixels(self.pictures.protocol, cell))
    }

    /// Asks for the next picture when it is time.
    pub(super) fn ask_for_picture(&mut self, now: Instant) {
        if self.pictures.protocol == Protocol::None {
            return;
        }
        if self.is_picture_covered() {
            self.pictures.hide();
            return;
        }
        self.view.snapshot = self.timeline.chosen_index();
        if self.view.subject == Subject::Beside && self.timeline.chosen().is_none() {
            self.view.subject = Subject::Result;
        }
        let layout = self
            .picture_layout()
            .filter(|_| self.missing_picture().is_none());
        let wanted = layout.map(|layout| Wanted {
            tiles: vec![Tile {
                view: self.view,
                layout,
                candidate: self.candidate,
                other: None,
            }],
            chart: self.loss_view.as_picture.then_some(self.loss_view),
            snapshot: self.timeline.chosen().map(|kept| kept.number),
        });
        let stepping = self.run.phase() == Phase::Running && !self.is_looking_back();
        let quality = self.pictures.ask(wanted, stepping, now);
        if let (Some(layout), Some(quality)) = (layout, quality) {
            self.begin_picture(layout, quality);
        }
    }

    /// A snapshot is looked at by itself.
    pub(in crate::dashboard) fn is_looking_back(&self) -> bool {
        self.timeline.chosen().is_some() && self.view.subject != Subject::Beside
    }

    fn begin_picture(&mut self, layout: Layout, quality: Quality) {
        if self.loss_view.as_picture {
            self.effects.push(Effect::Task(Task::Chart {
                chart: Box::new(chart(self, layout.cells)),
                tag: self.pictures.tag(),
                pixels: layout.pixels,
                dark: self.theme.support.dark,
                cell_height: u32::from(self.pictures.cell.1),
            }));
            return;
        }
        let needs_engine =
            self.view.subject.needs_result() && !self.is_looking_back() && !self.is_over();
        if needs_engine {
            let of = Whose::One(self.candidate);
            self.pictures.request(layout.request(of, quality));
        } else {
            self.encode(layout);
        }
    }

    /// A picture came from the engine.
    pub(in crate::dashboard) fn preview(&mut self, preview: Preview) {
        if self.watched.is_none()
            && let Some(seen) = preview.of(self.candidate)
        {
            self.run.seen(seen.step);
        }
        if self.pictures.answered(preview)
            && let Some(layout) = self.wanted_layout()
        {
            self.encode(layout);
        }
    }

    /// Where the picture that was asked for goes.
    fn wanted_layout(&self) -> Option<Layout> {
        Some(self.pictures.wanted()?.tiles.first()?.layout)
    }

    fn encode(&mut self, layout: Layout) {
        let snapshot = self
            .timeline
            .chosen()
            .map(|kept| (kept.number, kept.step, Arc::clone(&kept.picture)));
        let result = match &snapshot {
            Some((number, step, picture)) if self.is_looking_back() => {
                Some(self.snapshot_seen(*number, *step, picture))
            }
            _ if self.run.has_failed() => self.failed_seen(),
            _ => self
                .pictures
                .newest()
                .and_then(|preview| preview.of(self.candidate))
                .cloned()
                .or_else(|| self.failed_seen().filter(|_| self.is_cut_off())),
        };
        self.pictures.encode(vec![EncodeTile {
            view: self.view,
            layout,
            result,
            other: None,
            snapshot: snapshot.map(|(_, _, picture)| picture),
        }]);
    }

    /// The loss curve is drawn.
    pub(super) fn chart_drawn(&mut self, tag: u64, picture: Option<RgbImage>, now: Instant) {
        if !self.loss_view.as_picture || tag != self.pictures.tag() {
            return;
        }
        let (Some(picture), Some(layout)) = (picture, self.wanted_layout()) else {
            self.pictures.failed(now);
            return;
        };
        if picture.dimensions() != layout.pixels {
            self.pictures.look_again();
            return;
        }
        self.pictures.encode(vec![EncodeTile {
            view: View::default(),
            layout,
            result: Some(sent(self.candidate, self.run.step, picture)),
            other: None,
            snapshot: None,
        }]);
    }

    /// The loss curve as a picture in place of the picture, and back.
    pub(super) fn toggle_chart_picture(&mut self, now: Instant) {
        if !self.pictures.is_real() {
            self.hint(
                now,
                Tone::Notice,
                "this terminal shows no real pictures; m makes the curve large",
            );
            return;
        }
        self.loss_view.as_picture = !self.loss_view.as_picture;
    }

    fn snapshot_seen(&mut self, number: u64, step: u64, picture: &Rgb32FImage) -> Seen {
        if let Some((known, seen)) = &self.snapshot_seen
            && *known == number
        {
            return seen.clone();
        }
        let seen = whole(self.candidate, step, picture);
        self.snapshot_seen = Some((number, seen.clone()));
        seen
    }

    /// Nothing more can be asked for.
    fn is_over(&self) -> bool {
        self.run.has_failed() || self.is_cut_off()
    }

    fn failed_seen(&self) -> Option<Seen> {
        let pictures = self.run.pictures.as_ref()?;
        let picture = pictures.of(self.candidate)?;
        Some(whole(self.candidate, pictures.step, picture))
    }

    /// The terminal has taken a frame or a picture.
    pub(super) fn written(&mut self, event: OutputEvent, now: Instant) {
        match event {
            OutputEvent::FrameWritten => self.pictures.frame_written(now),
            OutputEvent::PictureWritten { tag, seconds, .. } => {
                self.pictures.picture_written(tag, seconds, now);
            }
            OutputEvent::Failed(error) => {
                self.lose_screen(now, &format!("the terminal is gone ({error})"));
            }
        }
    }

    fn is_picture_covered(&self) -> bool {
        let Some(dialog) = &self.dialog else {
            return false;
        };
        self.pictures.is_placed()
            && self
                .inner(Panel::Preview)
                .is_some_and(|area| dialog::area(self, dialog, self.screen()).intersects(area))
    }

    /// When the next picture is due, if only time is missing.
    pub(in crate::dashboard) fn wake_at(&self) -> Option<Instant> {
        let can = !self.unseen
            && !self.away
            && !self.is_picture_covered()
            && self.missing_picture().is_none()
            && self.picture_layout().is_some();
        self.pictures.wake_at().filter(|_| can)
    }

    pub(super) fn next_subject(&mut self, back: bool) {
        self.view.snapshot = self.timeline.chosen_index();
        self.view.cycle(back);
        self.view.fit();
    }

    pub(super) fn toggle_beside(&mut self) {
        self.view.subject = if self.view.subject == Subject::Beside {
            Subject::Result
        } else {
            Subject::Beside
        };
    }

    /// How large the picture is shown, in words.
    pub(in crate::dashboard) fn zoom_label(&self) -> Option<String> {
        Some(self.view.zoom_label(&self.picture_layout()?))
    }

    fn screen(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }
}
