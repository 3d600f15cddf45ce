//! The presets that are compiled into the program.
//!
//! Static text, any thread.

use std::sync::Arc;

use super::source::{Source, SourceKind};

/// Name and text, in the order in which lists show them.
const PRESETS: [(&str, &str); 6] = [
    ("demo", include_str!("../../presets/demo.toml")),
    ("gatys", include_str!("../../presets/gatys.toml")),
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
