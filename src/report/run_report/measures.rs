//! Whether losses of different runs may be put side by side. Pure; any thread.

use super::material::Material;
use crate::engine::message::TermKind;
use crate::preset;

/// Fields that decide what a number of a loss means; whole tables end with a dot.
const MEANING: [&str; 9] = [
    "network.",
    "style.statistic",
    "style.normalization",
    "style.error",
    "style.divide_by",
    "style.divisor",
    "content.error",
    "variation.form",
    "variation.reduction",
];

/// Whether all runs sum over the same layers at their last step, so that the sums can be compared.
pub(super) fn are_alike(runs: &[&Material], kind: TermKind) -> bool {
    let mut found = runs
        .iter()
        .map(|run| layers(run, kind))
        .filter(|layers| !layers.is_empty());
    let first = found.next();
    found.all(|layers| Some(layers) == first)
}

fn layers(run: &Material, kind: TermKind) -> Vec<Option<String>> {
    let Some(row) = run.metrics.rows.last() else {
        return Vec::new();
    };
    let cells = run.metrics.terms.iter().zip(&row.terms);
    let mut layers: Vec<Option<String>> = cells
        .filter(|(term, cell)| term.kind == kind && cell.is_some())
        .map(|(term, _)| term.layer.clone())
        .collect();
    layers.sort();
    layers
}

/// What a reader has to know before comparing heights of curves.
pub(super) fn warnings(runs: &[Material]) -> Vec<String> {
    let all: Vec<&Material> = runs.iter().collect();
    let mut warnings = Vec::new();
    for (kind, name) in [(TermKind::Style, "style"), (TermKind::Content, "content")] {
        if !are_alike(&all, kind) {
            warnings.push(format!(
                "These runs measure {name} at different layers, so its sums are not put side by side: \
                 only what is measured at the same layer can be compared."
            ));
        }
    }
    let Some((first, others)) = runs.split_first() else {
        return warnings;
    };
    let mut fields: Vec<String> = Vec::new();
    for other in others {
        let (Some(first), Some(other)) = (&first.preset, &other.preset) else {
            continue;
        };
        for change in preset::diff(first, other) {
            let decides = MEANING.iter().any(|field| match field.strip_suffix('.') {
                Some(table) => change.key.split('.').next() == Some(table),
                None => change.key == *field,
            });
            if decides && !fields.contains(&change.key) {
                fields.push(change.key);
            }
        }
    }
    if !fields.is_empty() {
        warnings.push(format!(
            "These runs measure differently ({}): compare the shapes of their curves, not the heights.",
            fields.join(", ")
        ));
    }
    if others
        .iter()
        .any(|other| other.description.size != first.description.size)
    {
        warnings.push(
            "These runs are of different sizes, at which the same picture has slightly other losses."
                .to_owned(),
        );
    }
    warnings
}
