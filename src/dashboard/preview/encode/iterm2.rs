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
    let inline = inline(
        &file(picture, layout.real, quality)?,
        cells.width,
        cells.height,
    );
    let mut piece = format!("\x1b7\x1b[{};{}H", cells.y + 1, cells.x + 1).into_bytes();
    piece.extend(wrapped(inline, in_tmux));
    piece.extend(b"\x1b8");
    Ok(piece)
}

/// `picture` as it is, with its upper left corner at the cursor, over so many columns and rows.
pub(super) fn at_cursor(picture: &RgbImage, (columns, rows): (u16, u16)) -> ImageResult<Vec<u8>> {
    Ok(inline(&file(picture, true, Quality::Exact)?, columns, rows))
}

fn inline(file: &[u8], columns: u16, rows: u16) -> Vec<u8> {
    format!(
        "\x1b]1337;File=inline=1;size={};width={columns};height={rows};preserveAspectRatio=0;\
        doNotMoveCursor=1:{}\x07",
        file.len(),
        STANDARD.encode(file)
    )
    .into_bytes()
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
