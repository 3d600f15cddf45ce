//! The bias-corrected moving average of a lane's iterates. Worker thread.

use tch::{Kind, TchError, Tensor};

/// Σ over past pictures, the newest weighted most; candidates with decay 0 just keep the newest.
#[derive(Debug)]
pub struct IterateAverage {
    /// `[N, 3, H, W]`
    sum: Tensor,
    /// The decay to the power of the number of steps, `[N, 1, 1, 1]`, float64.
    decay_power: Tensor,
    /// `[N, 1, 1, 1]`, float64
    decay: Tensor,
}

impl IterateAverage {
    /// Starts with `picture`, `[N, 3, H, W]`, as the first iterate, as crowsonkb's does; `decays` in
    /// [0, 1), one a candidate.
    pub fn new(picture: &Tensor, decays: &[f64]) -> Result<Self, TchError> {
        let device = picture.device();
        let mut average = Self {
            sum: picture.f_zeros_like()?,
            decay_power: Tensor::f_ones([decays.len() as i64, 1, 1, 1], (Kind::Double, device))?,
            decay: Tensor::f_from_slice(decays)?
                .f_reshape([decays.len() as i64, 1, 1, 1])?
                .f_to_device(device)?,
        };
        average.add(picture)?;
        Ok(average)
    }

    /// The same sums under `decays`, shared with the old lane like [`Adam`](super::adam::Adam)'s moments.
    pub fn carried(&self, decays: &[f64]) -> Result<Self, TchError> {
        let mut average = Self {
            sum: self.sum.shallow_clone(),
            decay_power: self.decay_power.shallow_clone(),
            decay: self.decay.shallow_clone(),
        };
        average.update(decays)?;
        Ok(average)
    }

    /// Takes up changed decays; what was averaged so far stays.
    pub fn update(&mut self, decays: &[f64]) -> Result<(), TchError> {
        self.decay = Tensor::f_from_slice(decays)?
            .f_reshape([decays.len() as i64, 1, 1, 1])?
            .f_to_device(self.sum.device())?;
        Ok(())
    }

    /// Adds one iterate, `[N, 3, H, W]`.
    pub fn add(&mut self, picture: &Tensor) -> Result<(), TchError> {
        let keep_new = self.decay.f_neg()?.f_add_scalar(1.0)?.f_to_kind(Kind::Float)?;
        let _ = self.sum.f_lerp_tensor_(picture, &keep_new)?;
        let _ = self.decay_power.f_mul_(&self.decay)?;
        Ok(())
    }

    /// The average so far, `[N, 3, H, W]`.
    pub fn value(&self) -> Result<Tensor, TchError> {
        let correction = self.decay_power.f_neg()?.f_add_scalar(1.0)?.f_to_kind(Kind::Float)?;
        self.sum.f_div(&correction)
    }
}
