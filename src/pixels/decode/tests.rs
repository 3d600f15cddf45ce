//! Every fixture is read as what it shows. Unit tests of [`super`].
#![expect(
    clippy::float_cmp,
    reason = "these values have one exact representation"
)]

mod refused;

use super::*;
use crate::pixels::fixture::{self, assert_is_quarters, largest_difference};

fn read_fixture(name: &str) -> Decoded {
    read(&fixture::path(name)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_lossless_format_keeps_8_bit_exactly() {
    for name in [
        "scene.png",
        "scene_interlaced.png",
        "scene.bmp",
        "scene.ppm",
        "scene.qoi",
        "scene.tif",
        "scene.webp",
        "opaque.png",
    ] {
        let decoded = read_fixture(name);
        assert_eq!(decoded.picture.dimensions(), (24, 16), "{name}");
        assert_eq!(decoded.notes, [], "{name}");
        assert!(
            largest_difference(&decoded.picture, fixture::scene) < 1e-7,
            "{name}"
        );
    }
}

#[test]
fn sixteen_bit_keep_their_precision() {
    for name in ["scene_deep.png", "scene_deep.ppm", "scene_deep.tif"] {
        assert!(
            largest_difference(&read_fixture(name).picture, fixture::scene_deep) < 1e-7,
            "{name}"
        );
    }
    let grey = read_fixture("grey_deep.png").picture;
    assert!(largest_difference(&grey, |x, y| [fixture::scene_deep(x, y)[0]; 3]) < 1e-7);
}

#[test]
fn grey_becomes_three_equal_channels() {
    let expected = |x, y| [fixture::scene(x, y)[2]; 3];
    assert!(largest_difference(&read_fixture("grey.png").picture, expected) < 1e-7);
    assert!(largest_difference(&read_fixture("grey.jpg").picture, expected) < 0.03);
}

#[test]
fn alpha_is_composited_over_white() {
    let over_white = |colour: [f32; 3], x: u32| {
        let alpha = (x * 11).min(255) as f32 / 255.0;
        colour.map(|value| value * alpha + 1.0 - alpha)
    };
    for name in ["alpha.png", "alpha.webp"] {
        let decoded = read_fixture(name);
        assert_eq!(decoded.notes, [Note::AlphaOverWhite], "{name}");
        assert!(
            largest_difference(&decoded.picture, |x, y| over_white(fixture::scene(x, y), x)) < 1e-6,
            "{name}"
        );
    }
    let deep = read_fixture("alpha_deep.png").picture;
    assert!(largest_difference(&deep, |x, y| over_white(fixture::scene_deep(x, y), x)) < 1e-6);
    let grey = read_fixture("grey_alpha.png").picture;
    assert!(largest_difference(&grey, |x, y| over_white([fixture::scene(x, y)[2]; 3], x)) < 1e-6);
}

#[test]
fn palettes_are_resolved_and_their_transparent_entry_is_white() {
    assert_is_quarters(&read_fixture("palette.bmp").picture, 0.1, "palette.bmp");
    assert_is_quarters(&read_fixture("still.gif").picture, 0.1, "still.gif");
    for name in ["palette.png", "animated.gif"] {
        let decoded = read_fixture(name);
        assert!(decoded.notes.contains(&Note::AlphaOverWhite), "{name}");
        assert_eq!(decoded.picture.get_pixel(5, 4).0, [1.0; 3], "{name}");
        assert!(
            (decoded.picture.get_pixel(26, 4).0[1] - 200.0 / 255.0).abs() < 1e-6,
            "{name}"
        );
    }
}

#[test]
fn an_animation_gives_its_first_frame_and_says_so() {
    for name in ["animated.webp", "animated.png"] {
        let decoded = read_fixture(name);
        assert_eq!(decoded.notes, [Note::FirstFrame], "{name}");
        assert_is_quarters(&decoded.picture, 0.1, name);
    }
    assert!(
        read_fixture("animated.gif")
            .notes
            .contains(&Note::FirstFrame)
    );
    assert!(!read_fixture("still.gif").notes.contains(&Note::FirstFrame));
}

#[test]
fn lossy_formats_keep_the_colours() {
    for name in [
        "quarters.jpg",
        "quarters_progressive.jpg",
        "quarters_separate_scans.jpg",
    ] {
        assert_is_quarters(&read_fixture(name).picture, 5.0, name);
    }
    assert_is_quarters(
        &read_fixture("quarters_lossy.webp").picture,
        6.0,
        "quarters_lossy.webp",
    );
}

#[test]
fn four_inks_become_their_colours() {
    for name in [
        "inks_adobe.jpg",
        "inks_plain.jpg",
        "inks_ycck.jpg",
        "inks.tif",
    ] {
        let decoded = read_fixture(name);
        assert_eq!(decoded.notes, [Note::FourInks], "{name}");
        assert_is_quarters(&decoded.picture, 4.0, name);
    }
}

#[test]
fn all_eight_orientations_end_upright() {
    for orientation in 1..=8 {
        let name = format!("turned_{orientation}.jpg");
        let decoded = read_fixture(&name);
        assert_is_quarters(&decoded.picture, 3.0, &name);
        let expected = if orientation == 1 {
            vec![]
        } else {
            vec![Note::Turned {
                exif_orientation: orientation,
            }]
        };
        assert_eq!(decoded.notes, expected, "{name}");
        let stored = if orientation < 5 { (32, 24) } else { (24, 32) };
        assert_eq!(decoded.stored_size, stored, "{name}");
    }
    for name in ["turned_6.png", "turned_6.tif", "turned_6.webp"] {
        assert_is_quarters(&read_fixture(name).picture, 0.1, name);
    }
}

#[test]
fn light_beyond_white_is_clipped() {
    let hdr = read_fixture("bands.hdr");
    assert_eq!(hdr.notes, [Note::LinearLightEncoded, Note::Clipped]);
    let bands = [4, 12, 20].map(|x| hdr.picture.get_pixel(x, 3).0[0]);
    assert!((bands[0] - 0.537).abs() < 0.001, "{bands:?}");
    assert!(
        bands[1..]
            .iter()
            .all(|band| (1.0 - 1e-6..=1.0).contains(band)),
        "{bands:?}"
    );
    let float = read_fixture("float.tif");
    assert_eq!(float.notes, []);
    assert_eq!(
        [4, 12, 20].map(|x| float.picture.get_pixel(x, 3).0[0]),
        [0.0625, 0.25, 1.0]
    );
}

#[test]
fn the_file_is_fingerprinted_and_named_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let misnamed = folder.path().join("really a png.jpg");
    std::fs::copy(fixture::path("scene.png"), &misnamed).unwrap();
    let decoded = read(&misnamed).unwrap();
    assert_eq!(decoded.format, PictureFormat::Png);
    assert_eq!(
        decoded.sha256,
        source::sha256_hex(&fixture::bytes("scene.png"))
    );
    assert_eq!(decoded.file_bytes, fixture::bytes("scene.png").len() as u64);
}

#[test]
fn a_picture_of_one_pixel_is_a_picture() {
    let decoded = decode(b"P6 1 1 255\n\xFF\0\0", Path::new("it"), PIXEL_LIMIT).unwrap();
    assert_eq!(decoded.picture.get_pixel(0, 0).0, [1.0, 0.0, 0.0]);
}
