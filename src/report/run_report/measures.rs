//! Whether losses of different runs may be put side by side. Pure; any thread.

use super::material::Material;
use crate::engine::message::TermKind;
use crate::preset;
use crate::record::figure;

/// Fields and tables that decide what a number of a loss means.
const MEANING: [&str; 18] = [
    "network",
    "style.statistic",
    "style.statistics",
    "style.shift",
    "style.normalization",
    "style.error",
    "style.divide_by",
    "style.divisor",
    "style.projections",
    "style.blend",
    "style.source",
    "style.regions",
    "content.error",
    "content.regions",
    "image.match_colours",
    "variation.form",
    "variation.reduction",
    "variation.exponent",
];

/// Fields and tables that decide besides how much each part of a loss counts.
const WEIGHTS: [&str; 6] = [
    "style.weight",
    "style.layers",
    "style.chained",
    "content.weight",
    "content.layers",
    "variation.weight",
];

/// Whether `key` is one of `fields`, or stands in one of them.
fn is_in(key: &str, fields: &[&str]) -> bool {
    fields.iter().any(|field| {
        key.strip_prefix(field)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether the total losses of both are the same number of the same picture, so that one can be said to have reached
/// what the other has.
fn have_one_loss(one: &Material, other: &Material) -> bool {
    let (Some(first), Some(second)) = (&one.preset, &other.preset) else {
        return false;
    };
    let changes = preset::diff(first, second);
    let differs = changes
        .iter()
        .any(|change| is_in(&change.key, &MEANING) || is_in(&change.key, &WEIGHTS));
    !differs && one.description.size == other.description.size
}

/// For each of several runs, when it first had a loss as low as the first run's last one; `None` where their losses are
/// not the same.
pub(super) fn reached(runs: &[Material]) -> Option<Vec<String>> {
    let (first, others) = runs.split_first()?;
    if others.is_empty() || !others.iter().all(|other| have_one_loss(first, other)) {
        return None;
    }
    let goal = first.metrics.rows.last()?.total;
    let said = |run: &Material| {
        let row = run.metrics.rows.iter().find(|row| row.total <= goal);
        row.map_or_else(
            || "not reached".to_owned(),
            |row| format!("step {}, {}", row.step, figure::elapsed(row.seconds)),
        )
    };
    goal.is_finite().then(|| runs.iter().map(said).collect())
}

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
            if is_in(&change.key, &MEANING) && !fields.contains(&change.key) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_means_everything_in_it_and_nothing_beside_it() {
        for key in [
            "network.pooling",
            "style.statistic",
            "style.statistics.relu1_1",
            "style.blend.first",
        ] {
            assert!(is_in(key, &MEANING), "{key}");
        }
        for key in [
            "style.weight",
            "networks",
            "optimizer.kind",
            "style.statisticsx",
        ] {
            assert!(!is_in(key, &MEANING), "{key}");
        }
        assert!(is_in("style.layers.relu1_1", &WEIGHTS));
    }
}
