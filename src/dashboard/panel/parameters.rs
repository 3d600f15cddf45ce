//! Every value that may be changed while the picture forms. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::text::{cut, joined, wrapped};
use crate::dashboard::action::Panel;
use crate::dashboard::app::App;

/// Rows for what the chosen value means, where there is room for it.
const DOC_ROWS: u16 = 2;
/// From so many rows on there is room.
const ROWS_FOR_DOC: u16 = 8;

/// Rows of the list in a panel with this inside.
pub(in crate::dashboard) fn list_rows(inner: Rect) -> usize {
    usize::from(if inner.height >= ROWS_FOR_DOC {
        inner.height - DOC_ROWS - 1
    } else {
        inner.height
    })
}

/// Columns of a value with its arrows in a panel so many columns wide.
fn value_columns(width: u16) -> u16 {
    // Words such as `eight_neighbours` where there is room, numbers anywhere.
    if width >= 44 { 20 } else { 12.min(width) }
}

/// The key in so many columns. What a layer belongs to and its name say more than what is between.
fn short_key(key: &str, columns: usize) -> String {
    if key.chars().count() <= columns {
        return key.to_owned();
    }
    match key.split_once(".layers.") {
        Some((section, layer)) => joined(section, layer, columns),
        None => cut(key, columns),
    }
}

/// Which arrow of a value is clicked at column `x`: false for less, true for more.
pub(in crate::dashboard) fn arrow_at(inner: Rect, x: u16) -> Option<bool> {
    let right = inner.right();
    let left = right.saturating_sub(value_columns(inner.width));
    if x + 1 == right || x + 2 == right {
        Some(true)
    } else if x == left || x == left + 1 {
        Some(false)
    } else {
        None
    }
}

pub(in crate::dashboard) struct Parameters<'a>(pub(in crate::dashboard) &'a App);

impl Widget for Parameters<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let app = self.0;
        let theme = &app.theme;
        let parameters = app.recipe.parameters();
        let changed = app.recipe.changed_keys();
        let rows = list_rows(area);
        let mut cursor = app.cursor(Panel::Parameters);
        cursor.chosen = cursor.chosen.min(parameters.len().saturating_sub(1));
        cursor.show(rows);
        let has_focus = app.focus == Panel::Parameters;
        for (row, (index, parameter)) in area
            .rows()
            .take(rows)
            .zip(parameters.iter().enumerate().skip(cursor.first))
        {
            let chosen = index == cursor.chosen;
            let is_changed = changed.contains(&parameter.key);
            let mark = if is_changed { "*" } else { " " };
            let value_columns = usize::from(value_columns(area.width));
            let key_columns = usize::from(area.width).saturating_sub(value_columns + 2);
            let key = short_key(&parameter.key, key_columns);
            let value = cut(&parameter.value, value_columns.saturating_sub(4));
            let value = format!("{value:>width$}", width = value_columns.saturating_sub(4));
            let value_style = if is_changed { theme.notice } else { theme.text };
            let arrows = if chosen {
                ("◂ ", " ▸")
            } else {
                ("  ", "  ")
            };
            let line = Line::from(vec![
                Span::styled(mark, theme.notice),
                Span::styled(format!("{key:<key_columns$} "), theme.text),
                Span::styled(arrows.0, theme.focus),
                Span::styled(value, value_style),
                Span::styled(arrows.1, theme.focus),
            ]);
            line.render(row, buffer);
            if chosen {
                let style = if has_focus {
                    theme.selected
                } else {
                    theme.strong
                };
                let key_area = Rect {
                    x: row.x + 1,
                    width: (key_columns as u16 + 1).min(row.width.saturating_sub(1)),
                    ..row
                };
                buffer.set_style(key_area, style);
            }
        }
        if area.height >= ROWS_FOR_DOC
            && let Some(parameter) = parameters.get(cursor.chosen)
        {
            let doc = if parameter.unit.is_empty() {
                parameter.doc.to_owned()
            } else {
                format!("{} ({})", parameter.doc, parameter.unit)
            };
            let lines = wrapped(&doc, usize::from(area.width));
            let last = area.rows().skip(usize::from(area.height - DOC_ROWS));
            for (index, (row, line)) in last.zip(&lines).enumerate() {
                let more =
                    index + 1 == usize::from(DOC_ROWS) && lines.len() > usize::from(DOC_ROWS);
                let text = if more {
                    cut(&format!("{line} …"), usize::from(area.width))
                } else {
                    line.clone()
                };
                Line::styled(text, theme.dim).render(row, buffer);
            }
        }
    }
}
