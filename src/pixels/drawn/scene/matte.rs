//! Where the scene is sky, sea and land: what stands in front is drawn once
//! over black and once over white, and where both look the same, it hides what
//! lies behind it. Pure, any thread.

use image::Rgb32FImage;

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Frame;
use super::super::regions::{Region, mask};
use super::super::vector::Vector;
use super::layout::{FOCUS, HORIZON};
use super::{boat, buildings, cliff, lighthouse, meadow, mountain, tree};

/// The scene's mask at `width` × `height` pixels, for
/// [`draw`](super::draw)'s picture of that size.
pub(crate) fn regions(width: u32, height: u32) -> Rgb32FImage {
    let frame = Frame::new(width, height, FOCUS);
    let is_land = hiding(frame, |canvas| {
        mountain::draw(canvas);
        cliff::draw_rock(canvas);
        buildings::draw(canvas);
        lighthouse::draw(canvas);
        meadow::draw(canvas);
        tree::draw(canvas);
    });
    let is_boat = hiding(frame, boat::draw);
    mask(&frame, |point| {
        if is_land(point) {
            Region::Land
        } else if point.y > HORIZON || is_boat(point) {
            Region::Sea
        } else {
            Region::Sky
        }
    })
}

/// Whether what `draw` draws hides more than half of what lies behind it at a
/// point.
fn hiding(frame: Frame, draw: impl Fn(&mut Canvas)) -> impl Fn(Vector) -> bool {
    let over = |ground: f32| {
        let mut canvas = Canvas::new(frame);
        canvas.shade(frame.area(), |_, _| Colour::new(ground, ground, ground));
        draw(&mut canvas);
        canvas
    };
    let (dark, light) = (over(0.0), over(1.0));
    move |point| light.at(point).green - dark.at(point).green < 0.5
}
