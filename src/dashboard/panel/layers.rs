//! The panel of the layers: a table with a row for every term of the loss. UI thread.

mod column;
mod text;

#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::hint;
use crate::dashboard::theme::Theme;
use crate::engine::message::{Gradients, TermKind};
use crate::record::figure::compact;
use crate::record::history::{History, Latest, Series, TermLoss};
use column::{Column, Placed};
use text::{bar, name, percent, share, shortened, weight};

/// A table, a row a term: what it weighs, what it comes to, how much of the whole that is, how it went, and
/// how much of the gradient it makes up. Draws into all of its area and no border around it.
#[derive(Debug, Clone, Copy)]
pub(in crate::dashboard) struct LayersPanel<'a> {
    pub(in crate::dashboard) latest: Option<&'a Latest>,
    /// Where the small curves come from.
    pub(in crate::dashboard) history: &'a History,
    /// The last measurement, if there was one.
    pub(in crate::dashboard) gradients: Option<&'a Gradients>,
    /// A person asked for a measurement: it is shown before what is always there.
    pub(in crate::dashboard) wants_gradient: bool,
    /// Which of the measurement's candidates.
    pub(in crate::dashboard) candidate: usize,
    /// How many rows are scrolled past; no more than leaves the table full.
    pub(in crate::dashboard) scroll: usize,
    /// The index of the chosen row in [`in_order`].
    pub(in crate::dashboard) selected: Option<usize>,
    pub(in crate::dashboard) theme: &'a Theme,
}

/// The terms in the order of the table's rows: content, style, total variation.
pub(in crate::dashboard) fn in_order(latest: &Latest) -> Vec<&TermLoss> {
    let mut terms: Vec<&TermLoss> = latest.terms.iter().collect();
    terms.sort_by_key(|loss| match loss.term.kind {
        TermKind::Content => 0,
        TermKind::Style => 1,
        TermKind::Variation => 2,
    });
    terms
}

impl Widget for LayersPanel<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(*buffer.area());
        if area.is_empty() {
            return;
        }
        match self.latest {
            Some(latest) if !latest.terms.is_empty() => self.draw_table(latest, area, buffer),
            _ => hint::draw(
                &["the layers come with the first step", "no layers yet", "–"],
                self.theme,
                area,
                buffer,
            ),
        }
    }
}

impl LayersPanel<'_> {
    fn draw_table(&self, latest: &Latest, area: Rect, buffer: &mut Buffer) {
        let terms = in_order(latest);
        let visible_rows = usize::from(area.height - 1);
        let scrolls = terms.len() > visible_rows;
        let table = Rect {
            width: area.width - u16::from(scrolls && area.width > 1),
            ..area
        };
        let longest = terms.iter().map(|loss| name(loss).chars().count()).max();
        let columns = column::place(table.width, longest.unwrap_or(0), self.wants_gradient);
        self.draw_heading(&columns, table, buffer);
        let scroll = self.scroll.min(terms.len().saturating_sub(visible_rows));
        let body = Rect {
            y: table.y + 1,
            height: table.height - 1,
            ..table
        };
        for ((index, loss), row) in terms.iter().enumerate().skip(scroll).zip(body.rows()) {
            for &placed in &columns {
                self.draw_cell(placed, loss, latest, row, buffer);
            }
            if self.selected == Some(index) {
                buffer.set_style(row, self.theme.selected);
            }
        }
        if scrolls && area.width > 1 {
            self.draw_scrollbar(terms.len(), scroll, area, buffer);
        }
    }

    fn draw_heading(&self, columns: &[Placed], area: Rect, buffer: &mut Buffer) {
        for &placed in columns {
            let measured = match self.gradients {
                Some(gradients) if placed.column == Column::Gradient => {
                    ["gradient @", "grad @", "grad@", "@"]
                        .map(|name| format!("{name}{}", gradients.step))
                        .into_iter()
                        .find(|text| text.len() <= usize::from(placed.width))
                }
                _ => None,
            };
            let text = measured.unwrap_or_else(|| placed.column.heading().to_owned());
            let row = Rect { height: 1, ..area };
            put(placed, &text, self.theme.dim, row, buffer);
        }
    }

    fn draw_cell(
        &self,
        placed: Placed,
        loss: &TermLoss,
        latest: &Latest,
        row: Rect,
        buffer: &mut Buffer,
    ) {
        let width = usize::from(placed.width);
        let own = self.style(loss.term.kind);
        let number = if loss.weight == 0.0 {
            self.theme.dim
        } else {
            self.theme.text
        };
        match placed.column {
            Column::Layer => {
                let text = shortened(&name(loss), width);
                put(placed, &text, number, row, buffer);
                buffer.set_style(
                    Rect {
                        x: row.x + placed.x,
                        width: 1,
                        ..row
                    },
                    own,
                );
            }
            Column::Weight => put(placed, &weight(loss.weight, width), number, row, buffer),
            Column::Unweighted => put(
                placed,
                &compact(loss.unweighted, width),
                number,
                row,
                buffer,
            ),
            Column::Weighted => {
                put(placed, &compact(loss.weighted, width), number, row, buffer);
            }
            Column::Bar => {
                let share = share(loss.weighted, latest.total());
                put(placed, &bar(share.unwrap_or(0.0), width), own, row, buffer);
            }
            Column::Share => {
                let text = percent(share(loss.weighted, latest.total()));
                put(placed, &text, number, row, buffer);
            }
            Column::Trend => {
                let text = self.trend(loss, width);
                put(placed, &text, own, row, buffer);
            }
            Column::Gradient => {
                let share = self.gradient_share(loss);
                let style = if share.is_some() {
                    self.theme.text
                } else {
                    self.theme.dim
                };
                put(placed, &percent(share), style, row, buffer);
            }
        }
    }

    fn style(&self, kind: TermKind) -> Style {
        match kind {
            TermKind::Content => self.theme.content,
            TermKind::Style => self.theme.style,
            TermKind::Variation => self.theme.variation,
        }
    }

    fn gradient_share(&self, loss: &TermLoss) -> Option<f64> {
        let gradients = self.gradients?;
        let norms = gradients.of(self.candidate)?;
        let index = gradients.terms.iter().position(|term| *term == loss.term)?;
        share(*norms.get(index)?, norms.iter().sum())
    }

    /// The weighted loss over the whole run, each row on a logarithmic scale of its own.
    fn trend(&self, loss: &TermLoss, width: usize) -> String {
        const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let Some(steps) = self.history.steps() else {
            return String::new();
        };
        let (first, count) = (*steps.start(), steps.end() - steps.start() + 1);
        let points = self
            .history
            .curve(&Series::Weighted(loss.term.clone()), steps, width);
        let positive = || points.iter().filter(|point| point.last > 0.0);
        let low = positive()
            .map(|point| point.last.ln())
            .fold(f32::INFINITY, f32::min);
        let high = positive()
            .map(|point| point.last.ln())
            .fold(f32::NEG_INFINITY, f32::max);
        let mut cells = vec![' '; width];
        for point in positive() {
            let level = if high - low > 1e-3 {
                ((point.last.ln() - low) / (high - low) * 7.0).round() as usize
            } else {
                3
            };
            let cell =
                |step: u64| (u128::from(step - first) * width as u128 / u128::from(count)) as usize;
            // A run of fewer steps than cells has points that are wider than one.
            let from = cell(point.first_step);
            let until = cell(point.last_step + 1).max(from + 1).min(width);
            if let Some(cells) = cells.get_mut(from..until) {
                cells.fill(BLOCKS[level.min(7)]);
            }
        }
        cells.into_iter().collect()
    }

    fn draw_scrollbar(&self, rows: usize, scroll: usize, area: Rect, buffer: &mut Buffer) {
        let track = usize::from(area.height - 1);
        if track == 0 {
            return;
        }
        let length = (track * track / rows).max(1);
        let hidden = rows - track;
        let start = (scroll * (track - length) + hidden / 2) / hidden;
        for offset in 0..track {
            let thumb = (start..start + length).contains(&offset);
            let symbol = if thumb { "█" } else { "│" };
            buffer.set_string(
                area.right() - 1,
                area.y + 1 + offset as u16,
                symbol,
                self.theme.border,
            );
        }
    }
}

/// Writes into a column, numbers at its right edge.
fn put(placed: Placed, text: &str, style: Style, row: Rect, buffer: &mut Buffer) {
    let spare = placed.width.saturating_sub(text.chars().count() as u16);
    let x = row.x + placed.x + if placed.column.is_number() { spare } else { 0 };
    buffer.set_stringn(x, row.y, text, usize::from(placed.width), style);
}
