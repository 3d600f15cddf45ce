//! Runs that are kept: their folders, and `stylescope runs`.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;
use stylescope::preset;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::journal::{Entry, Happening};
use stylescope::record::folder::metrics::{Metrics, term_name};

use super::setting::Setting;

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// Waits until the run has written losses of so many steps.
fn waits_for_steps(setting: &Setting, steps: usize) {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        let run = std::fs::read_dir(setting.runs()).unwrap().next();
        let metrics = run.map(|run| Metrics::read(&run.unwrap().path().join("metrics.csv")));
        if metrics.is_some_and(|metrics| metrics.is_ok_and(|metrics| metrics.rows.len() >= steps)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no {steps} steps came");
}

fn killed(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_leaves_everything_in_its_folder() {
    let setting = Setting::with_pictures();
    let ended = setting
        .run("content.png style.png -o out.png --set style.weight=2")
        .succeeded();
    let path = setting.only_run();
    let folder = RunFolder::at(path.clone());
    assert!(
        ended
            .stdout
            .contains(&format!("kept in {}", path.display())),
        "{}",
        ended.stdout
    );

    let description = Description::read(&folder).unwrap();
    assert_eq!(description.state, State::Completed);
    assert_eq!((description.step, description.steps), (3, Some(3)));
    assert_eq!(description.size, Some((48, 36)));
    assert_eq!(description.content.name, "content.png");
    assert_eq!(description.content.sha256.as_ref().unwrap().len(), 64);
    let whole = setting.path("style.png").canonicalize().unwrap();
    let kept = description.style.path.unwrap();
    assert_eq!(Path::new(&kept).canonicalize().unwrap(), whole);
    assert!(description.command.contains(&"style.weight=2".to_owned()));
    assert!(description.output.unwrap().ends_with("out.png"));

    let metrics = Metrics::read(&folder.metrics()).unwrap();
    let steps: Vec<u64> = metrics.rows.iter().map(|row| row.step).collect();
    assert_eq!(steps, [0, 1, 2]);
    let last = metrics.rows.last().unwrap();
    assert!((last.total - description.loss.unwrap()).abs() < 1e-12);
    let weighted: f64 = last
        .terms
        .iter()
        .flatten()
        .map(|(value, weight)| f64::from(*value) * weight)
        .sum();
    assert!((weighted - last.total).abs() < 1e-6 * last.total.abs());

    let text = std::fs::read_to_string(folder.preset()).unwrap();
    assert!((preset::from_toml(&text, "preset").unwrap().style.weight - 2.0).abs() < 1e-12);
    let happenings: Vec<Happening> = Entry::read_all(&folder.journal())
        .unwrap()
        .into_iter()
        .map(|entry| entry.what)
        .collect();
    assert!(matches!(
        happenings[0],
        Happening::Started { size: (48, 36), .. }
    ));
    assert!(happenings.contains(&Happening::Completed), "{happenings:?}");

    // The same picture as the one that was asked for, with a record of its own.
    let pixels = |path: &Path| image::open(path).unwrap().into_rgb8();
    assert!(pixels(&folder.result()) == pixels(&setting.path("out.png")));
    let shown = setting
        .stylescope(["show", folder.result().to_str().unwrap()])
        .succeeded();
    assert!(
        shown.stdout.contains("sha256") && shown.stdout.contains("style.png"),
        "{}",
        shown.stdout
    );
    let shown = setting
        .stylescope(["show", "--preset", folder.result().to_str().unwrap()])
        .succeeded();
    assert!(preset::from_toml(&shown.stdout, "preset").is_ok());
}

#[test]
fn it_can_be_left_out_and_must_not_be_in_the_way() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o a.png --no-record")
        .succeeded();
    assert!(std::fs::read_dir(setting.runs()).unwrap().next().is_none());
    // A file where the folder is to be.
    setting.write("taken", "");
    let ended = setting.run("content.png style.png -o b.png --runs taken");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("not recorded") && ended.stderr.contains("--no-record"),
        "{}",
        ended.stderr
    );
    assert!(setting.exists("b.png"));
    setting
        .run("content.png style.png -o c.png --runs deep/er")
        .succeeded();
    assert!(setting.exists("deep/er"));
}

#[test]
fn kept_runs_are_listed_shown_and_deleted() {
    let setting = Setting::with_pictures();
    let ended = setting.stylescope(["runs", "list"]).succeeded();
    assert!(ended.stdout.contains("no runs"), "{}", ended.stdout);
    setting
        .stylescope(["runs", "show"])
        .failed_saying(&["no runs", "--runs FOLDER"]);

    setting.run("content.png style.png -o a.png").succeeded();
    setting
        .run("content.png style.png -o b.png --set schedule.steps=2")
        .succeeded();
    let list = setting.stylescope(["runs", "list", "--json"]).succeeded();
    let runs: Vec<Value> = list.stdout.lines().map(json).collect();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["step"], 3);
    assert_eq!(runs[1]["step"], 2);
    let table = setting.stylescope(["runs", "list"]).succeeded();
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", table.stdout);
    assert!(
        lines[1].contains("completed")
            && lines[1].contains("content.png in the style of style.png")
    );

    let name = runs[0]["run"].as_str().unwrap();
    let id = name.rsplit('-').next().unwrap();
    let shown = setting.stylescope(["runs", "show", id]).succeeded();
    assert!(
        shown.stdout.contains(name) && shown.stdout.contains("3 steps"),
        "{}",
        shown.stdout
    );
    let latest = setting.stylescope(["runs", "show", "--json"]).succeeded();
    assert_eq!(json(&latest.stdout)["run"], runs[1]["run"]);

    setting
        .stylescope(["runs", "rm", "zzzz"])
        .failed_saying(&["zzzz", "runs list"]);
    setting.stylescope(["runs", "rm", id, name]).succeeded();
    let list = setting.stylescope(["runs", "list", "--json"]).succeeded();
    assert_eq!(list.stdout.lines().count(), 1);
}

#[test]
fn deleting_a_run_leaves_what_is_not_the_runs() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o a.png --tensorboard")
        .succeeded();
    let run = setting.only_run();
    std::fs::write(run.join("notes.txt"), "mine").unwrap();
    let mut command = setting.program();
    command.current_dir(&run).args(["runs", "rm", "."]);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("not the run's"));
    let left: Vec<_> = std::fs::read_dir(&run).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(
        std::fs::read_to_string(run.join("notes.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn a_folder_that_vanishes_does_not_stop_the_run() {
    let setting = Setting::with_pictures();
    let child = setting.started(20_000, &[]);
    waits_for_steps(&setting, 5);
    let run = setting.only_run();
    std::fs::remove_dir_all(&run).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    // With no folder there is no checkpoint, and the exit code does not promise one.
    assert_eq!(output.status.code(), Some(130));
    assert!(setting.exists("out.png"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("cannot write into") && said.contains("not complete"),
        "{said}"
    );
}

#[test]
fn what_differs_and_what_it_did_to_the_losses() {
    let setting = Setting::with_pictures();
    setting.picture("other.png", 50, 50, 3);
    setting
        .run("content.png style.png -o a.png --set style.weight=1")
        .succeeded();
    setting
        .run("content.png other.png -o b.png --set style.weight=100")
        .succeeded();
    let list = setting.stylescope(["runs", "list", "--json"]).succeeded();
    let one = json(list.stdout.lines().next().unwrap());
    let one = one["run"].as_str().unwrap();
    let difference = setting
        .stylescope(["runs", "diff", one, "latest", "--json"])
        .succeeded();
    let difference = json(&difference.stdout);
    let fields: Vec<&str> = difference["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["style.weight", "style picture"]);
    assert_eq!(difference["step"], 2);
    let losses = difference["unweighted_losses"].as_array().unwrap();
    assert_eq!(losses[1]["name"], "style, all layers");
    let value = |side: &str| losses[1][side].as_f64().unwrap();
    assert!((losses[1]["ratio"].as_f64().unwrap() - value("b") / value("a")).abs() < 1e-12);
    let said = setting.stylescope(["runs", "diff", one]).succeeded();
    for words in ["style.weight", "other.png", "at step 2", "B/A"] {
        assert!(said.stdout.contains(words), "{words} in {}", said.stdout);
    }
    // Sums over other layers are not put side by side.
    setting
        .run("content.png style.png -o c.png --set style.layers={block1=1.0}")
        .succeeded();
    let other_layers = setting.stylescope(["runs", "diff", one]).succeeded();
    assert!(
        !other_layers.stdout.contains("style, all layers"),
        "{}",
        other_layers.stdout
    );
    assert!(other_layers.stdout.contains("content, all layers"));
    let same = setting.stylescope(["runs", "diff", one, one]).succeeded();
    assert!(same.stdout.contains("nothing differs"), "{}", same.stdout);
}

#[test]
fn a_killed_run_is_whole_and_said_to_be_killed() {
    let setting = Setting::with_pictures();
    let child = setting.started(1_000_000, &[]);
    waits_for_steps(&setting, 20);
    let folder = RunFolder::at(setting.only_run());
    assert_eq!(Description::read(&folder).unwrap().state, State::Running);
    setting
        .stylescope(["runs", "rm", "latest"])
        .failed_saying(&["still goes on", "nothing was deleted"]);
    killed(child);
    assert_eq!(Description::read(&folder).unwrap().state, State::Killed);
    let metrics = Metrics::read(&folder.metrics()).unwrap();
    assert!(metrics.rows.len() >= 20);
    let steps: Vec<u64> = metrics.rows.iter().map(|row| row.step).collect();
    assert!(steps.iter().copied().eq(0..steps.len() as u64));
    assert!(Entry::read_all(&folder.journal()).is_ok_and(|entries| !entries.is_empty()));
    for entry in std::fs::read_dir(folder.snapshots()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "png") {
            image::open(path).unwrap();
        }
    }
    let list = setting.stylescope(["runs", "list"]).succeeded();
    assert!(list.stdout.contains("killed"), "{}", list.stdout);
    setting.stylescope(["runs", "show"]).succeeded();
    setting.stylescope(["runs", "rm", "latest"]).succeeded();
    assert!(!folder.path().exists());
}

/// Prints every scalar of an event file as `TensorBoard` reads it, and the size of each picture.
const READ_EVENTS: &str = "
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0}).Reload()
tags = events.Tags()
print(json.dumps({
    'scalars': {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']},
    'images': {tag: [[e.step, e.width, e.height] for e in events.Images(tag)] for tag in tags['images']},
}))
";

#[test]
fn tensorboard_reads_what_is_written_for_it() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o out.png --tensorboard")
        .succeeded();
    let folder = RunFolder::at(setting.only_run());
    let Some(python) = crate::python::with("tensorboard") else {
        eprintln!(
            "skipped: no python that can import tensorboard (STYLESCOPE_TEST_PYTHON names one)"
        );
        return;
    };
    let arguments = [
        "-c".as_ref(),
        READ_EVENTS.as_ref(),
        folder.path().as_os_str(),
    ];
    let printed = crate::python::printed(&python, arguments);
    let read: Value = serde_json::from_slice(&printed).unwrap();
    let metrics = Metrics::read(&folder.metrics()).unwrap();
    let near = |found: &Value, expected: f64| {
        (found.as_f64().unwrap() - expected).abs() <= 1e-6 * expected.abs()
    };
    let totals = read["scalars"]["loss/total"].as_array().unwrap();
    assert_eq!(totals.len(), metrics.rows.len());
    for (found, row) in totals.iter().zip(&metrics.rows) {
        assert!(
            found[0] == row.step && near(&found[1], row.total),
            "{found}"
        );
    }
    for (index, term) in metrics.terms.iter().enumerate() {
        let tag = format!("unweighted/{}", term_name(term));
        let values = read["scalars"][&tag].as_array().unwrap();
        for (found, row) in values.iter().zip(&metrics.rows) {
            assert!(
                near(&found[1], f64::from(row.terms[index].unwrap().0)),
                "{tag}: {found}"
            );
        }
    }
    for picture in read["images"]["picture"].as_array().into_iter().flatten() {
        assert_eq!(
            (picture[1].as_u64(), picture[2].as_u64()),
            (Some(48), Some(36))
        );
    }
}

#[test]
fn a_run_that_fails_says_why() {
    let setting = Setting::with_pictures();
    let settings = "--lr 1000 --set optimizer.clamp=false --set style.weight=1e300";
    let ended = setting.run(&format!("content.png style.png -o a.png {settings}"));
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let description = Description::read(&RunFolder::at(setting.only_run())).unwrap();
    assert_eq!(description.state, State::Failed);
    assert!(description.failure.unwrap().contains("no longer a number"));
}
