//! What is said of single style layers and pictures must mean something.
//!
//! Pure, any thread.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::layer_name::default_style_layers;
use super::super::merge::Merged;
use super::super::model::NamedWeights;
use super::super::nearest::nearest;
use super::super::problem::Problem;
use super::super::source::{Place, SourceKind};
use super::super::value::{Entry, Value};
use super::super::visible::quote;
use super::{network, place_of, value_of};

pub(super) fn check(merged: &Merged, problems: &mut Vec<Problem>) {
    if let Some(layers) = style_layers(merged) {
        for key in ["style.statistics", "style.source"] {
            problems.extend(unlisted(merged, key, &layers));
        }
        problems.extend(shift_without_gram(merged, &layers));
    }
    problems.extend(blend_of_nothing(merged));
}

/// The style layers; None where a wrong value hides them.
fn style_layers(merged: &Merged) -> Option<NamedWeights> {
    const KEY: &str = "style.layers";
    if merged.failed.contains(&KEY) {
        return None;
    }
    let Some(entry) = merged.entries.get(KEY) else {
        let (network, block_count) = network(merged)?;
        return Some(default_style_layers(network, block_count));
    };
    match &entry.value {
        Value::Weights(layers) => Some(layers.clone()),
        _ => None,
    }
}

/// Layers in the table `key` that are no style layers.
fn unlisted(merged: &Merged, key: &'static str, layers: &NamedWeights) -> Vec<Problem> {
    let entry = match merged.entries.get(key) {
        Some(entry) if !merged.failed.contains(&key) => entry,
        _ => return Vec::new(),
    };
    let mut problems = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    let entries = entry.value.entries().unwrap_or_default();
    let own = place_of(merged, "style.layers");
    // What a base says of other layers is no slip.
    let is_inherited = |place: &Place| {
        let is_elsewhere = |own: &Place| !Arc::ptr_eq(&own.source, &place.source);
        place.source.kind != SourceKind::Override && own.as_ref().is_some_and(is_elsewhere)
    };
    for layer in entries.keys().filter(|layer| !layers.contains_key(*layer)) {
        let near = nearest(layer, layers.keys().map(String::as_str));
        match near.filter(|_| !is_inherited(entry.place_of(layer))) {
            Some(near) => problems.push(unlisted_problem(key, entry, &[layer]).help(format!(
                "did you mean `{near}`? otherwise list it in `style.layers` with a weight"
            ))),
            None => others.push(layer),
        }
    }
    if !others.is_empty() {
        let them = if others.len() == 1 { "it" } else { "them" };
        let (_, name) = key.split_once('.').unwrap_or_default();
        let base = if is_inherited(&entry.place) {
            format!("; `{name} = {{}}` in [style] drops what a base says")
        } else {
            String::new()
        };
        let help = format!(
            "list {them} in `style.layers` with a weight, or leave {them} out of `{key}`{base}"
        );
        problems.push(unlisted_problem(key, entry, &others).help(help));
    }
    if let Some(last) = problems.pop() {
        let known: Vec<&str> = layers.keys().map(String::as_str).collect();
        problems.push(last.note(format!("layers in `style.layers`: {}", known.join(", "))));
    }
    problems
}

fn unlisted_problem(key: &str, entry: &Entry, names: &[&str]) -> Problem {
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    let noun = if names.len() == 1 { "layer" } else { "layers" };
    let problem = Problem::new(format!(
        "`{key}` names {noun} {}, which `style.layers` does not list",
        quoted.join(", ")
    ));
    let mut places = names.iter().map(|name| entry.place_of(name).clone());
    let first = places.next().unwrap_or_else(|| entry.place.clone());
    let problem = problem.at(first, "expected a layer of `style.layers`");
    places.fold(problem, |problem: Problem, place: Place| {
        problem.with_context(place, "")
    })
}

/// A shift belongs to Gram matrices, and there are none.
fn shift_without_gram(merged: &Merged, layers: &NamedWeights) -> Option<Problem> {
    let Value::Float(shift) = value_of(merged, "style.shift")? else {
        return None;
    };
    let Value::Text(usual) = value_of(merged, "style.statistic")? else {
        return None;
    };
    let own: IndexMap<String, String> = match value_of(merged, "style.statistics")? {
        Value::Words(words) => words,
        _ => return None,
    };
    let mut statistics = layers
        .keys()
        .map(|layer| own.get(layer).unwrap_or(&usual).as_str());
    let has_gram = statistics.any(|word| matches!(word, "gram" | "gram_and_histogram"));
    if shift == 0.0 || has_gram {
        return None;
    }
    Some(
        Problem::new(format!("`style.shift` says nothing to `{usual}`"))
            .at(
                place_of(merged, "style.shift")?,
                "expected 0, where no Gram matrix is taken",
            )
            .with_field(merged, "style.statistic", "this does not use it")
            .help("set `style.shift = 0`, or compare Gram matrices: `style.statistic = \"gram\"`"),
    )
}

fn blend_of_nothing(merged: &Merged) -> Option<Problem> {
    let Value::Weights(shares) = value_of(merged, "style.blend")? else {
        return None;
    };
    let entry = merged.entries.get("style.blend")?;
    if shares.values().any(|share| *share > 0.0) {
        return None;
    }
    let mut places = shares.keys().map(|name| entry.place_of(name).clone());
    let problem = Problem::new("`style.blend` gives no picture a share")
        .at(places.next()?, "expected a share above 0")
        .help("give at least one picture a share, or leave `style.blend` out for equal shares");
    Some(places.fold(problem, |problem, place| problem.with_context(place, "")))
}
