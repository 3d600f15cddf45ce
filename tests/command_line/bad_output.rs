//! Places that cannot be written to are found before the run, not after it.

use super::setting::Setting;

#[test]
fn a_folder_that_does_not_exist() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o no/such/out.png")
        .failed_saying(&[
            "\"no/such/out.png\" cannot be written",
            "the folder \"no/such\" does not exist",
            "create it",
        ])
        .before_any_work();
}

#[test]
fn a_folder_as_the_output() {
    let setting = Setting::with_pictures();
    std::fs::create_dir(setting.path("out.png")).unwrap();
    setting
        .run("content.png style.png -o out.png")
        .failed_saying(&["\"out.png\" is a folder", "add a file name"])
        .before_any_work();
}

#[test]
fn an_extension_that_is_no_format() {
    let setting = Setting::with_pictures();
    for (name, words) in [
        ("out.heic", "the unknown extension \"heic\""),
        ("out", "has no extension"),
    ] {
        setting
            .run(&format!("content.png style.png -o {name}"))
            .failed_saying(&[words, ".png, .jpg"])
            .before_any_work();
    }
}

/// Nobody may make files there, root neither, whom permission bits do not stop.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_without_the_right_to_write() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o /proc/out.png")
        .failed_saying(&[
            "the folder \"/proc\" cannot be written to: no file can be made in it",
            "choose another place",
        ])
        .before_any_work();
}

#[test]
fn sixteen_bits_where_there_is_no_place_for_them() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --sixteen-bit -o out.jpg")
        .failed_saying(&[
            "--sixteen-bit",
            "out.jpg can hold only 8 bits",
            ".png or .tif",
        ])
        .before_any_work();
}

#[test]
fn a_save_dir_that_is_a_file() {
    let setting = Setting::with_pictures();
    setting.write("file", "");
    let arguments = "--content-image content.png --style-image style.png --save-dir file -p demo";
    setting
        .run(arguments)
        .failed_saying(&["cannot make the folder \"file\"", "--save-dir"])
        .before_any_work();
}

#[test]
fn a_refused_run_leaves_what_was_there() {
    let setting = Setting::with_pictures();
    setting.write("out.png", "precious");
    let before = setting.names();
    setting
        .run("content.png nowhere.png -o out.png")
        .failed_saying(&["nowhere.png"]);
    assert_eq!(std::fs::read(setting.path("out.png")).unwrap(), b"precious");
    assert_eq!(setting.names(), before);
}

#[test]
fn a_file_where_runs_are_to_be_kept() {
    let setting = Setting::with_pictures();
    let ended = setting.run("content.png style.png -o out.png --runs content.png");
    assert_eq!(ended.code, Some(0));
    assert!(
        ended
            .stderr
            .contains("not recorded: content.png is a file, a folder was expected"),
        "{}",
        ended.stderr
    );
    assert!(setting.exists("out.png"));
}
