//! A lane: N candidates as one tensor, stepped together. Worker thread.

use std::borrow::Borrow;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use tch::{Device, Kind, TchError, Tensor};

use super::batch::Batch;
use super::checkpoint::{Checkpoint, progress_of};
use super::extractor::Extractor;
use super::finish::Finish;
use super::going_on::{GoesOn, Passed};
use super::gradient::gradient_norms;
use super::input::{Candidate, WeightsChoice};
use super::look::{Look, look_at};
use super::message::{
    Gradients, LossBlock, LossTerm, Parts, Pictures, Region, Report, Seen, Stage, Started,
};
use super::preparation::Preparation;
use super::preview::{pictures_of, seen};
use super::progress::Progress;
use super::target::Targets;
use super::term::Terms;
use super::way::{Tiles, Tiling, Way, needs_whole};
use super::{EngineError, device};
use crate::network::Network;
use crate::optimizer::lbfgs::Evaluation;
use crate::optimizer::{at, row_index};
use crate::preset::Preset;

/// N candidates `[N, 3, H, W]`, each with its own weights, rates and statistics.
#[derive(Debug)]
pub struct Lane {
    device: Device,
    /// What each row's candidate is called.
    numbers: Arc<[usize]>,
    candidates: Vec<Candidate>,
    weights_choice: WeightsChoice,
    extractor: Extractor,
    targets: Vec<Targets>,
    terms: Terms,
    progress: Progress,
    /// Which of the presets' sizes the pictures have.
    scale: usize,
    /// How much is computed at once.
    way: Way,
    /// The tiles in which pictures pass the network; `None` where they do in one piece.
    tiling: Option<Tiling>,
    finish: Finish,
    /// What is known of the pictures as they are, where a line search or a look ahead has found it out.
    known: Option<Evaluation>,
    /// How often steps have asked for a gradient since the lane was built.
    gradients: u64,
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
        let place = (device, Way::WHOLE);
        Self::begun(candidates, &[], weights_choice, place, report)
    }

    /// As [`Lane::new`], but made in a way of its own, and, where there are any, going on from `checkpoints`, one of each
    /// candidate, all after the same number of steps.
    ///
    /// # Errors
    /// As [`Lane::new`], and [`EngineError::Checkpoint`], [`EngineError::NotInTiles`].
    pub fn begun(
        candidates: Vec<Candidate>,
        checkpoints: &[&Checkpoint],
        weights_choice: WeightsChoice,
        (device, way): (Device, Way),
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let progress = (!checkpoints.is_empty())
            .then(|| tch::no_grad(|| progress_of(checkpoints, &candidates, device)))
            .transpose()?;
        let has_new_loss: Vec<bool> = checkpoints
            .iter()
            .zip(&candidates)
            .map(|(checkpoint, candidate)| {
                // How many steps there are to be changes no loss.
                let mut then = checkpoint.preset.clone();
                then.schedule.steps = candidate.preset.schedule.steps;
                then != candidate.preset
            })
            .collect();
        let mut lane = Self::build(
            candidates,
            weights_choice,
            device,
            way,
            None,
            progress.as_ref(),
            report,
        )?;
        for (row, _) in (0..).zip(has_new_loss).filter(|(_, is_new)| *is_new) {
            lane.progress.forget_evaluation(row);
        }
        Ok(lane)
    }

    /// The same lane, its candidates called by `numbers` in place of 0, 1, …
    #[must_use]
    pub fn numbered(self, numbers: Arc<[usize]>) -> Self {
        Self { numbers, ..self }
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
        let rows: Vec<usize> = (0..self.candidates.len()).collect();
        self.rebuilt_of(&rows, candidates, report)
    }

    /// As [`Lane::rebuilt`], but of the candidates at `rows` only, which `candidates` replaces in this order.
    ///
    /// # Errors
    /// As [`Lane::new`]; then the old lane is as it was.
    pub fn rebuilt_of(
        &self,
        rows: &[usize],
        candidates: Vec<Candidate>,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let numbers = at(&self.numbers, rows);
        if candidates.len() != numbers.len() {
            return Err(EngineError::Incompatible(
                "every candidate of a lane needs a place in it".to_owned(),
            ));
        }
        // The tensors are shared where all candidates stay.
        let of_some = (rows.len() < self.candidates.len())
            .then(|| self.progress.rows(rows))
            .transpose()?;
        let has_new_loss: Vec<bool> = rows
            .iter()
            .zip(&candidates)
            .map(|(row, new)| self.candidates.get(*row).map(|old| &old.preset) != Some(&new.preset))
            .collect();
        let mut lane = Self::build(
            candidates,
            self.weights_choice.clone(),
            self.device,
            self.way,
            Some(&self.extractor),
            Some(of_some.as_ref().unwrap_or(&self.progress)),
            report,
        )?;
        for (row, _) in (0..).zip(has_new_loss).filter(|(_, is_new)| *is_new) {
            lane.progress.forget_evaluation(row);
        }
        Ok(lane.numbered(numbers.into()))
    }

    /// The same lane at `state`, which may be of another size than this one.
    ///
    /// # Errors
    /// As [`Lane::new`]; then this lane is as it was.
    pub(super) fn rebuilt_at(
        &self,
        state: &Progress,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let lane = Self::build(
            self.candidates.clone(),
            self.weights_choice.clone(),
            self.device,
            self.way,
            Some(&self.extractor),
            Some(&state.copied(self.device)?),
            report,
        )?;
        Ok(lane.numbered(Arc::clone(&self.numbers)))
    }

    fn build(
        candidates: Vec<Candidate>,
        weights_choice: WeightsChoice,
        device: Device,
        way: Way,
        old_extractor: Option<&Extractor>,
        progress: Option<&Progress>,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let first = candidates.first().ok_or_else(|| {
            EngineError::Incompatible("a lane needs at least one candidate".to_owned())
        })?;
        if matches!(way.tiles, Tiles::Always(_)) {
            let mut presets = candidates.iter().map(|candidate| &candidate.preset);
            if let Some(what) = presets.find_map(needs_whole) {
                return Err(EngineError::NotInTiles(what));
            }
        }
        let step = progress.map_or(0, |progress| progress.step);
        let scale = first.preset.scale_at(step);
        let preparation = Preparation::new(first, &candidates, step, device)?;
        let extractor = Extractor::new(
            first,
            &preparation,
            step,
            &weights_choice,
            device,
            old_extractor,
            report,
        )?;
        let presets = candidates.iter().map(|candidate| &candidate.preset);
        let tiling = way.tiling(presets, preparation.size, device);
        let after = &mut || report(Stage::Targets);
        let targets = tch::no_grad(|| {
            candidates
                .iter()
                .zip(&preparation.seen)
                .map(|(candidate, seen)| {
                    Targets::new(&extractor.network, candidate, seen, tiling, after)
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        let place = (device, way, tiling);
        let terms = Terms::new(&candidates, &targets, preparation.size, place)?;
        let progress = match progress {
            Some(progress) => progress.carried(&candidates, preparation.size)?,
            None => Progress::new(preparation.first_pictures(&candidates)?, &candidates, 0)?,
        };
        Ok(Self {
            device,
            numbers: (0..candidates.len()).collect(),
            candidates,
            weights_choice,
            extractor,
            targets,
            terms,
            progress,
            scale,
            way,
            tiling,
            finish: Finish::new(preparation.seen),
            known: None,
            gradients: 0,
            style_sizes: preparation.style_sizes,
            unread: Vec::new(),
        })
    }

    /// One step of every candidate. The losses stay on the device until [`Lane::read_losses`].
    pub fn step(&mut self) -> Result<(), EngineError> {
        self.step_unless(&mut |_| ControlFlow::Continue(()))
    }

    /// The same, but `goes_on` may break it off until the first gradient is there: then nothing has happened. The evaluations of a line search are always made to their end, since what L-BFGS
    /// remembers has changed by then.
    ///
    /// # Errors
    /// Those of libtorch, and [`EngineError::BrokenOff`].
    pub(super) fn step_unless(&mut self, goes_on: &mut GoesOn<'_>) -> Result<(), EngineError> {
        let step = self.progress.step;
        let first = self.known_or_evaluated(goes_on)?;
        // A candidate that has made its own steps keeps its picture while the others go on.
        let active: Vec<bool> = self
            .presets()
            .map(|preset| step < preset.total_steps())
            .collect();
        let terms = first.terms.shallow_clone();
        let (batches, network) = (&self.terms.batches, &self.extractor.network);
        let (gradients, tiling) = (&mut self.gradients, self.tiling);
        self.known = self
            .progress
            .advance(first, &active, &mut |pictures, wanted| {
                *gradients += 1;
                let mut to_the_end = |passed| {
                    let _ = goes_on(passed);
                    ControlFlow::Continue(())
                };
                evaluated(
                    (batches, network, tiling),
                    pictures,
                    step,
                    wanted,
                    &mut to_the_end,
                )
            })?;
        self.unread.push(terms);
        Ok(())
    }

    fn known_or_evaluated(&mut self, goes_on: &mut GoesOn<'_>) -> Result<Evaluation, EngineError> {
        if let Some(known) = self.known.take() {
            return Ok(known);
        }
        self.gradients += 1;
        let everyone = vec![true; self.candidates.len()];
        self.evaluate_at(&self.progress.picture, &everyone, goes_on)
    }

    /// The losses of the pictures as they are, with which the next step begins, which `goes_on` may break off. No part
    /// of that step is made twice.
    ///
    /// # Errors
    /// As [`Lane::step_unless`]; then nothing has happened.
    pub(super) fn look_ahead(
        &mut self,
        goes_on: &mut GoesOn<'_>,
    ) -> Result<LossBlock, EngineError> {
        let known = self.known_or_evaluated(goes_on)?;
        let block = self.block_of(&[&known.terms], self.progress.step, 0.0);
        self.known = Some(known);
        block
    }

    /// The unweighted losses `[N, K]` of the pictures as they are, and the gradient `[N, 3, H, W]` of
    /// the weighted sum.
    pub fn evaluate(&self) -> Result<(Tensor, Tensor), EngineError> {
        let everyone = vec![true; self.candidates.len()];
        let mut always = |_| ControlFlow::Continue(());
        let found = self.evaluate_at(&self.progress.picture, &everyone, &mut always)?;
        Ok((found.terms, found.gradient))
    }

    fn evaluate_at(
        &self,
        pictures: &Tensor,
        wanted: &[bool],
        goes_on: &mut GoesOn<'_>,
    ) -> Result<Evaluation, EngineError> {
        let how = (
            self.terms.batches.as_slice(),
            &*self.extractor.network,
            self.tiling,
        );
        evaluated(how, pictures, self.progress.step, wanted, goes_on)
    }

    /// The losses of the steps since the last call, in one transfer; `None` where there were none.
    pub fn read_losses(&mut self, seconds: f64) -> Result<Option<LossBlock>, EngineError> {
        if self.unread.is_empty() {
            return Ok(None);
        }
        let unread = std::mem::take(&mut self.unread);
        let first_step = self.progress.step - unread.len() as u64;
        self.block_of(&unread, first_step, seconds).map(Some)
    }

    /// Unweighted losses of one step after the other, `[N, K]` each, read back.
    fn block_of(
        &self,
        unweighted: &[impl Borrow<Tensor>],
        first_step: u64,
        seconds: f64,
    ) -> Result<LossBlock, EngineError> {
        let stacked = Tensor::f_stack(unweighted, 0)?
            .f_to_device(Device::Cpu)?
            .f_to_kind(Kind::Float)?
            .f_contiguous()?;
        let mut values = vec![0.0_f32; stacked.numel()];
        let count = values.len();
        stacked.f_copy_data(&mut values, count)?;
        Ok(LossBlock {
            candidates: Arc::clone(&self.numbers),
            first_step,
            terms: Arc::clone(&self.terms.columns),
            weights: Arc::clone(&self.terms.weights),
            values,
            seconds,
        })
    }

    /// Takes up changed live fields of the candidate at `row`: weights, rates, divisors. The pictures and moments
    /// stay.
    pub fn update_live(&mut self, row: usize, preset: Preset) -> Result<(), EngineError> {
        if let Some(slot) = self.candidates.get_mut(row) {
            slot.preset = preset;
        }
        self.arrange(self.way)?;
        self.known = None;
        self.progress.forget_evaluation(row);
        self.progress.update_live(&self.candidates)
    }

    /// The part `region` of the pictures of those candidates whom `is_wanted` names by their number, no larger than
    /// `most` pixels across and down.
    pub fn seen(
        &self,
        is_wanted: impl Fn(usize) -> bool,
        region: Option<Region>,
        most: (u32, u32),
    ) -> Result<Vec<Seen>, EngineError> {
        let rows: Vec<usize> = (0..self.numbers.len())
            .filter(|row| self.numbers.get(*row).copied().is_some_and(&is_wanted))
            .collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let step = self.progress.step;
        let seen = tch::no_grad(|| {
            let mut shown = self.shown()?;
            if rows.len() < self.numbers.len() {
                shown = shown.f_index_select(0, &row_index(&rows, self.device)?)?;
            }
            seen(&shown, &at(&self.numbers, &rows), step, region, most)
        })?;
        Ok(seen)
    }

    /// The pictures to show and save: the moving average where the preset asks for one.
    pub fn pictures(&self) -> Result<Pictures, EngineError> {
        let shown = tch::no_grad(|| self.shown())?;
        Ok(pictures_of(&shown, &self.numbers, self.progress.step)?)
    }

    /// The pictures to show and save, `[N, 3, H, W]`.
    fn shown(&self) -> Result<Tensor, TchError> {
        self.finish.of(self.progress.shown()?, &self.candidates)
    }

    /// A copy in the host's memory of the state as it is, for [`Lane::go_back`] after trouble.
    pub(super) fn light_state(&self) -> Result<Progress, EngineError> {
        Ok(tch::no_grad(|| self.progress.light(Device::Cpu))?)
    }

    /// The pictures of `state` to show and save, `[N, 3, H, W]`.
    ///
    /// # Errors
    /// Where `state` is of another size.
    pub(super) fn shown_at(&self, state: &Progress) -> Result<Tensor, TchError> {
        tch::no_grad(|| {
            let shown = state.shown()?.f_to_device(self.device)?;
            self.finish.of(shown, &self.candidates)
        })
    }

    /// What tells of every candidate's picture whether it still is one.
    pub(super) fn looks(&self) -> Result<Vec<Look>, EngineError> {
        Ok(tch::no_grad(|| look_at(&self.progress.picture))?)
    }

    /// How many candidates pass the network at once, at most.
    pub(super) fn together(&self) -> usize {
        let batches = self.terms.batches.iter();
        batches.map(|batch| batch.rows().len()).max().unwrap_or(1)
    }

    /// The next smaller way of making steps, where memory did not suffice for this one.
    pub(super) fn smaller_way(&self) -> Option<Way> {
        let (width, height) = self.size();
        let takes_tiles = !self.presets().any(|preset| needs_whole(preset).is_some());
        let longest = width.max(height);
        let together = (self.together(), longest);
        self.way.next_smaller(self.tiling, together, takes_tiles)
    }

    /// How steps are made.
    pub(super) fn way(&self) -> Way {
        self.way
    }

    /// Makes steps in `way` from now on, with the same results.
    pub(super) fn go_by(&mut self, way: Way) -> Result<(), EngineError> {
        if way != self.way {
            self.arrange(way)?;
        }
        Ok(())
    }

    fn arrange(&mut self, way: Way) -> Result<(), EngineError> {
        let size = self.size();
        let tiling = way.tiling(self.presets(), size, self.device);
        let place = (self.device, way, tiling);
        self.terms = Terms::new(&self.candidates, &self.targets, size, place)?;
        (self.way, self.tiling) = (way, tiling);
        Ok(())
    }

    /// Everything that later steps follow from.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// A copy in the host's memory of everything that later steps follow from, for [`Lane::go_back`].
    pub(super) fn state(&self) -> Result<Progress, EngineError> {
        Ok(self.progress.kept(Device::Cpu)?)
    }

    /// Goes on from `state`, which is of these candidates, under the presets in force: the pictures are resized where the size has
    /// changed since, the moments kept where they still mean something. Steps that were not read back
    /// are forgotten.
    pub(super) fn go_back(&mut self, state: &Progress) -> Result<(), EngineError> {
        self.progress = state
            .copied(self.device)?
            .carried(&self.candidates, self.size())?;
        self.unread.clear();
        self.known = None;
        Ok(())
    }

    /// How much each term adds to the gradient at the pictures as they are. Takes as long as several
    /// steps, unless `is_wanted` says in between that it is not any more, and changes nothing.
    pub fn gradients(&self, is_wanted: &mut dyn FnMut() -> bool) -> Result<Gradients, EngineError> {
        let began = Instant::now();
        Ok(Gradients {
            candidates: Arc::clone(&self.numbers),
            step: self.progress.step,
            terms: Arc::clone(&self.terms.columns),
            norms: gradient_norms(
                &self.terms,
                &self.extractor.network,
                &self.progress.picture,
                (self.progress.step, self.way.always_tiled()),
                is_wanted,
            )?,
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
        self.known = None;
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

    /// How often steps have asked for a gradient since the lane was built: once each, or more where a line search tries
    /// several lengths, or not at all where it has tried the right one.
    pub fn gradient_count(&self) -> u64 {
        self.gradients
    }

    /// The step that the candidate with most of them is to reach.
    pub fn steps_wanted(&self) -> u64 {
        self.presets().map(Preset::total_steps).max().unwrap_or(0)
    }

    /// Whether every candidate has arrived, so that no step moves anything any more.
    pub(super) fn has_arrived(&self) -> bool {
        self.progress.has_arrived().iter().all(|arrived| *arrived)
    }

    /// Whether the presets want the pictures in another size from the step on that `step` updates lead to.
    pub(super) fn changes_size_at(&self, step: u64) -> bool {
        let scale = self.presets().next().map(|preset| preset.scale_at(step));
        scale.is_some_and(|scale| scale != self.scale)
    }

    /// What the candidates are called, in the order of their rows.
    pub fn numbers(&self) -> &Arc<[usize]> {
        &self.numbers
    }

    /// The row of the candidate that is called `number`.
    pub fn row_of(&self, number: usize) -> Option<usize> {
        self.numbers.iter().position(|other| *other == number)
    }

    /// The candidates as they are in force.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.candidates.iter().map(|candidate| &candidate.preset)
    }

    /// Width and height of the pictures.
    pub fn size(&self) -> (u32, u32) {
        let size = self.progress.picture.size();
        let side = |dimension: usize| size.get(dimension).copied().unwrap_or(0) as u32;
        (side(3), side(2))
    }

    /// What a viewer wants to know at the start.
    pub fn started(&self) -> Started {
        Started {
            candidates: Arc::clone(&self.numbers),
            size: self.size(),
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

/// Losses and gradient at `pictures`, `[N, 3, H, W]`, after `step` updates; zeros for candidates that share a batch with
/// nobody who is `wanted`.
fn evaluated(
    (batches, network, tiling): (&[Batch], &Network, Option<Tiling>),
    pictures: &Tensor,
    step: u64,
    wanted: &[bool],
    goes_on: &mut GoesOn<'_>,
) -> Result<Evaluation, EngineError> {
    let is_wanted = |batch: &Batch| {
        let rows = wanted.get(batch.rows());
        rows.is_some_and(|rows| rows.contains(&true))
    };
    let operations = batches.iter().filter(|batch| is_wanted(batch));
    let operations = operations.map(|batch| batch.operation_count(network)).sum();
    let mut done = 0;
    let mut totals = Vec::with_capacity(batches.len());
    let mut gradients = Vec::with_capacity(batches.len());
    let mut terms = Vec::with_capacity(batches.len());
    for batch in batches {
        let rows = batch.rows();
        let (start, count) = (rows.start as i64, rows.len() as i64);
        if !is_wanted(batch) {
            let like = pictures.f_narrow(0, start, count)?;
            gradients.push(like.f_zeros_like()?);
            let zeros = |shape: &[i64]| Tensor::f_zeros(shape, (Kind::Float, pictures.device()));
            totals.push(zeros(&[count])?);
            terms.push(zeros(&[count, batch.column_count()])?);
            continue;
        }
        if let Some(tiling) = tiling {
            let found = batch.evaluate_tiled(network, pictures, tiling, step, goes_on)?;
            totals.push(batch.totals(&found.unweighted)?);
            gradients.push(found.gradient);
            terms.push(found.unweighted);
            continue;
        }
        let after = &mut || {
            done += 1;
            let (parts, of) = (Parts::Operations, operations);
            goes_on(Passed { parts, done, of })
        };
        let evaluated = batch.evaluate(network, pictures, step, after)?;
        let unweighted = evaluated.unweighted()?;
        gradients.push(batch.gradient(evaluated, after)?);
        totals.push(batch.totals(&unweighted)?);
        terms.push(unweighted);
    }
    Ok(Evaluation {
        total: joined(totals)?,
        gradient: joined(gradients)?,
        terms: joined(terms)?,
    })
}

/// Batches' tensors `[n, …]` as one, `[N, …]`.
fn joined(mut of_batches: Vec<Tensor>) -> Result<Tensor, TchError> {
    match of_batches.len() {
        1 => Ok(of_batches.remove(0)),
        _ => Tensor::f_cat(&of_batches, 0),
    }
}

#[cfg(test)]
mod tests;
