//! Several style pictures: how they are given, that they count, and that everything that tells of a run names them.

use serde_json::{Value, json};

use super::setting::{Setting, pixels_of};

/// With `content.png`, `style.png` and `other.png`.
fn with_pictures() -> Setting {
    let setting = Setting::with_pictures();
    setting.picture("other.png", 50, 70, 5);
    setting
}

fn objects(stdout: &str) -> Vec<Value> {
    let lines = stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn description(setting: &Setting) -> Value {
    serde_json::from_slice(&std::fs::read(setting.only_run().join("run.json")).unwrap()).unwrap()
}

/// What `show` prints of how a picture was made.
fn shown(setting: &Setting, picture: &str) -> String {
    setting.stylescope(["show", picture]).succeeded().stdout
}

#[test]
fn two_style_pictures_are_blended_and_named_everywhere() {
    let setting = with_pictures();
    let ended = setting
        .run("content.png style.png --style other.png --blend 2,1 -o out.png")
        .succeeded();
    let words = "content.png in the style of style.png and other.png: preset demo";
    assert!(ended.stdout.contains(words), "{}", ended.stdout);
    let run = description(&setting);
    assert_eq!(run["style"]["name"], "style.png");
    assert_eq!(run["more_styles"].as_array().unwrap().len(), 1);
    let other = &run["more_styles"][0];
    assert_eq!(other["name"], "other.png");
    assert_eq!(other["path"], json!(setting.path("other.png")));
    assert_eq!(other["sha256"].as_str().unwrap().len(), 64);
    assert!(run.get("content_mask").is_none() && run.get("style_masks").is_none());
    let preset = std::fs::read_to_string(setting.only_run().join("preset.toml")).unwrap();
    assert!(
        preset.contains("first = 2.0") && preset.contains("second = 1.0"),
        "{preset}"
    );
    let hash = &other["sha256"].as_str().unwrap()[..16];
    let line = format!("more_styles other.png (sha256 {hash})");
    for picture in [
        setting.path("out.png"),
        setting.only_run().join("result.png"),
    ] {
        let shown = shown(&setting, picture.to_str().unwrap());
        assert!(
            shown.contains(&line) && !shown.contains("masks  "),
            "{shown}"
        );
    }
    let listed = setting.stylescope(["runs", "list"]).succeeded().stdout;
    assert!(
        listed.contains("style of style.png and other.png"),
        "{listed}"
    );
    let told = setting
        .stylescope(["runs", "show", "--graphics", "none"])
        .succeeded()
        .stdout;
    let second = format!("\n          other.png (sha256 {hash})");
    assert!(told.contains(&second), "{told}");
    let told = setting
        .stylescope(["watch", "--headless"])
        .succeeded()
        .stdout;
    assert!(told.contains("style.png and other.png, preset"), "{told}");
    setting
        .stylescope(["report", "-o", "report.html"])
        .succeeded();
    let report = std::fs::read_to_string(setting.path("report.html")).unwrap();
    let again = format!("--style {}", setting.path("other.png").display());
    for words in [
        "in the style of style.png and other.png",
        "more styles",
        &again,
    ] {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn shares_decide_what_the_picture_becomes() {
    let setting = with_pictures();
    let made = |name: &str, arguments: &str| {
        setting
            .run(&format!(
                "content.png {arguments} -o {name}.png --sixteen-bit"
            ))
            .succeeded();
        pixels_of(&setting.path(&format!("{name}.png")))
    };
    // The network is learned from whatever pictures there are, so only runs with the same ones can be compared.
    let first = made("first", "style.png --style other.png --blend 1,0");
    let second = made("second", "style.png --style other.png --blend 0,1");
    let both = made("both", "style.png --style other.png");
    let halves = made("halves", "style.png --style other.png --blend 3,3");
    assert!(first != second && second != both && both != first);
    assert!(both == halves, "shares are not what counts, but numbers");
    let set = "style.png --style other.png --blend 1,0 --set style.blend.first=0 --set style.blend.second=7";
    assert!(made("set", set) == second, "--set has the last word");
    assert!(made("alone", "style.png") != both);
}

#[test]
fn json_names_them_after_the_first() {
    let setting = with_pictures();
    let ended = setting
        .run("content.png style.png --style other.png --style content.png --json -o out.png")
        .succeeded();
    let start = &objects(&ended.stdout)[0];
    assert_eq!(start["style"], "style.png");
    assert_eq!(start["more_styles"], json!(["other.png", "content.png"]));
    let keys: Vec<&String> = start.as_object().unwrap().keys().collect();
    assert_eq!(keys[3..7], ["content", "style", "more_styles", "size"]);
    let told = setting.stylescope(["watch", "--json"]).succeeded().stdout;
    assert_eq!(objects(&told)[0]["more_styles"], start["more_styles"]);
}

#[test]
fn demo_and_the_reference_program_s_command_line_take_them() {
    let setting = with_pictures();
    let arguments = "demo --style other.png --blend 1,2 --size 48 --steps 3 --threads 1 --set network.widths=[8,8,8,8]";
    let ended = setting.stylescope(arguments.split(' ')).succeeded();
    let words = "drawn scene in the style of drawn painting and other.png";
    assert!(ended.stdout.contains(words), "{}", ended.stdout);
    setting
        .run("--content-image content.png --style-image style.png --style other.png --save-dir made -p demo")
        .succeeded();
    assert!(setting.exists("made/generated_content.png"));
}

#[test]
fn a_wrong_number_of_weights_names_both_numbers() {
    let setting = with_pictures();
    setting
        .run("content.png style.png --style other.png --blend 1,2,3")
        .failed_saying(&["--blend has 3 weights, and there are 2 style pictures"])
        .before_any_work();
    setting
        .run("content.png style.png --blend 1,2")
        .failed_saying(&["--blend has 2 weights, and there is 1 style picture"])
        .before_any_work();
    assert_eq!(setting.names(), ["content.png", "other.png", "style.png"]);
}

#[test]
fn weights_that_are_none_are_refused_with_the_command_line() {
    let setting = with_pictures();
    for (blend, words) in [
        ("0,0", "at least one share above 0"),
        ("-1,2", "below 0"),
        ("1;2", "such as 2,1"),
        ("1,inf", "endless"),
    ] {
        setting
            .run(&format!(
                "content.png style.png --style other.png --blend {blend}"
            ))
            .refused_saying(&["--blend", words]);
    }
}

#[test]
fn a_ninth_style_picture_is_one_too_many() {
    let setting = with_pictures();
    let with = |more: usize| format!("content.png style.png{}", " --style other.png".repeat(more));
    setting
        .run(&with(8))
        .failed_saying(&["9 style pictures, and at most 8"])
        .before_any_work();
    setting.run(&with(7)).succeeded();
}

#[test]
fn a_preset_that_speaks_of_more_pictures_than_there_are() {
    let setting = with_pictures();
    setting
        .run("content.png style.png --style other.png --set style.blend.third=1")
        .failed_saying(&["style.blend names the third style picture", "there are 2"])
        .before_any_work();
    setting
        .run("content.png style.png --set style.source.block2=second")
        .failed_saying(&["style.source.block2 names the second", "there is one"])
        .before_any_work();
}

#[test]
fn none_of_them_is_written_over_and_all_are_read() {
    let setting = with_pictures();
    let before = std::fs::read(setting.path("other.png")).unwrap();
    setting
        .run("content.png style.png --style other.png -o other.png")
        .failed_saying(&["other.png is one of the inputs"])
        .before_any_work();
    assert!(std::fs::read(setting.path("other.png")).unwrap() == before);
    setting
        .run("content.png style.png --style nowhere.png")
        .failed_saying(&["\"nowhere.png\": there is no such file"])
        .before_any_work();
}

#[test]
fn the_difference_of_two_runs_names_the_second_picture() {
    let setting = with_pictures();
    setting.picture("third.png", 40, 40, 9);
    for other in ["other.png", "third.png"] {
        setting
            .run(&format!(
                "content.png style.png --style {other} -o {other}-out.png"
            ))
            .succeeded();
    }
    let ids: Vec<String> = std::fs::read_dir(setting.runs())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let told = setting
        .stylescope(["runs", "diff", &ids[0], &ids[1]])
        .succeeded()
        .stdout;
    assert!(
        told.contains("second style picture") && told.contains("third.png ("),
        "{told}"
    );
    assert!(!told.contains("third style picture"), "{told}");
}

#[test]
fn a_comparison_gives_every_candidate_the_same_pictures() {
    let setting = with_pictures();
    setting.write("calm.toml", "extends = \"demo\"\n[style]\nweight = 0.5\n");
    let arguments = "compare content.png style.png demo calm.toml --style other.png --blend 2,1 --json --size 48 \
                     --steps 3 --threads 1 --set network.widths=[8,8,8,8]";
    let ended = setting.stylescope(arguments.split_whitespace()).succeeded();
    let all = objects(&ended.stdout);
    assert_eq!(all[0]["more_styles"], json!(["other.png"]));
    let mut folders = Vec::new();
    for candidate in all[0]["candidates"].as_array().unwrap() {
        let folder = std::path::PathBuf::from(candidate["run"].as_str().unwrap());
        let run: Value =
            serde_json::from_slice(&std::fs::read(folder.join("run.json")).unwrap()).unwrap();
        assert_eq!(run["more_styles"][0]["name"], "other.png");
        let preset = std::fs::read_to_string(folder.join("preset.toml")).unwrap();
        assert!(preset.contains("first = 2.0"), "{preset}");
        folders.push(folder);
    }
    let comparison = folders[0].parent().unwrap().join("comparison.json");
    let comparison: Value = serde_json::from_slice(&std::fs::read(comparison).unwrap()).unwrap();
    assert_eq!(comparison["more_styles"][0]["name"], "other.png");
    // What it makes in company is what it makes alone.
    setting
        .run("content.png style.png --style other.png --blend 2,1 -p calm.toml -o alone.png")
        .succeeded();
    assert!(pixels_of(&folders[1].join("result.png")) == pixels_of(&setting.path("alone.png")));
    let wrong = arguments.replace("2,1", "2,1,1");
    setting
        .stylescope(wrong.split_whitespace())
        .failed_saying(&["--blend has 3 weights"]);
}
