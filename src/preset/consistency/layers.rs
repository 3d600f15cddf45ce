//! Layers that are listed must be layers of the network.
//!
//! Pure, any thread.

use super::super::layer_name::{default_content_layers, default_style_layers, layer_names_of};
use super::super::merge::Merged;
use super::super::model::NetworkName;
use super::super::nearest::nearest;
use super::super::number::float_text;
use super::super::problem::Problem;
use super::super::source::Place;
use super::super::value::Value;
use super::super::visible::quote;
use super::network;

/// Every listed layer must exist in the network.
pub(super) fn check(merged: &Merged, problems: &mut Vec<Problem>) {
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
        let Value::Weights(layers) = &entry.value else {
            return Vec::new();
        };
        let word = word_of(self.network);
        let mut problems = Vec::new();
        // Layers of another network altogether are one mistake, however many they are.
        let mut foreign: Vec<(String, Place)> = Vec::new();
        for layer in layers.keys().filter(|layer| !self.known.contains(layer)) {
            let place = entry.place_of(layer);
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

fn word_of(network: NetworkName) -> String {
    match serde_json::to_value(network) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
