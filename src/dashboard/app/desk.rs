//! The run's dashboard as the loop drives it. UI thread.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::App;
use crate::dashboard::desk::Desk;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Message};
use crate::dashboard::pictures::Pictures;
use crate::engine::message::Preview;

impl Desk for App {
    fn handle(&mut self, message: Message, now: Instant) {
        self.handle(message, now);
    }

    fn tick(&mut self, now: Instant) {
        self.tick(now);
    }

    fn preview(&mut self, preview: Preview) {
        self.preview(preview);
    }

    fn take_effects(&mut self) -> Vec<Effect> {
        self.take_effects()
    }

    fn wake_at(&self) -> Option<Instant> {
        self.wake_at()
    }

    fn render(&self, area: Rect, buffer: &mut Buffer) {
        Widget::render(self, area, buffer);
    }

    fn pictures(&mut self) -> &mut Pictures {
        &mut self.pictures
    }

    fn size(&self) -> (u16, u16) {
        self.size
    }

    fn resize(&mut self, size: (u16, u16), cell: (u16, u16)) {
        self.resize(size, cell);
    }

    fn is_dirty(&self) -> bool {
        self.dirty || self.repaint || self.pictures.is_dirty()
    }

    fn take_repaint(&mut self) -> bool {
        std::mem::take(&mut self.repaint) | self.pictures.take_repaint()
    }

    fn clean(&mut self) {
        self.dirty = false;
        self.pictures.take_dirty();
    }

    fn lend(&mut self, away: bool) {
        self.away = away;
    }

    fn lose_screen(&mut self, now: Instant, why: &str) {
        self.lose_screen(now, why);
    }

    fn say(&mut self, now: Instant, tone: Tone, text: String) {
        self.say(now, tone, text);
    }

    fn take_log_lines(&mut self) -> Vec<String> {
        self.events.take_fresh()
    }

    fn computes_here(&self) -> bool {
        self.watched.is_none()
    }

    fn is_leaving(&self) -> bool {
        self.exit.is_some()
    }

    fn is_unseen(&self) -> bool {
        self.unseen
    }
}
