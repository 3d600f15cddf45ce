//! The losses of a run, a row a step: `metrics.csv`, written by lines and read back. Any thread.
//!
//! The columns: `branch`, `step`, `seconds`; `total`, `content`, `style` and `variation`, which are weighted sums;
//! `unweighted.KIND.LAYER` for every term, and `weight.KIND.LAYER` for what it was multiplied by. A cell is empty
//! where a term was not part of the loss at that step.

mod blocks;
mod reader;
mod tail;
mod writer;

pub(super) use self::blocks::blocks;
pub use self::reader::Metrics;
pub(super) use self::tail::MetricsTail;
pub use self::writer::MetricsWriter;

use crate::engine::message::{LossTerm, TermKind};

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// 1, and one more whenever the run goes back or begins again: the rows of a branch have rising steps.
    pub branch: u32,
    /// Number of updates before this evaluation.
    pub step: u64,
    /// Seconds of stepping up to here; between two blocks of losses they are shared out evenly.
    pub seconds: f64,
    /// The weighted sum of all terms; not a number where one is not.
    pub total: f64,
    /// For each of [`Metrics::terms`] the value without its weight, and the weight.
    pub terms: Vec<Option<(f32, f64)>>,
}

/// The columns before those of the terms.
const FIRST_COLUMNS: [&str; 7] = [
    "branch",
    "step",
    "seconds",
    "total",
    "content",
    "style",
    "variation",
];
const UNWEIGHTED: &str = "unweighted.";
const WEIGHT: &str = "weight.";

/// `style.relu1_1`, `variation`
pub fn term_name(term: &LossTerm) -> String {
    term.to_string().replacen(' ', ".", 1)
}

pub(super) fn term_of(name: &str) -> Option<LossTerm> {
    let (kind, layer) = match name.split_once('.') {
        Some((kind, layer)) => (kind, Some(layer.to_owned())),
        None => (name, None),
    };
    let kind = match kind {
        "content" => TermKind::Content,
        "style" => TermKind::Style,
        "variation" => TermKind::Variation,
        _ => return None,
    };
    Some(LossTerm { kind, layer })
}

#[cfg(test)]
mod tests;
