//! Adam (Kingma and Ba, arXiv:1412.6980) over a lane: one set of moments, a rate and betas a
//! candidate, all of which may change between two steps. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use super::saved::{RestoreError, SavedState, joined};
use super::{in_channels, is_finite};
use crate::preset::{OptimizerPreset, StepSpace};

/// So many numbers of a picture are stepped at a time: on a CPU they fit the caches, elsewhere every piece has its price.
const NUMBERS_AT_ONCE: i64 = 1 << 20;
const NUMBERS_AT_ONCE_ELSEWHERE: i64 = 1 << 24;

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
        Ok(is_finite(&self.first)? && is_finite(&self.second)?)
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
                let gradient = of(gradient)?;
                prepared.push(Prepared {
                    numbers,
                    picture: of(picture)?,
                    first: of(&self.first)?,
                    second: of(&self.second)?,
                    room: Room::new(numbers, &gradient)?,
                    gradient,
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
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    room: Room,
}

/// The memory that a step needs besides, each `[n, 3, h, W]`: for some rows of the pictures at a time, so that large ones
/// need no more than small ones do.
struct Room {
    rows: i64,
    /// The gradient in the space of the moments, where that is not that of the pictures.
    gradient: Option<Tensor>,
    /// (1 − β₂)g
    share: Tensor,
    /// For the divisor.
    denominator: Tensor,
    /// For the step.
    change: Tensor,
}

impl Room {
    fn new(numbers: &Numbers, gradient: &Tensor) -> Result<Self, TchError> {
        let (count, channels, height, width) = gradient.size4()?;
        let most = match gradient.device() {
            Device::Cpu => NUMBERS_AT_ONCE,
            _ => NUMBERS_AT_ONCE_ELSEWHERE,
        };
        let rows = (most / (count * channels * width).max(1)).clamp(1, height.max(1));
        let options = (gradient.kind(), gradient.device());
        let new = || Tensor::f_empty([count, channels, rows, width], options);
        Ok(Self {
            rows,
            gradient: match numbers.space {
                StepSpace::Rgb => None,
                StepSpace::Normalized => Some(new()?),
            },
            share: new()?,
            denominator: new()?,
            change: new()?,
        })
    }
}

impl Prepared<'_> {
    /// One step: picture and moments change in place, and no memory is asked for.
    fn step(&self, deviation: &Tensor) -> Result<(), TchError> {
        let (_, _, height, _) = self.picture.size4()?;
        let mut start = 0;
        while start < height {
            let rows = self.room.rows.min(height - start);
            self.step_rows(start, rows, deviation)?;
            start += rows;
        }
        Ok(())
    }

    fn step_rows(&self, start: i64, rows: i64, deviation: &Tensor) -> Result<(), TchError> {
        let numbers = self.numbers;
        let of = |tensor: &Tensor| tensor.f_narrow(2, start, rows);
        let room = |tensor: &Tensor| tensor.f_narrow(2, 0, rows);
        let mut picture = of(&self.picture)?;
        let (mut first, mut second) = (of(&self.first)?, of(&self.second)?);
        // By the chain rule; the moments live in the space in which the rate is a distance.
        let gradient = match &self.room.gradient {
            None => of(&self.gradient)?,
            Some(own) => of(&self.gradient)?.f_mul_out(&room(own)?, deviation)?,
        };
        let share = gradient.f_mul_scalar_out(&room(&self.room.share)?, 1.0 - numbers.beta2)?;
        let _ = first.f_lerp_(&gradient, 1.0 - numbers.beta1)?;
        let _ = second.f_mul_scalar_(numbers.beta2)?;
        let _ = second.f_addcmul_(&share, &gradient)?;
        let mut denominator = second.f_sqrt_out(&room(&self.room.denominator)?)?;
        let _ = denominator.f_div_scalar_((1.0 - numbers.beta2_product).sqrt())?;
        let _ = denominator.f_add_scalar_(numbers.epsilon)?;
        let step_size = numbers.learning_rate / (1.0 - numbers.beta1_product);
        let mut change = first.f_mul_scalar_out(&room(&self.room.change)?, -step_size)?;
        if numbers.space == StepSpace::Normalized {
            let _ = change.f_mul_(deviation)?;
        }
        let _ = picture.f_addcdiv_(&change, &denominator)?;
        if numbers.clamp {
            let _ = picture.f_clamp_(0.0, 1.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::load;

    /// Two candidates in one space and one in the other, so large that they are stepped some rows at a time.
    #[test]
    fn a_large_picture_is_stepped_as_its_parts_are() {
        let preset = |space: &str| {
            let setting = format!("optimizer.space={space}").parse().unwrap();
            load("demo", &[setting]).unwrap().preset.optimizer
        };
        let presets = [preset("rgb"), preset("rgb"), preset("normalized")];
        let presets: Vec<&OptimizerPreset> = presets.iter().collect();
        let shape = [3, 3, 301, 800];
        let numbers = || Tensor::f_randn(shape, (Kind::Float, Device::Cpu)).unwrap();
        let (begun, gradients) = (numbers(), [numbers(), numbers()]);
        let after = |start: i64, rows: i64| {
            let of = |tensor: &Tensor| tensor.narrow(2, start, rows).copy();
            let picture = of(&begun);
            let mut adam = Adam::new(&picture, &presets, [0.2, 0.3, 0.4]).unwrap();
            assert!(adam.is_finite().unwrap());
            for gradient in &gradients {
                adam.step(&picture, &of(gradient), &[true; 3]).unwrap();
            }
            [picture, adam.first, adam.second]
        };
        let row = shape[1] * shape[3];
        assert!(row * shape[2] < NUMBERS_AT_ONCE && NUMBERS_AT_ONCE < 2 * row * shape[2]);
        let whole = after(0, shape[2]);
        for (start, rows) in [(0, 100), (100, 201)] {
            for (part, whole) in after(start, rows).iter().zip(&whole) {
                assert_eq!(*part, whole.narrow(2, start, rows));
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_noticed() {
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let tensor = Tensor::zeros([1, 3, 9, 7], (Kind::Float, Device::Cpu));
            assert!(is_finite(&tensor).unwrap());
            let _ = tensor.narrow(3, 4, 1).fill_(broken);
            assert!(!is_finite(&tensor).unwrap(), "{broken}");
        }
    }
}
