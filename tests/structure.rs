//! The dependency rule of `src/lib.rs`, read from the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file below `folder` with its path relative to `src`.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix("src").unwrap().to_owned(), text));
        }
    }
    found
}

/// `engine` of `engine/lane.rs` and of `engine.rs`.
fn room(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The lines that are code: neither comments nor this file's own tests' strings matter.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
}

/// Whether the crate or room `name` is named in `line` as a path's beginning.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        !line[..at].ends_with(|character: char| character.is_alphanumeric() || character == '_')
    })
}

fn allowed_rooms(room: &str) -> Option<&'static [&'static str]> {
    Some(match room {
        "preset" | "pixels" => &[],
        "loss" | "optimizer" => &["preset"],
        "weights" => &[
            "preset::NetworkName",
            "preset::PixelConvention",
            "preset::visible",
        ],
        "network" => &["preset", "weights"],
        "engine" => &[
            "preset",
            "pixels",
            "network",
            "weights",
            "loss",
            "optimizer",
        ],
        "terminal" => &["preset::visible"],
        "attach" => &["engine", "preset", "record"],
        "record" => &[
            "engine::message",
            "engine::EngineError",
            "engine::checkpoint",
            "engine::cut",
            "engine::picture_slot",
            "preset",
            "pixels",
        ],
        "report" => &["engine::message", "pixels", "preset", "record"],
        "dashboard" => &["attach", "engine", "preset", "pixels", "record", "terminal"],
        "cli" => &["engine", "preset", "weights::catalogue"],
        "command" | "lib" | "main" => return None,
        other => panic!("the room {other} has no rule: add it here and to src/lib.rs"),
    })
}

#[test]
fn rooms_use_only_what_they_may() {
    const ROOMS: [&str; 14] = [
        "attach",
        "cli",
        "command",
        "dashboard",
        "engine",
        "loss",
        "network",
        "optimizer",
        "pixels",
        "preset",
        "record",
        "report",
        "terminal",
        "weights",
    ];
    for (path, text) in sources(Path::new("src")) {
        let own = room(&path);
        let Some(allowed) = allowed_rooms(&own) else {
            continue;
        };
        for line in code(&text) {
            for other in ROOMS.iter().filter(|other| **other != own) {
                let uses = line.contains(&format!("crate::{other}"));
                // What is allowed is a room, or a module of one.
                let may = allowed
                    .iter()
                    .any(|module| line.contains(&format!("crate::{module}")));
                assert!(
                    !uses || may,
                    "{}: `{line}` uses the room {other}, which {own} may not",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn libraries_stay_in_their_rooms() {
    let rules: [(&str, &[&str]); 14] = [
        ("tch", &["network", "loss", "optimizer", "engine"]),
        ("ratatui", &["dashboard"]),
        ("ratatui_image", &["dashboard"]),
        ("crossterm", &["dashboard", "terminal"]),
        ("terminput", &["dashboard", "terminal"]),
        ("plotters", &["report"]),
        ("notify", &["preset"]),
        ("nvml_wrapper", &["dashboard"]),
        ("ureq", &["weights"]),
        ("zip", &["weights"]),
        ("memmap2", &["weights"]),
        ("viuer", &["command"]),
        ("indicatif", &["command"]),
        ("clap", &["cli", "command", "main"]),
    ];
    for (path, text) in sources(Path::new("src")) {
        for (library, rooms) in rules {
            let excepted = library == "tch" && path == Path::new("pixels/tensor.rs");
            if excepted || rooms.contains(&room(&path).as_str()) {
                continue;
            }
            for line in code(&text) {
                assert!(
                    !names(line, library),
                    "{}: `{line}` names {library}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_file_says_what_it_owns_and_unsafe_code_stays_in_two() {
    for (path, text) in sources(Path::new("src")) {
        assert!(
            text.starts_with("//!"),
            "{} does not begin with `//!`",
            path.display()
        );
        if !["engine/cuda.rs", "weights/mapped.rs"]
            .map(Path::new)
            .contains(&path.as_path())
        {
            assert!(
                !code(&text).any(|line| line.contains("unsafe {")),
                "{}: unsafe",
                path.display()
            );
        }
    }
}

#[test]
fn the_layers_that_presets_may_name_are_those_that_networks_have() {
    use stylescope::network::architecture::published;
    use stylescope::network::fitted;
    use stylescope::preset::{NetworkName, layer_names};

    let mut preset = crate::setting::preset("demo", &[]).network;
    for name in [
        NetworkName::Vgg16,
        NetworkName::Vgg19,
        NetworkName::Squeezenet1_0,
        NetworkName::Squeezenet1_1,
        NetworkName::Fitted,
    ] {
        preset.name = name;
        let operations = published(name).unwrap_or_else(|| fitted::operations(&preset));
        let mut known = vec!["input".to_owned()];
        known.extend(operations.into_iter().map(|operation| operation.layer));
        if name == NetworkName::Fitted {
            // Its convolutions and poolings are not for presets.
            known.retain(|layer| layer == "input" || layer.starts_with("block"));
        }
        assert_eq!(layer_names(&preset), known, "{name:?}");
    }
}
