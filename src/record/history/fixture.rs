//! A history as a real run leaves it, for the tests of those who draw one.

use std::sync::Arc;

use super::History;
use crate::engine::message::{LossBlock, LossTerm, TermKind};

/// A fast fall, `noise` of that share, and two thirds of the way a single step whose style loss is
/// `spike_factor` times what it would be.
pub(crate) fn realistic(steps: u64, noise: f32, spike_factor: f32) -> History {
    let term = |kind, layer: Option<&str>| LossTerm {
        kind,
        layer: layer.map(str::to_owned),
    };
    let values = (0..steps).flat_map(|step| {
        let time = step as f32;
        let wobble = 1.0 + noise * (time * 12.9898).sin();
        let spike = if step == steps * 2 / 3 {
            spike_factor
        } else {
            1.0
        };
        [
            0.4 * (1.0 - (-time / 60.0).exp()) + 1e-3,
            (0.5 + 40.0 / (1.0 + time * 0.2)) * wobble * spike,
            0.02 + 0.1 / (1.0 + time * 0.05),
        ]
    });
    let mut history = History::new();
    history.add(
        &LossBlock {
            candidates: [0].into(),
            first_step: 0,
            terms: Arc::new([
                term(TermKind::Content, Some("conv_4")),
                term(TermKind::Style, Some("conv_1")),
                term(TermKind::Variation, None),
            ]),
            weights: Arc::new([vec![1.0, 1.0, 1.0]]),
            values: values.collect(),
            seconds: 1.0,
        },
        0,
    );
    history
}
