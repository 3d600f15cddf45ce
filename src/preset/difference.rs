//! What changed from one preset to another, and how a run takes it up.
//!
//! Pure, any thread. Hot reload, keys of the dashboard and `--set` all compare presets here.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;

use super::field::{ChangeClass, FIELDS};
use super::flat::flatten;
use super::model::{LayerWeights, Preset};
use super::number::float_text;
use super::value::Value;

/// What stands for a layer or a path that is not there; `--set` removes a layer with the same word.
const ABSENT: &str = "none";

/// One field, or one layer of a layer table, that differs between two presets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `style.weight`, or `style.layers.relu4_2` for one layer.
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

/// Every difference, in the order of the registry; empty for equal presets. The order of layers
/// makes no difference.
#[must_use]
pub fn diff(old: &Preset, new: &Preset) -> Vec<Change> {
    let values = |preset: &Preset| -> IndexMap<&'static str, Value> {
        flatten(preset)
            .into_iter()
            .map(|(field, value)| (field.key, value))
            .collect()
    };
    let (old, new) = (values(old), values(new));
    let mut changes = Vec::new();
    for field in FIELDS {
        match (old.get(field.key), new.get(field.key)) {
            (Some(Value::Layers(old)), Some(Value::Layers(new))) => {
                layer_changes(field.key, old, new, &mut changes);
            }
            (old, new) if old != new => changes.push(Change {
                key: field.key.to_owned(),
                old: old.map_or_else(|| ABSENT.to_owned(), short_text),
                new: new.map_or_else(|| ABSENT.to_owned(), short_text),
                class: field.change,
            }),
            _ => {}
        }
    }
    changes
}

/// Every field that has a value, and the value as [`diff`] writes it; each layer of a layer table by itself.
#[must_use]
pub fn values(preset: &Preset) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for (field, value) in flatten(preset) {
        match value {
            Value::Layers(layers) => values.extend(
                layers
                    .iter()
                    .map(|(layer, weight)| (format!("{}.{layer}", field.key), float_text(*weight))),
            ),
            value => values.push((field.key.to_owned(), short_text(&value))),
        }
    }
    values
}

fn layer_changes(key: &str, old: &LayerWeights, new: &LayerWeights, changes: &mut Vec<Change>) {
    let added = new.keys().filter(|layer| !old.contains_key(*layer));
    for layer in old.keys().chain(added) {
        let (old, new) = (old.get(layer), new.get(layer));
        if old == new {
            continue;
        }
        let stays = old.is_some() && new.is_some();
        let text = |weight: Option<&f64>| {
            weight.map_or_else(|| ABSENT.to_owned(), |weight| float_text(*weight))
        };
        changes.push(Change {
            key: format!("{key}.{layer}"),
            old: text(old),
            new: text(new),
            class: if stays {
                ChangeClass::Live
            } else {
                ChangeClass::Rebuild
            },
        });
    }
}

pub(super) fn short_text(value: &Value) -> String {
    match value {
        Value::Float(number) => float_text(*number),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Text(text) => super::visible::visible(text),
        Value::Integers(numbers) => format!("{numbers:?}"),
        Value::Layers(layers) => format!("{} layers", layers.len()),
    }
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
