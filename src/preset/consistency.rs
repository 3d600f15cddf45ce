//! What must fit together across fields, checked once everything is merged; and the typed preset
//! that comes out.
//!
//! Pure, any thread.

use super::field::{FIELDS, find, quoted};
use super::flat::assemble;
use super::layer_name::{default_content_layers, default_style_layers, layer_names_of};
use super::merge::Merged;
use super::model::{NetworkName, Preset};
use super::nearest::nearest;
use super::number::float_text;
use super::problem::Problem;
use super::source::Place;
use super::value::{Value, default_value};
use super::visible::quote;

/// The typed preset; None after noting why there is none.
pub(super) fn resolve(merged: &Merged, problems: &mut Vec<Problem>) -> Option<Preset> {
    check_layers(merged, problems);
    check_init(merged, problems);
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

fn value_of(merged: &Merged, key: &'static str) -> Option<Value> {
    if merged.failed.contains(&key) {
        return None;
    }
    match merged.entries.get(key) {
        Some(entry) => Some(entry.value.clone()),
        // Layers are the only defaults that depend on the network, and are not asked for here.
        None => default_value(find(key)?, NetworkName::Fitted, 0),
    }
}

/// Every listed layer must exist in the network.
fn check_layers(merged: &Merged, problems: &mut Vec<Problem>) {
    let Some((network, block_count)) = network(merged) else {
        return;
    };
    let check = LayerCheck {
        merged,
        network,
        block_count,
        known: layer_names_of(network, block_count),
    };
    let mut found = check.table("content.layers");
    found.extend(check.table("style.layers"));
    // The list of layers is long; once is enough.
    if let Some(first) = found.first_mut() {
        let word = word_of(network);
        *first = first
            .clone()
            .note(format!("layers of {word}: {}", check.known.join(", ")));
    }
    problems.append(&mut found);
}

struct LayerCheck<'a> {
    merged: &'a Merged,
    network: NetworkName,
    block_count: usize,
    /// The layers of the network.
    known: Vec<String>,
}

impl LayerCheck<'_> {
    fn table(&self, key: &'static str) -> Vec<Problem> {
        let entry = match self.merged.entries.get(key) {
            Some(entry) if !self.merged.failed.contains(&key) => entry,
            _ => return Vec::new(),
        };
        let Value::Layers(layers) = &entry.value else {
            return Vec::new();
        };
        let word = word_of(self.network);
        let mut problems = Vec::new();
        // Layers of another network altogether are one mistake, however many they are.
        let mut foreign: Vec<(String, Place)> = Vec::new();
        for layer in layers.keys().filter(|layer| !self.known.contains(layer)) {
            let place = entry.layer_places.get(layer).unwrap_or(&entry.place);
            match nearest(layer, self.known.iter().map(String::as_str)) {
                Some(near) => problems.push(
                    self.problem(&[quote(layer)], place)
                        .help(format!("did you mean `{near}`?")),
                ),
                None => foreign.push((quote(layer), place.clone())),
            }
        }
        let (names, places): (Vec<String>, Vec<Place>) = foreign.into_iter().unzip();
        let mut places = places.into_iter();
        if let Some(first) = places.next() {
            let mut problem = self.problem(&names, &first);
            for place in places {
                problem = problem.with_context(place, "");
            }
            let usual = self.usual_layers(key);
            problems.push(problem.help(format!("usual for {word}: {key} = {{ {usual} }}")));
        }
        problems
    }

    fn problem(&self, names: &[String], place: &Place) -> Problem {
        let word = word_of(self.network);
        let noun = if names.len() == 1 { "layer" } else { "layers" };
        let names = names.join(", ");
        let problem = Problem::new(format!("the network `{word}` has no {noun} {names}"))
            .at(place.clone(), format!("expected a layer of {word}"));
        match self.choice() {
            Some((choice, label)) => problem.with_context(choice, label),
            None => problem,
        }
    }

    /// Where the preset decides which layers there are.
    fn choice(&self) -> Option<(Place, &'static str)> {
        let entries = &self.merged.entries;
        let widths = entries
            .get("network.widths")
            .filter(|_| self.network == NetworkName::Fitted)
            .map(|entry| (entry, "one block for each of these"));
        let name = entries
            .get("network.name")
            .map(|entry| (entry, "the network is chosen here"));
        widths
            .or(name)
            .map(|(entry, label)| (entry.place.clone(), label))
    }

    fn usual_layers(&self, key: &str) -> String {
        let usual = if key == "content.layers" {
            default_content_layers(self.network, self.block_count)
        } else {
            default_style_layers(self.network, self.block_count)
        };
        let usual: Vec<String> = usual
            .iter()
            .map(|(layer, weight)| format!("{layer} = {}", float_text(*weight)))
            .collect();
        usual.join(", ")
    }
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

fn word_of(network: NetworkName) -> String {
    match serde_json::to_value(network) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
