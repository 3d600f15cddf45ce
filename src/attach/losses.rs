//! The losses so far, for those who come late: bounded, whatever the run's length. Owned by the thread `hub`.
//!
//! A row stands for the steps from one on. When there are too many, of every two neighbours the one with the larger
//! loss stays and stands for both, so that what shot up can still be seen.

use std::sync::Arc;

use crate::engine::message::{LossBlock, LossTerm, Losses};

/// Most rows. The curve that they become is drawn from 4096 buckets, so two rows a bucket show what all would; with
/// ten terms they take about 1 MB, and are soon as many as there ever will be.
pub(super) const MOST_ROWS: usize = 8192;
/// The newest rows are never thinned out: the last 4096 steps are looked at one by one.
const NEWEST_ROWS: usize = 4096;
/// Steps that are told in one block.
const MOST_STEPS_A_BLOCK: u64 = 4096;
/// Rows that are left after thinning out, so that it is not done again at once.
const ROWS_LEFT: usize = MOST_ROWS / 4 * 3;
/// No run makes so many steps that a row has to stand for more.
const LARGEST_SPAN: u64 = 1 << 40;

/// What every candidate's terms weigh.
type Weights = Arc<[Vec<f64>]>;

/// The losses of one step, which stand for `span` of them.
#[derive(Debug, Clone)]
struct Row {
    first_step: u64,
    span: u64,
    candidates: Arc<[usize]>,
    terms: Arc<[LossTerm]>,
    weights: Weights,
    values: Box<[f32]>,
    seconds: f64,
}

impl Row {
    fn end(&self) -> u64 {
        self.first_step + self.span
    }

    /// The weighted sum of the first candidate.
    fn total(&self) -> f64 {
        let weights = self.weights.first().map_or(&[][..], Vec::as_slice);
        let unweighted = self.values.get(..weights.len()).unwrap_or_default();
        Losses {
            step: self.first_step,
            terms: &self.terms,
            weights,
            unweighted,
        }
        .total()
    }

    /// Whether `other` can be told in the same block.
    fn is_like(&self, other: &Self) -> bool {
        self.span == other.span
            && self.end() == other.first_step
            && Arc::ptr_eq(&self.candidates, &other.candidates)
            && Arc::ptr_eq(&self.terms, &other.terms)
            && Arc::ptr_eq(&self.weights, &other.weights)
    }
}

/// Consecutive rows, each of which stands for `span` steps.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) block: LossBlock,
    pub(super) span: u64,
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(super) struct LossesSoFar {
    rows: Vec<Row>,
}

impl LossesSoFar {
    /// Adds a block; where it begins before the end of what is there, it replaces it.
    pub(super) fn add(&mut self, block: &LossBlock) {
        self.rewind(block.first_step);
        let columns = block.terms.len() * block.weights.len();
        if columns == 0 {
            return;
        }
        let share = |newest: Option<&Row>| match newest {
            // Rows are told together where these are the very same.
            Some(row) if row.terms == block.terms && row.candidates == block.candidates => {
                let weights = if row.weights == block.weights {
                    Arc::clone(&row.weights)
                } else {
                    Arc::clone(&block.weights)
                };
                (Arc::clone(&row.candidates), Arc::clone(&row.terms), weights)
            }
            _ => (
                Arc::clone(&block.candidates),
                Arc::clone(&block.terms),
                Arc::clone(&block.weights),
            ),
        };
        let (candidates, terms, weights) = share(self.rows.last());
        for (index, values) in block.values.chunks_exact(columns).enumerate() {
            self.rows.push(Row {
                first_step: block.first_step + index as u64,
                span: 1,
                candidates: Arc::clone(&candidates),
                terms: Arc::clone(&terms),
                weights: Arc::clone(&weights),
                values: values.into(),
                seconds: block.seconds,
            });
        }
        if self.rows.len() > MOST_ROWS {
            self.thin_out();
        }
    }

    /// Forgets `step` and what came after it.
    pub(super) fn rewind(&mut self, step: u64) {
        let kept = self.rows.partition_point(|row| row.first_step < step);
        self.rows.truncate(kept);
        if let Some(last) = self.rows.last_mut() {
            last.span = last.span.min(step - last.first_step);
        }
    }

    fn thin_out(&mut self) {
        let newest = self
            .rows
            .split_off(self.rows.len().saturating_sub(NEWEST_ROWS));
        // Those that stand for few steps first, so that the whole run is thinned out alike.
        let mut most_span = 1;
        while self.rows.len() > ROWS_LEFT - NEWEST_ROWS && most_span < LARGEST_SPAN {
            self.pair(most_span);
            most_span *= 2;
        }
        self.rows.extend(newest);
    }

    /// Makes one of every two neighbours that stand for at most so many steps each.
    fn pair(&mut self, most_span: u64) {
        let mut rows = std::mem::take(&mut self.rows).into_iter().peekable();
        while let Some(row) = rows.next() {
            let can =
                |next: &Row| row.span.max(next.span) <= most_span && row.end() == next.first_step;
            let Some(partner) = rows.next_if(can) else {
                self.rows.push(row);
                continue;
            };
            let (first_step, span) = (row.first_step, row.span + partner.span);
            let seconds = partner.seconds;
            let chosen = if partner.total() > row.total() {
                partner
            } else {
                row
            };
            self.rows.push(Row {
                first_step,
                span,
                seconds,
                ..chosen
            });
        }
    }

    /// All of them in blocks.
    pub(super) fn blocks(&self) -> Vec<Rows> {
        let mut blocks: Vec<Rows> = Vec::new();
        let mut before: Option<&Row> = None;
        for row in &self.rows {
            let follows = before.is_some_and(|before| before.is_like(row));
            before = Some(row);
            match blocks.last_mut() {
                Some(rows) if follows && rows.block.steps() * rows.span < MOST_STEPS_A_BLOCK => {
                    rows.block.values.extend_from_slice(&row.values);
                    rows.block.seconds = row.seconds;
                }
                _ => blocks.push(Rows {
                    block: LossBlock {
                        candidates: Arc::clone(&row.candidates),
                        first_step: row.first_step,
                        terms: Arc::clone(&row.terms),
                        weights: Arc::clone(&row.weights),
                        values: row.values.to_vec(),
                        seconds: row.seconds,
                    },
                    span: row.span,
                }),
            }
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::message::TermKind;

    fn block(first_step: u64, values: Vec<f32>, weight: f64) -> LossBlock {
        LossBlock {
            candidates: [0].into(),
            first_step,
            terms: [LossTerm {
                kind: TermKind::Style,
                layer: None,
            }]
            .into(),
            weights: [vec![weight]].into(),
            seconds: (first_step + values.len() as u64) as f64,
            values,
        }
    }

    /// The steps that blocks stand for, in their order.
    fn steps(blocks: &[Rows]) -> Vec<(u64, u64)> {
        blocks
            .iter()
            .map(|rows| {
                let steps = rows.block.steps() * rows.span;
                (rows.block.first_step, rows.block.first_step + steps)
            })
            .collect()
    }

    #[test]
    fn blocks_of_the_same_weights_become_one_and_others_stay_apart() {
        let mut losses = LossesSoFar::default();
        losses.add(&block(0, vec![3.0, 2.0], 1.0));
        losses.add(&block(2, vec![1.0], 1.0));
        losses.add(&block(3, vec![0.5], 2.0));
        let blocks = losses.blocks();
        assert_eq!(steps(&blocks), [(0, 3), (3, 4)]);
        assert_eq!(blocks[0].block.values, [3.0, 2.0, 1.0]);
        losses.add(&block(1, vec![9.0], 1.0));
        assert_eq!(steps(&losses.blocks()), [(0, 2)]);
    }

    #[test]
    fn a_long_run_stays_bounded_without_a_gap_and_keeps_its_spike() {
        let mut losses = LossesSoFar::default();
        let total = MOST_ROWS as u64 * 8;
        for step in 0..total {
            let value = if step == 12_345 { 1e6 } else { 1.0 };
            losses.add(&block(step, vec![value], 1.0));
            assert!(losses.rows.len() <= MOST_ROWS);
        }
        let steps = steps(&losses.blocks());
        assert_eq!((steps[0].0, steps[steps.len() - 1].1), (0, total));
        assert!(steps.windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert!(losses.rows.iter().any(|row| row.values[0] > 1e5));
        let newest = &losses.rows[losses.rows.len() - NEWEST_ROWS..];
        assert!(newest.iter().all(|row| row.span == 1));
        let oldest = losses.rows.first().map(|row| row.span);
        losses.rewind(5);
        assert_eq!(losses.rows.iter().map(|row| row.span).sum::<u64>(), 5);
        assert!(oldest > Some(1) && oldest <= Some(32), "{oldest:?}");
    }
}
