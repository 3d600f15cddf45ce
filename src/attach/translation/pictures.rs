//! Pictures and losses as the numbers that follow the words.

use std::sync::Arc;

use image::{Rgb32FImage, RgbImage};

use crate::attach::frame::FrameError;
use crate::attach::words::PictureSizes;
use crate::engine::message::Pictures;

use super::Raw;

/// Numbers of a block, once every row stands for as many steps as it does. A run of a million steps is told in blocks of
/// a few thousand.
const MOST_VALUES: u64 = 1 << 26;

pub(super) fn of_pictures(pictures: &Pictures) -> (PictureSizes, Raw) {
    let sizes = PictureSizes {
        candidates: pictures.candidates.to_vec(),
        step: pictures.step,
        sizes: pictures
            .pictures
            .iter()
            .map(|picture| picture.dimensions())
            .collect(),
    };
    (sizes, Raw::Pictures(pictures.pictures.clone()))
}

pub(super) fn pictures_of(words: PictureSizes, raw: &[u8]) -> Result<Pictures, FrameError> {
    let mut rest = raw;
    Ok(Pictures {
        candidates: words.candidates.into(),
        step: words.step,
        pictures: words
            .sizes
            .into_iter()
            .map(|size| picture_of_floats(&mut rest, size).map(Arc::new))
            .collect::<Result<_, FrameError>>()?,
    })
}

/// The next `count` bytes.
pub(super) fn take<'a>(raw: &mut &'a [u8], count: usize) -> Result<&'a [u8], FrameError> {
    let (taken, rest) = raw.split_at_checked(count).ok_or(FrameError::Numbers {
        there: raw.len() as u64,
        wanted: count as u64,
    })?;
    *raw = rest;
    Ok(taken)
}

pub(super) fn pixels_of((width, height): (u32, u32)) -> usize {
    width as usize * height as usize
}

pub(super) fn picture_of_bytes(raw: &mut &[u8], size: (u32, u32)) -> Result<RgbImage, FrameError> {
    let bytes = take(raw, pixels_of(size).saturating_mul(3))?.to_vec();
    RgbImage::from_raw(size.0, size.1, bytes).ok_or_else(no_picture)
}

pub(super) fn picture_of_floats(
    raw: &mut &[u8],
    size: (u32, u32),
) -> Result<Rgb32FImage, FrameError> {
    let bytes = take(raw, pixels_of(size).saturating_mul(12))?;
    Rgb32FImage::from_raw(size.0, size.1, floats(bytes)).ok_or_else(no_picture)
}

pub(super) fn no_picture() -> FrameError {
    FrameError::Words("a picture is not of its size".to_owned())
}

pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().copied().map(f32::from_le_bytes).collect()
}

/// The values of rows of `columns`, each as often as it stands for steps.
pub(super) fn values(raw: &[u8], span: u64, columns: usize) -> Result<Vec<f32>, FrameError> {
    let once = floats(raw);
    if span <= 1 || columns == 0 {
        return Ok(once);
    }
    let all = (once.len() as u64).saturating_mul(span);
    if all > MOST_VALUES {
        return Err(FrameError::Words(format!(
            "losses of {span} steps a row would be {all} numbers"
        )));
    }
    let mut repeated = Vec::with_capacity(all as usize);
    for row in once.chunks_exact(columns) {
        for _ in 0..span {
            repeated.extend_from_slice(row);
        }
    }
    Ok(repeated)
}
