//! Candidates that pass the network together. Worker thread.

pub(super) mod tiled;

use tch::{Device, Kind, TchError, Tensor};

use super::EngineError;
use super::group::Group;
use super::message::{LossTerm, TermKind};
use super::target::{Targets, picture_hw};
use crate::network::layout::channels_last;
use crate::network::pass::Pass;
use crate::network::{AfterOperation, Network};
use crate::preset::Preset;

/// So many pixels of candidates pass the network together on the CPU: eight of 64×64. Up to about there a pass for
/// many takes less time than as many passes; beyond, what is kept for the way back no longer fits the caches
/// (`benches/lanes.py`).
const TOGETHER_PIXELS: usize = 32 * 1024;

/// How many of a lane's `candidates` with pictures of `size` (width, height) pass the network together on `device`,
/// at least 1.
///
/// On a GPU that is all of them, since small work does not fill it. On the CPU large ones go alone: one picture
/// keeps all cores busy, and what is kept for the way back stays as small as for one.
pub(super) fn batch_size(candidates: usize, size: (u32, u32), device: Device) -> usize {
    let most = if device == Device::Cpu {
        TOGETHER_PIXELS / (size.0 as usize * size.1 as usize).max(1)
    } else {
        candidates
    };
    most.clamp(1, candidates.max(1))
}

/// n neighbouring candidates of a lane.
#[derive(Debug)]
pub(super) struct Batch {
    /// The row of the first one.
    start: i64,
    /// Their weights of every column whose gradient is taken as it is, `[n, K]`; 0 for the others.
    weights: Tensor,
    /// Their weights of every column, `[n, K]`: what the loss that is shown and searched along is made of.
    shown_weights: Tensor,
    /// Whether any of them weighs a column.
    is_weighed: Vec<bool>,
    /// Every layer that any of them taps.
    layers: Vec<String>,
    columns: Vec<Column>,
}

/// A term of the lane's loss.
#[derive(Debug)]
struct Column {
    /// Where it is computed in [`Batch::layers`]; `None` for the picture itself.
    layer: Option<usize>,
    /// Those who have it.
    groups: Vec<Group>,
    /// The weights of those whose gradient of it is divided by its size, `[n]`, 0 for the others; `None` where
    /// nobody's is.
    normalized: Option<Tensor>,
}

/// A batch's losses with their graph, which ends at the features; from there on the way back is the network's own.
#[derive(Debug)]
pub(super) struct Evaluated<'a> {
    /// The pictures, `[n, 3, H, W]`, a root of the graph.
    pub(super) picture: Tensor,
    /// The unweighted terms, `[n, K]`.
    pub(super) unweighted: Tensor,
    /// Its features, at [`Batch::layers`], are the other roots.
    pass: Pass<'a>,
}

impl Batch {
    /// Of the candidates from row `start` on; `weights`, `presets` and `targets` have an entry for each.
    pub(super) fn new(
        start: usize,
        columns: &[LossTerm],
        weights: &[Vec<f64>],
        presets: &[&Preset],
        targets: &[Targets],
        device: Device,
    ) -> Result<Self, EngineError> {
        let is_weighed = (0..columns.len())
            .map(|column| weights.iter().any(|row| row.get(column) != Some(&0.0)))
            .collect();
        let tensor = |values: &[f64], shape: &[i64]| -> Result<Tensor, TchError> {
            Tensor::f_from_slice(values)?
                .f_reshape(shape)?
                .f_to_kind(Kind::Float)?
                .f_to_device(device)
        };
        let shape = [presets.len() as i64, columns.len() as i64];
        let mut plain = weights.to_vec();
        let mut layers: Vec<String> = Vec::new();
        let columns = columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let groups = Group::of(column, presets, targets, device)?;
                let mut normalized = vec![0.0; presets.len()];
                for ((row, preset), taken) in plain.iter_mut().zip(presets).zip(&mut normalized) {
                    if let Some(weight) = row.get_mut(index)
                        && is_normalized(preset, column.kind)
                    {
                        *taken = std::mem::take(weight);
                    }
                }
                let is_any = normalized.iter().any(|weight| *weight != 0.0);
                let layer = column.layer.as_ref().filter(|_| !groups.is_empty());
                let layer = layer.map(|layer| {
                    let known = layers.iter().position(|known| known == layer);
                    known.unwrap_or_else(|| {
                        layers.push(layer.clone());
                        layers.len() - 1
                    })
                });
                Ok(Column {
                    layer,
                    groups,
                    normalized: is_any
                        .then(|| tensor(&normalized, &[presets.len() as i64]))
                        .transpose()?,
                })
            })
            .collect::<Result<Vec<_>, EngineError>>()?;
        let flat = |rows: &[Vec<f64>]| rows.iter().flatten().copied().collect::<Vec<f64>>();
        Ok(Self {
            start: start as i64,
            weights: tensor(&flat(&plain), &shape)?,
            shown_weights: tensor(&flat(weights), &shape)?,
            is_weighed,
            layers,
            columns,
        })
    }

    /// Number of terms.
    pub(super) fn column_count(&self) -> i64 {
        self.columns.len() as i64
    }

    /// The rows of the lane that it holds.
    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        let count = self.weights.size().first().copied().unwrap_or(0);
        start..start + count as usize
    }

    /// How many operations of `network` a step of it takes, forth and back.
    pub(super) fn operation_count(&self, network: &Network) -> usize {
        2 * network.operation_count(&self.layers, self.rows().len() as i64)
    }

    /// The losses of this batch's part of `pictures`, which are the whole lane's, `[N, 3, H, W]`, after `step` updates,
    /// unless `after` breaks it off.
    pub(super) fn evaluate<'a>(
        &self,
        network: &'a Network,
        pictures: &Tensor,
        step: u64,
        after: &mut AfterOperation<'_>,
    ) -> Result<Evaluated<'a>, EngineError> {
        let count = self.weights.size2()?.0;
        let picture = pictures
            .f_narrow(0, self.start, count)?
            .f_detach()?
            .f_set_requires_grad(true)?;
        let pass = network.pass(&picture, &self.layers, after)?;
        for features in &pass.features {
            let _ = features.f_set_requires_grad(true)?;
        }
        let hw = picture_hw(&picture)?;
        let values = self
            .columns
            .iter()
            .map(|column| {
                let source = column
                    .layer
                    .map_or(Some(&picture), |at| pass.features.get(at));
                let source = source
                    .ok_or_else(|| TchError::Shape("a term without its features".to_owned()))?;
                column.evaluate(source, count, hw, step)
            })
            .collect::<Result<Vec<_>, TchError>>()?;
        let unweighted = Tensor::f_stack(&values, 1)?;
        Ok(Evaluated {
            picture,
            unweighted,
            pass,
        })
    }

    /// Every candidate's sum of all `unweighted` terms with their weights, `[n]`.
    pub(super) fn totals(&self, unweighted: &Tensor) -> Result<Tensor, TchError> {
        let weighted = unweighted.f_mul(&self.shown_weights)?;
        weighted.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)
    }

    /// A number whose gradient is the one to go along: the weighted sum of all terms that [`Batch::evaluate`] gave, `[]`,
    /// where terms with gradients of a given size are replaced by something that has them.
    pub(super) fn descended(&self, evaluated: &Evaluated<'_>) -> Result<Tensor, TchError> {
        let unweighted = &evaluated.unweighted;
        let mut sum = unweighted.f_mul(&self.weights)?.f_sum(Kind::Float)?;
        for column in 0..self.columns.len() {
            if let Some(part) = self.normalized_column(evaluated, column)? {
                sum = sum.f_add(&part)?;
            }
        }
        Ok(sum)
    }

    /// The same of one column; `None` where nobody weighs it.
    pub(super) fn descended_column(
        &self,
        evaluated: &Evaluated<'_>,
        column: usize,
    ) -> Result<Option<Tensor>, TchError> {
        if self.is_weighed.get(column) != Some(&true) {
            return Ok(None);
        }
        let weights = self.weights.f_select(1, column as i64)?;
        let values = evaluated.unweighted.f_select(1, column as i64)?;
        let sum = values.f_mul(&weights)?.f_sum(Kind::Float)?;
        Ok(Some(match self.normalized_column(evaluated, column)? {
            Some(part) => sum.f_add(&part)?,
            None => sum,
        }))
    }

    /// ⟨features, w · g / (‖g‖₁ + ε)⟩ with g the gradient of the column's error by the layer's features, which counts as a
    /// constant: jcjohnson's `-normalize_gradients`. `None` where nobody asks for it.
    fn normalized_column(
        &self,
        evaluated: &Evaluated<'_>,
        column: usize,
    ) -> Result<Option<Tensor>, TchError> {
        let Some(column_of) = self.columns.get(column) else {
            return Ok(None);
        };
        let (Some(weights), Some(features)) = (
            &column_of.normalized,
            column_of
                .layer
                .and_then(|layer| evaluated.pass.features.get(layer)),
        ) else {
            return Ok(None);
        };
        let values = evaluated.unweighted.f_select(1, column as i64)?;
        // Candidates do not depend on each other, so their sum has the gradient of each.
        let sum = values.f_sum(Kind::Float)?;
        let gradient = backward(sum, features, true)?;
        let size = gradient
            .f_abs()?
            .f_sum_dim_intlist([1_i64, 2, 3].as_slice(), true, Kind::Float)?
            .f_add_scalar(SMALLEST_GRADIENT)?;
        let factor = weights.f_reshape([-1, 1, 1, 1])?.f_div(&size)?;
        let fixed = gradient.f_mul(&factor)?.f_detach()?;
        Ok(Some(features.f_mul(&fixed)?.f_sum(Kind::Float)?))
    }
}

/// Added to the size that a gradient is divided by, as jcjohnson's program does.
const SMALLEST_GRADIENT: f64 = 1e-8;

fn is_normalized(preset: &Preset, kind: TermKind) -> bool {
    match kind {
        TermKind::Content => preset.content.normalize_gradients,
        TermKind::Style => preset.style.normalize_gradients,
        TermKind::Variation => false,
    }
}

impl Evaluated<'_> {
    /// The gradient of `sum`, a number of this graph, with respect to the pictures, `[n, 3, H, W]`, unless `after` breaks it
    /// off.
    pub(super) fn gradient(
        &self,
        sum: Tensor,
        keep_graph: bool,
        after: &mut AfterOperation<'_>,
    ) -> Result<Tensor, EngineError> {
        let roots: Vec<&Tensor> = self.pass.features.iter().chain([&self.picture]).collect();
        let found = Tensor::f_run_backward(&[sum], &roots, keep_graph, false)?;
        // Nothing comes back for what the number does not depend on.
        let mut slopes: Vec<Option<Tensor>> = found
            .into_iter()
            .map(|slope| slope.defined().then_some(slope))
            .collect();
        let by_picture = slopes.pop().flatten();
        Ok(match (self.pass.gradient(&slopes, after)?, by_picture) {
            (Some(mut gradient), Some(by_picture)) => gradient.f_add_(&by_picture)?,
            (Some(gradient), None) | (None, Some(gradient)) => gradient,
            (None, None) => self.picture.f_detach()?.f_zeros_like()?,
        })
    }
}

/// The gradient of `sum`, a number of the graph that begins with `root`.
fn backward(sum: Tensor, root: &Tensor, keep_graph: bool) -> Result<Tensor, TchError> {
    Tensor::f_run_backward(&[sum], &[root], keep_graph, false)?
        .into_iter()
        .next()
        .ok_or_else(|| TchError::Torch("no gradient came back".to_owned()))
}

impl Column {
    /// The values of a batch of `count`, `[n]`, 0 for those who do not have the term.
    fn evaluate(
        &self,
        source: &Tensor,
        count: i64,
        picture_hw: f64,
        step: u64,
    ) -> Result<Tensor, TchError> {
        if let [group] = self.groups.as_slice()
            && group.rows.is_none()
        {
            return group.evaluate(source, picture_hw, step);
        }
        let mut values = Tensor::f_zeros([count], (Kind::Float, source.device()))?;
        for group in &self.groups {
            if let Some(rows) = &group.rows {
                let members = source.f_index_select(0, rows)?;
                // Products are rounded by how features lie, and alone they lie like this.
                let members = match self.layer {
                    Some(_) => channels_last(&members)?,
                    None => members,
                };
                values =
                    values.f_index_copy(0, rows, &group.evaluate(&members, picture_hw, step)?)?;
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_go_together_and_large_ones_alone() {
        assert_eq!(batch_size(8, (64, 64), Device::Cpu), 8);
        assert_eq!(batch_size(3, (64, 64), Device::Cpu), 3);
        assert_eq!(batch_size(8, (128, 128), Device::Cpu), 2);
        assert_eq!(batch_size(8, (256, 256), Device::Cpu), 1);
        assert_eq!(batch_size(8, (4096, 4096), Device::Cpu), 1);
        assert_eq!(batch_size(8, (256, 256), Device::Cuda(0)), 8);
    }
}
