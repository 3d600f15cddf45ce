//! Curves in braille dots: two across and four down in every cell. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::record::axis::Axis;
use crate::record::history::CurvePoint;

/// A field of dots, dark at first. A cell has one style, that of what was drawn last.
#[derive(Debug)]
pub(in crate::dashboard) struct Plot {
    columns: i32,
    rows: i32,
    cells: Vec<(u8, Style)>,
}

/// The bit of each dot in a cell, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Plot {
    pub(in crate::dashboard) fn new(columns: u16, rows: u16) -> Self {
        Self {
            columns: i32::from(columns),
            rows: i32::from(rows),
            cells: vec![(0, Style::new()); usize::from(columns) * usize::from(rows)],
        }
    }

    /// The dot column of a step.
    pub(in crate::dashboard) fn across(&self, axis: &Axis, step: f64) -> i32 {
        (axis.position(step).clamp(0.0, 1.0) * f64::from(self.columns * 2 - 1)).round() as i32
    }

    /// The dot row of a loss, the nearest one where it is not visible.
    pub(in crate::dashboard) fn down(&self, axis: &Axis, value: f32) -> i32 {
        let position = axis.position(f64::from(value)).clamp(0.0, 1.0);
        ((1.0 - position) * f64::from(self.rows * 4 - 1)).round() as i32
    }

    /// From each point's least to its greatest value, and on to the next.
    pub(in crate::dashboard) fn curve(
        &mut self,
        points: &[CurvePoint],
        x: &Axis,
        y: &Axis,
        style: Style,
    ) {
        self.curve_over(points, |step| step, x, y, style);
    }

    /// The same over something else than steps, which `place` says.
    pub(in crate::dashboard) fn curve_over(
        &mut self,
        points: &[CurvePoint],
        place: impl Fn(f64) -> f64,
        x: &Axis,
        y: &Axis,
        style: Style,
    ) {
        let mut before: Option<(u64, i32, i32, bool)> = None;
        for point in points {
            let middle = f64::midpoint(point.first_step as f64, point.last_step as f64);
            let column = self.across(x, place(middle));
            let (top, bottom) = (self.down(y, point.maximum), self.down(y, point.minimum));
            let visible = y.position(f64::from(point.maximum)) >= 0.0
                && y.position(f64::from(point.minimum)) <= 1.0;
            if visible {
                self.line((column, top), (column, bottom), style);
            }
            if let Some((last_step, last_column, last_row, was_visible)) = before
                && last_step + 1 == point.first_step
                && (visible || was_visible)
            {
                let row = last_row.clamp(top, bottom);
                self.line((last_column, last_row), (column, row), style);
            }
            before = Some((point.last_step, column, self.down(y, point.last), visible));
        }
    }

    /// A straight line between two dots, both included.
    fn line(&mut self, from: (i32, i32), to: (i32, i32), style: Style) {
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let count = across.abs().max(down.abs());
        for index in 0..=count {
            let share = |distance: i32| {
                let exact = f64::from(distance) * f64::from(index) / f64::from(count.max(1));
                exact.round() as i32
            };
            self.dot(from.0 + share(across), from.1 + share(down), style);
        }
    }

    fn dot(&mut self, x: i32, y: i32, style: Style) {
        if (0..self.columns * 2).contains(&x) && (0..self.rows * 4).contains(&y) {
            let (mask, cell_style) = &mut self.cells[(y / 4 * self.columns + x / 2) as usize];
            *mask |= BITS[(y % 4) as usize][(x % 2) as usize];
            *cell_style = style;
        }
    }

    /// Puts the cells with dots into `area`, which has the plot's size; the others stay as they are.
    pub(in crate::dashboard) fn draw(&self, area: Rect, buffer: &mut Buffer) {
        for (position, &(mask, style)) in area.positions().zip(&self.cells) {
            if mask != 0
                && let Some(symbol) = char::from_u32(0x2800 + u32::from(mask))
            {
                let cell = &mut buffer[position];
                // A curve without a colour of its own must not have that of the line it covers.
                cell.reset();
                cell.set_char(symbol).set_style(style);
            }
        }
    }
}
