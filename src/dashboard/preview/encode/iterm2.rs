//! iTerm2's inline files: <https://iterm2.com/documentation-images.html>. Runs on the thread "preview".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageResult, RgbImage};

use super::passthrough::wrapped;
use crate::dashboard::preview::layout::Layout;
use crate::dashboard::preview::quality::Quality;

/// `picture` over the cells of `layout`: as PNG where every pixel is to be seen as it is, otherwise as JPEG,
/// which is a fifth as large.
pub(super) fn encode(
    picture: &RgbImage,
    layout: &Layout,
    quality: Quality,
    in_tmux: bool,
) -> ImageResult<Vec<u8>> {
    let cells = layout.cells;
    let file = file(picture, layout.real, quality)?;
    let inline = format!(
        "\x1b]1337;File=inline=1;size={};width={};height={};preserveAspectRatio=0;doNotMoveCursor=1:{}\x07",
        file.len(),
        cells.width,
        cells.height,
        STANDARD.encode(&file)
    );
    let mut piece = format!("\x1b7\x1b[{};{}H", cells.y + 1, cells.x + 1).into_bytes();
    piece.extend(wrapped(inline.into_bytes(), in_tmux));
    piece.extend(b"\x1b8");
    Ok(piece)
}

fn file(picture: &RgbImage, real: bool, quality: Quality) -> ImageResult<Vec<u8>> {
    let mut file = Vec::new();
    let (width, height) = picture.dimensions();
    let colour = ExtendedColorType::Rgb8;
    let jpeg_quality = match quality {
        Quality::Exact if real => {
            PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
                .write_image(picture, width, height, colour)?;
            return Ok(file);
        }
        Quality::Exact => 90,
        _ => 75,
    };
    JpegEncoder::new_with_quality(&mut file, jpeg_quality)
        .write_image(picture, width, height, colour)?;
    Ok(file)
}
