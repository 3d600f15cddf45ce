//! Few enough colours for sixels. Pure functions, any thread.
//!
//! What viuer draws sixels with finds a poor palette of its own, in which most colours turn grey or
//! brown. It takes the picture's colours as they are where there are no more than 256 of them, each
//! channel a multiple of 8.

use image::imageops::{self, ColorMap};
use image::{Rgb, RgbImage};

/// Brings the picture down to such colours, evenly spread, with error diffusion.
pub(super) fn reduce(picture: &mut RgbImage) {
    imageops::dither(picture, &EvenColours);
}

/// Levels of red, green and blue, 252 colours in all; eyes see differences of green best.
const LEVELS: [u16; 3] = [6, 7, 6];

struct EvenColours;

impl EvenColours {
    fn nearest_level(value: u8, levels: u16) -> u16 {
        (u16::from(value) * (levels - 1) + 127) / 255
    }

    /// The level as a multiple of 8.
    fn value(level: u16, levels: u16) -> u8 {
        let steps_of_eight = (level * 31 + (levels - 1) / 2) / (levels - 1);
        (steps_of_eight * 8) as u8
    }
}

impl ColorMap for EvenColours {
    type Color = Rgb<u8>;

    fn index_of(&self, colour: &Rgb<u8>) -> usize {
        colour
            .0
            .into_iter()
            .zip(LEVELS)
            .fold(0, |index, (value, levels)| {
                index * usize::from(levels) + usize::from(Self::nearest_level(value, levels))
            })
    }

    fn map_color(&self, colour: &mut Rgb<u8>) {
        for (value, levels) in colour.0.iter_mut().zip(LEVELS) {
            *value = Self::value(Self::nearest_level(*value, levels), levels);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn few_colours_and_the_same_mean() {
        let mut picture = RgbImage::from_fn(64, 64, |x, y| Rgb([x as u8 * 3, y as u8 * 3, 100]));
        let mean = |picture: &RgbImage| {
            picture
                .pixels()
                .map(|pixel| f64::from(pixel.0[0]))
                .sum::<f64>()
                / 4096.0
        };
        let before = mean(&picture);
        reduce(&mut picture);
        let colours: HashSet<_> = picture.pixels().map(|pixel| pixel.0).collect();
        assert!(colours.len() <= 252 && colours.iter().flatten().all(|value| value % 8 == 0));
        assert!((mean(&picture) - before).abs() < 4.0);
    }
}
