//! A stone of the mosaic as it is seen at a point. Plain data, pure, any
//! thread.

use super::super::colour::Colour;
use super::super::vector::{Vector, vector};
use super::course::{Place, part};

/// Where the light comes from: the upper left.
const LIGHT: Vector = vector(-0.55, -0.83);

/// A stone, and how the point lies in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stone {
    pub(crate) colour: Colour,
    /// Distance to the nearest joint, picture units.
    pub(crate) gap: f32,
    /// How much lighter it is than its colour because of how it lies, -0.15 to
    /// 0.15.
    pub(crate) tilt: f32,
    /// How far the nearest edge faces the light, -1 to 1.
    pub(crate) facing: f32,
}

impl Stone {
    /// One of `colour` at `place`, in a course that runs along `direction`; the
    /// courses follow each other along `outward` (unit vectors).
    pub(crate) fn at(place: &Place, colour: Colour, outward: Vector, direction: Vector) -> Self {
        let (across, along) = place.offset;
        let normal = if across.abs() > along.abs() {
            outward * across.signum()
        } else {
            direction * along.signum()
        };
        Self {
            colour,
            gap: place.gap,
            tilt: (part(place.bits >> 16) - 0.5) * 0.30,
            facing: normal.dot(LIGHT),
        }
    }

    /// The same, cut off at `distance` from the point (picture units).
    pub(crate) fn cut_off(self, distance: f32) -> Self {
        Self {
            gap: self.gap.min(distance),
            ..self
        }
    }
}
