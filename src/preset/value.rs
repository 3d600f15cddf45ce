//! The value of one field, before and after it is part of a typed preset.
//!
//! Plain data, any thread.

use indexmap::IndexMap;

use super::field::{DefaultValue, Field};
use super::layer_name::{default_content_layers, default_style_layers};
use super::model::{LayerWeights, NetworkName};
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
    Layers(LayerWeights),
}

/// A value and the places it came from.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub value: Value,
    pub place: Place,
    /// For a layer table: the place of each layer's name.
    pub layer_places: IndexMap<String, Place>,
}

impl Entry {
    pub(super) fn new(value: Value, place: Place) -> Self {
        Self {
            value,
            place,
            layer_places: IndexMap::new(),
        }
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
        DefaultValue::ByNetwork if field.key == "content.layers" => {
            Value::Layers(default_content_layers(network, block_count))
        }
        DefaultValue::ByNetwork => Value::Layers(default_style_layers(network, block_count)),
    })
}
