//! The Wasserstein-2 distance of normal distributions, as crowsonkb's style-transfer-pytorch takes it. Worker thread.

use tch::{TchError, Tensor};

use super::matrix_root::{check_root, square_root, trace_gradient};
use super::style::SMALLEST_SCALE;
use super::{mean_per_candidate, sum_per_candidate};
use crate::preset::StyleError;

/// Added to every variance, so that covariances have an inverse.
const RIDGE: f64 = 1e-4;

/// The distribution that features are to have.
#[derive(Debug)]
pub(super) struct Normal {
    /// μₜ, `[n, C]`.
    mean: Tensor,
    /// The diagonal of Σₜ, `[n, C]`.
    variances: Tensor,
    /// Σₜ^½, `[n, C, C]`.
    root: Tensor,
    /// mean(μₜ²) + mean(diag Σₜ), `[n]`.
    scale: Tensor,
}

impl Normal {
    /// Of a `mean`, `[n, C]`, and a `covariance`, `[n, C, C]`.
    ///
    /// # Errors
    /// The covariance's root was not found, besides those of libtorch.
    pub(super) fn new(mean: Tensor, covariance: &Tensor) -> Result<Self, TchError> {
        let covariance = with_ridge(covariance)?;
        let root = square_root(&covariance)?;
        check_root(&covariance, &root)?;
        let variances = covariance.f_diagonal(0, 1, 2)?;
        let scale =
            mean_per_candidate(&mean.f_square()?)?.f_add(&mean_per_candidate(&variances)?)?;
        Ok(Self {
            mean,
            variances,
            root,
            scale: scale.f_clamp_min(SMALLEST_SCALE)?,
        })
    }

    /// Several candidates' distributions as one; `None` where they are of different channels.
    pub(super) fn joined(parts: &[&Self]) -> Result<Option<Self>, TchError> {
        let joined = |pick: fn(&Self) -> &Tensor| {
            let tensors: Vec<&Tensor> = parts.iter().map(|part| pick(part)).collect();
            super::style::joined_tensor(&tensors)
        };
        let (mean, variances) = (joined(|part| &part.mean)?, joined(|part| &part.variances)?);
        let (root, scale) = (joined(|part| &part.root)?, joined(|part| &part.scale)?);
        Ok((|| {
            Some(Self {
                mean: mean?,
                variances: variances?,
                root: root?,
                scale: scale?,
            })
        })())
    }

    /// One candidate's.
    pub(super) fn row(&self, row: i64) -> Result<Self, TchError> {
        Ok(Self {
            mean: self.mean.f_narrow(0, row, 1)?,
            variances: self.variances.f_narrow(0, row, 1)?,
            root: self.root.f_narrow(0, row, 1)?,
            scale: self.scale.f_narrow(0, row, 1)?,
        })
    }

    /// The distance of features with this `mean`, `[n, C]`, and `covariance`, `[n, C, C]`: `[n]`.
    ///
    /// # Formula
    /// With means over channels: mean((μ − μₜ)²) + mean(diag(Σₜ + Σ − 2 (Σₜ^½ Σ Σₜ^½)^½)), where 1e-4 is added to
    /// the variances of both; `sum` adds up channels instead, `relative` divides the mean by
    /// mean(μₜ²) + mean(diag Σₜ).
    pub(super) fn distance(
        &self,
        mean: &Tensor,
        covariance: &Tensor,
        error: StyleError,
    ) -> Result<Tensor, TchError> {
        let covariance = with_ridge(covariance)?;
        let product = self.root.f_bmm(&covariance.f_detach()?)?;
        let root = square_root(&product.f_bmm(&self.root)?)?;
        let spread = self
            .variances
            .f_add(&covariance.f_diagonal(0, 1, 2)?)?
            .f_sub(&root.f_diagonal(0, 1, 2)?.f_mul_scalar(2.0)?)?;
        let squares = mean.f_sub(&self.mean)?.f_square()?;
        let over_channels = |values: &Tensor| match error {
            StyleError::Mean | StyleError::Relative => mean_per_candidate(values),
            StyleError::Sum => sum_per_candidate(values),
        };
        let distance = over_channels(&squares)?.f_add(&over_channels(&spread)?)?;
        let distance = if covariance.requires_grad() {
            let slope = self.root_slope(&root, &covariance)?.f_mul_scalar(-2.0)?;
            distance.f_add(&match error {
                StyleError::Mean | StyleError::Relative => {
                    let (_, channels) = mean.size2()?;
                    slope.f_div_scalar(channels as f64)?
                }
                StyleError::Sum => slope,
            })?
        } else {
            distance
        };
        match error {
            StyleError::Mean | StyleError::Sum => Ok(distance),
            StyleError::Relative => distance.f_div(&self.scale),
        }
    }

    /// Zeros, `[n]`, with the gradient of the trace of `root` = (Σₜ^½ Σ Σₜ^½)^½ with respect to Σ.
    ///
    /// The root itself has no graph, which would keep 12 iterations' matrices for the way back.
    fn root_slope(&self, root: &Tensor, covariance: &Tensor) -> Result<Tensor, TchError> {
        let transposed = self.root.f_transpose(1, 2)?;
        let gradient = transposed
            .f_bmm(&trace_gradient(root)?)?
            .f_bmm(&transposed)?;
        let linear = sum_per_candidate(&covariance.f_mul(&gradient)?)?;
        linear.f_sub(&linear.f_detach()?)
    }
}

/// `matrices`, `[n, C, C]`, with [`RIDGE`] added to the diagonals.
fn with_ridge(matrices: &Tensor) -> Result<Tensor, TchError> {
    let (_, _, side) = matrices.size3()?;
    let identity = Tensor::f_eye(side, (matrices.kind(), matrices.device()))?;
    matrices.f_add(&identity.f_mul_scalar(RIDGE)?)
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    /// `[1, 2]` and a diagonal `[1, 2, 2]`.
    fn moments(mean: [f64; 2], deviations: [f64; 2]) -> (Tensor, Tensor) {
        let variances =
            Tensor::from_slice(&deviations.map(|deviation| deviation * deviation - RIDGE));
        (
            Tensor::from_slice(&mean).unsqueeze(0),
            variances.diag(0).unsqueeze(0),
        )
    }

    /// Of independent channels the distance is that of means and of deviations.
    #[test]
    fn distances_of_independent_channels_by_hand() {
        let (mean, covariance) = moments([1.0, 2.0], [3.0, 1.0]);
        let target = Normal::new(mean, &covariance).unwrap();
        let (mean, covariance) = moments([0.0, 4.0], [1.5, 2.0]);
        let of = |error| {
            let distance = target.distance(&mean, &covariance, error).unwrap();
            distance.double_value(&[0])
        };
        let sum = 1.0 + 4.0 + 2.25 + 1.0;
        assert!((of(StyleError::Sum) - sum).abs() < 1e-9);
        assert!((of(StyleError::Mean) - sum / 2.0).abs() < 1e-9);
        let scale = 5.0 / 2.0 + 10.0 / 2.0;
        assert!((of(StyleError::Relative) - sum / 2.0 / scale).abs() < 1e-9);
    }

    /// d (σ − σₜ)² / d σ² = 1 − σₜ/σ
    #[test]
    fn the_variance_s_gradient_by_hand() {
        let (mean, covariance) = moments([1.0, 2.0], [3.0, 1.0]);
        let target = Normal::new(mean.shallow_clone(), &covariance).unwrap();
        let (_, covariance) = moments([0.0; 2], [1.5, 2.0]);
        let covariance = covariance.set_requires_grad(true);
        let distance = target
            .distance(&mean, &covariance, StyleError::Sum)
            .unwrap();
        distance.sum(Kind::Double).backward();
        let gradient = covariance.grad().diagonal(0, 1, 2).flatten(0, -1);
        let gradient: Vec<f64> = Vec::try_from(gradient).unwrap();
        assert!(
            (gradient[0] + 1.0).abs() < 1e-8 && (gradient[1] - 0.5).abs() < 1e-8,
            "{gradient:?}"
        );
    }
}
