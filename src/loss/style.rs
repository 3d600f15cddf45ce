//! The distance of a statistic from its target. Runs on the worker thread.

use tch::{TchError, Tensor};

use super::{Target, mean_per_candidate, sum_per_candidate};
use crate::preset::StyleError;

/// Below this the mean square of a target does not divide any more: a style picture of one colour has
/// no covariance.
const SMALLEST_MEAN_SQUARE: f64 = 1e-8;

/// One part of a style picture's statistic, `[1, …]`, as a target; its scale is the mean of its squares.
pub fn style_target(values: Tensor) -> Result<Target, TchError> {
    let scale = mean_per_candidate(&values.f_square()?)?.f_clamp_min(SMALLEST_MEAN_SQUARE)?;
    Ok(Target { values, scale })
}

/// The error of one layer: one number a candidate, `[N]`.
///
/// `parts` is what [`super::statistic::statistic`] gave for the picture, each `[N, …]`, and `targets`
/// the same for the style picture; the errors of several parts are added.
pub fn style_error(
    parts: &[Tensor],
    targets: &[Target],
    error: StyleError,
) -> Result<Tensor, TchError> {
    let mut total: Option<Tensor> = None;
    for (part, target) in parts.iter().zip(targets) {
        let squares = part.f_sub(&target.values)?.f_square()?;
        let value = match error {
            StyleError::Mean => mean_per_candidate(&squares)?,
            StyleError::Sum => sum_per_candidate(&squares)?,
            StyleError::Relative => mean_per_candidate(&squares)?.f_div(&target.scale)?,
        };
        total = Some(match total {
            Some(sum) => sum.f_add(&value)?,
            None => value,
        });
    }
    total.ok_or_else(|| TchError::Shape("a style statistic without parts".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::flat;

    #[test]
    fn errors_by_hand_for_two_candidates() {
        let parts = [Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 5.0]).reshape([2, 2])];
        let targets = [
            style_target(Tensor::from_slice(&[0.0_f32, 4.0, 3.0, 1.0]).reshape([2, 2])).unwrap(),
        ];
        assert_eq!(
            flat(&style_error(&parts, &targets, StyleError::Mean).unwrap()),
            [2.5, 8.0]
        );
        assert_eq!(
            flat(&style_error(&parts, &targets, StyleError::Sum).unwrap()),
            [5.0, 16.0]
        );
        let relative = flat(&style_error(&parts, &targets, StyleError::Relative).unwrap());
        assert!((relative[0] - 2.5 / 8.0).abs() < 1e-6 && (relative[1] - 8.0 / 5.0).abs() < 1e-6);
    }
}
