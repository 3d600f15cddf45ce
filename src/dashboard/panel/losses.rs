//! The panel of the losses: curves in braille dots with axes, and a line that names them. UI thread.

pub(in crate::dashboard) mod axes;
mod legend;
pub(in crate::dashboard) mod plot;

#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::hint;
use crate::dashboard::theme::Theme;
use crate::record::axis::Axis;
use crate::record::chart::{CurveKind, LossChart};
use crate::record::history::Latest;
use axes::Parts;
use plot::Plot;

/// The curves of the losses. Draws into all of its area and no border around it.
#[derive(Debug, Clone, Copy)]
pub(in crate::dashboard) struct LossesPanel<'a> {
    /// Sharpest with two points a column of the area.
    pub(in crate::dashboard) chart: &'a LossChart,
    /// For the numbers in the line that names the curves.
    pub(in crate::dashboard) latest: Option<&'a Latest>,
    pub(in crate::dashboard) theme: &'a Theme,
}

/// In less than this there is no room for a curve.
pub(in crate::dashboard) const LEAST_COLUMNS: u16 = 16;
pub(in crate::dashboard) const LEAST_ROWS: u16 = 4;

impl Widget for LossesPanel<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(*buffer.area());
        if area.is_empty() {
            return;
        }
        if self.chart.is_empty() {
            hint::draw(
                &["the curves begin with the first step", "no losses yet", "–"],
                self.theme,
                area,
                buffer,
            );
        } else if area.width < LEAST_COLUMNS || area.height < LEAST_ROWS {
            self.draw_numbers(area, buffer);
        } else {
            self.draw_legend(area, buffer);
            let below = Rect {
                y: area.y + 1,
                height: area.height - 1,
                ..area
            };
            self.draw_chart(below, buffer);
        }
    }
}

impl LossesPanel<'_> {
    fn style(&self, kind: CurveKind) -> Style {
        match kind {
            CurveKind::Total => self.theme.total,
            CurveKind::Content => self.theme.content,
            CurveKind::Style => self.theme.style,
            CurveKind::Variation => self.theme.variation,
        }
    }

    fn draw_chart(&self, area: Rect, buffer: &mut Buffer) {
        let y_axis = self
            .chart
            .y_axis(usize::from(area.height / 3 + 1).clamp(2, 9));
        let parts = Parts::new(area, &y_axis, !self.chart.markers.is_empty(), 1);
        let plot = parts.plot;
        if plot.is_empty() {
            return;
        }
        let x_axis = self.chart.x_axis(usize::from(plot.width / 10).clamp(2, 12));
        let mut dots = Plot::new(plot.width, plot.height);
        parts.draw_y_axis(&dots, &y_axis, self.theme, buffer);
        parts.draw_x_axis(&dots, &x_axis, "step", self.theme, buffer);
        self.draw_marker_lines(&parts, &dots, &x_axis, buffer);
        // The total last, so that it lies on top.
        for curve in self.chart.curves.iter().rev() {
            dots.curve(&curve.points, &x_axis, &y_axis, self.style(curve.kind));
        }
        dots.draw(plot, buffer);
        self.draw_marker_numbers(&parts, &dots, &x_axis, buffer);
        let last_step = *self.chart.steps.end();
        let ends = self.chart.curves.iter().filter_map(|curve| {
            let point = curve.points.last()?;
            let letter = letter(curve.kind).to_owned();
            (point.last_step == last_step).then(|| (point.last, letter, self.style(curve.kind)))
        });
        parts.draw_ends(ends, &dots, &y_axis, buffer);
    }

    fn draw_marker_lines(&self, parts: &Parts, dots: &Plot, axis: &Axis, buffer: &mut Buffer) {
        for marker in &self.chart.markers {
            let column = parts.plot.x + (dots.across(axis, marker.step as f64) / 2) as u16;
            for row in parts.plot.rows() {
                buffer.set_string(column, row.y, "┊", self.theme.notice);
            }
        }
    }

    /// Of markers that are too close to each other, the later ones get their number.
    fn draw_marker_numbers(&self, parts: &Parts, dots: &Plot, axis: &Axis, buffer: &mut Buffer) {
        let mut free_until = parts.plot.right();
        for marker in self.chart.markers.iter().rev() {
            let column = parts.plot.x + (dots.across(axis, marker.step as f64) / 2) as u16;
            let label = marker.number.to_string();
            let width = label.len() as u16;
            let x = column.min(parts.plot.right().saturating_sub(width));
            if x < parts.plot.x || x + width > free_until {
                continue;
            }
            free_until = x.saturating_sub(1);
            buffer.set_string(x, parts.numbers, label, self.theme.notice);
        }
    }
}

fn letter(kind: CurveKind) -> &'static str {
    match kind {
        CurveKind::Total => "T",
        CurveKind::Content => "C",
        CurveKind::Style => "S",
        CurveKind::Variation => "V",
    }
}
