//! `resume`: a run whose program has ended, whatever ended it, goes on.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Child;

use stylescope::record::folder::RunFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::journal::{Entry, Happening};
use stylescope::record::folder::metrics::Metrics;

use super::setting::{Ended, Setting, sends_signal, wait_until};

/// Enough that a run is never finished before it is killed.
const STEPS: &str = "3000";

fn arguments(more: &[&str]) -> Vec<String> {
    let usual = [
        "run",
        "content.png",
        "style.png",
        "-o",
        "out.png",
        "--size",
        "32",
        "--steps",
        STEPS,
        "--threads",
        "1",
        "--set",
        "network.widths=[8,8,8,8]",
        "--checkpoint-interval",
        "0.02",
    ];
    usual.iter().chain(more).map(ToString::to_string).collect()
}

fn begun(setting: &Setting, more: &[&str]) -> Child {
    let mut program = setting.program();
    program
        .args(arguments(more))
        .stdout(std::process::Stdio::null());
    program.spawn().unwrap()
}

fn checkpoints(run: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(run.join("checkpoints"))
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "safetensors")
        })
        .collect();
    found.sort();
    found
}

/// Begins a run and sends it `signal` once there are two checkpoints.
fn ended_by(setting: &Setting, signal: &str, more: &[&str]) -> Option<i32> {
    let mut child = begun(setting, more);
    wait_until("a second checkpoint", || {
        let runs = std::fs::read_dir(setting.runs()).unwrap();
        runs.filter_map(Result::ok)
            .any(|run| checkpoints(&run.path()).len() > 1)
    });
    sends_signal(child.id(), signal);
    child.wait().unwrap().code()
}

pub(super) fn resumed(setting: &Setting, more: &[&str]) -> Ended {
    setting.stylescope([&["resume", "latest"], more].concat())
}

fn newest_step(checkpoint: &Path) -> u64 {
    stylescope::record::folder::checkpoint::read(checkpoint)
        .unwrap()
        .step
}

fn picture(path: &Path) -> image::RgbImage {
    image::open(path).unwrap().to_rgb8()
}

fn description(run: &Path) -> Description {
    Description::read(&RunFolder::at(run.to_owned())).unwrap()
}

/// What an uninterrupted run leaves: its picture, and its losses by their bits.
fn expected(more: &[&str]) -> (image::RgbImage, Vec<(u64, u64)>) {
    let setting = Setting::with_pictures();
    let arguments = arguments(more);
    setting
        .stylescope(arguments.iter().map(String::as_str))
        .succeeded();
    (picture(&setting.path("out.png")), way(&setting.only_run()))
}

fn way(run: &Path) -> Vec<(u64, u64)> {
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    let rows = metrics.way().into_iter();
    rows.map(|row| (row.step, row.total.to_bits())).collect()
}

#[test]
fn a_killed_run_goes_on_as_if_never_interrupted() {
    let setting = Setting::with_pictures();
    assert_eq!(ended_by(&setting, "-KILL", &[]), None);
    let run = setting.only_run();
    assert_eq!(description(&run).state, State::Killed);
    // Whatever was half written when it came.
    let mut metrics = std::fs::OpenOptions::new()
        .append(true)
        .open(run.join("metrics.csv"))
        .unwrap();
    std::io::Write::write_all(&mut metrics, b"1,999,0.").unwrap();
    let said = resumed(&setting, &[]).succeeded().stdout;
    assert!(said.contains("killed, going on after "), "{said}");
    let (picture_then, losses_then) = expected(&[]);
    assert!(picture(&setting.path("out.png")) == picture_then);
    assert!(way(&run) == losses_then);
    let now = description(&run);
    assert_eq!((now.state, now.resumed.len()), (State::Completed, 1));
    let journal = Entry::read_all(&run.join("events.jsonl")).unwrap();
    let after = State::Killed;
    assert!(
        journal
            .iter()
            .any(|entry| entry.what == Happening::Continued { after })
    );
    assert_eq!(checkpoints(&run).len(), 2);
}

#[test]
fn sigterm_keeps_a_checkpoint_and_says_so_and_nothing_is_made_twice() {
    let setting = Setting::with_pictures();
    assert_eq!(ended_by(&setting, "-TERM", &[]), Some(75));
    let run = setting.only_run();
    assert_eq!(description(&run).state, State::Stopped);
    assert!(
        setting.exists("out.png"),
        "the picture so far is saved as well"
    );
    let said = resumed(&setting, &["--json"]).succeeded().stdout;
    assert!(said.starts_with("{\"event\":\"start\""), "{said}");
    let (picture_then, losses_then) = expected(&[]);
    assert!(picture(&setting.path("out.png")) == picture_then);
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    assert!(metrics.rows.iter().all(|row| row.branch == 1));
    assert!(way(&run) == losses_then);
}

#[test]
fn a_completed_run_takes_more_steps() {
    let setting = Setting::with_pictures();
    let run = |setting: &Setting, steps: &str| {
        let mut words = arguments(&[]);
        let place = words.iter().position(|word| word == STEPS).unwrap();
        steps.clone_into(&mut words[place]);
        setting
            .stylescope(words.iter().map(String::as_str))
            .succeeded();
    };
    run(&setting, "20");
    let said = resumed(&setting, &[]).succeeded().stdout;
    assert!(
        said.contains("has made 20 steps already, which are all"),
        "{said}"
    );
    resumed(&setting, &["--steps", "7"]).failed_saying(&["20 steps already", "7 are asked for"]);
    let said = resumed(&setting, &["--steps", "45"]).succeeded().stdout;
    assert!(
        said.contains("completed, going on after 20 steps"),
        "{said}"
    );
    let losses = way(&setting.only_run());
    assert_eq!(losses.len(), 45);
    let preset = std::fs::read_to_string(setting.only_run().join("preset.toml")).unwrap();
    assert!(preset.contains("steps = 45"), "{preset}");
    let other = Setting::with_pictures();
    run(&other, "45");
    assert!(losses == way(&other.only_run()));
    assert!(picture(&setting.path("out.png")) == picture(&other.path("out.png")));
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_without_any_it_begins_again() {
    let setting = Setting::with_pictures();
    ended_by(&setting, "-KILL", &[]);
    let run = setting.only_run();
    let kept = checkpoints(&run);
    let newest = kept.last().unwrap();
    let bytes = std::fs::read(newest).unwrap();
    std::fs::write(newest, &bytes[..bytes.len() / 2]).unwrap();
    let steps = newest_step(kept.first().unwrap()) + 20;
    let ended = resumed(&setting, &["--steps", &steps.to_string()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("is of no use"), "{}", ended.stderr);
    assert!(ended.stdout.contains("going on after"), "{}", ended.stdout);

    for path in checkpoints(&run) {
        std::fs::write(path, b"nothing").unwrap();
    }
    let ended = resumed(&setting, &["--steps", STEPS]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("it begins again"), "{}", ended.stderr);
    let (picture_then, losses_then) = expected(&[]);
    assert!(picture(&setting.path("out.png")) == picture_then);
    assert!(way(&run) == losses_then);
}

#[test]
fn what_cannot_be_gone_on_with_is_said() {
    let setting = Setting::with_pictures();
    let mut child = begun(&setting, &[]);
    wait_until("a checkpoint", || {
        let runs = std::fs::read_dir(setting.runs()).unwrap();
        runs.filter_map(Result::ok)
            .any(|run| !checkpoints(&run.path()).is_empty())
    });
    let run = setting.only_run();
    resumed(&setting, &[]).failed_saying(&["still goes on", "stylescope watch"]);
    child.kill().unwrap();
    child.wait().unwrap();

    setting.picture("content.png", 60, 45, 3);
    let another = "content.png is another file than the one that the run was made of";
    resumed(&setting, &[]).failed_saying(&[another, "put the old one back"]);
    std::fs::remove_file(setting.path("content.png")).unwrap();
    resumed(&setting, &[]).failed_saying(&["content.png"]);
    assert_eq!(description(&run).state, State::Killed, "it is as it was");

    let unknown = setting.stylescope(["resume", "nothing"]);
    unknown.failed_saying(&["no run in"]);
}

#[test]
fn one_of_a_comparison_goes_on_alone() {
    let setting = Setting::with_pictures();
    let line = "compare content.png style.png demo --grid style.weight=1,3 --size 32 --headless --threads 1 \
                --set network.widths=[8,8,8,8] --checkpoint-interval 0.02 --budget 1500";
    let mut program = setting.program();
    program
        .args(line.split_whitespace())
        .stdout(std::process::Stdio::null());
    let mut child = program.spawn().unwrap();
    let second = || {
        let comparison = setting.only_run();
        let mut runs = std::fs::read_dir(comparison)
            .unwrap()
            .filter_map(Result::ok);
        runs.find(|run| run.file_name().to_string_lossy().starts_with("02-"))
            .map(|run| run.path())
    };
    wait_until("a checkpoint of the second", || {
        let begun = std::fs::read_dir(setting.runs()).unwrap().next().is_some();
        begun && second().is_some_and(|run| !checkpoints(&run).is_empty())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let run = second().unwrap();
    let path = run.display().to_string();
    let steps = newest_step(checkpoints(&run).last().unwrap()) + 50;
    let said = setting
        .stylescope(["resume", &path, "--steps", &steps.to_string()])
        .succeeded()
        .stdout;
    assert!(said.contains("killed, going on after "), "{said}");
    assert_eq!(description(&run).state, State::Completed);
    assert_eq!(way(&run).len() as u64, steps);
}

#[test]
fn a_preset_that_was_saved_meanwhile_takes_effect() {
    let setting = Setting::with_pictures();
    ended_by(&setting, "-KILL", &[]);
    let run = setting.only_run();
    let path = run.join("preset.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let other = text.replacen(
        "[style]\nweight = 1.0",
        "# stronger\n[style]\nweight = 7.0",
        1,
    );
    assert_ne!(other, text);
    std::fs::write(&path, &other).unwrap();
    resumed(&setting, &[]).succeeded();
    let metrics = std::fs::read_to_string(run.join("metrics.csv")).unwrap();
    let mut lines = metrics.lines();
    let column = lines
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "weight.style.block1");
    let weight = metrics
        .lines()
        .last()
        .unwrap()
        .split(',')
        .nth(column.unwrap());
    assert_eq!(weight, Some("7"));
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        other,
        "in its own words"
    );
}

#[test]
fn losses_behind_a_damaged_line_are_made_again() {
    let setting = Setting::with_pictures();
    ended_by(&setting, "-KILL", &[]);
    let run = setting.only_run();
    let path = run.join("metrics.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[4] = "nonsense";
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    resumed(&setting, &[]).succeeded();
    let (metrics, broken) = Metrics::read_sound(&path).unwrap();
    assert!(broken.is_none(), "{broken:?}");
    assert_eq!(
        metrics.way().last().unwrap().step + 1,
        STEPS.parse::<u64>().unwrap()
    );
}

#[test]
fn killed_before_its_first_step_it_has_the_threads_that_were_asked_for() {
    let setting = Setting::with_pictures();
    ended_by(&setting, "-KILL", &[]);
    // As it is until the network is there.
    let run = setting.only_run();
    std::fs::remove_file(run.join("metrics.csv")).unwrap();
    std::fs::remove_dir_all(run.join("checkpoints")).unwrap();
    let path = run.join("run.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"threads\": 1"), "{text}");
    std::fs::write(&path, text.replace("\"threads\": 1", "\"threads\": null")).unwrap();
    resumed(&setting, &["--steps", "20"]).succeeded();
    assert_eq!(description(&run).threads, Some(1));
}

#[test]
fn tiles_are_for_single_runs() {
    let setting = Setting::with_pictures();
    let compared = [
        "compare",
        "content.png",
        "style.png",
        "demo",
        "large",
        "--tile",
        "off",
    ];
    let ended = setting.stylescope(compared);
    ended
        .failed_saying(&[
            "--tile and --memory-limit are for a single run",
            "leave them out",
        ])
        .before_any_work();
}
