//! The reference program's own command line, with random weights in place of trained ones.

use super::setting::{Setting, size_of};
use super::weights_file::{file, vgg16};

#[test]
fn its_command_line_runs_its_recipe() {
    let setting = Setting::with_pictures();
    setting.write("vgg16.safetensors", file(&vgg16(9)));
    let arguments = "run --content-image content.png --style-image style.png --save-dir made/here --steps 2 \
        --lr 1e-3 --weights vgg16.safetensors --threads 1";
    let ended = setting.stylescope(arguments.split_whitespace()).succeeded();
    assert!(
        ended.stdout.contains("preset reference, 60×45, 2 steps"),
        "{}",
        ended.stdout
    );
    // Smaller than 400, so the picture keeps its size.
    assert_eq!(
        size_of(&setting.path("made/here/generated_content.png")),
        (60, 45)
    );
    let shown = setting
        .stylescope(["show", "made/here/generated_content.png"])
        .succeeded()
        .stdout;
    for words in [
        "preset    reference",
        "vgg16.safetensors (sha256 ",
        "learning_rate = 0.001",
        "conv4_2 = 0.1",
    ] {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
}

#[test]
fn its_command_line_takes_another_preset() {
    let setting = Setting::with_pictures();
    setting
        .run("--content-image content.png --style-image style.png --save-dir made -p demo")
        .succeeded();
    assert!(setting.exists("made/generated_content.png"));
}

#[test]
fn a_folder_is_not_made_for_a_run_that_cannot_be() {
    let setting = Setting::with_pictures();
    setting
        .run("--content-image content.png --style-image style.png --save-dir made")
        .failed_saying(&["the preset reference needs trained weights"])
        .before_any_work();
    assert!(!setting.exists("made"));
}

#[test]
fn half_of_it_is_refused() {
    let setting = Setting::with_pictures();
    setting
        .run("--content-image content.png")
        .refused_saying(&["--style-image"]);
    setting
        .run("content.png style.png --content-image content.png")
        .refused_saying(&["cannot be used with"]);
}
