//! The presets that can be applied to the picture as it is. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::text::cut;
use crate::dashboard::action::Panel;
use crate::dashboard::app::App;
use crate::preset::visible::visible;

/// Rows for what is wrong with the active preset's file.
const MOST_ERROR_ROWS: u16 = 5;

/// Rows of the list in a panel with this inside.
pub(in crate::dashboard) fn list_rows(inner: Rect) -> usize {
    usize::from(inner.height)
}

pub(in crate::dashboard) struct Presets<'a>(pub(in crate::dashboard) &'a App);

impl Widget for Presets<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let app = self.0;
        let theme = &app.theme;
        let error_rows = app.recipe.broken().map_or(0, |error| {
            let text = error.summary();
            let rows = text
                .chars()
                .count()
                .div_ceil(usize::from(area.width).max(1)) as u16;
            rows.clamp(1, MOST_ERROR_ROWS).min(area.height / 2)
        });
        let list = Rect {
            height: area.height - error_rows,
            ..area
        };
        let mut cursor = app.cursor(Panel::Presets);
        cursor.chosen = cursor.chosen.min(app.presets.len().saturating_sub(1));
        cursor.show(usize::from(list.height));
        let longest = app
            .presets
            .iter()
            .map(|listed| visible(&listed.name).chars().count())
            .max()
            .unwrap_or(0)
            .min(usize::from(area.width) / 2);
        for (row, (index, listed)) in list
            .rows()
            .zip(app.presets.iter().enumerate().skip(cursor.first))
        {
            let is_active = app.active_preset == Some(index);
            let (mark, mark_style) = match (&listed.description, is_active) {
                (Err(_), _) => ("×", theme.error),
                (Ok(_), true) if app.recipe.is_changed() => ("*", theme.notice),
                (Ok(_), true) => ("●", theme.good),
                (Ok(_), false) => (" ", theme.text),
            };
            let name = cut(&visible(&listed.name), longest);
            let room = usize::from(area.width).saturating_sub(longest + 4);
            let (words, words_style) = match &listed.description {
                Ok(description) => (visible(description), theme.dim),
                Err(error) => (format!("broken: {}", error.fault_and_place()), theme.error),
            };
            let name_style = if index == cursor.chosen && app.focus == Panel::Presets {
                theme.selected
            } else if is_active || index == cursor.chosen {
                theme.strong
            } else {
                theme.text
            };
            Line::from(vec![
                Span::styled(format!("{mark} "), mark_style),
                Span::styled(format!("{name:<longest$}"), name_style),
                Span::styled(format!("  {}", cut(&words, room)), words_style),
            ])
            .render(row, buffer);
        }
        if let Some(error) = app.recipe.broken()
            && error_rows > 0
        {
            let below = Rect {
                y: list.bottom(),
                height: error_rows,
                ..area
            };
            Paragraph::new(error.summary())
                .style(theme.error)
                .wrap(Wrap { trim: true })
                .render(below, buffer);
        }
    }
}
