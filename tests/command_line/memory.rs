//! Memory that is measured before a run starts.

use super::setting::Setting;

#[cfg(target_os = "linux")]
#[test]
fn what_does_not_fit_is_refused_with_advice_or_made_in_tiles_that_were_asked_for() {
    let setting = Setting::with_pictures();
    setting.picture("large.png", 700, 500, 1);
    let arguments = "run large.png style.png --headless --size 700 --steps 1 --memory-limit 100M";
    setting
        .stylescope(arguments.split(' '))
        .failed_saying(&[
            "in one piece the run would need",
            "--memory-limit allows 100 MB",
            "even in tiles of 16 rows it would need",
            "give it more memory",
        ])
        .before_any_work();
    let arguments = format!("{arguments} --tile 64 -o out.png");
    let ended = setting.stylescope(arguments.split(' '));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(
        said.contains("in tiles of 64 rows the run will need"),
        "{said}"
    );
    assert!(setting.exists("out.png"));
}
