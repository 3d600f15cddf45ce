//! The second style picture: a mosaic of a setting sun over waves. This file
//! owns how a stone and its joints look; which stone lies where is found for
//! each pixel alone, so nothing is kept. Colours are sRGB-encoded throughout. Pure,
//! any thread.

mod composition;
mod course;
mod palette;
mod sky;
mod stone;
mod waves;

use image::Rgb32FImage;

use super::canvas::Canvas;
use super::colour::Colour;
use super::frame::Frame;
use super::noise::{fractal, octaves, visible};
use super::regions::{Region, mask};
use super::shape::coverage;
use super::vector::{Vector, vector};
use composition::{Motif, motif, set_by_hand, stone};

/// Narrow frames keep the sun in view.
const FOCUS: Vector = vector(0.21, 0.45);
/// What the stones are set in.
const MORTAR: Colour = Colour::encoded(0x17_10_12);
/// Half the width of a joint, picture units.
const JOINT: f32 = 0.0017;
/// How far the worn edge of a stone reaches inward, picture units.
const BEVEL: f32 = 0.0042;

/// Lays the picture at `width` × `height` pixels.
pub(crate) fn draw(width: u32, height: u32) -> Rgb32FImage {
    let frame = Frame::new(width, height, FOCUS);
    let pixel = frame.pixel;
    let grain = octaves(90.0, pixel, 4);
    let bevelled = visible(1.0 / BEVEL, pixel);
    let mut canvas = Canvas::new(frame);
    canvas.shade(frame.area(), |point, _| {
        let found = stone(set_by_hand(point));
        let speckle = fractal(point * 90.0, grain, 921);
        let inside = coverage(JOINT - found.gap, pixel.max(0.0012));
        let rounded = 1.0 - ((found.gap - JOINT) / BEVEL).clamp(0.0, 1.0);
        let edge = rounded * rounded * found.facing * bevelled;
        let light = 1.0 + found.tilt + speckle * 0.07 + edge * 0.34;
        let mortar = MORTAR * (1.0 + speckle * 0.5);
        mortar.mix(found.colour * light, inside)
    });
    canvas.into_image(|_, colour| colour)
}

/// The mosaic's mask at `width` × `height` pixels, for [`draw`]'s picture of
/// that size.
pub(crate) fn regions(width: u32, height: u32) -> Rgb32FImage {
    let frame = Frame::new(width, height, FOCUS);
    mask(&frame, |point| match motif(set_by_hand(point)) {
        Motif::Sky => Region::Sky,
        Motif::Hill => Region::Land,
        Motif::Sea => Region::Sea,
    })
}
