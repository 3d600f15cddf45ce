//! The distance of features from the content picture's. Runs on the worker thread.

use tch::{TchError, Tensor};

use super::{Target, mean_per_candidate, sum_per_candidate};
use crate::preset::ContentError;

/// Below this the variance of a target does not divide any more: a flat picture has none.
const SMALLEST_VARIANCE: f64 = 1e-8;

/// Features of a content picture, `[1, C, H, W]`, as a target; its scale is their variance.
pub fn content_target(values: Tensor) -> Result<Target, TchError> {
    let variance = values
        .f_flatten(1, -1)?
        .f_var_dim([1_i64].as_slice(), false, false)?;
    Ok(Target {
        values,
        scale: variance.f_clamp_min(SMALLEST_VARIANCE)?,
    })
}

/// The error of one layer: `features` and the target's values are `[N, C, H, W]`, the result is `[N]`.
pub fn content_error(
    features: &Tensor,
    target: &Target,
    error: ContentError,
) -> Result<Tensor, TchError> {
    let squares = features.f_sub(&target.values)?.f_square()?;
    match error {
        ContentError::Mean => mean_per_candidate(&squares),
        ContentError::Sum => sum_per_candidate(&squares),
        ContentError::HalfSum => sum_per_candidate(&squares)?.f_mul_scalar(0.5),
        ContentError::Relative => mean_per_candidate(&squares)?.f_div(&target.scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::flat;

    #[test]
    fn errors_by_hand() {
        let features = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 6.0]).reshape([1, 1, 2, 2]);
        let target = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).reshape([1, 1, 2, 2]);
        let target = content_target(target).unwrap();
        let value = |error| flat(&content_error(&features, &target, error).unwrap())[0];
        assert!((value(ContentError::Mean) - 1.0).abs() < 1e-6);
        assert!((value(ContentError::Sum) - 4.0).abs() < 1e-6);
        assert!((value(ContentError::HalfSum) - 2.0).abs() < 1e-6);
        assert!((value(ContentError::Relative) - 1.0 / 1.25).abs() < 1e-6);
    }
}
