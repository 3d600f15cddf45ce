//! Masks as the network sees them: how much of each position of a layer lies in a region. Worker thread.

use tch::{Device, TchError, Tensor};

use super::input::Picture;
use crate::pixels::mask::Colour;

/// A picture's mask on the device.
#[derive(Debug)]
pub(super) struct Regions {
    colours: Vec<Colour>,
    /// `[R, 1, H, W]`, 1 inside a region and 0 outside, in the mask's own size.
    inside: Tensor,
}

impl Regions {
    /// `None` where the picture has no mask.
    pub(super) fn of(picture: &Picture, device: Device) -> Result<Option<Self>, TchError> {
        let Some(mask) = &picture.mask else {
            return Ok(None);
        };
        let (width, height) = mask.size();
        let shape = [1, 1, i64::from(height), i64::from(width)];
        let each = mask
            .regions()
            .iter()
            .map(|region| Tensor::f_from_slice(&mask.pixels_of(*region))?.f_reshape(shape))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Self {
            colours: mask.regions().to_vec(),
            inside: Tensor::f_cat(&each, 0)?.f_to_device(device)?,
        }))
    }

    pub(super) fn colours(&self) -> &[Colour] {
        &self.colours
    }

    /// The share of `region` in each position of `features`, `[1, C, H, W]`: `[1, 1, H, W]` from 0 to 1, so that
    /// edges are as soft as the layer is coarse; `None` where there is no such region.
    pub(super) fn at(&self, region: Colour, features: &Tensor) -> Result<Option<Tensor>, TchError> {
        let (_, _, height, width) = features.size4()?;
        self.at_size(region, (height, width))
    }

    /// The same for features of this `size` (height, width).
    pub(super) fn at_size(
        &self,
        region: Colour,
        (height, width): (i64, i64),
    ) -> Result<Option<Tensor>, TchError> {
        let Some(index) = self.colours.iter().position(|known| *known == region) else {
            return Ok(None);
        };
        let inside = self.inside.f_narrow(0, index as i64, 1)?;
        Ok(Some(inside.f_adaptive_avg_pool2d([height, width])?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::{Rgb, Rgb32FImage};
    use tch::Kind;

    use super::*;
    use crate::pixels::Mask;

    #[test]
    fn edges_are_pooled_and_shares_add_up() {
        let left = |x| {
            if x < 3 {
                Rgb([1.0, 0.0, 0.0])
            } else {
                Rgb([0.0; 3])
            }
        };
        let picture = Arc::new(Rgb32FImage::from_fn(8, 4, |x, _| left(x)));
        let picture = Picture {
            mask: Some(Arc::new(Mask::of(&picture).unwrap())),
            picture,
        };
        let regions = Regions::of(&picture, Device::Cpu).unwrap().unwrap();
        let features = Tensor::zeros([1, 5, 2, 4], (Kind::Float, Device::Cpu));
        let red = regions.at(Colour([255, 0, 0]), &features).unwrap().unwrap();
        let values: Vec<f32> = red.flatten(0, -1).try_into().unwrap();
        assert_eq!(values, [1.0, 0.5, 0.0, 0.0].repeat(2));
        let black = regions.at(Colour([0; 3]), &features).unwrap().unwrap();
        let sum: Vec<f32> = (red + black).flatten(0, -1).try_into().unwrap();
        assert_eq!(sum, [1.0; 8]);
        assert!(regions.at(Colour([1, 2, 3]), &features).unwrap().is_none());
    }
}
