//! L-BFGS (Nocedal, Updating quasi-Newton matrices with limited storage, 1980) over a lane, as
//! `torch.optim.LBFGS` does it, one iteration a step: settings, a memory and a line search for each
//! candidate. Worker thread.
//!
//! - `memory`: past steps, and the direction that follows from them
//! - `candidate`: what one candidate remembers, and whether it has arrived; `course`: where it goes next
//! - `line_search`: the strong Wolfe search, in numbers; `searching`: all of a lane's searches at once
//! - `units`: between pictures and the vectors that are optimised
//!
//! What torch does otherwise: it stands still where a direction does not lead down and where a search
//! finds nothing. Here the memory is forgotten then, and the next step is a first one. It also counts
//! what its tolerances say within one call only; here a candidate that has arrived stays where it is.

mod candidate;
mod course;
mod evaluation;
mod line_search;
mod memory;
mod searching;
mod settings;
mod units;

#[cfg(test)]
mod tests;

use tch::{Device, TchError, Tensor};

use super::in_channels;
use super::saved::{RestoreError, SavedState};
use crate::preset::{LineSearch, OptimizerPreset};
use candidate::Candidate;
use course::Course;
pub use evaluation::{Evaluate, Evaluation};
use evaluation::{read, row_of};
use searching::{Found, Searcher, after, search};
use units::Units;

/// The state of a lane's L-BFGS. A candidate's memory is up to `history` pairs of pictures.
#[derive(Debug)]
pub struct Lbfgs {
    candidates: Vec<Candidate>,
    /// What a unit of the normalised space is in RGB, `[1, 3, 1, 1]`.
    deviation: Tensor,
}

impl Lbfgs {
    /// Without a memory, for `picture`, `[N, 3, H, W]`; `presets` has one entry a candidate. `deviation` is
    /// what one unit of the normalised space is in RGB.
    pub fn new(
        picture: &Tensor,
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
    ) -> Result<Self, TchError> {
        Ok(Self {
            candidates: presets
                .iter()
                .map(|preset| Candidate::new(preset))
                .collect(),
            deviation: in_channels(deviation, (picture.f_kind()?, picture.device()))?,
        })
    }

    /// The same memory under `presets`, for a lane that is built again at the same size. A candidate whose space
    /// changed begins anew, since the old steps mean nothing there. See [`Lbfgs::forget_evaluation`] for one
    /// whose loss changed.
    pub fn carried(&self, presets: &[&OptimizerPreset]) -> Result<Self, TchError> {
        let mut carried = self.copy(None)?;
        carried.update(presets);
        Ok(carried)
    }

    /// The same with another unit of the normalised space. Candidates in that space begin anew, unless it is the
    /// same unit.
    pub fn with_deviation(mut self, deviation: [f32; 3]) -> Result<Self, TchError> {
        let place = (self.deviation.f_kind()?, self.deviation.device());
        let deviation = in_channels(deviation, place)?;
        if !self.deviation.f_equal(&deviation)? {
            self.deviation = deviation;
            for candidate in &mut self.candidates {
                candidate.change_unit();
            }
        }
        Ok(self)
    }

    /// A copy on `device` that shares nothing with this one, whatever steps either makes.
    pub fn copied(&self, device: Device) -> Result<Self, TchError> {
        self.copy(Some(device))
    }

    /// A copy on `device` without any past, sharing nothing: as small as can be.
    pub fn without_past(&self, device: Device) -> Result<Self, TchError> {
        Ok(Self {
            candidates: self
                .candidates
                .iter()
                .map(Candidate::without_past)
                .collect(),
            deviation: memory::copied(&self.deviation, Some(device))?,
        })
    }

    /// With only the `most` newest pairs of every candidate.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        for candidate in &mut self.candidates {
            candidate.shorten(most);
        }
        self
    }

    fn copy(&self, device: Option<Device>) -> Result<Self, TchError> {
        let copies = self.candidates.iter();
        Ok(Self {
            candidates: copies
                .map(|candidate| candidate.copied(device))
                .collect::<Result<_, _>>()?,
            deviation: memory::copied(&self.deviation, device)?,
        })
    }

    /// The memory and settings of the candidates at `rows`, copied.
    pub fn rows(&self, rows: &[usize]) -> Result<Self, TchError> {
        let chosen = rows.iter().filter_map(|row| self.candidates.get(*row));
        Ok(Self {
            candidates: chosen
                .map(|candidate| candidate.copied(None))
                .collect::<Result<_, _>>()?,
            deviation: self.deviation.shallow_clone(),
        })
    }

    /// Puts what is known of the candidate at `row` into `state`.
    pub fn save(&self, row: usize, state: &mut SavedState) -> Result<(), TchError> {
        self.candidates
            .get(row)
            .map_or(Ok(()), |candidate| candidate.save(state))
    }

    /// The opposite of [`Lbfgs::save`], of one candidate after the other, for pictures like `picture`, `[N, 3, H, W]`.
    pub fn restored(
        states: &[&SavedState],
        presets: &[&OptimizerPreset],
        deviation: [f32; 3],
        picture: &Tensor,
    ) -> Result<Self, RestoreError> {
        let device = picture.device();
        let count: i64 = picture.size().iter().skip(1).product();
        let candidates = states
            .iter()
            .zip(presets)
            .map(|(state, preset)| Candidate::restored(preset, state, count, device));
        Ok(Self {
            candidates: candidates.collect::<Result<_, RestoreError>>()?,
            deviation: in_channels(deviation, (picture.f_kind()?, device))?,
        })
    }

    /// Takes up changed rates, history lengths, searches, tolerances and clamping; what is remembered stays.
    /// A candidate whose settings changed may go on although it had arrived.
    pub fn update(&mut self, presets: &[&OptimizerPreset]) {
        for (candidate, preset) in self.candidates.iter_mut().zip(presets) {
            candidate.update(preset);
        }
    }

    /// To be called when the loss of the candidate at `row` is another one than at its last step, as when a weight
    /// was turned: how its gradient changed since then says nothing of curvature. What was learned before
    /// stays. It may go on although it had arrived.
    pub fn forget_evaluation(&mut self, row: usize) {
        if let Some(candidate) = self.candidates.get_mut(row) {
            candidate.forget_evaluation();
        }
    }

    /// Who does not move any more, by the tolerances; noticed at the first step that is not made. Nobody does where
    /// they are 0.
    pub fn has_arrived(&self) -> Vec<bool> {
        self.candidates
            .iter()
            .map(|candidate| candidate.has_arrived)
            .collect()
    }

    /// One iteration of every candidate whose entry in `active` is true and that has not arrived: changes
    /// `picture`, `[N, 3, H, W]`, in place, without autograd. `first` is the evaluation at `picture`.
    ///
    /// `evaluate` is asked, only by candidates with a line search, for the evaluation at other pictures,
    /// `[N, 3, H, W]`, of which the rows must be right for which its second argument is true; the others hold
    /// pictures of no interest. It must not change them, and nothing that it returns may share their memory. It
    /// is called at most 26 times.
    ///
    /// Returns the evaluation at the new pictures where the line searches know it of all active candidates
    /// (with `first`'s rows for those that did not move).
    ///
    /// # Formula
    /// x ← x + t·d, d = −H·g by the two loops over the last steps s and their changes of gradient y with
    /// yᵀs > 1e-10, from yᵀs/yᵀy·I. At the first step, d = −g and t = min(1, 1/‖g‖₁)·η; later t = η, or what a
    /// search that begins with these finds.
    ///
    /// # Errors
    /// libtorch's or `evaluate`'s; then `picture` is as it was, unless libtorch fails while it is changed, and
    /// what was remembered of the last step is partly lost.
    pub fn step<E: From<TchError>>(
        &mut self,
        picture: &Tensor,
        first: Evaluation,
        active: &[bool],
        evaluate: &mut Evaluate<'_, E>,
    ) -> Result<Option<Evaluation>, E> {
        let picture = &picture.f_detach()?;
        let first = first.detached()?;
        let courses = self.courses(&first, active)?;
        if courses.is_empty() {
            return Ok(Some(first));
        }
        let mut searchers = Vec::new();
        for (row, course) in &courses {
            if let Some(candidate) = self.candidates.get(*row)
                && candidate.settings.line_search == LineSearch::StrongWolfe
            {
                let units = Units::new(candidate.settings.space, &self.deviation);
                let tolerance = candidate.settings.tolerance_change;
                searchers.push(Searcher::new(*row, course, units, tolerance)?);
            }
        }
        let found = search(searchers, picture, evaluate)?;
        if self.make(courses, &found, picture)? {
            return Ok(Some(after(&first, &found)?));
        }
        Ok(None)
    }

    /// Where those who move go from the pictures that were evaluated, with their rows. One transfer.
    fn courses(
        &mut self,
        first: &Evaluation,
        active: &[bool],
    ) -> Result<Vec<(usize, Course)>, TchError> {
        let mut views = Vec::new();
        let mut questions = Vec::new();
        for (row, (candidate, active)) in self.candidates.iter().zip(active).enumerate() {
            if !active || candidate.has_arrived {
                continue;
            }
            let units = Units::new(candidate.settings.space, &self.deviation);
            let gradient = units.gradient(&row_of(&first.gradient, row)?)?;
            let loss = first.total.f_select(0, row as i64)?;
            let view = candidate.view(gradient, loss)?;
            questions.extend(candidate.questions(&view)?);
            views.push((row, view));
        }
        let answers = read(&questions)?;
        let mut courses = Vec::with_capacity(views.len());
        for ((row, view), answers) in views.into_iter().zip(answers.chunks(5)) {
            if let Some(candidate) = self.candidates.get_mut(row)
                && let Some(course) = candidate.go_on(view, answers)?
            {
                courses.push((row, course));
            }
        }
        Ok(courses)
    }

    /// Makes the steps in `picture`, `[N, 3, H, W]`: those that were `found`, and otherwise as far as the courses
    /// say. Returns whether what was found at all new pictures still holds there.
    fn make(
        &mut self,
        courses: Vec<(usize, Course)>,
        found: &[Found],
        picture: &Tensor,
    ) -> Result<bool, TchError> {
        let are_all_found = found.len() == courses.len();
        let mut cuts = Vec::new();
        for (row, course) in courses {
            let Some(candidate) = self.candidates.get_mut(row) else {
                continue;
            };
            let found = found.iter().find(|found| found.row == row);
            let step = match found.map(|found| &found.step) {
                Some(Some(step)) => step.shallow_clone(),
                Some(None) => course.direction.f_zeros_like()?,
                None => course.direction.f_mul(&course.length)?,
            };
            let units = Units::new(candidate.settings.space, &self.deviation);
            cuts.extend(candidate.make(course, step, &units, &mut row_of(picture, row)?)?);
            if found.is_some_and(|found| found.step.is_none()) {
                candidate.start_over();
            }
        }
        Ok(are_all_found && read(&cuts)?.iter().all(|is_cut| *is_cut == 0.0))
    }
}
