//! Pictures to tensors and back: the one file of this room that names `tch`. Worker thread.

use image::{Rgb32FImage, RgbImage};
use tch::{Device, Kind, TchError, Tensor};

/// So many are turned round at a time, so that a large picture is not there several times over.
const NUMBERS_AT_ONCE: i64 = 1 << 24;

/// RGB in [0, 1] as `[1, 3, H, W]` float32.
pub fn to_tensor(picture: &Rgb32FImage, device: Device) -> Result<Tensor, TchError> {
    let (width, height) = picture.dimensions();
    Tensor::f_from_slice(picture.as_raw().as_slice())?
        .f_reshape([1, i64::from(height), i64::from(width), 3])?
        .f_permute([0, 3, 1, 2])?
        .f_contiguous()?
        .f_to_device(device)
}

/// Candidate `index` of `[N, 3, H, W]` as RGB, clamped to [0, 1].
pub fn to_picture(pictures: &Tensor, index: i64) -> Result<Rgb32FImage, TchError> {
    let picture = pictures.f_detach()?.f_select(0, index)?;
    let (channels, height, width) = picture.size3()?;
    let line = (width * channels).max(1);
    let mut values = vec![0.0_f32; (height * line) as usize];
    let lines_at_once = (NUMBERS_AT_ONCE / line).max(1);
    let parts = values.chunks_mut((lines_at_once * line) as usize);
    for (start, part) in (0..height).step_by(lines_at_once as usize).zip(parts) {
        picture
            .f_narrow(1, start, lines_at_once.min(height - start))?
            .f_clamp(0.0, 1.0)?
            .f_permute([1, 2, 0])?
            .f_to_device(Device::Cpu)?
            .f_to_kind(Kind::Float)?
            .f_contiguous()?
            .f_copy_data(part, part.len())?;
    }
    Rgb32FImage::from_raw(width as u32, height as u32, values)
        .ok_or_else(|| TchError::Shape(format!("{channels} channels are not a picture")))
}

/// Each of `[N, 3, H, W]` as RGB with 8 bits a channel: clamped to [0, 1], rounded and interleaved on the
/// device, so that a byte a channel is all that is copied.
pub fn to_rgb8(pictures: &Tensor) -> Result<Vec<RgbImage>, TchError> {
    let interleaved = pictures
        .f_detach()?
        .f_clamp(0.0, 1.0)?
        .f_mul_scalar(255.0)?
        .f_round()?
        .f_to_kind(Kind::Uint8)?
        .f_permute([0, 2, 3, 1])?
        .f_contiguous()?
        .f_to_device(Device::Cpu)?;
    let (count, height, width, channels) = interleaved.size4()?;
    (0..count)
        .map(|index| {
            let one = interleaved.f_select(0, index)?;
            let mut values = vec![0_u8; one.numel()];
            let length = values.len();
            one.f_copy_data(&mut values, length)?;
            RgbImage::from_raw(width as u32, height as u32, values)
                .ok_or_else(|| TchError::Shape(format!("{channels} channels are not a picture")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let picture = Rgb32FImage::from_fn(5, 3, |x, y| {
            image::Rgb([x as f32 / 5.0, y as f32 / 3.0, (x * y) as f32 / 15.0])
        });
        let tensor = to_tensor(&picture, Device::Cpu).unwrap();
        assert_eq!(tensor.size(), [1, 3, 3, 5]);
        assert!((tensor.double_value(&[0, 1, 2, 0]) - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!(to_picture(&tensor, 0).unwrap(), picture);
    }

    #[test]
    fn what_is_outside_the_range_is_clamped() {
        let tensor = Tensor::from_slice(&[-1.0_f32, 0.5, 7.0]).reshape([1, 3, 1, 1]);
        assert_eq!(to_picture(&tensor, 0).unwrap().as_raw(), &[0.0, 0.5, 1.0]);
    }

    #[test]
    fn eight_bits_are_rounded_and_clamped_and_keep_their_place() {
        let values: Vec<f32> = (0..2 * 3 * 2 * 5).map(|n| n as f32 / 50.0 - 0.1).collect();
        let tensor = Tensor::from_slice(&values).reshape([2, 3, 2, 5]);
        let pictures = to_rgb8(&tensor).unwrap();
        assert_eq!(pictures.len(), 2);
        for (index, picture) in pictures.iter().enumerate() {
            assert_eq!(picture.dimensions(), (5, 2));
            for (x, y, pixel) in picture.enumerate_pixels() {
                for (channel, &found) in pixel.0.iter().enumerate() {
                    let place = [index as i64, channel as i64, i64::from(y), i64::from(x)];
                    let value = tensor.double_value(&place).clamp(0.0, 1.0) as f32;
                    assert_eq!(found, (value * 255.0).round_ties_even() as u8);
                }
            }
        }
    }
}
