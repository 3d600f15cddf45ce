//! The sea: rows of overlapping fans, larger towards the viewer, each built of
//! arcs of stones. Pure functions, any thread.

use super::super::noise::hash;
use super::super::vector::{Vector, vector};
use super::course::part;

/// Height of the horizon.
pub(crate) const SHORE: f32 = 0.640;
/// Radius of the farthest fans, picture units.
const FARTHEST: f32 = 0.062;
/// How much larger each row of fans is than the one behind it.
const GROWTH: f32 = 1.17;
/// Distance of two rows, in radii of the farther one.
const SPACING: f32 = 0.48;
/// So many rows reach below the lower edge of every frame.
const ROWS: usize = 10;

/// The fan that lies uppermost at a point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fan {
    /// Offset of the point from the fan's centre, picture units.
    pub(crate) offset: Vector,
    pub(crate) radius: f32,
    /// Distance to the outlines of this fan and of those that cover it,
    /// picture units.
    pub(crate) gap: f32,
    /// The same for all points of the fan.
    pub(crate) bits: u32,
}

/// The fan at `point`; behind the farthest row, the one nearest to it.
pub(crate) fn fan(point: Vector) -> Fan {
    let mut rows = [(0.0, 0.0); ROWS];
    let (mut centre, mut radius) = (SHORE + FARTHEST * 0.62, FARTHEST);
    for row in &mut rows {
        *row = (centre, radius);
        centre += radius * SPACING;
        radius *= GROWTH;
    }
    let mut gap = f32::MAX;
    let mut last = None;
    for (index, &(middle, radius)) in rows.iter().enumerate().rev() {
        if middle - point.y > radius + gap.min(0.05) {
            continue;
        }
        let shift = part(hash(index as i32, 3, 931)) * 0.3 + (index % 2) as f32;
        let column = ((point.x / radius - shift) * 0.5).round();
        let offset = vector(point.x - (column * 2.0 + shift) * radius, point.y - middle);
        let distance = radius - offset.length();
        let found = Fan {
            offset,
            radius,
            gap: gap.min(distance.abs()),
            bits: hash(column as i32, index as i32, 932),
        };
        if distance >= 0.0 {
            return found;
        }
        gap = gap.min(-distance);
        last = Some(found);
    }
    last.unwrap_or(Fan {
        offset: vector(0.0, -1.0),
        radius: 1.0,
        gap,
        bits: 0,
    })
}
