//! A candidate whose picture passes the network tile by tile, so that memory holds one tile's features and not the
//! picture's. Losses and gradient are those of the whole picture, up to the order in which sums are rounded. Worker thread.
//!
//! Once for what style's statistics add up to; then once more with the way back, which takes how the loss depends on the
//! features to the pixels.

use std::ops::Range;

use tch::{Kind, TchError, Tensor};

use super::{Batch, backward};
use crate::engine::EngineError;
use crate::engine::going_on::{Count, GoesOn, or_broken_off};
use crate::engine::group::Group;
use crate::engine::group::tiled::Judged;
use crate::engine::message::Parts;
use crate::engine::target::picture_hw;
use crate::engine::tiled_picture::TiledPicture;
use crate::engine::tiles::rows_of;
use crate::engine::way::Tiling;
use crate::loss::moments::PartialMoments;
use crate::network::Network;
use crate::network::stream::Stream;

/// What came of a candidate.
#[derive(Debug)]
pub(in crate::engine) struct TiledEvaluation {
    /// `[1, K]`
    pub(in crate::engine) unweighted: Tensor,
    /// Of the weighted sum, `[1, 3, H, W]`.
    pub(in crate::engine) gradient: Tensor,
}

impl Batch {
    /// As [`Batch::evaluate`] and the gradient of what it gives, of the only candidate, in tiles of `side` rows.
    pub(in crate::engine) fn evaluate_tiled(
        &self,
        network: &Network,
        pictures: &Tensor,
        tiling: Tiling,
        step: u64,
        goes_on: &mut GoesOn<'_>,
    ) -> Result<TiledEvaluation, EngineError> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        self.evaluate_columns(network, pictures, tiling, step, (&all, goes_on))
    }

    /// The gradient of one column alone, with its weight; `None` where nobody weighs it.
    pub(in crate::engine) fn column_gradient_tiled(
        &self,
        network: &Network,
        pictures: &Tensor,
        tiling: Tiling,
        step: u64,
        (column, goes_on): (usize, &mut GoesOn<'_>),
    ) -> Result<Option<Tensor>, EngineError> {
        if self.is_weighed.get(column) != Some(&true) {
            return Ok(None);
        }
        let found = self.evaluate_columns(network, pictures, tiling, step, (&[column], goes_on))?;
        Ok(Some(found.gradient))
    }

    /// The others of the columns count as 0.
    fn evaluate_columns(
        &self,
        network: &Network,
        pictures: &Tensor,
        tiling: Tiling,
        step: u64,
        (columns, goes_on): (&[usize], &mut GoesOn<'_>),
    ) -> Result<TiledEvaluation, EngineError> {
        let picture = pictures.f_narrow(0, self.start, 1)?.f_detach()?;
        let tiled = TiledPicture::new(network, picture, &self.layers, i64::from(tiling.rows))?;
        let mut terms = self.terms(columns)?;
        let mut count = Count::new(Parts::Tiles, 2 * tiled.tiles.len(), goes_on);
        let remembered = f64::from(tiling.remembered_bytes_per_pixel);
        let stream = judge(&mut terms, (&tiled, remembered), &mut count)?;
        let mut gradient = tiled.picture.f_zeros_like()?;
        for term in terms.iter_mut().filter(|term| term.layer.is_none()) {
            let root = tiled.picture.f_detach()?.f_set_requires_grad(true)?;
            let value = term.group.evaluate(&root, picture_hw(&root)?, step)?;
            term.value = value.f_detach()?.f_sum(Kind::Double)?;
            let sum = value.f_mul(&term.weight)?.f_sum(Kind::Float)?;
            let _ = gradient.f_add_(&backward(sum, &root, false)?)?;
        }
        go_back(&mut terms, (&tiled, stream), &mut gradient, &mut count)?;
        let nothing = Tensor::f_zeros([0_i64; 0], (Kind::Double, gradient.device()))?;
        let values: Vec<&Tensor> = (0..self.columns.len())
            .map(|column| {
                let term = terms.iter().find(|term| term.column == column);
                term.map_or(&nothing, |term| &term.value)
            })
            .collect();
        let unweighted = Tensor::f_stack(&values, 0)?
            .f_to_kind(Kind::Float)?
            .f_unsqueeze(0)?;
        Ok(TiledEvaluation {
            unweighted,
            gradient,
        })
    }

    /// Those of `columns` that the candidate has.
    fn terms(&self, columns: &[usize]) -> Result<Vec<Term<'_>>, TchError> {
        let known = columns.iter().filter_map(|column| {
            let of = self.columns.get(*column)?;
            Some((*column, of.layer, of.groups.first()?))
        });
        known
            .map(|(column, layer, group)| {
                let weight = self.weights.f_select(1, column as i64)?;
                Ok(Term {
                    column,
                    layer,
                    group,
                    value: Tensor::f_zeros([0_i64; 0], (Kind::Double, weight.device()))?,
                    weight,
                    judged: None,
                })
            })
            .collect()
    }
}

/// A term of the only candidate.
struct Term<'a> {
    column: usize,
    /// Where in [`Batch::layers`]; `None` for the picture itself.
    layer: Option<usize>,
    group: &'a Group,
    /// `[1]`
    weight: Tensor,
    /// As far as it is known, `[]`.
    value: Tensor,
    /// What style is over all tiles.
    judged: Option<Judged>,
}

/// The layers at which any of `terms` is that `is_wanted`, each once.
fn layers(terms: &[Term<'_>], is_wanted: impl Fn(&Term<'_>) -> bool) -> Vec<usize> {
    let wanted = terms.iter().filter(|term| is_wanted(term));
    let mut layers: Vec<usize> = wanted.filter_map(|term| term.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    layers
}

/// Finds out what every style term is over all tiles. What is `remembered` of them, so many bytes for each pixel at most, waits
/// in what is given for the way back; `None` where that is nothing.
fn judge<'a>(
    terms: &mut [Term<'_>],
    (tiled, remembered): (&TiledPicture<'a>, f64),
    count: &mut Count<'_, '_>,
) -> Result<Option<Stream<'a>>, EngineError> {
    let style = layers(terms, |term| term.group.adds_up());
    // Where the others look is of no use now, but may be remembered.
    let all = layers(terms, |_| true);
    let stream = tiled.stream(&all, false)?.remembering(remembered);
    let (wanted, mut stream) = if stream.remembers() && !style.is_empty() {
        (all, stream)
    } else {
        let stream = tiled.stream(&style, false)?;
        (style, stream)
    };
    let mut sums: Vec<Vec<PartialMoments>> = terms.iter().map(|_| Vec::new()).collect();
    let add = &mut |layer: usize, rows: &Range<i64>, features: &Tensor| {
        let of_layer = terms.iter().zip(&mut sums);
        for (term, sums) in of_layer.filter(|(term, _)| term.layer == Some(layer)) {
            term.group.add(sums, features, rows)?;
        }
        Ok(None)
    };
    for tile in &tiled.tiles {
        let after = &mut || count.still();
        tiled.next(&mut stream, (tile, &wanted), add, after)?;
        or_broken_off(count.next())?;
    }
    let hw = picture_hw(&tiled.picture)?;
    for (term, sums) in terms.iter_mut().zip(&sums) {
        let layer = term.layer.and_then(|layer| tiled.layers.get(layer));
        let Some(layer) = layer else { continue };
        term.judged = term.group.judged(sums, layer.size, hw)?;
        if let Some(judged) = &term.judged {
            term.value = judged.value.f_sum(Kind::Double)?;
        }
    }
    Ok(stream.remembers().then_some(stream))
}

/// Adds what all tiles have to do with the gradient, and with the values of terms that are sums over positions. A stream is
/// one that has passed once.
fn go_back<'a>(
    terms: &mut [Term<'_>],
    (tiled, stream): (&TiledPicture<'a>, Option<Stream<'a>>),
    gradient: &mut Tensor,
    count: &mut Count<'_, '_>,
) -> Result<(), EngineError> {
    let wanted = layers(terms, |_| true);
    let mut stream = match stream {
        Some(stream) => stream.from_the_top(),
        None => tiled.stream(&wanted, true)?,
    };
    let slope_at = &mut |layer: usize, rows: &Range<i64>, features: &Tensor| {
        slope_at(terms, tiled, (layer, rows), features)
    };
    for tile in &tiled.tiles {
        let after = &mut || count.still();
        for more in tiled.next(&mut stream, (tile, &wanted), slope_at, after)? {
            let _ = rows_of(gradient, &more.rows)?.f_add_(&more.gradient)?;
        }
        or_broken_off(count.next())?;
    }
    Ok(())
}

/// How the loss depends on the `features`, `[1, C, h, W']`, that are these rows of `layer`.
fn slope_at(
    terms: &mut [Term<'_>],
    tiled: &TiledPicture<'_>,
    (layer, rows): (usize, &Range<i64>),
    features: &Tensor,
) -> Result<Option<Tensor>, EngineError> {
    let mut slope: Option<Tensor> = None;
    let numbers = tiled.count(layer, features)?;
    let of_layer = terms.iter_mut().filter(|term| term.layer == Some(layer));
    for term in of_layer {
        let judged = term.judged.as_ref();
        let how = (&term.weight, numbers);
        let Some(part) = term.group.part(judged, features, rows, how)? else {
            continue;
        };
        if let Some(more) = part.value {
            let _ = term.value.f_add_(&more)?;
        }
        slope = Some(match slope {
            Some(mut sum) => sum.f_add_(&part.slopes)?,
            None => part.slopes,
        });
    }
    Ok(slope)
}
