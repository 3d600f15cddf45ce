//! Pictures whose pixels say where they come from.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::*;
use crate::dashboard::preview::view::Zoom;
use crate::engine::message::Region;

const MARGIN: Rgb<u8> = Rgb([1, 2, 3]);
const SIZE: (u32, u32) = (200, 100);

/// Red says the column, green the row.
fn places(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 50]))
}

fn plain(colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb(colour))
}

fn answer(picture: RgbImage, region: Region) -> Seen {
    Seen {
        candidate: 0,
        step: 7,
        region,
        size: SIZE,
        picture: Arc::new(picture),
    }
}

fn whole(picture: RgbImage) -> Seen {
    let region = Region {
        x: 0,
        y: 0,
        width: SIZE.0,
        height: SIZE.1,
    };
    answer(picture, region)
}

fn composed(view: &View, panel: (u16, u16), content: &RgbImage, result: Option<&Seen>) -> RgbImage {
    let panel = Rect::new(0, 0, panel.0, panel.1);
    let layout = view.layout(SIZE, panel, (1, 1)).unwrap();
    let snapshot = plain([9, 9, 9]);
    let sources = Sources {
        content,
        style: content,
        result,
        other: None,
        snapshot: Some(&snapshot),
        margin: MARGIN,
    };
    let picture = compose(view, &layout, &sources, layout.pixels);
    assert_eq!(picture.dimensions(), layout.pixels);
    picture
}

fn showing(subject: Subject) -> View {
    View {
        subject,
        ..View::default()
    }
}

#[test]
fn a_picture_of_the_panels_size_is_shown_as_it_is() {
    let picture = places(SIZE.0, SIZE.1);
    let result = whole(picture.clone());
    let shown = composed(&View::default(), (200, 100), &picture, Some(&result));
    assert_eq!(shown, picture);
}

#[test]
fn enlarged_pixels_are_squares_of_one_colour() {
    let picture = places(SIZE.0, SIZE.1);
    let view = View {
        zoom: Zoom::Pixels(3),
        ..View::default()
    };
    let region = Region {
        x: 90,
        y: 45,
        width: 20,
        height: 10,
    };
    let cut = imageops::crop_imm(&picture, 90, 45, 20, 10).to_image();
    let from_the_engine = answer(cut, region);
    for (subject, result) in [
        (Subject::Result, Some(&from_the_engine)),
        (Subject::Content, None),
    ] {
        let view = View { subject, ..view };
        let shown = composed(&view, (160, 80), &picture, result);
        for (x, y, pixel) in shown.enumerate_pixels() {
            assert_eq!(
                pixel.0,
                [90 + (x / 8) as u8, 45 + (y / 8) as u8, 50],
                "{subject:?} {x} {y}"
            );
        }
    }
}

#[test]
fn shrinking_takes_means() {
    let stripes = RgbImage::from_fn(SIZE.0, SIZE.1, |x, _| Rgb([(x % 2) as u8 * 200; 3]));
    let shown = composed(&showing(Subject::Content), (20, 10), &stripes, None);
    for (x, _, pixel) in shown
        .enumerate_pixels()
        .filter(|(x, ..)| (2..18).contains(x))
    {
        assert!(pixel.0[0].abs_diff(100) < 12, "{x}: {pixel:?}");
    }
}

#[test]
fn what_the_engine_has_not_sent_is_margin_until_it_comes() {
    let left_half = Region {
        x: 0,
        y: 0,
        width: 100,
        height: 100,
    };
    let result = answer(RgbImage::from_pixel(50, 50, Rgb([200; 3])), left_half);
    let shown = composed(&View::default(), (200, 100), &plain([0; 3]), Some(&result));
    assert_eq!(*shown.get_pixel(99, 50), Rgb([200; 3]));
    assert_eq!(*shown.get_pixel(100, 50), MARGIN);
    let nothing = composed(&View::default(), (200, 100), &plain([0; 3]), None);
    assert!(nothing.pixels().all(|pixel| *pixel == MARGIN));
}

#[test]
fn differences_are_around_mid_grey() {
    let result = whole(plain([150, 100, 0]));
    let view = showing(Subject::Difference);
    let shown = composed(&view, (200, 100), &plain([100, 100, 255]), Some(&result));
    assert!(shown.pixels().all(|pixel| pixel.0 == [178, 128, 1]));
}

#[test]
fn content_is_left_of_the_divider_and_the_result_right_of_it() {
    let result = whole(plain([200, 0, 0]));
    let mut view = showing(Subject::Split);
    view.split = 0.25;
    let shown = composed(&view, (200, 100), &plain([0, 200, 0]), Some(&result));
    assert_eq!(*shown.get_pixel(48, 10), Rgb([0, 200, 0]));
    assert_eq!(*shown.get_pixel(49, 10), Rgb([0; 3]));
    assert_eq!(*shown.get_pixel(50, 10), Rgb([255; 3]));
    assert_eq!(*shown.get_pixel(51, 10), Rgb([200, 0, 0]));
    for split in [0.0, 1.0] {
        view.split = split;
        let shown = composed(&view, (200, 100), &plain([0, 200, 0]), Some(&result));
        let all = if split == 0.0 {
            [200, 0, 0]
        } else {
            [0, 200, 0]
        };
        assert_eq!(shown.get_pixel(100, 10).0, all);
    }
}

#[test]
fn a_snapshot_stands_before_now() {
    let result = whole(plain([200, 0, 0]));
    let view = showing(Subject::Beside);
    let beside = composed(&view, (200, 50), &plain([0; 3]), Some(&result));
    assert_eq!(beside.dimensions(), (200, 50));
    assert_eq!(beside.get_pixel(50, 25).0, [9; 3]);
    assert_eq!(beside.get_pixel(150, 25).0, [200, 0, 0]);
    let stacked = composed(&view, (100, 100), &plain([0; 3]), Some(&result));
    assert_eq!(stacked.get_pixel(50, 25).0, [9; 3]);
    assert_eq!(stacked.get_pixel(50, 75).0, [200, 0, 0]);
}

#[test]
fn fewer_pixels_show_the_same() {
    let picture = plain([10, 20, 30]);
    let panel = Rect::new(0, 0, 21, 13);
    for zoom in [
        Zoom::Fit,
        Zoom::Pixels(0),
        Zoom::Pixels(4),
        Zoom::Pixels(-3),
    ] {
        let view = View {
            zoom,
            ..showing(Subject::Content)
        };
        let layout = view.layout(SIZE, panel, (8, 17)).unwrap();
        let sources = Sources {
            content: &picture,
            style: &picture,
            result: None,
            other: None,
            snapshot: None,
            margin: Rgb([10, 20, 30]),
        };
        for pixels in [layout.pixels, (31, 17), (1, 1)] {
            let shown = compose(&view, &layout, &sources, pixels);
            assert_eq!(shown.dimensions(), pixels);
            assert!(
                shown.pixels().all(|pixel| pixel.0 == [10, 20, 30]),
                "{zoom:?} {pixels:?}"
            );
        }
    }
}
