//! Every protocol's bytes, read back.

mod at_cursor;
mod placed;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::*;
use crate::dashboard::preview::view::View;
use crate::pixels::drawn;

const COLOURS: ColourSupport = ColourSupport {
    colours: true,
    true_color: true,
    dark: true,
};
const PANEL: Rect = Rect {
    x: 6,
    y: 2,
    width: 21,
    height: 9,
};

fn layout() -> Layout {
    View::default().layout((168, 153), PANEL, (8, 17)).unwrap()
}

fn painting((width, height): (u32, u32)) -> RgbImage {
    let picture = drawn::painting(width, height);
    let values = picture
        .as_raw()
        .iter()
        .map(|value| (value * 255.0).round() as u8);
    RgbImage::from_raw(width, height, values.collect()).unwrap()
}

fn painted(protocol: Protocol, in_tmux: bool, quality: Quality) -> (RgbImage, Painted) {
    let layout = layout();
    let mut painter = Painter::new(protocol, in_tmux, COLOURS);
    let picture = painting(painter.pixels(&layout, quality));
    let painted = painter.paint(0, &picture, &layout, quality).unwrap();
    (picture, painted)
}

/// Root of the mean squared difference of two pictures.
fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    let squares: f64 = (one.iter().zip(other.iter()))
        .map(|(one, other)| f64::from(one.abs_diff(*other)).powi(2))
        .sum();
    (squares / one.len() as f64).sqrt()
}

/// The keys of the first kitty sequence, and the payload of all of them.
fn kitty_payload(pieces: &[Vec<u8>]) -> (String, Vec<u8>) {
    let mut text = String::new();
    let mut keys = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let piece = String::from_utf8(piece.clone()).unwrap();
        let sequence = piece
            .strip_prefix("\x1b_G")
            .unwrap()
            .strip_suffix("\x1b\\")
            .unwrap();
        let (these, chunk) = sequence.split_once(';').unwrap();
        assert!(chunk.len() <= 4096 && (chunk.len() == 4096 || index + 1 == pieces.len()));
        let more = if index + 1 < pieces.len() {
            "m=1"
        } else {
            "m=0"
        };
        assert!(these.ends_with(more), "{these}");
        assert!(these.contains("q=2"), "{these}");
        if index == 0 {
            keys = these.to_owned();
        }
        text.push_str(chunk);
    }
    (keys, STANDARD.decode(text).unwrap())
}

fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut pixels = Vec::new();
    std::io::copy(&mut flate2::read::ZlibDecoder::new(bytes), &mut pixels).unwrap();
    pixels
}

#[test]
fn exact_kitty_pictures_are_exact() {
    let (picture, painted) = painted(Protocol::KittyPlaceholders, false, Quality::Exact);
    let Painted::Placeholders { pieces, cells } = painted else {
        panic!("{painted:?}");
    };
    let (keys, payload) = kitty_payload(&pieces);
    assert!(pieces.len() > 1);
    assert_eq!(inflated(&payload), *picture.as_raw());
    for key in ["a=T", "U=1", "f=24", "o=z", "s=168", "v=153", "c=21", "r=9"] {
        assert!(keys.split(',').any(|has| has == key), "{key} in {keys}");
    }
    let id: u32 = keys
        .split(',')
        .find_map(|key| key.strip_prefix("i="))
        .unwrap()
        .parse()
        .unwrap();
    let Color::Rgb(red, green, blue) = cells.content()[0].fg else {
        panic!("no colour");
    };
    assert_eq!(u32::from_be_bytes([0, red, green, blue]), id);
    assert_eq!(cells.area, PANEL);
}

#[test]
fn other_kitty_pictures_have_fewer_colours_and_look_alike() {
    for quality in [Quality::Full, Quality::Half] {
        let (picture, painted) = painted(Protocol::KittyPlaceholders, false, quality);
        let (keys, payload) = kitty_payload(painted.pieces());
        assert!(
            keys.contains("f=100") && keys.contains("c=21,r=9"),
            "{keys}"
        );
        let read = image::load_from_memory(&payload).unwrap().into_rgb8();
        assert_eq!(read.dimensions(), quality.scaled((168, 153)));
        let difference = difference(&picture, &read);
        assert!(difference < 12.0, "{quality:?}: {difference}");
    }
}

#[test]
fn two_numbers_take_turns_and_the_one_before_goes() {
    let layout = layout();
    let picture = painting(layout.pixels);
    let mut painter = Painter::new(Protocol::KittyDirect, false, COLOURS);
    let mut numbers = Vec::new();
    for _ in 0..4 {
        let painted = painter.paint(0, &picture, &layout, Quality::Exact).unwrap();
        let (last, sent) = painted.pieces().split_last().unwrap();
        let (keys, payload) = kitty_payload(sent);
        assert_eq!(inflated(&payload), *picture.as_raw());
        assert!(keys.starts_with("a=t,i="), "{keys}");
        let last = String::from_utf8(last.clone()).unwrap();
        assert!(last.starts_with("\x1b7\x1b[3;7H\x1b_Ga=p,"), "{last:?}");
        assert!(
            last.contains("c=21,r=9,C=1") && last.contains("\x1b8\x1b_Ga=d,d=I,"),
            "{last:?}"
        );
        let id = |text: &str| text.split("i=").nth(1).map(|rest| rest[..7].to_owned());
        let (shown, gone) = last.split_once("\x1b8").unwrap();
        numbers.push((id(shown).unwrap(), id(gone).unwrap()));
    }
    assert_ne!(numbers[0].0, numbers[0].1);
    assert_eq!(numbers[0], (numbers[1].1.clone(), numbers[1].0.clone()));
    assert_eq!(numbers[0], numbers[2]);
    let all = String::from_utf8(delete_all(Protocol::KittyDirect, false)).unwrap();
    assert!(all.contains(&numbers[0].0) && all.contains(&numbers[0].1));
    assert!(delete_all(Protocol::Sixel, false).is_empty());
}

#[test]
fn tmux_gets_every_sequence_wrapped() {
    let (_, plain) = painted(Protocol::KittyPlaceholders, false, Quality::Exact);
    let (_, wrapped) = painted(Protocol::KittyPlaceholders, true, Quality::Exact);
    assert_eq!(plain.pieces().len(), wrapped.pieces().len());
    for (plain, wrapped) in plain.pieces().iter().zip(wrapped.pieces()) {
        let inner = wrapped
            .strip_prefix(b"\x1bPtmux;")
            .unwrap()
            .strip_suffix(b"\x1b\\")
            .unwrap();
        let single = String::from_utf8(inner.to_vec())
            .unwrap()
            .replace("\x1b\x1b", "\x1b");
        assert_eq!(single.as_bytes(), plain);
    }
}
