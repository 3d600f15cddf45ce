//! `f32` samples to whole levels, rounded to nearest. Pure; any thread.

use image::Rgb32FImage;

/// Interleaved RGB, 256 levels.
pub(super) fn to_8_bit(picture: &Rgb32FImage) -> Vec<u8> {
    // A conversion from float with `as` cuts off the fraction, stays in range and makes NaN 0.
    picture
        .iter()
        .map(|value| (value * 255.0 + 0.5) as u8)
        .collect()
}

/// Interleaved RGB, 65536 levels.
pub(super) fn to_16_bit(picture: &Rgb32FImage) -> Vec<u16> {
    // In `f64`, as 65535 × value has no bits left for the fraction in `f32` to be rounded well.
    picture
        .iter()
        .map(|&value| (f64::from(value) * 65535.0 + 0.5) as u16)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_the_nearest_and_stay_in_range() {
        let samples = vec![
            0.0,
            1.0,
            0.5,
            -3.0,
            9.0,
            f32::NAN,
            127.4 / 255.0,
            127.6 / 255.0,
            f32::INFINITY,
        ];
        let picture = Rgb32FImage::from_raw(3, 1, samples).unwrap();
        assert_eq!(to_8_bit(&picture), [0, 255, 128, 0, 255, 0, 127, 128, 255]);
        assert_eq!(
            to_16_bit(&picture),
            [0, 65535, 32768, 0, 65535, 0, 32742, 32793, 65535]
        );
    }

    #[test]
    fn every_level_comes_back() {
        let levels: Vec<f32> = (0..=65535_u16)
            .map(|level| f32::from(level) / 65535.0)
            .chain([0.0, 0.0])
            .collect();
        let picture = Rgb32FImage::from_raw(levels.len() as u32 / 3, 1, levels).unwrap();
        assert!(
            to_16_bit(&picture)
                .iter()
                .take(65536)
                .enumerate()
                .all(|(level, &found)| usize::from(found) == level)
        );
    }
}
