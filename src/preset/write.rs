//! A resolved preset as TOML text that loads back to an equal preset.
//!
//! Pure, any thread.

use super::flat::flatten;
use super::model::Preset;
use super::number::float_text;
use super::value::Value;

/// The whole preset as TOML, every field named but for tables without entries, floats exact. What cannot be said in a preset
/// (NaN, a path that is not UTF-8) is left out or replaced; a preset that was loaded has no such
/// value.
#[must_use]
pub fn to_toml(preset: &Preset) -> String {
    let mut text = String::new();
    let mut open_table = "";
    // The tables of a table come after its plain fields: a sub-table ends the table it is in.
    let mut inner_tables = String::new();
    for (field, value) in flatten(preset) {
        let (table, name) = field.table_and_name();
        if table != open_table {
            text.push_str(&std::mem::take(&mut inner_tables));
            text.extend(["\n[", table, "]\n"]);
            open_table = table;
        }
        match value.entries() {
            Some(entries) if entries.is_empty() => {}
            Some(entries) => {
                inner_tables.extend(["\n[", field.key, "]\n"]);
                for (name, entry) in &entries {
                    inner_tables.extend([&entry_text(name, entry), "\n"]);
                }
            }
            None => text.extend([name, " = ", &value_text(&value), "\n"]),
        }
    }
    text.push_str(&inner_tables);
    text
}

/// A value on one line, a table in braces.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::Float(number) => float_text(*number),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Text(text) => quoted_text(text),
        Value::Integers(numbers) => format!("{numbers:?}"),
        Value::Weights(_) | Value::Words(_) => {
            let entries = value.entries().unwrap_or_default();
            let texts: Vec<String> = entries
                .iter()
                .map(|(name, entry)| entry_text(name, entry))
                .collect();
            if texts.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", texts.join(", "))
            }
        }
    }
}

/// `relu1_1 = 0.5`, and `"#ff0000" = 2.0` where the name has to stand in quotes.
fn entry_text(name: &str, entry: &Value) -> String {
    let is_bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let value = value_text(entry);
    if is_bare {
        format!("{name} = {value}")
    } else {
        format!("{} = {value}", quoted_text(name))
    }
}

fn quoted_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
