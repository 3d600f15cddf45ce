//! Pictures that stand in the text, read back.

use std::num::NonZero;

use image::Rgb;
use vt100::Color as Seen;

use super::*;

const CELLS: (u16, u16) = (12, 4);

fn sequence(protocol: Protocol) -> (RgbImage, Vec<u8>) {
    let mut painter = Painter::new(protocol, false, COLOURS);
    let picture = painting(painter.pixels_at_cursor(CELLS, (8, 16)));
    let sequence = painter.paint_at_cursor(&picture, CELLS).unwrap();
    (picture, sequence)
}

#[test]
fn sixels_and_kitty_pictures_have_every_pixel() {
    let (picture, sixels) = sequence(Protocol::Sixel);
    let read = icy_sixel::SixelImage::decode(&sixels).unwrap();
    // 64 is no multiple of 6.
    assert_eq!((read.width, read.height), (96, 60));
    assert_eq!(picture.dimensions(), (96, 64));

    let (picture, kitty) = sequence(Protocol::KittyDirect);
    let text = String::from_utf8(kitty).unwrap();
    let pieces: Vec<Vec<u8>> = text
        .split_inclusive("\x1b\\")
        .map(|piece| piece.as_bytes().to_vec())
        .collect();
    let (keys, payload) = kitty_payload(&pieces);
    assert_eq!(inflated(&payload), *picture.as_raw());
    for key in ["a=T", "s=96", "v=64", "c=12", "r=4", "C=1"] {
        assert!(keys.split(',').any(|has| has == key), "{key} in {keys}");
    }
}

#[test]
fn half_blocks_stand_where_the_cursor_was() {
    let (picture, text) = sequence(Protocol::HalfBlocks);
    assert_eq!(picture.dimensions(), (12, 8));
    let size = |cells| NonZero::new(cells).unwrap();
    let mut screen = vt100::Parser::new(size(10), size(40), 0);
    screen.process(b"\x1b[3;6H");
    screen.process(&text);
    for (x, y) in [(0, 0), (11, 0), (5, 2), (11, 3)] {
        let cell = screen.screen().cell(2 + y, 5 + x).unwrap();
        let pixel = |row| {
            let Rgb([red, green, blue]) = *picture.get_pixel(u32::from(x), row);
            Seen::Rgb(red, green, blue)
        };
        let row = u32::from(y) * 2;
        assert_eq!(
            (cell.fgcolor(), cell.bgcolor()),
            (pixel(row), pixel(row + 1))
        );
    }
    let around = [(2, 4), (2, 17), (6, 5), (1, 5)];
    for (row, column) in around {
        let cell = screen.screen().cell(row, column).unwrap();
        assert_eq!(cell.bgcolor(), Seen::Default, "{row} {column}");
    }
}
