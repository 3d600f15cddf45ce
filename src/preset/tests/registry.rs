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
        let Kind::Enumeration(words) = field.kind else {
            continue;
        };
        let pointer = format!("/{}", field.key.replace('.', "/"));
        for word in words {
            let mut tree = serde_json::to_value(full_preset()).unwrap();
            *tree.pointer_mut(&pointer).unwrap() = Json::from(*word);
            serde_json::from_value::<Preset>(tree).unwrap();
        }
        // serde names the words it knows when it meets one that it does not.
        let mut tree = serde_json::to_value(full_preset()).unwrap();
        *tree.pointer_mut(&pointer).unwrap() = Json::from("no such word");
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
