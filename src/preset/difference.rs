//! What changed from one preset to another, and how a run takes it up.
//!
//! Pure, any thread. Hot reload, keys of the dashboard and `--set` all compare presets here.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;

use super::field::{ChangeClass, FIELDS, Field, Kind, Names};
use super::flat::flatten;
use super::model::Preset;
use super::number::float_text;
use super::value::Value;

/// What stands for an entry or a path that is not there; `--set` removes an entry with the same word.
const ABSENT: &str = "none";

/// One field, or one entry of a table such as `style.layers`, that differs between two presets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `style.weight`, or `style.layers.relu4_2` for one entry.
    pub key: String,
    /// The value before, as short text; `none` where there was none.
    pub old: String,
    /// The value after, as short text; `none` where there is none.
    pub new: String,
    /// How a run takes it up.
    pub class: ChangeClass,
}

/// `style.weight 1e5 → 3e5, live`
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            old,
            new,
            class,
        } = self;
        write!(formatter, "{key} {old} → {new}, {class}")
    }
}

/// Reads what [`Display`](fmt::Display) wrote.
impl FromStr for Change {
    type Err = NotAChange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = || {
            let (rest, class) = text.rsplit_once(", ")?;
            let (key, values) = rest.split_once(' ')?;
            let (old, new) = values.split_once(" → ")?;
            let class = [
                ChangeClass::Live,
                ChangeClass::Rebuild,
                ChangeClass::Restart,
            ]
            .into_iter()
            .find(|known| known.to_string() == class)?;
            Some(Self {
                key: key.to_owned(),
                old: old.to_owned(),
                new: new.to_owned(),
                class,
            })
        };
        parts().ok_or(NotAChange)
    }
}

/// The text is not that of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a change, such as `style.weight 1e5 → 3e5, live`")]
pub struct NotAChange;

/// Every difference, in the order of the registry; empty for presets that do the same. The order of a
/// table's entries makes no difference, but for the layers of a style loss that is chained.
#[must_use]
pub fn diff(old: &Preset, new: &Preset) -> Vec<Change> {
    let values = |preset: &Preset| -> IndexMap<&'static str, Value> {
        flatten(preset)
            .into_iter()
            .map(|(field, value)| (field.key, value))
            .collect()
    };
    let (old_values, new_values) = (values(old), values(new));
    let mut changes = Vec::new();
    for field in FIELDS {
        let (old_value, new_value) = (old_values.get(field.key), new_values.get(field.key));
        let entries = |value: Option<&Value>| value.and_then(Value::entries);
        match (entries(old_value), entries(new_value)) {
            (Some(old), Some(new)) => entry_changes(field, &old, &new, &mut changes),
            _ if old_value == new_value => {}
            _ => changes.push(change(
                field.key.to_owned(),
                old_value,
                new_value,
                field.change,
            )),
        }
        if field.key == "style.layers" {
            changes.extend(order_change(old, new));
        }
    }
    changes
}

/// Every field that has a value, and the value as [`diff`] writes it; each entry of a table by itself.
#[must_use]
pub fn values(preset: &Preset) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for (field, value) in flatten(preset) {
        match value.entries() {
            Some(entries) => values.extend(
                entries
                    .iter()
                    .map(|(name, entry)| (format!("{}.{name}", field.key), short_text(entry))),
            ),
            None => values.push((field.key.to_owned(), short_text(&value))),
        }
    }
    values
}

/// Whether `new` lists the same style layers as `old` in another order, and that matters.
pub(super) fn is_ordered_anew(old: &Preset, new: &Preset) -> bool {
    let (old, layers) = (&old.style.layers, &new.style.layers);
    new.style.chained
        && old.len() == layers.len()
        && old.keys().all(|layer| layers.contains_key(layer))
        && !old.keys().eq(layers.keys())
}

fn order_change(old: &Preset, new: &Preset) -> Option<Change> {
    let order = |preset: &Preset| {
        let layers: Vec<&str> = preset.style.layers.keys().map(String::as_str).collect();
        super::visible::visible(&layers.join(", "))
    };
    is_ordered_anew(old, new).then(|| Change {
        key: "style.layers".to_owned(),
        old: order(old),
        new: order(new),
        class: ChangeClass::Rebuild,
    })
}

fn entry_changes(
    field: &Field,
    old: &IndexMap<String, Value>,
    new: &IndexMap<String, Value>,
    changes: &mut Vec<Change>,
) {
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        let (old, new) = (old.get(name), new.get(name));
        if old == new {
            continue;
        }
        // A layer that comes needs a target, and one that goes needs none any more.
        let is_other_layer =
            field.kind == Kind::Weights(Names::Layers) && (old.is_none() || new.is_none());
        let class = if is_other_layer {
            ChangeClass::Rebuild
        } else {
            field.change
        };
        changes.push(change(format!("{}.{name}", field.key), old, new, class));
    }
}

fn change(key: String, old: Option<&Value>, new: Option<&Value>, class: ChangeClass) -> Change {
    let text = |value: Option<&Value>| value.map_or_else(|| ABSENT.to_owned(), short_text);
    Change {
        key,
        old: text(old),
        new: text(new),
        class,
    }
}

pub(super) fn short_text(value: &Value) -> String {
    match value {
        Value::Float(number) => float_text(*number),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Text(text) => super::visible::visible(text),
        Value::Integers(numbers) => format!("{numbers:?}"),
        Value::Weights(weights) => format!("{} entries", weights.len()),
        Value::Words(words) => format!("{} entries", words.len()),
    }
}

/// `preset`, but with the fields that only count from a restart as they are in `other`.
pub fn with_restart_fields_of(preset: &Preset, other: &Preset) -> Preset {
    let mut preset = preset.clone();
    preset.image.init = other.image.init;
    preset.image.init_file.clone_from(&other.image.init_file);
    preset.image.noise_deviation = other.image.noise_deviation;
    preset.schedule.seed = other.schedule.seed;
    preset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_again() {
        let load = |name: &str| crate::preset::from_toml(&format!("extends = \"{name}\"\n"), name);
        let changes = diff(&load("demo").unwrap(), &load("gatys").unwrap());
        assert!(changes.len() > 5);
        for change in changes {
            assert_eq!(change.to_string().parse(), Ok(change));
        }
        assert_eq!(
            "style.weight 1 → 2, soon".parse::<Change>(),
            Err(NotAChange)
        );
        assert_eq!("".parse::<Change>(), Err(NotAChange));
    }
}
