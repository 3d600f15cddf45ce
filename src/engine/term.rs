//! The terms of a lane's loss, laid out as the columns of one small tensor. Worker thread.
//!
//! A step's losses are one `[N, K]` tensor: a row a candidate, a column a term, unweighted. The
//! weights are another, so that the loss is the sum of their product and a changed weight changes one
//! number on the device.

use std::sync::Arc;

use tch::Device;

use super::EngineError;
use super::batch::{Batch, batch_size};
use super::input::Candidate;
use super::message::{LossTerm, TermKind};
use super::target::Targets;
use super::way::{Tiling, Way};
use crate::preset::Preset;

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
        (device, way, tiling): (Device, Way, Option<Tiling>),
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
        let together = match tiling {
            Some(_) => 1,
            None => batch_size(presets.len(), size, device).min(way.most_together.max(1)),
        };
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
            .collect::<Result<_, EngineError>>()?;
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
        TermKind::Style if preset.style.chained => {
            let layer = column.layer.as_deref().unwrap_or_default();
            preset.style.weight * chained_weight(&preset.style.layers, layer)
        }
        TermKind::Style => preset.style.weight * layer_weight(&preset.style.layers),
        TermKind::Variation => preset.variation.weight,
    }
}

/// What `layer` counts in Σ wᵢ (Eᵢ − Eᵢ₊₁), where i goes through `layers` in their order: its own weight less that of the
/// one before. It may be negative.
fn chained_weight(layers: &crate::preset::LayerWeights, layer: &str) -> f64 {
    let Some(place) = layers.get_index_of(layer) else {
        return 0.0;
    };
    let weight = |place: usize| layers.get_index(place).map_or(0.0, |(_, weight)| *weight);
    weight(place) - place.checked_sub(1).map_or(0.0, weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_gives_every_layer_the_difference_of_two_weights() {
        let layers = [("a", 0.25), ("b", 0.5), ("c", 0.0)];
        let layers = layers
            .into_iter()
            .map(|(name, weight)| (name.to_owned(), weight))
            .collect();
        let weights = ["a", "b", "c", "d"].map(|layer| chained_weight(&layers, layer));
        assert_eq!(weights.to_vec(), [0.25, 0.25, -0.5, 0.0]);
    }
}
