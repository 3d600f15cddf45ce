//! A part of a picture at another size. Pure; runs on the thread "preview".

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// A part of a picture in its pixels, or in fractions of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Part {
    /// What lies in both; `None` where that is nothing.
    pub(super) fn shared(self, other: Self) -> Option<Self> {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let width = (self.x + self.width).min(other.x + other.width) - x;
        let height = (self.y + self.height).min(other.y + other.height) - y;
        (width > 0.0 && height > 0.0).then_some(Self {
            x,
            y,
            width,
            height,
        })
    }

    /// Where in `onto` this part lies, if `all` lies over all of `onto`.
    pub(super) fn mapped(self, all: Self, onto: Self) -> Self {
        let (across, down) = (onto.width / all.width, onto.height / all.height);
        Self {
            x: onto.x + (self.x - all.x) * across,
            y: onto.y + (self.y - all.y) * down,
            width: self.width * across,
            height: self.height * down,
        }
    }
}

/// `part` of `picture`, which must lie in it, at `width` × `height` pixels: antialiased or smooth, or with
/// `real` the nearest pixel. `None` where a side has no pixels.
pub(super) fn resampled(
    picture: &RgbImage,
    part: Part,
    (width, height): (u32, u32),
    real: bool,
) -> Option<RgbImage> {
    let all = Part {
        x: 0.0,
        y: 0.0,
        width: f64::from(picture.width()),
        height: f64::from(picture.height()),
    };
    if part == all && picture.dimensions() == (width, height) {
        return Some(picture.clone());
    }
    // Rounding must not leave the picture.
    let part = part.shared(all)?;
    let algorithm = if real {
        ResizeAlg::Nearest
    } else {
        ResizeAlg::Convolution(FilterType::CatmullRom)
    };
    let options =
        ResizeOptions::new()
            .resize_alg(algorithm)
            .crop(part.x, part.y, part.width, part.height);
    let source = ImageRef::new(
        picture.width(),
        picture.height(),
        picture.as_raw(),
        PixelType::U8x3,
    );
    let mut target = Image::new(width, height, PixelType::U8x3);
    Resizer::new()
        .resize(&source.ok()?, &mut target, &options)
        .ok()?;
    RgbImage::from_raw(width, height, target.into_vec())
}
