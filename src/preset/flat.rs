//! A typed preset as a list of registry fields and their values, and back.
//!
//! Pure, any thread. Goes through serde's JSON form, so the typed preset stays the only list of
//! Rust fields.

use serde_json::{Map, Number, Value as Json};

use super::field::{FIELDS, Field, Kind};
use super::model::Preset;
use super::value::Value;

/// Every field that has a value, in the order of the registry.
///
/// Numbers that a preset cannot hold (NaN, infinities) are left out.
pub(super) fn flatten(preset: &Preset) -> Vec<(&'static Field, Value)> {
    let mut preset = preset.clone();
    for path in [&mut preset.network.weights, &mut preset.image.init_file] {
        // JSON holds no path that is not UTF-8.
        *path = path
            .take()
            .map(|path| path.to_string_lossy().into_owned().into());
    }
    let Ok(tree) = serde_json::to_value(&preset) else {
        return Vec::new();
    };
    FIELDS
        .iter()
        .filter_map(|field| {
            let json = tree.pointer(&format!("/{}", field.key.replace('.', "/")))?;
            Some((field, value_from_json(field.kind, json)?))
        })
        .collect()
}

/// The typed preset of these fields; fails where a field is missing or of the wrong kind.
pub(super) fn assemble(
    values: impl IntoIterator<Item = (&'static Field, Value)>,
) -> Result<Preset, serde_json::Error> {
    let mut tree = Map::new();
    for (field, value) in values {
        let json = json_from_value(value);
        match field.table_and_name() {
            ("", name) => {
                tree.insert(name.to_owned(), json);
            }
            (table, name) => {
                let table = tree
                    .entry(table.to_owned())
                    .or_insert_with(|| Json::Object(Map::new()));
                if let Json::Object(table) = table {
                    table.insert(name.to_owned(), json);
                }
            }
        }
    }
    serde_json::from_value(Json::Object(tree))
}

fn value_from_json(kind: Kind, json: &Json) -> Option<Value> {
    Some(match kind {
        Kind::Float(_) => Value::Float(json.as_f64()?),
        Kind::Integer { .. } => Value::Integer(integer_from_json(json)?),
        Kind::Boolean => Value::Boolean(json.as_bool()?),
        Kind::Enumeration(_) | Kind::Path | Kind::Text => Value::Text(json.as_str()?.to_owned()),
        Kind::Integers { .. } => Value::Integers(
            json.as_array()?
                .iter()
                .filter_map(integer_from_json)
                .collect(),
        ),
        Kind::Weights(_) | Kind::LayerWords(_) => {
            let mut table = Value::empty_table(kind)?;
            for (name, json) in json.as_object()? {
                if let Some(entry) = value_from_json(kind.of_entry()?, json) {
                    table.insert(name.clone(), entry);
                }
            }
            table
        }
    })
}

/// TOML's integers end at `i64::MAX`; a larger seed is cut there.
fn integer_from_json(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.is_u64().then_some(i64::MAX))
}

fn json_from_value(value: Value) -> Json {
    match value {
        Value::Float(number) => json_number(number),
        Value::Integer(number) => number.into(),
        Value::Boolean(flag) => flag.into(),
        Value::Text(text) => text.into(),
        Value::Integers(numbers) => numbers.into(),
        Value::Weights(weights) => Json::Object(
            weights
                .into_iter()
                .map(|(name, weight)| (name, json_number(weight)))
                .collect(),
        ),
        Value::Words(words) => Json::Object(
            words
                .into_iter()
                .map(|(name, word)| (name, word.into()))
                .collect(),
        ),
    }
}

fn json_number(number: f64) -> Json {
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}
