//! A picture that passes a network from top to bottom, some rows at a time, forth and back. Worker thread.
//!
//! Every operation keeps those rows of its input that results still to come follow from, and on the way back those of its
//! gradient. So nothing is computed twice, however many rows come at once, and what is there at a time grows with the
//! picture's width and not with its height.

use std::ops::Range;

use tch::{Kind, TchError, Tensor};

use super::geometry::side_of_results;
use super::kept_rows::KeptRows;
use super::layout::height_of;
use super::module::{Kept, Module};
use super::pass::asked;
use super::pieces::Pieces;
use super::remembered;
use super::row_buffer::RowBuffer;
use super::rows::Windows;
use super::{AfterOperation, INPUT_LAYER, Network, NetworkError, Stage};

/// So few rows come at once in any case.
const FEW_ROWS: i64 = 4;

/// A picture on its way.
#[derive(Debug)]
pub struct Stream<'a> {
    network: &'a Network,
    layers: Vec<String>,
    goes_back: bool,
    steps: Vec<Step<'a>>,
    /// How many rows of the picture have come.
    known: i64,
    /// The most that came at once.
    most_rows: i64,
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
    /// Whether what is kept of it is there until the way back, so that it does not come twice.
    is_remembered: bool,
    /// Its results, where they are remembered and looked at, `[1, C, h, W']`.
    features: RowBuffer,
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
                is_remembered: false,
                features: RowBuffer::with_room(results.0),
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
            most_rows: 0,
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
    /// Of a picture that does not go back yet: remembers what the way back needs of the deepest operations, as far as that
    /// takes at most so many bytes for each pixel; see [`Stream::from_the_top`].
    #[must_use]
    pub fn remembering(mut self, bytes_per_pixel: f64) -> Self {
        let Network {
            operations,
            pooling,
            ..
        } = self.network;
        let operations = operations.get(..self.steps.len()).unwrap_or_default();
        let first = remembered::first(operations, &self.layers, *pooling, bytes_per_pixel).0;
        for step in self.steps.iter_mut().skip(first) {
            step.is_remembered = true;
        }
        self
    }

    /// Whether it remembers anything.
    pub fn remembers(&self) -> bool {
        self.steps.last().is_some_and(|step| step.is_remembered)
    }

    /// Once all of the picture has passed: the same before its first row, with the way back, on which nothing that is
    /// remembered is computed again.
    #[must_use]
    pub fn from_the_top(mut self) -> Self {
        self.goes_back = true;
        self.known = 0;
        for step in &mut self.steps {
            step.done = 0;
            step.input.begin_at(0);
        }
        self
    }

    /// Takes the next rows of the picture, `[1, 3, h, W]`, RGB in [0, 1], has what follows from them looked at, and gives the
    /// gradient that follows in turn, where there is a way back, as far as it is complete, in the order of its rows.
    ///
    /// # Errors
    /// Those of `look` and libtorch, and [`NetworkError::BrokenOff`].
    pub fn next<E: From<TchError> + From<NetworkError>>(
        &mut self,
        rows: &Tensor,
        look: &mut Look<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Vec<GradientRows>, E> {
        tch::no_grad(|| {
            self.forth(rows, look, after)?;
            let mut found = Vec::new();
            while self.goes_back && self.back(&mut found, after)? {}
            Ok(found)
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
        self.most_rows = self.most_rows.max(height);
        let mut is_own = !look_at(INPUT_LAYER, &range, &seen, &mut self.own_slopes)?;
        let mut features = seen.f_to_kind(kind)?;
        let mut known = range.end;
        for step in &mut self.steps {
            let layer = &step.stage.layer;
            let range = if goes_back && step.is_remembered {
                let range = step.recalled(known);
                if !range.is_empty() && !step.features.is_empty() {
                    let features = step.features.take(range.end - range.start)?;
                    look_at(layer, &range, &features, &mut step.own_slopes)?;
                }
                range
            } else {
                let Some((range, found)) = step.forth(&features, is_own, goes_back)? else {
                    return Ok(());
                };
                is_own = !look_at(layer, &range, &found, &mut step.own_slopes)?;
                if step.is_remembered && !is_own {
                    step.features.push(&found.f_to_kind(Kind::Float)?)?;
                }
                features = found;
                range
            };
            known = range.end;
            asked(after)?;
        }
        Ok(())
    }

    /// Goes on with the way back, and adds what is complete to `found`; false where there is nothing to go on with. At the end
    /// of the picture there is a lot at once, which would take as much memory: what is too much for now is left to the next
    /// call.
    fn back(
        &mut self,
        found: &mut Vec<GradientRows>,
        after: &mut AfterOperation<'_>,
    ) -> Result<bool, NetworkError> {
        let kind = self.network.kind;
        let height = self.steps.first().map_or(self.known, |step| step.size.0);
        // Rows that come regularly are no more than these.
        let most = |rows: i64| (2 * self.most_rows * rows / height.max(1)).max(FEW_ROWS);
        // The gradient by what the operation before gave.
        let mut slope: Option<Tensor> = None;
        let mut is_deepest = true;
        let mut goes_on = false;
        for step in self.steps.iter_mut().rev() {
            let own = with_own(slope, &mut step.own_slopes, (is_deepest, kind))?;
            is_deepest = false;
            slope = step.back(own, most(step.size.0))?;
            goes_on |= slope.is_some();
            asked(after)?;
        }
        let slope = slope
            .map(|slope| slope.f_to_kind(Kind::Float))
            .transpose()?;
        let slope = with_own(slope, &mut self.own_slopes, (is_deepest, Kind::Float))?;
        let Some(slope) = slope else {
            return Ok(goes_on);
        };
        let count = height_of(&slope)?;
        let end = match self.steps.first() {
            Some(step) => step.returned,
            None => self.known,
        };
        found.push(GradientRows {
            rows: end - count..end,
            // As pictures lie.
            gradient: slope.f_div(&self.network.deviation)?.f_contiguous()?,
        });
        Ok(goes_on)
    }
}

impl Step<'_> {
    /// Takes the next rows of its input and gives the results that follow, and which these are.
    fn forth(
        &mut self,
        rows: &Tensor,
        is_own: bool,
        goes_back: bool,
    ) -> Result<Option<(Range<i64>, Tensor)>, TchError> {
        let (height, width) = self.size;
        let known = self.input.end() + height_of(rows)?;
        let ready = self.windows.ready(known, height, self.results);
        if ready <= self.done {
            self.input.push(rows)?;
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
        let given = pieces(&self.input, Some(rows), &needed.rows)?;
        let mut kept = Kept::Nothing;
        let keeps = goes_back || self.is_remembered;
        let wanted = keeps.then_some(&mut kept);
        let module = &self.stage.module;
        let found = module.forward(&given, is_own, needed.beyond, wanted)?;
        self.done = ready;
        if keeps {
            let pool = match module {
                Module::Pool(pool) => Some((*pool, width)),
                _ => None,
            };
            let long = self.is_remembered.then_some(self.results);
            self.kept.push(kept, pool, long)?;
        }
        hold(&mut self.input, Some(rows), next)?;
        Ok(Some((range, found)))
    }

    /// Of what is remembered: which results follow next from the first `known` rows of its input.
    fn recalled(&mut self, known: i64) -> Range<i64> {
        let ready = self.windows.ready(known, self.size.0, self.results);
        let range = self.done..ready.max(self.done);
        self.done = range.end;
        range
    }

    /// Takes the next rows of the gradient by its results, where there are some, and gives those by its input that are
    /// complete, about `most` of them.
    fn back(&mut self, slope: Option<Tensor>, most: i64) -> Result<Option<Tensor>, TchError> {
        let (height, _) = self.size;
        let new = slope.as_ref().map_or(Ok(0), height_of)?;
        let known = self.slopes.end() + new;
        let complete = self.windows.complete(known, self.results, height);
        let complete = self.windows.part(self.returned..complete, most, height);
        if complete <= self.returned {
            if let Some(slope) = slope {
                self.slopes.push(&slope)?;
            }
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
        let given = pieces(&self.slopes, slope.as_ref(), &through)?;
        let kept = self.kept.of(&through)?;
        let wanted = self.windows.wanted(&rows, &through, self.size);
        let gradient = self.stage.module.gradient(&given, &kept, wanted)?;
        hold(&mut self.slopes, slope.as_ref(), next)?;
        self.returned = complete;
        self.kept.forget(next);
        Ok(Some(gradient))
    }
}

/// These `rows` of what `held` has and of the `new` ones that come after it, where they lie.
fn pieces(held: &RowBuffer, new: Option<&Tensor>, rows: &Range<i64>) -> Result<Pieces, TchError> {
    let start = held.end();
    let mut pieces = Vec::with_capacity(3);
    if rows.start < start {
        pieces.extend(held.pieces(&(rows.start..rows.end.min(start)))?);
    }
    if let Some(new) = new
        && start < rows.end
    {
        let first = rows.start.max(start);
        pieces.push(new.f_narrow(2, first - start, rows.end - first)?);
    }
    Ok(pieces.into())
}

/// From `next` on, all rows are held that `held` has and of the `new` ones that come after it.
fn hold(held: &mut RowBuffer, new: Option<&Tensor>, next: i64) -> Result<(), TchError> {
    let start = held.end();
    held.forget(next);
    let Some(new) = new else { return Ok(()) };
    let end = start + height_of(new)?;
    if start <= next {
        held.begin_at(next);
    }
    let first = next.max(start);
    if first < end {
        held.push(&new.f_narrow(2, first - start, end - first)?)?;
    }
    Ok(())
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
