//! What happens to files while a run goes on, or by its own doing, costs nobody a picture.

use super::setting::Setting;

#[test]
fn the_output_is_not_written_over_an_input() {
    let setting = Setting::with_pictures();
    let before = std::fs::read(setting.path("content.png")).unwrap();
    setting
        .stylescope("run content.png style.png -o ./content.png --size 32 --steps 1".split(' '))
        .failed_saying(&["content.png", "one of the inputs", "-o"]);
    assert_eq!(std::fs::read(setting.path("content.png")).unwrap(), before);
}

#[test]
fn a_size_that_the_format_cannot_hold_is_found_before_the_run() {
    let setting = Setting::with_pictures();
    setting.picture("long.png", 16_500, 40, 3);
    setting
        .stylescope(
            "run long.png style.png -o out.webp --set image.fit=native --steps 1".split(' '),
        )
        .failed_saying(&["WebP", "16384"])
        .before_any_work();
}

#[test]
fn a_format_without_a_record_says_so() {
    let setting = Setting::with_pictures();
    let ended = setting
        .stylescope(
            "run content.png style.png -o out.webp --size 32 --steps 1 --threads 1".split(' '),
        )
        .succeeded();
    assert!(ended.stdout.contains("no record"), "{}", ended.stdout);
}

#[test]
fn two_runs_that_chose_the_same_name_keep_both_pictures() {
    let setting = Setting::with_pictures();
    let start = || {
        setting
            .program()
            .args([
                "run",
                "content.png",
                "style.png",
                "--size",
                "32",
                "--steps",
                "25",
                "--threads",
                "1",
            ])
            .spawn()
            .unwrap()
    };
    let (mut first, mut second) = (start(), start());
    assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
    let written = setting
        .names()
        .into_iter()
        .filter(|name| name.starts_with("content-style-demo"));
    assert_eq!(written.count(), 2, "{:?}", setting.names());
}

#[test]
fn weights_that_are_a_pipe_are_refused_and_not_waited_for() {
    let setting = Setting::with_pictures();
    let made = std::process::Command::new("mkfifo")
        .arg(setting.path("pipe"))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mkfifo here");
        return;
    }
    setting
        .stylescope("run content.png style.png -p squeezenet --weights pipe --steps 1".split(' '))
        .failed_saying(&["pipe", "not a regular file"]);
}

#[test]
fn a_folder_for_the_result_is_not_made_for_a_run_that_cannot_start() {
    let setting = Setting::with_pictures();
    setting
        .stylescope(
            "run --content-image nope.png --style-image style.png --save-dir made/deep -p demo"
                .split(' '),
        )
        .failed_saying(&["nope.png"]);
    assert!(!setting.exists("made"));
}

#[test]
fn a_size_beside_an_exact_fit_is_refused() {
    let setting = Setting::with_pictures();
    setting
        .stylescope(
            "run content.png style.png --size 32 --set image.fit=exact --steps 1".split(' '),
        )
        .failed_saying(&["--size", "image.fit"]);
}
