//! The line searches of a lane, all at once: one evaluation serves every candidate that still searches.
//! Worker thread.

use std::rc::Rc;

use tch::{TchError, Tensor};

use super::course::Course;
use super::evaluation::{Evaluate, Evaluation, read, row_of};
use super::line_search::{Next, Point, Search};
use super::units::Units;

/// A candidate that searches for the length of its step.
#[derive(Debug)]
pub(super) struct Searcher<'a> {
    /// Of the lane.
    row: usize,
    course: &'a Course,
    units: Units<'a>,
    /// The smallest change of an element that counts.
    tolerance: f64,
    /// The direction's largest element, `[]`.
    reach: Tensor,
    state: State,
}

/// A lane's evaluation narrowed to one candidate; `None` for the one that the search begins with.
type Seen = Option<Rc<Evaluation>>;

#[derive(Debug)]
enum State {
    /// The first trial goes as far as the course says, which only the device knows.
    First,
    Trying(f64, Search<Seen>),
    Found(Point<Seen>),
}

/// What a search came to.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) row: usize,
    /// `[3·H·W]`; `None` where nothing better than the beginning was found.
    pub(super) step: Option<Tensor>,
    /// After the step.
    pub(super) seen: Seen,
}

impl<'a> Searcher<'a> {
    pub(super) fn new(
        row: usize,
        course: &'a Course,
        units: Units<'a>,
        tolerance: f64,
    ) -> Result<Self, TchError> {
        Ok(Self {
            row,
            reach: course.direction.f_abs()?.f_max()?,
            course,
            units,
            tolerance,
            state: State::First,
        })
    }

    fn is_searching(&self) -> bool {
        !matches!(self.state, State::Found(_))
    }

    /// The step to be tried or taken, `[3·H·W]`; `None` for one of length 0.
    fn step(&self) -> Result<Option<Tensor>, TchError> {
        let direction = &self.course.direction;
        match &self.state {
            State::First => direction.f_mul(&self.course.length).map(Some),
            State::Found(point) if point.length == 0.0 => Ok(None),
            State::Trying(length, _) | State::Found(Point { length, .. }) => {
                direction.f_mul_scalar(*length).map(Some)
            }
        }
    }

    /// What must be known of a trial whose evaluation is `seen`, each `[]`. What the search begins with comes
    /// along every time, since that costs less than a transfer of its own.
    fn questions(&self, seen: &Evaluation) -> Result<[Tensor; 6], TchError> {
        let gradient = self.units.gradient(&seen.gradient)?;
        let course = self.course;
        Ok([
            course.length.shallow_clone(),
            course.slope.shallow_clone(),
            course.loss.shallow_clone(),
            self.reach.shallow_clone(),
            seen.total.f_reshape([0_i64; 0])?,
            gradient.f_dot(&course.direction)?,
        ])
    }

    fn tell(&mut self, seen: Evaluation, answers: &[f64]) -> Result<(), TchError> {
        let &[length, slope, loss, reach, trial_loss, trial_slope] = answers else {
            return Err(TchError::Shape("six answers of a trial".to_owned()));
        };
        let trial = |length| Point {
            length,
            loss: trial_loss,
            slope: trial_slope,
            seen: Some(Rc::new(seen)),
        };
        let next = match std::mem::replace(&mut self.state, State::First) {
            State::Found(point) => Next::Found(point),
            State::Trying(length, search) => search.tell(trial(length)),
            State::First => {
                let begin = Point {
                    length: 0.0,
                    loss,
                    slope,
                    seen: None,
                };
                if length == 0.0 {
                    Next::Found(begin)
                } else if [length, slope, loss].into_iter().all(f64::is_finite) {
                    Search::new(begin, reach, self.tolerance).tell(trial(length))
                } else {
                    // There is nothing to search by. The picture takes it up, and the next losses tell.
                    Next::Found(trial(length))
                }
            }
        };
        self.state = match next {
            Next::Try(length, search) => State::Trying(length, search),
            Next::Found(point) => State::Found(point),
        };
        Ok(())
    }

    fn found(self) -> Result<Found, TchError> {
        Ok(Found {
            row: self.row,
            step: self.step()?,
            seen: match self.state {
                State::Found(point) => point.seen,
                State::First | State::Trying(..) => None,
            },
        })
    }
}

/// Searches from `pictures`, `[N, 3, H, W]`, until each of `searchers` has found its step.
/// `evaluate` is called with trial pictures in the rows for which its second argument is true.
pub(super) fn search<E: From<TchError>>(
    mut searchers: Vec<Searcher<'_>>,
    pictures: &Tensor,
    evaluate: &mut Evaluate<'_, E>,
) -> Result<Vec<Found>, E> {
    if searchers.is_empty() {
        return Ok(Vec::new());
    }
    let trials = pictures.f_detach_copy()?;
    let rows = pictures.size().first().copied().unwrap_or(0);
    loop {
        let mut open: Vec<&mut Searcher<'_>> = searchers
            .iter_mut()
            .filter(|searcher| searcher.is_searching())
            .collect();
        if open.is_empty() {
            break;
        }
        for searcher in &open {
            if let Some(step) = searcher.step()? {
                let place = row_of(pictures, searcher.row)?;
                let moved = searcher.units.moved(&place, &step)?;
                row_of(&trials, searcher.row)?.f_copy_(&moved)?;
            }
        }
        let wanted: Vec<bool> = (0..rows as usize)
            .map(|row| open.iter().any(|searcher| searcher.row == row))
            .collect();
        let evaluation = evaluate(&trials, &wanted)?;
        let seen = open
            .iter()
            .map(|searcher| evaluation.row(searcher.row))
            .collect::<Result<Vec<_>, _>>()?;
        let mut questions = Vec::with_capacity(6 * open.len());
        for (searcher, seen) in open.iter().zip(&seen) {
            questions.extend(searcher.questions(seen)?);
        }
        let answers = read(&questions)?;
        for ((searcher, seen), answers) in open.iter_mut().zip(seen).zip(answers.chunks(6)) {
            searcher.tell(seen, answers)?;
        }
    }
    let found = searchers.into_iter().map(Searcher::found);
    Ok(found.collect::<Result<_, _>>()?)
}

/// The evaluation after the steps that were `found`: `first` where nobody moved.
pub(super) fn after(first: &Evaluation, found: &[Found]) -> Result<Evaluation, TchError> {
    let rows = first.total.size().first().copied().unwrap_or(0);
    let rows = (0..rows as usize).map(|row| {
        let found = found.iter().find(|found| found.row == row);
        match found.and_then(|found| found.seen.clone()) {
            Some(seen) => Ok(seen),
            None => first.row(row).map(Rc::new),
        }
    });
    Evaluation::of_rows(&rows.collect::<Result<Vec<_>, TchError>>()?)
}
