//! The record inside the picture: what `show` prints of it, and that it makes the same picture again.

use sha2::{Digest, Sha256};

use super::setting::{Setting, fixture, pixels_of};

fn sha256(setting: &Setting, name: &str) -> String {
    let digest = Sha256::digest(std::fs::read(setting.path(name)).unwrap());
    digest
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

#[test]
fn show_prints_how_a_picture_was_made() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o out.png --seed 77 --set style.weight=2.5")
        .succeeded();
    let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
    let content = format!(
        "content   content.png (sha256 {}",
        &sha256(&setting, "content.png")[..16]
    );
    let style = format!(
        "style     style.png (sha256 {}",
        &sha256(&setting, "style.png")[..16]
    );
    for words in [
        "out.png",
        "48×36, PNG",
        concat!("stylescope ", env!("CARGO_PKG_VERSION")),
        "libtorch  2.11",
        "preset    demo",
        &content,
        &style,
        "size      48×36",
        "device    cpu",
        "seed      77",
        "steps     3",
        "weight = 2.5",
        "[optimizer]",
    ] {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
}

#[test]
fn the_record_has_the_whole_hashes() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.png").succeeded();
    let decoder = png::Decoder::new(std::io::BufReader::new(
        std::fs::File::open(setting.path("out.png")).unwrap(),
    ));
    let reader = decoder.read_info().unwrap();
    let texts = &reader.info().utf8_text;
    let text = |keyword: &str| {
        texts
            .iter()
            .find(|text| text.keyword == keyword)
            .unwrap()
            .get_text()
            .unwrap()
    };
    let record: serde_json::Value = serde_json::from_str(&text("stylescope.run")).unwrap();
    assert_eq!(record["content"]["sha256"], sha256(&setting, "content.png"));
    assert_eq!(record["style"]["sha256"], sha256(&setting, "style.png"));
    assert_eq!(record["steps"], 3);
    assert!(text("stylescope.preset").contains("[schedule]\nsteps = 3"));
}

#[test]
fn the_preset_in_a_picture_makes_the_same_picture_again() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o first.png --sixteen-bit --seed 3 --lr 0.07 --set style.layers.block4=none")
        .succeeded();
    let preset = setting
        .stylescope(["show", "--preset", "first.png"])
        .succeeded()
        .stdout;
    setting.write("again.toml", preset);
    setting
        .stylescope(["presets", "check", "again.toml"])
        .succeeded();
    let arguments =
        "run content.png style.png -p again.toml --sixteen-bit --threads 1 -o second.png";
    setting.stylescope(arguments.split(' ')).succeeded();
    assert!(pixels_of(&setting.path("first.png")) == pixels_of(&setting.path("second.png")));
}

#[test]
fn a_jpeg_has_the_record_too() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.jpg").succeeded();
    let shown = setting.stylescope(["show", "out.jpg"]).succeeded().stdout;
    assert!(
        shown.contains("48×36, JPEG") && shown.contains("preset    demo"),
        "{shown}"
    );
}

#[test]
fn a_picture_without_a_record() {
    let setting = Setting::empty();
    let picture = fixture("quarters.jpg");
    let shown = setting.stylescope(["show", &picture]).succeeded().stdout;
    assert!(
        shown.contains("32×24, JPEG") && shown.contains("no record of how it was made"),
        "{shown}"
    );
    setting
        .stylescope(["show", "--preset", &picture])
        .failed_saying(&["holds no preset", "presets list"]);
}
