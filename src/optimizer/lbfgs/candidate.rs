//! One candidate of a lane's L-BFGS: what it remembers and when it has arrived. Worker thread.

use tch::{Device, TchError, Tensor};

use super::course::Course;
use super::memory::{Memory, copied};
use super::settings::Settings;
use super::units::Units;
use crate::optimizer::saved::{RestoreError, SavedState};
use crate::preset::{OptimizerPreset, StepSpace};

/// A step is remembered where yᵀs is above this, torch's number. It is absolute: a loss that is scaled
/// down far enough never has a memory.
const LEAST_PRODUCT: f64 = 1e-10;

/// What every later step of a candidate follows from, but its picture.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) settings: Settings,
    pub(super) memory: Memory,
    last: Option<Last>,
    /// Whether the last direction did not lead down, so that the step was made along −g; on the device,
    /// until the next step reads it.
    turned_back: Option<Tensor>,
    pub(super) has_arrived: bool,
}

/// The step that was made last, and what was known where it began.
#[derive(Debug)]
pub(super) struct Last {
    /// `[3·H·W]`
    pub(super) gradient: Tensor,
    /// `[3·H·W]`
    pub(super) step: Tensor,
    /// `[]`
    pub(super) loss: Tensor,
}

/// A candidate at a point, before anything is read from the device.
#[derive(Debug)]
pub(super) struct View {
    /// `[3·H·W]`
    gradient: Tensor,
    /// `[]`
    loss: Tensor,
    /// How the gradient changed with the last step, `[3·H·W]`, and the inner product of both, `[]`.
    change: Option<(Tensor, Tensor)>,
}

impl Candidate {
    pub(super) fn new(preset: &OptimizerPreset) -> Self {
        Self::with(Settings::new(preset))
    }

    /// Without a past.
    fn with(settings: Settings) -> Self {
        Self {
            settings,
            memory: Memory::default(),
            last: None,
            turned_back: None,
            has_arrived: false,
        }
    }

    /// The same settings without a past.
    pub(super) fn without_past(&self) -> Self {
        Self::with(self.settings)
    }

    /// Takes up changed settings, under which a candidate that had arrived may go on. In another space
    /// nothing remembered has a meaning.
    pub(super) fn update(&mut self, preset: &OptimizerPreset) {
        let settings = Settings::new(preset);
        if settings.space != self.settings.space {
            *self = Self::with(settings);
        } else if settings != self.settings {
            self.settings = settings;
            self.memory.keep(settings.history);
            self.has_arrived = false;
        }
    }

    /// The normalised space has another unit now.
    pub(super) fn change_unit(&mut self) {
        if self.settings.space == StepSpace::Normalized {
            *self = Self::with(self.settings);
        }
    }

    /// The loss is another one now. What the memory says of curvature is kept, since it is still the best guess.
    pub(super) fn forget_evaluation(&mut self) {
        self.last = None;
        self.has_arrived = false;
    }

    /// Nothing better was found along the direction, so that the memory is of no use any more: the next step
    /// is a first one again. By any tolerance, a step of 0 is an arrival.
    pub(super) fn start_over(&mut self) {
        self.memory.forget();
        self.last = None;
        self.turned_back = None;
        self.has_arrived = self.settings.tolerance_change > 0.0;
    }

    /// Forgets all but the `most` newest pairs.
    pub(super) fn shorten(&mut self, most: usize) {
        self.memory.keep(most);
    }

    /// A copy; on `device`, sharing nothing, where one is named.
    pub(super) fn copied(&self, device: Option<Device>) -> Result<Self, TchError> {
        let copy = |tensor: &Tensor| copied(tensor, device);
        let last = self.last.as_ref().map(|last| {
            Ok::<_, TchError>(Last {
                gradient: copy(&last.gradient)?,
                step: copy(&last.step)?,
                loss: copy(&last.loss)?,
            })
        });
        Ok(Self {
            settings: self.settings,
            memory: self.memory.copied(device)?,
            last: last.transpose()?,
            turned_back: self.turned_back.as_ref().map(copy).transpose()?,
            has_arrived: self.has_arrived,
        })
    }

    /// Puts everything but the settings into `state`.
    pub(super) fn save(&self, state: &mut SavedState) -> Result<(), TchError> {
        self.memory.save(state)?;
        if let Some(last) = &self.last {
            state.put("lbfgs.last.gradient", &last.gradient)?;
            state.put("lbfgs.last.step", &last.step)?;
            state.put("lbfgs.last.loss", &last.loss)?;
        }
        if let Some(turned_back) = &self.turned_back {
            state.put("lbfgs.turned_back", turned_back)?;
        }
        state.put_number("lbfgs.has_arrived", f64::from(u8::from(self.has_arrived)));
        Ok(())
    }

    /// The opposite of [`Candidate::save`], for pictures of `count` numbers.
    pub(super) fn restored(
        preset: &OptimizerPreset,
        state: &SavedState,
        count: i64,
        device: Device,
    ) -> Result<Self, RestoreError> {
        let last = state.has("lbfgs.last.loss").then(|| {
            Ok::<_, RestoreError>(Last {
                gradient: state.tensor("lbfgs.last.gradient", &[count], device)?,
                step: state.tensor("lbfgs.last.step", &[count], device)?,
                loss: state.tensor("lbfgs.last.loss", &[], device)?,
            })
        });
        let turned_back = state
            .has("lbfgs.turned_back")
            .then(|| state.tensor("lbfgs.turned_back", &[], device));
        Ok(Self {
            memory: Memory::restored(state, count, device)?,
            last: last.transpose()?,
            turned_back: turned_back.transpose()?,
            has_arrived: state.number("lbfgs.has_arrived")? > 0.0,
            ..Self::new(preset)
        })
    }

    /// At a point with this `gradient`, `[3·H·W]`, and this `loss`, `[]`.
    pub(super) fn view(&self, gradient: Tensor, loss: Tensor) -> Result<View, TchError> {
        let change = self.last.as_ref().map(|last| {
            let change = gradient.f_sub(&last.gradient)?;
            let product = change.f_dot(&last.step)?;
            Ok::<_, TchError>((change, product))
        });
        Ok(View {
            change: change.transpose()?,
            gradient,
            loss,
        })
    }

    /// The numbers that [`Candidate::go_on`] needs, each `[]`, on the device.
    pub(super) fn questions(&self, view: &View) -> Result<[Tensor; 5], TchError> {
        let kind = view.gradient.f_kind()?;
        let nothing = Tensor::f_zeros([0_i64; 0], (kind, view.gradient.device()))?;
        let mut questions = [(); 5].map(|()| nothing.shallow_clone());
        let [largest, product, longest, change, turned_back] = &mut questions;
        *largest = view.gradient.f_abs()?.f_max()?;
        if let Some((_, of_change)) = &view.change {
            *product = of_change.shallow_clone();
        }
        if let (Some(last), true) = (&self.last, self.settings.tolerance_change > 0.0) {
            *longest = last.step.f_abs()?.f_max()?;
            *change = view.loss.f_sub(&last.loss)?.f_abs()?.f_to_kind(kind)?;
        }
        if let Some(turned) = &self.turned_back {
            *turned_back = turned.f_to_kind(kind)?;
        }
        Ok(questions)
    }

    /// Learns from the last step, given the `answers` to [`Candidate::questions`], and says where to go
    /// next; `None` from where a candidate has arrived.
    pub(super) fn go_on(
        &mut self,
        view: View,
        answers: &[f64],
    ) -> Result<Option<Course>, TchError> {
        let &[largest, product, longest, change, turned_back] = answers else {
            return Err(TchError::Shape("five answers of a candidate".to_owned()));
        };
        let settings = &self.settings;
        if largest <= settings.tolerance_gradient {
            // Without a tolerance this is a gradient of 0, from where nothing leads on as long as it is one.
            self.has_arrived = settings.tolerance_gradient > 0.0;
            return Ok(None);
        }
        let was_turned = self.turned_back.take().is_some() && turned_back > 0.0;
        if was_turned {
            self.memory.forget();
        }
        let last = self.last.take();
        let has_moved = last.is_some();
        if let (Some(last), Some((by, of_change))) = (last, view.change)
            && product > LEAST_PRODUCT
            && product.is_finite()
        {
            self.memory
                .learn(last.step, by, &of_change, settings.history)?;
        }
        let tolerance = settings.tolerance_change;
        let is_still = longest <= tolerance || change < tolerance;
        if has_moved && tolerance > 0.0 && is_still {
            self.has_arrived = true;
            return Ok(None);
        }
        let is_first = self.memory.is_empty() && (was_turned || !has_moved);
        let View { gradient, loss, .. } = view;
        Course::new(settings, &self.memory, gradient, loss, is_first).map(Some)
    }

    /// Makes `step`, `[3·H·W]`, along `course`: changes `place`, the picture `[1, 3, H, W]`. Returns whether
    /// clamping made it another step, `[]`, where the candidate is clamped.
    pub(super) fn make(
        &mut self,
        course: Course,
        step: Tensor,
        units: &Units<'_>,
        place: &mut Tensor,
    ) -> Result<Option<Tensor>, TchError> {
        let moved = units.moved(place, &step)?;
        let (step, is_cut) = if self.settings.clamp {
            let inside = moved.f_clamp(0.0, 1.0)?;
            let is_cut = inside.f_ne_tensor(&moved)?.f_any()?;
            let made = units.between(place, &inside)?;
            place.f_copy_(&inside)?;
            (made.f_where_self(&is_cut, &step)?, Some(is_cut))
        } else {
            place.f_copy_(&moved)?;
            (step, None)
        };
        self.turned_back = course.turned_back;
        self.last = Some(Last {
            gradient: course.gradient,
            step,
            loss: course.loss,
        });
        Ok(is_cut)
    }
}
