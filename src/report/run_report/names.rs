//! What runs are called in a report: in few words, and no two alike. Pure; any thread.

use super::material::Material;
use crate::preset::visible::visible;
use crate::preset::{self, Preset};

/// More fields than this make no name.
const MOST_FIELDS: usize = 2;

/// A name a run, safe to be shown.
pub(super) fn names(runs: &[Material]) -> Vec<String> {
    let plain: Vec<String> = runs
        .iter()
        .map(|run| {
            visible(
                run.description
                    .label
                    .as_ref()
                    .unwrap_or(&run.description.preset),
            )
        })
        .collect();
    if all_differ(&plain) {
        return plain;
    }
    let presets: Option<Vec<&Preset>> = runs.iter().map(|run| run.preset.as_ref()).collect();
    let told = presets.and_then(|presets| by_fields(&plain, &presets));
    told.unwrap_or_else(|| {
        let with_id =
            |(name, run): (&String, &Material)| format!("{name} {}", visible(&run.folder.id()));
        plain.iter().zip(runs).map(with_id).collect()
    })
}

/// `demo weight=3 learning_rate=0.02`, where that tells them apart.
fn by_fields(plain: &[String], presets: &[&Preset]) -> Option<Vec<String>> {
    let (first, others) = presets.split_first()?;
    let mut keys: Vec<String> = Vec::new();
    for other in others {
        for change in preset::diff(first, other) {
            if !keys.contains(&change.key) {
                keys.push(change.key);
            }
        }
    }
    if keys.len() > MOST_FIELDS {
        return None;
    }
    let short = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let are_clear = all_differ(&keys.iter().map(|key| short(key)).collect::<Vec<String>>());
    let same_preset = plain.iter().all(|name| Some(name) == plain.first());
    let named = |(name, preset): (&String, &&Preset)| {
        let values = preset::values(preset);
        let settings = keys.iter().map(|key| {
            let value = values.iter().find(|(known, _)| known == key);
            let value = value.map_or("none", |(_, value)| value.as_str());
            let key = if are_clear { short(key) } else { key.clone() };
            format!("{key}={value}")
        });
        let settings = settings.collect::<Vec<String>>().join(" ");
        if same_preset {
            settings
        } else {
            format!("{name} {settings}")
        }
    };
    let names: Vec<String> = plain.iter().zip(presets).map(named).collect();
    all_differ(&names).then_some(names)
}

fn all_differ(names: &[String]) -> bool {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted.len() == names.len()
}
