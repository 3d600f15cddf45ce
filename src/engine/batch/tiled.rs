//! A candidate whose picture passes the network tile by tile, so that memory holds one tile's features and not the
//! picture's. Losses and gradient are those of the whole picture, up to the order in which sums are rounded. Worker thread.
//!
//! Once without a graph, where style adds up what its statistics follow from; then once more with one, for the way back:
//! ⟨features, how the loss depends on them⟩ has the loss's gradient.

use std::ops::ControlFlow;

use tch::{Kind, TchError, Tensor};

use super::{Batch, Column};
use crate::engine::EngineError;
use crate::engine::group::Group;
use crate::engine::group::tiled::Judged;
use crate::engine::target::picture_hw;
use crate::engine::tiled_picture::TiledPicture;
use crate::engine::tiles::Tile;
use crate::loss::moments::PartialMoments;
use crate::network::Network;

/// How far a step is: tiles that are done, and all that there are in both passes. With `Break` the step is broken off,
/// as if it had never been begun.
pub(in crate::engine) type TileReport<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;

/// What came of a candidate.
#[derive(Debug)]
pub(in crate::engine) struct TiledEvaluation {
    /// `[1, K]`
    pub(in crate::engine) unweighted: Tensor,
    /// Of the weighted sum, `[1, 3, H, W]`.
    pub(in crate::engine) gradient: Tensor,
}

impl Batch {
    /// As [`Batch::evaluate`] and the gradient of what it gives, of the only candidate, in tiles of about `side` pixels.
    pub(in crate::engine) fn evaluate_tiled(
        &self,
        network: &Network,
        pictures: &Tensor,
        side: u32,
        step: u64,
        report: &mut TileReport<'_>,
    ) -> Result<TiledEvaluation, EngineError> {
        self.evaluate_weighed(network, pictures, side, step, (&self.weights, report))
    }

    /// The gradient of one column alone, with its weight.
    pub(in crate::engine) fn column_gradient_tiled(
        &self,
        network: &Network,
        pictures: &Tensor,
        side: u32,
        step: u64,
        column: usize,
    ) -> Result<Tensor, EngineError> {
        let weights = self.weights.f_zeros_like()?;
        let column = column as i64;
        weights
            .f_narrow(1, column, 1)?
            .f_copy_(&self.weights.f_narrow(1, column, 1)?)?;
        let mut unheard = |_, _| ControlFlow::Continue(());
        let how = (&weights, &mut unheard as &mut TileReport<'_>);
        let found = self.evaluate_weighed(network, pictures, side, step, how)?;
        Ok(found.gradient)
    }

    /// Whether anybody weighs the column.
    pub(in crate::engine) fn weighs(&self, column: usize) -> bool {
        self.is_weighed.get(column) == Some(&true)
    }

    fn evaluate_weighed(
        &self,
        network: &Network,
        pictures: &Tensor,
        side: u32,
        step: u64,
        (weights, report): (&Tensor, &mut TileReport<'_>),
    ) -> Result<TiledEvaluation, EngineError> {
        let picture = pictures.f_narrow(0, self.start, 1)?.f_detach()?;
        let cut = TiledPicture::new(network, picture, &self.layers, i64::from(side))?;
        let hw = picture_hw(&cut.picture)?;
        let mut values: Vec<Tensor> = Vec::with_capacity(self.columns.len());
        let judged = self.judged(&cut, hw, report)?;
        let mut gradient = cut.picture.f_zeros_like()?;
        for (column, judged) in self.columns.iter().zip(&judged) {
            let options = (Kind::Double, cut.picture.device());
            values.push(match judged {
                Some(judged) => judged.value.f_to_kind(Kind::Double)?.f_sum(Kind::Double)?,
                None => Tensor::f_zeros([0_i64; 0], options)?,
            });
            if let (None, [group], Some(value)) =
                (column.layer, column.groups.as_slice(), values.last_mut())
            {
                let root = cut.picture.f_detach()?.f_set_requires_grad(true)?;
                let term = group.evaluate(&root, hw, step)?;
                *value = term.f_detach()?.f_sum(Kind::Double)?;
                let index = values.len() as i64 - 1;
                let sum = term.f_mul(&weights.f_select(1, index)?)?;
                let own = backward(sum.f_sum(Kind::Float)?, &root)?;
                let _ = gradient.f_add_(&own)?;
            }
        }
        let count = cut.tiles.len();
        for (index, tile) in cut.tiles.iter().enumerate() {
            self.go_back(&cut, tile, (&judged, weights), &mut values, &mut gradient)?;
            heard(report(count + index + 1, 2 * count))?;
        }
        let unweighted = Tensor::f_stack(&values, 0)?
            .f_to_kind(Kind::Float)?
            .f_unsqueeze(0)?;
        Ok(TiledEvaluation {
            unweighted,
            gradient,
        })
    }

    /// Every style term over all tiles; `None` for the other terms.
    fn judged(
        &self,
        cut: &TiledPicture<'_>,
        hw: f64,
        report: &mut TileReport<'_>,
    ) -> Result<Vec<Option<Judged>>, EngineError> {
        let adds_up = |column: &Column| column.groups.iter().any(Group::adds_up);
        let mut sums: Vec<Vec<PartialMoments>> = self.columns.iter().map(|_| vec![]).collect();
        let count = cut.tiles.len();
        let wanted: Vec<usize> = self
            .columns
            .iter()
            .filter(|column| adds_up(column))
            .filter_map(|column| column.layer)
            .collect();
        for (index, tile) in cut.tiles.iter().enumerate() {
            tch::no_grad(|| {
                let features = cut.features(&tile.seen.of(&cut.picture)?, &wanted)?;
                let columns = self.columns.iter().zip(&mut sums);
                let columns = columns.filter(|(column, _)| adds_up(column));
                for (((column, sums), layer), features) in columns.zip(&wanted).zip(&features) {
                    let Some((place, own)) = cut.own(tile, *layer, features)? else {
                        continue;
                    };
                    for group in &column.groups {
                        group.add(sums, &own, &place)?;
                    }
                }
                Ok::<_, EngineError>(())
            })?;
            heard(report(index + 1, 2 * count))?;
        }
        let columns = self.columns.iter().zip(&sums);
        columns
            .map(|(column, sums)| {
                let layer = column.layer.and_then(|layer| cut.layers.get(layer));
                match (column.groups.as_slice(), layer) {
                    ([group], Some(layer)) => Ok(group.judged(sums, layer.size, hw)?),
                    _ => Ok(None),
                }
            })
            .collect()
    }

    /// Adds what a tile has to do with the gradient, and with the values of terms that are sums over positions.
    fn go_back(
        &self,
        cut: &TiledPicture<'_>,
        tile: &Tile,
        (judged, weights): (&[Option<Judged>], &Tensor),
        values: &mut [Tensor],
        gradient: &mut Tensor,
    ) -> Result<(), EngineError> {
        let root = tile
            .seen
            .of(&cut.picture)?
            .f_detach_copy()?
            .f_set_requires_grad(true)?;
        let all: Vec<usize> = (0..cut.layers.len()).collect();
        let features = cut.features(&root, &all)?;
        let mut slopes: Vec<Option<(Tensor, Tensor)>> = all.iter().map(|_| None).collect();
        tch::no_grad(|| {
            let columns = self.columns.iter().zip(judged).zip(values).enumerate();
            for (index, ((column, judged), value)) in columns {
                let (Some(layer), [group]) = (column.layer, column.groups.as_slice()) else {
                    continue;
                };
                let Some(features) = features.get(layer) else {
                    continue;
                };
                let Some((place, own)) = cut.own(tile, layer, features)? else {
                    continue;
                };
                let count = cut.count(layer, features)?;
                let Some(part) = group.part(judged.as_ref(), &own, &place, count)? else {
                    continue;
                };
                if let Some(more) = part.value {
                    let _ = value.f_add_(&more)?;
                }
                let mut weighed = part.slopes;
                let _ = weighed.f_mul_(&weights.f_select(1, index as i64)?)?;
                if let Some(slot) = slopes.get_mut(layer) {
                    match slot {
                        Some((_, sum)) => {
                            let _ = sum.f_add_(&weighed)?;
                        }
                        None => *slot = Some((own, weighed)),
                    }
                }
            }
            Ok::<_, EngineError>(())
        })?;
        let mut sum: Option<Tensor> = None;
        for (layer, slopes) in slopes.into_iter().enumerate() {
            let (Some((_, slopes)), Some(features)) = (slopes, features.get(layer)) else {
                continue;
            };
            // Once more with its graph.
            let Some((_, own)) = cut.own(tile, layer, features)? else {
                continue;
            };
            let part = own.f_mul(&slopes)?.f_sum(Kind::Float)?;
            sum = Some(match sum {
                Some(sum) => sum.f_add(&part)?,
                None => part,
            });
        }
        drop(features);
        if let Some(sum) = sum {
            let own = backward(sum, &root)?;
            let _ = tile.seen.of(gradient)?.f_add_(&own)?;
        }
        Ok(())
    }
}

fn backward(sum: Tensor, root: &Tensor) -> Result<Tensor, TchError> {
    Tensor::f_run_backward(&[sum], &[root], false, false)?
        .into_iter()
        .next()
        .ok_or_else(|| TchError::Torch("no gradient came back".to_owned()))
}

fn heard(answer: ControlFlow<()>) -> Result<(), EngineError> {
    match answer {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EngineError::BrokenOff),
    }
}
