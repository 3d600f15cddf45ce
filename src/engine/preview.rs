//! What a viewer sees of the pictures: a part of them, made small and turned to 8 bits on the device.
//! Worker thread.

use std::sync::Arc;

use tch::{TchError, Tensor};

use super::cut::{clipped, fitting};
use super::message::{Pictures, Region, Seen};
use crate::pixels::tensor::{to_picture, to_rgb8};

/// By how much the antialiased filter reduces a picture at most, about.
const LARGEST_REDUCTION: u32 = 8;

/// The part `region` of every picture of `shown`, `[N, 3, H, W]` after `step` updates, no larger than `most`; the
/// candidates are called `numbers`.
pub(super) fn seen(
    shown: &Tensor,
    numbers: &[usize],
    step: u64,
    region: Option<Region>,
    most: (u32, u32),
) -> Result<Vec<Seen>, TchError> {
    let (_, _, height, width) = shown.size4()?;
    let size = (width as u32, height as u32);
    let region = clipped(region, size);
    let (width, height) = fitting((region.width, region.height), most);
    let mut seen = shown
        .f_detach()?
        .f_narrow(2, i64::from(region.y), i64::from(region.height))?
        .f_narrow(3, i64::from(region.x), i64::from(region.width))?;
    if (width, height) != (region.width, region.height) {
        // What leaves [0, 1] would be shown clamped, so it is clamped before it is averaged.
        seen = seen.f_clamp(0.0, 1.0)?;
        // On CUDA the antialiased filter has no room for the weights of a large reduction: blocks are
        // averaged first, so that it has to reduce by less than twice this.
        let blocks =
            i64::from((region.width / width).min(region.height / height) / LARGEST_REDUCTION);
        if blocks > 1 {
            seen = seen.f_avg_pool2d(
                [blocks, blocks],
                [blocks, blocks],
                [0, 0],
                true,
                true,
                None::<i64>,
            )?;
        }
        seen = seen.f_internal_upsample_bilinear2d_aa(
            [i64::from(height), i64::from(width)],
            false,
            None,
            None,
        )?;
    }
    let pictures = to_rgb8(&seen)?.into_iter().zip(numbers);
    Ok(pictures
        .map(|(picture, &candidate)| Seen {
            candidate,
            step,
            region,
            size,
            picture: Arc::new(picture),
        })
        .collect())
}

/// What `shown`, `[N, 3, H, W]` after `step` updates, looks like in full.
pub(super) fn pictures_of(
    shown: &Tensor,
    numbers: &Arc<[usize]>,
    step: u64,
) -> Result<Pictures, TchError> {
    let (count, ..) = shown.size4()?;
    let pictures = (0..count)
        .map(|index| Ok(Arc::new(to_picture(shown, index)?)))
        .collect::<Result<_, TchError>>()?;
    Ok(Pictures {
        candidates: Arc::clone(numbers),
        step,
        pictures,
    })
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn what_is_shown_is_what_is_there() {
        let shown = Tensor::rand([2, 3, 30, 40], (Kind::Float, Device::Cpu)) * 1.4 - 0.2;
        let cut = region(4, 3, 10, 6);
        let all = seen(&shown, &[4, 9], 7, Some(cut), (100, 100)).unwrap();
        for (index, seen) in (0..).zip(&all) {
            assert_eq!((seen.step, seen.region, seen.size), (7, cut, (40, 30)));
            assert_eq!(Some(&seen.candidate), [4, 9].get(index as usize));
            for (x, y, pixel) in seen.picture.enumerate_pixels() {
                for (channel, &found) in (0..).zip(&pixel.0) {
                    let place = [index, channel, i64::from(y) + 3, i64::from(x) + 4];
                    let value = shown.double_value(&place).clamp(0.0, 1.0) as f32;
                    assert_eq!(found, (value * 255.0).round_ties_even() as u8);
                }
            }
        }
    }

    /// A fine chequerboard is grey from afar: what only takes every other pixel shows black or white.
    #[test]
    fn shrinking_averages() {
        let board: Vec<f32> = (0..30 * 40)
            .map(|place| ((place / 40 + place % 40) % 2) as f32)
            .collect();
        let shown = Tensor::from_slice(&board)
            .reshape([1, 1, 30, 40])
            .expand([1, 3, 30, 40], false);
        let seen = seen(&shown, &[0], 0, None, (10, 10)).unwrap();
        let picture = &seen.first().unwrap().picture;
        assert_eq!(picture.dimensions(), (10, 8));
        assert!(
            picture
                .as_raw()
                .iter()
                .all(|&value| (100..=155).contains(&value)),
            "{:?}",
            picture.as_raw()
        );
    }
}
