//! `watch` without a terminal: lines or objects, until the run ends.

use super::setting::Setting;

#[test]
fn a_run_that_is_over_is_told_from_its_first_step() {
    let setting = Setting::with_pictures();
    let own = setting
        .run("content.png style.png -o out.png --json")
        .succeeded();
    let watched = setting.stylescope(["watch", "--json"]).succeeded();
    let steps = |text: &str| -> Vec<serde_json::Value> {
        let objects = text.lines().map(|line| serde_json::from_str(line).unwrap());
        objects
            .filter(|object: &serde_json::Value| object["event"] == "step")
            .map(|object| object["terms"].clone())
            .collect()
    };
    assert_eq!(steps(&watched.stdout), steps(&own.stdout));
    assert_eq!(steps(&own.stdout).len(), 3);
    let last: serde_json::Value =
        serde_json::from_str(watched.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["event"], &last["reason"], &last["step"]),
        (&"end".into(), &"completed".into(), &3.into())
    );

    let lines = setting.stylescope(["watch"]).succeeded();
    for words in [
        "watching ",
        "3 steps on cpu",
        "step 2",
        "completed",
        "3 steps made",
    ] {
        assert!(lines.stdout.contains(words), "{words} in {}", lines.stdout);
    }
}

#[test]
fn a_run_that_failed_or_was_killed_ends_with_1() {
    let setting = Setting::with_pictures();
    let settings = "--lr 1000 --set optimizer.clamp=false --set style.weight=1e300";
    setting.run(&format!("content.png style.png -o a.png {settings}"));
    let failed = setting.stylescope(["watch"]);
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    assert!(
        failed.stderr.contains("no longer a number"),
        "{}",
        failed.stderr
    );

    let mut child = setting.started(1_000_000, &[]);
    let newest = || setting.stylescope(["runs", "list"]).stdout;
    let start = std::time::Instant::now();
    while !newest().contains("running") {
        assert!(start.elapsed().as_secs() < 60);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = setting.stylescope(["watch", "--headless"]);
    assert_eq!(killed.code, Some(1));
    assert!(killed.stderr.contains("killed"), "{}", killed.stderr);
}

#[test]
fn a_run_that_is_not_there_is_an_error_with_advice() {
    let setting = Setting::empty();
    setting
        .stylescope(["watch", "k3f9"])
        .failed_saying(&["there are no runs"]);
}
