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
