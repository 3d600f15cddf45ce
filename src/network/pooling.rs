//! Max, average and L2 pooling with an optional factor, forth and back. Runs on the worker thread.

pub(super) mod pairs;

use tch::{Device, TchError, Tensor};

use self::pairs::Chosen;
use super::rows::{Wanted, Windows};
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
    /// Other maxima: where each was found, counted in the plane of the rows that were given.
    Places(Tensor),
    /// Square roots of sums of squares.
    Lengths {
        /// `[N, C, H, W]`
        input: Tensor,
        /// `[N, C, H', W']`
        lengths: Tensor,
    },
}

impl Pool {
    /// `[N, C, H, W]` to `[N, C, H', W']`.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn pooled(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let pooled = match self.kind {
            Pooling::Max if self.takes_pairs(input.device()) => pairs::maximum(input)?,
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
            Pooling::Max if self.takes_pairs(input.device()) => {
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
                let lengths = self.length(input)?;
                let input = input.shallow_clone();
                (
                    lengths.shallow_clone(),
                    KeptOfPool::Lengths { input, lengths },
                )
            }
        };
        Ok((self.scaled(pooled)?, kept))
    }

    /// Its windows, along the height.
    pub(super) fn windows(&self) -> Windows {
        Windows {
            kernel: self.kernel,
            stride: self.stride,
            padding: 0,
            repeats_inside: false,
        }
    }

    /// The gradient by the rows of an input that are `wanted`, `[N, C, H, W]`, of something whose gradient by their results
    /// is `slope`, `[N, C, H', W']`. Of equal maxima one takes it all: the upper, then the left one.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn gradient(
        &self,
        slope: &Tensor,
        kept: &KeptOfPool,
        wanted: Wanted,
    ) -> Result<Tensor, TchError> {
        let slope = self.scaled(slope.shallow_clone())?;
        let (count, channels, results, _) = slope.size4()?;
        let options = (slope.kind(), slope.device());
        let (kernel, stride, ceil) = (self.kernel, self.stride, self.ceil);
        let end = wanted.skip + wanted.height;
        let height = if wanted.is_last {
            end
        } else {
            (results - 1) * stride + kernel
        };
        let size = (height, wanted.width);
        // Only its size is looked at.
        let input = || slope.f_new_empty([count, channels, height, wanted.width], options);
        let of_mean = |slope: &Tensor, divisor: Option<i64>| {
            input()?.f_avg_pool2d_backward(slope, kernel, stride, 0, ceil, false, divisor)
        };
        let by_windows = match kept {
            KeptOfPool::Nothing if self.takes_pairs(slope.device()) => {
                pairs::gradient_of_mean(&slope, size)?
            }
            KeptOfPool::Nothing => of_mean(&slope, None)?,
            KeptOfPool::Chosen(chosen) => chosen.gradient(&slope, size)?,
            KeptOfPool::Places(places) => input()?
                .f_max_pool2d_with_indices_backward(&slope, kernel, stride, 0, 1, ceil, places)?,
            KeptOfPool::Lengths { input, lengths } => {
                let counts = lengths.f_gt(SMALLEST_SQUARE_SUM.sqrt())?;
                let by_squares = slope.f_div(lengths)?.f_mul_(&counts)?;
                let found = of_mean(&by_squares, Some(1))?;
                let (_, _, looked_at, _) = input.size4()?;
                let rows = looked_at.min(height);
                let _ = found
                    .f_narrow(2, 0, rows)?
                    .f_mul_(&input.f_narrow(2, 0, rows)?)?;
                found
            }
        };
        by_windows.f_narrow(2, wanted.skip, wanted.height)
    }

    /// Whether every window is two whole rows of two, and no pixel in two of them, on `device`.
    fn takes_pairs(&self, device: Device) -> bool {
        (self.kernel, self.stride, self.ceil) == (2, 2, false) && device == Device::Cpu
    }

    fn mean(&self, input: &Tensor) -> Result<Tensor, TchError> {
        if self.takes_pairs(input.device()) {
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
        let gradient = pool
            .gradient(&pooled.ones_like(), &kept, pool.windows().whole((2, 2)))
            .unwrap();
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
                        let all = pool.windows().whole((height, width));
                        let gradient = pool.gradient(&slope, &kept, all).unwrap();
                        assert_close(&gradient, &root.grad(), 1e-6);
                    }
                }
            }
        }
    }
}
