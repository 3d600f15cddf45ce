//! Between a candidate's picture and the vector that is optimised. Worker thread.

use tch::{TchError, Tensor};

use crate::preset::StepSpace;

/// The units in which a candidate is optimised. All inner products are of vectors `[3·H·W]` in them.
#[derive(Debug)]
pub(super) struct Units<'a> {
    space: StepSpace,
    deviation: &'a Tensor,
}

impl<'a> Units<'a> {
    /// `deviation` is what a unit of the normalised space is in RGB, `[1, 3, 1, 1]`.
    pub(super) fn new(space: StepSpace, deviation: &'a Tensor) -> Self {
        Self { space, deviation }
    }

    /// The vector of a gradient with respect to RGB, `[1, 3, H, W]`. Shares nothing with it: a part of a
    /// lane's gradient would keep the whole, and inner products may be rounded by where a tensor begins.
    pub(super) fn gradient(&self, of_rgb: &Tensor) -> Result<Tensor, TchError> {
        let own = match self.space {
            StepSpace::Rgb => of_rgb.f_detach_copy()?,
            StepSpace::Normalized => of_rgb.f_detach()?.f_mul(self.deviation)?,
        };
        own.f_reshape([-1])
    }

    /// `place`, `[1, 3, H, W]`, moved by the vector `step`; a picture of its own.
    pub(super) fn moved(&self, place: &Tensor, step: &Tensor) -> Result<Tensor, TchError> {
        let step = step.f_view_as(place)?;
        match self.space {
            StepSpace::Rgb => place.f_add(&step),
            StepSpace::Normalized => place.f_add(&step.f_mul(self.deviation)?),
        }
    }

    /// The vector from the picture `from` to the picture `to`, both `[1, 3, H, W]`.
    pub(super) fn between(&self, from: &Tensor, to: &Tensor) -> Result<Tensor, TchError> {
        let difference = to.f_sub(from)?;
        let own = match self.space {
            StepSpace::Rgb => difference,
            StepSpace::Normalized => difference.f_div(self.deviation)?,
        };
        own.f_reshape([-1])
    }
}
