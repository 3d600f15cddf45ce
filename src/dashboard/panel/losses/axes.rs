//! The frame of a chart in text: where its parts lie, its axes, and the marks at the curves' ends. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::plot::Plot;
use crate::dashboard::theme::Theme;
use crate::record::axis::Axis;

/// From so many rows on, the axis of steps and the markers' numbers get rows of their own.
const ROOMY_ROWS: u16 = 9;

/// Where the parts of the chart lie.
pub(in crate::dashboard) struct Parts {
    area: Rect,
    pub(in crate::dashboard) plot: Rect,
    /// The column between labels and plot.
    pub(in crate::dashboard) axis: u16,
    /// The row of the axis of steps, where there is one.
    floor: Option<u16>,
    /// The row of the labels of steps.
    pub(in crate::dashboard) labels: u16,
    /// The row of the markers' numbers.
    pub(in crate::dashboard) numbers: u16,
}

impl Parts {
    /// In `area`, with a row for numbers of markers where there are any, and columns for the marks at the
    /// curves' ends.
    pub(in crate::dashboard) fn new(
        area: Rect,
        y_axis: &Axis,
        has_markers: bool,
        end_columns: u16,
    ) -> Self {
        let gutter = y_axis.ticks.iter().map(|tick| tick.label.len()).max();
        let gutter = gutter.unwrap_or(0) as u16;
        let roomy = area.height >= ROOMY_ROWS;
        let numbers = u16::from(roomy && has_markers);
        let floor = u16::from(roomy);
        Self {
            area,
            plot: Rect {
                x: area.x + gutter + 1,
                y: area.y + numbers,
                width: area.width.saturating_sub(gutter + 1 + end_columns),
                height: area.height.saturating_sub(1 + floor + numbers),
            },
            axis: area.x + gutter,
            floor: roomy.then(|| area.bottom() - 2),
            labels: area.bottom().saturating_sub(1),
            numbers: area.y,
        }
    }

    /// Values, and lines across where there is room for them.
    pub(in crate::dashboard) fn draw_y_axis(
        &self,
        dots: &Plot,
        axis: &Axis,
        theme: &Theme,
        buffer: &mut Buffer,
    ) {
        let (parts, area) = (self, self.area);
        for row in parts.plot.rows() {
            buffer.set_string(parts.axis, row.y, "│", theme.border);
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
            buffer.set_string(x, row, &tick.label, theme.dim);
            buffer.set_string(parts.axis, row, "┤", theme.border);
            if parts.floor.is_some() {
                let line = "┈".repeat(usize::from(parts.plot.width));
                buffer.set_string(parts.plot.x, row, line, theme.border);
            }
        }
    }

    /// Steps or seconds, as `unit` says.
    pub(in crate::dashboard) fn draw_x_axis(
        &self,
        dots: &Plot,
        axis: &Axis,
        unit: &str,
        theme: &Theme,
        buffer: &mut Buffer,
    ) {
        let (parts, area) = (self, self.area);
        if let Some(floor) = parts.floor {
            let line = "─".repeat(usize::from(parts.plot.width));
            buffer.set_string(parts.axis, floor, "└", theme.border);
            buffer.set_string(parts.plot.x, floor, line, theme.border);
        }
        let unit_columns = unit.len() as u16 + 1;
        if parts.axis >= area.x + unit_columns {
            buffer.set_string(parts.axis - unit_columns, parts.labels, unit, theme.dim);
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
            buffer.set_string(x, parts.labels, &tick.label, theme.dim);
            if let Some(floor) = parts.floor
                && column > parts.plot.x
            {
                buffer.set_string(column, floor, "┴", theme.border);
            }
        }
    }

    /// A mark at the end of each curve, given by its last value, each in a row of its own.
    pub(in crate::dashboard) fn draw_ends(
        &self,
        ends: impl Iterator<Item = (f32, String, Style)>,
        dots: &Plot,
        axis: &Axis,
        buffer: &mut Buffer,
    ) {
        let plot = self.plot;
        let mut ends: Vec<(i32, String, Style)> = ends
            .filter(|(last, ..)| (0.0..=1.0).contains(&axis.position((*last).into())))
            .map(|(last, mark, style)| (dots.down(axis, last), mark, style))
            .take(usize::from(plot.height))
            .collect();
        ends.sort_by_key(|&(row, ..)| row);
        let wanted: Vec<u16> = ends.iter().map(|&(row, ..)| (row / 4) as u16).collect();
        let rows = apart(&wanted, plot.height);
        for ((_, mark, style), row) in ends.into_iter().zip(rows) {
            buffer.set_string(plot.right(), plot.y + row, mark, style);
        }
    }
}

/// Rows as near as may be to the wanted ones, which rise, but no two the same. There are at most as many
/// as there is room for.
pub(super) fn apart(wanted: &[u16], room: u16) -> Vec<u16> {
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
