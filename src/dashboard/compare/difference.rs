//! What differs between the candidates' presets, in a line and in a table. Pure; UI thread.

use super::candidate::Candidate;
use crate::preset::visible::visible;
use crate::preset::{Change, ChangeClass, Preset, diff};

/// What differs from `base`, and whether content and style losses are measured in the same way.
pub(super) fn from_base(base: &Preset, preset: &Preset) -> (Vec<Change>, [bool; 2]) {
    let differences = diff(base, preset);
    let is_alike = |kind: &str| {
        !differences.iter().any(|change| {
            // What targets are computed anew for measures otherwise, and so do mixtures of them; a weight alone does
            // not.
            let is_measured_anew = change.class == ChangeClass::Rebuild
                && [kind, "network.", "image.", "scales."]
                    .iter()
                    .any(|part| change.key.starts_with(part));
            let is_mixed_anew = change.key.starts_with(kind)
                && ["regions.", "blend.", "source."].iter().any(|table| {
                    change
                        .key
                        .get(kind.len()..)
                        .is_some_and(|rest| rest.starts_with(table))
                });
            is_measured_anew || is_mixed_anew
        })
    };
    let alike = [is_alike("content."), is_alike("style.")];
    (differences, alike)
}

/// `style.weight 1e5→3e5, optimizer.learning_rate 0.02→0.1`
pub(super) fn in_a_line(differences: &[Change]) -> String {
    let each: Vec<String> = differences
        .iter()
        .filter(|change| !is_about_itself(&change.key))
        .map(|change| {
            format!(
                "{} {}→{}",
                visible(&change.key),
                visible(&change.old),
                visible(&change.new)
            )
        })
        .collect();
    each.join(", ")
}

/// Fields that say what a preset is, and not what it does.
fn is_about_itself(key: &str) -> bool {
    key == "description"
}

/// A field that differs between any two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: String,
    /// A value for each candidate, and whether it differs from the first's.
    pub(super) values: Vec<(String, bool)>,
}

/// The fields that differ, in the order of the first candidate that has them.
pub(super) fn rows(candidates: &[Candidate]) -> Vec<Row> {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for change in candidates
        .iter()
        .flat_map(|candidate| &candidate.differences)
    {
        if !is_about_itself(&change.key) && !keys.iter().any(|(key, _)| *key == change.key) {
            keys.push((&change.key, &change.old));
        }
    }
    keys.into_iter()
        .map(|(key, base)| Row {
            key: visible(key),
            values: candidates
                .iter()
                .map(|candidate| {
                    let changed = candidate
                        .differences
                        .iter()
                        .find(|change| change.key == key);
                    let text = changed.map_or(base, |change| &change.new);
                    (visible(text), changed.is_some())
                })
                .collect(),
        })
        .collect()
}
