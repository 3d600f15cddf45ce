//! Rows as the worker said them: blocks of losses under the same weights. Any thread.

use std::sync::Arc;

use super::Row;
use crate::engine::message::{LossBlock, LossTerm};

/// Rows that are told at once: whoever hears them is not to be kept busy for long.
const MOST_ROWS: usize = 2048;

/// The losses of `rows` under the same `terms`, in as few blocks as there are ways, weights and gaps. Rows without a loss,
/// which no run writes, are left out.
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
    there().next()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::folder::metrics::{term_name, term_of};

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
            row(2, 6, &[None, None]),
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
