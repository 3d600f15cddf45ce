//! PNG: 8 or 16 bit RGB, marked as sRGB, texts before the pixels. Pure but for the sink; any thread.

use std::io::Write;

use image::Rgb32FImage;

use super::{BitDepth, EncodeFailure, quantize};
use crate::pixels::text::{self, TextEntry};

pub(super) fn encode(
    sink: impl Write,
    picture: &Rgb32FImage,
    bit_depth: BitDepth,
    texts: &[TextEntry],
) -> Result<(), EncodeFailure> {
    let mut encoder = png::Encoder::new(sink, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(match bit_depth {
        BitDepth::Eight => png::BitDepth::Eight,
        BitDepth::Sixteen => png::BitDepth::Sixteen,
    });
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let mut writer = encoder.write_header()?;
    for entry in texts {
        writer.write_text_chunk(&text::png::chunk(entry))?;
    }
    let samples = match bit_depth {
        BitDepth::Eight => quantize::to_8_bit(picture),
        BitDepth::Sixteen => quantize::to_16_bit(picture)
            .into_iter()
            .flat_map(u16::to_be_bytes)
            .collect(),
    };
    writer.write_image_data(&samples)?;
    writer.finish()?;
    Ok(())
}

impl From<png::EncodingError> for EncodeFailure {
    fn from(error: png::EncodingError) -> Self {
        match error {
            png::EncodingError::IoError(source) => Self::File(source),
            other => Self::Encoder(other.to_string()),
        }
    }
}
