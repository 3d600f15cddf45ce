//! The value of one field, before and after it is part of a typed preset.
//!
//! Plain data, any thread.

use indexmap::IndexMap;

use super::field::{DefaultValue, Field, Kind};
use super::layer_name::{default_content_layers, default_style_layers};
use super::model::{NamedWeights, NetworkName};
use super::source::Place;

/// A value that fits its field's kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    /// The value of an enumeration, a path or a text.
    Text(String),
    Integers(Vec<i64>),
    /// The table of a [`Kind::Weights`].
    Weights(NamedWeights),
    /// The table of a [`Kind::LayerWords`].
    Words(IndexMap<String, String>),
}

impl Value {
    /// The table without entries; None for a kind that has no table.
    pub(super) fn empty_table(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Weights(_) => Some(Self::Weights(IndexMap::new())),
            Kind::LayerWords(_) => Some(Self::Words(IndexMap::new())),
            _ => None,
        }
    }

    /// The entries of a table, each a value by itself; None where this is no table.
    pub(super) fn entries(&self) -> Option<IndexMap<String, Self>> {
        match self {
            Self::Weights(weights) => {
                let entries = weights.iter();
                Some(
                    entries
                        .map(|(name, weight)| (name.clone(), Self::Float(*weight)))
                        .collect(),
                )
            }
            Self::Words(words) => {
                let entries = words.iter();
                Some(
                    entries
                        .map(|(name, word)| (name.clone(), Self::Text(word.clone())))
                        .collect(),
                )
            }
            _ => None,
        }
    }

    /// Puts an entry into a table, or in the place of the one of that name; an entry of another kind, and
    /// one into what is no table, changes nothing.
    pub(super) fn insert(&mut self, name: String, entry: Self) {
        match (self, entry) {
            (Self::Weights(weights), Self::Float(weight)) => {
                weights.insert(name, weight);
            }
            (Self::Words(words), Self::Text(word)) => {
                words.insert(name, word);
            }
            _ => {}
        }
    }

    /// Takes an entry out of a table; false where there is none of that name.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        match self {
            Self::Weights(weights) => weights.shift_remove(name).is_some(),
            Self::Words(words) => words.shift_remove(name).is_some(),
            _ => false,
        }
    }
}

/// A value and the places it came from.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub value: Value,
    pub place: Place,
    /// For a table: the place of each entry's name.
    pub names: IndexMap<String, Place>,
}

impl Entry {
    pub(super) fn new(value: Value, place: Place) -> Self {
        Self {
            value,
            place,
            names: IndexMap::new(),
        }
    }

    /// The place of an entry's name in a table, or of the table where the entry has none of its own.
    pub(super) fn place_of(&self, name: &str) -> &Place {
        self.names.get(name).unwrap_or(&self.place)
    }
}

/// The value of a field that no source names; None where it then has no value at all.
pub(super) fn default_value(
    field: &Field,
    network: NetworkName,
    block_count: usize,
) -> Option<Value> {
    Some(match field.default {
        DefaultValue::Float(number) => Value::Float(number),
        DefaultValue::Integer(number) => Value::Integer(number),
        DefaultValue::Boolean(flag) => Value::Boolean(flag),
        DefaultValue::Text(text) => Value::Text(text.to_owned()),
        DefaultValue::Integers(numbers) => Value::Integers(numbers.to_vec()),
        DefaultValue::Absent => return None,
        DefaultValue::Empty => return Value::empty_table(field.kind),
        DefaultValue::ByNetwork if field.key == "content.layers" => {
            Value::Weights(default_content_layers(network, block_count))
        }
        DefaultValue::ByNetwork => Value::Weights(default_style_layers(network, block_count)),
    })
}
