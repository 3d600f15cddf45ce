//! Wet paint: the colour and the thickness of what lies on each pixel. Pure
//! (it owns its pixels), any thread.

use super::super::colour::Colour;
use super::super::frame::Frame;
use super::super::random::Random;
use super::super::vector::{Vector, vector};
use super::composition::Place;

/// The warm ground that shows through where strokes leave gaps.
const GROUND: Colour = Colour::encoded(0xa8_71_3f);

/// One pixel of paint: sRGB-encoded colour, thickness in picture units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) colour: Colour,
    pub(crate) thickness: f32,
}

/// Paint over a [`Frame`], row by row.
pub(crate) struct Surface {
    pub(crate) frame: Frame,
    pub(crate) paint: Vec<Paint>,
}

impl Surface {
    /// A primed canvas with a thin blurred wash of the composition, so that
    /// gaps between strokes glow in a related colour.
    pub(crate) fn new(frame: Frame) -> Self {
        let wash = Wash::new(frame);
        let mut paint = Vec::with_capacity(frame.width * frame.height);
        for row in 0..frame.height {
            for column in 0..frame.width {
                paint.push(Paint {
                    colour: wash.at(frame.point(column, row)),
                    thickness: 0.0,
                });
            }
        }
        Self { frame, paint }
    }

    /// Whether a stroke of `reach` picture units around `place` can be seen.
    pub(crate) fn shows(&self, place: Vector, reach: f32) -> bool {
        let area = self.frame.area();
        place.x > area.left - reach
            && place.x < area.right + reach
            && place.y > area.top - reach
            && place.y < area.bottom + reach
    }
}

/// The composition sampled on a coarse grid.
struct Wash {
    left: f32,
    top: f32,
    columns: usize,
    colours: Vec<Colour>,
}

/// Side of a grid cell, picture units.
const CELL: f32 = 0.014;

impl Wash {
    fn new(frame: Frame) -> Self {
        let area = frame.area();
        let columns = ((area.right - area.left) / CELL) as usize + 3;
        let rows = ((area.bottom - area.top) / CELL) as usize + 3;
        let mut colours = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let point = vector(
                    area.left + column as f32 * CELL,
                    area.top + row as f32 * CELL,
                );
                let mut hand = Random::new((row * 4099 + column) as u64);
                let colour = Place::at(point).pigment(&mut hand, 0.1, 0.0);
                colours.push(GROUND.mix(colour, 0.78));
            }
        }
        Self {
            left: area.left,
            top: area.top,
            columns,
            colours,
        }
    }

    /// Bilinear between grid points.
    #[inline]
    fn at(&self, point: Vector) -> Colour {
        let (x, y) = ((point.x - self.left) / CELL, (point.y - self.top) / CELL);
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let at = |column: usize, row: usize| {
            let index = row * self.columns + column;
            self.colours.get(index).copied().unwrap_or(GROUND)
        };
        let above = at(column, row).mix(at(column + 1, row), right);
        let below = at(column, row + 1).mix(at(column + 1, row + 1), right);
        above.mix(below, down)
    }
}
