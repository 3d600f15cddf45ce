//! What changes from step to step: the pictures, the moments, the moving average. Worker thread.

use tch::{Device, TchError, Tensor};

use super::EngineError;
use super::input::Candidate;
use crate::network::IMAGENET_DEVIATION;
use crate::optimizer::adam::Adam;
use crate::optimizer::average::IterateAverage;
use crate::optimizer::row_index;
use crate::preset::OptimizerPreset;

/// The state of a lane, from which every later step follows.
#[derive(Debug)]
pub(super) struct Progress {
    /// `[N, 3, H, W]`
    pub(super) picture: Tensor,
    optimizer: Adam,
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
            optimizer: Adam::new(&picture, &optimizers(candidates), IMAGENET_DEVIATION)?,
            average: average_from(&picture, candidates)?,
            picture,
            step,
        })
    }

    /// One step along `gradient`, `[N, 3, H, W]`, of the candidates whose entry in `active` is true.
    pub(super) fn advance(&mut self, gradient: &Tensor, active: &[bool]) -> Result<(), TchError> {
        self.optimizer.step(&self.picture, gradient, active)?;
        if let Some(average) = &mut self.average {
            average.add(&self.picture, active)?;
        }
        self.step += 1;
        Ok(())
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

    /// The same progress under other presets: the picture resized where the size changed, the moments
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
                optimizer: self.optimizer.carried(&optimizers(candidates))?,
                picture: self.picture.shallow_clone(),
                step: self.step,
            });
        }
        let picture = self
            .picture
            .f_internal_upsample_bicubic2d_aa(size, false, None, None)?;
        for (index, preset) in (0..).zip(optimizers(candidates)) {
            if preset.clamp {
                // Bicubic resizing overshoots at edges.
                let _ = picture.f_narrow(0, index, 1)?.f_clamp_(0.0, 1.0)?;
            }
        }
        Self::new(picture, candidates, self.step)
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

    /// A copy on `device` that shares nothing with this one, whatever steps either makes.
    pub(super) fn copied(&self, device: Device) -> Result<Self, TchError> {
        Ok(Self {
            picture: self
                .picture
                .f_to_device_(device, self.picture.kind(), false, true)?,
            optimizer: self.optimizer.copied(device)?,
            average: self
                .average
                .as_ref()
                .map(|average| average.copied(device))
                .transpose()?,
            step: self.step,
        })
    }
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
