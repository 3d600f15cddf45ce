//! A picture file to a picture: told by content, upright, opaque, in `f32`.
//!
//! Read: PNG, JPEG, WebP, TIFF, BMP, GIF, PNM (PBM, PGM, PPM, PAM), QOI and Radiance HDR.
//!
//! * 16 bit and float samples keep their precision; nothing passes through 8 bit.
//! * Grey becomes three equal channels. Transparency is laid over white, in encoded values as
//!   browsers do it. Four inks (CMYK, YCCK) become red, green and blue by the plain formula
//!   (1 − ink) · (1 − black). Every four-ink JPEG is taken as stored inverted, as `ImageMagick`,
//!   Pillow and the browsers do.
//! * The orientation of EXIF or TIFF is applied, so `picture` is upright.
//! * Of an animation or a file of several pages, the first picture.
//! * Radiance HDR is linear light: above 1 it is clipped, and it is encoded as sRGB. Float TIFF is
//!   taken as encoded already, and clipped to 0 to 1.
//! * Colour profiles are not applied (see [`Note::ProfileIgnored`]).
//!
//! Functions of a path; any thread. A file is read whole, and a picture takes 12 bytes a pixel
//! besides its samples as stored, so both are limited (see [`PIXEL_LIMIT`], [`FILE_BYTES_LIMIT`]).

mod animation;
mod error;
mod format;
mod note;
mod profile;
mod riff;
mod samples;
mod separate_scans;
mod source;

use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageReader, Limits, Rgb32FImage};

pub use self::error::ReadError;
pub use self::format::PictureFormat;
pub use self::note::Note;
pub(super) use self::source::read_whole;
use crate::pixels::jpeg_segments::{self, Segments};

/// Largest picture that is read, in pixels: 16384 × 16384, which take 3.2 GB as `f32`.
pub const PIXEL_LIMIT: u64 = 1 << 28;

/// Largest file that is read, in bytes: what a picture of [`PIXEL_LIMIT`] takes in 16 bit RGBA.
pub const FILE_BYTES_LIMIT: u64 = 8 * PIXEL_LIMIT;

/// What a decoder may take to read the header and its metadata, in bytes.
const HEADER_MEMORY_LIMIT_BYTES: u64 = 256 << 20;

/// A picture as read, with what was done to it on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Upright, opaque, `f32` in 0 to 1, sRGB-encoded.
    pub picture: Rgb32FImage,
    /// What the content of the file is, whatever its name says.
    pub format: PictureFormat,
    /// Width and height in pixels as the file stores them, before it was turned upright.
    pub stored_size: (u32, u32),
    /// What a person should know about how the picture was read; empty for a plain one.
    pub notes: Vec<Note>,
    /// Length of the file in bytes.
    pub file_bytes: u64,
    /// SHA-256 of the file's bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Reads the picture file at `path`.
///
/// # Errors
///
/// Every way in which this can fail has a variant of [`ReadError`], whose message names the file,
/// what is wrong with it and what to do.
pub fn read(path: &Path) -> Result<Decoded, ReadError> {
    let bytes = read_whole(path)?;
    decode(&bytes, path, PIXEL_LIMIT)
}

/// Decodes the bytes of a file; `path` is only for messages.
pub(super) fn decode(bytes: &[u8], path: &Path, pixel_limit: u64) -> Result<Decoded, ReadError> {
    let format = PictureFormat::of(bytes)
        .map_err(|looks_like| ReadError::not_a_picture(path, looks_like))?;
    let failed = |error| ReadError::from_decoder(path, format, bytes, error);

    if let Some(size) = stated_size(bytes, format) {
        refuse_too_large(path, format, size, pixel_limit)?;
    }
    let mut decoder = decoder_of(bytes, format).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    refuse_too_large(path, format, (width, height), pixel_limit)?;
    if format == PictureFormat::Jpeg && !Segments::of(bytes).reached_end_of_image() {
        // The decoder would fill what is missing with grey and say nothing.
        return Err(ReadError::cut_short(path, format, bytes));
    }

    let mut notes = Vec::new();
    let four_inks = match format {
        PictureFormat::Jpeg => jpeg_segments::component_count(bytes) == Some(4),
        _ => matches!(
            decoder.original_color_type(),
            ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16
        ),
    };
    if four_inks {
        notes.push(Note::FourInks);
    }
    let limits = memory_limits(decoder.total_bytes());
    if animation::has_more_frames(bytes, format, limits.clone()) {
        notes.push(Note::FirstFrame);
    }
    // A damaged profile or EXIF block is no reason to refuse the picture.
    let mut orientation = Orientation::NoTransforms;
    if format != PictureFormat::WebP || riff::metadata_fit(bytes) {
        if let Ok(Some(icc)) = decoder.icc_profile() {
            notes.extend(profile::note(&icc));
        }
        orientation = decoder.orientation().unwrap_or(orientation);
    }

    decoder.set_limits(limits).map_err(failed)?;
    let mut stored = if separate_scans::applies_to(bytes, format) {
        separate_scans::decode(bytes, (width, height))
            .map_err(|error| ReadError::damaged(path, format, error))?
    } else {
        DynamicImage::from_decoder(decoder).map_err(failed)?
    };
    if orientation != Orientation::NoTransforms {
        stored.apply_orientation(orientation);
        notes.push(Note::Turned {
            exif_orientation: orientation.to_exif(),
        });
    }
    let (picture, conversion_notes) = samples::to_picture(stored, format)
        .ok_or_else(|| ReadError::unsupported_samples(path, format))?;
    notes.extend(conversion_notes);

    Ok(Decoded {
        picture,
        format,
        stored_size: (width, height),
        notes,
        file_bytes: bytes.len() as u64,
        sha256: source::sha256_hex(bytes),
    })
}

fn decoder_of(bytes: &[u8], format: PictureFormat) -> image::ImageResult<impl ImageDecoder + '_> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.in_image_crate());
    reader.limits(memory_limits(0));
    reader.into_decoder()
}

/// The size in a QOI header. Its decoder refuses large ones with a message that states no limit.
fn stated_size(bytes: &[u8], format: PictureFormat) -> Option<(u32, u32)> {
    if format != PictureFormat::Qoi {
        return None;
    }
    let (width, rest) = bytes.get(4..)?.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Limits for a decoder whose samples take `sample_bytes`: those, twice over for its own buffers,
/// and room for the metadata.
fn memory_limits(sample_bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(
        sample_bytes
            .saturating_mul(3)
            .saturating_add(HEADER_MEMORY_LIMIT_BYTES),
    );
    limits
}

fn refuse_too_large(
    path: &Path,
    format: PictureFormat,
    (width, height): (u32, u32),
    pixel_limit: u64,
) -> Result<(), ReadError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(ReadError::NoPixels {
            path: path.into(),
            format,
            width,
            height,
        });
    }
    if pixels > pixel_limit {
        return Err(ReadError::TooManyPixels {
            path: path.into(),
            width,
            height,
            pixel_limit,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
