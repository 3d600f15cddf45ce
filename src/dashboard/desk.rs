//! What the loop drives: a state that takes messages in and leaves effects behind, and can be drawn. UI
//! thread.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::event_log::Tone;
use super::message::{Effect, Message};
use super::pictures::Pictures;
use crate::engine::message::Preview;

/// The state of a whole screen. It waits for nothing and touches neither terminal nor file.
pub(super) trait Desk {
    /// Takes in what happened.
    fn handle(&mut self, message: Message, now: Instant);

    /// Whatever is due by the clock alone.
    fn tick(&mut self, now: Instant);

    /// Pictures came from the engine.
    fn preview(&mut self, preview: Preview);

    /// What is to be done, in this order.
    fn take_effects(&mut self) -> Vec<Effect>;

    /// When the next picture is due, if only time is missing.
    fn wake_at(&self) -> Option<Instant>;

    /// Draws all of the screen.
    fn render(&self, area: Rect, buffer: &mut Buffer);

    fn pictures(&mut self) -> &mut Pictures;

    /// Columns and rows of the screen.
    fn size(&self) -> (u16, u16);

    /// The screen has another size, or is to be written anew.
    fn resize(&mut self, size: (u16, u16), cell: (u16, u16));

    /// Something that is seen has changed.
    fn is_dirty(&self) -> bool;

    /// It is about to be drawn; true where everything is to be written again.
    fn take_repaint(&mut self) -> bool;

    /// It was drawn.
    fn clean(&mut self);

    /// Another program has the terminal, or has it no more.
    fn lend(&mut self, away: bool);

    /// The terminal is gone.
    fn lose_screen(&mut self, now: Instant, why: &str);

    /// A line at the bottom for a few seconds, and in the events.
    fn say(&mut self, now: Instant, tone: Tone, text: String);

    /// The lines that came since the last call, for the log file.
    fn take_log_lines(&mut self) -> Vec<String>;

    /// Whether what is looked at computes on this machine's devices, as far as this program knows.
    fn computes_here(&self) -> bool;

    /// Whether it is on its way out.
    fn is_leaving(&self) -> bool;

    /// Whether nobody sees the screen any more.
    fn is_unseen(&self) -> bool;
}
