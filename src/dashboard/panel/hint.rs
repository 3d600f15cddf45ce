//! What is to be expected in a panel that has nothing to show yet. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::dashboard::theme::Theme;

/// The first of `words` that fits, in the middle of `area`, which has at least one row.
pub(in crate::dashboard) fn draw(words: &[&str], theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let fits = |words: &&&str| words.chars().count() <= usize::from(area.width);
    if let Some(words) = words.iter().find(fits) {
        let middle = Rect {
            y: area.y + (area.height - 1) / 2,
            height: 1,
            ..area
        };
        Line::styled(*words, theme.dim)
            .centered()
            .render(middle, buffer);
    }
}
