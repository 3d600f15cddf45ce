//! The registry and the typed preset describe the same fields.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::*;
use crate::preset::field::{FIELDS, Kind};

/// A preset in which every optional field has a value.
fn full_preset() -> Preset {
    let mut preset = built_in("demo");
    preset.network.weights = Some("weights.safetensors".into());
    preset.image.init_file = Some("start.png".into());
    preset
}

#[test]
fn registry_and_typed_preset_have_the_same_keys() {
    let tree = serde_json::to_value(full_preset()).unwrap();
    let mut keys = BTreeSet::new();
    for (name, value) in tree.as_object().unwrap() {
        match value {
            Json::Object(table) => {
                keys.extend(table.keys().map(|field| format!("{name}.{field}")));
            }
            _ => {
                keys.insert(name.clone());
            }
        }
    }
    let registered: BTreeSet<String> = FIELDS.iter().map(|field| field.key.to_owned()).collect();
    assert_eq!(registered, keys);
}

#[test]
fn registry_and_typed_preset_have_the_same_words() {
    for field in FIELDS {
        let tree_with = |word: &str| {
            let mut tree = serde_json::to_value(full_preset()).unwrap();
            let pointer = format!("/{}", field.key.replace('.', "/"));
            let is_table = field.kind.is_table();
            *tree.pointer_mut(&pointer).unwrap() = if is_table {
                serde_json::json!({ "block1": word })
            } else {
                Json::from(word)
            };
            tree
        };
        let words = match field.kind {
            Kind::Enumeration(words) => words,
            // Style pictures are words to the registry and text to the typed preset.
            Kind::LayerWords(words) if field.key != "style.source" => words,
            _ => continue,
        };
        for word in words {
            serde_json::from_value::<Preset>(tree_with(word)).unwrap();
        }
        // serde names the words it knows when it meets one that it does not.
        let tree = tree_with("no such word");
        let message = serde_json::from_value::<Preset>(tree)
            .unwrap_err()
            .to_string();
        let known: BTreeSet<&str> = message.split('`').skip(3).step_by(2).collect();
        assert_eq!(
            known,
            words.iter().copied().collect(),
            "{}: {message}",
            field.key
        );
    }
}

#[test]
fn a_layer_comes_from_any_picture_or_from_the_blend() {
    let Kind::LayerWords(words) = field::find("style.source").unwrap().kind else {
        panic!("no words");
    };
    assert_eq!(words[0], "blend");
    assert_eq!(words[1..], ORDINALS);
}

#[test]
fn changes_are_classed_as_the_registry_says() {
    let class = |key: &str| field::find(key).unwrap().change;
    for key in [
        "style.weight",
        "optimizer.clamp",
        "schedule.steps",
        "variation.form",
    ] {
        assert_eq!(class(key), ChangeClass::Live, "{key}");
    }
    for key in [
        "network.pooling",
        "style.statistic",
        "content.error",
        "image.filter",
    ] {
        assert_eq!(class(key), ChangeClass::Rebuild, "{key}");
    }
    for key in [
        "image.init",
        "image.init_file",
        "image.noise_deviation",
        "schedule.seed",
    ] {
        assert_eq!(class(key), ChangeClass::Restart, "{key}");
    }
}

#[test]
fn an_empty_text_is_a_preset() {
    let preset = from_toml("", "empty").unwrap();
    assert_eq!(preset.network.name, NetworkName::Fitted);
    let layers: Vec<&String> = preset.content.layers.keys().collect();
    assert_eq!(layers, ["block3"]);
    let vgg = from_toml("network.name = \"vgg19\"", "vgg").unwrap();
    assert!(vgg.content.layers.contains_key("relu4_2"));
}

#[test]
fn diff_tells_fields_and_single_layers() {
    let old = built_in("reference");
    let new = with_overrides(
        "reference",
        &[
            "style.weight=3e5",
            "style.layers.conv1_1=0.5",
            "style.layers.conv4_2=none",
            "style.layers.conv5_1=0.1",
            "schedule.seed=7",
            "optimizer.clamp=true",
            "network.weights=/a/b.safetensors",
        ],
    )
    .unwrap();
    let changes: Vec<String> = diff(&old, &new).iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "network.weights none → /a/b.safetensors, rebuild",
            "style.weight 1e5 → 3e5, live",
            "style.layers.conv1_1 1.0 → 0.5, live",
            "style.layers.conv4_2 0.1 → none, rebuild",
            "style.layers.conv5_1 none → 0.1, rebuild",
            "optimizer.clamp false → true, live",
            "schedule.seed 0 → 7, restart",
        ]
    );
    assert_eq!(diff(&old, &old), []);
}

#[test]
fn diff_tells_single_entries_of_every_table() {
    let old = with_overrides(
        "demo",
        &[
            "style.blend={ first = 0.5, third = 1 }",
            "style.source.block1=first",
            "style.statistics.block2=mean",
        ],
    )
    .unwrap();
    let new = with_overrides(
        "demo",
        &[
            "style.blend={ first = 1, second = 0.25 }",
            "style.source={ block1 = 'second', block2 = 'blend' }",
            "style.statistics.block3=gram",
            "style.regions.#FF0000=2",
            "content.regions.#00ff00=0",
        ],
    )
    .unwrap();
    let changes: Vec<String> = diff(&old, &new).iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "content.regions.#00ff00 none → 0.0, live",
            "style.statistics.block2 mean → none, rebuild",
            "style.statistics.block3 none → gram, rebuild",
            "style.blend.first 0.5 → 1.0, live",
            "style.blend.third 1.0 → none, live",
            "style.blend.second none → 0.25, live",
            "style.source.block1 first → second, live",
            "style.source.block2 none → blend, live",
            "style.regions.#ff0000 none → 2.0, live",
        ]
    );
    for change in diff(&old, &new) {
        assert_eq!(change.to_string().parse(), Ok(change));
    }
    let listed = values(&new);
    for (key, value) in [
        ("style.blend.second", "0.25"),
        ("style.source.block1", "second"),
        ("style.regions.#ff0000", "2.0"),
    ] {
        assert!(
            listed.contains(&(key.to_owned(), value.to_owned())),
            "{key}"
        );
    }
}

#[test]
fn the_order_of_layers_matters_where_they_are_chained() {
    let preset = |text: &str| from_toml(text, "order").unwrap();
    let one = preset("style.layers = { block1 = 1, block2 = 2 }");
    let other = preset("style.layers = { block2 = 2, block1 = 1 }");
    assert_eq!(diff(&one, &other), []);
    let mut chained = other.clone();
    chained.style.chained = true;
    let changes: Vec<String> = diff(&one, &chained)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        changes,
        [
            "style.layers block1, block2 → block2, block1, rebuild",
            "style.chained false → true, rebuild",
        ]
    );
    let made = crate::preset::with_overrides(&one, &settings(&one, &chained)).unwrap();
    assert!(made.style.layers.keys().eq(["block2", "block1"]));
    assert_eq!(diff(&made, &chained), []);
}

#[test]
fn built_in_presets_are_what_their_recipes_say() {
    let reference = built_in("reference");
    let weights: Vec<(&str, f64)> = reference
        .style
        .layers
        .iter()
        .map(|(layer, weight)| (layer.as_str(), *weight))
        .collect();
    assert_eq!(
        weights,
        [
            ("conv1_1", 1.0),
            ("conv2_1", 0.8),
            ("conv3_1", 0.5),
            ("conv4_1", 0.3),
            ("conv4_2", 0.1)
        ]
    );
    let changes = |name: &str| -> Vec<String> {
        diff(&reference, &built_in(name))
            .iter()
            .map(ToString::to_string)
            .filter(|change| !change.starts_with("description"))
            .collect()
    };
    assert_eq!(
        changes("reference-intended"),
        [
            "style.layers.conv4_2 0.1 → none, rebuild",
            "style.layers.conv5_1 none → 0.1, rebuild",
        ]
    );
    assert_eq!(
        changes("reference-fast"),
        [
            "optimizer.learning_rate 0.001 → 0.2, live",
            "optimizer.beta2 0.999 → 0.99, live",
            "schedule.steps 5000 → 150, live",
        ]
    );
}
