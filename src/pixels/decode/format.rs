//! Which format a file is in, by its content. Pure; any thread.

use std::fmt;

use image::ImageFormat;

/// A format that [`super::read`] reads. `Display` is its name as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// Portable Network Graphics.
    Png,
    /// JPEG, baseline or progressive.
    Jpeg,
    /// WebP, lossy or lossless.
    WebP,
    /// TIFF and `BigTIFF`.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// GIF.
    Gif,
    /// Portable any-map: PBM, PGM, PPM, PAM.
    Pnm,
    /// Quite OK Image.
    Qoi,
    /// Radiance HDR.
    Hdr,
}

/// The formats for messages; keep in step with [`PictureFormat`].
pub(super) const READABLE: &str = "PNG, JPEG, WebP, TIFF, BMP, GIF, PNM, QOI and Radiance HDR";

impl PictureFormat {
    /// The format `bytes` begin as, or, where it is none of them, what they look like instead.
    ///
    /// # Errors
    ///
    /// A noun with its article ("a text file") for content that is told apart, else `None`.
    pub(in crate::pixels) fn of(bytes: &[u8]) -> Result<Self, Option<&'static str>> {
        let begins = |signature: &[u8]| bytes.starts_with(signature);
        let has_at =
            |at: usize, word: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(word));
        if begins(b"\x89PNG\r\n\x1a\n") {
            Ok(Self::Png)
        } else if begins(b"\xFF\xD8\xFF") {
            Ok(Self::Jpeg)
        } else if begins(b"RIFF") && has_at(8, b"WEBP") {
            Ok(Self::WebP)
        } else if begins(b"II*\0") || begins(b"MM\0*") || begins(b"II+\0") || begins(b"MM\0+") {
            Ok(Self::Tiff)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Ok(Self::Gif)
        } else if begins(b"qoif") {
            Ok(Self::Qoi)
        } else if begins(b"#?RADIANCE") {
            Ok(Self::Hdr)
        } else if matches!(
            bytes,
            [b'P', b'1'..=b'7', b' ' | b'\n' | b'\r' | b'\t' | b'#', ..]
        ) {
            Ok(Self::Pnm)
        } else if begins(b"BM") && !is_text(bytes) {
            Ok(Self::Bmp)
        } else {
            Err(look(bytes))
        }
    }

    pub(super) fn in_image_crate(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::WebP => ImageFormat::WebP,
            Self::Tiff => ImageFormat::Tiff,
            Self::Bmp => ImageFormat::Bmp,
            Self::Gif => ImageFormat::Gif,
            Self::Pnm => ImageFormat::Pnm,
            Self::Qoi => ImageFormat::Qoi,
            Self::Hdr => ImageFormat::Hdr,
        }
    }
}

impl fmt::Display for PictureFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Pnm => "PNM",
            Self::Qoi => "QOI",
            Self::Hdr => "Radiance HDR",
        })
    }
}

/// What content that is no readable picture looks like.
fn look(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(usize, &[u8], &str); 16] = [
        (4, b"ftypavif", "an AVIF picture"),
        (4, b"ftypavis", "an AVIF picture"),
        (4, b"ftypheic", "a HEIC picture"),
        (4, b"ftypheix", "a HEIC picture"),
        (4, b"ftypmif1", "a HEIF picture"),
        (4, b"ftyp", "a video"),
        (0, b"\xFF\x0A", "a JPEG XL picture"),
        (0, b"\0\0\0\x0CJXL ", "a JPEG XL picture"),
        (0, b"\0\0\0\x0CjP  ", "a JPEG 2000 picture"),
        (0, b"\x76\x2F\x31\x01", "an OpenEXR picture"),
        (0, b"8BPS", "a Photoshop document"),
        (0, b"gimp xcf", "a GIMP document"),
        (0, b"\0\0\x01\0", "a Windows icon"),
        (0, b"%PDF", "a PDF document"),
        (0, b"PK\x03\x04", "a ZIP archive"),
        (
            0,
            b"version https://git-lfs",
            "a Git LFS pointer, not the file itself",
        ),
    ];
    let known = SIGNATURES
        .iter()
        .find(|(at, word, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(word)));
    if let Some((_, _, what)) = known {
        return Some(what);
    }
    if !is_text(bytes) {
        return None;
    }
    let start = String::from_utf8_lossy(bytes.get(..TEXT_SAMPLE_BYTES).unwrap_or(bytes))
        .to_ascii_lowercase();
    if start.contains("<svg") {
        Some("an SVG drawing")
    } else if start.contains("<!doctype html") || start.contains("<html") {
        Some("a web page, such as a failed download leaves")
    } else {
        Some("a text file")
    }
}

/// How much of a file is looked at to tell text from data.
const TEXT_SAMPLE_BYTES: usize = 512;

fn is_text(bytes: &[u8]) -> bool {
    let sample = bytes.get(..TEXT_SAMPLE_BYTES).unwrap_or(bytes);
    let text = match std::str::from_utf8(sample) {
        Ok(text) => text,
        // The sample may end within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(sample.get(..error.valid_up_to()).unwrap_or_default())
                .unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && text
            .chars()
            .all(|character| !character.is_control() || matches!(character, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::fixture;

    #[test]
    fn content_decides() {
        for (name, format) in [
            ("scene.png", PictureFormat::Png),
            ("quarters.jpg", PictureFormat::Jpeg),
            ("scene.webp", PictureFormat::WebP),
            ("scene.tif", PictureFormat::Tiff),
            ("scene.bmp", PictureFormat::Bmp),
            ("still.gif", PictureFormat::Gif),
            ("scene.ppm", PictureFormat::Pnm),
            ("scene.qoi", PictureFormat::Qoi),
            ("bands.hdr", PictureFormat::Hdr),
        ] {
            assert_eq!(
                PictureFormat::of(&fixture::bytes(name)),
                Ok(format),
                "{name}"
            );
        }
    }

    #[test]
    fn other_content_is_told_apart() {
        let look = |bytes: &[u8]| PictureFormat::of(bytes).expect_err("no picture");
        assert_eq!(look(b"hello\n"), Some("a text file"));
        assert_eq!(look(b"BMW is a car, P1 a car park"), Some("a text file"));
        assert_eq!(look("é".repeat(400).as_bytes()), Some("a text file"));
        assert_eq!(look(b"<?xml version='1.0'?><svg>"), Some("an SVG drawing"));
        assert_eq!(
            look(b"<!DOCTYPE html>"),
            Some("a web page, such as a failed download leaves")
        );
        assert_eq!(look(b"\0\0\0\x18ftypheic"), Some("a HEIC picture"));
        assert_eq!(look(b"\0\x01\x02"), None);
        assert_eq!(look(b""), None);
    }
}
