//! Adam (Kingma and Ba, arXiv:1412.6980) over a lane: one set of moments, a rate and betas a
//! candidate, all of which may change between two steps. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use crate::preset::OptimizerPreset;

/// The moments and the per-candidate numbers of a lane's Adam.
#[derive(Debug)]
pub struct Adam {
    /// First moment, `[N, 3, H, W]`.
    first: Tensor,
    /// Second moment, `[N, 3, H, W]`.
    second: Tensor,
    /// β₁ᵗ and β₂ᵗ as the running products that bias correction needs, `[N, 1, 1, 1]`, float64:
    /// kept on the device so that no step has to send a number there.
    beta1_power: Tensor,
    beta2_power: Tensor,
    numbers: Numbers,
}

/// What the presets say, as `[N, 1, 1, 1]` tensors.
#[derive(Debug)]
struct Numbers {
    learning_rate: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    one_minus_beta1: Tensor,
    one_minus_beta2: Tensor,
    epsilon: Tensor,
    /// Lower and upper bound of the picture, infinite where a candidate is not clamped.
    bounds: Option<(Tensor, Tensor)>,
}

impl Numbers {
    fn new(presets: &[&OptimizerPreset], device: Device) -> Result<Self, TchError> {
        let column = |value: &dyn Fn(&OptimizerPreset) -> f64, kind: Kind| -> Result<Tensor, TchError> {
            let values: Vec<f64> = presets.iter().map(|preset| value(preset)).collect();
            Tensor::f_from_slice(&values)?
                .f_reshape([presets.len() as i64, 1, 1, 1])?
                .f_to_kind(kind)?
                .f_to_device(device)
        };
        let bounds = if presets.iter().any(|preset| preset.clamp) {
            let bound = |inside: f64, outside: f64| {
                column(&move |preset| if preset.clamp { inside } else { outside }, Kind::Float)
            };
            Some((bound(0.0, f64::NEG_INFINITY)?, bound(1.0, f64::INFINITY)?))
        } else {
            None
        };
        Ok(Self {
            learning_rate: column(&|preset| preset.learning_rate, Kind::Double)?,
            beta1: column(&|preset| preset.beta1, Kind::Double)?,
            beta2: column(&|preset| preset.beta2, Kind::Double)?,
            one_minus_beta1: column(&|preset| 1.0 - preset.beta1, Kind::Float)?,
            one_minus_beta2: column(&|preset| 1.0 - preset.beta2, Kind::Float)?,
            epsilon: column(&|preset| preset.epsilon, Kind::Float)?,
            bounds,
        })
    }
}

impl Adam {
    /// Moments of zero for `picture`, `[N, 3, H, W]`; `presets` has one entry a candidate.
    pub fn new(picture: &Tensor, presets: &[&OptimizerPreset]) -> Result<Self, TchError> {
        let device = picture.device();
        let ones = || Tensor::f_ones([presets.len() as i64, 1, 1, 1], (Kind::Double, device));
        Ok(Self {
            first: picture.f_zeros_like()?,
            second: picture.f_zeros_like()?,
            beta1_power: ones()?,
            beta2_power: ones()?,
            numbers: Numbers::new(presets, device)?,
        })
    }

    /// The same moments under `presets`, for a lane that is built again. They are shared with the old
    /// one, which must not step any more once the new one does.
    pub fn carried(&self, presets: &[&OptimizerPreset]) -> Result<Self, TchError> {
        Ok(Self {
            first: self.first.shallow_clone(),
            second: self.second.shallow_clone(),
            beta1_power: self.beta1_power.shallow_clone(),
            beta2_power: self.beta2_power.shallow_clone(),
            numbers: Numbers::new(presets, self.first.device())?,
        })
    }

    /// Takes up changed rates, betas and bounds; the moments stay.
    pub fn update(&mut self, presets: &[&OptimizerPreset]) -> Result<(), TchError> {
        self.numbers = Numbers::new(presets, self.first.device())?;
        Ok(())
    }

    /// One step: changes `picture` in place along `gradient`, both `[N, 3, H, W]`, without autograd.
    ///
    /// # Formula
    /// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
    /// x ← x − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), as `torch.optim.Adam` orders it.
    pub fn step(&mut self, picture: &mut Tensor, gradient: &Tensor) -> Result<(), TchError> {
        let Self { first, second, beta1_power, beta2_power, numbers } = self;
        let _ = beta1_power.f_mul_(&numbers.beta1)?;
        let _ = beta2_power.f_mul_(&numbers.beta2)?;
        let step_size = numbers
            .learning_rate
            .f_div(&beta1_power.f_neg()?.f_add_scalar(1.0)?)?
            .f_neg()?
            .f_to_kind(Kind::Float)?;
        let correction = beta2_power.f_neg()?.f_add_scalar(1.0)?.f_sqrt()?.f_to_kind(Kind::Float)?;
        let _ = first.f_lerp_tensor_(gradient, &numbers.one_minus_beta1)?;
        let _ = second.f_lerp_tensor_(&gradient.f_square()?, &numbers.one_minus_beta2)?;
        let mut denominator = second.f_sqrt()?;
        let _ = denominator.f_div_(&correction)?;
        let _ = denominator.f_add_(&numbers.epsilon)?;
        let mut change = first.f_div(&denominator)?;
        let _ = change.f_mul_(&step_size)?;
        let _ = picture.f_add_(&change)?;
        if let Some((low, high)) = &numbers.bounds {
            let _ = picture.f_clamp_tensor_(Some(low), Some(high))?;
        }
        Ok(())
    }
}
