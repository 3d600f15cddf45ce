//! A lane: N candidates as one tensor, stepped by one forward and one backward pass. Worker thread.

use std::sync::Arc;
use std::time::Instant;

use tch::{Device, Kind, TchError, Tensor};

use super::extractor::Extractor;
use super::gradient::gradient_norms;
use super::input::{Candidate, WeightsChoice};
use super::message::{
    Gradients, LossBlock, LossTerm, PictureRequest, Pictures, Preview, Report, Stage, Started,
};
use super::preparation::Preparation;
use super::preview::preview;
use super::progress::Progress;
use super::target::Targets;
use super::term::Terms;
use super::{EngineError, device};
use crate::pixels::tensor::to_picture;
use crate::preset::Preset;

/// N candidates `[N, 3, H, W]`, each with its own weights, rates and statistics.
#[derive(Debug)]
pub struct Lane {
    device: Device,
    candidates: Vec<Candidate>,
    weights_choice: WeightsChoice,
    extractor: Extractor,
    /// Every layer that any candidate taps, in the order in which they were found.
    layers: Vec<String>,
    targets: Vec<Targets>,
    terms: Terms,
    progress: Progress,
    style_sizes: Vec<(u32, u32)>,
    /// Unweighted losses of the steps that have not been read back yet, each `[N, K]`.
    unread: Vec<Tensor>,
}

impl Lane {
    /// Builds the network, computes the targets and sets the first pictures.
    ///
    /// # Errors
    /// Weights that are missing or do not fit, pictures that are too small, candidates that cannot
    /// share a tensor, or libtorch's own errors.
    pub fn new(
        candidates: Vec<Candidate>,
        weights_choice: WeightsChoice,
        device: Device,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        Self::build(candidates, weights_choice, device, None, report)
    }

    /// The lane again with `candidates`, which may differ from the old ones in anything; the pictures
    /// so far are kept (and resized where the size changed), the moments where the size is the same.
    /// The old lane must not step any more once the new one does.
    ///
    /// # Errors
    /// As [`Lane::new`]; then the old lane is as it was.
    pub fn rebuilt(
        &self,
        candidates: Vec<Candidate>,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        if candidates.len() != self.candidates.len() {
            return Err(EngineError::Incompatible(
                "a lane keeps its number of candidates".to_owned(),
            ));
        }
        Self::build(
            candidates,
            self.weights_choice.clone(),
            self.device,
            Some(self),
            report,
        )
    }

    fn build(
        candidates: Vec<Candidate>,
        weights_choice: WeightsChoice,
        device: Device,
        old: Option<&Self>,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let first = candidates.first().ok_or_else(|| {
            EngineError::Incompatible("a lane needs at least one candidate".to_owned())
        })?;
        let preparation = Preparation::new(first, &candidates, device)?;
        let old_extractor = old.map(|old| &old.extractor);
        let extractor = Extractor::new(
            first,
            &preparation,
            &weights_choice,
            device,
            old_extractor,
            report,
        )?;
        let _ = report(Stage::Targets);
        let targets = tch::no_grad(|| {
            candidates
                .iter()
                .zip(preparation.contents.iter().zip(&preparation.styles))
                .map(|(candidate, (content, style))| {
                    Targets::new(&extractor.network, &candidate.preset, content, style)
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        let terms = Terms::new(&candidates, &targets, device)?;
        let progress = match old {
            Some(old) => old.progress.carried(&candidates, preparation.size)?,
            None => Progress::new(preparation.first_pictures(&candidates)?, &candidates, 0)?,
        };
        Ok(Self {
            device,
            candidates,
            weights_choice,
            extractor,
            layers: preparation.layers,
            targets,
            terms,
            progress,
            style_sizes: preparation.style_sizes,
            unread: Vec::new(),
        })
    }

    /// One step of every candidate. The losses stay on the device until [`Lane::read_losses`].
    pub fn step(&mut self) -> Result<(), EngineError> {
        let (unweighted, gradient) = self.evaluate()?;
        // A candidate that has made its own steps keeps its picture while the others go on.
        let step = self.progress.step;
        let active: Vec<bool> = self
            .presets()
            .map(|preset| step < preset.schedule.steps)
            .collect();
        tch::no_grad(|| self.progress.advance(&gradient, &active))?;
        self.unread.push(unweighted);
        Ok(())
    }

    /// The unweighted losses `[N, K]` of the pictures as they are, and the gradient `[N, 3, H, W]` of
    /// the weighted sum.
    pub fn evaluate(&self) -> Result<(Tensor, Tensor), EngineError> {
        let (picture, unweighted, total) = self.forward()?;
        let gradients = Tensor::f_run_backward(&[total], &[&picture], false, false)?;
        let gradient = gradients
            .into_iter()
            .next()
            .ok_or_else(|| TchError::Torch("no gradient came back".to_owned()))?;
        Ok((unweighted.f_detach()?, gradient))
    }

    /// The pictures, `[N, 3, H, W]`, as the root of a graph, and at its end the unweighted losses, `[N, K]`,
    /// and the weighted sum, `[]`.
    fn forward(&self) -> Result<(Tensor, Tensor, Tensor), EngineError> {
        let picture = self
            .progress
            .picture
            .f_detach()?
            .f_set_requires_grad(true)?;
        let features = self.extractor.network.features(&picture, &self.layers)?;
        let (unweighted, total) = self.terms.evaluate(&picture, &self.layers, &features)?;
        Ok((picture, unweighted, total))
    }

    /// The losses of the steps since the last call, in one transfer; `None` where there were none.
    pub fn read_losses(&mut self, seconds: f64) -> Result<Option<LossBlock>, EngineError> {
        if self.unread.is_empty() {
            return Ok(None);
        }
        let steps = self.unread.len() as u64;
        let stacked = Tensor::f_stack(&self.unread, 0)?
            .f_to_device(Device::Cpu)?
            .f_to_kind(Kind::Float)?
            .f_contiguous()?;
        self.unread.clear();
        let mut values = vec![0.0_f32; stacked.numel()];
        let count = values.len();
        stacked.f_copy_data(&mut values, count)?;
        let block = LossBlock {
            first_step: self.progress.step - steps,
            terms: Arc::clone(&self.terms.columns),
            weights: Arc::clone(&self.terms.weights),
            values,
            seconds,
        };
        Ok(Some(block))
    }

    /// The error for the first loss of `block` that is not a number.
    pub fn not_finite(&self, block: &LossBlock) -> Option<EngineError> {
        let (candidate, losses) = block.first_not_finite()?;
        let term = losses.each().find(|(_, value, _)| !value.is_finite())?.0;
        let preset = &self.candidates.get(candidate)?.preset;
        Some(EngineError::NotFinite {
            step: losses.step,
            term: term.to_string(),
            learning_rate: preset.optimizer.learning_rate,
        })
    }

    /// Takes up changed live fields: weights, rates, divisors. The pictures and moments stay.
    pub fn update_live(&mut self, candidate: usize, preset: Preset) -> Result<(), EngineError> {
        if let Some(slot) = self.candidates.get_mut(candidate) {
            slot.preset = preset;
        }
        self.terms = Terms::new(&self.candidates, &self.targets, self.device)?;
        self.progress.update_live(&self.candidates)
    }

    /// The part of the pictures that `request` asks for, made as small as it says.
    pub fn preview(&self, request: PictureRequest) -> Result<Preview, EngineError> {
        tch::no_grad(|| {
            Ok(preview(
                &self.progress.shown()?,
                self.progress.step,
                request,
            )?)
        })
    }

    /// The pictures to show and save: the moving average where the preset asks for one.
    pub fn pictures(&self) -> Result<Pictures, EngineError> {
        Ok(Pictures::from_tensor(
            &self.progress.shown()?,
            self.progress.step,
        )?)
    }

    /// What is shown, `[N, 3, H, W]`, copied to the host; `None` where any of it is not finite.
    pub(super) fn finite_copy(&self) -> Result<Option<Tensor>, EngineError> {
        let shown = self.progress.shown()?.f_detach()?;
        let finite = shown.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0;
        let copied = || shown.f_to_device_(Device::Cpu, Kind::Float, false, true);
        Ok(finite.then(copied).transpose()?)
    }

    /// A copy in the host's memory of everything that later steps follow from, for [`Lane::go_back`].
    pub(super) fn state(&self) -> Result<Progress, EngineError> {
        Ok(self.progress.copied(Device::Cpu)?)
    }

    /// Goes on from `state`, under the presets in force: the pictures are resized where the size has
    /// changed since, the moments kept where they still mean something. Steps that were not read back
    /// are forgotten.
    pub(super) fn go_back(&mut self, state: &Progress) -> Result<(), EngineError> {
        let size = self.started().size;
        self.progress = state.copied(self.device)?.carried(&self.candidates, size)?;
        self.unread.clear();
        Ok(())
    }

    /// How much each term adds to the gradient at the pictures as they are. Takes as long as several
    /// steps, unless `is_wanted` says in between that it is not any more, and changes nothing.
    pub fn gradients(&self, is_wanted: &mut dyn FnMut() -> bool) -> Result<Gradients, EngineError> {
        let began = Instant::now();
        let (picture, unweighted, _) = self.forward()?;
        Ok(Gradients {
            step: self.progress.step,
            terms: Arc::clone(&self.terms.columns),
            norms: gradient_norms(&self.terms, &unweighted, &picture, is_wanted)?,
            seconds: began.elapsed().as_secs_f64(),
        })
    }

    /// The iterates themselves, `[N, 3, H, W]`, not clamped.
    pub fn picture(&self) -> &Tensor {
        &self.progress.picture
    }

    /// Replaces the iterates by `picture`, `[N, 3, H, W]`: for tests that start somewhere particular.
    #[doc(hidden)]
    pub fn set_picture(&mut self, picture: &Tensor) -> Result<(), EngineError> {
        self.progress.picture = picture.f_to_device(self.device)?.f_detach_copy()?;
        Ok(())
    }

    /// What each column of the losses is.
    pub fn terms(&self) -> &[LossTerm] {
        &self.terms.columns
    }

    /// Number of updates made.
    pub fn step_count(&self) -> u64 {
        self.progress.step
    }

    /// The step that the candidate with most of them is to reach.
    pub fn steps_wanted(&self) -> u64 {
        self.presets()
            .map(|preset| preset.schedule.steps)
            .max()
            .unwrap_or(0)
    }

    /// The candidates as they are in force.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.candidates.iter().map(|candidate| &candidate.preset)
    }

    /// What a viewer wants to know at the start.
    pub fn started(&self) -> Started {
        let size = self.progress.picture.size();
        let side = |dimension: usize| size.get(dimension).copied().unwrap_or(0) as u32;
        Started {
            size: (side(3), side(2)),
            style_sizes: self.style_sizes.clone(),
            device: device::name(self.device),
            threads: tch::get_num_threads() as usize,
            notes: self.extractor.notes.clone(),
            weights: self.extractor.weights.clone(),
            step: self.progress.step,
            steps: self.steps_wanted(),
        }
    }
}

impl Pictures {
    /// What `shown`, `[N, 3, H, W]` after `step` updates, looks like.
    pub(super) fn from_tensor(shown: &Tensor, step: u64) -> Result<Self, TchError> {
        let (count, ..) = shown.size4()?;
        let pictures = (0..count)
            .map(|index| Ok(Arc::new(to_picture(shown, index)?)))
            .collect::<Result<_, TchError>>()?;
        Ok(Self { step, pictures })
    }
}
