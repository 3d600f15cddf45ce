//! The small pictures of `tests/pictures`, for the unit tests. `make.py` there made them.

use std::path::PathBuf;

use image::Rgb32FImage;

/// The colours of `quarters`: upper left, upper right, lower left, lower right.
const QUARTERS: [[u8; 3]; 4] = [[220, 40, 30], [40, 200, 60], [40, 60, 210], [230, 210, 50]];

pub(super) fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures")).join(name)
}

pub(super) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).expect(name)
}

/// Every picture file of the folder.
pub(super) fn all_names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path(""))
        .expect("the folder of fixtures")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a plain name")
        })
        .filter(|name| !matches!(name.rsplit('.').next(), Some("py" | "txt")))
        .collect();
    names.sort();
    assert!(names.len() > 40, "{names:?}");
    names
}

/// `scene`, 24 × 16 in 8 bit, by its formula.
pub(super) fn scene(x: u32, y: u32) -> [f32; 3] {
    [x * 11, y * 17, (x * 7 + y * 5) % 256].map(|value| value as f32 / 255.0)
}

/// `scene_deep`, 24 × 16 in 16 bit, by its formula.
pub(super) fn scene_deep(x: u32, y: u32) -> [f32; 3] {
    [x * 2800 + 3, y * 4300 + 7, (x * 1009 + y * 2003) % 65536].map(|value| value as f32 / 65535.0)
}

/// Largest difference of any sample to what `expected` says of its place.
pub(super) fn largest_difference(
    picture: &Rgb32FImage,
    expected: impl Fn(u32, u32) -> [f32; 3],
) -> f32 {
    picture
        .enumerate_pixels()
        .flat_map(|(x, y, pixel)| {
            let wanted = expected(x, y);
            (0..3).map(move |channel| (pixel.0[channel] - wanted[channel]).abs())
        })
        .fold(0.0, f32::max)
}

/// Fails unless the picture is `quarters`, upright, each colour within `tolerance` levels of 255.
pub(super) fn assert_is_quarters(picture: &Rgb32FImage, tolerance: f32, name: &str) {
    assert_eq!(picture.dimensions(), (32, 24), "{name}");
    let places = [(5, 4), (26, 4), (5, 19), (26, 19)];
    for ((x, y), colour) in places.into_iter().zip(QUARTERS) {
        let found = picture.get_pixel(x, y).0.map(|value| value * 255.0);
        let near = found
            .iter()
            .zip(colour)
            .all(|(found, wanted)| (found - f32::from(wanted)).abs() <= tolerance);
        assert!(near, "{name} at {x}, {y}: {found:?}, expected {colour:?}");
    }
}
