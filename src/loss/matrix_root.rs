//! Square roots of covariance matrices by the Newton–Schulz iteration, and what changes them. Runs on the worker
//! thread.
//!
//! crowsonkb's style-transfer-pytorch takes 12 iterations forward, and as many of the iteration that solves the
//! Lyapunov equation of the root for its gradient. Eigenvalues far below the largest do not converge in so few, and
//! features of networks have many: the program's distances are up to a tenth above those of true roots, and its
//! gradients a tenth to a fifth away from theirs. Autograd through the iterations gives yet another gradient, which
//! is about as far from both. A preset that reproduces the program needs the program's own, so that is what this is.

use tch::{Kind, TchError, Tensor};

/// How often the root and the solution of its Lyapunov equation are improved.
pub const ITERATIONS: usize = 12;

/// How far the square of a root may be from its matrix, by Frobenius norms.
const LARGEST_RESIDUAL: f64 = 0.05;

/// The square roots of positive definite matrices, `[n, C, C]`, without a graph for the way back.
///
/// # Formula
/// Newton–Schulz on Y₀ = A/‖A‖, Z₀ = 1: T = (3 − Z Y)/2, Y ← Y T, Z ← T Z; the root is Y √‖A‖, in Frobenius norms.
pub fn square_root(matrices: &Tensor) -> Result<Tensor, TchError> {
    // The squares of a norm's elements may be too large for float32.
    let peak = matrices.f_abs()?.f_amax([1_i64, 2].as_slice(), true)?;
    let peak = peak.f_clamp_min(f64::from(f32::MIN_POSITIVE))?;
    let scaled = matrices.f_detach()?.f_div(&peak)?;
    let norm = frobenius_norm(&scaled)?;
    let identity = identity(&scaled)?;
    let mut root = scaled.f_div(&norm)?;
    let mut inverse = identity.shallow_clone();
    for _ in 0..ITERATIONS {
        let factor = identity.f_baddbmm(&inverse, &root, 1.5, -0.5)?;
        root = root.f_bmm(&factor)?;
        inverse = factor.f_bmm(&inverse)?;
    }
    root.f_mul(&norm.f_sqrt()?)?.f_mul(&peak.f_sqrt()?)
}

/// The gradient of the trace of a square root with respect to its matrix, as `roots` are, `[n, C, C]`.
///
/// # Formula
/// The Lyapunov equation R Q + Q R = 1 by the Newton–Schulz iteration for the sign of a matrix, on A₀ = R/‖R‖,
/// Q₀ = 1/‖R‖: E = (3 − A²)/2, Q ← Q E, A ← A E; the gradient is Q/2. With the 1 on the right-hand side Q commutes
/// with A, so the general iteration's other terms are nothing but rounding; they are left out.
pub fn trace_gradient(roots: &Tensor) -> Result<Tensor, TchError> {
    let norm = frobenius_norm(roots)?;
    let identity = identity(roots)?;
    let mut sign = roots.f_div(&norm)?;
    let mut solution = identity.f_div(&norm)?;
    for iteration in 1..=ITERATIONS {
        let factor = identity.f_baddbmm(&sign, &sign, 1.5, -0.5)?;
        solution = solution.f_bmm(&factor)?;
        if iteration < ITERATIONS {
            sign = sign.f_bmm(&factor)?;
        }
    }
    solution.f_mul_scalar(0.5)
}

/// Whether `roots` are the square roots of `matrices`, both `[n, C, C]`; this waits for the device.
///
/// # Errors
/// The iteration did not converge, or gave something that is no number: a message for people.
pub fn check_root(matrices: &Tensor, roots: &Tensor) -> Result<(), TchError> {
    let peak = matrices.f_abs()?.f_amax([1_i64, 2].as_slice(), true)?;
    let squares = roots.f_bmm(roots)?.f_div(&peak)?;
    let scaled = matrices.f_div(&peak)?;
    let residual = frobenius_norm(&squares.f_sub(&scaled)?)?.f_div(&frobenius_norm(&scaled)?)?;
    let residuals: Vec<f64> = Vec::try_from(residual.f_flatten(0, -1)?.f_to_kind(Kind::Double)?)?;
    for residual in residuals {
        if !residual.is_finite() {
            return Err(TchError::Torch(
                "the Newton–Schulz iteration for the square root of a style covariance gave no numbers: \
                 the style picture's features at this layer are not finite, or too large"
                    .to_owned(),
            ));
        }
        if residual >= LARGEST_RESIDUAL {
            return Err(TchError::Torch(format!(
                "the Newton–Schulz iteration for the square root of a style covariance did not converge in \
                 {ITERATIONS} iterations: the root's square is {:.0} % off, more than {:.0} %; \
                 another style.statistic suits this layer better",
                100.0 * residual,
                100.0 * LARGEST_RESIDUAL
            )));
        }
    }
    Ok(())
}

/// `[n, C, C]` to `[n, 1, 1]`.
fn frobenius_norm(matrices: &Tensor) -> Result<Tensor, TchError> {
    matrices
        .f_square()?
        .f_sum_dim_intlist([1_i64, 2].as_slice(), true, matrices.kind())?
        .f_sqrt()
}

/// As many as `matrices` has, `[n, C, C]`.
fn identity(matrices: &Tensor) -> Result<Tensor, TchError> {
    let (_, _, side) = matrices.size3()?;
    Tensor::f_eye(side, (matrices.kind(), matrices.device()))?
        .f_unsqueeze(0)?
        .f_expand_as(matrices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::{assert_close, doubles};

    /// Well conditioned, not diagonal, with a known root, `[2, 5, 5]`.
    fn known() -> (Tensor, Tensor) {
        let half = doubles(1, &[2, 5, 5]);
        let root = half.bmm(&half.transpose(1, 2)) + Tensor::eye(5, (Kind::Double, half.device()));
        (root.bmm(&root), root)
    }

    #[test]
    fn roots_are_found_at_every_scale() {
        let (matrices, roots) = known();
        for scale in [1e-8_f64, 1.0, 1e24] {
            for (kind, tolerance) in [(Kind::Double, 1e-9), (Kind::Float, 1e-5)] {
                let matrices = (&matrices * scale).to_kind(kind);
                let found = square_root(&matrices).unwrap();
                assert_close(
                    &found.to_kind(Kind::Double),
                    &(&roots * scale.sqrt()),
                    tolerance,
                );
                check_root(&matrices, &found).unwrap();
            }
        }
    }

    /// d tr(√A)/dA = ½ A^(-½)
    #[test]
    fn the_trace_s_gradient_is_half_the_inverse_root() {
        let (_, roots) = known();
        let expected = Tensor::linalg_inv(&roots) * 0.5;
        assert_close(&trace_gradient(&roots).unwrap(), &expected, 1e-9);
    }

    #[test]
    fn a_root_that_is_none_is_complained_about_in_words() {
        let (matrices, roots) = known();
        let message = |roots: &Tensor| check_root(&matrices, roots).unwrap_err().to_string();
        let text = message(&(&roots * 1.05));
        assert!(
            text.contains("Newton–Schulz") && text.contains("10 % off"),
            "{text}"
        );
        let text = message(&(roots * f64::NAN));
        assert!(
            text.contains("Newton–Schulz") && text.contains("no numbers"),
            "{text}"
        );
    }

    /// A matrix that is not positive has no root, and the iteration leaves for infinity.
    #[test]
    fn divergence_is_seen() {
        let matrix = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, -0.3]).reshape([1, 2, 2]);
        assert!(check_root(&matrix, &square_root(&matrix).unwrap()).is_err());
    }
}
