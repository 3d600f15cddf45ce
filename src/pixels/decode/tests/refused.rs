//! What is no picture, too large or damaged is refused, in words that help.

use crate::pixels::decode::*;
use crate::pixels::fixture;

/// The message for `bytes`, which are no picture.
fn refusal(bytes: &[u8]) -> String {
    decode(bytes, Path::new("it"), PIXEL_LIMIT)
        .expect_err("an error")
        .to_string()
}

#[test]
fn a_huge_header_is_refused_before_memory_is_taken() {
    let side = 60_000_u32.to_be_bytes();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], data: &[u8]| {
        let body = [kind, data].concat();
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&body);
        png.extend(crc32(&body).to_be_bytes());
    };
    chunk(b"IHDR", &[&side[..], &side[..], &[8, 2, 0, 0, 0]].concat());
    chunk(b"IDAT", b"x");
    let mut jpeg = fixture::bytes("quarters.jpg");
    let frame = jpeg
        .windows(2)
        .position(|bytes| bytes == b"\xFF\xC0")
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    let mut tiff = fixture::bytes("float.tif");
    // Width, height, and the rows of the one strip.
    for entry in [10, 22, 94] {
        tiff[entry + 2..entry + 4].copy_from_slice(&4_u16.to_le_bytes());
        tiff[entry + 8..entry + 12].copy_from_slice(&60_000_u32.to_le_bytes());
    }
    let qoi = [b"qoif", &side[..], &side[..], &[3, 0, 0, 0]].concat();
    let mut bmp = fixture::bytes("scene.bmp");
    bmp[18..22].copy_from_slice(&60_000_u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60_000_u32.to_le_bytes());
    let gif = [
        b"GIF89a",
        &[0x60, 0xEA, 0x60, 0xEA, 0, 0, 0][..],
        b",\0\0\0\0\x60\xEA\x60\xEA\0\x02\x01\0\0;",
    ]
    .concat();
    for (name, bytes) in [
        ("PNG", png.as_slice()),
        ("JPEG", &jpeg),
        ("TIFF", &tiff),
        ("QOI", &qoi),
        ("BMP", &bmp),
        ("GIF", &gif),
        ("PNM", b"P6 60000 60000 255\n"),
        (
            "HDR",
            b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n",
        ),
    ] {
        let message = refusal(bytes);
        for part in [
            "60000 × 60000 pixels",
            "43.2 GB",
            "268 million pixels (3.2 GB)",
        ] {
            assert!(message.contains(part), "{name}: {message}");
        }
    }
}

#[test]
fn a_header_that_promises_more_than_can_be_counted_is_refused() {
    let qoi = refusal(&[b"qoif", &[0xFF; 8][..], &[3, 0, 0, 0]].concat());
    assert!(qoi.contains("4294967295 × 4294967295 pixels"), "{qoi}");
}

/// The checksum of a PNG chunk, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn a_file_cut_short_is_refused_and_the_message_says_so() {
    for name in fixture::all_names() {
        let bytes = fixture::bytes(&name);
        // Text after the pixels and later frames may be missing without harm to the picture.
        let harmless = name.starts_with("text") || name.starts_with("animated");
        let kept = if harmless {
            bytes.len() / 3
        } else {
            bytes.len() * 7 / 10
        };
        match decode(&bytes[..kept], Path::new(&name), PIXEL_LIMIT) {
            Ok(_) => panic!("{name} cut to {kept} of {} bytes was read", bytes.len()),
            Err(error) => {
                let message = error.to_string();
                assert!(
                    message.contains("cut short") || message.contains("is damaged"),
                    "{message}"
                );
                assert!(message.lines().count() <= 2, "{message}");
                if PictureFormat::of(&bytes) == Ok(PictureFormat::Jpeg) {
                    assert!(message.contains("cut short"), "{message}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_picture_says_what_it_looks_like() {
    assert!(refusal(b"hello").contains("it looks like a text file"));
    assert!(
        refusal(&[0, 1, 2, 3])
            .contains("is not a picture that can be read\nreadable are PNG, JPEG,")
    );
}

#[test]
fn what_counts_frames_takes_no_more_memory_than_it_may() {
    let has_more = |bytes: &[u8], most_bytes| {
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(most_bytes);
        animation::has_more_frames(bytes, PictureFormat::Gif, limits)
    };
    let gif = fixture::bytes("animated.gif");
    assert!(has_more(&gif, 1 << 20));
    assert!(!has_more(&gif, 100));
}

#[test]
fn a_frame_that_is_larger_than_the_picture_takes_no_memory() {
    // A picture of one pixel, and a frame of 65535 × 65535 in it, which would be 17 GB.
    let gif = [
        b"GIF89a",
        &[1, 0, 1, 0, 0, 0, 0][..],
        b",\0\0\0\0\xff\xff\xff\xff\0\x02\x01\0\0",
        b",\0\0\0\0\xff\xff\xff\xff\0\x02\x01\0\0;",
    ]
    .concat();
    let message = refusal(&gif);
    assert!(
        message.contains("damaged") || message.contains("cut short"),
        "{message}"
    );
}
