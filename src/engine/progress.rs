//! What changes from step to step: the pictures, the moments, the moving average. Worker thread.

use tch::{Device, TchError, Tensor};

use super::EngineError;
use super::input::Candidate;
use crate::network::convention;
use crate::optimizer::average::IterateAverage;
use crate::optimizer::either::Optimizer;
use crate::optimizer::lbfgs::{Evaluate, Evaluation};
use crate::optimizer::saved::{RestoreError, SavedState};
use crate::optimizer::{is_finite, row_index};
use crate::preset::{OptimizerPreset, PixelConvention};

/// What the picture is called in a saved state.
pub(super) const PICTURE: &str = "picture";

/// The state of a lane, from which every later step follows.
#[derive(Debug)]
pub(super) struct Progress {
    /// `[N, 3, H, W]`
    pub(super) picture: Tensor,
    optimizer: Optimizer,
    average: Option<IterateAverage>,
    pub(super) step: u64,
}

impl Progress {
    /// At step `step` with fresh moments.
    pub(super) fn new(
        picture: Tensor,
        candidates: &[Candidate],
        step: u64,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            optimizer: Optimizer::new(&picture, &optimizers(candidates), deviation(candidates))?,
            average: average_from(&picture, candidates)?,
            picture,
            step,
        })
    }

    /// One step, from what is known of the picture, of the candidates whose entry in `active` is true; what is known
    /// of the new one comes back where it is known.
    pub(super) fn advance(
        &mut self,
        first: Evaluation,
        active: &[bool],
        evaluate: &mut Evaluate<'_, EngineError>,
    ) -> Result<Option<Evaluation>, EngineError> {
        let known = self
            .optimizer
            .step(&self.picture, first, active, evaluate)?;
        if let Some(average) = &mut self.average {
            tch::no_grad(|| average.add(&self.picture, active))?;
        }
        self.step += 1;
        Ok(known)
    }

    /// Which candidates have arrived, so that no step moves them any more.
    pub(super) fn has_arrived(&self) -> Vec<bool> {
        let count = self.picture.size().first().copied().unwrap_or(0);
        self.optimizer.has_arrived(count as usize)
    }

    /// Takes up changed rates and decays; pictures and moments stay.
    pub(super) fn update_live(&mut self, candidates: &[Candidate]) -> Result<(), EngineError> {
        self.optimizer.update(&optimizers(candidates));
        match &mut self.average {
            Some(average) => average.update(&decays(candidates), &self.picture)?,
            None => self.average = average_from(&self.picture, candidates)?,
        }
        Ok(())
    }

    /// What is shown and saved, `[N, 3, H, W]`: the moving average where the preset asks for one.
    pub(super) fn shown(&self) -> Result<Tensor, TchError> {
        match &self.average {
            Some(average) => average.value(),
            None => Ok(self.picture.shallow_clone()),
        }
    }

    /// The same progress under other presets: picture and moments resized where the size changed, moments
    /// kept where they still mean something. Shares its tensors with the old one.
    pub(super) fn carried(
        &self,
        candidates: &[Candidate],
        (width, height): (u32, u32),
    ) -> Result<Self, EngineError> {
        let size = [i64::from(height), i64::from(width)];
        if self.picture.size().ends_with(&size) {
            return Ok(Self {
                average: match &self.average {
                    Some(average) if has_average(candidates) => {
                        Some(average.carried(&decays(candidates), &self.picture)?)
                    }
                    _ => average_from(&self.picture, candidates)?,
                },
                optimizer: self.optimizer.carried(
                    &self.picture,
                    &optimizers(candidates),
                    deviation(candidates),
                )?,
                picture: self.picture.shallow_clone(),
                step: self.step,
            });
        }
        // The result so far: a moving average is the better picture, and begins anew with it.
        let shown = self.shown()?;
        let (_, _, old_height, old_width) = shown.size4()?;
        let grows = i64::from(height) >= old_height && i64::from(width) >= old_width;
        let picture = if grows {
            // As crowsonkb's program does it.
            shown.f_upsample_bicubic2d(size, false, None, None)?
        } else {
            shown.f_internal_upsample_bicubic2d_aa(size, false, None, None)?
        };
        for (index, preset) in (0..).zip(optimizers(candidates)) {
            if preset.clamp {
                // Bicubic resizing overshoots at edges.
                let _ = picture.f_narrow(0, index, 1)?.f_clamp_(0.0, 1.0)?;
            }
        }
        Ok(Self {
            optimizer: self.optimizer.resized(
                &picture,
                &optimizers(candidates),
                deviation(candidates),
            )?,
            average: average_from(&picture, candidates)?,
            picture,
            step: self.step,
        })
    }

    /// The progress of the candidates at `rows`, copied.
    pub(super) fn rows(&self, rows: &[usize]) -> Result<Self, TchError> {
        let index = row_index(rows, self.picture.device())?;
        Ok(Self {
            picture: self.picture.f_index_select(0, &index)?,
            optimizer: self.optimizer.rows(rows)?,
            average: self
                .average
                .as_ref()
                .map(|average| average.rows(rows))
                .transpose()?,
            step: self.step,
        })
    }

    /// To be called when the loss of the candidate at `row` is another one than at its last step.
    pub(super) fn forget_evaluation(&mut self, row: usize) {
        self.optimizer.forget_evaluation(row);
    }

    /// What is known of the candidate at `row`, as plain values.
    pub(super) fn saved(&self, row: usize) -> Result<SavedState, TchError> {
        let mut state = SavedState::default();
        state.put(PICTURE, &self.picture.f_narrow(0, row as i64, 1)?)?;
        self.optimizer.save(row, &mut state)?;
        if let Some(average) = &self.average {
            average.save(row, &mut state)?;
        }
        Ok(state)
    }

    /// The opposite of [`Progress::saved`], of `candidates` that have made `step` updates, one after the other.
    pub(super) fn restored(
        states: &[&SavedState],
        candidates: &[Candidate],
        step: u64,
        device: Device,
    ) -> Result<Self, RestoreError> {
        let mut pictures = Vec::with_capacity(states.len());
        for state in states {
            let shape = match state.shape(PICTURE)? {
                &[1, 3, height, width] => [1, 3, height as i64, width as i64],
                _ => [1, 3, -1, -1],
            };
            pictures.push(state.tensor(PICTURE, &shape, device)?);
        }
        let picture = Tensor::f_cat(&pictures, 0)?;
        let (_, _, height, width) = picture.size4()?;
        let presets = optimizers(candidates);
        Ok(Self {
            optimizer: Optimizer::restored(states, &presets, deviation(candidates), &picture)?,
            average: IterateAverage::restored(states, &[1, 3, height, width], device)?,
            picture,
            step,
        })
    }

    /// A copy on `device` to go back to, which shares nothing with this one.
    pub(super) fn kept(&self, device: Device) -> Result<Self, TchError> {
        self.copied_with(self.optimizer.kept(device)?, device)
    }

    /// A copy on `device` to go back to after trouble; see [`Optimizer::light`].
    pub(super) fn light(&self, device: Device) -> Result<Self, TchError> {
        self.copied_with(self.optimizer.light(device)?, device)
    }

    /// Whether every number that later steps follow from is finite.
    pub(super) fn is_finite(&self) -> Result<bool, TchError> {
        Ok(
            is_finite(&self.picture)?
                && is_finite(&self.shown()?)?
                && self.optimizer.is_finite()?,
        )
    }

    /// A copy on `device` that shares nothing with this one, whatever steps either makes.
    pub(super) fn copied(&self, device: Device) -> Result<Self, TchError> {
        self.copied_with(self.optimizer.copied(device)?, device)
    }

    fn copied_with(&self, optimizer: Optimizer, device: Device) -> Result<Self, TchError> {
        Ok(Self {
            picture: self
                .picture
                .f_to_device_(device, self.picture.kind(), false, true)?,
            optimizer,
            average: self
                .average
                .as_ref()
                .map(|average| average.copied(device))
                .transpose()?,
            step: self.step,
        })
    }
}

/// What a unit of the network's pixels is in RGB; all candidates of a lane have the same network.
fn deviation(candidates: &[Candidate]) -> [f32; 3] {
    let pixels = candidates
        .first()
        .map_or(PixelConvention::Torchvision, |first| {
            first.preset.network.pixels
        });
    convention::deviation(pixels)
}

fn optimizers(candidates: &[Candidate]) -> Vec<&OptimizerPreset> {
    candidates
        .iter()
        .map(|candidate| &candidate.preset.optimizer)
        .collect()
}

fn decays(candidates: &[Candidate]) -> Vec<f64> {
    optimizers(candidates)
        .iter()
        .map(|preset| preset.averaging)
        .collect()
}

fn has_average(candidates: &[Candidate]) -> bool {
    decays(candidates).iter().any(|&decay| decay > 0.0)
}

/// A moving average that begins with `picture`, where any candidate wants one.
fn average_from(
    picture: &Tensor,
    candidates: &[Candidate],
) -> Result<Option<IterateAverage>, EngineError> {
    let wanted = has_average(candidates);
    Ok(wanted
        .then(|| IterateAverage::new(picture, &decays(candidates)))
        .transpose()?)
}
