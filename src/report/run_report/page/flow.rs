//! A page that is written from top to bottom. Pure; any thread.

use plotters::style::RGBColor;

use crate::report::drawing::{Area, Drawing, Side, Type};
use crate::report::font::{self, Face};
use crate::report::ink;

/// Width of the page, in pixels of its own.
const WIDTH: f64 = 1120.0;
const MARGIN: f64 = 48.0;
/// Height of a line of text of size 1.
const LEADING: f64 = 1.28;
/// Size of plain text.
pub(super) const TEXT: f64 = 15.0;
/// Size of what is less important.
pub(super) const SMALL: f64 = 13.5;

/// The page, and how far down it is written.
pub(super) struct Flow {
    pub(super) drawing: Drawing,
    pub(super) y: f64,
}

/// A text's look.
pub(super) fn plain(size: f64) -> Type {
    colored(size, ink::TEXT.paper)
}

pub(super) fn quiet(size: f64) -> Type {
    colored(size, ink::LABEL.paper)
}

pub(super) fn strong(size: f64) -> Type {
    Type {
        face: Face::Strong,
        ..plain(size)
    }
}

fn colored(size: f64, color: RGBColor) -> Type {
    Type {
        size,
        face: Face::Plain,
        color,
    }
}

impl Flow {
    pub(super) fn new() -> Self {
        Self {
            drawing: Drawing::new(WIDTH, 0.0, Some(ink::GROUND.paper)),
            y: MARGIN,
        }
    }

    /// From the left to the right margin.
    pub(super) fn left() -> f64 {
        MARGIN
    }

    pub(super) fn width() -> f64 {
        WIDTH - 2.0 * MARGIN
    }

    /// The finished page.
    pub(super) fn finish(mut self) -> Drawing {
        self.drawing.height = self.y + MARGIN * 0.75;
        self.drawing
    }

    pub(super) fn space(&mut self, height: f64) {
        self.y += height;
    }

    /// A heading with room above.
    pub(super) fn heading(&mut self, text: &str) {
        self.space(30.0);
        self.paragraph(text, strong(21.0), 1);
        self.space(8.0);
    }

    /// A text across the page, in at most so many lines.
    pub(super) fn paragraph(&mut self, text: &str, how: Type, lines: usize) {
        self.y = self.text(text, (Self::left(), self.y), Self::width(), how, lines);
    }

    /// A text in a column; gives back where it ends.
    pub(super) fn text(
        &mut self,
        text: &str,
        (x, top): (f64, f64),
        width: f64,
        how: Type,
        lines: usize,
    ) -> f64 {
        let mut y = top;
        for line in font::broken(text, how.size, how.face, width, lines) {
            let middle = y + how.size * LEADING / 2.0;
            self.drawing.text(&line, (x, middle), Side::RightOf, how);
            y += how.size * LEADING;
        }
        y
    }

    /// A thin line across.
    pub(super) fn rule(&mut self, x: f64, y: f64, width: f64, color: RGBColor) {
        self.drawing
            .rectangle(Area::new(x, y, width, 1.0), color, 1.0);
    }

    /// Things of about equal height in `columns`, row by row; `draw` is told the left edge and top, and gives back
    /// where its thing ends.
    pub(super) fn grid<T>(
        &mut self,
        things: &[T],
        columns: usize,
        (across, down): (f64, f64),
        mut draw: impl FnMut(&mut Self, &T, (f64, f64), f64) -> f64,
    ) {
        let columns = columns.max(1);
        let width = (Self::width() - across * (columns - 1) as f64) / columns as f64;
        for (index, row) in things.chunks(columns).enumerate() {
            if index > 0 {
                self.space(down);
            }
            let top = self.y;
            let mut end = top;
            for (column, thing) in row.iter().enumerate() {
                let left = Self::left() + (width + across) * column as f64;
                end = end.max(draw(self, thing, (left, top), width));
            }
            self.y = end;
        }
    }
}
