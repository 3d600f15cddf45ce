//! A picture that passes a network from top to bottom, some rows at a time, forth and back. Worker thread.
//!
//! Every operation keeps those rows of its input that results still to come follow from, and on the way back those of its
//! gradient. So nothing is computed twice, however many rows come at once, and what is there at a time grows with the
//! picture's width and not with its height.

use std::ops::Range;

use tch::{Kind, TchError, Tensor};

use super::geometry::side_of_results;
use super::kept_rows::KeptRows;
use super::layout::joined_rows;
use super::module::{Kept, Module};
use super::pass::asked;
use super::row_buffer::{RowBuffer, height_of};
use super::rows::Windows;
use super::{AfterOperation, INPUT_LAYER, Network, NetworkError, Stage};

/// A picture on its way.
#[derive(Debug)]
pub struct Stream<'a> {
    network: &'a Network,
    layers: Vec<String>,
    goes_back: bool,
    steps: Vec<Step<'a>>,
    /// How many rows of the picture have come.
    known: i64,
    /// The gradient by the normalised picture, of what is looked at there.
    own_slopes: RowBuffer,
}

/// Looks at features as they come, called by the number of the layer among those asked for, which of its rows they are, and
/// `[1, C, h, W']`. Where there is a way back, it tells the gradient by these features, `None` for 0.
pub type Look<'a, E> = dyn FnMut(usize, &Range<i64>, &Tensor) -> Result<Option<Tensor>, E> + 'a;

/// A gradient by some rows of a picture.
#[derive(Debug)]
pub struct GradientRows {
    /// Which.
    pub rows: Range<i64>,
    /// `[1, 3, h, W]`
    pub gradient: Tensor,
}

/// An operation that is on.
#[derive(Debug)]
struct Step<'a> {
    stage: &'a Stage,
    windows: Windows,
    /// Height and width of its input.
    size: (i64, i64),
    /// How many rows its results have in all.
    results: i64,
    /// Of its input, those that later results follow from.
    input: RowBuffer,
    /// How many rows of results there are.
    done: i64,
    /// What was kept of them.
    kept: KeptRows,
    /// The gradient by its results.
    slopes: RowBuffer,
    /// That of what is looked at there.
    own_slopes: RowBuffer,
    /// By how many rows of its input the gradient is done.
    returned: i64,
}

impl Network {
    /// A picture of this `size` (height, width) that is going to pass the network, at `layers`; with the way back where it
    /// `goes_back`.
    ///
    /// # Errors
    /// A layer that the network does not have, or where nothing is left of such a picture; those of libtorch.
    pub fn stream(
        &self,
        size: (i64, i64),
        layers: &[String],
        goes_back: bool,
    ) -> Result<Stream<'_>, NetworkError> {
        let mut steps = Vec::new();
        let mut input = size;
        for stage in self.in_order(layers)? {
            let windows = stage.module.windows()?;
            let results = self.size_of_results(stage, input)?;
            steps.push(Step {
                stage,
                windows,
                size: input,
                results: results.0,
                input: RowBuffer::default(),
                done: 0,
                kept: KeptRows::default(),
                slopes: RowBuffer::default(),
                own_slopes: RowBuffer::default(),
                returned: 0,
            });
            input = results;
        }
        Ok(Stream {
            network: self,
            layers: layers.to_vec(),
            goes_back,
            steps,
            known: 0,
            own_slopes: RowBuffer::default(),
        })
    }

    /// Height and width of what comes of an input of this size at `stage`.
    fn size_of_results(
        &self,
        stage: &Stage,
        (height, width): (i64, i64),
    ) -> Result<(i64, i64), TchError> {
        let operation = self
            .operations
            .iter()
            .find(|operation| operation.layer == stage.layer);
        let along = |side| side_of_results(operation?, self.padding, side);
        let size = along(height).zip(along(width));
        size.ok_or_else(|| {
            TchError::Shape(format!("nothing is left of the picture at {}", stage.layer))
        })
    }
}

impl Stream<'_> {
    /// Takes the next rows of the picture, `[1, 3, h, W]`, RGB in [0, 1], has what follows from them looked at, and gives the
    /// gradient that follows in turn, where there is a way back and some is complete.
    ///
    /// # Errors
    /// Those of `look` and libtorch, and [`NetworkError::BrokenOff`].
    pub fn next<E: From<TchError> + From<NetworkError>>(
        &mut self,
        rows: &Tensor,
        look: &mut Look<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<GradientRows>, E> {
        tch::no_grad(|| {
            self.forth(rows, look, after)?;
            if self.goes_back {
                self.back(after)
            } else {
                Ok(None)
            }
        })
    }

    fn forth<E: From<TchError> + From<NetworkError>>(
        &mut self,
        rows: &Tensor,
        look: &mut Look<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<(), E> {
        let kind = self.network.kind;
        let (layers, goes_back) = (&self.layers, self.goes_back);
        let mut look_at =
            |name: &str, rows: &Range<i64>, features: &Tensor, own: &mut RowBuffer| {
                let named = layers
                    .iter()
                    .enumerate()
                    .filter(|(_, layer)| *layer == name);
                let numbers: Vec<usize> = named.map(|(number, _)| number).collect();
                if numbers.is_empty() {
                    return Ok::<_, E>(false);
                }
                let features = features.f_to_kind(Kind::Float)?;
                let mut slopes: Option<Tensor> = None;
                for number in numbers {
                    slopes = match (slopes, look(number, rows, &features)?) {
                        (Some(sum), Some(slope)) => Some(sum.f_add(&slope)?),
                        (one, other) => one.or(other),
                    };
                }
                if goes_back {
                    match slopes {
                        Some(slopes) => own.push(&slopes)?,
                        None => own.push(&features.f_zeros_like()?)?,
                    }
                }
                Ok(true)
            };
        let seen = self.network.normalised(rows)?;
        let (_, _, height, _) = seen.size4()?;
        let range = self.known..self.known + height;
        self.known = range.end;
        let mut is_own = !look_at(INPUT_LAYER, &range, &seen, &mut self.own_slopes)?;
        let mut features = seen.f_to_kind(kind)?;
        for step in &mut self.steps {
            let Some((range, found)) = step.forth(features, is_own, goes_back)? else {
                return Ok(());
            };
            is_own = !look_at(&step.stage.layer, &range, &found, &mut step.own_slopes)?;
            features = found;
            asked(after)?;
        }
        Ok(())
    }

    fn back<E: From<TchError> + From<NetworkError>>(
        &mut self,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<GradientRows>, E> {
        let kind = self.network.kind;
        // The gradient by what the operation before gave.
        let mut slope: Option<Tensor> = None;
        let mut is_deepest = true;
        for step in self.steps.iter_mut().rev() {
            let Some(own) = with_own(slope, &mut step.own_slopes, (is_deepest, kind))? else {
                return Ok(None);
            };
            is_deepest = false;
            slope = step.back(own)?;
            asked(after)?;
        }
        let slope = slope
            .map(|slope| slope.f_to_kind(Kind::Float))
            .transpose()?;
        let slope = with_own(slope, &mut self.own_slopes, (is_deepest, Kind::Float))?;
        let Some(slope) = slope else { return Ok(None) };
        let (_, _, height, _) = slope.size4()?;
        let end = match self.steps.first() {
            Some(step) => step.returned,
            None => self.known,
        };
        Ok(Some(GradientRows {
            rows: end - height..end,
            // As pictures lie.
            gradient: slope.f_div(&self.network.deviation)?.f_contiguous()?,
        }))
    }
}

impl Step<'_> {
    /// Takes the next rows of its input and gives the results that follow, and which these are.
    fn forth(
        &mut self,
        rows: Tensor,
        is_own: bool,
        goes_back: bool,
    ) -> Result<Option<(Range<i64>, Tensor)>, TchError> {
        let (height, width) = self.size;
        let known = self.input.end() + height_of(&rows)?;
        let ready = self.windows.ready(known, height, self.results);
        if ready <= self.done {
            self.input.push(&rows)?;
            return Ok(None);
        }
        let range = self.done..ready;
        let needed = self.windows.needed(&range, height);
        let next = if ready < self.results {
            let next = ready..ready + 1;
            self.windows.needed(&next, height).rows.start.min(known)
        } else {
            known
        };
        let given = taken(&mut self.input, &rows, &needed.rows, next)?;
        drop(rows);
        let mut kept = Kept::Nothing;
        let wanted = goes_back.then_some(&mut kept);
        let module = &self.stage.module;
        let found = module.forward(given, is_own, needed.beyond, wanted)?;
        self.done = ready;
        if goes_back {
            let pool = match module {
                Module::Pool(pool) => Some((*pool, width)),
                _ => None,
            };
            self.kept.push(kept, pool)?;
        }
        Ok(Some((range, found)))
    }

    /// Takes the next rows of the gradient by its results and gives those by its input that are complete.
    fn back(&mut self, slope: Tensor) -> Result<Option<Tensor>, TchError> {
        let (height, _) = self.size;
        let known = self.slopes.end() + height_of(&slope)?;
        let complete = self.windows.complete(known, self.results, height);
        if complete <= self.returned {
            self.slopes.push(&slope)?;
            return Ok(None);
        }
        let rows = self.returned..complete;
        let through = self.windows.results_of(&rows, self.results);
        let next = if complete < height {
            let next = complete..complete + 1;
            self.windows
                .results_of(&next, self.results)
                .start
                .min(known)
        } else {
            known
        };
        let given = taken(&mut self.slopes, &slope, &through, next)?;
        drop(slope);
        let kept = self.kept.of(&through)?;
        let wanted = self.windows.wanted(&rows, &through, self.size);
        let gradient = self.stage.module.gradient(given, &kept, wanted)?;
        self.returned = complete;
        self.kept.forget(next);
        Ok(Some(gradient))
    }
}

/// These `rows` of what `held` has and of the `new` ones that come after it; from `next` on, all are held then.
///
/// New ones are many and held ones few, so it is the latter that are copied to stay; what is given is there for a moment, and
/// what comes next may have its memory.
fn taken(
    held: &mut RowBuffer,
    new: &Tensor,
    rows: &Range<i64>,
    next: i64,
) -> Result<Tensor, TchError> {
    let start = held.end();
    let end = start + height_of(new)?;
    let of_new = |rows: Range<i64>| new.f_narrow(2, rows.start - start, rows.end - rows.start);
    let mut parts = Vec::with_capacity(2);
    if rows.start < start {
        parts.push(held.of(&(rows.start..rows.end.min(start)))?);
    }
    if start < rows.end {
        parts.push(of_new(rows.start.max(start)..rows.end)?);
    }
    let found = match parts.as_slice() {
        [only] if rows.end <= start => only.f_detach_copy()?,
        parts => joined_rows(parts)?,
    };
    held.forget(next);
    if start <= next {
        held.begin_at(next);
    }
    let first = next.max(start);
    if first < end {
        held.push(&of_new(first..end)?)?;
    }
    Ok(found)
}

/// `slope`, changed, with as many rows of what is looked at there, as `kind`; the latter alone where it `is_deepest`.
fn with_own(
    slope: Option<Tensor>,
    own: &mut RowBuffer,
    (is_deepest, kind): (bool, Kind),
) -> Result<Option<Tensor>, TchError> {
    match slope {
        Some(slope) if own.is_empty() => Ok(Some(slope)),
        Some(mut slope) => {
            let own = own.take(height_of(&slope)?)?;
            Ok(Some(slope.f_add_(&own.f_to_kind(kind)?)?))
        }
        None if is_deepest && !own.is_empty() => {
            let count = own.len();
            Ok(Some(own.take(count)?.f_to_kind(kind)?))
        }
        None => Ok(None),
    }
}
