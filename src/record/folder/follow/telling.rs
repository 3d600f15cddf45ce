//! What stands in the files of a run, in the words of the engine. Pure; the follower's thread.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::EngineError;
use crate::engine::message::{
    EndReason, Event, Gradients, LossBlock, LossTerm, Pictures, Snapshot, Started,
};
use crate::record::folder::metrics::{Row, term_of};

/// Rows that are told at once: whoever hears them is not to be kept busy for long.
const MOST_ROWS: usize = 2048;

/// The losses of `rows` under the same `terms`, in as few blocks as there are ways, weights and gaps.
pub(in crate::record::folder) fn blocks(
    candidate: usize,
    terms: &[LossTerm],
    rows: &[Row],
) -> Vec<LossBlock> {
    rows.chunk_by(|one, next| {
        one.branch == next.branch
            && Some(next.step) == one.step.checked_add(1)
            && same_weights(one, next)
    })
    .flat_map(|rows| rows.chunks(MOST_ROWS))
    .filter_map(|rows| block(candidate, terms, rows))
    .collect()
}

fn same_weights(one: &Row, other: &Row) -> bool {
    let weight = |cell: &Option<(f32, f64)>| cell.map(|(_, weight)| weight.to_bits());
    one.terms
        .iter()
        .map(weight)
        .eq(other.terms.iter().map(weight))
}

fn block(candidate: usize, terms: &[LossTerm], rows: &[Row]) -> Option<LossBlock> {
    let (first, last) = (rows.first()?, rows.last()?);
    let there = || {
        terms
            .iter()
            .zip(&first.terms)
            .filter(|(_, cell)| cell.is_some())
    };
    let weights = there().filter_map(|(_, cell)| cell.map(|(_, weight)| weight));
    let values = rows
        .iter()
        .flat_map(|row| row.terms.iter().flatten().map(|(value, _)| *value));
    Some(LossBlock {
        candidates: [candidate].into(),
        first_step: first.step,
        terms: there().map(|(term, _)| term.clone()).collect(),
        weights: Arc::new([weights.collect()]),
        values: values.collect(),
        seconds: last.seconds,
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::folder::metrics::term_name;

    fn row(branch: u32, step: u64, cells: &[Option<(f32, f64)>]) -> Row {
        Row {
            branch,
            step,
            seconds: step as f64,
            total: 0.0,
            terms: cells.to_vec(),
        }
    }

    #[test]
    fn a_block_has_one_way_and_the_same_weights() {
        let terms: Vec<LossTerm> = ["content.a", "style.b"]
            .iter()
            .filter_map(|name| term_of(name))
            .collect();
        assert!(terms.iter().map(term_name).eq(["content.a", "style.b"]));
        let (one, two) = (Some((1.0, 1.0)), Some((2.0, 5.0)));
        let rows = [
            row(1, 0, &[one, one]),
            row(1, 1, &[one, one]),
            row(1, 2, &[one, two]),
            row(1, 3, &[None, two]),
            row(2, 3, &[None, two]),
            row(2, 5, &[None, two]),
        ];
        let told: Vec<(u64, u64, usize)> = blocks(0, &terms, &rows)
            .into_iter()
            .map(|block| (block.first_step, block.steps(), block.terms.len()))
            .collect();
        assert_eq!(
            told,
            [(0, 2, 2), (2, 1, 2), (3, 1, 1), (3, 1, 1), (5, 1, 1)]
        );
    }
}
