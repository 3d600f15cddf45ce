//! What happened, the newest at the bottom. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::text::wrapped;
use crate::dashboard::event_log::{Entry, EventLog, Tone, clock};
use crate::dashboard::theme::Theme;

pub(in crate::dashboard) struct Events<'a> {
    pub(in crate::dashboard) log: &'a EventLog,
    /// How many of the newest are scrolled past.
    pub(in crate::dashboard) scroll: usize,
    pub(in crate::dashboard) theme: &'a Theme,
}

impl Widget for Events<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let columns = usize::from(area.width);
        let rows = usize::from(area.height);
        let mut lines: Vec<Line<'_>> = Vec::new();
        // From the newest backwards, no more than are seen.
        for entry in self.log.entries().iter().rev().skip(self.scroll) {
            if lines.len() >= rows {
                break;
            }
            lines.extend(shown(entry, self.theme, columns).into_iter().rev());
        }
        lines.truncate(rows);
        for (row, line) in area.rows().zip(lines.into_iter().rev()) {
            line.render(row, buffer);
        }
    }
}

fn shown<'a>(entry: &Entry, theme: &Theme, columns: usize) -> Vec<Line<'a>> {
    let (mark, style): (String, Style) = match entry.number {
        // As on the curve.
        Some(number) => (format!("[{number}]"), theme.notice),
        None => (
            entry.tone.mark().to_string(),
            match entry.tone {
                Tone::Plain => theme.dim,
                Tone::Good => theme.good,
                Tone::Notice => theme.notice,
                Tone::Error => theme.error,
            },
        ),
    };
    let step = if columns >= 50 {
        format!("{:>5} ", entry.step)
    } else {
        String::new()
    };
    let prefix = format!("{:>5} {step}", clock(entry.at));
    // A number in brackets, where markers are usually few.
    let mark_columns = if columns >= 50 { 4 } else { 3 };
    let indent = prefix.chars().count() + mark_columns + 1;
    let text_style = if entry.tone == Tone::Error {
        theme.error
    } else {
        theme.text
    };
    wrapped(&entry.text, columns.saturating_sub(indent).max(10))
        .into_iter()
        .enumerate()
        .map(|(index, text)| {
            if index == 0 {
                Line::from(vec![
                    Span::styled(prefix.clone(), theme.dim),
                    Span::styled(format!("{mark:>mark_columns$} "), style),
                    Span::styled(text, text_style),
                ])
            } else {
                Line::from(vec![
                    Span::raw(" ".repeat(indent)),
                    Span::styled(text, text_style),
                ])
            }
        })
        .collect()
}
