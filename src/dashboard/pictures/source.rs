//! Pictures that are not the engine's answer, in the form of one. Pure; UI thread.

use std::sync::Arc;

use image::{Rgb32FImage, RgbImage};

use crate::engine::message::{Region, Seen};

/// All of a picture of a candidate.
pub(in crate::dashboard) fn whole(candidate: usize, step: u64, picture: &Rgb32FImage) -> Seen {
    let (width, height) = picture.dimensions();
    let bytes = picture
        .as_raw()
        .iter()
        .map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
        .collect();
    let picture = RgbImage::from_raw(width, height, bytes).unwrap_or_default();
    sent(candidate, step, picture)
}

/// A picture in full as if the engine had sent all of it.
pub(in crate::dashboard) fn sent(candidate: usize, step: u64, picture: RgbImage) -> Seen {
    let (width, height) = picture.dimensions();
    Seen {
        candidate,
        step,
        region: Region {
            x: 0,
            y: 0,
            width,
            height,
        },
        size: (width, height),
        picture: Arc::new(picture),
    }
}
