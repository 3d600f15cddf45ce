//! What L-BFGS remembers of a candidate's last steps, and the direction that follows from it. Worker
//! thread.
//!
//! No tensor in here changes once it is made, so copies of a memory may share them.

use std::collections::VecDeque;

use tch::{Device, TchError, Tensor};

use crate::optimizer::saved::{RestoreError, SavedState};

/// More pairs than any preset asks for: a state that names more is none.
const MOST_PAIRS: f64 = 1e6;

/// Steps with the changes of gradient that they made, the newest last.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pairs: VecDeque<Pair>,
    /// yᵀs/yᵀy of the newest pair, `[]`: the size of an inverse curvature. `None` for 1.
    scale: Option<Tensor>,
}

/// One step. Two pictures in memory, `[3·H·W]` each.
#[derive(Debug)]
struct Pair {
    /// s
    step: Tensor,
    /// y
    change: Tensor,
    /// −1/yᵀs, `[]`
    factor: Tensor,
}

impl Memory {
    /// Remembers `step`, s, and the `change` of gradient that it made, y, both `[3·H·W]`; `product` is
    /// yᵀs, `[]`. Of more than `most` pairs the oldest are forgotten.
    pub(super) fn learn(
        &mut self,
        step: Tensor,
        change: Tensor,
        product: &Tensor,
        most: usize,
    ) -> Result<(), TchError> {
        self.scale = Some(product.f_div(&change.f_dot(&change)?)?);
        let factor = product.f_reciprocal()?.f_neg()?;
        // Before there is one more, so that there never is memory for more than asked for.
        self.keep(most.saturating_sub(1));
        self.pairs.push_back(Pair {
            step,
            change,
            factor,
        });
        Ok(())
    }

    /// Forgets all but the `most` newest pairs.
    pub(super) fn keep(&mut self, most: usize) {
        let surplus = self.pairs.len().saturating_sub(most);
        self.pairs.drain(..surplus);
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Makes all curvature the opposite, which no honest pair has.
    #[cfg(test)]
    pub(super) fn turn_round(&mut self) {
        self.scale = self.scale.as_ref().map(|scale| -scale);
        for pair in &mut self.pairs {
            pair.change = -&pair.change;
            pair.factor = -&pair.factor;
        }
    }

    /// −H·g for `gradient` g, `[3·H·W]`, by the two loops of Nocedal (Updating quasi-Newton matrices with
    /// limited storage, 1980), operation by operation as `torch.optim.LBFGS`.
    pub(super) fn direction(&self, gradient: &Tensor) -> Result<Tensor, TchError> {
        let mut direction = gradient.f_neg()?;
        let mut shares = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            // −α, since there is an operation that adds a product and none that takes it away.
            let share = pair.step.f_dot(&direction)?.f_mul(&pair.factor)?;
            let _ = direction.f_addcmul_(&pair.change, &share)?;
            shares.push(share);
        }
        if let Some(scale) = &self.scale {
            let _ = direction.f_mul_(scale)?;
        }
        for (pair, share) in self.pairs.iter().zip(shares.iter().rev()) {
            let beta = pair.change.f_dot(&direction)?.f_mul(&pair.factor)?;
            let _ = direction.f_addcmul_(&pair.step, &beta.f_sub(share)?)?;
        }
        Ok(direction)
    }

    /// Puts everything into `state`.
    pub(super) fn save(&self, state: &mut SavedState) -> Result<(), TchError> {
        state.put_number("lbfgs.pairs", self.pairs.len() as f64);
        for (index, pair) in self.pairs.iter().enumerate() {
            let [step, change, factor] = pair_names(index);
            state.put(&step, &pair.step)?;
            state.put(&change, &pair.change)?;
            state.put(&factor, &pair.factor)?;
        }
        if let Some(scale) = &self.scale {
            state.put("lbfgs.scale", scale)?;
        }
        Ok(())
    }

    /// The opposite of [`Memory::save`], for pictures of `count` numbers.
    pub(super) fn restored(
        state: &SavedState,
        count: i64,
        device: Device,
    ) -> Result<Self, RestoreError> {
        let pairs = state.number_in("lbfgs.pairs", 0.0..=MOST_PAIRS)? as usize;
        let pairs = (0..pairs).map(|index| {
            let [step, change, factor] = pair_names(index);
            Ok(Pair {
                step: state.tensor(&step, &[count], device)?,
                change: state.tensor(&change, &[count], device)?,
                factor: state.tensor(&factor, &[], device)?,
            })
        });
        let scale = state
            .has("lbfgs.scale")
            .then(|| state.tensor("lbfgs.scale", &[], device));
        Ok(Self {
            pairs: pairs.collect::<Result<_, RestoreError>>()?,
            scale: scale.transpose()?,
        })
    }

    /// A copy; on `device`, sharing nothing, where one is named.
    pub(super) fn copied(&self, device: Option<Device>) -> Result<Self, TchError> {
        let copy = |tensor: &Tensor| copied(tensor, device);
        let pairs = self.pairs.iter().map(|pair| {
            Ok(Pair {
                step: copy(&pair.step)?,
                change: copy(&pair.change)?,
                factor: copy(&pair.factor)?,
            })
        });
        Ok(Self {
            pairs: pairs.collect::<Result<_, TchError>>()?,
            scale: self.scale.as_ref().map(copy).transpose()?,
        })
    }
}

/// What a pair's step, change and factor are called in a saved state.
fn pair_names(index: usize) -> [String; 3] {
    ["step", "change", "factor"].map(|part| format!("lbfgs.pair{index}.{part}"))
}

/// `tensor` on `device`, sharing nothing, or the same tensor once more.
pub(super) fn copied(tensor: &Tensor, device: Option<Device>) -> Result<Tensor, TchError> {
    match device {
        Some(device) => tensor.f_to_device_(device, tensor.f_kind()?, false, true),
        None => Ok(tensor.shallow_clone()),
    }
}
