//! The colours that a picture is best drawn with. Pure; runs on the thread "preview".

use icy_sixel::{EncodeOptions, Result, SixelImage};
use image::{DynamicImage, RgbImage, imageops};

/// Enough pixels across and down to find colours in.
const SAMPLE: u32 = 96;

/// At most `count` colours, by Wu's method.
pub(super) fn find(picture: &RgbImage, count: u16) -> Result<Vec<[u8; 3]>> {
    let (width, height) = picture.dimensions();
    let (width, height) = (width.min(SAMPLE), height.min(SAMPLE));
    // The nearest pixel: means would lose what is small and bright.
    let sample = imageops::resize(picture, width, height, imageops::FilterType::Nearest);
    let rgba = DynamicImage::ImageRgb8(sample).into_rgba8().into_raw();
    let options = EncodeOptions {
        max_colors: count,
        diffusion: 0.0,
        ..EncodeOptions::default()
    };
    let drawn = SixelImage::try_from_rgba(rgba, width as usize, height as usize)?;
    let drawn = SixelImage::decode(drawn.encode_with(&options)?.as_bytes())?;
    let mut colours: Vec<[u8; 3]> = (drawn.pixels.chunks_exact(4))
        .map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    colours.sort_unstable();
    colours.dedup();
    Ok(colours)
}
