//! Light on the finished painting: the paint's thickness is lit from the
//! upper left, ridges shine a little, the weave of the canvas shows through
//! thin places. Pure, any thread.

use image::{Rgb, Rgb32FImage};

use super::super::colour::Colour;
use super::super::noise::{noise, visible};
use super::super::vector::Vector;
use super::surface::Surface;

/// Threads of the canvas per picture height.
const THREADS: f32 = 210.0;

/// Lights every pixel; values come out sRGB-encoded in `0.0..=1.0`.
pub(crate) fn light(surface: &Surface) -> Rgb32FImage {
    let frame = surface.frame;
    let weave = visible(THREADS, frame.pixel) * 0.06;
    let mut image = Rgb32FImage::new(frame.width as u32, frame.height as u32);
    for (column, row, target) in image.enumerate_pixels_mut() {
        let (column, row) = (column as usize, row as usize);
        let point = frame.point(column, row);
        let (across, down) = slope(surface, column, row);
        // Lambert's law against a light from the upper left, scaled so that
        // flat paint keeps its own colour.
        let bent = (across * across + down * down + 1.0).sqrt();
        let facing = (1.0 + (across * 0.62 + down * 0.78) * 0.95) / bent;
        let shade = (0.30 + 0.70 * facing).clamp(0.35, 1.6);
        let shine = (facing - 1.10).max(0.0);
        let Some(paint) = surface.paint.get(row * frame.width + column) else {
            continue;
        };
        let threads = weave * threads(point) * (1.0 - (paint.thickness * 260.0).min(0.8));
        let lit = paint.colour * (shade + threads);
        let done = (lit + Colour::new(1.0, 0.98, 0.92) * (shine * shine * 0.9).min(0.22)).clamped();
        *target = Rgb([done.red, done.green, done.blue]);
    }
    image
}

/// Slope of the paint surface, rightward and downward, dimensionless.
#[inline]
fn slope(surface: &Surface, column: usize, row: usize) -> (f32, f32) {
    let frame = surface.frame;
    let at = |column: usize, row: usize| {
        surface
            .paint
            .get(row * frame.width + column)
            .map_or(0.0, |paint| paint.thickness)
    };
    let right = (column + 1).min(frame.width.saturating_sub(1));
    let below = (row + 1).min(frame.height.saturating_sub(1));
    let left = column.saturating_sub(1);
    let above = row.saturating_sub(1);
    let scale = 0.5 / frame.pixel;
    (
        (at(right, row) - at(left, row)) * scale,
        (at(column, below) - at(column, above)) * scale,
    )
}

/// Over-and-under weave, about `-1.0..=1.0`.
#[inline]
fn threads(point: Vector) -> f32 {
    let wander = noise(point * 7.0, 95) * 1.5;
    let turn = std::f32::consts::PI * THREADS;
    (point.x * turn + wander).sin() * (point.y * turn - wander).sin()
}
