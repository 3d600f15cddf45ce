//! Masks: that regions take their style from regions of their colour, what is refused, and where masks are named.

use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use super::setting::{Setting, fixture, pixels_of};

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const GREEN: [u8; 3] = [0, 128, 0];

/// Writes a mask with as many upright stripes as there are `colours`.
fn mask(setting: &Setting, name: &str, (width, height): (u32, u32), colours: &[[u8; 3]]) {
    let count = colours.len() as u32;
    let picture = RgbImage::from_fn(width, height, |x, _| {
        Rgb(colours[(x * count / width) as usize])
    });
    picture.save(setting.path(name)).unwrap();
}

/// With pictures, and for both of them a mask of two halves.
fn with_masks() -> Setting {
    let setting = Setting::with_pictures();
    mask(&setting, "content-mask.png", (60, 45), &[RED, BLUE]);
    mask(&setting, "style-mask.png", (64, 64), &[RED, BLUE]);
    setting
}

const BOTH: &str =
    "content.png style.png --content-mask content-mask.png --style-mask style-mask.png";

#[test]
fn masks_count_and_are_named_everywhere() {
    let setting = with_masks();
    let plain = setting
        .run("content.png style.png -o plain.png --no-record")
        .succeeded();
    assert!(!plain.stdout.contains("mask"), "{}", plain.stdout);
    let ended = setting.run(&format!("{BOTH} -o out.png")).succeeded();
    let words =
        "content.png (mask content-mask.png) in the style of style.png (mask style-mask.png)";
    assert!(ended.stdout.contains(words), "{}", ended.stdout);
    let pixels = |name: &str| pixels_of(&setting.path(name));
    assert!(pixels("out.png") != pixels("plain.png"));
    let folder = setting.only_run();
    let run: Value =
        serde_json::from_slice(&std::fs::read(folder.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["content_mask"]["name"], "content-mask.png");
    assert_eq!(
        run["style_masks"][0]["path"],
        json!(setting.path("style-mask.png"))
    );
    let hash = |mask: &Value| mask["sha256"].as_str().unwrap()[..16].to_owned();
    let hashes = [hash(&run["content_mask"]), hash(&run["style_masks"][0])];
    let line = format!(
        "masks     content-mask.png (sha256 {}); style-mask.png (sha256 {})",
        hashes[0], hashes[1]
    );
    for picture in [setting.path("out.png"), folder.join("result.png")] {
        let shown = setting
            .stylescope(["show", picture.to_str().unwrap()])
            .succeeded()
            .stdout;
        assert!(
            shown.contains(&line) && !shown.contains("more_styles"),
            "{shown}"
        );
    }
    let told = setting
        .stylescope(["runs", "show", "--graphics", "none"])
        .succeeded()
        .stdout;
    let line = format!(
        "masks     content-mask.png (sha256 {}) of the content\n          style-mask.png (sha256 {}) of the style\n",
        hashes[0], hashes[1]
    );
    assert!(told.contains(&line), "{told}");
    setting
        .stylescope(["report", "-o", "report.html"])
        .succeeded();
    let report = std::fs::read_to_string(setting.path("report.html")).unwrap();
    let again = |option: &str, name: &str| format!("{option} {}", setting.path(name).display());
    for words in [
        "content mask",
        "style mask",
        &again("--content-mask", "content-mask.png"),
        &again("--style-mask", "style-mask.png"),
    ] {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn a_content_mask_alone_and_weights_of_regions() {
    let setting = with_masks();
    let made = |name: &str, arguments: &str| {
        setting
            .run(&format!("{arguments} -o {name}.png --sixteen-bit"))
            .succeeded();
        pixels_of(&setting.path(&format!("{name}.png")))
    };
    let alone = "content.png style.png --content-mask content-mask.png";
    let regions = made("regions", &format!("{alone} --set style.regions.#ff0000=0"));
    assert!(regions != made("alone", alone));
    let unknown = setting
        .run(&format!("{BOTH} --set style.regions.#00ff00=2"))
        .before_any_work();
    let words = "style.regions names the region #00ff00";
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains(words), "{}", unknown.stderr);
}

#[test]
fn a_mask_of_another_size_names_both_files() {
    let setting = with_masks();
    mask(&setting, "small.png", (30, 45), &[RED, BLUE]);
    setting
        .run("content.png style.png --content-mask small.png")
        .failed_saying(&[
            "the mask small.png has 30×45 pixels",
            "its picture content.png has 60×45",
            "has the size of its picture",
        ])
        .before_any_work();
    setting
        .run("content.png style.png --content-mask content-mask.png --style-mask small.png")
        .failed_saying(&["small.png has 30×45", "style.png has 64×64"])
        .before_any_work();
    assert!(std::fs::read_dir(setting.runs()).unwrap().next().is_none());
}

#[test]
fn colours_that_do_not_match() {
    let setting = with_masks();
    mask(&setting, "third.png", (60, 45), &[RED, BLUE, GREEN]);
    setting
        .run("content.png style.png --content-mask third.png --style-mask style-mask.png")
        .failed_saying(&[
            "#008000",
            "no style mask has that colour",
            "#0000ff, #ff0000",
        ])
        .before_any_work();
    // A colour that only a style mask has is of no use and does no harm.
    mask(&setting, "style-third.png", (64, 64), &[RED, BLUE, GREEN]);
    setting
        .run("content.png style.png --content-mask content-mask.png --style-mask style-third.png")
        .succeeded();
}

#[test]
fn a_photograph_is_no_mask() {
    let setting = with_masks();
    setting
        .run("content.png style.png --content-mask content.png")
        .failed_saying(&["\"content.png\" has ", "colours", "save it as PNG"])
        .before_any_work();
    let picture = image::open(setting.path("content-mask.png")).unwrap();
    let wide = picture.resize_exact(60, 45, image::imageops::FilterType::CatmullRom);
    wide.blur(4.0)
        .to_rgb8()
        .save(setting.path("mask.jpg"))
        .unwrap();
    setting
        .run("content.png style.png --content-mask mask.jpg")
        .failed_saying(&["\"mask.jpg\" has ", "JPEG mixes colours"])
        .before_any_work();
    setting
        .run("content.png style.png --content-mask nowhere.png")
        .failed_saying(&["\"nowhere.png\": there is no such file"])
        .before_any_work();
}

#[test]
fn a_style_mask_without_a_content_mask() {
    let setting = with_masks();
    setting
        .run("content.png style.png --style-mask style-mask.png")
        .failed_saying(&["the content picture has none", "--content-mask"])
        .before_any_work();
}

#[test]
fn there_is_a_mask_for_every_style_picture_or_for_none() {
    let setting = with_masks();
    setting.picture("other.png", 50, 70, 5);
    setting
        .run(&format!("{BOTH} --style other.png"))
        .failed_saying(&["1 mask with --style-mask, and there are 2 style pictures"])
        .before_any_work();
    setting
        .run(&format!("{BOTH} --style-mask style-mask.png"))
        .failed_saying(&["2 masks with --style-mask, and there is 1 style picture"])
        .before_any_work();
    mask(&setting, "other-mask.png", (50, 70), &[BLUE, RED]);
    let ended = setting
        .run(&format!(
            "{BOTH} --style other.png --style-mask other-mask.png --blend 1,3 --json -o out.png"
        ))
        .succeeded();
    let start: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(start["content_mask"], "content-mask.png");
    assert_eq!(
        start["style_masks"],
        json!(["style-mask.png", "other-mask.png"])
    );
    let told = setting
        .stylescope(["runs", "show", "--graphics", "none"])
        .succeeded()
        .stdout;
    assert!(told.contains(") of the second style\n"), "{told}");
}

#[test]
fn no_mask_is_written_over() {
    let setting = with_masks();
    for name in ["content-mask.png", "style-mask.png"] {
        setting
            .run(&format!("{BOTH} -o {name}"))
            .failed_saying(&[&format!("{name} is one of the inputs")])
            .before_any_work();
    }
}

/// A file may say that its picture is to be turned, and its mask is drawn as a person sees it.
#[test]
fn sizes_are_compared_upright() {
    let setting = with_masks();
    let content = fixture("turned_6.jpg");
    mask(&setting, "upright.png", (32, 24), &[RED, BLUE]);
    mask(&setting, "as-stored.png", (24, 32), &[RED, BLUE]);
    let with = |mask: &str| setting.run(&format!("{content} style.png --content-mask {mask}"));
    with("upright.png").succeeded();
    with("as-stored.png").failed_saying(&["as-stored.png has 24×32", "has 32×24"]);
}

#[test]
fn the_drawn_pictures_take_masks_of_their_size() {
    let setting = Setting::empty();
    mask(&setting, "mask.png", (768, 576), &[RED, BLUE]);
    mask(&setting, "small.png", (76, 57), &[RED, BLUE]);
    let demo = |arguments: &str| {
        let all = format!(
            "demo {arguments} --size 48 --steps 3 --threads 1 --set network.widths=[8,8,8,8]"
        );
        setting.stylescope(all.split_whitespace())
    };
    demo("--content-mask mask.png --style-mask mask.png").succeeded();
    demo("--content-mask small.png")
        .failed_saying(&["its picture drawn scene has 768×576"])
        .before_any_work();
}

/// What Slurm's tasks read is what was checked, from wherever they begin.
#[test]
fn a_lane_of_a_planned_comparison_has_further_pictures_and_masks() {
    let setting = with_masks();
    setting.picture("other.png", 50, 70, 5);
    mask(&setting, "other-mask.png", (50, 70), &[BLUE, RED]);
    let arguments = format!(
        "compare {BOTH} --style other.png --style-mask other-mask.png --blend 1,3 demo --slurm --gpus=0 --size 48 \
         --steps 3 --threads 1 --set network.widths=[8,8,8,8]"
    );
    setting.stylescope(arguments.split_whitespace()).succeeded();
    let folder = setting.only_run();
    let plan: Value =
        serde_json::from_slice(&std::fs::read(folder.join("plan.json")).unwrap()).unwrap();
    assert_eq!(plan["more_styles"], json!([setting.path("other.png")]));
    assert_eq!(
        plan["content_mask"],
        json!(setting.path("content-mask.png"))
    );
    assert_eq!(plan["style_masks"].as_array().unwrap().len(), 2);
    let elsewhere = Setting::empty();
    elsewhere
        .stylescope(["compare", "--task", folder.to_str().unwrap(), "--lane", "0"])
        .succeeded();
    let result = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("result.png"))
        .find(|path| path.exists())
        .unwrap();
    setting
        .run(&format!(
            "{BOTH} --style other.png --style-mask other-mask.png --blend 1,3 -o alone.png --no-record"
        ))
        .succeeded();
    assert!(pixels_of(&result) == pixels_of(&setting.path("alone.png")));
    elsewhere
        .stylescope([
            "compare",
            "--task",
            folder.to_str().unwrap(),
            "--lane",
            "0",
            "--style",
            "a.png",
        ])
        .refused_saying(&["--style"]);
}
