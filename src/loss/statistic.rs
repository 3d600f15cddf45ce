//! What is measured of a layer's features. Runs on the worker thread.
//!
//! F is a layer's features as a C × HW matrix, μ the mean of each of its rows. In a region, position p counts m(p)
//! and Σ m stands for HW.

use tch::{TchError, Tensor};

use super::region::Weighting;
use crate::preset::SizeTerm;

/// The number that a [`SizeTerm`] stands for, for features of `[N, C, H, W]` of a picture of `picture_hw` pixels.
pub fn size_term(term: SizeTerm, features: &Tensor, picture_hw: f64) -> Result<f64, TchError> {
    let (_, channels, height, width) = features.size4()?;
    Ok(match term {
        SizeTerm::None => 1.0,
        SizeTerm::Hw => (height * width) as f64,
        SizeTerm::Chw => (channels * height * width) as f64,
        SizeTerm::PictureHw => picture_hw,
    })
}

/// All of a layer's features and how much of them counts.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    /// `[n, C, H, W]`
    pub(super) features: &'a Tensor,
    /// `[1 or n, 1, H, W]`, shares from 0 to 1; `None` for everything.
    pub(super) region: Option<&'a Tensor>,
    weighting: Option<Weighting>,
    /// Height × width of the picture itself, in pixels.
    picture_hw: f64,
}

impl<'a> Whole<'a> {
    pub(super) fn new(
        features: &'a Tensor,
        region: Option<&'a Tensor>,
        picture_hw: f64,
    ) -> Result<Self, TchError> {
        let weighting = region.map(|region| Weighting::new(region, features.kind()));
        Ok(Self {
            features,
            region,
            weighting: weighting.transpose()?,
            picture_hw,
        })
    }

    /// 1 where the region exists at this layer, otherwise 0, `[1 or n]`; `None` without regions.
    pub(super) fn presence(&self) -> Option<&Tensor> {
        self.weighting.as_ref().map(Weighting::presence)
    }

    /// (F − `shift`)(F − `shift`)ᵀ / `normalization`, `[n, C, C]` (Gatys et al., arXiv:1508.06576, eq. 3, which
    /// normalises by nothing and shifts by 0; titu1994's `INetwork` shifts by 1).
    pub(super) fn gram(&self, shift: f64, normalization: SizeTerm) -> Result<Tensor, TchError> {
        let rows = self.rows()?;
        if shift == 0.0 {
            self.product(&rows, normalization)
        } else {
            self.product(&rows.f_sub_scalar(shift)?, normalization)
        }
    }

    /// (F − μ)(F − μ)ᵀ / `normalization`, `[n, C, C]`.
    pub(super) fn covariance(&self, normalization: SizeTerm) -> Result<Tensor, TchError> {
        self.product(&self.centred()?, normalization)
    }

    /// μ, `[n, C]`.
    pub(super) fn mean(&self) -> Result<Tensor, TchError> {
        match &self.weighting {
            None => {
                let places = [2_i64, 3];
                let kind = self.features.kind();
                self.features.f_mean_dim(places.as_slice(), false, kind)
            }
            Some(weighting) => weighting.mean(&self.rows()?)?.f_squeeze_dim(2),
        }
    }

    /// The variance of each channel over positions, `[n, C]`.
    pub(super) fn variance(&self) -> Result<Tensor, TchError> {
        self.row_mean(&self.centred()?.f_square()?)?
            .f_squeeze_dim(2)
    }

    /// What (F − μ)(F − μ)ᵀ / HW is multiplied by to be divided by `normalization` instead; n is 1. This may wait
    /// for the device.
    pub(super) fn unit(&self, normalization: SizeTerm) -> Result<f64, TchError> {
        let (_, channels, height, width) = self.features.size4()?;
        let places = (height * width) as f64;
        Ok(match normalization {
            SizeTerm::None => match &self.weighting {
                None => places,
                Some(weighting) => weighting.area()?,
            },
            SizeTerm::Hw => 1.0,
            SizeTerm::Chw => 1.0 / channels as f64,
            SizeTerm::PictureHw => places / self.picture_hw,
        })
    }

    /// F, `[n, C, HW]`.
    fn rows(&self) -> Result<Tensor, TchError> {
        self.features.f_flatten(2, 3)
    }

    /// F − μ, `[n, C, HW]`.
    fn centred(&self) -> Result<Tensor, TchError> {
        let rows = self.rows()?;
        rows.f_sub(&self.row_mean(&rows)?)
    }

    /// The mean of each row, `[n, C, HW]` to `[n, C, 1]`.
    fn row_mean(&self, rows: &Tensor) -> Result<Tensor, TchError> {
        match &self.weighting {
            None => rows.f_mean_dim([2_i64].as_slice(), true, rows.kind()),
            Some(weighting) => weighting.mean(rows),
        }
    }

    /// X Xᵀ / `normalization`: `[n, C, HW]` to `[n, C, C]`.
    fn product(&self, rows: &Tensor, normalization: SizeTerm) -> Result<Tensor, TchError> {
        let Some(weighting) = &self.weighting else {
            let divisor = size_term(normalization, self.features, self.picture_hw)?;
            let product = product_with_transpose(rows)?;
            return if (divisor - 1.0).abs() < f64::EPSILON {
                Ok(product)
            } else {
                product.f_div_scalar(divisor)
            };
        };
        let product = product_with_transpose(&weighting.weighed(rows)?)?;
        let (_, channels, height, width) = self.features.size4()?;
        let by_area = |factor: f64| weighting.area_as_matrix()?.f_mul_scalar(factor);
        match normalization {
            SizeTerm::None => Ok(product),
            SizeTerm::Hw => product.f_div(&by_area(1.0)?),
            SizeTerm::Chw => product.f_div(&by_area(channels as f64)?),
            SizeTerm::PictureHw => {
                product.f_div(&by_area(self.picture_hw / (height * width) as f64)?)
            }
        }
    }
}

/// X Xᵀ, `[n, C, P]` to `[n, C, C]`.
///
/// Its gradient is (D + Dᵀ)X, one large product in place of the two, D X and Dᵀ X, that automatic differentiation would
/// take: only the right of the two factors is followed, and what it gives is added once more, turned over, as a 0.
fn product_with_transpose(rows: &Tensor) -> Result<Tensor, TchError> {
    let product = rows.f_detach()?.f_bmm(&rows.f_transpose(1, 2)?)?;
    if !rows.requires_grad() {
        return Ok(product);
    }
    let both = product.f_add(&product.f_transpose(1, 2)?)?;
    let nothing = both.f_sub(&both.f_detach()?)?;
    product.f_detach()?.f_add(&nothing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::{assert_close, flat, numbers};

    const ALL: [SizeTerm; 4] = [
        SizeTerm::None,
        SizeTerm::Hw,
        SizeTerm::Chw,
        SizeTerm::PictureHw,
    ];

    fn small() -> Tensor {
        Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).reshape([1, 2, 1, 2])
    }

    #[test]
    fn gram_of_two_channels_by_hand() {
        let features = small();
        let observed = Whole::new(&features, None, 8.0).unwrap();
        let gram = |term| flat(&observed.gram(0.0, term).unwrap());
        assert_eq!(gram(SizeTerm::None), [5.0, 11.0, 11.0, 25.0]);
        assert_eq!(gram(SizeTerm::Hw), [2.5, 5.5, 5.5, 12.5]);
        assert_eq!(gram(SizeTerm::Chw), [1.25, 2.75, 2.75, 6.25]);
        assert_eq!(gram(SizeTerm::PictureHw), [0.625, 1.375, 1.375, 3.125]);
        let shifted = observed.gram(1.0, SizeTerm::None).unwrap();
        assert_eq!(flat(&shifted), [1.0, 3.0, 3.0, 13.0]);
    }

    #[test]
    fn moments_of_two_channels_by_hand() {
        let features = small();
        let observed = Whole::new(&features, None, 8.0).unwrap();
        assert_eq!(flat(&observed.mean().unwrap()), [1.5, 3.5]);
        assert_eq!(flat(&observed.variance().unwrap()), [0.25, 0.25]);
        let covariance = observed.covariance(SizeTerm::Hw).unwrap();
        assert_eq!(flat(&covariance), [0.25; 4]);
    }

    #[test]
    fn covariance_is_the_gram_matrix_without_the_mean() {
        let features = numbers(&[2, 3, 4, 5]);
        let observed = Whole::new(&features, None, 1.0).unwrap();
        let mean = observed.mean().unwrap();
        let outer = mean.unsqueeze(2).bmm(&mean.unsqueeze(1));
        let expected = observed.gram(0.0, SizeTerm::Hw).unwrap() - outer;
        let covariance = observed.covariance(SizeTerm::Hw).unwrap();
        assert_close(&covariance, &expected, 1e-5);
    }

    /// A region of whole positions is a picture of these positions alone.
    #[test]
    fn a_region_is_a_picture_by_itself() {
        let features = numbers(&[1, 3, 2, 5]);
        let region = Tensor::from_slice(&[1.0_f32, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let region = region.reshape([1, 1, 2, 5]);
        let places = Tensor::from_slice(&[0_i64, 1, 3, 4, 7, 8, 9]);
        let alone = features.flatten(2, 3).index_select(2, &places).unsqueeze(2);
        let masked = Whole::new(&features, Some(&region), 30.0).unwrap();
        let alone = Whole::new(&alone, None, 21.0).unwrap();
        for term in ALL {
            let gram = |observed: &Whole<'_>| observed.gram(0.5, term).unwrap();
            assert_close(&gram(&masked), &gram(&alone), 1e-6);
            let covariance = |observed: &Whole<'_>| observed.covariance(term).unwrap();
            assert_close(&covariance(&masked), &covariance(&alone), 1e-6);
            assert!((masked.unit(term).unwrap() - alone.unit(term).unwrap()).abs() < f64::EPSILON);
        }
        assert_close(&masked.mean().unwrap(), &alone.mean().unwrap(), 1e-6);
        let variance = |observed: &Whole<'_>| observed.variance().unwrap();
        assert_close(&variance(&masked), &variance(&alone), 1e-6);
    }

    #[test]
    fn positions_count_in_part() {
        let features = small();
        let region = Tensor::from_slice(&[1.0_f32, 0.5]).reshape([1, 1, 1, 2]);
        let observed = Whole::new(&features, Some(&region), 8.0).unwrap();
        // Σ m f fᵀ = 1·(1, 3)(1, 3)ᵀ + ½·(2, 4)(2, 4)ᵀ, Σ m = 1.5
        let gram = |term| flat(&observed.gram(0.0, term).unwrap());
        assert_eq!(gram(SizeTerm::None), [3.0, 7.0, 7.0, 17.0]);
        let gram = observed.gram(0.0, SizeTerm::Hw).unwrap() * 1.5;
        assert_close(
            &gram,
            &Tensor::from_slice(&[3.0_f32, 7.0, 7.0, 17.0]).reshape([1, 2, 2]),
            1e-6,
        );
        let mean = observed.mean().unwrap() * 3.0;
        assert_close(
            &mean,
            &Tensor::from_slice(&[4.0_f32, 10.0]).reshape([1, 2]),
            1e-6,
        );
        let variance = observed.variance().unwrap() * 9.0;
        assert_close(
            &variance,
            &Tensor::from_slice(&[2.0_f32, 2.0]).reshape([1, 2]),
            1e-6,
        );
    }
}
