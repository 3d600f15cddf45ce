//! Which part of picture space a pixel grid shows. Picture space has `y` from
//! 0 (top) to 1 (bottom) and `x` = 0 at the middle of a 4:3 composition, so
//! every size of picture shows the same drawing. Pure, any thread.

use std::ops::Range;

use super::vector::{Vector, vector};

/// Width of the whole composition, in picture heights.
const COMPOSITION_WIDTH: f32 = 4.0 / 3.0;
/// The widest frame that still shows the full height; wider ones crop top and
/// bottom, so that the amount of drawing stays bounded.
const WIDEST: f32 = 2.4;

/// An axis-aligned rectangle in picture units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Area {
    /// The square of half-side `reach` around `centre`.
    pub(crate) fn around(centre: Vector, reach: f32) -> Self {
        Self {
            left: centre.x - reach,
            top: centre.y - reach,
            right: centre.x + reach,
            bottom: centre.y + reach,
        }
    }

    /// The smallest area that holds both points, grown by `margin`.
    pub(crate) fn spanning(first: Vector, second: Vector, margin: f32) -> Self {
        Self {
            left: first.x.min(second.x) - margin,
            top: first.y.min(second.y) - margin,
            right: first.x.max(second.x) + margin,
            bottom: first.y.max(second.y) + margin,
        }
    }
}

/// The mapping between pixels and picture space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Pixels across and down.
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Side of one pixel in picture units.
    pub(crate) pixel: f32,
    left: f32,
    top: f32,
}

impl Frame {
    /// Frames `width` × `height` pixels; where the frame must crop, it keeps
    /// the part of the composition nearest to `focus`.
    pub(crate) fn new(width: u32, height: u32, focus: Vector) -> Self {
        let (columns, rows) = (width.max(1) as f32, height.max(1) as f32);
        let aspect = columns / rows;
        let shown_width = aspect.min(WIDEST);
        let shown_height = (WIDEST / aspect).min(1.0);
        let slide = (COMPOSITION_WIDTH - shown_width).max(0.0) / 2.0;
        Self {
            width: width as usize,
            height: height as usize,
            pixel: shown_width / columns,
            left: focus.x.clamp(-slide, slide) - shown_width / 2.0,
            top: (focus.y - shown_height / 2.0).clamp(0.0, 1.0 - shown_height),
        }
    }

    /// Centre of a pixel.
    #[inline]
    pub(crate) fn point(&self, column: usize, row: usize) -> Vector {
        vector(
            self.left + (column as f32 + 0.5) * self.pixel,
            self.top + (row as f32 + 0.5) * self.pixel,
        )
    }

    /// The pixel that holds `point`, clamped to the grid.
    #[inline]
    pub(crate) fn nearest(&self, point: Vector) -> (usize, usize) {
        let column = ((point.x - self.left) / self.pixel) as usize;
        let row = ((point.y - self.top) / self.pixel) as usize;
        (
            column.min(self.width.saturating_sub(1)),
            row.min(self.height.saturating_sub(1)),
        )
    }

    /// Everything the frame shows.
    pub(crate) fn area(&self) -> Area {
        Area {
            left: self.left,
            top: self.top,
            right: self.left + self.width as f32 * self.pixel,
            bottom: self.top + self.height as f32 * self.pixel,
        }
    }

    /// Pixel columns whose centre may lie in `area`, clipped to the grid.
    #[inline]
    pub(crate) fn columns(&self, area: Area) -> Range<usize> {
        clip(area.left, area.right, self.left, self.pixel, self.width)
    }

    /// Pixel rows whose centre may lie in `area`, clipped to the grid.
    #[inline]
    pub(crate) fn rows(&self, area: Area) -> Range<usize> {
        clip(area.top, area.bottom, self.top, self.pixel, self.height)
    }
}

/// Casting to `usize` saturates at 0, which does the clipping on the low side.
#[inline]
fn clip(from: f32, to: f32, origin: f32, pixel: f32, count: usize) -> Range<usize> {
    let first = ((from - origin) / pixel - 0.5).max(0.0) as usize;
    let last = ((to - origin) / pixel + 1.5).max(0.0) as usize;
    first.min(count)..last.min(count)
}
