//! What must fit together across fields, checked once everything is merged; and the typed preset
//! that comes out.
//!
//! Pure, any thread.

mod layers;
mod scales;
mod style;

use super::field::{FIELDS, find, quoted};
use super::flat::assemble;
use super::merge::Merged;
use super::model::{NetworkName, Preset};
use super::problem::Problem;
use super::source::Place;
use super::value::{Value, default_value};

/// The typed preset; None after noting why there is none.
pub(super) fn resolve(merged: &Merged, problems: &mut Vec<Problem>) -> Option<Preset> {
    layers::check(merged, problems);
    check_init(merged, problems);
    scales::check(merged, problems);
    style::check(merged, problems);
    if !problems.is_empty() {
        return None;
    }
    let (network, block_count) = network(merged)?;
    let values = FIELDS.iter().filter_map(|field| {
        let named = merged
            .entries
            .get(field.key)
            .map(|entry| entry.value.clone());
        let value = named.or_else(|| default_value(field, network, block_count))?;
        Some((field, value))
    });
    match assemble(values) {
        Ok(preset) => Some(preset),
        // Not reached while the registry and the typed preset agree, which a test sees to.
        Err(error) => {
            problems.push(
                Problem::new(format!("the preset cannot be used: {error}"))
                    .note("this is a fault of stylescope, please report it"),
            );
            None
        }
    }
}

/// The network and the number of its blocks; None where a wrong value hides them.
pub(super) fn network(merged: &Merged) -> Option<(NetworkName, usize)> {
    let text = |key: &'static str| match value_of(merged, key)? {
        Value::Text(text) => Some(text),
        _ => None,
    };
    let name = text("network.name")?;
    let network = serde_json::from_value(serde_json::Value::String(name)).ok()?;
    let block_count = match value_of(merged, "network.widths") {
        Some(Value::Integers(widths)) => widths.len(),
        _ if network == NetworkName::Fitted => return None,
        _ => 0,
    };
    Some((network, block_count))
}

/// The field's value; None where a wrong one hides it. Not for layers, whose defaults depend on the network.
fn value_of(merged: &Merged, key: &'static str) -> Option<Value> {
    if merged.failed.contains(&key) {
        return None;
    }
    match merged.entries.get(key) {
        Some(entry) => Some(entry.value.clone()),
        None => default_value(find(key)?, NetworkName::Fitted, 0),
    }
}

impl Problem {
    /// Points at the value of another field as well, where the preset names one.
    fn with_field(self, merged: &Merged, key: &str, label: &str) -> Self {
        match place_of(merged, key) {
            Some(place) => self.with_context(place, label),
            None => self,
        }
    }
}

fn place_of(merged: &Merged, key: &str) -> Option<Place> {
    merged.entries.get(key).map(|entry| entry.place.clone())
}

fn check_init(merged: &Merged, problems: &mut Vec<Problem>) {
    let Some(init) = merged.entries.get("image.init") else {
        return;
    };
    let is_missing = !merged.entries.contains_key("image.init_file")
        && !merged.failed.contains(&"image.init_file")
        && !merged.failed.contains(&"image.init");
    if init.value == Value::Text("file".to_owned()) && is_missing {
        problems.push(
            Problem::new("`image.init` is `file`, but no file is named")
                .at(init.place.clone(), "needs `image.init_file`")
                .help(format!(
                    "name the picture to start from, such as `image.init_file = \"start.png\"`, or choose one of {}",
                    quoted(&["content", "noise", "style"])
                )),
        );
    }
}
