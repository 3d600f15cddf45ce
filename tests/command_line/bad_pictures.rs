//! Pictures that cannot be used: each is refused in words that say what is wrong and what to do.

use super::setting::{Setting, fixture, png_header};

#[test]
fn a_text_file() {
    let setting = Setting::with_pictures();
    setting.write(
        "notes.jpg",
        "These are not the pixels you are looking for.\n",
    );
    setting
        .run("notes.jpg style.png -o out.png")
        .failed_saying(&[
            "\"notes.jpg\" is not a picture",
            "text file",
            "save it as one of them",
        ])
        .before_any_work();
    assert!(!setting.exists("out.png"));
}

#[test]
fn an_empty_file() {
    let setting = Setting::with_pictures();
    setting.write("empty.png", "");
    setting
        .run("content.png empty.png")
        .failed_saying(&["\"empty.png\" is empty", "copy or download it again"])
        .before_any_work();
}

#[test]
fn a_truncated_jpeg() {
    let setting = Setting::with_pictures();
    let whole = std::fs::read(fixture("quarters.jpg")).unwrap();
    setting.write("half.jpg", &whole[..whole.len() * 2 / 3]);
    setting
        .run("half.jpg style.png")
        .failed_saying(&["\"half.jpg\" is cut short", "copy or download it again"])
        .before_any_work();
}

#[test]
fn a_single_pixel() {
    let setting = Setting::with_pictures();
    setting.picture("dot.png", 1, 1, 1);
    setting
        .run("dot.png style.png")
        .failed_saying(&[
            "the content picture is too small",
            "1×1",
            "give a larger picture",
        ])
        .before_any_work();
}

#[test]
fn too_small_for_the_deepest_layer_says_what_is_enough() {
    let setting = Setting::with_pictures();
    setting.picture("small.png", 200, 15, 1);
    setting
        .run("content.png small.png")
        .failed_saying(&[
            "the style picture is too small: 200×15",
            "at least 16×16",
            "block3, block4)",
        ])
        .before_any_work();
    setting.picture("small.png", 16, 16, 1);
    setting.run("content.png small.png").succeeded();
}

#[test]
fn too_small_only_after_resizing_is_advised_otherwise() {
    let setting = Setting::with_pictures();
    setting.picture("ribbon.png", 400, 20, 1);
    setting.run("ribbon.png style.png").failed_saying(&[
        "the resized content picture is too small: 48×2",
        "at least 16×16",
        "larger --size",
    ]);
}

#[test]
fn too_large_only_after_resizing_is_refused_before_memory_is_taken() {
    let setting = Setting::with_pictures();
    setting.picture("ribbon.png", 2000, 16, 1);
    let arguments = "run ribbon.png style.png --set image.fit=height --size 16384 --steps 1";
    setting
        .stylescope(arguments.split(' '))
        .failed_saying(&[
            "the resized content picture would be 2048000×16384 pixels",
            "--size",
            "image.fit=longer",
        ])
        .before_any_work();
}

/// 43 GB of pixels; the shell leaves the program 4 GB of addresses, of which libtorch maps a part.
#[cfg(target_os = "linux")]
#[test]
fn a_huge_header_is_refused_before_memory_is_taken() {
    let setting = Setting::with_pictures();
    let header = png_header(60_000, 60_000);
    assert!(header.len() < 200);
    setting.write("huge.png", header);
    let program = setting.program();
    let mut shell = std::process::Command::new("sh");
    shell
        .current_dir(setting.path(""))
        .args([
            "-c",
            "ulimit -v 4000000 && exec \"$0\" run huge.png style.png",
        ])
        .arg(program.get_program());
    super::setting::Ended::from(shell.output().unwrap())
        .failed_saying(&[
            "\"huge.png\" is 60000 × 60000 pixels",
            "43.2 GB",
            "the limit is",
            "shrink it first",
        ])
        .before_any_work();
}

#[test]
fn a_folder() {
    let setting = Setting::with_pictures();
    std::fs::create_dir(setting.path("holiday")).unwrap();
    setting
        .run("holiday style.png")
        .failed_saying(&["\"holiday\" is a folder", "name one file in it"])
        .before_any_work();
}

#[test]
fn a_missing_file() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png nowhere.png")
        .failed_saying(&[
            "\"nowhere.png\": there is no such file",
            "check the spelling",
        ])
        .before_any_work();
}

#[test]
fn show_refuses_them_as_well() {
    let setting = Setting::empty();
    setting
        .stylescope(["show", "nowhere.png"])
        .failed_saying(&["\"nowhere.png\": there is no such file"]);
    setting
        .stylescope(["show", "."])
        .failed_saying(&["\".\" is a folder"]);
}
