//! Pictures at another size, with the filters and the values of Pillow. Pure; any thread.
//!
//! Filters work on the encoded values, as Pillow, torchvision and the papers' code do, not in linear
//! light. When a picture shrinks the filters widen with it, so nothing aliases.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::Rgb32FImage;

/// How a picture is resampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Filter {
    /// The sample whose centre is nearest, either of two on a tie; aliases when it shrinks.
    Nearest,
    /// Triangle, support 1.
    Bilinear,
    /// Cubic convolution with a = −0.5 (Catmull-Rom), support 2.
    Bicubic,
    /// Sinc under a sinc window, support 3; the sharpest.
    #[default]
    Lanczos3,
}

impl Filter {
    fn algorithm(self) -> ResizeAlg {
        match self {
            Self::Nearest => ResizeAlg::Nearest,
            Self::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
            Self::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Self::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
        }
    }
}

/// `picture` at `width` × `height` pixels; the values stay in 0 to 1, for bicubic and Lanczos
/// overshoot is cut off.
///
/// A picture that has the size already is copied as it is. A `width` or `height` of 0 is taken as 1.
/// A picture without pixels gives a black one.
pub fn resize(picture: &Rgb32FImage, width: u32, height: u32, filter: Filter) -> Rgb32FImage {
    let (width, height) = (width.max(1), height.max(1));
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    resampled(picture, width, height, filter).unwrap_or_else(|| Rgb32FImage::new(width, height))
}

/// `None` for a picture without pixels, which is the only thing the resizer can refuse here: both
/// sides have one pixel type, and both buffers the length their size asks for.
fn resampled(
    picture: &Rgb32FImage,
    width: u32,
    height: u32,
    filter: Filter,
) -> Option<Rgb32FImage> {
    let bytes = bytemuck::cast_slice(picture.as_raw());
    let source =
        TypedImageRef::<F32x3>::from_buffer(picture.width(), picture.height(), bytes).ok()?;
    let mut target = TypedImage::<F32x3>::new(width, height);
    let options = ResizeOptions::new().resize_alg(filter.algorithm());
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .ok()?;
    let samples = target
        .pixels()
        .iter()
        .flat_map(|pixel| pixel.0.map(|value| value.clamp(0.0, 1.0)))
        .collect();
    Rgb32FImage::from_raw(width, height, samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::fixture;
    use proptest::prelude::*;

    fn scene() -> Rgb32FImage {
        Rgb32FImage::from_fn(24, 16, |x, y| image::Rgb(fixture::scene(x, y)))
    }

    /// `resized.txt`: a line a case, "filter width height samples…", made by `make.py` with Pillow.
    #[test]
    fn every_filter_gives_the_values_of_pillow() {
        let golden = std::fs::read_to_string(fixture::path("resized.txt")).unwrap();
        let mut cases = 0;
        for line in golden.lines() {
            let mut words = line.split(' ');
            let filter = match words.next().unwrap() {
                "nearest" => Filter::Nearest,
                "bilinear" => Filter::Bilinear,
                "bicubic" => Filter::Bicubic,
                "lanczos3" => Filter::Lanczos3,
                other => panic!("{other}"),
            };
            let mut size = || words.next().unwrap().parse::<u32>().unwrap();
            let (width, height) = (size(), size());
            let resized = resize(&scene(), width, height, filter);
            let wanted: Vec<f32> = words.map(|word| word.parse().unwrap()).collect();
            assert_eq!(resized.as_raw().len(), wanted.len());
            let worst = resized
                .as_raw()
                .iter()
                .zip(&wanted)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(
                worst < 2e-6,
                "{filter:?} to {width} × {height}: off by {worst}"
            );
            cases += 1;
        }
        assert_eq!(cases, 7);
    }

    #[test]
    fn the_same_size_is_a_copy_and_zero_is_one() {
        assert_eq!(resize(&scene(), 24, 16, Filter::Lanczos3), scene());
        assert_eq!(
            resize(&scene(), 0, 0, Filter::Bilinear).dimensions(),
            (1, 1)
        );
        assert_eq!(
            resize(&Rgb32FImage::new(0, 0), 3, 2, Filter::Bicubic),
            Rgb32FImage::new(3, 2)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_flat_picture_stays_flat_and_values_stay_in_range(
            (from_width, from_height, width, height) in (1..60_u32, 1..60_u32, 1..60_u32, 1..60_u32),
            value in 0.0..=1.0_f32,
            seed: u32,
        ) {
            let flat = Rgb32FImage::from_pixel(from_width, from_height, image::Rgb([value; 3]));
            let noise = Rgb32FImage::from_fn(from_width, from_height, |x, y| {
                let bits = (x * 7919 + y * 104_729).wrapping_add(seed).wrapping_mul(2_654_435_761);
                image::Rgb([bits & 1, bits >> 8 & 1, bits >> 16 & 1].map(|bit| bit as f32))
            });
            for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos3] {
                let resized = resize(&flat, width, height, filter);
                prop_assert_eq!(resized.dimensions(), (width, height));
                prop_assert!(resized.iter().all(|sample| (sample - value).abs() < 1e-5));
                prop_assert!(resize(&noise, width, height, filter).iter().all(|sample| (0.0..=1.0).contains(sample)));
            }
        }
    }
}
