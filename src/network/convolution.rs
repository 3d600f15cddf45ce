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
            Padding::Replicate | Padding::Zeros | Padding::ReplicateFirst => {
                input.f_replication_pad2d(sides)?
            }
        };
        padded.f_conv2d(&self.weight, Some(&self.bias), self.stride, 0, 1, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn no_gradient_of_a_weight_is_ever_asked_for() {
        let trained =
            |shape: &[i64]| Tensor::ones(shape, (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let convolution = Convolution::new(
            &trained(&[2, 3, 3, 3]),
            &trained(&[2]),
            1,
            1,
            Padding::Reflect,
            Device::Cpu,
        )
        .unwrap();
        assert!(!convolution.weight.requires_grad() && !convolution.bias.requires_grad());
        let picture = trained(&[1, 3, 5, 5]);
        convolution
            .forward(&picture)
            .unwrap()
            .sum(Kind::Float)
            .backward();
        assert!(picture.grad().defined());
    }
}
