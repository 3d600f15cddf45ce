//! Gives one picture the colours of another: mean and covariance of RGB. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

/// Share of the mean variance added to a picture's own covariance, so that a picture of nearly one
/// colour is not stretched without limit.
const REGULARISATION: f64 = 0.01;
/// The least that is added.
const SMALLEST_VARIANCE: f64 = 1e-6;
/// Share of the largest eigenvalue added to every one before a root is taken.
const SMALLEST_EIGENVALUE: f64 = 1e-5;

/// `picture` with the mean and covariance of the colours of `palette`, clamped to [0, 1]; both are
/// `[1, 3, H, W]` with RGB in [0, 1].
///
/// # Formula
/// T (x − μ) + μ′ with T = A^−½ (A^½ Σ′ A^½)^½ A^−½, the linear map that moves colours least on average
/// (Monge and Kantorovich; Pitié and Kokaram 2007). A is Σ, slightly regularised.
pub(in crate::engine) fn matched(picture: &Tensor, palette: &Tensor) -> Result<Tensor, TchError> {
    let (mean, covariance) = statistics(picture)?;
    let (target_mean, target_covariance) = statistics(palette)?;
    let variance = covariance.f_trace()?.f_double_value(&[])? / 3.0;
    let identity = Tensor::f_eye(3, (Kind::Double, Device::Cpu))?;
    let added = identity.f_mul_scalar((REGULARISATION * variance).max(SMALLEST_VARIANCE))?;
    let regularised = covariance.f_add(&added)?;
    let root = power(&regularised, 0.5)?;
    let inverse_root = power(&regularised, -0.5)?;
    let middle = power(&root.f_matmul(&target_covariance)?.f_matmul(&root)?, 0.5)?;
    let map = inverse_root.f_matmul(&middle)?.f_matmul(&inverse_root)?;
    let offset = target_mean.f_sub(&map.f_matmul(&mean)?)?;

    let device = picture.device();
    let single = |tensor: Tensor| tensor.f_to_kind(Kind::Float)?.f_to_device(device);
    let size = picture.size();
    let colours = picture.f_reshape([3, -1])?;
    single(map)?
        .f_matmul(&colours)?
        .f_add(&single(offset)?)?
        .f_clamp(0.0, 1.0)?
        .f_reshape(size)
}

/// Mean `[3, 1]` and covariance `[3, 3]` of the colours, float64 on the CPU.
fn statistics(picture: &Tensor) -> Result<(Tensor, Tensor), TchError> {
    let colours = picture
        .f_reshape([3, -1])?
        .f_to_device(Device::Cpu)?
        .f_to_kind(Kind::Double)?;
    let count = colours.size().last().copied().unwrap_or(1).max(1);
    let mean = colours.f_mean_dim([1_i64].as_slice(), true, Kind::Double)?;
    let centred = colours.f_sub(&mean)?;
    let covariance = centred
        .f_matmul(&centred.f_transpose(0, 1)?)?
        .f_div_scalar(count as f64)?;
    Ok((mean, covariance))
}

/// A symmetric matrix to a power, by its eigenvalues.
fn power(matrix: &Tensor, exponent: f64) -> Result<Tensor, TchError> {
    let (values, vectors) = matrix.f_linalg_eigh("L")?;
    let values = values.f_clamp_min(0.0)?;
    let least = values
        .f_max()?
        .f_mul_scalar(SMALLEST_EIGENVALUE)?
        .f_clamp_min(f64::MIN_POSITIVE)?;
    let powers = values.f_add(&least)?.f_pow_tensor_scalar(exponent)?;
    vectors
        .f_mul(&powers)?
        .f_matmul(&vectors.f_transpose(0, 1)?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{flat, is_finite, picture};
    use super::*;

    #[test]
    fn takes_on_mean_and_covariance() {
        let one = picture(1, [0.3, 0.3, 0.3], [0.3, 0.4, 0.3]);
        let other = picture(2, [0.1, 0.3, 0.2], [0.5, 0.2, 0.4]);
        let result = matched(&one, &other).unwrap();
        let ((mean, covariance), (target_mean, target_covariance)) =
            (statistics(&result).unwrap(), statistics(&other).unwrap());
        assert!((mean - target_mean).abs().max().double_value(&[]) < 1e-3);
        let error = (covariance - &target_covariance).norm().double_value(&[]);
        assert!(
            error < 0.03 * target_covariance.norm().double_value(&[]),
            "{error}"
        );
    }

    #[test]
    fn pictures_of_one_colour_stay_finite() {
        let flat = flat([0.25; 3]);
        let other = picture(3, [0.5; 3], [0.1; 3]);
        for (one, palette) in [(&flat, &other), (&other, &flat), (&flat, &flat)] {
            assert!(is_finite(&matched(one, palette).unwrap()));
        }
    }
}
