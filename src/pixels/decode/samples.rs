//! Decoded samples of any depth and number of channels to an opaque RGB picture in `f32`.
//! Pure; any thread.

use image::{DynamicImage, Rgb32FImage};

use super::format::PictureFormat;
use super::note::Note;

/// The picture, values in 0 to 1, and what had to be done to the values; `None` for a sample type
/// that did not exist when this was written.
pub(super) fn to_picture(
    stored: DynamicImage,
    format: PictureFormat,
) -> Option<(Rgb32FImage, Vec<Note>)> {
    let (width, height) = (stored.width(), stored.height());
    let mut notes = Vec::new();
    let spread = match &stored {
        DynamicImage::ImageRgb32F(picture) => {
            let linear = format == PictureFormat::Hdr;
            if linear {
                notes.push(Note::LinearLightEncoded);
            }
            if picture.iter().any(|value| !(0.0..=1.0).contains(value)) {
                notes.push(Note::Clipped);
            }
            let unit = |value| {
                if linear {
                    encoded_from_linear(clipped(value))
                } else {
                    clipped(value)
                }
            };
            // As it is large and of the right type already, it is changed in place.
            let DynamicImage::ImageRgb32F(mut picture) = stored else {
                return None;
            };
            for value in picture.iter_mut() {
                *value = unit(*value);
            }
            return Some((picture, notes));
        }
        DynamicImage::ImageRgba32F(picture) => {
            if picture.iter().any(|value| !(0.0..=1.0).contains(value)) {
                notes.push(Note::Clipped);
            }
            spread::<4, _>(picture, clipped)
        }
        DynamicImage::ImageLuma8(picture) => spread::<1, _>(picture, unit_from_8_bit),
        DynamicImage::ImageLumaA8(picture) => spread::<2, _>(picture, unit_from_8_bit),
        DynamicImage::ImageRgb8(picture) => spread::<3, _>(picture, unit_from_8_bit),
        DynamicImage::ImageRgba8(picture) => spread::<4, _>(picture, unit_from_8_bit),
        DynamicImage::ImageLuma16(picture) => spread::<1, _>(picture, unit_from_16_bit),
        DynamicImage::ImageLumaA16(picture) => spread::<2, _>(picture, unit_from_16_bit),
        DynamicImage::ImageRgb16(picture) => spread::<3, _>(picture, unit_from_16_bit),
        DynamicImage::ImageRgba16(picture) => spread::<4, _>(picture, unit_from_16_bit),
        _ => return None,
    };
    if spread.transparent {
        notes.push(Note::AlphaOverWhite);
    }
    Some((Rgb32FImage::from_raw(width, height, spread.samples)?, notes))
}

struct Spread {
    /// Red, green, blue, interleaved.
    samples: Vec<f32>,
    /// Whether any pixel was not opaque.
    transparent: bool,
}

/// Grey to three channels, alpha over white. `CHANNELS`: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
fn spread<const CHANNELS: usize, Sample: Copy>(
    stored: &[Sample],
    unit: impl Fn(Sample) -> f32,
) -> Spread {
    if CHANNELS == 3 {
        // The common case, and a third of the whole reading time less than pixel by pixel.
        return Spread {
            samples: stored.iter().map(|sample| unit(*sample)).collect(),
            transparent: false,
        };
    }
    let (pixels, _) = stored.as_chunks::<CHANNELS>();
    let mut samples = Vec::with_capacity(pixels.len() * 3);
    let mut transparent = false;
    for pixel in pixels {
        let (colour, alpha) = match pixel.as_slice() {
            [grey] => ([unit(*grey); 3], 1.0),
            [grey, alpha] => ([unit(*grey); 3], unit(*alpha)),
            [red, green, blue, alpha, ..] => {
                ([unit(*red), unit(*green), unit(*blue)], unit(*alpha))
            }
            _ => continue,
        };
        if alpha < 1.0 {
            transparent = true;
            samples.extend(colour.map(|value| value * alpha + (1.0 - alpha)));
        } else {
            samples.extend(colour);
        }
    }
    Spread {
        samples,
        transparent,
    }
}

fn unit_from_8_bit(value: u8) -> f32 {
    f32::from(value) / 255.0
}

fn unit_from_16_bit(value: u16) -> f32 {
    f32::from(value) / 65535.0
}

/// Into 0 to 1; what is not a number becomes 0.
fn clipped(value: f32) -> f32 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    }
}

/// IEC 61966-2-1, from linear light to the encoded value, both 0 to 1.
fn encoded_from_linear(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
#[expect(
    clippy::float_cmp,
    reason = "these values have one exact representation"
)]
mod tests {
    use super::*;
    use image::{GrayAlphaImage, ImageBuffer, LumaA, Rgba};

    #[test]
    fn alpha_is_laid_over_white() {
        let stored = GrayAlphaImage::from_raw(3, 1, vec![0, 255, 0, 0, 100, 51]).unwrap();
        let (picture, notes) = to_picture(stored.into(), PictureFormat::Png).unwrap();
        let grey: Vec<f32> = picture.pixels().map(|pixel| pixel.0[1]).collect();
        assert_eq!(notes, [Note::AlphaOverWhite]);
        assert_eq!(grey[..2], [0.0, 1.0]);
        assert!((grey[2] - (100.0 / 255.0 * 0.2 + 0.8)).abs() < 1e-6);
    }

    #[test]
    fn an_opaque_alpha_channel_is_not_worth_a_note() {
        let stored = ImageBuffer::<LumaA<u16>, _>::from_raw(1, 1, vec![32768, 65535]).unwrap();
        let (picture, notes) = to_picture(stored.into(), PictureFormat::Png).unwrap();
        assert_eq!(notes, []);
        assert_eq!(picture.get_pixel(0, 0).0, [32768.0 / 65535.0; 3]);
    }

    #[test]
    fn floats_are_clipped_and_what_is_no_number_is_black() {
        let stored =
            ImageBuffer::<Rgba<f32>, _>::from_raw(1, 1, vec![f32::NAN, -1.0, f32::INFINITY, 1.0])
                .unwrap();
        let (picture, notes) = to_picture(stored.into(), PictureFormat::Tiff).unwrap();
        assert_eq!(notes, [Note::Clipped]);
        assert_eq!(picture.get_pixel(0, 0).0, [0.0, 0.0, 1.0]);
    }

    #[test]
    fn the_srgb_curve_is_continuous_and_ends_at_one() {
        assert!((encoded_from_linear(0.003_130_8) - encoded_from_linear(0.003_130_9)).abs() < 1e-5);
        assert!((encoded_from_linear(1.0) - 1.0).abs() < 1e-6);
        assert!((encoded_from_linear(0.214_041_14) - 0.5).abs() < 1e-5);
    }
}
