//! The settings that lead from one preset to another, as keys and `--set` say them. Pure; any thread.

use indexmap::IndexMap;

use super::difference::is_ordered_anew;
use super::field::FIELDS;
use super::flat::flatten;
use super::model::Preset;
use super::overriding::Override;
use super::value::Value;
use super::write::value_text;

/// What is to be laid over `old` to make it `new`, with exact values. A table whose entries are others is
/// set as a whole; a path that `new` has no more stays out, since no setting takes one away.
#[must_use]
pub fn settings(old: &Preset, new: &Preset) -> Vec<Override> {
    let values = |preset: &Preset| -> IndexMap<&'static str, Value> {
        let fields = flatten(preset).into_iter();
        fields.map(|(field, value)| (field.key, value)).collect()
    };
    let is_ordered_anew = is_ordered_anew(old, new);
    let (old, new) = (values(old), values(new));
    let mut settings = Vec::new();
    let mut set = |key: &str, value: String| {
        settings.push(Override {
            key: key.to_owned(),
            value,
        });
    };
    for field in FIELDS {
        let Some(value) = new.get(field.key) else {
            continue;
        };
        let old = old.get(field.key);
        let old_entries = old.and_then(Value::entries).unwrap_or_default();
        let entries = value.entries().unwrap_or_default();
        let is_same_table = !entries.is_empty()
            && entries.len() == old_entries.len()
            && entries.keys().all(|name| old_entries.contains_key(name));
        let is_moved = field.key == "style.layers" && is_ordered_anew;
        if is_same_table && !is_moved {
            for (name, entry) in &entries {
                if old_entries.get(name) != Some(entry) {
                    set(&format!("{}.{name}", field.key), value_text(entry));
                }
            }
        } else if old != Some(value) || is_moved {
            set(field.key, value_text(value));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{diff, from_toml, load, with_overrides};

    fn built_in(name: &str) -> Preset {
        from_toml(&format!("extends = \"{name}\"\n"), name).unwrap()
    }

    #[test]
    fn they_lead_from_any_built_in_preset_to_any_other() {
        let names = crate::preset::built_in::names().into_iter();
        let mut presets: Vec<Preset> = names.map(built_in).collect();
        presets.push(
            from_toml(
                "extends = \"demo\"
                [style]
                statistics = { block1 = \"mean\" }
                source = { block1 = \"second\", block2 = \"blend\" }
                blend = { first = 0.25, third = 1 }
                regions = { \"#ff0000\" = 2, \"#000000\" = 0 }",
                "tables",
            )
            .unwrap(),
        );
        for from in &presets {
            for to in &presets {
                let made = with_overrides(from, &settings(from, to)).unwrap();
                let differs = diff(&made, to);
                assert!(differs.is_empty(), "{differs:?}");
            }
        }
    }

    #[test]
    fn values_are_exact_and_what_is_the_same_is_not_named() {
        let old = load("demo", &[]).unwrap().preset;
        let weight = "style.weight=0.1234567890123".parse().unwrap();
        let new = load("demo", &[weight]).unwrap().preset;
        let settings = settings(&old, &new);
        assert_eq!(settings.len(), 1);
        let made = with_overrides(&old, &settings).unwrap();
        let differs = diff(&made, &new);
        assert!(differs.is_empty(), "{differs:?}");
    }
}
