//! `stylescope presets`: listing, showing, checking, and the schema.

use super::setting::Setting;

fn source(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn list_has_a_line_on_each() {
    let listed = Setting::empty()
        .stylescope(["presets", "list"])
        .succeeded()
        .stdout;
    let names = [
        "crowsonkb",
        "demo",
        "gatys",
        "gatys-2016",
        "gordicaleksa",
        "inetwork",
        "neural-style",
        "neural-style-pt",
        "reference",
        "reference-fast",
        "reference-intended",
        "squeezenet",
        "tch-example",
    ];
    for name in names {
        let line = listed
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        assert!(line.trim_start_matches(name).trim().len() > 20, "{line}");
    }
}

#[test]
fn list_for_other_programs() {
    let listed = Setting::empty()
        .stylescope(["presets", "list", "--json"])
        .succeeded()
        .stdout;
    let objects: Vec<serde_json::Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        objects
            .iter()
            .any(|object| object["name"] == "gatys" && object["description"].is_string())
    );
}

#[test]
fn a_folder_of_ones_own_is_found() {
    let setting = Setting::with_pictures();
    setting.write(
        "configuration/stylescope/presets/mine.toml",
        "extends = \"demo\"\ndescription = \"My very own\"\n[schedule]\nsteps = 2\n",
    );
    setting.write("presets/broken.toml", "[style]\nweight = -1\n");
    let listed = setting.stylescope(["presets", "list"]).succeeded().stdout;
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(
        line("mine ").contains("My very own") && line("mine ").contains("mine.toml"),
        "{listed}"
    );
    assert!(line("broken ").contains("broken: "), "{listed}");
    let arguments = "run content.png style.png -p mine --size 32 --threads 1";
    let ended = setting.stylescope(arguments.split(' ')).succeeded();
    assert!(
        ended.stdout.contains("preset mine, 32×24, 2 steps"),
        "{}",
        ended.stdout
    );
    assert!(setting.exists("content-style-mine.png"));
}

#[test]
fn show_prints_a_preset_as_written() {
    let shown = Setting::empty()
        .stylescope(["presets", "show", "gatys"])
        .succeeded()
        .stdout;
    assert_eq!(shown.trim_end(), source("presets/gatys.toml").trim_end());
}

#[test]
fn show_prints_every_field() {
    let setting = Setting::empty();
    let arguments = "presets show reference-intended --resolved --set style.weight=42.5";
    let shown = setting.stylescope(arguments.split(' ')).succeeded().stdout;
    for words in [
        "weight = 42.5",
        "conv5_1",
        "epsilon",
        "[schedule]",
        "noise_deviation",
    ] {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
    assert!(!shown.contains("extends"), "{shown}");
    setting.write("copy.toml", shown);
    setting
        .stylescope(["presets", "check", "copy.toml"])
        .succeeded();
}

#[test]
fn check_says_everything_that_is_wrong() {
    let setting = Setting::empty();
    let text = source("tests/presets/invalid/many_errors.toml");
    setting.write("mine.toml", text);
    let ended = setting.stylescope(["presets", "check", "demo", "mine.toml", "gatys"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout, "demo: good\ngatys: good\n");
    assert_eq!(
        ended.stderr.matches("error: ").count(),
        5,
        "{}",
        ended.stderr
    );
    for words in [
        "mine.toml:1:16",
        "did you mean `vgg19`?",
        "mine.toml:4:10",
        "kind = \"lbgfs\"",
        "`optimizer.beta2`",
    ] {
        assert!(
            ended.stderr.contains(words),
            "{words:?} is not in {}",
            ended.stderr
        );
    }
}

#[test]
fn show_and_check_of_what_is_not_there() {
    let setting = Setting::empty();
    setting
        .stylescope(["presets", "show", "dmeo"])
        .failed_saying(&["there is no preset `dmeo`", "did you mean `demo`?"]);
    setting
        .stylescope(["presets", "check", "./mine.toml"])
        .failed_saying(&["mine.toml"]);
}

#[test]
fn the_schema_is_that_of_the_presets_folder() {
    let printed = Setting::empty()
        .stylescope(["presets", "schema"])
        .succeeded()
        .stdout;
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert!(
        parse(&printed) == parse(&source("presets/schema.json")),
        "presets/schema.json is another one"
    );
}
