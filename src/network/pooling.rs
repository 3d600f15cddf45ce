//! Max, average and L2 pooling with an optional factor. Runs on the worker thread.

use tch::{TchError, Tensor};

use crate::preset::Pooling;

/// Below this a window's sum of squares counts as zero, where the square root has no derivative.
const SMALLEST_SQUARE_SUM: f64 = 1e-12;

/// One pooling layer as the preset wants it.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// Side of a window.
    pub kernel: i64,
    /// Distance of neighbouring windows.
    pub stride: i64,
    /// Whether a window that reaches over the edge counts.
    pub ceil: bool,
    /// Maximum, mean, or the square root of the sum of squares.
    pub kind: Pooling,
    /// Factor on the result; crowsonkb uses 2 with average and 0.78 with L2.
    pub scale: f64,
}

impl Pool {
    /// `[N, C, H, W]` to `[N, C, H', W']`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let average = |input: &Tensor, divisor: Option<i64>| {
            input.f_avg_pool2d(self.kernel, self.stride, 0, self.ceil, false, divisor)
        };
        let pooled = match self.kind {
            Pooling::Max => input.f_max_pool2d(self.kernel, self.stride, 0, 1, self.ceil)?,
            Pooling::Average => average(input, None)?,
            Pooling::L2 => average(&input.f_square()?, Some(1))?
                .f_clamp_min(SMALLEST_SQUARE_SUM)?
                .f_sqrt()?,
        };
        // A comparison with the neutral factor as written in the preset, not with a computed value.
        #[allow(clippy::float_cmp)]
        if self.scale == 1.0 {
            Ok(pooled)
        } else {
            pooled.f_mul_scalar(self.scale)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooled(kind: Pooling, scale: f64) -> Vec<f32> {
        let input = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).reshape([1, 1, 2, 2]);
        let output = Pool {
            kernel: 2,
            stride: 2,
            ceil: false,
            kind,
            scale,
        }
        .forward(&input)
        .unwrap();
        Vec::try_from(output.flatten(0, -1)).unwrap()
    }

    #[test]
    fn values_of_the_three_kinds() {
        assert_eq!(pooled(Pooling::Max, 1.0), [4.0]);
        assert_eq!(pooled(Pooling::Average, 2.0), [5.0]);
        assert!((pooled(Pooling::L2, 0.78)[0] - 0.78 * 30.0_f32.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn l2_has_a_finite_gradient_where_a_window_is_zero() {
        let input = Tensor::zeros([1, 1, 2, 2], (tch::Kind::Float, tch::Device::Cpu))
            .set_requires_grad(true);
        let pool = Pool {
            kernel: 2,
            stride: 2,
            ceil: false,
            kind: Pooling::L2,
            scale: 1.0,
        };
        pool.forward(&input)
            .unwrap()
            .sum(tch::Kind::Float)
            .backward();
        let gradient = Vec::<f32>::try_from(input.grad().flatten(0, -1)).unwrap();
        assert!(
            gradient.iter().all(|value| value.is_finite()),
            "{gradient:?}"
        );
    }
}
