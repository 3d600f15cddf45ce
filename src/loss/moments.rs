//! What a layer's features add up to, tile by tile: from it follow Gram matrices, means and covariances, exactly. Worker
//! thread.
//!
//! With m(p) = 1 without a region: the area A = Σ m, the mean μ = Σ m f / A, the scatter S = Σ m (f − μ)(f − μ)ᵀ. Those of
//! parts are put together as in Chan, Golub and `LeVeque` (Updating formulae and a pairwise algorithm for computing sample
//! variances, 1979), so that nothing is lost where means are large.

use tch::{Kind, TchError, Tensor};

use super::region::SMALLEST_AREA;
use crate::preset::SizeTerm;

/// Of one candidate's features at a layer, within a region.
#[derive(Debug)]
pub struct Moments {
    area: f64,
    /// `[1, C]`
    mean: Tensor,
    /// `[1, C, C]`
    scatter: Tensor,
    /// Height and width of all of the layer.
    size: (i64, i64),
    /// Height × width of the picture itself, in pixels.
    picture_hw: f64,
    /// 1 where the region exists at this layer, otherwise 0, `[1]`; `None` without one.
    presence: Option<Tensor>,
}

/// Of a part of the positions, in double precision.
#[derive(Debug)]
pub struct PartialMoments {
    area: f64,
    /// `[C]`
    mean: Tensor,
    /// `[C, C]`
    scatter: Tensor,
}

impl PartialMoments {
    /// Of `features`, `[1, C, h, w]`, within `region`, `[1, 1, h, w]` with shares in [0, 1], `None` for everywhere. With a
    /// region this waits for the device.
    ///
    /// # Errors
    /// Those of libtorch.
    pub fn of(features: &Tensor, region: Option<&Tensor>) -> Result<Self, TchError> {
        let rows = rows_of(features)?;
        let (_, positions) = rows.size2()?;
        let shares = region
            .map(|region| shares_of(region, rows.kind()))
            .transpose()?;
        let area = match &shares {
            Some(shares) => shares.f_sum(Kind::Double)?.f_double_value(&[])?,
            None => positions as f64,
        };
        if area <= 0.0 {
            let (channels, _) = rows.size2()?;
            let options = (Kind::Double, rows.device());
            return Ok(Self {
                area: 0.0,
                mean: Tensor::f_zeros([channels], options)?,
                scatter: Tensor::f_zeros([channels, channels], options)?,
            });
        }
        let weighed = match &shares {
            Some(shares) => rows.f_mul(shares)?,
            None => rows.shallow_clone(),
        };
        let mean = weighed
            .f_sum_dim_intlist([1_i64].as_slice(), true, rows.kind())?
            .f_div_scalar(area)?;
        let mut centred = rows.f_sub(&mean)?;
        if let Some(shares) = &shares {
            let _ = centred.f_mul_(&shares.f_sqrt()?)?;
        }
        let scatter = centred.f_mm(&centred.f_transpose(0, 1)?)?;
        Ok(Self {
            area,
            mean: mean.f_squeeze_dim(1)?.f_to_kind(Kind::Double)?,
            scatter: scatter.f_to_kind(Kind::Double)?,
        })
    }

    /// Takes the positions of `other` in.
    ///
    /// # Errors
    /// Those of libtorch; other numbers of channels.
    pub fn add(&mut self, other: &Self) -> Result<(), TchError> {
        let area = self.area + other.area;
        if area > 0.0 {
            let apart = other.mean.f_sub(&self.mean)?;
            let share = other.area / area;
            let between = apart.f_outer(&apart)?.f_mul_scalar(self.area * share)?;
            self.scatter = self.scatter.f_add(&other.scatter)?.f_add(&between)?;
            self.mean = self.mean.f_add(&apart.f_mul_scalar(share)?)?;
            self.area = area;
        }
        Ok(())
    }

    /// Of a whole layer of this `size` (height, width); `in_region` where positions were not all counted, `picture_hw` is
    /// height × width of the picture in pixels.
    ///
    /// # Errors
    /// Those of libtorch.
    pub fn whole(
        &self,
        size: (i64, i64),
        picture_hw: f64,
        in_region: bool,
    ) -> Result<Moments, TchError> {
        let is_there = f64::from(u8::from(self.area >= SMALLEST_AREA));
        let presence = || {
            let ones = Tensor::f_full([1], is_there, (Kind::Float, self.mean.device()))?;
            Ok::<_, TchError>(ones)
        };
        Ok(Moments {
            area: if in_region {
                self.area.max(SMALLEST_AREA)
            } else {
                self.area
            },
            mean: self.mean.f_to_kind(Kind::Float)?.f_unsqueeze(0)?,
            scatter: self.scatter.f_to_kind(Kind::Float)?.f_unsqueeze(0)?,
            size,
            picture_hw,
            presence: in_region.then(presence).transpose()?,
        })
    }
}

impl Moments {
    /// The same numbers as the roots of a graph, to find out how a loss depends on them.
    ///
    /// # Errors
    /// Those of libtorch.
    pub fn roots(&self) -> Result<Self, TchError> {
        let root = |tensor: &Tensor| tensor.f_detach_copy()?.f_set_requires_grad(true);
        Ok(Self {
            mean: root(&self.mean)?,
            scatter: root(&self.scatter)?,
            presence: self.presence.as_ref().map(Tensor::shallow_clone),
            ..*self
        })
    }

    /// What a graph that began with [`Moments::roots`] is differentiated by: mean, scatter.
    pub fn variables(&self) -> [&Tensor; 2] {
        [&self.mean, &self.scatter]
    }

    /// How a loss depends on a part of the features: `features` is `[1, C, h, w]`, `region` as in
    /// [`PartialMoments::of`], `slopes` are the derivatives of the loss by [`Moments::variables`]; the result is
    /// `[1, C, h, w]`.
    ///
    /// # Formula
    /// m (G + Gᵀ)(f − μ) + m g / A = m ((G + Gᵀ) f + (g / A − (G + Gᵀ) μ)), with g the derivative by μ and G the one by S; S
    /// depends on μ by Σ m (f − μ) = 0 only.
    ///
    /// # Errors
    /// Those of libtorch.
    pub fn slopes(
        &self,
        features: &Tensor,
        region: Option<&Tensor>,
        slopes: [&Tensor; 2],
    ) -> Result<Tensor, TchError> {
        let [by_mean, by_scatter] = slopes;
        let rows = rows_of(features)?;
        let by_scatter = by_scatter.f_squeeze_dim(0)?;
        let both = by_scatter.f_add(&by_scatter.f_transpose(0, 1)?)?;
        // For a Gram matrix this is 0: the mean and the scatter depend on each other in it.
        let everywhere = by_mean
            .f_div_scalar(self.area)?
            .f_sub(&self.mean.f_detach()?.f_mm(&both)?)?;
        // A position's numbers side by side, as those of features are.
        let mut slope = everywhere.f_addmm(&rows.f_transpose(0, 1)?, &both)?;
        if let Some(region) = region {
            let _ = slope.f_mul_(&shares_of(region, slope.kind())?.f_transpose(0, 1)?)?;
        }
        slope.f_transpose(0, 1)?.f_reshape(features.size())
    }

    pub(super) fn presence(&self) -> Option<&Tensor> {
        self.presence.as_ref()
    }

    /// μ, `[1, C]`.
    pub(super) fn mean(&self) -> &Tensor {
        &self.mean
    }

    /// As [`super::statistic::Whole::gram`], `[1, C, C]`.
    pub(super) fn gram(&self, shift: f64, normalization: SizeTerm) -> Result<Tensor, TchError> {
        let mean = self.mean.f_sub_scalar(shift)?;
        let of_mean = mean.f_unsqueeze(2)?.f_bmm(&mean.f_unsqueeze(1)?)?;
        let product = self.scatter.f_add(&of_mean.f_mul_scalar(self.area)?)?;
        product.f_div_scalar(self.divisor(normalization))
    }

    /// As [`super::statistic::Whole::covariance`], `[1, C, C]`.
    pub(super) fn covariance(&self, normalization: SizeTerm) -> Result<Tensor, TchError> {
        self.scatter.f_div_scalar(self.divisor(normalization))
    }

    /// `[1, C]`
    pub(super) fn variance(&self) -> Result<Tensor, TchError> {
        self.scatter.f_diagonal(0, 1, 2)?.f_div_scalar(self.area)
    }

    /// As [`super::statistic::Whole::unit`].
    pub(super) fn unit(&self, normalization: SizeTerm) -> f64 {
        self.area / self.divisor(normalization)
    }

    /// The number that a [`SizeTerm`] stands for; in a region its area stands for that of the layer.
    pub(super) fn divisor(&self, normalization: SizeTerm) -> f64 {
        let channels = self.mean.size().get(1).copied().unwrap_or(1) as f64;
        let (height, width) = self.size;
        match normalization {
            SizeTerm::None => 1.0,
            SizeTerm::Hw => self.area,
            SizeTerm::Chw => self.area * channels,
            SizeTerm::PictureHw => self.area * self.picture_hw / (height * width) as f64,
        }
    }

    /// The number that a [`SizeTerm`] stands for of the whole layer.
    pub fn size_term(&self, term: SizeTerm) -> f64 {
        let channels = self.mean.size().get(1).copied().unwrap_or(1);
        let (height, width) = self.size;
        match term {
            SizeTerm::None => 1.0,
            SizeTerm::Hw => (height * width) as f64,
            SizeTerm::Chw => (channels * height * width) as f64,
            SizeTerm::PictureHw => self.picture_hw,
        }
    }
}

/// `[1, C, h, w]` as `[C, P]`.
fn rows_of(features: &Tensor) -> Result<Tensor, TchError> {
    features.f_squeeze_dim(0)?.f_flatten(1, 2)
}

/// `[1, 1, h, w]` as `[1, P]`.
fn shares_of(region: &Tensor, kind: Kind) -> Result<Tensor, TchError> {
    region
        .f_to_kind(kind)?
        .f_flatten(0, -1)?
        .f_clamp_min(0.0)?
        .f_unsqueeze(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::observed::Observed;
    use crate::loss::tests::{assert_close, numbers};

    const ALL: [SizeTerm; 4] = [
        SizeTerm::None,
        SizeTerm::Hw,
        SizeTerm::Chw,
        SizeTerm::PictureHw,
    ];

    fn in_tiles(features: &Tensor, region: Option<&Tensor>) -> Moments {
        let part = |tensor: &Tensor, from: i64, count: i64| tensor.narrow(3, from, count);
        let mut sum: Option<PartialMoments> = None;
        for (from, count) in [(0, 4), (4, 3), (7, 2)] {
            let region = region.map(|region| part(region, from, count));
            let next = PartialMoments::of(&part(features, from, count), region.as_ref()).unwrap();
            match &mut sum {
                Some(sum) => sum.add(&next).unwrap(),
                None => sum = Some(next),
            }
        }
        let (_, _, height, width) = features.size4().unwrap();
        sum.unwrap()
            .whole((height, width), 700.0, region.is_some())
            .unwrap()
    }

    fn region() -> Tensor {
        (numbers(&[1, 1, 5, 9]) * 0.5).clamp(0.0, 1.0)
    }

    #[test]
    fn tiles_add_up_to_the_whole() {
        // Far from 0, where sums of squares would lose the covariance.
        let features = numbers(&[1, 6, 5, 9]) + 30.0;
        let region = region();
        for region in [None, Some(&region)] {
            let moments = in_tiles(&features, region);
            let whole = Observed::new(&features, region, 700.0).unwrap();
            let summed = Observed::Summed(&moments);
            for term in ALL {
                for shift in [0.0, 1.0] {
                    let gram = |seen: &Observed<'_>| seen.gram(shift, term).unwrap();
                    assert_close(&gram(&summed), &gram(&whole), 1e-6);
                }
                let covariance = |seen: &Observed<'_>| seen.covariance(term).unwrap();
                assert_close(&covariance(&summed), &covariance(&whole), 2e-6);
                let unit = summed.unit(term).unwrap() / whole.unit(term).unwrap();
                assert!((unit - 1.0).abs() < 1e-6);
            }
            assert_close(&summed.mean().unwrap(), &whole.mean().unwrap(), 1e-6);
            assert_close(
                &summed.variance().unwrap(),
                &whole.variance().unwrap(),
                2e-6,
            );
        }
    }

    #[test]
    fn slopes_of_tiles_are_those_of_the_whole() {
        let features = numbers(&[1, 6, 5, 9]);
        let region = region();
        for region in [None, Some(&region)] {
            // Something that depends on everything.
            let loss = |seen: &Observed<'_>| {
                let gram = seen.gram(0.5, SizeTerm::Hw).unwrap();
                let covariance = seen.covariance(SizeTerm::Chw).unwrap();
                let mean = seen.mean().unwrap();
                let deviation = (seen.variance().unwrap() + 0.1).sqrt();
                (gram * &numbers(&[1, 6, 6])).square().sum(Kind::Float)
                    + (covariance * &numbers(&[1, 6, 6])).sum(Kind::Float)
                    + (mean * deviation).sum(Kind::Float)
            };
            let root = features.detach().set_requires_grad(true);
            let whole = loss(&Observed::new(&root, region, 700.0).unwrap());
            let expected = Tensor::run_backward(&[whole], &[&root], false, false);

            let moments = in_tiles(&features, region).roots().unwrap();
            let summed = loss(&Observed::Summed(&moments));
            let slopes = Tensor::run_backward(&[summed], &moments.variables(), false, false);
            let found = moments
                .slopes(&features, region, [&slopes[0], &slopes[1]])
                .unwrap();
            assert_close(&found, &expected[0], 3e-6);
        }
    }

    #[test]
    fn a_tile_outside_the_region_adds_nothing() {
        let features = numbers(&[1, 6, 5, 9]);
        let nowhere = Tensor::zeros([1, 1, 5, 9], (Kind::Float, features.device()));
        let mut sum = PartialMoments::of(&features, Some(&nowhere)).unwrap();
        let moments = sum.whole((5, 9), 700.0, true).unwrap();
        assert!(moments.presence().unwrap().double_value(&[0]) < f64::EPSILON);
        sum.add(&PartialMoments::of(&features, None).unwrap())
            .unwrap();
        let other = PartialMoments::of(&features, None).unwrap();
        assert_close(&sum.scatter, &other.scatter, 1e-12);
    }
}
