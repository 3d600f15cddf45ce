//! Which format an output file gets, by its extension. Pure; any thread.

use std::fmt;
use std::path::Path;

use super::error::WriteError;

/// A format that [`super::write`] writes. `Display` is its name as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// `.png`: lossless, 8 or 16 bit, with text.
    Png,
    /// `.jpg`, `.jpeg`: lossy, 8 bit, colour at full resolution, with text.
    Jpeg,
    /// `.webp`: lossless, 8 bit.
    WebP,
    /// `.tif`, `.tiff`: uncompressed, 8 or 16 bit.
    Tiff,
}

/// The extensions for messages; keep in step with [`OutputFormat::of`].
pub(super) const EXTENSIONS: &str = ".png, .jpg, .jpeg, .webp, .tif or .tiff";

impl OutputFormat {
    /// The format that the extension of `path` names, in upper or lower case.
    ///
    /// # Errors
    ///
    /// [`WriteError::Extension`] for any other extension or none.
    pub fn of(path: &Path) -> Result<Self, WriteError> {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("png") => Ok(Self::Png),
            Some("jpg" | "jpeg") => Ok(Self::Jpeg),
            Some("webp") => Ok(Self::WebP),
            Some("tif" | "tiff") => Ok(Self::Tiff),
            _ => Err(WriteError::Extension {
                path: path.into(),
                extension,
            }),
        }
    }

    pub(super) fn has_16_bit(self) -> bool {
        matches!(self, Self::Png | Self::Tiff)
    }

    /// Refuses a width and height in pixels that the format cannot state, or that are no picture.
    ///
    /// # Errors
    ///
    /// [`WriteError::NoPixels`] and [`WriteError::TooLarge`], which name `path`.
    pub fn check_size(self, path: &Path, (width, height): (u32, u32)) -> Result<(), WriteError> {
        if width == 0 || height == 0 {
            return Err(WriteError::NoPixels {
                path: path.into(),
                width,
                height,
            });
        }
        let longest_side = self.longest_side_pixels();
        if width.max(height) > longest_side {
            let format = self;
            return Err(WriteError::TooLarge {
                path: path.into(),
                format,
                width,
                height,
                longest_side,
            });
        }
        Ok(())
    }

    /// The longest width or height that the format can state, in pixels.
    fn longest_side_pixels(self) -> u32 {
        match self {
            Self::Png => i32::MAX.unsigned_abs(),
            Self::Jpeg => 65535,
            Self::WebP => 16384,
            Self::Tiff => u32::MAX,
        }
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
        })
    }
}
