//! What came of a comparison, a line a contender. Main thread.

use std::io;

use crate::command::table::Table;
use crate::engine::message::{LossBlock, TermKind};
use crate::preset::visible::visible;
use crate::preset::{Preset, diff};
use crate::record::figure;

/// The end of one contender, as far as it is known.
#[derive(Debug, Default, Clone)]
pub(in crate::command) struct Standing {
    pub(in crate::command) step: u64,
    pub(in crate::command) seconds: f64,
    /// Sums without weights, of content and of style.
    pub(in crate::command) unweighted: Option<(f64, f64)>,
    /// The weighted sum of all terms.
    pub(in crate::command) total: Option<f64>,
    /// In a word: completed, stopped, failed, killed.
    pub(in crate::command) state: &'static str,
}

impl Standing {
    /// Takes up the losses of `candidate`.
    pub(in crate::command) fn hear(&mut self, block: &LossBlock, candidate: usize) {
        let Some(last) = block.losses(block.steps().saturating_sub(1), candidate) else {
            return;
        };
        let sum = |kind| {
            last.each()
                .filter(|(term, ..)| term.kind == kind)
                .map(|(_, value, _)| value)
                .sum::<f64>()
        };
        self.step = last.step + 1;
        self.seconds = block.seconds;
        self.unweighted = Some((sum(TermKind::Content), sum(TermKind::Style)));
        self.total = Some(last.total());
    }
}

/// What is said of one contender.
#[derive(Debug)]
pub(in crate::command) struct Row {
    /// From 0.
    pub(in crate::command) number: usize,
    pub(in crate::command) label: String,
    pub(in crate::command) preset: Preset,
    pub(in crate::command) standing: Standing,
}

/// Prints the table.
pub(in crate::command) fn print(rows: &[Row]) -> io::Result<()> {
    let differs_from = format!(
        "differs from {}",
        rows.first().map_or(0, |first| first.number) + 1
    );
    let mut table = Table::new([
        "",
        "preset",
        "state",
        "steps",
        "time",
        "style",
        "content",
        "total",
        &differs_from,
    ]);
    table.align_right(&[3, 4, 5, 6, 7]);
    let first = rows.first().map(|first| &first.preset);
    for row in rows {
        let standing = &row.standing;
        let changes = first
            .map(|first| diff(first, &row.preset))
            .unwrap_or_default();
        let differs: Vec<String> = changes
            .iter()
            .map(|change| format!("{} {}", change.key, change.new))
            .collect();
        let loss = |value: Option<f64>| value.map_or_else(String::new, figure::loss);
        table.add([
            (row.number + 1).to_string(),
            visible(&row.label),
            standing.state.to_owned(),
            standing.step.to_string(),
            figure::elapsed(standing.seconds),
            loss(standing.unweighted.map(|(_, style)| style)),
            loss(standing.unweighted.map(|(content, _)| content)),
            loss(standing.total),
            visible(&differs.join(", ")),
        ]);
    }
    table.print()
}
