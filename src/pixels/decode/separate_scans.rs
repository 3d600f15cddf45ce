//! Sequential JPEG files whose components lie in scans of their own. Pure; any thread.
//!
//! `zune-jpeg` 0.5.15, which `image` uses, reads them wrongly and without an error: with subsampled
//! colour the result is noise. Such files are rare; the `jpeg-encoder` crate writes them when told to
//! optimise its tables, and so do some scanners. This file can go once the test below passes with
//! `applies_to` returning `false`.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, Error, PixelFormat, UnsupportedFeature};

use super::format::PictureFormat;
use crate::pixels::jpeg_segments;

/// Whether `bytes` are such a file. Four inks stay with `image`, which turns them into colours.
pub(super) fn applies_to(bytes: &[u8], format: PictureFormat) -> bool {
    format == PictureFormat::Jpeg
        && jpeg_segments::component_count(bytes) != Some(4)
        && jpeg_segments::has_separate_scans(bytes)
}

/// `size` is what the other decoder makes of the header: a file that says two things is none of this kind.
pub(super) fn decode(bytes: &[u8], size: (u32, u32)) -> Result<DynamicImage, Error> {
    let unknown = || Error::Unsupported(UnsupportedFeature::SubsamplingRatio);
    let mut decoder = Decoder::new(bytes);
    decoder.read_info()?;
    let stated = decoder.info().ok_or_else(unknown)?;
    if (u32::from(stated.width), u32::from(stated.height)) != size {
        return Err(Error::Format("it states two sizes".to_owned()));
    }
    let samples = decoder.decode()?;
    let info = decoder.info().ok_or_else(unknown)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    match info.pixel_format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
        PixelFormat::L16 | PixelFormat::CMYK32 => None,
    }
    .ok_or_else(unknown)
}
