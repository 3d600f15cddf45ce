//! The presets that are compiled into the program.
//!
//! Static text, any thread.

use std::sync::Arc;

use super::source::{Source, SourceKind};

/// Name and text, in the order in which lists show them.
const PRESETS: [(&str, &str); 19] = [
    ("crowsonkb", include_str!("../../presets/crowsonkb.toml")),
    ("demo", include_str!("../../presets/demo.toml")),
    ("fast", include_str!("../../presets/fast.toml")),
    ("gatys", include_str!("../../presets/gatys.toml")),
    ("gatys-2016", include_str!("../../presets/gatys-2016.toml")),
    (
        "gordicaleksa",
        include_str!("../../presets/gordicaleksa.toml"),
    ),
    ("inetwork", include_str!("../../presets/inetwork.toml")),
    (
        "keep-colours",
        include_str!("../../presets/keep-colours.toml"),
    ),
    ("large", include_str!("../../presets/large.toml")),
    ("masked", include_str!("../../presets/masked.toml")),
    (
        "neural-style",
        include_str!("../../presets/neural-style.toml"),
    ),
    (
        "neural-style-pt",
        include_str!("../../presets/neural-style-pt.toml"),
    ),
    ("quality", include_str!("../../presets/quality.toml")),
    ("reference", include_str!("../../presets/reference.toml")),
    (
        "reference-fast",
        include_str!("../../presets/reference-fast.toml"),
    ),
    (
        "reference-intended",
        include_str!("../../presets/reference-intended.toml"),
    ),
    ("squeezenet", include_str!("../../presets/squeezenet.toml")),
    (
        "tch-example",
        include_str!("../../presets/tch-example.toml"),
    ),
    ("two-styles", include_str!("../../presets/two-styles.toml")),
];

/// The names of all built-in presets.
#[must_use]
pub fn names() -> Vec<&'static str> {
    PRESETS.iter().map(|(name, _)| *name).collect()
}

/// The text of a built-in preset as its author wrote it, comments included; a good start for a
/// preset of one's own.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    PRESETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

pub(super) fn source(name: &str) -> Option<Arc<Source>> {
    PRESETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(name, text)| {
            let label = format!("built-in preset {name}");
            Source::new(label, text, SourceKind::BuiltIn(name))
        })
}
