//! What a viewer sees of the pictures: a part of them, made small and turned to 8 bits on the device.
//! Worker thread.

use std::sync::Arc;

use tch::{TchError, Tensor};

use super::message::{PictureRequest, Preview, Region};
use crate::pixels::tensor::to_rgb8;

/// By how much the antialiased filter reduces a picture at most, about.
const LARGEST_REDUCTION: u32 = 8;

/// The answer to `request` from `shown`, `[N, 3, H, W]` after `step` updates.
pub(super) fn preview(
    shown: &Tensor,
    step: u64,
    request: PictureRequest,
) -> Result<Preview, TchError> {
    let (_, _, height, width) = shown.size4()?;
    let size = (width as u32, height as u32);
    let region = clipped(request.region, size);
    let (width, height) = fitting((region.width, region.height), request.most);
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
    Ok(Preview {
        step,
        request,
        region,
        size,
        pictures: to_rgb8(&seen)?.into_iter().map(Arc::new).collect(),
    })
}

/// What of `region` lies inside a picture of this size: all of the picture where nothing does.
fn clipped(region: Option<Region>, (width, height): (u32, u32)) -> Region {
    let whole = Region {
        x: 0,
        y: 0,
        width,
        height,
    };
    let Some(region) = region else { return whole };
    let inside = Region {
        width: region.width.min(width.saturating_sub(region.x)),
        height: region.height.min(height.saturating_sub(region.y)),
        ..region
    };
    if inside.width == 0 || inside.height == 0 {
        whole
    } else {
        inside
    }
}

/// The largest size of the same shape within `most` that is not larger than `size`; at least 1×1.
fn fitting((width, height): (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let (most_across, most_down) = (most.0.max(1), most.1.max(1));
    if width <= most_across && height <= most_down {
        return (width, height);
    }
    let scale =
        (f64::from(most_across) / f64::from(width)).min(f64::from(most_down) / f64::from(height));
    let side = |length: u32, most: u32| {
        let scaled = (f64::from(length) * scale).round() as u32;
        scaled.clamp(1, most)
    };
    (side(width, most_across), side(height, most_down))
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    const SIZE: (u32, u32) = (40, 30);

    fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_region_is_cut_at_the_edges_and_one_that_shows_nothing_becomes_all() {
        let whole = region(0, 0, 40, 30);
        for (asked, expected) in [
            (None, whole),
            (Some(region(5, 6, 7, 8)), region(5, 6, 7, 8)),
            (Some(region(35, 28, 10, 10)), region(35, 28, 5, 2)),
            (Some(region(0, 0, u32::MAX, u32::MAX)), whole),
            (Some(region(40, 0, 5, 5)), whole),
            (Some(region(3, u32::MAX, 5, 5)), whole),
            (Some(region(3, 3, 0, 5)), whole),
        ] {
            assert_eq!(clipped(asked, SIZE), expected, "{asked:?}");
        }
    }

    #[test]
    fn a_picture_shrinks_in_its_shape_and_never_grows() {
        assert_eq!(fitting(SIZE, (100, 100)), SIZE);
        assert_eq!(fitting(SIZE, (20, 100)), (20, 15));
        assert_eq!(fitting(SIZE, (100, 10)), (13, 10));
        assert_eq!(fitting(SIZE, (0, 0)), (1, 1));
        assert_eq!(fitting((4000, 2), (10, 10)), (10, 1));
    }

    #[test]
    fn what_is_shown_is_what_is_there() {
        let shown = Tensor::rand([2, 3, 30, 40], (Kind::Float, Device::Cpu)) * 1.4 - 0.2;
        let cut = region(4, 3, 10, 6);
        let request = PictureRequest {
            region: Some(cut),
            most: (100, 100),
        };
        let preview = preview(&shown, 7, request).unwrap();
        assert_eq!(
            (preview.step, preview.region, preview.size),
            (7, cut, (40, 30))
        );
        for (index, picture) in (0..).zip(&preview.pictures) {
            for (x, y, pixel) in picture.enumerate_pixels() {
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
        let request = PictureRequest {
            region: None,
            most: (10, 10),
        };
        let preview = preview(&shown, 0, request).unwrap();
        let picture = preview.pictures.first().unwrap();
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
