//! What was written is what is read, and nothing is ever half there. Unit tests of [`super`].

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::pixels::decode::{Decoded, PictureFormat, read};
use crate::pixels::fixture::{self, assert_is_quarters, largest_difference};
use crate::pixels::text::read_text;

fn scene_deep() -> Rgb32FImage {
    Rgb32FImage::from_fn(24, 16, |x, y| image::Rgb(fixture::scene_deep(x, y)))
}

fn folder() -> (tempfile::TempDir, impl Fn(&str) -> PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    (folder, move |name: &str| path.join(name))
}

fn deep() -> WriteOptions {
    WriteOptions {
        bit_depth: BitDepth::Sixteen,
        ..WriteOptions::default()
    }
}

#[test]
fn every_lossless_format_keeps_its_levels() {
    let (_folder, name) = folder();
    for (file, options, bit_depth, levels) in [
        ("a.png", WriteOptions::default(), BitDepth::Eight, 255.0),
        ("b.PNG", deep(), BitDepth::Sixteen, 65535.0),
        ("c.webp", deep(), BitDepth::Eight, 255.0),
        ("d.tif", WriteOptions::default(), BitDepth::Eight, 255.0),
        ("e.tiff", deep(), BitDepth::Sixteen, 65535.0),
    ] {
        let written = write(&name(file), &scene_deep(), options, &[]).unwrap();
        assert_eq!(written.bit_depth, bit_depth, "{file}");
        assert_eq!(
            written.file_bytes,
            fs::metadata(name(file)).unwrap().len(),
            "{file}"
        );
        let Decoded { picture, notes, .. } = read(&name(file)).unwrap();
        assert!(notes.is_empty(), "{file}: {notes:?}");
        assert!(
            largest_difference(&picture, fixture::scene_deep) <= 0.5 / levels + 1e-7,
            "{file}"
        );
    }
}

#[test]
fn jpeg_keeps_colour_at_full_resolution() {
    let (_folder, name) = folder();
    // Columns of one pixel, red and green by turns: 4:2:0 would mix them to brown.
    let stripes = Rgb32FImage::from_fn(32, 32, |x, _| {
        image::Rgb(if x % 2 == 0 {
            [0.8, 0.2, 0.2]
        } else {
            [0.2, 0.8, 0.2]
        })
    });
    write(&name("a.jpg"), &stripes, WriteOptions::default(), &[]).unwrap();
    let decoded = read(&name("a.jpg")).unwrap();
    assert_eq!(decoded.format, PictureFormat::Jpeg);
    assert!(largest_difference(&decoded.picture, |x, y| stripes.get_pixel(x, y).0) < 0.05);
}

#[test]
fn quality_changes_the_length() {
    let (_folder, name) = folder();
    let length = |quality| {
        let options = WriteOptions {
            jpeg_quality: quality,
            ..WriteOptions::default()
        };
        write(&name("a.jpeg"), &scene_deep(), options, &[])
            .unwrap()
            .file_bytes
    };
    assert!(length(95) > length(20));
    assert_eq!(length(0), length(1));
    assert_eq!(length(255), length(100));
}

#[test]
fn texts_come_back_from_png_and_jpeg() {
    let (_folder, name) = folder();
    let texts = [
        TextEntry::new("Software", "stylescope 0.1"),
        TextEntry::new(
            "stylescope preset",
            "[style]\nweight = 1 # é, 日本: ok\n".repeat(80),
        ),
        TextEntry::new("Empty", ""),
    ];
    for file in ["a.png", "a.jpg"] {
        let written = write(&name(file), &scene_deep(), WriteOptions::default(), &texts).unwrap();
        assert_eq!(written.texts_left_out, 0, "{file}");
        assert_eq!(read_text(&name(file)).unwrap(), texts, "{file}");
        read(&name(file)).unwrap();
    }
    let too_long = [
        TextEntry::new("Long", "x".repeat(70_000)),
        TextEntry::new("Short", "y"),
    ];
    assert_eq!(
        write(&name("a.jpg"), &scene_deep(), deep(), &too_long)
            .unwrap()
            .texts_left_out,
        1
    );
    assert_eq!(read_text(&name("a.jpg")).unwrap(), too_long[1..]);
    assert_eq!(
        write(&name("a.tif"), &scene_deep(), deep(), &too_long)
            .unwrap()
            .texts_left_out,
        2
    );
}

#[test]
fn a_long_text_is_compressed_in_png() {
    let (_folder, name) = folder();
    let texts = [TextEntry::new("Long", "again ".repeat(10_000))];
    let written = write(
        &name("a.png"),
        &scene_deep(),
        WriteOptions::default(),
        &texts,
    )
    .unwrap();
    assert!(written.file_bytes < 10_000, "{}", written.file_bytes);
}

#[test]
fn a_file_that_is_there_is_replaced_or_kept_whole() {
    let (folder, name) = folder();
    let path = name("a.png");
    fs::write(&path, b"old").unwrap();
    let keep = WriteOptions {
        existing: Existing::Keep,
        ..WriteOptions::default()
    };
    let refused = write(&path, &scene_deep(), keep, &[])
        .expect_err("an error")
        .to_string();
    assert!(refused.contains("there is a file already"), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    write(&path, &scene_deep(), WriteOptions::default(), &[]).unwrap();
    assert_eq!(read(&path).unwrap().format, PictureFormat::Png);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_failure_leaves_the_old_file_and_nothing_else() {
    let (folder, name) = folder();
    fs::write(name("a.png"), b"old").unwrap();
    let bad_keyword = [TextEntry::new("a: b", "")];
    write(&name("a.png"), &scene_deep(), deep(), &bad_keyword).expect_err("an error");
    write(&name("a.png"), &Rgb32FImage::new(0, 5), deep(), &[]).expect_err("an error");
    fs::write(name("b.webp"), b"old").unwrap();
    let refused =
        write(&name("b.webp"), &Rgb32FImage::new(16385, 1), deep(), &[]).expect_err("an error");
    assert!(
        refused
            .to_string()
            .contains("16385 × 1 pixels, and a WebP has at most 16384"),
        "{refused}"
    );
    assert_eq!(fs::read(name("a.png")).unwrap(), b"old");
    assert_eq!(fs::read(name("b.webp")).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn permissions_are_those_of_any_new_file_and_links_stay_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (_folder, name) = folder();
    fs::write(name("plain"), b"").unwrap();
    write(&name("a.png"), &scene_deep(), WriteOptions::default(), &[]).unwrap();
    let mode = |file| fs::metadata(name(file)).unwrap().permissions().mode();
    assert_eq!(mode("a.png"), mode("plain"));

    fs::create_dir(name("elsewhere")).unwrap();
    fs::write(name("elsewhere/real.png"), b"old").unwrap();
    symlink(name("elsewhere/real.png"), name("link.png")).unwrap();
    write(
        &name("link.png"),
        &scene_deep(),
        WriteOptions::default(),
        &[],
    )
    .unwrap();
    assert!(name("link.png").is_symlink());
    assert_eq!(
        read(&name("elsewhere/real.png")).unwrap().format,
        PictureFormat::Png
    );

    symlink("elsewhere/new.png", name("dangling.png")).unwrap();
    write(
        &name("dangling.png"),
        &scene_deep(),
        WriteOptions::default(),
        &[],
    )
    .unwrap();
    assert!(name("dangling.png").is_symlink() && name("elsewhere/new.png").is_file());
}

#[test]
fn quarters_survive_every_format() {
    let (_folder, name) = folder();
    let quarters = read(&fixture::path("palette.bmp")).unwrap().picture;
    for file in ["q.png", "q.jpg", "q.webp", "q.tif"] {
        write(&name(file), &quarters, WriteOptions::default(), &[]).unwrap();
        assert_is_quarters(&read(&name(file)).unwrap().picture, 3.0, file);
    }
}
