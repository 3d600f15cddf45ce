//! The comparison as the loop drives it, and what takes its place once one was promoted. UI thread.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::Compare;
use crate::dashboard::app::App;
use crate::dashboard::desk::Desk;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Effect, Message};
use crate::dashboard::pictures::Pictures;
use crate::dashboard::setup::CompareFarewell;
use crate::engine::message::{Event, Preview, Refusal};

impl Desk for Compare {
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
        !self.is_watching
    }

    fn is_leaving(&self) -> bool {
        self.exit.is_some()
    }

    fn is_unseen(&self) -> bool {
        self.unseen
    }
}

/// The comparison, or the run of the one that goes on alone.
#[derive(Debug)]
pub(super) struct CompareDesk {
    comparison: Box<Compare>,
    alone: Option<Box<App>>,
    /// What the comparison still wants when it is left for a run.
    last_effects: Vec<Effect>,
}

impl CompareDesk {
    pub(super) fn new(comparison: Compare) -> Self {
        Self {
            comparison: Box::new(comparison),
            alone: None,
            last_effects: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn comparison(&self) -> &Compare {
        &self.comparison
    }

    /// The run of the one that was promoted.
    #[cfg(test)]
    pub(super) fn alone(&self) -> Option<&App> {
        self.alone.as_deref()
    }

    fn desk(&self) -> &dyn Desk {
        match &self.alone {
            Some(app) => &**app,
            None => &*self.comparison,
        }
    }

    fn desk_mut(&mut self) -> &mut dyn Desk {
        match &mut self.alone {
            Some(app) => &mut **app,
            None => &mut *self.comparison,
        }
    }

    /// Leaves the comparison for a run where somebody was promoted.
    fn turn(&mut self, now: Instant) {
        if let Some((app, effects)) = self.comparison.promoted(now) {
            self.alone = Some(Box::new(app));
            self.last_effects.extend(effects);
        }
    }

    /// What is said of the one that goes on alone, or of all, concerns its dashboard; and that another one could not be
    /// dropped for it.
    fn concerns(app: &App, event: &Event) -> bool {
        let was_not_dropped = matches!(
            event,
            Event::Refused {
                what: Refusal::Drop(_),
                ..
            }
        );
        was_not_dropped || event.concerns(app.candidate)
    }

    pub(super) fn farewell(&self) -> CompareFarewell {
        let mut farewell = self.comparison.farewell();
        if let Some(app) = &self.alone {
            let alone = app.farewell();
            farewell.lines.extend(alone.lines);
            // What went wrong with the others was said when it did.
            farewell.failure = alone.failure;
            farewell.results = alone
                .result
                .into_iter()
                .map(|saved| (app.candidate, saved))
                .collect();
            farewell.promoted = Some(app.candidate);
            farewell.picture = alone.picture;
            farewell.unseen = alone.unseen;
            farewell.interrupted = alone.interrupted;
        }
        farewell
    }
}

impl Desk for CompareDesk {
    fn handle(&mut self, message: Message, now: Instant) {
        let concerns = match (&self.alone, &message) {
            (Some(app), Message::Engine(event)) => Self::concerns(app, event),
            (Some(app), Message::Steered { candidate, .. }) => *candidate == app.candidate,
            _ => true,
        };
        if !concerns {
            return;
        }
        self.desk_mut().handle(message, now);
        self.turn(now);
    }

    fn tick(&mut self, now: Instant) {
        self.desk_mut().tick(now);
    }

    fn preview(&mut self, preview: Preview) {
        self.desk_mut().preview(preview);
    }

    fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.last_effects);
        effects.extend(self.desk_mut().take_effects());
        effects
    }

    fn wake_at(&self) -> Option<Instant> {
        self.desk().wake_at()
    }

    fn render(&self, area: Rect, buffer: &mut Buffer) {
        self.desk().render(area, buffer);
    }

    fn pictures(&mut self) -> &mut Pictures {
        self.desk_mut().pictures()
    }

    fn size(&self) -> (u16, u16) {
        self.desk().size()
    }

    fn resize(&mut self, size: (u16, u16), cell: (u16, u16)) {
        self.desk_mut().resize(size, cell);
    }

    fn is_dirty(&self) -> bool {
        self.desk().is_dirty()
    }

    fn take_repaint(&mut self) -> bool {
        self.desk_mut().take_repaint()
    }

    fn clean(&mut self) {
        self.desk_mut().clean();
    }

    fn lend(&mut self, away: bool) {
        self.desk_mut().lend(away);
    }

    fn lose_screen(&mut self, now: Instant, why: &str) {
        self.desk_mut().lose_screen(now, why);
    }

    fn say(&mut self, now: Instant, tone: Tone, text: String) {
        self.desk_mut().say(now, tone, text);
    }

    fn take_log_lines(&mut self) -> Vec<String> {
        self.desk_mut().take_log_lines()
    }

    fn computes_here(&self) -> bool {
        self.desk().computes_here()
    }

    fn is_leaving(&self) -> bool {
        self.desk().is_leaving()
    }

    fn is_unseen(&self) -> bool {
        self.desk().is_unseen()
    }
}
