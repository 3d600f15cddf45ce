//! A frozen convolution with the three kinds of padding. Runs on the worker thread.

use tch::{Device, TchError, Tensor};

use crate::preset::Padding;

/// A convolution whose weights never ask for a gradient.
#[derive(Debug)]
pub struct Convolution {
    /// `[C_out, C_in, K, K]`
    weight: Tensor,
    /// `[C_out]`
    bias: Tensor,
    stride: i64,
    padding: i64,
    padding_kind: Padding,
}

impl Convolution {
    /// `weight` is `[C_out, C_in, K, K]`, `bias` `[C_out]`; both are moved to `device` and detached.
    pub fn new(
        weight: &Tensor,
        bias: &Tensor,
        stride: i64,
        padding: i64,
        padding_kind: Padding,
        device: Device,
    ) -> Result<Self, TchError> {
        Ok(Self {
            weight: weight.f_detach()?.f_to_device(device)?,
            bias: bias.f_detach()?.f_to_device(device)?,
            stride,
            padding,
            padding_kind,
        })
    }

    /// `[N, C_in, H, W]` to `[N, C_out, H', W']`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        if self.padding == 0 || self.padding_kind == Padding::Zeros {
            return input.f_conv2d(
                &self.weight,
                Some(&self.bias),
                self.stride,
                self.padding,
                1,
                1,
            );
        }
        let sides = [self.padding; 4];
        let padded = match self.padding_kind {
            Padding::Reflect => input.f_reflection_pad2d(sides)?,
            Padding::Replicate | Padding::Zeros => input.f_replication_pad2d(sides)?,
        };
        padded.f_conv2d(&self.weight, Some(&self.bias), self.stride, 0, 1, 1)
    }
}
