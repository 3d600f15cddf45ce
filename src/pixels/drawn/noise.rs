//! Seeded gradient noise and its sums: the grain of clouds, rock, water,
//! foliage and paint. Pure functions, any thread.

use super::vector::{Vector, vector};

/// The largest integer not above `value`. `f32::floor` is a library call on
/// plain x86-64 and this is the innermost step of everything drawn here.
#[inline]
fn floor(value: f32) -> i32 {
    let truncated = value as i32;
    truncated - i32::from(value < truncated as f32)
}

/// Well-mixed bits for one lattice point.
#[inline]
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut bits = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2c1b_3c6d);
    bits ^ (bits >> 13)
}

/// The gradients a lattice point can have. A table, because choosing by
/// comparisons would have the processor guess wrong every other time.
const GRADIENTS: [(f32, f32); 8] = [
    (1.0, 0.5),
    (-1.0, 0.5),
    (1.0, -0.5),
    (-1.0, -0.5),
    (0.5, 1.0),
    (0.5, -1.0),
    (-0.5, 1.0),
    (-0.5, -1.0),
];

/// Dot product of the offset with the gradient that `bits` select.
#[inline]
fn slope(bits: u32, x: f32, y: f32) -> f32 {
    let (across, down) = GRADIENTS[(bits & 7) as usize];
    across * x + down * y
}

/// Gradient noise, smooth, about `-1.0..=1.0`, one feature per unit.
#[inline]
pub(crate) fn noise(point: Vector, seed: u32) -> f32 {
    let (column, row) = (floor(point.x), floor(point.y));
    let (x, y) = (point.x - column as f32, point.y - row as f32);
    let blend_x = x * x * x * (x * (x * 6.0 - 15.0) + 10.0);
    let blend_y = y * y * y * (y * (y * 6.0 - 15.0) + 10.0);
    let right = column.wrapping_add(1);
    let below = row.wrapping_add(1);
    let top_left = slope(hash(column, row, seed), x, y);
    let top_right = slope(hash(right, row, seed), x - 1.0, y);
    let bottom_left = slope(hash(column, below, seed), x, y - 1.0);
    let bottom_right = slope(hash(right, below, seed), x - 1.0, y - 1.0);
    let top = top_left + (top_right - top_left) * blend_x;
    let bottom = bottom_left + (bottom_right - bottom_left) * blend_x;
    (top + (bottom - top) * blend_y) * 1.35
}

/// The next octave: twice the frequency, turned so that lattices do not line
/// up, moved off the shared origin.
#[inline]
fn next_octave(point: Vector) -> Vector {
    vector(
        point.x * 1.6 + point.y * 1.2 + 17.3,
        point.y * 1.6 - point.x * 1.2 - 9.1,
    )
}

/// Sum of `octaves` octaves, each half as strong: about `-1.0..=1.0`.
#[inline]
pub(crate) fn fractal(mut point: Vector, octaves: u32, seed: u32) -> f32 {
    let mut sum = 0.0;
    let mut strength = 0.55;
    for octave in 0..octaves {
        sum += strength * noise(point, seed.wrapping_add(octave));
        strength *= 0.5;
        point = next_octave(point);
    }
    sum
}

/// Sum of creased octaves, about `0.0..=1.0`, high along sharp ridges.
#[inline]
pub(crate) fn ridged(mut point: Vector, octaves: u32, seed: u32) -> f32 {
    let mut sum = 0.0;
    let mut strength = 0.5;
    for octave in 0..octaves {
        let crest = 1.0 - noise(point, seed.wrapping_add(octave)).abs();
        sum += strength * crest * crest;
        strength *= 0.5;
        point = next_octave(point);
    }
    sum
}

/// How many octaves, 1 to `most`, starting at `frequency` features per unit,
/// stay wider than two pixels of side `pixel` units: more would only alias.
pub(crate) fn octaves(frequency: f32, pixel: f32, most: u32) -> u32 {
    let mut count = 1;
    let mut finest = frequency * 2.0;
    while count < most && finest * pixel * 2.0 < 1.0 {
        count += 1;
        finest *= 2.0;
    }
    count
}

/// Weight `0.0..=1.0` of a detail of `frequency` features per unit on pixels
/// of side `pixel` units: it fades out instead of aliasing.
pub(crate) fn visible(frequency: f32, pixel: f32) -> f32 {
    (1.6 - frequency * pixel * 2.6).clamp(0.0, 1.0)
}
