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

#[test]
fn a_comparison_that_is_over_is_told_of_all_its_runs() {
    let setting = Setting::with_pictures();
    let compared = setting.stylescope(
        ["compare", "content.png", "style.png", "demo", "--headless"]
            .into_iter()
            .chain(["--grid", "style.weight=1,3"])
            .chain(super::setting::QUICK),
    );
    assert_eq!(compared.code, Some(0), "{}", compared.stderr);
    // The table at the end is the same, and says what differs.
    let table = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .skip_while(|line| !line.contains("differs from 1"));
        lines.take(3).map(str::to_owned).collect()
    };
    let watched = setting.stylescope(["watch"]).succeeded();
    assert_eq!(table(&watched.stdout), table(&compared.stdout));
    assert_eq!(table(&watched.stdout).len(), 3, "{}", watched.stdout);
    for words in ["watching ", "weight=3", "style.weight 3"] {
        assert!(
            watched.stdout.contains(words),
            "{words} in {}",
            watched.stdout
        );
    }

    let objects = setting.stylescope(["watch", "--json"]).succeeded();
    let objects: Vec<serde_json::Value> = objects
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for candidate in [0, 1] {
        let of = |event: &str| {
            let own = objects
                .iter()
                .filter(|object| object["event"] == event && object["candidate"] == candidate);
            own.count()
        };
        assert_eq!((of("start"), of("step"), of("end")), (1, 3, 1));
    }

    // Where the runs did not come to their end.
    for entry in std::fs::read_dir(setting.only_run()).unwrap() {
        let path = entry.unwrap().path().join("run.json");
        if let Ok(text) = std::fs::read_to_string(&path) {
            std::fs::write(path, text.replace("\"completed\"", "\"running\"")).unwrap();
        }
    }
    let killed = setting.stylescope(["watch"]);
    assert_eq!(killed.code, Some(1), "{}", killed.stderr);
    assert_eq!(
        killed.stdout.matches("killed").count(),
        2,
        "{}",
        killed.stdout
    );
}

#[test]
fn a_comparison_without_a_run_is_waited_for() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.png").succeeded();
    let run = setting.only_run();
    let comparison = setting.runs().join("2026-11-24-100000-compare-wxyz");
    std::fs::create_dir(&comparison).unwrap();
    std::fs::write(comparison.join("comparison.json"), "{}").unwrap();
    let child = setting
        .program()
        .args(["watch", "wxyz"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    std::fs::rename(run, comparison.join("01-late-abcd")).unwrap();
    let ended = child.wait_with_output().unwrap();
    let (said, shown) = (
        String::from_utf8(ended.stderr).unwrap(),
        String::from_utf8(ended.stdout).unwrap(),
    );
    assert_eq!(ended.status.code(), Some(0), "{said}{shown}");
    assert!(said.contains("waiting for the first"), "{said}");
    assert!(shown.contains("completed"), "{shown}");
}
