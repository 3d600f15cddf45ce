//! `--set`: what is accepted, and in which order it is laid over a preset.

use super::*;

#[test]
fn words_numbers_lists_and_tables_are_accepted() {
    let preset = with_overrides(
        "demo",
        &[
            "network.name=vgg19",
            "network.weights='/a b/c.safetensors'",
            "image.init=noise",
            "description=two words",
            "style.weight = 3e5",
            "optimizer.clamp=false",
            "content.layers={ relu4_2 = 1 }",
            "style.layers={ relu1_1 = 1, relu2_1 = 0.5 }",
            "network.widths=[8, 16]",
        ],
    )
    .unwrap();
    assert_eq!(preset.network.name, NetworkName::Vgg19);
    assert_eq!(preset.network.weights, Some("/a b/c.safetensors".into()));
    assert_eq!(preset.image.init, Init::Noise);
    assert_eq!(preset.description, "two words");
    assert_eq!(preset.style.weight.to_bits(), 3e5_f64.to_bits());
    assert!(!preset.optimizer.clamp);
    assert_eq!(preset.style.layers.len(), 2);
    assert_eq!(preset.network.widths, [8, 16]);
}

#[test]
fn single_layers_are_edited_added_and_removed() {
    let preset = with_overrides(
        "gatys",
        &[
            "style.layers.relu1_1=0.5",
            "style.layers.relu1_2=1",
            "style.layers.relu5_1=none",
        ],
    )
    .unwrap();
    let layers: Vec<&String> = preset.style.layers.keys().collect();
    assert_eq!(
        layers,
        ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu1_2"]
    );
    assert_eq!(preset.style.layers.get("relu1_1"), Some(&0.5));
}

#[test]
fn entries_of_every_table_are_edited_added_and_removed() {
    let base = "tests/presets/valid/every_table.toml";
    let preset = with_overrides(
        base,
        &[
            "style.blend.second=0.3",
            "style.blend.first=none",
            "style.regions.#FF0000=2",
            "style.regions.\"#00FF00\"=none",
            "content.regions.#ff0000=3",
            "style.statistics.relu2_1=mean",
            "style.statistics.relu1_1=none",
            "style.source.relu1_1='third'",
        ],
    )
    .unwrap();
    let weights = |pairs: &[(&str, f64)]| -> NamedWeights {
        let pairs = pairs.iter();
        pairs
            .map(|(name, weight)| ((*name).to_owned(), *weight))
            .collect()
    };
    assert_eq!(preset.style.blend, weights(&[("second", 0.3)]));
    assert_eq!(preset.style.regions, weights(&[("#ff0000", 2.0)]));
    assert_eq!(preset.content.regions, weights(&[("#ff0000", 3.0)]));
    assert_eq!(preset.style.statistics.len(), 1);
    assert_eq!(preset.style.statistic_at("relu2_1"), Statistic::Mean);
    assert_eq!(preset.style.statistic_at("relu1_1"), Statistic::Gram);
    assert_eq!(preset.style.source["relu1_1"], "third");
    assert_eq!(preset.style.source["relu5_1"], "blend");
    // The last entry may go, but for layers.
    let emptied = with_overrides(base, &["style.regions.#00ff00=none", "style.source={}"]).unwrap();
    assert!(emptied.style.regions.is_empty() && emptied.style.source.is_empty());
}

#[test]
fn a_table_replaces_the_whole_table_of_its_base() {
    let preset = with_overrides("tests/presets/valid/empties_tables.toml", &[]).unwrap();
    let changes: Vec<String> = diff(&built_in("gatys"), &preset)
        .iter()
        .map(|change| change.key.clone())
        .collect();
    assert_eq!(changes, ["style.shift"]);
}

#[test]
fn the_last_of_two_wins() {
    let preset = with_overrides("demo", &["schedule.steps=5", "schedule.steps=6"]).unwrap();
    assert_eq!(preset.schedule.steps, 6);
}

#[test]
fn layers_of_the_defaults_can_be_edited() {
    let source = Source::new("empty", "", SourceKind::Text);
    let overrides =
        ["style.layers.relu1_1=9", "network.name=vgg16"].map(|text| text.parse().unwrap());
    let (preset, _) = resolve(source, &overrides).unwrap();
    assert_eq!(preset.style.layers.len(), 5);
    assert_eq!(preset.style.layers.get("relu1_1"), Some(&9.0));
}

#[test]
fn arguments_without_a_key_or_value_are_refused() {
    for argument in ["", "style.weight", "=3", " = 3"] {
        assert_eq!(
            argument.parse::<Override>(),
            Err(OverrideSyntaxError),
            "{argument}"
        );
    }
}
