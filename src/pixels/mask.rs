//! Masks: pictures in which each colour is a region. Plain data, any thread.

use std::fmt;
use std::path::PathBuf;

use image::Rgb32FImage;

/// So many regions a mask may have: more are an accident, such as a JPEG or a soft brush.
pub const MOST_REGIONS: usize = 16;

/// The colour of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Colour(pub [u8; 3]);

/// `#ff0000`
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Why a picture is no mask.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// More than [`MOST_REGIONS`] colours.
    #[error(
        "{path:?} has {} colours, and in a mask each colour is a region, at most {MOST_REGIONS}\n  \
         draw it without soft edges and save it as PNG: JPEG mixes colours",
        if *.found > MOST_REGIONS * 64 { format!("more than {}", MOST_REGIONS * 64) } else { found.to_string() }
    )]
    TooManyColours {
        /// The file.
        path: PathBuf,
        /// How many were found before counting was given up.
        found: usize,
    },
}

/// Which region each pixel of a picture belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    size: (u32, u32),
    /// In order.
    regions: Vec<Colour>,
    /// An index into `regions` for every pixel, row by row.
    labels: Vec<u8>,
}

impl Mask {
    /// `picture`, RGB in [0, 1], as a mask of its colours rounded to 8 bits.
    ///
    /// # Errors
    /// How many colours it has, where they are more than [`MOST_REGIONS`].
    pub fn of(picture: &Rgb32FImage) -> Result<Self, usize> {
        let colour =
            |pixel: &image::Rgb<f32>| Colour(pixel.0.map(|value| (value * 255.0).round() as u8));
        let mut regions: Vec<Colour> = Vec::new();
        for pixel in picture.pixels() {
            let colour = colour(pixel);
            if !regions.contains(&colour) {
                regions.push(colour);
                if regions.len() > MOST_REGIONS * 64 {
                    break;
                }
            }
        }
        if regions.len() > MOST_REGIONS {
            return Err(regions.len());
        }
        regions.sort_unstable();
        let label = |pixel| regions.iter().position(|known| *known == colour(pixel));
        let labels = picture
            .pixels()
            .map(|pixel| label(pixel).unwrap_or_default() as u8)
            .collect();
        Ok(Self {
            size: picture.dimensions(),
            labels,
            regions,
        })
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// The colours that it has, in order.
    pub fn regions(&self) -> &[Colour] {
        &self.regions
    }

    /// 1 for every pixel that belongs to `region`, 0 for all others, row by row.
    pub fn pixels_of(&self, region: Colour) -> Vec<f32> {
        let index = self.regions.iter().position(|known| *known == region);
        self.labels
            .iter()
            .map(|label| f32::from(u8::from(Some(usize::from(*label)) == index)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn every_colour_is_a_region() {
        let picture = Rgb32FImage::from_fn(4, 3, |x, _| {
            if x < 3 {
                Rgb([1.0, 0.0, 0.0])
            } else {
                Rgb([0.0, 0.0, 0.2])
            }
        });
        let mask = Mask::of(&picture).unwrap();
        assert_eq!(mask.size(), (4, 3));
        let names: Vec<String> = mask.regions().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["#000033", "#ff0000"]);
        let blue = mask.pixels_of(mask.regions()[0]);
        assert_eq!(blue, [0.0, 0.0, 0.0, 1.0].repeat(3));
        assert!(mask.pixels_of(Colour([1, 2, 3])).iter().all(|&v| v == 0.0));
    }

    #[test]
    fn a_photograph_is_no_mask() {
        let picture =
            Rgb32FImage::from_fn(64, 64, |x, y| Rgb([x as f32 / 64.0, y as f32 / 64.0, 0.0]));
        assert!(Mask::of(&picture).unwrap_err() > MOST_REGIONS);
    }
}
