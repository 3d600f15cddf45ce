//! Why a picture file was not read, in words a person can act on. Plain data; any thread.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

use image::ImageError;
use thiserror::Error;

use super::FILE_BYTES_LIMIT;
use super::format::{PictureFormat, READABLE};
use crate::pixels::file_name::one_line;
use crate::pixels::jpeg_segments::Segments;

/// Bytes of the working picture for each pixel: three `f32`.
const PICTURE_BYTES_PER_PIXEL: u64 = 12;

/// Why a file was not read. Each message is one or two lines: what, which file, what to do next.
/// File names and decoders' messages are escaped, so no control character reaches the terminal.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum ReadError {
    #[error(
        "{path:?}: there is no such file\ncheck the spelling; a relative name starts in the current folder"
    )]
    Missing { path: PathBuf },
    #[error("{path:?} is a folder, a picture file was expected\nname one file in it")]
    IsFolder { path: PathBuf },
    #[error(
        "{path:?} is not a regular file (a pipe, a socket or a device)\nsave the picture to a file first"
    )]
    NotRegular { path: PathBuf },
    #[error(
        "{path:?}: no permission to read the file\ngive yourself the right to, for example with `chmod u+r`"
    )]
    NoPermission { path: PathBuf },
    #[error("{path:?} cannot be read: {source}")]
    FileSystem { path: PathBuf, source: io::Error },
    #[error("{path:?} is empty (0 bytes), a picture was expected\ncopy or download it again")]
    EmptyFile { path: PathBuf },
    #[error(
        "{path:?} is a file of {}; at most {} are read\nsave the picture smaller first",
        gigabytes(*file_bytes),
        gigabytes(FILE_BYTES_LIMIT)
    )]
    FileTooLarge { path: PathBuf, file_bytes: u64 },
    #[error(
        "{path:?} is not a picture that can be read{}\nreadable are {READABLE}; save it as one of them, for example PNG",
        looks_like.map(|what| format!(": it looks like {what}")).unwrap_or_default()
    )]
    NotAPicture {
        path: PathBuf,
        looks_like: Option<&'static str>,
    },
    #[error(
        "{path:?} is a {format} of a kind that is not read ({reason})\nsave it as a plain PNG with another program"
    )]
    UnsupportedKind {
        path: PathBuf,
        format: PictureFormat,
        reason: String,
    },
    #[error(
        "{path:?} is {width} × {height} pixels and would take {} of memory; \
         the limit is {} million pixels ({})\nshrink it first, for example with `convert IN -resize 4096x4096 OUT`",
        gigabytes((u64::from(*width) * u64::from(*height)).saturating_mul(PICTURE_BYTES_PER_PIXEL)),
        pixel_limit / 1_000_000,
        gigabytes(*pixel_limit * PICTURE_BYTES_PER_PIXEL)
    )]
    TooManyPixels {
        path: PathBuf,
        width: u32,
        height: u32,
        pixel_limit: u64,
    },
    #[error(
        "{path:?} is a {format} of {width} × {height} pixels: there is no picture in it\nsave or download it again"
    )]
    NoPixels {
        path: PathBuf,
        format: PictureFormat,
        width: u32,
        height: u32,
    },
    #[error(
        "{path:?} is cut short: its {format} data end before the picture does, after {file_bytes} bytes\n\
         copy or download it again"
    )]
    CutShort {
        path: PathBuf,
        format: PictureFormat,
        file_bytes: u64,
    },
    #[error(
        "{path:?} is damaged, its {format} data make no sense ({reason})\ncopy or download it again"
    )]
    Damaged {
        path: PathBuf,
        format: PictureFormat,
        reason: String,
    },
}

impl ReadError {
    pub(super) fn from_file_system(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::PermissionDenied => Self::NoPermission { path },
            _ => Self::FileSystem { path, source },
        }
    }

    pub(in crate::pixels) fn not_a_picture(path: &Path, looks_like: Option<&'static str>) -> Self {
        Self::NotAPicture {
            path: path.into(),
            looks_like,
        }
    }

    pub(super) fn cut_short(path: &Path, format: PictureFormat, bytes: &[u8]) -> Self {
        Self::CutShort {
            path: path.into(),
            format,
            file_bytes: bytes.len() as u64,
        }
    }

    pub(super) fn unsupported_samples(path: &Path, format: PictureFormat) -> Self {
        Self::UnsupportedKind {
            path: path.into(),
            format,
            reason: "its samples are of an unknown type".into(),
        }
    }

    pub(in crate::pixels) fn damaged(
        path: &Path,
        format: PictureFormat,
        reason: impl std::fmt::Display,
    ) -> Self {
        Self::Damaged {
            path: path.into(),
            format,
            reason: one_line(reason),
        }
    }

    pub(super) fn from_decoder(
        path: &Path,
        format: PictureFormat,
        bytes: &[u8],
        error: ImageError,
    ) -> Self {
        if ended_early(&error)
            || (format == PictureFormat::Jpeg && !Segments::of(bytes).reached_end_of_image())
        {
            return Self::cut_short(path, format, bytes);
        }
        match error {
            ImageError::Unsupported(what) => Self::UnsupportedKind {
                path: path.into(),
                format,
                reason: one_line(what),
            },
            ImageError::Limits(_) => {
                // The size is within the limit, so it is the file that asks for too much besides.
                Self::damaged(
                    path,
                    format,
                    "it asks for more memory than its size explains",
                )
            }
            other => Self::damaged(path, format, other),
        }
    }
}

/// Whether a decoder ran out of bytes, which it may say several causes down.
fn ended_early(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = match error {
        ImageError::IoError(source) => Some(source),
        other => other.source(),
    };
    while let Some(error) = cause {
        let source = error.downcast_ref::<io::Error>();
        if source.is_some_and(|source| source.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// "3.2 GB"; from 100 MB on one digit is all that helps.
fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
