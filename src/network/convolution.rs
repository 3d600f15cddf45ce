//! A frozen convolution with the three kinds of padding, and how its input's gradient follows from its output's. Runs on
//! the worker thread.

use std::cell::OnceCell;

use tch::{Device, Kind, TchError, Tensor};

use super::layout::{self, channels_last};
use super::pieces::{Margins, Pieces};
use super::rows::{Wanted, Windows};
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

    /// To `input` with so many zeros around it.
    fn apply(
        &self,
        input: &Pieces,
        bias: Option<&Tensor>,
        zeros: Margins,
    ) -> Result<Tensor, TchError> {
        let weight = &self.weight;
        let (count, channels, height, width) = input.size4()?;
        let (_, device) = input.options()?;
        let size = [count, channels, height, width];
        let is_float32 = weight.kind() == Kind::Float;
        if is_float32 && Winograd::is_worth_it(&weight.size(), self.stride, &size, device) {
            let winograd = made_once(&self.winograd, || Winograd::new(weight))?;
            return winograd.forward(input, zeros, bias);
        }
        let ([above, below], [left, right]) = (zeros.rows, zeros.columns);
        if let Some(single) = input.single()
            && above == below
            && left == right
        {
            let input = channels_last(single)?;
            return self.convolved(&input, bias, [above, left], None);
        }
        self.convolved(&input.surrounded(zeros)?, bias, [0, 0], None)
    }

    /// libtorch's convolution or, with what is added to its sides, transposed convolution.
    fn convolved(
        &self,
        input: &Tensor,
        bias: Option<&Tensor>,
        padding: [i64; 2],
        transposed: Option<[i64; 2]>,
    ) -> Result<Tensor, TchError> {
        // cuDNN tries its ways at the first step and remembers the fastest.
        let (benchmark, deterministic, cudnn_enabled) = (true, false, true);
        input.f_internal_convolution(
            &self.weight,
            bias,
            [self.stride; 2],
            padding,
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

    /// Its windows, along the height.
    pub(super) fn windows(&self) -> Result<Windows, TchError> {
        let (_, _, kernel, _) = self.forth.weight.size4()?;
        Ok(Windows {
            kernel,
            stride: self.forth.stride,
            padding: self.padding,
            repeats_inside: !self.pads_by_zeros(),
        })
    }

    /// `[N, C_in, H, W]` to `[N, C_out, H', W']`. All of its sides are edges.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        self.forward_rows(&input.shallow_clone().into(), [self.padding; 2])
    }

    /// The same of some rows of an input, which has so many more `beyond` its upper and its lower edge.
    pub(super) fn forward_rows(
        &self,
        input: &Pieces,
        beyond: [i64; 2],
    ) -> Result<Tensor, TchError> {
        let bias = Some(&self.bias);
        if self.pads_by_zeros() {
            let zeros = Margins {
                rows: beyond,
                columns: [self.padding; 2],
            };
            return self.forth.apply(input, bias, zeros);
        }
        let input = input.joined()?;
        let sides = [self.padding, self.padding, beyond[0], beyond[1]];
        let padded = match self.padding_kind {
            Padding::Reflect => input.f_reflection_pad2d(sides)?,
            Padding::Replicate | Padding::Zeros | Padding::ReplicateFirst => {
                input.f_replication_pad2d(sides)?
            }
        };
        self.forth.apply(&padded.into(), bias, Margins::NONE)
    }

    /// The gradient by the rows of an input that are `wanted`, `[N, C_in, H, W]`, of something whose gradient by their
    /// results is `slope`, `[N, C_out, H', W']`.
    ///
    /// # Formula
    /// The convolution of the slope with the filters turned by 180° and their channels exchanged; every window that has a
    /// part of the slope in it counts.
    pub(super) fn gradient(&self, slope: &Pieces, wanted: Wanted) -> Result<Tensor, TchError> {
        if self.pads_by_zeros() {
            return self.gradient_of_padded(slope, wanted, self.padding);
        }
        let at_edge = |is_edge: bool| if is_edge { self.padding } else { 0 };
        let (above, below) = (at_edge(wanted.is_first), at_edge(wanted.is_last));
        let padded = Wanted {
            height: wanted.height + above + below,
            width: wanted.width + 2 * self.padding,
            skip: wanted.skip - above,
            ..wanted
        };
        let by_padded = self.gradient_of_padded(slope, padded, 0)?;
        let (count, channels, _, _) = by_padded.size4()?;
        // Only its size is looked at.
        let like = by_padded.f_new_empty(
            [count, channels, wanted.height, wanted.width],
            (by_padded.kind(), by_padded.device()),
        )?;
        let sides = [self.padding, self.padding, above, below];
        match self.padding_kind {
            Padding::Reflect => like.f_reflection_pad2d_backward(&by_padded, sides),
            Padding::Replicate | Padding::Zeros | Padding::ReplicateFirst => {
                like.f_replication_pad2d_backward(&by_padded, sides)
            }
        }
    }

    /// The same where the input has so many zeros on its left and on its right.
    fn gradient_of_padded(
        &self,
        slope: &Pieces,
        wanted: Wanted,
        zeros: i64,
    ) -> Result<Tensor, TchError> {
        let (_, _, kernel, _) = self.forth.weight.size4()?;
        let (_, _, slope_height, slope_width) = slope.size4()?;
        let stride = self.forth.stride;
        if stride == 1 {
            let above = kernel - 1 - wanted.skip;
            let zeros = Margins {
                rows: [above, wanted.height + wanted.skip - slope_height],
                columns: [kernel - 1 - zeros; 2],
            };
            return self.back()?.apply(slope, None, zeros);
        }
        let reached = |results: i64| (results - 1) * stride + kernel;
        // Columns at the end that no window reaches.
        let rest = wanted.width - (reached(slope_width) - 2 * zeros);
        let all = self
            .forth
            .convolved(&slope.joined()?, None, [0, zeros], Some([0, rest]))?;
        let below = wanted.skip + wanted.height - reached(slope_height);
        layout::with_rows(&all, [-wanted.skip, below])
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
                    let all = convolution.windows().unwrap().whole((height, width));
                    let gradient = convolution.gradient(&slope.into(), all).unwrap();
                    assert_close(&gradient, &root.grad(), 3e-5);
                }
            }
        }
    }
}
