//! Look-up by name and path, bases, relative paths, lists.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn load_path(path: &Path) -> Result<Loaded, PresetError> {
    load_from(path.to_str().unwrap(), &[], &[])
}

#[test]
fn a_file_in_a_folder_hides_the_built_in_preset() {
    let folder = folder_with(&[("gatys.toml", "extends = \"gatys\"\nstyle.weight = 5")]);
    let folders = [folder.path().join("missing"), folder.path().to_owned()];
    let loaded = load_from("gatys", &[], &folders).unwrap();
    let path = folder.path().join("gatys.toml");
    assert_eq!(loaded.origin, Origin::File(path.clone()));
    assert_eq!(loaded.files, [path]);
    assert!((loaded.preset.style.weight - 5.0).abs() < f64::EPSILON);
    assert_eq!(loaded.preset.network, built_in("gatys").network);
    assert_eq!(
        load_from("gatys", &[], &[]).unwrap().origin,
        Origin::BuiltIn
    );
}

#[test]
fn a_chain_of_bases_is_laid_over_from_the_bottom() {
    let folder = folder_with(&[
        (
            "top.toml",
            "extends = \"below/middle.toml\"\n[schedule]\nsteps = 7",
        ),
        (
            "below/middle.toml",
            "extends = \"../bottom.toml\"\n[style.layers]\nrelu1_1 = 2",
        ),
        (
            "bottom.toml",
            "extends = \"gatys\"\n[schedule]\nsteps = 5\nseed = 3",
        ),
    ]);
    let loaded = load_path(&folder.path().join("top.toml")).unwrap();
    assert_eq!(loaded.name, "top");
    assert_eq!(loaded.preset.schedule, SchedulePreset { steps: 7, seed: 3 });
    assert_eq!(
        loaded.preset.style.layers,
        LayerWeights::from([("relu1_1".to_owned(), 2.0)])
    );
    assert_eq!(loaded.files.len(), 3);
}

#[test]
fn relative_paths_start_at_the_file_that_names_them() {
    let folder = folder_with(&[
        (
            "top.toml",
            "extends = \"below/base.toml\"\nimage.init = \"file\"\nimage.init_file = \"a.png\"",
        ),
        ("below/base.toml", "network.weights = \"w.safetensors\""),
    ]);
    let preset = load_path(&folder.path().join("top.toml")).unwrap().preset;
    assert_eq!(preset.image.init_file, Some(folder.path().join("a.png")));
    assert_eq!(
        preset.network.weights,
        Some(folder.path().join("below/w.safetensors"))
    );
    let here = std::env::current_dir().unwrap();
    let set = with_overrides("gatys", &["network.weights=w.safetensors"]).unwrap();
    assert_eq!(set.network.weights, Some(here.join("w.safetensors")));
    let home = with_overrides("gatys", &["network.weights=~/w.safetensors"]).unwrap();
    assert_eq!(
        home.network.weights,
        Some(etcetera::home_dir().unwrap().join("w.safetensors"))
    );
}

#[test]
fn a_preset_without_a_folder_reads_no_file() {
    let error = from_toml("extends = \"/etc/passwd.toml\"", "picture.png").unwrap_err();
    assert!(
        error.to_string().contains("cannot extend a file"),
        "{error}"
    );
    assert_eq!(
        from_toml("extends = \"gatys\"", "picture.png").unwrap(),
        built_in("gatys")
    );
}

#[test]
fn an_error_knows_the_files_to_watch_until_it_is_mended() {
    let folder = folder_with(&[
        ("top.toml", "extends = \"base.toml\""),
        ("broken.toml", "extends = \"top.toml\"\nstyle.weight = -1"),
    ]);
    let below = |name: &str| folder.path().join(name);
    let files = |name: &str| load_path(&below(name)).unwrap_err().files().to_vec();
    assert_eq!(files("top.toml"), ["top.toml", "base.toml"].map(below));
    assert_eq!(files("missing.toml"), ["missing.toml"].map(below));
    fs::write(below("base.toml"), "").unwrap();
    let all = ["broken.toml", "top.toml", "base.toml"].map(below);
    assert_eq!(files("broken.toml"), all);
    assert!(load_path(&below("top.toml")).is_ok());
}

#[test]
fn a_summary_says_why_a_file_cannot_be_read() {
    let folder = folder_with(&[("wrong.toml", "[style]\nweigth = 1")]);
    let missing = load_path(&folder.path().join("missing.toml")).unwrap_err();
    let summary = missing.summary();
    assert!(
        summary.ends_with("cannot be read: there is no such file"),
        "{summary}"
    );
    assert_eq!(missing.fault_and_place(), summary);
    let wrong = load_path(&folder.path().join("wrong.toml")).unwrap_err();
    let fault = wrong.fault_and_place();
    assert!(fault.starts_with("unknown field `weigth`"), "{fault}");
    assert!(fault.contains("wrong.toml:2:1)"), "{fault}");
}

#[test]
fn a_list_never_fails_and_tells_what_is_broken() {
    let folder = folder_with(&[
        ("broken.toml", "style.weigth = 1"),
        ("demo.toml", "description = \"mine\""),
        ("notes.txt", ""),
    ]);
    let listed = list_from(&[folder.path().to_owned(), folder.path().join("missing")]);
    let names: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    let others = built_in::names().into_iter().filter(|name| *name != "demo");
    let expected: Vec<&str> = ["broken", "demo"].into_iter().chain(others).collect();
    assert_eq!(names, expected);
    assert!(listed[0].description.is_err());
    assert_eq!(listed[1].description.as_ref().unwrap(), "mine");
    for listed in &listed[2..] {
        assert_eq!(listed.origin, Origin::BuiltIn);
        assert!(
            !listed.description.as_ref().unwrap().is_empty(),
            "{}",
            listed.name
        );
    }
}

#[test]
fn large_files_and_folders_are_refused() {
    let folder = folder_with(&[
        ("large.toml", &"#".repeat(300 * 1024)),
        ("below.toml/x", ""),
    ]);
    let error = load_path(&folder.path().join("large.toml")).unwrap_err();
    assert!(error.to_string().contains("at most 256 KiB"), "{error}");
    assert!(load_path(&folder.path().join("below.toml")).is_err());
    assert!(load_path(Path::new("/")).is_err());
}

#[test]
fn windows_files_with_a_byte_order_mark_load() {
    let folder = folder_with(&[("a.toml", "\u{feff}[style]\r\nweight = 2\r\nweigth = 3\r\n")]);
    let error = load_path(&folder.path().join("a.toml")).unwrap_err();
    assert_eq!(error.problem_count(), 1);
    assert!(
        error.summary().contains("a.toml:3:1: "),
        "{}",
        error.summary()
    );
}
