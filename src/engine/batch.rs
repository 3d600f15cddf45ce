//! Candidates that pass the network together. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use super::EngineError;
use super::message::{LossTerm, TermKind};
use super::target::Targets;
use super::term::{Rule, rule};
use crate::loss::Target;
use crate::loss::content::content_error;
use crate::loss::statistic::{size_term, statistic};
use crate::loss::style::style_error;
use crate::loss::variation::total_variation;
use crate::network::Network;
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
    /// Their weights of every column, `[n, K]`.
    weights: Tensor,
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
}

/// The candidates that compute a term alike, so that they do it in one go.
#[derive(Debug)]
struct Group {
    rule: Rule,
    /// `[n]` row numbers within the batch; `None` where it is every candidate of it.
    rows: Option<Tensor>,
    /// Each `[n, …]`.
    targets: Vec<Target>,
}

/// A batch's losses with their graph.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// The pictures at the root of the graph, `[n, 3, H, W]`.
    pub(super) picture: Tensor,
    /// The unweighted terms, `[n, K]`.
    pub(super) unweighted: Tensor,
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
    ) -> Result<Self, TchError> {
        let flat: Vec<f64> = weights.iter().flatten().copied().collect();
        let is_weighed = (0..columns.len())
            .map(|column| weights.iter().any(|row| row.get(column) != Some(&0.0)))
            .collect();
        let mut layers: Vec<String> = Vec::new();
        let columns = columns
            .iter()
            .map(|column| {
                let groups = groups(column, presets, targets, device)?;
                let layer = column.layer.as_ref().filter(|_| !groups.is_empty());
                let layer = layer.map(|layer| {
                    let known = layers.iter().position(|known| known == layer);
                    known.unwrap_or_else(|| {
                        layers.push(layer.clone());
                        layers.len() - 1
                    })
                });
                Ok(Column { layer, groups })
            })
            .collect::<Result<Vec<_>, TchError>>()?;
        Ok(Self {
            start: start as i64,
            weights: Tensor::f_from_slice(&flat)?
                .f_reshape([presets.len() as i64, columns.len() as i64])?
                .f_to_kind(Kind::Float)?
                .f_to_device(device)?,
            is_weighed,
            layers,
            columns,
        })
    }

    /// The losses of this batch's part of `pictures`, which are the whole lane's, `[N, 3, H, W]`.
    pub(super) fn evaluate(
        &self,
        network: &Network,
        pictures: &Tensor,
    ) -> Result<Evaluated, EngineError> {
        let count = self.weights.size2()?.0;
        let picture = pictures
            .f_narrow(0, self.start, count)?
            .f_detach()?
            .f_set_requires_grad(true)?;
        let features = network.features(&picture, &self.layers)?;
        let values = self
            .columns
            .iter()
            .map(|column| {
                let source = column.layer.map_or(Some(&picture), |at| features.get(at));
                let source = source
                    .ok_or_else(|| TchError::Shape("a term without its features".to_owned()))?;
                column.evaluate(source, count)
            })
            .collect::<Result<Vec<_>, TchError>>()?;
        let unweighted = Tensor::f_stack(&values, 1)?;
        Ok(Evaluated {
            picture,
            unweighted,
        })
    }

    /// Of what [`Batch::evaluate`] gave, all terms with their weights, summed, `[]`.
    pub(super) fn total(&self, unweighted: &Tensor) -> Result<Tensor, TchError> {
        unweighted.f_mul(&self.weights)?.f_sum(Kind::Float)
    }

    /// The same of one column; `None` where nobody weighs it.
    pub(super) fn weighted_column(
        &self,
        unweighted: &Tensor,
        column: usize,
    ) -> Result<Option<Tensor>, TchError> {
        if self.is_weighed.get(column) != Some(&true) {
            return Ok(None);
        }
        let weights = self.weights.f_select(1, column as i64)?;
        let values = unweighted.f_select(1, column as i64)?;
        Ok(Some(values.f_mul(&weights)?.f_sum(Kind::Float)?))
    }
}

impl Evaluated {
    /// The gradient of `sum`, a number of this graph, with respect to the pictures, `[n, 3, H, W]`.
    pub(super) fn gradient(&self, sum: Tensor, keep_graph: bool) -> Result<Tensor, TchError> {
        Tensor::f_run_backward(&[sum], &[&self.picture], keep_graph, false)?
            .into_iter()
            .next()
            .ok_or_else(|| TchError::Torch("no gradient came back".to_owned()))
    }
}

impl Column {
    /// The values of a batch of `count`, `[n]`, 0 for those who do not have the term.
    fn evaluate(&self, source: &Tensor, count: i64) -> Result<Tensor, TchError> {
        if let [group] = self.groups.as_slice()
            && group.rows.is_none()
        {
            return group.evaluate(source);
        }
        let mut values = Tensor::f_zeros([count], (Kind::Float, source.device()))?;
        for group in &self.groups {
            if let Some(rows) = &group.rows {
                let members = source.f_index_select(0, rows)?;
                values = values.f_index_copy(0, rows, &group.evaluate(&members)?)?;
            }
        }
        Ok(values)
    }
}

impl Group {
    /// `[n]`
    fn evaluate(&self, source: &Tensor) -> Result<Tensor, TchError> {
        match self.rule {
            Rule::Content(error) => match self.targets.as_slice() {
                [target] => content_error(source, target, error),
                _ => Err(TchError::Shape(
                    "a content term without its target".to_owned(),
                )),
            },
            Rule::Style {
                kind,
                normalization,
                error,
                divide_by,
                divisor,
            } => {
                let parts = statistic(source, kind, normalization)?;
                let value = style_error(&parts, &self.targets, error)?;
                let divisor = divisor * size_term(divide_by, source)?;
                if (divisor - 1.0).abs() < f64::EPSILON {
                    Ok(value)
                } else {
                    value.f_div_scalar(divisor)
                }
            }
            Rule::Variation {
                form,
                reduction,
                exponent,
            } => total_variation(source, form, reduction, exponent),
        }
    }
}

/// A candidate's row and its targets for one term.
type Member<'a> = (usize, Vec<&'a Target>);

fn groups(
    column: &LossTerm,
    presets: &[&Preset],
    targets: &[Targets],
    device: Device,
) -> Result<Vec<Group>, TchError> {
    let mut members: Vec<(Rule, Vec<Member<'_>>)> = Vec::new();
    for (index, (preset, targets)) in presets.iter().zip(targets).enumerate() {
        let of_layer: Option<Vec<&Target>> = match (&column.layer, column.kind) {
            (Some(layer), TermKind::Content) => {
                targets.content.get(layer).map(|target| vec![target])
            }
            (Some(layer), TermKind::Style) => {
                targets.style.get(layer).map(|parts| parts.iter().collect())
            }
            _ => Some(vec![]),
        };
        let Some(of_layer) = of_layer else { continue };
        let rule = rule(preset, column.kind);
        match members.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, group)) => group.push((index, of_layer)),
            None => members.push((rule, vec![(index, of_layer)])),
        }
    }
    members
        .into_iter()
        .map(|(rule, group)| {
            let rows = if group.len() == presets.len() {
                None
            } else {
                let numbers: Vec<i64> = group.iter().map(|(index, _)| *index as i64).collect();
                Some(Tensor::f_from_slice(&numbers)?.f_to_device(device)?)
            };
            let parts = group.first().map_or(0, |(_, parts)| parts.len());
            let targets = (0..parts)
                .map(|part| {
                    let of_part: Vec<&Target> = group
                        .iter()
                        .filter_map(|(_, parts)| parts.get(part).copied())
                        .collect();
                    Target::joined(&of_part)
                })
                .collect::<Result<_, TchError>>()?;
            Ok(Group {
                rule,
                rows,
                targets,
            })
        })
        .collect()
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
