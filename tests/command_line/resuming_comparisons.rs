//! `resume` of a whole comparison: who goes on, from where, and who stays as it is.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Child;

use serde_json::Value;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::comparison::ComparisonFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::metrics::Metrics;

use super::resuming::resumed;
use super::setting::{Setting, sends_signal, wait_until};

/// Two that share a lane, and one of another network.
fn with_presets(steps: [u64; 3]) -> Setting {
    let setting = Setting::with_pictures();
    for (name, more, steps) in [
        ("calm", "[style]\nweight = 0.5\n", steps[0]),
        ("wild", "[style]\nweight = 8.0\n", steps[1]),
        ("wide", "", steps[2]),
    ] {
        let pooling = if name == "wide" { "max" } else { "average" };
        let text = format!(
            "extends = \"demo\"\n{more}[network]\npooling = \"{pooling}\"\n[schedule]\nsteps = {steps}\n"
        );
        setting.write(&format!("{name}.toml"), text);
    }
    setting
}

fn begun(setting: &Setting, more: &[&str]) -> Child {
    let mut program = setting.program();
    program
        .args(["compare", "content.png", "style.png"])
        .args(["calm.toml", "wild.toml", "wide.toml"])
        .args(["--size", "32", "--threads", "1", "--headless"])
        .args(["--set", "network.widths=[8,8,8,8]"])
        .args(["--checkpoint-interval", "0.02"])
        .args(more)
        .stdout(std::process::Stdio::null());
    program.spawn().unwrap()
}

fn runs(setting: &Setting) -> Vec<RunFolder> {
    let comparison = std::fs::read_dir(setting.runs()).unwrap().next();
    let runs = comparison.and_then(|entry| {
        let folder = ComparisonFolder::at(entry.unwrap().path());
        folder.runs().ok()
    });
    runs.unwrap_or_default()
}

fn checkpoints(run: &RunFolder) -> Vec<PathBuf> {
    let all = stylescope::record::folder::checkpoint::all(run).unwrap_or_default();
    all.into_iter().map(|(_, path)| path).collect()
}

/// Sends `signal` once all have two checkpoints.
fn ended_by(setting: &Setting, signal: &str, more: &[&str]) -> Option<i32> {
    let mut child = begun(setting, more);
    wait_until("a second checkpoint of each", || {
        let runs = runs(setting);
        runs.len() == 3 && runs.iter().all(|run| checkpoints(run).len() > 1)
    });
    sends_signal(child.id(), signal);
    child.wait().unwrap().code()
}

fn description(run: &RunFolder) -> Description {
    Description::read(run).unwrap()
}

fn picture(run: &RunFolder) -> image::RgbImage {
    image::open(run.result()).unwrap().to_rgb8()
}

/// The losses that led to the last picture, by their bits.
fn way(run: &RunFolder) -> Vec<(u64, u64)> {
    let metrics = Metrics::read(&run.metrics()).unwrap();
    let rows = metrics.way().into_iter();
    rows.map(|row| (row.step, row.total.to_bits())).collect()
}

fn uninterrupted(steps: [u64; 3]) -> Vec<(image::RgbImage, Vec<(u64, u64)>)> {
    let setting = with_presets(steps);
    assert!(begun(&setting, &[]).wait().unwrap().success());
    let all = runs(&setting);
    all.iter().map(|run| (picture(run), way(run))).collect()
}

#[track_caller]
fn is_as_if_never_interrupted(setting: &Setting, steps: [u64; 3]) {
    let expected = uninterrupted(steps);
    for (run, (picture_then, way_then)) in runs(setting).iter().zip(&expected) {
        assert_eq!(description(run).state, State::Completed, "{}", run.name());
        assert!(way(run) == *way_then, "{}", run.name());
        assert!(picture(run) == *picture_then, "{}", run.name());
    }
}

const STEPS: [u64; 3] = [700, 700, 700];

#[test]
fn a_killed_comparison_goes_on_as_if_never_interrupted() {
    let setting = with_presets(STEPS);
    assert_eq!(ended_by(&setting, "-KILL", &[]), None);
    let said = resumed(&setting, &[]).succeeded().stdout;
    for words in [
        "comparing 3 presets",
        "1  calm: killed, going on after ",
        "2  wild: killed, going on after ",
        "3  wide: killed, going on after ",
        "1  calm    completed",
        "report ",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    is_as_if_never_interrupted(&setting, STEPS);
    for run in runs(&setting) {
        assert_eq!(description(&run).resumed.len(), 1);
    }
}

#[test]
fn those_at_other_steps_or_without_a_checkpoint_get_lanes_of_their_own() {
    let setting = with_presets(STEPS);
    ended_by(&setting, "-KILL", &[]);
    let all = runs(&setting);
    // The two that shared a lane are at different steps now, and the third begins again.
    std::fs::remove_file(checkpoints(&all[0]).pop().unwrap()).unwrap();
    for path in checkpoints(&all[2]) {
        std::fs::write(path, b"nothing").unwrap();
    }
    let ended = resumed(&setting, &["--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("is of no use"), "{}", ended.stderr);
    assert!(ended.stderr.contains("it begins again"), "{}", ended.stderr);
    let first: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
    let said = first["candidates"][2]["resumed"].as_str().unwrap();
    assert!(said.contains("beginning again"), "{said}");
    is_as_if_never_interrupted(&setting, STEPS);
}

#[test]
fn who_is_done_or_was_dropped_stays_as_it_is_and_more_steps_are_for_all_others() {
    let setting = with_presets([20, 100_000, 100_000]);
    let mut child = begun(&setting, &[]);
    wait_until("the end of the first", || {
        let runs = runs(&setting);
        let is_done =
            |run: &RunFolder| Description::read(run).is_ok_and(|run| run.state == State::Completed);
        runs.len() == 3
            && is_done(&runs[0])
            && runs[1..].iter().all(|run| !checkpoints(run).is_empty())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let all = runs(&setting);
    let dropped = Description {
        state: State::Dropped,
        ..description(&all[2])
    };
    dropped.write(&all[2]).unwrap();
    let untouched = |number: usize| {
        let run = &runs(&setting)[number];
        let result = std::fs::read(run.result()).unwrap_or_default();
        (std::fs::read(run.description()).unwrap(), result, way(run))
    };
    let before = [untouched(0), untouched(2)];
    let steps = way(&all[1]).len() + 300;
    let steps = steps.to_string();
    let ended = resumed(&setting, &["--steps", &steps]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("3  wide: dropped, stays as it is"),
        "{}",
        ended.stdout
    );
    assert_eq!(untouched(2), before[1]);
    // Whoever was done makes more steps where more are asked for.
    for number in [0, 1] {
        assert_eq!(way(&all[number]).len().to_string(), steps);
    }

    // Without that, it stays.
    let before = untouched(0);
    let said = resumed(&setting, &[]).succeeded().stdout;
    assert!(said.contains("nobody of the comparison"), "{said}");
    assert_eq!(untouched(0), before);
    resumed(&setting, &["--steps", "7"]).failed_saying(&["7 are asked for", "--steps"]);
    // And its picture is told of beside those that go on.
    let stopped = Description {
        state: State::Stopped,
        ..description(&all[1])
    };
    stopped.write(&all[1]).unwrap();
    let preset = std::fs::read_to_string(all[1].preset()).unwrap();
    let more = preset.replace(&format!("steps = {steps}"), "steps = 1000000");
    assert_ne!(more, preset);
    std::fs::write(all[1].preset(), more).unwrap();
    let mut child = setting
        .program()
        .args(["resume", "latest", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let told = lines.find_map(|line| {
        let object: Value = serde_json::from_str(&line.unwrap()).unwrap();
        (object["event"] == "end").then_some(object)
    });
    let told = told.unwrap();
    assert_eq!(
        (&told["candidate"], &told["reason"]),
        (&0.into(), &"completed".into())
    );
    assert_eq!(told["output"], all[0].result().display().to_string());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(untouched(0), before);
}

#[test]
fn sigterm_keeps_checkpoints_and_says_so() {
    let setting = with_presets(STEPS);
    assert_eq!(ended_by(&setting, "-TERM", &["-o", "out"]), Some(75));
    let names = |setting: &Setting| -> Vec<String> {
        let all = std::fs::read_dir(setting.path("out")).unwrap();
        let mut names: Vec<String> = all
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let pictures = ["01-calm.png", "02-wild.png", "03-wide.png"];
    assert_eq!(names(&setting), pictures);
    resumed(&setting, &[]).succeeded();
    is_as_if_never_interrupted(&setting, STEPS);
    assert_eq!(
        names(&setting),
        pictures,
        "the later picture replaces its own"
    );
    let result = image::open(setting.path("out/02-wild.png")).unwrap();
    assert!(result.to_rgb8() == picture(&runs(&setting)[1]));
}

#[test]
fn what_cannot_be_gone_on_with_is_said() {
    let setting = with_presets([100_000; 3]);
    let mut child = begun(&setting, &["--budget", "1h"]);
    wait_until("checkpoints", || {
        let runs = runs(&setting);
        runs.len() == 3 && runs.iter().all(|run| !checkpoints(run).is_empty())
    });
    resumed(&setting, &[]).failed_saying(&["still goes on", "stylescope attach"]);
    child.kill().unwrap();
    child.wait().unwrap();

    // A budget counts what was used before.
    let all = runs(&setting);
    let comparison = setting.only_run().join("comparison.json");
    let text = std::fs::read_to_string(&comparison).unwrap();
    std::fs::write(&comparison, text.replace("\"1h\"", "\"0.01s\"")).unwrap();
    let said = resumed(&setting, &[]).succeeded().stdout;
    assert!(said.contains("has used up its time"), "{said}");
    assert_eq!(description(&all[0]).state, State::Killed, "it is as it was");

    setting.picture("content.png", 60, 45, 3);
    let another = "content.png is another file than the one that the run was made of";
    resumed(&setting, &["--steps", "200000"]).failed_saying(&[another, "put the old one back"]);

    std::fs::write(setting.only_run().join("plan.json"), "{}").unwrap();
    resumed(&setting, &[]).failed_saying(&["was made for Slurm", "sbatch"]);
    let id = all[0].path().parent().unwrap();
    assert!(ComparisonFolder::is_one(Path::new(id)));
}
