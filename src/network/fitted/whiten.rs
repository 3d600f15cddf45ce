//! Regularised whitening of a cloud of patches. Worker thread.

use tch::{Kind, TchError, Tensor};

/// Keeps the whitening of a cloud without any extent finite.
const SMALLEST_EIGENVALUE: f64 = 1e-8;

/// The matrix `[D, D]` that whitens `centred`, `[P, D]`, by `centred · matrix`: U (λ + ε·mean(λ))^−½
/// with `UλUᵀ` the covariance.
pub(super) fn matrix(centred: &Tensor, epsilon: f64) -> Result<Tensor, TchError> {
    let device = centred.device();
    let count = centred.size().first().copied().unwrap_or(1).max(1);
    // In float64 on the CPU: the small eigenvalues of a few hundred dimensions are worth it, and the
    // result must not depend on the device.
    let centred = centred
        .f_to_device(tch::Device::Cpu)?
        .f_to_kind(Kind::Double)?;
    let covariance = centred
        .f_transpose(0, 1)?
        .f_matmul(&centred)?
        .f_div_scalar(count as f64)?;
    let (values, vectors) = covariance.f_linalg_eigh("L")?;
    let values = values.f_clamp_min(0.0)?;
    let added = values
        .f_mean(Kind::Double)?
        .f_mul_scalar(epsilon)?
        .f_add_scalar(SMALLEST_EIGENVALUE)?;
    vectors
        .f_div(&values.f_add(&added)?.f_sqrt()?)?
        .f_to_kind(Kind::Float)?
        .f_to_device(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_regularisation_gives_a_covariance_of_one() {
        tch::manual_seed(0);
        let cloud = Tensor::randn([4000, 6], (Kind::Float, tch::Device::Cpu));
        let mixed = cloud.matmul(&Tensor::randn([6, 6], (Kind::Float, tch::Device::Cpu)));
        let mixed = &mixed - mixed.mean_dim([0_i64].as_slice(), true, Kind::Float);
        let white = mixed.matmul(&matrix(&mixed, 1e-6).unwrap());
        let covariance = white.transpose(0, 1).matmul(&white) / 4000.0;
        let difference = covariance - Tensor::eye(6, (Kind::Float, tch::Device::Cpu));
        assert!(difference.abs().max().double_value(&[]) < 0.02);
    }
}
