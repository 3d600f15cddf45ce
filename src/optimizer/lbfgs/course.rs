//! Where a candidate goes from a point. Worker thread.

use tch::{TchError, Tensor};

use super::memory::Memory;
use super::settings::Settings;

/// Where a candidate goes from a point.
#[derive(Debug)]
pub(super) struct Course {
    /// `[3·H·W]`
    pub(super) gradient: Tensor,
    /// The loss at the point, `[]`.
    pub(super) loss: Tensor,
    /// `[3·H·W]`
    pub(super) direction: Tensor,
    /// How far, in units of the direction, or how far at first where that is searched; `[]`.
    pub(super) length: Tensor,
    /// Derivative of the loss along the direction, `[]`.
    pub(super) slope: Tensor,
    /// Whether this is −g because the memory's direction did not lead down, `[]`; `None` at a first step.
    pub(super) turned_back: Option<Tensor>,
}

impl Course {
    /// Along the memory's direction or, where that does not lead down and at the first step, along −g.
    /// Which of the two is decided on the device, so that nothing waits for it.
    ///
    /// `gradient` is `[3·H·W]`, `loss` `[]`.
    pub(super) fn new(
        settings: &Settings,
        memory: &Memory,
        gradient: Tensor,
        loss: Tensor,
        is_first: bool,
    ) -> Result<Self, TchError> {
        let least = settings.tolerance_change;
        let square = gradient.f_dot(&gradient)?;
        // The L1 norm of the step is at most the rate. A gradient of 0 has infinity here, and then 1.
        let norm = gradient.f_abs()?.f_sum(gradient.f_kind()?)?;
        let short = norm.f_reciprocal()?.f_clamp_max(1.0)?;
        let mut length = short.f_mul_scalar(settings.rate)?;
        if least > 0.0 {
            // So flat that torch's step ends where it began.
            let is_flat = square.f_lt(least)?;
            length = length.f_zeros_like()?.f_where_self(&is_flat, &length)?;
        }
        let steepest = gradient.f_neg()?;
        let fall = square.f_neg()?;
        if is_first {
            return Ok(Self {
                gradient,
                loss,
                direction: steepest,
                length,
                slope: fall,
                turned_back: None,
            });
        }
        let direction = memory.direction(&gradient)?;
        let slope = gradient.f_dot(&direction)?;
        let leads_down = slope
            .f_lt(0.0)?
            .f_logical_and(&slope.f_le(-least)?)?
            .f_logical_and(&slope.f_isfinite()?)?;
        let rate = length.f_full_like(settings.rate)?;
        Ok(Self {
            direction: direction.f_where_self(&leads_down, &steepest)?,
            length: rate.f_where_self(&leads_down, &length)?,
            slope: slope.f_where_self(&leads_down, &fall)?,
            turned_back: Some(leads_down.f_logical_not()?),
            gradient,
            loss,
        })
    }
}
