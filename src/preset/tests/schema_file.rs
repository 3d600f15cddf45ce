//! `presets/schema.json` is what the registry generates, and it agrees with the loader.

use std::fs;

use jsonschema::Validator;
use serde_json::Value as Json;

use super::expected::files;
use super::*;

/// Invalid files whose fault no schema can see: it spans fields or files.
const BEYOND_A_SCHEMA: [&str; 23] = [
    "base_is_broken",
    "base_is_missing",
    "base_is_unknown",
    "base_layers_of_another_network",
    "base_looks_like_a_file",
    "blend_of_nothing",
    "circle",
    "circle_of_two",
    "foreign_layers",
    "init_without_file",
    "layer_beyond_widths",
    "layer_of_larger_vgg",
    "control_character",
    "layer_typed_wrong_in_base",
    "not_finite",
    "pyramid_of_many_sizes",
    "pyramid_without_size",
    "region_as_comment",
    "region_twice",
    "shift_without_gram",
    "statistics_of_base",
    "too_small_sizes",
    "unlisted_layers",
];

fn validator() -> Validator {
    jsonschema::draft7::new(&json_schema()).unwrap()
}

/// The file as JSON; None where it is not TOML at all.
fn json(path: &std::path::Path) -> Option<Json> {
    let text = fs::read_to_string(path).ok()?;
    let table: toml::Table = text.parse().ok()?;
    serde_json::to_value(table).ok()
}

#[test]
fn the_file_is_up_to_date() {
    let path = "presets/schema.json";
    let generated = format!("{:#}\n", json_schema());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, &generated).unwrap();
    }
    let is_same = fs::read_to_string(path).unwrap() == generated;
    assert!(
        is_same,
        "{path} is out of date: UPDATE=1 cargo test writes it"
    );
}

#[test]
fn it_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&json_schema()));
}

#[test]
fn it_accepts_what_the_loader_accepts() {
    let validator = validator();
    for path in [
        files("presets", "toml"),
        files("tests/presets/valid", "toml"),
    ]
    .concat()
    {
        let tree = json(&path).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&tree)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

#[test]
fn it_refuses_what_a_schema_can_refuse() {
    let validator = validator();
    for path in files("tests/presets/invalid", "toml") {
        let Some(tree) = json(&path) else { continue };
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_beyond = BEYOND_A_SCHEMA.contains(&name);
        assert_eq!(validator.is_valid(&tree), is_beyond, "{name}");
    }
}

#[test]
fn every_preset_names_its_schema() {
    for path in files("presets", "toml") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("#:schema ./schema.json\n"),
            "{}",
            path.display()
        );
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(
            built_in::text(name),
            Some(text.as_str()),
            "not built in: {name}"
        );
    }
}
