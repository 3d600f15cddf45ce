//! What holds for every picture and for every damaged file, tried on many.

use std::path::Path;

use image::Rgb32FImage;
use proptest::prelude::*;

use crate::pixels::decode::{decode, read};
use crate::pixels::encode::{BitDepth, WriteOptions, write};
use crate::pixels::fixture;
use crate::pixels::text::{self, TextEntry, read_text};

/// Small, so that a damaged header which asks for much is refused and the tests stay quick.
const PIXEL_LIMIT: u64 = 1 << 20;

fn configuration(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn any_picture() -> impl Strategy<Value = Rgb32FImage> {
    (1..40_u32, 1..40_u32).prop_flat_map(|(width, height)| {
        prop::collection::vec(0.0..=1.0_f32, (width * height * 3) as usize)
            .prop_map(move |samples| Rgb32FImage::from_raw(width, height, samples).unwrap())
    })
}

proptest! {
    #![proptest_config(configuration(48))]

    #[test]
    fn png_keeps_every_sample_to_half_a_level(picture in any_picture(), deep: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let bit_depth = if deep { BitDepth::Sixteen } else { BitDepth::Eight };
        write(&path, &picture, WriteOptions { bit_depth, ..WriteOptions::default() }, &[]).unwrap();
        let back = read(&path).unwrap().picture;
        prop_assert_eq!(back.dimensions(), picture.dimensions());
        let half_a_level = if deep { 0.5 / 65535.0 } else { 0.5 / 255.0 };
        for (back, sample) in back.iter().zip(picture.iter()) {
            prop_assert!((f64::from(*back) - f64::from(*sample)).abs() <= half_a_level + 1e-7);
        }
    }

    #[test]
    fn any_text_comes_back(keyword in "[!-9;-~]{1,79}", text: String, extension in "png|jpg") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("a.{extension}"));
        let entry = TextEntry::new(keyword, text.trim_end_matches('\0'));
        write(&path, &Rgb32FImage::new(1, 1), WriteOptions::default(), std::slice::from_ref(&entry)).unwrap();
        prop_assert_eq!(read_text(&path).unwrap(), [entry]);
    }
}

/// Where bytes are changed, as fractions of the length, and what they become; and where the file ends.
fn any_damage() -> impl Strategy<Value = (Vec<(f64, u8)>, f64)> {
    let changes = prop::collection::vec(
        (0.0..1.0, prop_oneof![Just(0_u8), Just(0xFF), any::<u8>()]),
        1..8,
    );
    (changes, prop_oneof![4 => Just(1.0), 1 => 0.0..1.0])
}

proptest! {
    #![proptest_config(configuration(DAMAGES))]

    #[test]
    fn no_damage_makes_reading_panic((changes, end) in any_damage()) {
        for name in fixture::all_names() {
            let mut bytes = fixture::bytes(&name);
            let length = bytes.len() as f64;
            for (place, value) in &changes {
                // Headers are short and matter most, so half of the changes fall into the first 64 bytes.
                let at = if place < &0.5 { place * 128.0 } else { (place - 0.5) * 2.0 * length };
                if let Some(byte) = bytes.get_mut(at as usize) {
                    *byte = *value;
                }
            }
            bytes.truncate((length * end) as usize);
            let _ = text::jpeg::entries(&bytes);
            let _ = text::png::entries(&bytes);
            if let Ok(decoded) = decode(&bytes, Path::new(&name), PIXEL_LIMIT) {
                prop_assert!(decoded.picture.iter().all(|sample| (0.0..=1.0).contains(sample)), "{}", name);
            }
        }
    }
}

/// Each of these damages all fixtures alike. `PIXELS_DAMAGES=20000` in the environment of the
/// compiler makes it a long search.
const DAMAGES: u32 = match option_env!("PIXELS_DAMAGES") {
    None => 100,
    Some(count) => match u32::from_str_radix(count, 10) {
        Ok(count) => count,
        Err(_) => 100,
    },
};
