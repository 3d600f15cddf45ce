//! What stands in the table's cells. Pure functions; UI thread.

use crate::engine::message::TermKind;
use crate::preset::visible::visible;
use crate::record::figure::compact;
use crate::record::history::TermLoss;

/// The kind's letter, then the layer.
pub(super) fn name(loss: &TermLoss) -> String {
    match (loss.term.kind, &loss.term.layer) {
        (TermKind::Content, Some(layer)) => format!("C {}", visible(layer)),
        (TermKind::Style, Some(layer)) => format!("S {}", visible(layer)),
        (TermKind::Content, None) => "C content".to_owned(),
        (TermKind::Style, None) => "S style".to_owned(),
        (TermKind::Variation, _) => "V variation".to_owned(),
    }
}

pub(super) fn shortened(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    kept + "…"
}

/// As short as it can be said, because that is how a person wrote it.
pub(super) fn weight(value: f64, columns: usize) -> String {
    let plain = format!("{value}");
    let scientific = format!("{value:e}");
    let short = if plain.len() <= 5 || plain.len() <= scientific.len() {
        plain
    } else {
        scientific
    };
    if short.len() <= columns {
        short
    } else {
        compact(value, columns)
    }
}

/// `None` where there is no whole to have a share in.
pub(super) fn share(part: f64, whole: f64) -> Option<f64> {
    let share = part / whole;
    (share.is_finite() && whole > 0.0).then_some(share)
}

pub(super) fn percent(share: Option<f64>) -> String {
    match share.map(|share| share * 100.0) {
        None => "—".to_owned(),
        Some(percent) if percent > 0.0 && percent < 0.5 => "<1%".to_owned(),
        Some(percent) => format!("{percent:.0}%"),
    }
}

/// A bar in eighths of a column.
pub(super) fn bar(share: f64, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * columns as f64 * 8.0).round() as usize;
    // What is there is seen.
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
