//! The settings that lead from one preset to another, as keys and `--set` say them. Pure; any thread.

use indexmap::IndexMap;

use super::field::FIELDS;
use super::flat::flatten;
use super::model::Preset;
use super::number::float_text;
use super::overriding::Override;
use super::value::Value;
use super::write::value_text;

/// What is to be laid over `old` to make it `new`, with exact values. A layer table whose layers are others is
/// set as a whole; a path that `new` has no more stays out, since no setting takes one away.
#[must_use]
pub fn settings(old: &Preset, new: &Preset) -> Vec<Override> {
    let values = |preset: &Preset| -> IndexMap<&'static str, Value> {
        let fields = flatten(preset).into_iter();
        fields.map(|(field, value)| (field.key, value)).collect()
    };
    let (old, new) = (values(old), values(new));
    let mut settings = Vec::new();
    let mut set = |key: &str, value: String| {
        settings.push(Override {
            key: key.to_owned(),
            value,
        });
    };
    for field in FIELDS {
        match (old.get(field.key), new.get(field.key)) {
            (Some(Value::Layers(old)), Some(Value::Layers(new))) => {
                if old.len() == new.len() && old.keys().all(|layer| new.contains_key(layer)) {
                    for (layer, weight) in new {
                        if old.get(layer) != Some(weight) {
                            set(&format!("{}.{layer}", field.key), float_text(*weight));
                        }
                    }
                } else {
                    let layers: Vec<String> = new
                        .iter()
                        .map(|(layer, weight)| format!("{layer} = {}", float_text(*weight)))
                        .collect();
                    set(field.key, format!("{{ {} }}", layers.join(", ")));
                }
            }
            (old, Some(value)) if old != Some(value) => set(field.key, value_text(value)),
            _ => {}
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
        let names = crate::preset::built_in::names();
        for from in &names {
            for to in &names {
                let (from, to) = (built_in(from), built_in(to));
                let made = with_overrides(&from, &settings(&from, &to)).unwrap();
                let differs = diff(&made, &to);
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
