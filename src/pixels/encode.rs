//! A picture to a file, written whole or not at all.
//!
//! The format follows the extension: PNG (8 or 16 bit), JPEG (4:4:4), WebP (lossless), TIFF (8 or 16
//! bit). Values are clipped to 0 to 1 and rounded to the nearest level; what is not a number is black.
//!
//! The file is written beside its place under a temporary name, flushed to the disk, and renamed. A
//! reader sees the old file or the new one, never a part; a crash or a full disk leaves the old one
//! as it was, and at worst a file `.stylescope-….tmp`. A symbolic link is followed, so it stays one.
//!
//! Functions of their arguments and the file system; any thread but the one that draws the screen.

mod error;
mod format;
mod jpeg;
pub(super) mod place;
mod png;
mod quantize;

use std::io::{BufWriter, Write as _};
use std::path::Path;

use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder as _, Rgb32FImage};

pub use self::error::WriteError;
pub use self::format::OutputFormat;
use crate::pixels::text::TextEntry;
use crate::pixels::writable::refuse_occupied;

/// Bits of each channel in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BitDepth {
    /// 256 levels.
    #[default]
    Eight,
    /// 65536 levels, where the format has them (PNG, TIFF); elsewhere 8 bit are written.
    Sixteen,
}

/// What to do with a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Existing {
    /// Replace it.
    #[default]
    Replace,
    /// Leave it alone and fail.
    Keep,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOptions {
    /// Bits of each channel.
    pub bit_depth: BitDepth,
    /// 1 to 100, for JPEG only; other values are taken as the nearest of these.
    pub jpeg_quality: u8,
    /// What to do with a file that is there already.
    pub existing: Existing,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            bit_depth: BitDepth::default(),
            jpeg_quality: 95,
            existing: Existing::default(),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Format of the file.
    pub format: OutputFormat,
    /// Bits of each channel, which may be fewer than asked for.
    pub bit_depth: BitDepth,
    /// Length of the file in bytes.
    pub file_bytes: u64,
    /// How many of the texts the format had no place for: all for WebP and TIFF, long ones for JPEG.
    pub texts_left_out: usize,
}

/// Writes `picture` to `path`, in the format that its extension names, with `text` inside.
///
/// # Errors
///
/// [`WriteError`]. Nothing at `path` has changed then.
pub fn write(
    path: &Path,
    picture: &Rgb32FImage,
    options: WriteOptions,
    text: &[TextEntry],
) -> Result<Written, WriteError> {
    refuse_occupied(path, options.existing)?;
    let format = OutputFormat::of(path)?;
    format.check_size(path, picture.dimensions())?;
    if let Some(entry) = text.iter().find(|entry| !entry.has_valid_keyword()) {
        return Err(WriteError::Keyword {
            keyword: entry.keyword.clone(),
        });
    }

    let (width, height) = picture.dimensions();
    let bit_depth = if format.has_16_bit() {
        options.bit_depth
    } else {
        BitDepth::Eight
    };
    let mut temporary = place::temporary_beside(path)?;
    let mut sink = BufWriter::new(temporary.as_file_mut());
    let texts_left_out = match format {
        OutputFormat::Png => png::encode(&mut sink, picture, bit_depth, text).map(|()| 0),
        OutputFormat::Jpeg => jpeg::encode(&mut sink, picture, options.jpeg_quality, text),
        OutputFormat::WebP => WebPEncoder::new_lossless(&mut sink)
            .write_image(
                &quantize::to_8_bit(picture),
                width,
                height,
                ExtendedColorType::Rgb8,
            )
            .map_err(EncodeFailure::from)
            .map(|()| text.len()),
        OutputFormat::Tiff => {
            let encoder = TiffEncoder::new(&mut sink);
            match bit_depth {
                BitDepth::Eight => encoder.write_image(
                    &quantize::to_8_bit(picture),
                    width,
                    height,
                    ExtendedColorType::Rgb8,
                ),
                BitDepth::Sixteen => {
                    let samples = quantize::to_16_bit(picture);
                    encoder.write_image(
                        bytemuck::cast_slice(&samples),
                        width,
                        height,
                        ExtendedColorType::Rgb16,
                    )
                }
            }
            .map_err(EncodeFailure::from)
            .map(|()| text.len())
        }
    }
    .and_then(|left_out| sink.flush().map(|()| left_out).map_err(EncodeFailure::File))
    .map_err(|failure| failure.at(path, format))?;
    drop(sink);
    let file_bytes = place::move_into_place(temporary, path, options.existing)?;
    Ok(Written {
        format,
        bit_depth,
        file_bytes,
        texts_left_out,
    })
}

/// Writes a file that somebody else has encoded, as whole or not at all as a picture.
///
/// # Errors
///
/// [`WriteError`]. Nothing at `path` has changed then.
pub fn write_bytes(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), WriteError> {
    refuse_occupied(path, existing)?;
    let mut temporary = place::temporary_beside(path)?;
    temporary
        .write_all(bytes)
        .map_err(|source| WriteError::FileSystem {
            path: path.into(),
            source,
        })?;
    place::move_into_place(temporary, path, existing)?;
    Ok(())
}

/// Why an encoder stopped: the disk, or the picture.
#[derive(Debug)]
enum EncodeFailure {
    File(std::io::Error),
    Encoder(String),
}

impl EncodeFailure {
    fn at(self, path: &Path, format: OutputFormat) -> WriteError {
        match self {
            Self::File(source) => WriteError::FileSystem {
                path: path.into(),
                source,
            },
            Self::Encoder(reason) => WriteError::Encoder {
                path: path.into(),
                format,
                reason,
            },
        }
    }
}

impl From<image::ImageError> for EncodeFailure {
    fn from(error: image::ImageError) -> Self {
        match error {
            image::ImageError::IoError(source) => Self::File(source),
            other => Self::Encoder(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
