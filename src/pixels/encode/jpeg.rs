//! JPEG: baseline, colour at full resolution (4:4:4), texts as comments. Pure but for the sink; any
//! thread.

use std::io::Write;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _, Rgb32FImage};

use super::{EncodeFailure, quantize};
use crate::pixels::text::{self, TextEntry};

/// Start of image and the JFIF segment, which has to come first: 2 bytes and 18.
const JFIF_BYTES: usize = 20;

/// Returns how many of the texts did not fit into a segment.
pub(super) fn encode(
    mut sink: impl Write,
    picture: &Rgb32FImage,
    quality: u8,
    texts: &[TextEntry],
) -> Result<usize, EncodeFailure> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality.clamp(1, 100)).write_image(
        &quantize::to_8_bit(picture),
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;

    // The encoder knows no comments, so they are put between its segments.
    let (start, rest) = file.split_at_checked(JFIF_BYTES).unwrap_or((&file, &[]));
    let mut left_out = 0;
    sink.write_all(start).map_err(EncodeFailure::File)?;
    for entry in texts {
        match text::jpeg::segment(entry) {
            Some(segment) => sink.write_all(&segment).map_err(EncodeFailure::File)?,
            None => left_out += 1,
        }
    }
    sink.write_all(rest).map_err(EncodeFailure::File)?;
    Ok(left_out)
}
