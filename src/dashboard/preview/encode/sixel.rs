//! Sixels. Runs on the thread "preview".
//!
//! `icy_sixel` finds the colours; they are put on the pixels and written here, because a picture that changes
//! several times a second over a slow link needs a fifth of the bytes that its error diffusion leads to.

mod bands;

use icy_sixel::SixelError;
use image::RgbImage;

use super::indexed::Indexed;
use super::palette;
use crate::dashboard::preview::layout::Layout;
use crate::dashboard::preview::quality::Quality;

/// How much a picture may lose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effort {
    /// Most colours, 2 to 256.
    pub(super) colours: u16,
    /// How much farther than the nearest colour a neighbour's may be, squared, to be used for a longer run.
    pub(super) tolerance: u32,
}

/// What is lost at a quality where the terminal has so many colour registers.
pub(super) fn effort(quality: Quality, registers: u16) -> Effort {
    let (colours, tolerance) = match quality {
        Quality::Exact => (256, 0),
        Quality::Full => (64, 300),
        Quality::Half => (64, 600),
        Quality::Quarter => (48, 900),
        Quality::Eighth => (32, 1200),
    };
    Effort {
        colours: colours.min(registers).max(2),
        tolerance,
    }
}

/// `picture` over the cells of `layout`, enlarged to its pixels. Nothing is painted below the cells: rows
/// that do not fill a band of six are left out.
pub(super) fn encode(
    picture: &RgbImage,
    layout: &Layout,
    effort: Effort,
) -> Result<Vec<u8>, SixelError> {
    let cells = layout.cells;
    let mut piece = format!("\x1b7\x1b[{};{}H", cells.y + 1, cells.x + 1).into_bytes();
    piece.extend(at_cursor(picture, layout.pixels, effort)?);
    piece.extend(b"\x1b8");
    Ok(piece)
}

/// `picture` with its upper left corner at the cursor, enlarged to `pixels`.
pub(super) fn at_cursor(
    picture: &RgbImage,
    pixels: (u32, u32),
    effort: Effort,
) -> Result<Vec<u8>, SixelError> {
    let palette = palette::find(picture, effort.colours)?;
    let indexed = Indexed::new(picture, &palette, effort.tolerance);
    let mut sequence = Vec::new();
    bands::write(
        &indexed.enlarged(pixels.0, pixels.1),
        &palette,
        &mut sequence,
    );
    Ok(sequence)
}
