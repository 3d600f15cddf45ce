//! Kitty's graphics protocol: <https://sw.kovidgoyal.net/kitty/graphics-protocol/>. Runs on the thread
//! "preview".
//!
//! Each place has two numbers that are used in turn, so that a picture stays until the next one is there.
//! Sending a number again replaces what it stood for, so the terminal never holds more than two a place.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::RgbImage;
use ratatui::layout::Rect;

use super::indexed::Indexed;
use super::passthrough::wrapped;
use super::{EncodeError, palette};
use crate::dashboard::preview::quality::Quality;

/// Most characters of base64 in one sequence; a multiple of 4.
const CHUNK: usize = 4096;
/// Colours of a picture that is not sent exactly.
const COLOURS: u16 = 128;
/// As [`Indexed::new`] has it: what is not seen.
const TOLERANCE: u32 = 100;
/// Above the text. Below it, kitty 0.26 no longer wipes out the text that is drawn over.
const ABOVE_TEXT: i32 = 1;

/// Places that have numbers of their own.
pub const MOST_PLACES: usize = 16;

/// Which of the two numbers of each place is next.
#[derive(Debug, Default)]
pub(super) struct Turn([bool; MOST_PLACES]);

/// The numbers of two pictures that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    /// The new picture.
    pub(super) shown: u32,
    /// The one before.
    pub(super) replaced: u32,
}

impl Turn {
    /// For a place below [`MOST_PLACES`]; those beyond share the last one's numbers.
    pub(super) fn next(&mut self, place: usize) -> Ids {
        let place = place.min(MOST_PLACES - 1);
        let [one, other] = ids(std::process::id(), place);
        let mut is_first = false;
        if let Some(turn) = self.0.get_mut(place) {
            *turn = !*turn;
            is_first = *turn;
        }
        let (shown, replaced) = if is_first { (one, other) } else { (other, one) };
        Ids { shown, replaced }
    }
}

/// Below 2^24, as the colour of a placeholder can say, and others in every process: several programs may
/// share one terminal.
fn ids(process: u32, place: usize) -> [u32; 2] {
    // Six bits say the place, 17 the process, one whose turn it is.
    let first = ((place as u32 + 4) << 18) | ((process & 0x1_FFFF) << 1);
    [first, first | 1]
}

/// Sends `picture` as number `id`, to be seen where there are placeholders over as many cells as `cells`.
pub(super) fn virtual_placement(
    picture: &RgbImage,
    quality: Quality,
    id: u32,
    cells: Rect,
    in_tmux: bool,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let action = format!("a=T,U=1,i={id},c={},r={}", cells.width, cells.height);
    Ok(transmission(picture, quality, &action)?
        .into_iter()
        .map(|piece| wrapped(piece, in_tmux))
        .collect())
}

/// Sends `picture`, puts it over `cells` of the screen, and removes the one before it.
pub(super) fn placement(
    picture: &RgbImage,
    quality: Quality,
    ids: Ids,
    cells: Rect,
    in_tmux: bool,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let Ids { shown, replaced } = ids;
    let mut pieces = transmission(picture, quality, &format!("a=t,i={shown}"))?;
    // The cursor may be anywhere between two pieces, so placing is one piece.
    let place = format!(
        "\x1b7\x1b[{};{}H\x1b_Ga=p,q=2,i={shown},p=1,c={},r={},C=1,z={ABOVE_TEXT}\x1b\\\x1b8{}",
        cells.y + 1,
        cells.x + 1,
        cells.width,
        cells.height,
        delete(replaced)
    );
    pieces.push(place.into_bytes());
    Ok(pieces
        .into_iter()
        .map(|piece| wrapped(piece, in_tmux))
        .collect())
}

/// Sends `picture` as number `id` and shows it, its upper left corner at the cursor, over so many columns
/// and rows.
pub(super) fn at_cursor(
    picture: &RgbImage,
    id: u32,
    (columns, rows): (u16, u16),
) -> Result<Vec<u8>, EncodeError> {
    let action = format!("a=T,i={id},c={columns},r={rows},C=1,z={ABOVE_TEXT}");
    Ok(transmission(picture, Quality::Exact, &action)?.concat())
}

/// Removes all pictures from the screen and from the terminal's memory.
pub(super) fn delete_all(in_tmux: bool) -> Vec<u8> {
    (0..MOST_PLACES)
        .flat_map(|place| ids(std::process::id(), place))
        .flat_map(|id| wrapped(delete(id).into_bytes(), in_tmux))
        .collect()
}

fn delete(id: u32) -> String {
    format!("\x1b_Ga=d,d=I,q=2,i={id}\x1b\\")
}

/// `picture` compressed, as sequences of at most [`CHUNK`] characters of base64, the first one with `action`.
fn transmission(
    picture: &RgbImage,
    quality: Quality,
    action: &str,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let (width, height) = picture.dimensions();
    let (format, file) = if quality == Quality::Exact {
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(picture.as_raw())?;
        let format = format!("f=24,o=z,s={width},v={height}");
        (format, deflate.finish()?)
    } else {
        ("f=100".to_owned(), few_colours(picture)?)
    };
    let text = STANDARD.encode(file);
    let count = text.len().div_ceil(CHUNK);
    let pieces = text.as_bytes().chunks(CHUNK).enumerate();
    let pieces = pieces.map(|(index, chunk)| {
        let more = u8::from(index + 1 < count);
        let keys = match index {
            0 => format!("{action},{format},t=d,q=2,m={more}"),
            _ => format!("q=2,m={more}"),
        };
        [b"\x1b_G", keys.as_bytes(), b";", chunk, b"\x1b\\"].concat()
    });
    Ok(pieces.collect())
}

/// As PNG with a palette: a quarter of what all colours take, and hardly another picture.
fn few_colours(picture: &RgbImage) -> Result<Vec<u8>, EncodeError> {
    let palette = palette::find(picture, COLOURS)?;
    let indexed = Indexed::new(picture, &palette, TOLERANCE);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    // Neighbouring numbers are not neighbouring colours, so filters only harm.
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indexed.colours)?;
    writer.finish()?;
    Ok(file)
}
