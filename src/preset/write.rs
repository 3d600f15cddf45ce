//! A resolved preset as TOML text that loads back to an equal preset.
//!
//! Pure, any thread.

use super::field::Kind;
use super::flat::flatten;
use super::model::Preset;
use super::number::float_text;
use super::value::Value;

/// The whole preset as TOML, every field named, floats exact. What cannot be said in a preset
/// (NaN, a path that is not UTF-8) is left out or replaced; a preset that was loaded has no such
/// value.
#[must_use]
pub fn to_toml(preset: &Preset) -> String {
    let mut text = String::new();
    let mut open_table = "";
    // The layers of a table come after its plain fields: a sub-table ends the table it is in.
    let mut layers_of_table = String::new();
    for (field, value) in flatten(preset) {
        let (table, name) = field.table_and_name();
        if table != open_table {
            text.push_str(&std::mem::take(&mut layers_of_table));
            text.extend(["\n[", table, "]\n"]);
            open_table = table;
        }
        if field.kind == Kind::Layers {
            layers_of_table.extend(["\n[", field.key, "]\n", &value_text(&value)]);
        } else {
            text.extend([name, " = ", &value_text(&value), "\n"]);
        }
    }
    text.push_str(&layers_of_table);
    text
}

pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::Float(number) => float_text(*number),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Text(text) => quoted_text(text),
        Value::Integers(numbers) => format!("{numbers:?}"),
        Value::Layers(layers) => {
            let mut lines = String::new();
            for (layer, weight) in layers {
                lines.extend([layer, " = ", &float_text(*weight), "\n"]);
            }
            lines
        }
    }
}

fn quoted_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
