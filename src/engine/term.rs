//! The terms of a lane's loss, laid out as the columns of one small tensor. Worker thread.
//!
//! A step's losses are one `[N, K]` tensor: a row a candidate, a column a term, unweighted. The
//! weights are another, so that the loss is the sum of their product and a changed weight changes one
//! number on the device.

use std::sync::Arc;

use tch::{Device, TchError};

use super::EngineError;
use super::batch::{Batch, batch_size};
use super::input::Candidate;
use super::message::{LossTerm, TermKind};
use super::target::Targets;
use crate::preset::{
    ContentError, Preset, Reduction, SizeTerm, Statistic, StyleError, VariationForm,
};

/// How a term of a candidate is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rule {
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

/// The columns of a lane's loss and their weights.
#[derive(Debug)]
pub(super) struct Terms {
    /// What each column is.
    pub(super) columns: Arc<[LossTerm]>,
    /// Every candidate's weight of each column, 0 where it has no such term.
    pub(super) weights: Arc<[Vec<f64>]>,
    /// All candidates, in the order of their rows.
    pub(super) batches: Vec<Batch>,
}

impl Terms {
    pub(super) fn new(
        candidates: &[Candidate],
        targets: &[Targets],
        size: (u32, u32),
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
        let together = batch_size(presets.len(), size, device);
        let batches = presets
            .chunks(together)
            .zip(targets.chunks(together).zip(weights.chunks(together)))
            .enumerate()
            .map(|(index, (presets, (targets, weights)))| {
                Batch::new(
                    index * together,
                    &columns,
                    weights,
                    presets,
                    targets,
                    device,
                )
            })
            .collect::<Result<_, TchError>>()?;
        Ok(Self {
            columns: columns.into(),
            weights: weights.into(),
            batches,
        })
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

/// How `preset` wants terms of this kind.
pub(super) fn rule(preset: &Preset, kind: TermKind) -> Rule {
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
