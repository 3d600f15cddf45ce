//! Pictures that are placed over the text, read back.

use image::Rgb;

use super::*;
use crate::dashboard::preview::view::Zoom;

/// What stands between the first `begin` and the last `end`.
fn between<'a>(bytes: &'a [u8], begin: &[u8], end: &[u8]) -> &'a [u8] {
    let find = |pattern: &[u8]| {
        bytes
            .windows(pattern.len())
            .position(|part| part == pattern)
    };
    let last = bytes
        .windows(end.len())
        .rposition(|part| part == end)
        .unwrap();
    &bytes[find(begin).unwrap() + begin.len()..last]
}

#[test]
fn iterm2_files_cover_the_cells() {
    for (zoom, quality, format) in [
        (Zoom::Fit, Quality::Exact, image::ImageFormat::Jpeg),
        (Zoom::Fit, Quality::Half, image::ImageFormat::Jpeg),
        (Zoom::Pixels(0), Quality::Exact, image::ImageFormat::Png),
    ] {
        let view = View {
            zoom,
            ..View::default()
        };
        let layout = view.layout((168, 153), PANEL, (8, 17)).unwrap();
        let mut painter = Painter::new(Protocol::Iterm2, false, COLOURS);
        let picture = painting(painter.pixels(&layout, quality));
        let painted = painter.paint(0, &picture, &layout, quality).unwrap();
        let [piece] = painted.pieces() else {
            panic!("{} pieces", painted.pieces().len());
        };
        assert!(piece.starts_with(b"\x1b7\x1b[3;7H\x1b]1337;File=inline=1;"));
        assert!(piece.ends_with(b"\x07\x1b8"));
        let text = String::from_utf8(between(piece, b"File=", b"\x07").to_vec()).unwrap();
        let (keys, payload) = text.split_once(':').unwrap();
        for key in [
            "width=21",
            "height=9",
            "preserveAspectRatio=0",
            "doNotMoveCursor=1",
        ] {
            assert!(keys.split(';').any(|has| has == key), "{key} in {keys}");
        }
        let file = STANDARD.decode(payload).unwrap();
        assert!(keys.contains(&format!("size={};", file.len())));
        assert_eq!(image::guess_format(&file).unwrap(), format);
        let read = image::load_from_memory(&file).unwrap().into_rgb8();
        let most = if format == image::ImageFormat::Png {
            0.0
        } else {
            16.0
        };
        let difference = difference(&picture, &read);
        assert!(difference <= most, "{quality:?}: {difference}");
    }
}

fn read_sixels(piece: &[u8]) -> RgbImage {
    let sixels = between(piece, b"\x1b[3;7H", b"\x1b8");
    let read = icy_sixel::SixelImage::decode(sixels).unwrap();
    assert!(
        read.pixels.chunks_exact(4).all(|pixel| pixel[3] == 255),
        "holes"
    );
    let colours = read
        .pixels
        .chunks_exact(4)
        .flat_map(|pixel| pixel[..3].to_vec());
    RgbImage::from_raw(read.width as u32, read.height as u32, colours.collect()).unwrap()
}

#[test]
fn sixels_look_alike_and_stay_above_the_panels_end() {
    for (quality, most) in [
        (Quality::Exact, 8.0),
        (Quality::Full, 14.0),
        (Quality::Half, 40.0),
        (Quality::Eighth, 60.0),
    ] {
        let (_, painted) = painted(Protocol::Sixel, false, quality);
        let [piece] = painted.pieces() else {
            panic!("{} pieces", painted.pieces().len());
        };
        let read = read_sixels(piece);
        // 153 is no multiple of 6.
        assert_eq!(read.dimensions(), (168, 150));
        let bands = piece.split(|byte| *byte == b'-').count();
        assert_eq!(bands * 6, 150);
        let whole = painting((168, 153));
        let whole = image::imageops::crop_imm(&whole, 0, 0, 168, 150).to_image();
        let difference = difference(&whole, &read);
        assert!(difference < most, "{quality:?}: {difference}");
    }
}

#[test]
fn sixels_keep_to_the_terminals_registers() {
    let layout = layout();
    let picture = painting(layout.pixels);
    let mut painter = Painter::new(Protocol::Sixel, false, COLOURS);
    painter.limit_sixel_colours(16);
    for quality in Quality::ALL {
        let picture = image::imageops::thumbnail(&picture, 168, 153);
        let painted = painter.paint(0, &picture, &layout, quality).unwrap();
        let text = String::from_utf8(painted.pieces()[0].clone()).unwrap();
        assert!(
            (2..=16).contains(&text.matches(";2;").count()),
            "{quality:?}"
        );
        assert!(!text.contains("#16"), "{quality:?}");
    }
}

#[test]
fn flat_colours_survive_sixels() {
    let layout = layout();
    let flat = RgbImage::from_fn(168, 153, |x, _| {
        Rgb(if x < 84 { [255, 0, 0] } else { [0, 0, 255] })
    });
    let mut painter = Painter::new(Protocol::Sixel, false, COLOURS);
    let painted = painter.paint(0, &flat, &layout, Quality::Exact).unwrap();
    let read = read_sixels(&painted.pieces()[0]);
    for (x, _, pixel) in read.enumerate_pixels() {
        assert_eq!(
            pixel.0,
            if x < 84 { [255, 0, 0] } else { [0, 0, 255] },
            "{x}"
        );
    }
    assert!(painted.bytes() < 1000, "{}", painted.bytes());
}
