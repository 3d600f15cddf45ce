//! What came of a comparison, a line a contender. Main thread.

use std::io;

use super::contender::Contender;
use crate::command::table::Table;
use crate::engine::message::{LossBlock, TermKind};
use crate::preset::diff;
use crate::preset::visible::visible;
use crate::record::figure;

/// The end of one contender, as far as it is known.
#[derive(Debug, Default, Clone)]
pub(super) struct Standing {
    pub(super) step: u64,
    pub(super) seconds: f64,
    /// Sums without weights, of content and of style.
    pub(super) unweighted: Option<(f64, f64)>,
    /// The weighted sum of all terms.
    pub(super) total: Option<f64>,
    /// In a word: completed, stopped, failed.
    pub(super) state: &'static str,
}

impl Standing {
    /// Takes up the losses of `candidate`.
    pub(super) fn hear(&mut self, block: &LossBlock, candidate: usize) {
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

/// Prints the table.
pub(super) fn print(rows: &[(&Contender, Standing)]) -> io::Result<()> {
    let mut table = Table::new([
        "",
        "preset",
        "state",
        "steps",
        "time",
        "style",
        "content",
        "total",
        "differs from 1",
    ]);
    table.align_right(&[3, 4, 5, 6, 7]);
    let first = rows.first().map(|(first, _)| &first.plan.preset.preset);
    for (contender, standing) in rows {
        let changes = first
            .map(|first| diff(first, &contender.plan.preset.preset))
            .unwrap_or_default();
        let differs: Vec<String> = changes
            .iter()
            .map(|change| format!("{} {}", change.key, change.new))
            .collect();
        let loss = |value: Option<f64>| value.map_or_else(String::new, figure::loss);
        table.add([
            (contender.number + 1).to_string(),
            visible(&contender.label),
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
