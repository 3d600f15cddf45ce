//! The terms of a lane's loss, laid out as the columns of one small tensor. Worker thread.
//!
//! A step's losses are one `[N, K]` tensor: a row a candidate, a column a term, unweighted. The
//! weights are another `[N, K]`, so that the loss is the sum of their product and a changed weight
//! changes one number on the device.

use std::sync::Arc;

use tch::{Device, Kind, TchError, Tensor};

use super::EngineError;
use super::input::Candidate;
use super::message::{LossTerm, TermKind};
use super::target::Targets;
use crate::loss::Target;
use crate::loss::content::content_error;
use crate::loss::statistic::{size_term, statistic};
use crate::loss::style::style_error;
use crate::loss::variation::total_variation;
use crate::preset::{
    ContentError, Preset, Reduction, SizeTerm, Statistic, StyleError, VariationForm,
};

/// How the members of a [`Group`] are computed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Content(ContentError),
    Style {
        kind: Statistic,
        normalization: SizeTerm,
        error: StyleError,
        divide_by: SizeTerm,
        divisor: f64,
    },
    Variation {
        form: VariationForm,
        reduction: Reduction,
        exponent: f64,
    },
}

/// The candidates that compute a term alike, so that they do it in one go.
#[derive(Debug)]
struct Group {
    rule: Rule,
    /// `[n]` row numbers; `None` where it is every candidate.
    rows: Option<Tensor>,
    /// Each `[n, …]`.
    targets: Vec<Target>,
}

/// The columns of a lane's loss and their weights.
#[derive(Debug)]
pub(super) struct Terms {
    /// What each column is.
    pub(super) columns: Arc<[LossTerm]>,
    /// Every candidate's weight of each column, 0 where it has no such term.
    pub(super) weights: Arc<[Vec<f64>]>,
    /// `weights` on the device, `[N, K]`.
    weights_tensor: Tensor,
    groups: Vec<Vec<Group>>,
    candidates: i64,
}

impl Terms {
    pub(super) fn new(
        candidates: &[Candidate],
        targets: &[Targets],
        device: Device,
    ) -> Result<Self, EngineError> {
        let presets: Vec<&Preset> = candidates
            .iter()
            .map(|candidate| &candidate.preset)
            .collect();
        let columns = columns(&presets);
        let weights: Vec<Vec<f64>> = presets
            .iter()
            .map(|preset| {
                columns
                    .iter()
                    .map(|column| weight(preset, column))
                    .collect()
            })
            .collect();
        let flat: Vec<f64> = weights.iter().flatten().copied().collect();
        let weights_tensor = Tensor::f_from_slice(&flat)?
            .f_reshape([presets.len() as i64, columns.len() as i64])?
            .f_to_kind(Kind::Float)?
            .f_to_device(device)?;
        let groups = columns
            .iter()
            .map(|column| groups(column, &presets, targets, device))
            .collect::<Result<_, TchError>>()?;
        Ok(Self {
            columns: columns.into(),
            weights: weights.into(),
            weights_tensor,
            groups,
            candidates: presets.len() as i64,
        })
    }

    /// Every candidate's unweighted terms, `[N, K]`, and the sum of all weighted ones, `[]`.
    ///
    /// `layers` names the entries of `features`, each `[N, C, H, W]`; `picture` is `[N, 3, H, W]`.
    pub(super) fn evaluate(
        &self,
        picture: &Tensor,
        layers: &[String],
        features: &[Tensor],
    ) -> Result<(Tensor, Tensor), TchError> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (column, groups) in self.columns.iter().zip(&self.groups) {
            let source = match &column.layer {
                None => picture,
                Some(layer) => layers
                    .iter()
                    .position(|name| name == layer)
                    .and_then(|position| features.get(position))
                    .ok_or_else(|| TchError::Shape(format!("no features at {layer}")))?,
            };
            values.push(self.column(groups, source)?);
        }
        let unweighted = Tensor::f_stack(&values, 1)?;
        let total = unweighted.f_mul(&self.weights_tensor)?.f_sum(Kind::Float)?;
        Ok((unweighted, total))
    }

    /// Of `unweighted`, `[N, K]`, one column with its weights, summed over the candidates, `[]`; `None` where
    /// nobody weighs it.
    pub(super) fn weighted_column(
        &self,
        unweighted: &Tensor,
        column: usize,
    ) -> Result<Option<Tensor>, TchError> {
        let weight = |weights: &Vec<f64>| weights.get(column).copied().unwrap_or(0.0);
        if self.weights.iter().all(|weights| weight(weights) == 0.0) {
            return Ok(None);
        }
        let weights = self.weights_tensor.f_select(1, column as i64)?;
        let values = unweighted.f_select(1, column as i64)?;
        Ok(Some(values.f_mul(&weights)?.f_sum(Kind::Float)?))
    }

    fn column(&self, groups: &[Group], source: &Tensor) -> Result<Tensor, TchError> {
        if let [group] = groups
            && group.rows.is_none()
        {
            return group.evaluate(source);
        }
        let mut column = Tensor::f_zeros([self.candidates], (Kind::Float, source.device()))?;
        for group in groups {
            if let Some(rows) = &group.rows {
                column = column.f_index_copy(
                    0,
                    rows,
                    &group.evaluate(&source.f_index_select(0, rows)?)?,
                )?;
            }
        }
        Ok(column)
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

/// Content layers, then style layers, each in the order of the first preset that has them, then the
/// total variation where any candidate weighs it.
fn columns(presets: &[&Preset]) -> Vec<LossTerm> {
    let mut columns: Vec<LossTerm> = Vec::new();
    let mut add = |kind, layer: Option<&String>| {
        let column = LossTerm {
            kind,
            layer: layer.cloned(),
        };
        if !columns.contains(&column) {
            columns.push(column);
        }
    };
    for preset in presets {
        preset
            .content
            .layers
            .keys()
            .for_each(|layer| add(TermKind::Content, Some(layer)));
    }
    for preset in presets {
        preset
            .style
            .layers
            .keys()
            .for_each(|layer| add(TermKind::Style, Some(layer)));
    }
    if presets.iter().any(|preset| preset.variation.weight > 0.0) {
        add(TermKind::Variation, None);
    }
    columns
}

fn weight(preset: &Preset, column: &LossTerm) -> f64 {
    let layer_weight = |layers: &crate::preset::LayerWeights| {
        column
            .layer
            .as_ref()
            .and_then(|layer| layers.get(layer))
            .copied()
            .unwrap_or(0.0)
    };
    match column.kind {
        TermKind::Content => preset.content.weight * layer_weight(&preset.content.layers),
        TermKind::Style => preset.style.weight * layer_weight(&preset.style.layers),
        TermKind::Variation => preset.variation.weight,
    }
}

fn rule(preset: &Preset, kind: TermKind) -> Rule {
    match kind {
        TermKind::Content => Rule::Content(preset.content.error),
        TermKind::Style => Rule::Style {
            kind: preset.style.statistic,
            normalization: preset.style.normalization,
            error: preset.style.error,
            divide_by: preset.style.divide_by,
            divisor: preset.style.divisor,
        },
        TermKind::Variation => Rule::Variation {
            form: preset.variation.form,
            reduction: preset.variation.reduction,
            exponent: preset.variation.exponent,
        },
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
