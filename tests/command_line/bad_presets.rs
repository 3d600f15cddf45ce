//! Presets, fields and devices that do not exist or do not work out.

use super::setting::Setting;

#[test]
fn an_unknown_preset_is_answered_with_the_nearest() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -p gatis")
        .failed_saying(&[
            "there is no preset `gatis`",
            "did you mean `gatys`?",
            "`squeezenet`",
        ])
        .before_any_work();
}

#[test]
fn an_unknown_field_is_answered_with_the_nearest() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --set style.wieght=3")
        .failed_saying(&[
            "unknown field `wieght` in [style]",
            "style.wieght=3",
            "did you mean `weight`?",
        ])
        .before_any_work();
}

#[test]
fn a_number_out_of_range() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --set style.weight=-3")
        .failed_saying(&[
            "`style.weight` is out of range",
            "expected a number of at least 0",
        ]);
    setting
        .stylescope(["run", "content.png", "style.png", "--size", "0"])
        .failed_saying(&["`image.size` is out of range", "from 16 to 16384"]);
}

#[test]
fn a_value_of_the_wrong_type() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --set style.weight=many")
        .failed_saying(&[
            "`style.weight` has the wrong type",
            "expected a number",
            "found the text `many`",
        ]);
}

#[test]
fn a_layer_the_network_does_not_have() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --set style.layers.blok1=1")
        .failed_saying(&["blok1", "did you mean `block1`?"]);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let setting = Setting::with_pictures();
    let ended =
        setting.run("content.png style.png --set style.weight=-3 --set optimizer.kind=magic");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("style.weight") && ended.stderr.contains("optimizer.kind"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_device_that_is_not_there() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --device cuda:77 -o out.png")
        .failed_saying(&[
            "there is no device cuda:77",
            "--device auto or --device cpu",
        ])
        .before_any_work();
    assert!(!setting.exists("out.png"));
}

#[test]
fn a_device_that_is_nonsense() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --device abacus")
        .refused_saying(&["'abacus'", "expected auto, cpu, cuda or cuda:N"])
        .before_any_work();
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_without_a_picture() {
    let setting = Setting::with_pictures();
    let settings = "--lr 1000 --set optimizer.clamp=false --set style.weight=1e300";
    setting
        .run(&format!("content.png style.png -o out.png {settings}"))
        .failed_saying(&[
            // The weighted loss is more than a float holds, whatever the rate.
            "no longer a number at step 1",
            "halved the rate 3 times",
            "try style.weight = ",
            "(now 1e300)",
        ]);
    assert!(!setting.exists("out.png"));
}

#[test]
fn an_init_file_that_is_missing() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --set image.init=file --set image.init_file=start.png")
        .failed_saying(&["image.init_file", "start.png\": there is no such file"]);
}
