//! The panel of the losses: curves in braille dots with axes, and a line that names them. UI thread.

mod legend;
mod plot;

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
const LEAST_COLUMNS: u16 = 16;
const LEAST_ROWS: u16 = 4;

/// From so many rows on, the axis of steps and the markers' numbers get rows of their own.
const ROOMY_ROWS: u16 = 9;

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

/// Where the parts of the chart lie.
struct Parts {
    plot: Rect,
    /// The column between labels and plot.
    axis: u16,
    /// The row of the axis of steps, where there is one.
    floor: Option<u16>,
    /// The row of the labels of steps.
    labels: u16,
    /// The row of the markers' numbers.
    numbers: u16,
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

    fn parts(&self, area: Rect, gutter: u16) -> Parts {
        let roomy = area.height >= ROOMY_ROWS;
        let numbers = u16::from(roomy && !self.chart.markers.is_empty());
        let floor = u16::from(roomy);
        Parts {
            plot: Rect {
                x: area.x + gutter + 1,
                y: area.y + numbers,
                // The last column is for the letters at the curves' ends.
                width: area.width.saturating_sub(gutter + 2),
                height: area.height - 1 - floor - numbers,
            },
            axis: area.x + gutter,
            floor: roomy.then(|| area.bottom() - 2),
            labels: area.bottom() - 1,
            numbers: area.y,
        }
    }

    fn draw_chart(&self, area: Rect, buffer: &mut Buffer) {
        let y_axis = self
            .chart
            .y_axis(usize::from(area.height / 3 + 1).clamp(2, 9));
        let gutter = y_axis.ticks.iter().map(|tick| tick.label.len()).max();
        let parts = self.parts(area, gutter.unwrap_or(0) as u16);
        let plot = parts.plot;
        if plot.is_empty() {
            return;
        }
        let x_axis = self.chart.x_axis(usize::from(plot.width / 10).clamp(2, 12));
        let mut dots = Plot::new(plot.width, plot.height);
        self.draw_y_axis(area, &parts, &dots, &y_axis, buffer);
        self.draw_x_axis(area, &parts, &dots, &x_axis, buffer);
        self.draw_marker_lines(&parts, &dots, &x_axis, buffer);
        // The total last, so that it lies on top.
        for curve in self.chart.curves.iter().rev() {
            dots.curve(&curve.points, &x_axis, &y_axis, self.style(curve.kind));
        }
        dots.draw(plot, buffer);
        self.draw_marker_numbers(&parts, &dots, &x_axis, buffer);
        self.draw_letters(plot, &dots, &y_axis, buffer);
    }

    fn draw_y_axis(
        &self,
        area: Rect,
        parts: &Parts,
        dots: &Plot,
        axis: &Axis,
        buffer: &mut Buffer,
    ) {
        for row in parts.plot.rows() {
            buffer.set_string(parts.axis, row.y, "│", self.theme.border);
        }
        // From above, so that of two marks in one row the upper stays.
        let mut free_from = parts.plot.y;
        for tick in axis.ticks.iter().rev() {
            let row = parts.plot.y + (dots.down(axis, tick.value as f32) / 4) as u16;
            if row < free_from {
                continue;
            }
            free_from = row + 1;
            let width = tick.label.len() as u16;
            let x = parts.axis.saturating_sub(width).max(area.x);
            buffer.set_string(x, row, &tick.label, self.theme.dim);
            buffer.set_string(parts.axis, row, "┤", self.theme.border);
            if parts.floor.is_some() {
                let line = "┈".repeat(usize::from(parts.plot.width));
                buffer.set_string(parts.plot.x, row, line, self.theme.border);
            }
        }
    }

    fn draw_x_axis(
        &self,
        area: Rect,
        parts: &Parts,
        dots: &Plot,
        axis: &Axis,
        buffer: &mut Buffer,
    ) {
        if let Some(floor) = parts.floor {
            let line = "─".repeat(usize::from(parts.plot.width));
            buffer.set_string(parts.axis, floor, "└", self.theme.border);
            buffer.set_string(parts.plot.x, floor, line, self.theme.border);
        }
        if parts.axis >= area.x + 5 {
            buffer.set_string(parts.axis - 5, parts.labels, "step", self.theme.dim);
        }
        let mut free_from = parts.axis;
        for tick in &axis.ticks {
            let column = parts.plot.x + (dots.across(axis, tick.value) / 2) as u16;
            let width = tick.label.len() as u16;
            let centred = column.saturating_sub((width - 1) / 2).max(parts.axis);
            let x = centred.min(area.right().saturating_sub(width));
            if x < free_from {
                continue;
            }
            free_from = x + width + 1;
            buffer.set_string(x, parts.labels, &tick.label, self.theme.dim);
            if let Some(floor) = parts.floor
                && column > parts.plot.x
            {
                buffer.set_string(column, floor, "┴", self.theme.border);
            }
        }
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

    /// A letter at the end of each curve that reaches the last step, each in a row of its own.
    fn draw_letters(&self, plot: Rect, dots: &Plot, axis: &Axis, buffer: &mut Buffer) {
        let mut ends: Vec<(i32, CurveKind)> = self
            .chart
            .curves
            .iter()
            .filter_map(|curve| Some((curve.points.last()?, curve.kind)))
            .filter(|(point, _)| point.last_step == *self.chart.steps.end())
            .filter(|(point, _)| (0.0..=1.0).contains(&axis.position(point.last.into())))
            .map(|(point, kind)| (dots.down(axis, point.last), kind))
            .take(usize::from(plot.height))
            .collect();
        ends.sort_by_key(|&(row, _)| row);
        let wanted: Vec<u16> = ends.iter().map(|&(row, _)| (row / 4) as u16).collect();
        let rows = apart(&wanted, plot.height);
        for ((_, kind), row) in ends.iter().zip(rows) {
            buffer.set_string(plot.right(), plot.y + row, letter(*kind), self.style(*kind));
        }
    }
}

/// Rows as near as may be to the wanted ones, which rise, but no two the same. There are at most as many
/// as there is room for.
fn apart(wanted: &[u16], room: u16) -> Vec<u16> {
    let mut rows = Vec::with_capacity(wanted.len());
    let mut free_from = 0;
    for &row in wanted {
        let row = row.max(free_from);
        rows.push(row);
        free_from = row + 1;
    }
    let mut free_until = room;
    for row in rows.iter_mut().rev() {
        *row = (*row).min(free_until.saturating_sub(1));
        free_until = *row;
    }
    rows
}

fn letter(kind: CurveKind) -> &'static str {
    match kind {
        CurveKind::Total => "T",
        CurveKind::Content => "C",
        CurveKind::Style => "S",
        CurveKind::Variation => "V",
    }
}
