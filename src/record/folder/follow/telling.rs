//! What stands in the files of a run, in the words of the engine. Pure; the follower's thread.

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::engine::message::{EndReason, Event, Gradients, LossTerm, Pictures, Snapshot, Started};
use crate::record::folder::metrics::term_of;

/// What is known of the lane; `weights` is the file of trained weights.
pub(super) fn started(
    candidate: usize,
    size: (u32, u32),
    (device, threads): (String, usize),
    (step, steps): (u64, u64),
    notes: Vec<String>,
    weights: Option<PathBuf>,
) -> Event {
    Event::Started(Started {
        candidates: [candidate].into(),
        size,
        style_sizes: Vec::new(),
        device,
        threads,
        notes,
        weights,
        step,
        steps,
    })
}

/// A picture on the way, or the last one.
pub(super) fn snapshot(
    candidate: usize,
    number: u64,
    (step, picture): super::pictures::Shown,
) -> Event {
    Event::Snapshot(Snapshot {
        number,
        pictures: Pictures {
            candidates: [candidate].into(),
            step,
            pictures: vec![picture],
        },
    })
}

/// A measurement of the gradient.
pub(super) fn gradients<'a>(
    candidate: usize,
    step: u64,
    norms: impl Iterator<Item = (&'a String, &'a Option<f64>)>,
) -> Event {
    let (terms, norms): (Vec<LossTerm>, Vec<f64>) = norms
        .filter_map(|(name, norm)| Some((term_of(name)?, norm.unwrap_or(f64::NAN))))
        .unzip();
    Event::Gradients(Gradients {
        candidates: [candidate].into(),
        step,
        terms: terms.into(),
        norms: vec![norms],
        seconds: 0.0,
    })
}

/// The run is over. Its last picture is told by itself.
pub(super) fn ended(candidate: usize, reason: EndReason, step: u64, seconds: f64) -> Event {
    Event::Ended {
        reason,
        pictures: Pictures {
            candidates: [candidate].into(),
            step,
            pictures: Vec::new(),
        },
        seconds,
    }
}

/// The run could not go on.
pub(super) fn failed(candidate: usize, reason: String) -> Event {
    Event::Failed {
        candidates: [candidate].into(),
        error: EngineError::Elsewhere(reason),
        pictures: None,
    }
}

/// The run goes on from an earlier state.
pub(super) fn went_back(candidate: usize, step: u64) -> Event {
    Event::WentBack {
        candidates: [candidate].into(),
        snapshot: 0,
        step,
    }
}
