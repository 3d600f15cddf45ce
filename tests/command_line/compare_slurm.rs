//! `compare --slurm` without Slurm: what it writes, and the tasks that its script begins, begun by hand.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::setting::{Ended, Setting, pixels_of};

/// Two presets besides `demo`, of which no two can share a lane.
fn with_presets() -> Setting {
    let setting = Setting::with_pictures();
    setting.write("small.toml", "extends = \"demo\"\n[image]\nsize = 40\n");
    setting.write("large.toml", "extends = \"demo\"\n[image]\nsize = 56\n");
    setting
}

/// They and `demo`, planned but not computed: three lanes.
fn planned(more: &[&'static str]) -> (Setting, PathBuf, Ended) {
    let setting = with_presets();
    let ended = setting.stylescope(
        compared()
            .chain(["--slurm", "--gpus=0"])
            .chain(more.iter().copied()),
    );
    let folder = setting.only_run();
    (setting, folder, ended.succeeded())
}

/// What is compared, everywhere.
fn compared() -> impl Iterator<Item = &'static str> {
    [
        "compare",
        "content.png",
        "style.png",
        "small.toml",
        "large.toml",
        "demo",
        "--steps",
        "3",
        "--threads",
        "1",
        "--set",
        "network.widths=[8,8,8,8]",
    ]
    .into_iter()
}

fn plan(folder: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("plan.json")).unwrap()).unwrap()
}

/// The comparison's lane computed, from a folder in which no relative path leads anywhere.
fn task(folder: &std::path::Path, lane: &str, more: &[&str]) -> Ended {
    let elsewhere = Setting::empty();
    let folder = folder.to_str().unwrap();
    let words = ["compare", "--task", folder, "--lane", lane];
    elsewhere.stylescope(words.into_iter().chain(more.iter().copied()))
}

#[test]
fn the_script_is_written_and_it_is_said_how_to_go_on() {
    let (setting, folder, ended) = planned(&["--grid", "style.weight=1,3"]);
    for words in [
        "wrote ",
        "3 tasks, on the CPU",
        "sbatch /",
        "stylescope watch /",
    ] {
        assert!(ended.stdout.contains(words), "{words} in {}", ended.stdout);
    }
    let script = std::fs::read_to_string(folder.join("job.sh")).unwrap();
    assert!(script.contains("--array=0-2\n"), "{script}");
    assert!(
        script.contains(" --lane \"$SLURM_ARRAY_TASK_ID\"\n"),
        "{script}"
    );

    let plan = plan(&folder);
    assert_eq!(plan["content"], json!(setting.path("content.png")));
    assert_eq!(plan["device"], "cpu");
    assert_eq!(plan["lanes"], json!([[0, 1], [2, 3], [4, 5]]));
    let third = &plan["candidates"][3];
    assert_eq!(third["label"], "large weight=3");
    assert_eq!(third["preset"], json!(setting.path("large.toml")));
    assert_eq!(
        third["overrides"],
        json!([
            "schedule.steps=3",
            "network.widths=[8,8,8,8]",
            "style.weight=3"
        ])
    );
    assert_eq!(plan["candidates"][4]["preset"], "demo");
    // Nothing was computed.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn a_lane_makes_the_pictures_of_its_candidates_as_one_process_would() {
    let (setting, folder, _) = planned(&["-o", "out"]);
    let ended = task(&folder, "1", &[]).succeeded();
    assert!(ended.stdout.contains("  2  large"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("report"), "{}", ended.stdout);
    let runs = || {
        let listed = setting.stylescope(["runs", "list", "--json"]).succeeded();
        let objects = listed
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        objects.collect::<Vec<Value>>()
    };
    let only = runs();
    assert_eq!(only.len(), 1, "{only:?}");
    assert_eq!(
        (&only[0]["label"], &only[0]["state"]),
        (&json!("large"), &json!("completed"))
    );
    assert!(only[0]["run"].as_str().unwrap().starts_with("02-large-"));

    let told = task(&folder, "0", &["--json"]).succeeded();
    let objects: Vec<Value> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects[0]["candidates"][0]["candidate"], 0);
    assert_eq!(
        objects
            .iter()
            .filter(|object| object["event"] == "step")
            .count(),
        3
    );
    task(&folder, "2", &[]).succeeded();
    assert_eq!(runs().len(), 3);
    assert!(!folder.join("report.html").exists());
    setting
        .stylescope(["report", folder.to_str().unwrap(), "-o", "all.html"])
        .succeeded();

    setting
        .stylescope(compared().chain([
            "--device",
            "cpu",
            "-o",
            "here",
            "--headless",
            "--no-record",
        ]))
        .succeeded();
    for name in ["01-small.png", "02-large.png", "03-demo.png"] {
        let (there, here) = (format!("out/{name}"), format!("here/{name}"));
        assert_eq!(
            pixels_of(&setting.path(&there)),
            pixels_of(&setting.path(&here)),
            "{name}"
        );
    }
}

#[test]
fn a_task_that_cannot_be_done_says_why() {
    let (_setting, folder, _) = planned(&[]);
    task(&folder, "3", &[])
        .failed_saying(&["--lane 3", "3 lanes, 0 to 2"])
        .before_any_work();
    task(&folder, "0", &[]).succeeded();
    task(&folder, "0", &[])
        .failed_saying(&["lane 0", "01-small-", "is completed", "compare anew"])
        .before_any_work();
    let path = folder.join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    task(&folder, "1", &[])
        .failed_saying(&["of format 2", "reads format 1"])
        .before_any_work();
    std::fs::write(&path, "{").unwrap();
    task(&folder, "1", &[])
        .failed_saying(&["plan.json", "cannot be read"])
        .before_any_work();
    std::fs::remove_file(&path).unwrap();
    task(&folder, "1", &[])
        .failed_saying(&["there is no", "plan.json", "--slurm"])
        .before_any_work();
}

#[test]
fn what_contradicts_itself_is_refused() {
    let setting = with_presets();
    let compare =
        |more: &[&'static str]| setting.stylescope(compared().chain(more.iter().copied()));
    compare(&["--slurm", "--no-record"]).refused_saying(&["--slurm", "--no-record"]);
    compare(&["--task", "x", "--lane", "0"]).refused_saying(&["--task"]);
    setting
        .stylescope(["compare", "--task", "x"])
        .refused_saying(&["--lane"]);
    setting
        .stylescope(["compare", "--slurm"])
        .refused_saying(&["<CONTENT>"]);
    compare(&["--slurm", "--gpus=0", "--device=cuda"])
        .failed_saying(&["--gpus 0"])
        .before_any_work();
    let wrong = compare(&["--slurm", "--set", "style.weight=x"]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.stderr);
    assert_eq!(std::fs::read_dir(setting.runs()).unwrap().count(), 0);
}

#[test]
fn a_comparison_in_which_nothing_has_begun_says_so_and_can_be_removed() {
    let (setting, folder, _) = planned(&[]);
    let path = folder.to_str().unwrap();
    for command in [&["report"][..], &["runs", "show"]] {
        let ended = setting.stylescope(command.iter().copied().chain([path]));
        ended
            .failed_saying(&["no run of the comparison", "has begun yet", "squeue"])
            .before_any_work();
    }
    let listed = setting.stylescope(["runs", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stderr.contains("has begun yet"), "{}", listed.stderr);
    setting.stylescope(["runs", "rm", path]).succeeded();
    assert!(!folder.exists());
}

#[cfg(unix)]
#[test]
fn a_task_that_is_ended_saves_its_pictures_and_may_begin_again() {
    let (setting, folder, _) = planned(&[]);
    let path = folder.join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("steps=3", "steps=9000000")).unwrap();
    let child = setting
        .attended()
        .args(["compare", "--lane", "1", "--task"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let has_losses = || {
        let runs = std::fs::read_dir(&folder).unwrap();
        runs.filter_map(|entry| {
            std::fs::read_to_string(entry.unwrap().path().join("metrics.csv")).ok()
        })
        .any(|losses| losses.lines().count() > 3)
    };
    while !has_losses() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    }
    let sent = Command::new("kill").arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stdout.contains("stopped"), "{}", ended.stdout);

    std::fs::write(&path, text).unwrap();
    task(&folder, "1", &[]).succeeded();
    let second = std::fs::read_dir(&folder).unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        let is_second = entry.file_name().to_str().unwrap().starts_with("02-large-");
        is_second.then(|| entry.path().join("result.png").exists())
    });
    assert_eq!(second.collect::<Vec<bool>>(), [true, true]);
}
