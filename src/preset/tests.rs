//! Tests of the room as a whole; tests of one file stand in that file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod expected;
mod finding;
mod registry;
mod robustness;
mod round_trip;
mod schema_file;
mod setting;

use super::*;

/// A built-in preset, whatever files of the same name lie in the working directory.
fn built_in(name: &str) -> Preset {
    with_overrides(name, &[]).unwrap()
}

/// A built-in preset with `--set` arguments laid over it.
fn with_overrides(name: &str, overrides: &[&str]) -> Result<Preset, PresetError> {
    let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    load_from(name, &overrides, &[]).map(|loaded| loaded.preset)
}
