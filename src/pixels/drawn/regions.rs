//! Masks of the drawn pictures: which parts of them are sky, sea and land, as
//! flat colours without soft edges, so that each part of the scene can take the
//! manner of its like in a style picture. Pure, any thread.

use image::{Rgb, Rgb32FImage};

use super::frame::Frame;
use super::vector::Vector;

/// A part that the pictures have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Sky,
    Sea,
    Land,
}

impl Region {
    /// Its colour in a mask: one that is simple to name and to pick.
    pub(crate) fn colour(self) -> [f32; 3] {
        match self {
            Self::Sky => [0.0, 0.0, 1.0],
            Self::Sea => [0.0, 1.0, 1.0],
            Self::Land => [0.0, 1.0, 0.0],
        }
    }
}

/// The mask of a picture that shows `region(point)` at the middle of each
/// pixel of `frame`.
pub(crate) fn mask(frame: &Frame, mut region: impl FnMut(Vector) -> Region) -> Rgb32FImage {
    let mut image = Rgb32FImage::new(frame.width as u32, frame.height as u32);
    for (column, row, pixel) in image.enumerate_pixels_mut() {
        *pixel = Rgb(region(frame.point(column as usize, row as usize)).colour());
    }
    image
}
