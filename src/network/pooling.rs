//! Max, average and L2 pooling with an optional factor, forth and back. Runs on the worker thread.

mod pairs;

use tch::{Device, TchError, Tensor};

use self::pairs::Chosen;
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

/// What has to be known of a pooling's input to take a gradient back to it.
#[derive(Debug)]
pub(super) enum KeptOfPool {
    /// Means: nothing but its size.
    Nothing,
    /// Maxima of pairs of rows and columns.
    Chosen(Chosen),
    /// Other maxima: where each was found, counted in the input's plane.
    Places(Tensor),
    /// Square roots of sums of squares: the input, as the root of a graph, and what came of it.
    Graph {
        /// `[N, C, H, W]`
        root: Tensor,
        /// `[N, C, H', W']`
        pooled: Tensor,
    },
}

impl Pool {
    /// `[N, C, H, W]` to `[N, C, H', W']`.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn pooled(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let pooled = match self.kind {
            Pooling::Max if self.takes_pairs_of(input)? => pairs::maximum(input)?,
            Pooling::Max => input.f_max_pool2d(self.kernel, self.stride, 0, 1, self.ceil)?,
            Pooling::Average => self.mean(input)?,
            Pooling::L2 => self.length(input)?,
        };
        self.scaled(pooled)
    }

    /// The same, and what [`Pool::gradient`] needs.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn forward(&self, input: &Tensor) -> Result<(Tensor, KeptOfPool), TchError> {
        let (pooled, kept) = match self.kind {
            Pooling::Max if self.takes_pairs_of(input)? => {
                let (pooled, chosen) = pairs::chosen_maximum(input)?;
                (pooled, KeptOfPool::Chosen(chosen))
            }
            Pooling::Max => {
                let (kernel, stride, ceil) = (self.kernel, self.stride, self.ceil);
                let (pooled, places) =
                    input.f_max_pool2d_with_indices(kernel, stride, 0, 1, ceil)?;
                (pooled, KeptOfPool::Places(places))
            }
            Pooling::Average => (self.mean(input)?, KeptOfPool::Nothing),
            Pooling::L2 => {
                let root = input.f_detach()?.f_set_requires_grad(true)?;
                let pooled = tch::with_grad(|| self.length(&root))?;
                (pooled.f_detach()?, KeptOfPool::Graph { root, pooled })
            }
        };
        Ok((self.scaled(pooled)?, kept))
    }

    /// The gradient by an input of this `size` (height, width), `[N, C, H, W]`, of something whose gradient by the output is
    /// `slope`, `[N, C, H', W']`. Of equal maxima one takes it all: the upper, then the left one.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn gradient(
        &self,
        slope: &Tensor,
        kept: &KeptOfPool,
        size: (i64, i64),
    ) -> Result<Tensor, TchError> {
        let slope = self.scaled(slope.shallow_clone())?;
        let (count, channels, _, _) = slope.size4()?;
        let options = (slope.kind(), slope.device());
        // Only its size is looked at.
        let input = || slope.f_new_empty([count, channels, size.0, size.1], options);
        let (kernel, stride, ceil) = (self.kernel, self.stride, self.ceil);
        match kept {
            KeptOfPool::Nothing if self.takes_pairs(size, slope.device()) => {
                pairs::gradient_of_mean(&slope, size)
            }
            KeptOfPool::Nothing => {
                input()?.f_avg_pool2d_backward(&slope, kernel, stride, 0, ceil, false, None)
            }
            KeptOfPool::Chosen(chosen) => chosen.gradient(&slope, size),
            KeptOfPool::Places(places) => input()?
                .f_max_pool2d_with_indices_backward(&slope, kernel, stride, 0, 1, ceil, places),
            KeptOfPool::Graph { root, pooled } => {
                let sum = tch::with_grad(|| pooled.f_mul(&slope)?.f_sum(slope.kind()))?;
                // It may be asked for again.
                let mut found = Tensor::f_run_backward(&[sum], &[root], true, false)?;
                Ok(found.swap_remove(0))
            }
        }
    }

    /// Whether every window is two whole rows of two, and no pixel in two of them, in an input of this size on `device`.
    fn takes_pairs(&self, (height, width): (i64, i64), device: Device) -> bool {
        let has_no_rest = height % 2 == 0 && width % 2 == 0;
        let is_window = (self.kernel, self.stride) == (2, 2) && (has_no_rest || !self.ceil);
        is_window && device == Device::Cpu
    }

    fn takes_pairs_of(&self, input: &Tensor) -> Result<bool, TchError> {
        let (_, _, height, width) = input.size4()?;
        Ok(self.takes_pairs((height, width), input.device()))
    }

    fn mean(&self, input: &Tensor) -> Result<Tensor, TchError> {
        if self.takes_pairs_of(input)? {
            pairs::mean(input)
        } else {
            self.average(input, None)
        }
    }

    fn average(&self, input: &Tensor, divisor: Option<i64>) -> Result<Tensor, TchError> {
        input.f_avg_pool2d(self.kernel, self.stride, 0, self.ceil, false, divisor)
    }

    /// The square root of the sum of squares.
    fn length(&self, input: &Tensor) -> Result<Tensor, TchError> {
        self.average(&input.f_square()?, Some(1))?
            .f_clamp_min(SMALLEST_SQUARE_SUM)?
            .f_sqrt()
    }

    fn scaled(&self, pooled: Tensor) -> Result<Tensor, TchError> {
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
    use crate::network::tests::{assert_close, numbers};
    use tch::Kind;

    fn pooled(kind: Pooling, scale: f64) -> Vec<f32> {
        let input = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).reshape([1, 1, 2, 2]);
        let output = Pool {
            kernel: 2,
            stride: 2,
            ceil: false,
            kind,
            scale,
        }
        .pooled(&input)
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
        let input = Tensor::zeros([1, 1, 2, 2], (Kind::Float, Device::Cpu));
        let pool = Pool {
            kernel: 2,
            stride: 2,
            ceil: false,
            kind: Pooling::L2,
            scale: 1.0,
        };
        let (pooled, kept) = pool.forward(&input).unwrap();
        let gradient = pool.gradient(&pooled.ones_like(), &kept, (2, 2)).unwrap();
        let gradient = Vec::<f32>::try_from(gradient.flatten(0, -1)).unwrap();
        assert!(
            gradient.iter().all(|value| value.is_finite()),
            "{gradient:?}"
        );
    }

    /// Also of a flat picture and at sizes that the windows do not divide.
    #[test]
    fn values_and_gradients_are_those_of_autograd() {
        for (kernel, stride, ceil) in [(2, 2, false), (2, 2, true), (3, 2, true)] {
            for kind in [Pooling::Max, Pooling::Average, Pooling::L2] {
                for (height, width) in [(8, 6), (7, 6), (8, 5), (5, 5)] {
                    let pool = Pool {
                        kernel,
                        stride,
                        ceil,
                        kind,
                        scale: 0.5,
                    };
                    let input = numbers(&[2, 3, height, width]);
                    let _ = input.narrow(0, 1, 1).fill_(0.25);
                    let root = input.detach().set_requires_grad(true);
                    let expected = match kind {
                        Pooling::Max => root.max_pool2d(kernel, stride, 0, 1, ceil),
                        Pooling::Average => {
                            root.avg_pool2d(kernel, stride, 0, ceil, false, None::<i64>)
                        }
                        Pooling::L2 => root
                            .square()
                            .avg_pool2d(kernel, stride, 0, ceil, false, 1)
                            .clamp_min(SMALLEST_SQUARE_SUM)
                            .sqrt(),
                    } * 0.5;
                    let (pooled, kept) = pool.forward(&input).unwrap();
                    assert_eq!(pooled, pool.pooled(&input).unwrap());
                    assert_close(&pooled, &expected, 1e-6);
                    let slope = numbers(&expected.size());
                    (&expected * &slope).sum(Kind::Float).backward();
                    for _ in 0..2 {
                        let gradient = pool.gradient(&slope, &kept, (height, width)).unwrap();
                        assert_close(&gradient, &root.grad(), 1e-6);
                    }
                }
            }
        }
    }
}
