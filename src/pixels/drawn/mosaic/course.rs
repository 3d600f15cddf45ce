//! Courses: how stones lie side by side in rows. Pure functions, any thread.

use super::super::noise::hash;

/// One stone of a course, and where in it a point lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Number of the course.
    pub(crate) row: i32,
    /// The same for all points of the stone.
    pub(crate) bits: u32,
    /// Middle of the stone: across the courses and along its own, picture
    /// units.
    pub(crate) middle: (f32, f32),
    /// Offset from the middle across and along, -1 to 1 from edge to edge.
    pub(crate) offset: (f32, f32),
    /// Distance to the nearest edge, picture units.
    pub(crate) gap: f32,
}

/// How courses are cut into stones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// Height of a course, picture units.
    pub(crate) height: f32,
    /// Mean length of a stone, picture units.
    pub(crate) length: f32,
    /// Chooses the stones.
    pub(crate) seed: u32,
}

impl Cut {
    /// The course that `across` (picture units) lies in, and the height of its
    /// middle.
    pub(crate) fn course(&self, across: f32) -> (i32, f32) {
        let row = (across / self.height).floor();
        (row as i32, (row + 0.5) * self.height)
    }

    /// The stone at `along` (picture units) in the course at `across`;
    /// `around` is the length of a course that closes on itself.
    pub(crate) fn stone(&self, across: f32, along: f32, around: Option<f32>) -> Place {
        let (row, middle) = self.course(across);
        let own = hash(row, 7, self.seed);
        let count = around.map(|around| (around / self.length).round().max(3.0));
        let length = match (around, count) {
            (Some(around), Some(count)) => around / count,
            _ => self.length * (0.86 + 0.28 * part(own)),
        };
        let position = along / length + part(own >> 8);
        let wrapped = |column: i32| match count {
            Some(count) => column.rem_euclid(count as i32),
            None => column,
        };
        // Joints stray from an even spacing, never past their neighbours.
        let joint = |column: i32| {
            let bits = hash(wrapped(column), row, self.seed);
            column as f32 + (part(bits) - 0.5) * 0.52
        };
        let mut column = position.floor() as i32;
        if position < joint(column) {
            column -= 1;
        } else if position >= joint(column + 1) {
            column += 1;
        }
        let (left, right) = (joint(column), joint(column + 1));
        let (half_long, half_high) = ((right - left) * length * 0.5, self.height * 0.5);
        let centre = (left + right) * 0.5;
        let offset = (
            (across - middle) / half_high,
            (position - centre) * length / half_long,
        );
        let gap = (half_high - (across - middle).abs())
            .min(half_long - ((position - centre) * length).abs());
        Place {
            row,
            bits: hash(wrapped(column), row, self.seed ^ 0x5eed),
            middle: (middle, (centre - part(own >> 8)) * length),
            offset,
            gap,
        }
    }
}

/// The lowest eight bits as `0.0..=1.0`.
#[inline]
pub(crate) fn part(bits: u32) -> f32 {
    (bits & 0xff) as f32 / 255.0
}
