//! Pictures as text inside a document. Pure; any thread.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError, RgbImage};

/// Nobody sees the difference any more, and the file is a fifth of a PNG's.
const QUALITY: u8 = 90;

/// `data:image/jpeg;base64,…`
pub(super) fn jpeg(picture: &RgbImage) -> Result<String, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).write_image(
        picture.as_raw(),
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes)))
}
