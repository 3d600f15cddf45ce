//! The content scene: a lighthouse headland at evening. This file owns the
//! order of the layers, back to front, and the finishing pass. Colours are
//! linear light until that pass. Pure, any thread.

mod boat;
mod buildings;
mod cliff;
mod cloud;
mod lantern;
mod layout;
mod lighthouse;
mod matte;
mod meadow;
mod mountain;
mod sea;
mod sky;
mod tree;

use image::Rgb32FImage;

use super::canvas::Canvas;
use super::colour::{Colour, encode};
use super::frame::Frame;
use super::noise::hash;
use super::shape::smoothstep;
use super::vector::Vector;

pub(crate) use matte::regions;

/// Draws the scene at `width` × `height` pixels.
pub(crate) fn draw(width: u32, height: u32) -> Rgb32FImage {
    let frame = Frame::new(width, height, layout::FOCUS);
    let mut canvas = Canvas::new(frame);
    sky::draw(&mut canvas);
    cloud::draw(&mut canvas);
    mountain::draw(&mut canvas);
    sea::draw(&mut canvas);
    boat::draw(&mut canvas);
    cliff::draw(&mut canvas);
    buildings::draw(&mut canvas);
    lighthouse::draw(&mut canvas);
    meadow::draw(&mut canvas);
    tree::draw(&mut canvas);
    canvas.into_image(finish)
}

/// Haze of light around the sun, a darker rim, a soft shoulder for the
/// highlights and the sRGB encoding.
fn finish(point: Vector, colour: Colour) -> Colour {
    let from_sun = point - layout::SUN;
    let glow = 1.0 / (1.0 + 26.0 * from_sun.dot(from_sun));
    let veil = Colour::new(0.11, 0.045, 0.012) * (glow * glow);
    let middle = point - super::vector::vector(0.0, 0.5);
    let rim = 1.0 - 0.30 * smoothstep(0.35, 1.0, middle.dot(middle) * 1.55);
    let lit = (colour + veil) * rim;
    let grain = hash(
        (point.x * 65_536.0) as i32,
        (point.y * 65_536.0) as i32,
        0x6772_6169,
    );
    let dither = ((grain & 0xff) as f32 / 255.0 - 0.5) * 0.010;
    lit.map(|value| encode(shoulder(value)) + dither)
}

/// Linear up to 0.6, then bends over and approaches 1.
#[inline]
fn shoulder(value: f32) -> f32 {
    const KNEE: f32 = 0.6;
    if value <= KNEE {
        return value.max(0.0);
    }
    let above = (value - KNEE) / (1.0 - KNEE);
    KNEE + (1.0 - KNEE) * above / (1.0 + above)
}
