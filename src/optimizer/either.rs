//! The optimiser of a lane, whichever kind its presets ask for. Worker thread.

use tch::{Device, TchError, Tensor};

use super::adam::Adam;
use super::lbfgs::{Evaluate, Evaluation, Lbfgs};
use super::saved::{RestoreError, SavedState};
use crate::preset::{OptimizerKind, OptimizerPreset};

/// So many pairs of an L-BFGS memory are kept with a state: each holds two pictures, and many states may be kept.
const KEPT_PAIRS: usize = 10;

/// One of the kinds; all candidates of a lane have the same.
#[derive(Debug)]
pub enum Optimizer {
    /// See [`Adam`].
    Adam(Adam),
    /// See [`Lbfgs`].
    Lbfgs(Box<Lbfgs>),
}

impl Optimizer {
    /// Without a past, for `picture`, `[N, 3, H, W]`; `presets` has one entry a candidate. `deviation` is what one unit
    /// of the network's pixels is in RGB.
    pub fn new(
        picture: &Tensor,
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
    ) -> Result<Self, TchError> {
        Ok(match kind(presets) {
            OptimizerKind::Adam => Self::Adam(Adam::new(picture, presets, deviation)?),
            OptimizerKind::Lbfgs => Self::Lbfgs(Box::new(Lbfgs::new(picture, presets, deviation)?)),
        })
    }

    /// The same under `presets`, for a lane that is built again with the same `picture`; without a past where the kind
    /// is another one now.
    pub fn carried(
        &self,
        picture: &Tensor,
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
    ) -> Result<Self, TchError> {
        match (self, kind(presets)) {
            (Self::Adam(adam), OptimizerKind::Adam) => {
                Ok(Self::Adam(adam.carried(presets, deviation)?))
            }
            (Self::Lbfgs(lbfgs), OptimizerKind::Lbfgs) => {
                let carried = lbfgs.carried(presets)?.with_deviation(deviation)?;
                Ok(Self::Lbfgs(Box::new(carried)))
            }
            _ => Self::new(picture, presets, deviation),
        }
    }

    /// The same for `picture`, which is the old one in another size. Adam's moments are resized, too; what L-BFGS has
    /// learned of curvature means nothing there.
    pub fn resized(
        &self,
        picture: &Tensor,
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
    ) -> Result<Self, TchError> {
        let (_, _, height, width) = picture.size4()?;
        match (self, kind(presets)) {
            (Self::Adam(adam), OptimizerKind::Adam) => Ok(Self::Adam(
                adam.resized([height, width])?.carried(presets, deviation)?,
            )),
            _ => Self::new(picture, presets, deviation),
        }
    }

    /// A copy on `device` that shares nothing with this one.
    pub fn copied(&self, device: Device) -> Result<Self, TchError> {
        Ok(match self {
            Self::Adam(adam) => Self::Adam(adam.copied(device)?),
            Self::Lbfgs(lbfgs) => Self::Lbfgs(Box::new(lbfgs.copied(device)?)),
        })
    }

    /// A copy on `device` to go back to: of a long memory only the newest part.
    pub fn kept(&self, device: Device) -> Result<Self, TchError> {
        Ok(match self {
            Self::Adam(adam) => Self::Adam(adam.copied(device)?),
            Self::Lbfgs(lbfgs) => {
                let all: Vec<usize> = (0..lbfgs.has_arrived().len()).collect();
                let newest = lbfgs.rows(&all)?.shortened(KEPT_PAIRS);
                Self::Lbfgs(Box::new(newest.copied(device)?))
            }
        })
    }

    /// A copy on `device` to go back to after trouble: without a memory of L-BFGS, which is large and may be what led
    /// there.
    pub fn light(&self, device: Device) -> Result<Self, TchError> {
        Ok(match self {
            Self::Adam(adam) => Self::Adam(adam.copied(device)?),
            Self::Lbfgs(lbfgs) => Self::Lbfgs(Box::new(lbfgs.without_past(device)?)),
        })
    }

    /// Whether every number that later steps follow from is finite.
    pub fn is_finite(&self) -> Result<bool, TchError> {
        match self {
            Self::Adam(adam) => adam.is_finite(),
            // What is not finite here is forgotten with the memory.
            Self::Lbfgs(_) => Ok(true),
        }
    }

    /// To be called when the loss of the candidate at `row` is another one than at its last step.
    pub fn forget_evaluation(&mut self, row: usize) {
        if let Self::Lbfgs(lbfgs) = self {
            lbfgs.forget_evaluation(row);
        }
    }

    /// What belongs to the candidates at `rows`, copied.
    pub fn rows(&self, rows: &[usize]) -> Result<Self, TchError> {
        Ok(match self {
            Self::Adam(adam) => Self::Adam(adam.rows(rows)?),
            Self::Lbfgs(lbfgs) => Self::Lbfgs(Box::new(lbfgs.rows(rows)?)),
        })
    }

    /// Puts what is known of the candidate at `row` into `state`.
    pub fn save(&self, row: usize, state: &mut SavedState) -> Result<(), TchError> {
        match self {
            Self::Adam(adam) => adam.save(row, state),
            Self::Lbfgs(lbfgs) => lbfgs.save(row, state),
        }
    }

    /// The opposite of [`Optimizer::save`], of one candidate after the other, for pictures like `picture`,
    /// `[N, 3, H, W]`. Without a past where the kind was another one.
    pub fn restored(
        states: &[&SavedState],
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
        picture: &Tensor,
    ) -> Result<Self, RestoreError> {
        let all_have = |name: &str| states.iter().all(|state| state.has(name));
        Ok(match kind(presets) {
            OptimizerKind::Adam if all_have("adam.first") => {
                let (_, channels, height, width) = picture.size4()?;
                Self::Adam(Adam::restored(
                    states,
                    presets,
                    deviation,
                    &[1, channels, height, width],
                    picture.device(),
                )?)
            }
            OptimizerKind::Lbfgs if all_have("lbfgs.pairs") => Self::Lbfgs(Box::new(
                Lbfgs::restored(states, presets, deviation, picture)?,
            )),
            _ => Self::new(picture, presets, deviation)?,
        })
    }

    /// Takes up changed numbers; the past stays.
    pub fn update(&mut self, presets: &[&OptimizerPreset]) {
        match self {
            Self::Adam(adam) => adam.update(presets),
            Self::Lbfgs(lbfgs) => lbfgs.update(presets),
        }
    }

    /// Which candidates have arrived, so that no step moves them any more.
    pub fn has_arrived(&self, count: usize) -> Vec<bool> {
        match self {
            Self::Adam(_) => vec![false; count],
            Self::Lbfgs(lbfgs) => lbfgs.has_arrived(),
        }
    }

    /// One step of the active candidates: changes `picture` in place. `first` is what is known at `picture`; `evaluate`
    /// tells the same of other pictures, in the rows that it is asked for. What is known at the new picture comes back
    /// where it is known.
    pub fn step<E: From<TchError>>(
        &mut self,
        picture: &Tensor,
        first: Evaluation,
        active: &[bool],
        evaluate: &mut Evaluate<'_, E>,
    ) -> Result<Option<Evaluation>, E> {
        match self {
            Self::Adam(adam) => {
                tch::no_grad(|| adam.step(picture, &first.gradient, active))?;
                Ok(None)
            }
            Self::Lbfgs(lbfgs) => lbfgs.step(picture, first, active, evaluate),
        }
    }
}

fn kind(presets: &[&OptimizerPreset]) -> OptimizerKind {
    presets
        .first()
        .map_or(OptimizerKind::Adam, |preset| preset.kind)
}
