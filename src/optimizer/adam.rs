//! Adam (Kingma and Ba, arXiv:1412.6980) over a lane: one set of moments, a rate and betas a
//! candidate, all of which may change between two steps. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use super::in_channels;
use super::saved::{RestoreError, SavedState, joined};
use crate::preset::{OptimizerPreset, StepSpace};

/// The moments of a lane's Adam and each candidate's numbers.
#[derive(Debug)]
pub struct Adam {
    /// First moment, `[N, 3, H, W]`.
    first: Tensor,
    /// Second moment, `[N, 3, H, W]`.
    second: Tensor,
    candidates: Vec<Numbers>,
    /// `ImageNet`'s deviation, `[1, 3, 1, 1]`: what a unit of the normalised space is in RGB.
    deviation: Tensor,
}

/// One candidate's settings and bias correction. They stay on the host and reach the device as
/// arguments of its operations, so that no step waits for the device.
#[derive(Debug, Clone, PartialEq)]
struct Numbers {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    space: StepSpace,
    clamp: bool,
    /// The products of all β₁ and of all β₂ so far: β₁ᵗ and β₂ᵗ as long as they do not change.
    beta1_product: f64,
    beta2_product: f64,
}

impl Numbers {
    fn new(preset: &OptimizerPreset) -> Self {
        Self {
            learning_rate: preset.learning_rate,
            beta1: preset.beta1,
            beta2: preset.beta2,
            epsilon: preset.epsilon,
            space: preset.space,
            clamp: preset.clamp,
            beta1_product: 1.0,
            beta2_product: 1.0,
        }
    }
}

impl Adam {
    /// Moments of zero for `picture`, `[N, 3, H, W]`; `presets` has one entry a candidate. `deviation`
    /// is what one unit of the normalised space is in RGB.
    pub fn new(
        picture: &Tensor,
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
    ) -> Result<Self, TchError> {
        Ok(Self {
            first: picture.f_zeros_like()?,
            second: picture.f_zeros_like()?,
            deviation: in_channels(deviation, (Kind::Float, picture.device()))?,
            candidates: presets.iter().map(|preset| Numbers::new(preset)).collect(),
        })
    }

    /// The same moments under `presets`, for a lane that is built again. A candidate whose space changed, or the
    /// units of it, begins with new ones, since the old mean nothing there. Where none did, they are shared with the
    /// old lane, which must not step any more once the new one does.
    pub fn carried(
        &self,
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
    ) -> Result<Self, TchError> {
        let deviation = in_channels(deviation, (Kind::Float, self.first.device()))?;
        let has_new_units = !self.deviation.f_equal(&deviation)?;
        let mut carried = Self {
            first: self.first.shallow_clone(),
            second: self.second.shallow_clone(),
            deviation,
            candidates: self.candidates.clone(),
        };
        for (index, preset) in (0..).zip(presets) {
            let Some(numbers) = carried.candidates.get_mut(index) else {
                break;
            };
            let is_in_old_units = preset.space == StepSpace::Normalized && has_new_units;
            if numbers.space == preset.space && !is_in_old_units {
                continue;
            }
            *numbers = Numbers::new(preset);
            for moment in [&mut carried.first, &mut carried.second] {
                *moment = moment.f_detach_copy()?;
                let _ = moment.f_narrow(0, index as i64, 1)?.f_zero_()?;
            }
        }
        carried.update(presets);
        Ok(carried)
    }

    /// The moments of pictures of `size` (height, width) that show the same: resized as crowsonkb's program does it,
    /// and the bias corrections go on.
    pub fn resized(&self, size: [i64; 2]) -> Result<Self, TchError> {
        Ok(Self {
            first: self.first.f_upsample_bicubic2d(size, false, None, None)?,
            second: self
                .second
                .f_upsample_bilinear2d(size, false, None, None)?
                .f_clamp_min(0.0)?,
            deviation: self.deviation.shallow_clone(),
            candidates: self.candidates.clone(),
        })
    }

    /// A copy on `device` that shares nothing with this one, whatever steps either makes.
    pub fn copied(&self, device: Device) -> Result<Self, TchError> {
        let copy = |tensor: &Tensor| tensor.f_to_device_(device, tensor.kind(), false, true);
        Ok(Self {
            first: copy(&self.first)?,
            second: copy(&self.second)?,
            deviation: copy(&self.deviation)?,
            candidates: self.candidates.clone(),
        })
    }

    /// The moments and numbers of the candidates at `rows`, copied.
    pub fn rows(&self, rows: &[usize]) -> Result<Self, TchError> {
        let index = super::row_index(rows, self.first.device())?;
        Ok(Self {
            first: self.first.f_index_select(0, &index)?,
            second: self.second.f_index_select(0, &index)?,
            deviation: self.deviation.shallow_clone(),
            candidates: super::at(&self.candidates, rows),
        })
    }

    /// Puts what is known of the candidate at `row` into `state`.
    pub fn save(&self, row: usize, state: &mut SavedState) -> Result<(), TchError> {
        let index = row as i64;
        state.put("adam.first", &self.first.f_narrow(0, index, 1)?)?;
        state.put("adam.second", &self.second.f_narrow(0, index, 1)?)?;
        if let Some(numbers) = self.candidates.get(row) {
            state.put_number("adam.beta1_product", numbers.beta1_product);
            state.put_number("adam.beta2_product", numbers.beta2_product);
        }
        Ok(())
    }

    /// The opposite of [`Adam::save`], of one candidate after the other, for pictures of the dimensions `shape`,
    /// `[1, 3, H, W]`.
    pub fn restored(
        states: &[&SavedState],
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
        shape: &[i64],
        device: Device,
    ) -> Result<Self, RestoreError> {
        let numbers = states.iter().zip(presets).map(|(state, preset)| {
            Ok(Numbers {
                beta1_product: state.number_in("adam.beta1_product", 0.0..=1.0)?,
                beta2_product: state.number_in("adam.beta2_product", 0.0..=1.0)?,
                ..Numbers::new(preset)
            })
        });
        Ok(Self {
            first: joined(states, "adam.first", shape, device)?,
            second: joined(states, "adam.second", shape, device)?,
            candidates: numbers.collect::<Result<_, RestoreError>>()?,
            deviation: in_channels(deviation, (Kind::Float, device))?,
        })
    }

    /// Whether all moments are finite.
    pub fn is_finite(&self) -> Result<bool, TchError> {
        for moment in [&self.first, &self.second] {
            if moment.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes up changed rates, betas and clamping; the moments stay.
    pub fn update(&mut self, presets: &[&OptimizerPreset]) {
        for (numbers, preset) in self.candidates.iter_mut().zip(presets) {
            *numbers = Numbers {
                beta1_product: numbers.beta1_product,
                beta2_product: numbers.beta2_product,
                ..Numbers::new(preset)
            };
        }
    }

    /// One step: changes `picture` in place along `gradient`, both `[N, 3, H, W]`, without autograd.
    ///
    /// # Formula
    /// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
    /// x ← x − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), operation by operation as `torch.optim.Adam`, so
    /// that rounding is the same too.
    ///
    /// Only candidates whose entry in `active` is true are stepped. Memory that is needed is asked for before anything
    /// changes, so where there is none everything is as it was.
    pub fn step(
        &mut self,
        picture: &Tensor,
        gradient: &Tensor,
        active: &[bool],
    ) -> Result<(), TchError> {
        let mut after = self.candidates.clone();
        for (numbers, _) in after.iter_mut().zip(active).filter(|(_, active)| **active) {
            numbers.beta1_product *= numbers.beta1;
            numbers.beta2_product *= numbers.beta2;
        }
        let candidates: Vec<_> = after.iter().zip(active).collect();
        let mut start = 0;
        let mut prepared = Vec::new();
        // Neighbours with equal numbers are stepped together: usually that is the whole lane.
        for alike in candidates.chunk_by(|one, next| one == next) {
            let length = alike.len() as i64;
            if let Some((numbers, true)) = alike.first() {
                let of = |tensor: &Tensor| tensor.f_narrow(0, start, length);
                prepared.push(Prepared {
                    numbers,
                    picture: of(picture)?,
                    first: of(&self.first)?,
                    second: of(&self.second)?,
                    room: Room::new(numbers, &self.deviation, &of(gradient)?)?,
                });
            }
            start += length;
        }
        for one in prepared {
            one.step(&self.deviation)?;
        }
        self.candidates = after;
        Ok(())
    }
}

/// Candidates with the same numbers, `[n, 3, H, W]` each, and everything that a step of theirs needs.
struct Prepared<'a> {
    numbers: &'a Numbers,
    picture: Tensor,
    first: Tensor,
    second: Tensor,
    room: Room,
}

/// The memory that a step needs besides, each `[n, 3, H, W]`.
struct Room {
    /// The gradient in the space of the moments.
    gradient: Tensor,
    /// (1 − β₂)g
    share: Tensor,
    /// For the divisor.
    denominator: Tensor,
    /// For the step.
    change: Tensor,
}

impl Room {
    fn new(numbers: &Numbers, deviation: &Tensor, gradient: &Tensor) -> Result<Self, TchError> {
        // By the chain rule; the moments live in the space in which the rate is a distance.
        let gradient = match numbers.space {
            StepSpace::Rgb => gradient.shallow_clone(),
            StepSpace::Normalized => gradient.f_mul(deviation)?,
        };
        Ok(Self {
            share: gradient.f_mul_scalar(1.0 - numbers.beta2)?,
            denominator: gradient.f_empty_like()?,
            change: gradient.f_empty_like()?,
            gradient,
        })
    }
}

impl Prepared<'_> {
    /// One step: picture and moments change in place, and no memory is asked for.
    fn step(mut self, deviation: &Tensor) -> Result<(), TchError> {
        let numbers = self.numbers;
        let Room {
            gradient,
            share,
            denominator,
            change,
        } = &self.room;
        let _ = self.first.f_lerp_(gradient, 1.0 - numbers.beta1)?;
        let _ = self.second.f_mul_scalar_(numbers.beta2)?;
        let _ = self.second.f_addcmul_(share, gradient)?;
        let mut denominator = self.second.f_sqrt_out(denominator)?;
        let _ = denominator.f_div_scalar_((1.0 - numbers.beta2_product).sqrt())?;
        let _ = denominator.f_add_scalar_(numbers.epsilon)?;
        let step_size = numbers.learning_rate / (1.0 - numbers.beta1_product);
        let mut change = self.first.f_mul_scalar_out(change, -step_size)?;
        if numbers.space == StepSpace::Normalized {
            let _ = change.f_mul_(deviation)?;
        }
        let _ = self.picture.f_addcdiv_(&change, &denominator)?;
        if numbers.clamp {
            let _ = self.picture.f_clamp_(0.0, 1.0)?;
        }
        Ok(())
    }
}
