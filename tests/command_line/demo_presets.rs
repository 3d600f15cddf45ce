//! `demo` with presets that speak of a second style picture or of regions: what they need is drawn as well.

use serde_json::Value;

use super::setting::{Ended, Setting};

fn demo(setting: &Setting, arguments: &str) -> Ended {
    let all =
        format!("demo {arguments} --size 48 --steps 2 --threads 1 --set network.widths=[8,8,8,8]");
    setting.stylescope(all.split_whitespace())
}

fn description(setting: &Setting) -> Value {
    serde_json::from_slice(&std::fs::read(setting.only_run().join("run.json")).unwrap()).unwrap()
}

#[test]
fn a_second_style_picture_is_drawn_where_the_preset_names_one() {
    let setting = Setting::empty();
    let ended = demo(&setting, "-p two-styles").succeeded();
    let words = "drawn scene in the style of drawn painting and drawn mosaic: preset two-styles";
    assert!(ended.stdout.contains(words), "{}", ended.stdout);
    let run = description(&setting);
    assert_eq!(run["more_styles"][0]["name"], "drawn mosaic");
    assert!(run["more_styles"][0]["path"].is_null(), "{run}");
    setting.stylescope(["report", "-o", "r.html"]).succeeded();
    let report = std::fs::read_to_string(setting.path("r.html")).unwrap();
    assert!(report.contains("stylescope demo -p two-styles"));
    assert!(!report.contains("--style "), "nobody gave a file");
    // What was kept of the run is enough to make it again.
    let preset = setting.only_run().join("preset.toml");
    let ended = demo(&setting, &format!("-p {}", preset.display())).succeeded();
    assert!(
        ended.stdout.contains("and drawn mosaic"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_blend_of_two_asks_for_the_second_and_a_file_takes_its_place() {
    let setting = Setting::empty();
    let both = "drawn painting and drawn mosaic";
    let blended = demo(&setting, "--blend 2,1").succeeded();
    assert!(blended.stdout.contains(both), "{}", blended.stdout);
    let set = demo(&setting, "--set style.source.block1=second").succeeded();
    assert!(set.stdout.contains(both), "{}", set.stdout);
    let plain = demo(&setting, "").succeeded();
    assert!(!plain.stdout.contains("mosaic"), "{}", plain.stdout);
    setting.picture("other.png", 50, 70, 5);
    let own = demo(&setting, "-p two-styles --style other.png").succeeded();
    assert!(
        own.stdout.contains("drawn painting and other.png"),
        "{}",
        own.stdout
    );
    demo(&setting, "--blend 1,1,1").failed_saying(&["--blend has 3 weights", "2 style pictures"]);
    demo(&setting, "--set style.source.block1=third").failed_saying(&["third style picture"]);
}

#[test]
fn masks_are_drawn_where_the_preset_names_regions() {
    let setting = Setting::empty();
    let ended = demo(&setting, "-p masked").succeeded();
    let words = "drawn scene (mask regions of the scene) in the style of drawn painting (mask regions of the painting)";
    assert!(ended.stdout.contains(words), "{}", ended.stdout);
    let run = description(&setting);
    assert_eq!(run["content_mask"]["name"], "regions of the scene");
    assert_eq!(run["style_masks"].as_array().unwrap().len(), 1);
    setting.stylescope(["report", "-o", "r.html"]).succeeded();
    let report = std::fs::read_to_string(setting.path("r.html")).unwrap();
    assert!(report.contains("regions of the scene"));
    assert!(
        !report.contains("--content-mask ") && !report.contains("--style-mask "),
        "nobody gave a file"
    );

    let both = demo(&setting, "-p masked --blend 1,1").succeeded();
    assert!(
        both.stdout.contains("mosaic (mask regions of the mosaic)"),
        "{}",
        both.stdout
    );
    demo(&setting, "--set style.regions.#123456=2")
        .failed_saying(&["region #123456, and the content mask has #0000ff, #00ff00, #00ffff"]);
}

/// A mask of one's own, in colours of one's own, for one of the drawn pictures.
#[test]
fn own_masks_take_the_place_of_the_drawn_ones() {
    let setting = Setting::empty();
    let red = image::RgbImage::from_pixel(768, 576, image::Rgb([255, 0, 0]));
    red.save(setting.path("red.png")).unwrap();
    let regions = "--set style.regions.#ff0000=2";
    let ended = demo(&setting, &format!("{regions} --content-mask red.png")).succeeded();
    let words = "drawn scene (mask red.png) in the style of drawn painting: ";
    assert!(ended.stdout.contains(words), "{}", ended.stdout);
    demo(&setting, "-p masked --style-mask red.png")
        .failed_saying(&["no style mask has that colour"]);
}
