//! A frozen convolution with the three kinds of padding, and how its input's gradient follows from its output's. Runs on
//! the worker thread.

use std::cell::OnceCell;

use tch::{Device, Kind, TchError, Tensor};

use super::layout::channels_last;
use super::winograd::Winograd;
use crate::preset::{Padding, Precision};

/// A convolution whose weights never ask for a gradient.
#[derive(Debug)]
pub struct Convolution {
    forth: Filters,
    /// `[C_out]`
    bias: Tensor,
    padding: i64,
    padding_kind: Padding,
    /// What takes gradients back to the input, made when the first one comes.
    back: OnceCell<Filters>,
}

/// Filters and the way in which they are applied.
#[derive(Debug)]
struct Filters {
    /// `[C_out, C_in, K, K]`
    weight: Tensor,
    stride: i64,
    allows_tf32: bool,
    /// Made where an input comes for which it is worth it.
    winograd: OnceCell<Winograd>,
}

impl Filters {
    fn new(weight: Tensor, stride: i64, allows_tf32: bool) -> Self {
        Self {
            weight,
            stride,
            allows_tf32,
            winograd: OnceCell::new(),
        }
    }

    fn apply(
        &self,
        input: &Tensor,
        bias: Option<&Tensor>,
        padding: i64,
    ) -> Result<Tensor, TchError> {
        let weight = &self.weight;
        let device = input.device();
        let is_float32 = weight.kind() == Kind::Float;
        if is_float32 && Winograd::is_worth_it(&weight.size(), self.stride, &input.size(), device) {
            let winograd = made_once(&self.winograd, || Winograd::new(weight))?;
            return winograd.forward(input, padding, bias);
        }
        self.convolved(&channels_last(input)?, bias, padding, None)
    }

    /// libtorch's convolution or, with what is added to its sides, transposed convolution.
    fn convolved(
        &self,
        input: &Tensor,
        bias: Option<&Tensor>,
        padding: i64,
        transposed: Option<[i64; 2]>,
    ) -> Result<Tensor, TchError> {
        // cuDNN tries its ways at the first step and remembers the fastest.
        let (benchmark, deterministic, cudnn_enabled) = (true, false, true);
        input.f_internal_convolution(
            &self.weight,
            bias,
            [self.stride; 2],
            [padding; 2],
            [1, 1],
            transposed.is_some(),
            transposed.unwrap_or([0, 0]),
            1,
            benchmark,
            deterministic,
            cudnn_enabled,
            self.allows_tf32,
        )
    }
}

/// What weights and features are at `precision`.
pub(super) fn kind(precision: Precision) -> Kind {
    match precision {
        Precision::Float32 | Precision::Tf32 => Kind::Float,
        Precision::Bfloat16 => Kind::BFloat16,
    }
}

/// What is in `cell`, made where there is nothing yet.
fn made_once<T>(
    cell: &OnceCell<T>,
    make: impl FnOnce() -> Result<T, TchError>,
) -> Result<&T, TchError> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}

impl Convolution {
    /// `weight` is `[C_out, C_in, K, K]`, `bias` `[C_out]`; both are moved to `device`, rounded to `precision`, and detached.
    ///
    /// # Errors
    /// Those of libtorch.
    pub fn new(
        weight: &Tensor,
        bias: &Tensor,
        stride: i64,
        padding: i64,
        padding_kind: Padding,
        (device, precision): (Device, Precision),
    ) -> Result<Self, TchError> {
        let kind = kind(precision);
        let there = |tensor: &Tensor| tensor.f_detach()?.f_to_device(device)?.f_to_kind(kind);
        Ok(Self {
            forth: Filters::new(
                channels_last(&there(weight)?)?,
                stride,
                precision == Precision::Tf32,
            ),
            bias: there(bias)?,
            padding,
            padding_kind,
            back: OnceCell::new(),
        })
    }

    /// `[N, C_in, H, W]` to `[N, C_out, H', W']`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let sides = [self.padding; 4];
        let bias = Some(&self.bias);
        if self.pads_by_zeros() {
            return self.forth.apply(input, bias, self.padding);
        }
        let padded = match self.padding_kind {
            Padding::Reflect => input.f_reflection_pad2d(sides)?,
            Padding::Replicate | Padding::Zeros | Padding::ReplicateFirst => {
                input.f_replication_pad2d(sides)?
            }
        };
        self.forth.apply(&padded, bias, 0)
    }

    /// The gradient by the input, `[N, C_in, H, W]` with this `size` (height, width), of something whose gradient by the
    /// output is `slope`, `[N, C_out, H', W']`.
    ///
    /// # Formula
    /// The convolution of the slope with the filters turned by 180° and their channels exchanged; every window that has a
    /// part of the slope in it counts.
    pub(super) fn gradient(
        &self,
        slope: &Tensor,
        (height, width): (i64, i64),
    ) -> Result<Tensor, TchError> {
        if self.pads_by_zeros() {
            return self.gradient_of_padded(slope, (height, width), self.padding);
        }
        let (around, sides) = (2 * self.padding, [self.padding; 4]);
        let by_padded = self.gradient_of_padded(slope, (height + around, width + around), 0)?;
        let (count, channels, _, _) = by_padded.size4()?;
        // Only its size is looked at.
        let like = by_padded.f_new_empty(
            [count, channels, height, width],
            (by_padded.kind(), by_padded.device()),
        )?;
        match self.padding_kind {
            Padding::Reflect => like.f_reflection_pad2d_backward(&by_padded, sides),
            Padding::Replicate | Padding::Zeros | Padding::ReplicateFirst => {
                like.f_replication_pad2d_backward(&by_padded, sides)
            }
        }
    }

    /// The same where the input has this `size` and is padded by zeros.
    fn gradient_of_padded(
        &self,
        slope: &Tensor,
        (height, width): (i64, i64),
        padding: i64,
    ) -> Result<Tensor, TchError> {
        let (_, _, kernel, _) = self.forth.weight.size4()?;
        let stride = self.forth.stride;
        if stride == 1 {
            return self.back()?.apply(slope, None, kernel - 1 - padding);
        }
        let (_, _, slope_height, slope_width) = slope.size4()?;
        // Rows and columns at the end that no window reaches.
        let rest = |side: i64, results: i64| side - ((results - 1) * stride + kernel - 2 * padding);
        let rest = [rest(height, slope_height), rest(width, slope_width)];
        self.forth.convolved(slope, None, padding, Some(rest))
    }

    fn back(&self) -> Result<&Filters, TchError> {
        made_once(&self.back, || {
            let turned = self.forth.weight.f_flip([2, 3])?.f_transpose(0, 1)?;
            Ok(Filters::new(
                channels_last(&turned)?,
                1,
                self.forth.allows_tf32,
            ))
        })
    }

    fn pads_by_zeros(&self) -> bool {
        self.padding == 0 || self.padding_kind == Padding::Zeros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: (Device, Precision) = (Device::Cpu, Precision::Float32);
    use crate::network::tests::{assert_close, numbers};
    use tch::Kind;

    #[test]
    fn no_gradient_of_a_weight_is_ever_asked_for() {
        let trained =
            |shape: &[i64]| Tensor::ones(shape, (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let weight = trained(&[2, 3, 3, 3]);
        let convolution =
            Convolution::new(&weight, &trained(&[2]), 1, 1, Padding::Reflect, PLACE).unwrap();
        let picture = trained(&[1, 3, 5, 5]);
        let result = convolution.forward(&picture).unwrap();
        result.sum(Kind::Float).backward();
        assert!(picture.grad().defined() && !weight.grad().defined());
    }

    /// Strides, kernels and sizes with a rest, and channels enough for the way with fewer multiplications.
    #[test]
    fn gradients_are_those_of_autograd() {
        for (channels_in, channels_out, kernel, stride, padding) in [
            (3, 5, 3, 1, 1),
            (3, 5, 5, 1, 2),
            (4, 6, 1, 1, 0),
            (3, 5, 7, 2, 0),
            (3, 5, 3, 2, 1),
            (128, 130, 3, 1, 1),
        ] {
            for padding_kind in [Padding::Zeros, Padding::Reflect, Padding::Replicate] {
                for (height, width) in [(9, 9), (17, 18)] {
                    let weight = numbers(&[channels_out, channels_in, kernel, kernel]);
                    let bias = numbers(&[channels_out]);
                    let convolution =
                        Convolution::new(&weight, &bias, stride, padding, padding_kind, PLACE)
                            .unwrap();
                    let input = numbers(&[1, channels_in, height, width]);
                    let root = input.detach().set_requires_grad(true);
                    let padded = match padding_kind {
                        Padding::Reflect => root.reflection_pad2d([padding; 4]),
                        Padding::Replicate => root.replication_pad2d([padding; 4]),
                        _ => root.constant_pad_nd([padding; 4]),
                    };
                    let expected = padded.conv2d(&weight, Some(&bias), stride, 0, 1, 1);
                    let found = convolution.forward(&input).unwrap();
                    assert_close(&found, &expected, 3e-5);
                    let slope = numbers(&expected.size());
                    (&expected * &slope).sum(Kind::Float).backward();
                    let gradient = convolution.gradient(&slope, (height, width)).unwrap();
                    assert_close(&gradient, &root.grad(), 3e-5);
                }
            }
        }
    }
}
