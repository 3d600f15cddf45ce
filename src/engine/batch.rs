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

/// A batch's losses with their graphs, which end at the features; from there on the way back is the network's own.
#[derive(Debug)]
pub(super) struct Evaluated<'a> {
    /// The pictures, `[n, 3, H, W]`, a root of the graphs.
    picture: Tensor,
    /// Its features, at [`Batch::layers`], are the other roots.
    features: Vec<Tensor>,
    /// The unweighted terms, `[n]` each, none of which knows of another layer than its own.
    values: Vec<Tensor>,
    pass: Pass<'a>,
}

impl Evaluated<'_> {
    /// The unweighted terms, `[n, K]`, without their graphs.
    pub(super) fn unweighted(&self) -> Result<Tensor, TchError> {
        tch::no_grad(|| Tensor::f_stack(&self.values, 1))
    }
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
        let (features, pass) = network.pass(&picture, &self.layers, after)?;
        for features in &features {
            let _ = features.f_set_requires_grad(true)?;
        }
        let hw = picture_hw(&picture)?;
        let values = self
            .columns
            .iter()
            .map(|column| {
                let source = column.layer.map_or(Some(&picture), |at| features.get(at));
                let source = source
                    .ok_or_else(|| TchError::Shape("a term without its features".to_owned()))?;
                column.evaluate(source, count, hw, step)
            })
            .collect::<Result<Vec<_>, TchError>>()?;
        Ok(Evaluated {
            picture,
            features,
            values,
            pass,
        })
    }

    /// Every candidate's sum of all `unweighted` terms with their weights, `[n]`.
    pub(super) fn totals(&self, unweighted: &Tensor) -> Result<Tensor, TchError> {
        let weighted = unweighted.f_mul(&self.shown_weights)?;
        weighted.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)
    }

    /// The gradient to go along, `[n, 3, H, W]`: that of the weighted sum of all terms that [`Batch::evaluate`] gave, where
    /// terms with gradients of a given size are replaced by something that has them. `after` may break it off. What
    /// belongs to a layer is given back when its turn is over.
    pub(super) fn gradient(
        &self,
        evaluated: Evaluated<'_>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Tensor, EngineError> {
        let Evaluated {
            picture,
            features,
            values,
            pass,
        } = evaluated;
        let mut features: Vec<Option<Tensor>> = features.into_iter().map(Some).collect();
        let mut values: Vec<Option<Tensor>> = values.into_iter().map(Some).collect();
        let mut slope_at = |layer: Option<usize>, root: &Tensor| {
            let mut sum: Option<Tensor> = None;
            for (index, (column, value)) in self.columns.iter().zip(&mut values).enumerate() {
                if let Some(value) = value.take_if(|_| column.layer == layer)
                    && let Some(more) = self.descended(index, &value, root)?
                {
                    sum = Some(match sum {
                        Some(sum) => sum.f_add(&more)?,
                        None => more,
                    });
                }
            }
            sum.map(|sum| backward(sum, root, false)).transpose()
        };
        let by_features = pass.into_gradient(
            &mut |layer| {
                let Some(root) = features.get_mut(layer).and_then(Option::take) else {
                    return Ok(None);
                };
                tch::with_grad(|| slope_at(Some(layer), &root)).map_err(EngineError::from)
            },
            after,
        )?;
        Ok(match (by_features, slope_at(None, &picture)?) {
            (Some(mut gradient), Some(by_picture)) => gradient.f_add_(&by_picture)?,
            (Some(gradient), None) | (None, Some(gradient)) => gradient,
            (None, None) => picture.f_detach()?.f_zeros_like()?,
        })
    }

    /// The same of one column alone, as often as is wanted; `None` where nobody weighs it.
    pub(super) fn column_gradient(
        &self,
        evaluated: &Evaluated<'_>,
        column: usize,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<Tensor>, EngineError> {
        let known = self.columns.get(column).zip(evaluated.values.get(column));
        let Some((Column { layer, .. }, value)) = known else {
            return Ok(None);
        };
        let slope_at = |root: &Tensor| {
            tch::with_grad(|| {
                let sum = self.descended(column, value, root)?;
                sum.map(|sum| backward(sum, root, true)).transpose()
            })
        };
        let Some(layer) = *layer else {
            return Ok(slope_at(&evaluated.picture)?);
        };
        evaluated.pass.gradient(
            &mut |at| match evaluated.features.get(at).filter(|_| at == layer) {
                Some(root) => Ok(slope_at(root)?),
                None => Ok(None),
            },
            after,
        )
    }

    /// A number whose gradient by `root` is the one to go along for `column`, whose `value`, `[n]`, knows of nothing else; `[]`.
    /// `None` where nobody weighs it.
    fn descended(
        &self,
        column: usize,
        value: &Tensor,
        root: &Tensor,
    ) -> Result<Option<Tensor>, TchError> {
        if self.is_weighed.get(column) != Some(&true) {
            return Ok(None);
        }
        let weights = self.weights.f_select(1, column as i64)?;
        let sum = value.f_mul(&weights)?.f_sum(Kind::Float)?;
        let normalized = self.columns.get(column).and_then(|column| {
            let weights = column.normalized.as_ref()?;
            column.layer.map(|_| weights)
        });
        Ok(Some(match normalized {
            Some(weights) => sum.f_add(&normalized_sum(value, root, weights)?)?,
            None => sum,
        }))
    }
}

/// ⟨features, w · g / (‖g‖₁ + ε)⟩ with g the gradient of `value` by the layer's features, which counts as a constant:
/// jcjohnson's `-normalize_gradients`.
fn normalized_sum(value: &Tensor, features: &Tensor, weights: &Tensor) -> Result<Tensor, TchError> {
    // Candidates do not depend on each other, so their sum has the gradient of each.
    let gradient = backward(value.f_sum(Kind::Float)?, features, true)?;
    let size = gradient
        .f_abs()?
        .f_sum_dim_intlist([1_i64, 2, 3].as_slice(), true, Kind::Float)?
        .f_add_scalar(SMALLEST_GRADIENT)?;
    let factor = weights.f_reshape([-1, 1, 1, 1])?.f_div(&size)?;
    let fixed = gradient.f_mul(&factor)?.f_detach()?;
    features.f_mul(&fixed)?.f_sum(Kind::Float)
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

/// The gradient of `sum`, `[]`, by `root`: 0 where no graph leads there, which libtorch takes for granted.
fn backward(sum: Tensor, root: &Tensor, keep_graph: bool) -> Result<Tensor, TchError> {
    let found = if sum.requires_grad() {
        Tensor::f_run_backward(&[sum], &[root], keep_graph, false)?
    } else {
        Vec::new()
    };
    match found.into_iter().find(Tensor::defined) {
        Some(gradient) => Ok(gradient),
        None => root.f_detach()?.f_zeros_like(),
    }
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
