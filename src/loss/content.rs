//! The distance of features from the content picture's. Runs on the worker thread.

use tch::{Kind, TchError, Tensor};

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
///
/// `weighting`, `[1 or N, 1, H, W]` from 0 on, says how much the square of the difference counts at each position;
/// a mean is over all positions however they count.
pub fn content_error(
    features: &Tensor,
    target: &Target,
    error: ContentError,
    weighting: Option<&Tensor>,
) -> Result<Tensor, TchError> {
    let squares = features.f_sub(&target.values)?.f_square()?;
    let squares = match weighting {
        Some(weighting) => squares.f_mul(weighting)?,
        None => squares,
    };
    match error {
        ContentError::Mean => mean_per_candidate(&squares),
        ContentError::Sum => sum_per_candidate(&squares),
        ContentError::HalfSum => sum_per_candidate(&squares)?.f_mul_scalar(0.5),
        ContentError::Relative => mean_per_candidate(&squares)?.f_div(&target.scale),
    }
}

/// What a part of one layer's positions adds to [`content_error`], `[]` in double precision, and how that depends on
/// these `features`, `[1, C, h, w]` like `values`, the target's part; `scale` is the target's, and how many numbers
/// the whole layer has.
pub fn content_part(
    features: &Tensor,
    values: &Tensor,
    weighting: Option<&Tensor>,
    error: ContentError,
    (variance, count): (&Tensor, f64),
) -> Result<(Tensor, Tensor), TchError> {
    let mut difference = features.f_sub(values)?;
    let squares = difference.f_square()?;
    let squares = match weighting {
        Some(weighting) => {
            let _ = difference.f_mul_(weighting)?;
            squares.f_mul(weighting)?
        }
        None => squares,
    };
    let factor = match error {
        ContentError::Mean | ContentError::Relative => 1.0 / count,
        ContentError::Sum => 1.0,
        ContentError::HalfSum => 0.5,
    };
    let mut value = squares.f_sum(Kind::Double)?.f_mul_scalar(factor)?;
    let _ = difference.f_mul_scalar_(2.0 * factor)?;
    if error == ContentError::Relative {
        value = value.f_div(&variance.f_sum(Kind::Double)?)?;
        let _ = difference.f_div_(variance)?;
    }
    Ok((value, difference))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::{flat, numbers};

    const ALL: [ContentError; 4] = [
        ContentError::Mean,
        ContentError::Sum,
        ContentError::HalfSum,
        ContentError::Relative,
    ];

    fn small() -> (Tensor, Target) {
        let features = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 6.0]).reshape([1, 1, 2, 2]);
        let target = Tensor::from_slice(&[1.0_f32, 3.0, 3.0, 4.0]).reshape([1, 1, 2, 2]);
        (features, content_target(target).unwrap())
    }

    fn assert_values(weighting: Option<&Tensor>, expected: [f32; 4]) {
        let (features, target) = small();
        for (error, expected) in ALL.into_iter().zip(expected) {
            let value = content_error(&features, &target, error, weighting).unwrap();
            assert!((flat(&value)[0] - expected).abs() < 1e-6, "{error:?}");
        }
    }

    #[test]
    fn errors_by_hand() {
        // Squares 0, 1, 0, 4; the target's variance is 1.1875.
        assert_values(None, [1.25, 5.0, 2.5, 1.25 / 1.1875]);
    }

    #[test]
    fn positions_count_as_they_are_weighed() {
        let weighting = Tensor::from_slice(&[9.0_f32, 3.0, 1.0, 0.5]).reshape([1, 1, 2, 2]);
        assert_values(Some(&weighting), [1.25, 5.0, 2.5, 1.25 / 1.1875]);
        let weighting = Tensor::from_slice(&[1.0_f32, 1.0, 1.0, 0.0]).reshape([1, 1, 2, 2]);
        assert_values(Some(&weighting), [0.25, 1.0, 0.5, 0.25 / 1.1875]);
    }

    #[test]
    fn a_candidate_does_not_notice_its_company() {
        let (features, target) = (numbers(&[3, 40, 40, 33]), numbers(&[1, 40, 40, 33]) * 0.5);
        let target = content_target(target).unwrap();
        for error in ALL {
            let together = content_error(&features, &target, error, None).unwrap();
            for row in 0..3 {
                let features = features.narrow(0, row, 1);
                let alone = content_error(&features, &target, error, None).unwrap();
                assert_eq!(flat(&alone), flat(&together.narrow(0, row, 1)), "{error:?}");
            }
        }
    }
}
