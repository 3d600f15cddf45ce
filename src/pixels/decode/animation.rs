//! Whether a file holds more frames than the one that is read. Pure; any thread.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, ImageDecoder, Limits};

use super::format::PictureFormat;

/// `false` also where the file is damaged, or asks for more memory than `limits`; reading the picture will tell.
pub(super) fn has_more_frames(bytes: &[u8], format: PictureFormat, limits: Limits) -> bool {
    let source = Cursor::new(bytes);
    match format {
        // A GIF does not say how many frames it has.
        PictureFormat::Gif => GifDecoder::new(source).is_ok_and(|mut decoder| {
            decoder.set_limits(limits).is_ok()
                && decoder
                    .into_frames()
                    .nth(1)
                    .is_some_and(|frame| frame.is_ok())
        }),
        PictureFormat::Png => PngDecoder::with_limits(source, limits)
            .is_ok_and(|decoder| decoder.is_apng().unwrap_or(false)),
        PictureFormat::WebP => {
            WebPDecoder::new(source).is_ok_and(|decoder| decoder.has_animation())
        }
        _ => false,
    }
}
