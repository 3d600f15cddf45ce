//! The bias-corrected moving average of a lane's iterates. Worker thread.

use tch::{Device, TchError, Tensor};

use super::saved::{RestoreError, SavedState, joined};

/// Past pictures, the newest weighted most; a candidate with decay 0 just keeps the newest.
#[derive(Debug)]
pub struct IterateAverage {
    /// `[N, 3, H, W]`
    sum: Tensor,
    candidates: Vec<Decay>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Decay {
    decay: f64,
    /// The product of all decays so far: what the weights in the sum lack to 1.
    product: f64,
}

impl IterateAverage {
    /// Starts with `picture`, `[N, 3, H, W]`, as the first iterate, as crowsonkb's does; `decays` in
    /// [0, 1), one a candidate.
    pub fn new(picture: &Tensor, decays: &[f64]) -> Result<Self, TchError> {
        let mut average = Self {
            sum: picture.f_zeros_like()?,
            candidates: decays
                .iter()
                .map(|&decay| Decay {
                    decay,
                    product: 1.0,
                })
                .collect(),
        };
        average.add(picture, &vec![true; decays.len()])?;
        Ok(average)
    }

    /// The same sums under `decays`, for a lane that is built again with the same `picture`.
    pub fn carried(&self, decays: &[f64], picture: &Tensor) -> Result<Self, TchError> {
        let mut carried = Self {
            sum: self.sum.f_detach_copy()?,
            candidates: self.candidates.clone(),
        };
        carried.update(decays, picture)?;
        Ok(carried)
    }

    /// A copy on `device` that shares nothing with this one.
    pub fn copied(&self, device: Device) -> Result<Self, TchError> {
        Ok(Self {
            sum: self
                .sum
                .f_to_device_(device, self.sum.kind(), false, true)?,
            candidates: self.candidates.clone(),
        })
    }

    /// The sums of the candidates at `rows`, copied.
    pub fn rows(&self, rows: &[usize]) -> Result<Self, TchError> {
        let index = super::row_index(rows, self.sum.device())?;
        Ok(Self {
            sum: self.sum.f_index_select(0, &index)?,
            candidates: super::at(&self.candidates, rows),
        })
    }

    /// Puts what is known of the candidate at `row` into `state`.
    pub fn save(&self, row: usize, state: &mut SavedState) -> Result<(), TchError> {
        state.put("average.sum", &self.sum.f_narrow(0, row as i64, 1)?)?;
        if let Some(candidate) = self.candidates.get(row) {
            state.put_number("average.decay", candidate.decay);
            state.put_number("average.product", candidate.product);
        }
        Ok(())
    }

    /// The opposite of [`IterateAverage::save`], of one candidate after the other, for pictures of the dimensions
    /// `shape`, `[1, 3, H, W]`; `None` where none was averaged.
    pub fn restored(
        states: &[&SavedState],
        shape: &[i64],
        device: Device,
    ) -> Result<Option<Self>, RestoreError> {
        if !states.iter().any(|state| state.has("average.sum")) {
            return Ok(None);
        }
        let candidates = states.iter().map(|state| {
            Ok(Decay {
                decay: state.number_in("average.decay", 0.0..=1.0)?,
                product: state.number_in("average.product", 0.0..=1.0)?,
            })
        });
        Ok(Some(Self {
            sum: joined(states, "average.sum", shape, device)?,
            candidates: candidates.collect::<Result<_, RestoreError>>()?,
        }))
    }

    /// Takes up changed decays; what was averaged so far stays. A candidate that did not average until
    /// now begins with `picture`, as it would alone.
    pub fn update(&mut self, decays: &[f64], picture: &Tensor) -> Result<(), TchError> {
        for (index, (candidate, &decay)) in (0..).zip(self.candidates.iter_mut().zip(decays)) {
            let begins = candidate.decay <= 0.0 && decay > 0.0;
            candidate.decay = decay;
            if begins {
                candidate.product = decay;
                let first = picture.f_narrow(0, index, 1)?.f_mul_scalar(1.0 - decay)?;
                self.sum.f_narrow(0, index, 1)?.f_copy_(&first)?;
            }
        }
        Ok(())
    }

    /// Adds one iterate, `[N, 3, H, W]`, for the candidates whose entry in `active` is true.
    pub fn add(&mut self, picture: &Tensor, active: &[bool]) -> Result<(), TchError> {
        for (index, (candidate, &active)) in (0..).zip(self.candidates.iter_mut().zip(active)) {
            if !active {
                continue;
            }
            let mut sum = self.sum.f_narrow(0, index, 1)?;
            let _ = sum.f_lerp_(&picture.f_narrow(0, index, 1)?, 1.0 - candidate.decay)?;
            candidate.product *= candidate.decay;
        }
        Ok(())
    }

    /// The average so far, `[N, 3, H, W]`.
    pub fn value(&self) -> Result<Tensor, TchError> {
        let averages = (0..)
            .zip(&self.candidates)
            .map(|(index, candidate)| {
                self.sum
                    .f_narrow(0, index, 1)?
                    .f_div_scalar(1.0 - candidate.product)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Tensor::f_cat(&averages, 0)
    }
}
