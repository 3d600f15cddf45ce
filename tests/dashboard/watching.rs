//! A run in one terminal, looked at and steered from another.

use stylescope::engine::message::TermKind;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::journal::{Entry, Happening};
use stylescope::record::folder::metrics::Metrics;

use super::*;

/// The first weight of style in the newest row.
fn weight_of_style(folder: &RunFolder) -> Option<f64> {
    let metrics = Metrics::read(&folder.metrics()).ok()?;
    let style = metrics
        .terms
        .iter()
        .position(|term| term.kind == TermKind::Style)?;
    Some(metrics.rows.last()?.terms.get(style).copied()??.1)
}

fn watches(setting: &Setting, more: &[&str]) -> Person {
    let mut arguments = vec!["watch", "--graphics", "halfblocks"];
    arguments.extend(more);
    Person::starts(setting, USUAL, &arguments)
}

/// A run without a screen, once its folder is there.
fn headless(setting: &Setting) -> (Child, RunFolder) {
    let child = setting.started(10_000_000, &["--headless"]);
    wait_until("a run", || {
        let folder = std::fs::read_dir(setting.runs()).ok();
        folder.is_some_and(|mut runs| {
            runs.any(|run| run.is_ok_and(|run| run.path().join("metrics.csv").exists()))
        })
    });
    (child, RunFolder::at(setting.only_run()))
}

fn saves_weight(folder: &RunFolder, weight: &str) {
    let text = text_of(&folder.preset());
    let (before, style) = text.split_once("[style]\n").unwrap();
    let (old, _) = style.split_once("weight = ").unwrap();
    let rest = style[old.len()..].split_once('\n').unwrap().1;
    // As editors do: a file of another name takes its place.
    let beside = folder.path().join("preset.toml~");
    std::fs::write(
        &beside,
        format!("# by hand\n{before}[style]\n{old}weight = {weight}\n{rest}"),
    )
    .unwrap();
    std::fs::rename(beside, folder.preset()).unwrap();
}

#[test]
fn a_run_is_seen_and_steered_by_its_preset_file() {
    let setting = setting();
    let mut run = Person::runs(&setting, USUAL, 1_000_000, &[]);
    run.waits_for("running");
    wait_until("a snapshot", || {
        std::fs::read_dir(setting.only_run().join("snapshots"))
            .is_ok_and(|mut snapshots| snapshots.next().is_some())
    });
    let mut watcher = watches(&setting, &[]);
    let screen = watcher.waits_until("the picture and the loss", |screen| {
        screen.contains("▶ running") && screen.contains("loss ") && screen.contains('▀')
    });
    let folder = RunFolder::at(setting.only_run());
    assert!(
        screen.contains(&format!("watching {}", folder.id())),
        "{screen}"
    );
    assert!(screen.contains("preset mine"), "{screen}");

    saves_weight(&folder, "3.5");
    watcher.waits_for("style.weight 1.0 → 3.5, live");
    run.waits_for("from the run's folder: style.weight");
    run.waits_for("style.weight 1.0 → 3.5, live");
    wait_until("the new weight in the losses", || {
        weight_of_style(&folder).is_some_and(|weight| (weight - 3.5).abs() < 1e-9)
    });
    assert!(text_of(&folder.preset()).starts_with("# by hand\n"));

    // A key here, the same field there.
    watcher.types("\x1b[B\x1b[B\x1b[B\r");
    watcher.waits_for("Factor on the whole style loss");
    watcher.types("\x152.75\r");
    watcher.waits_for("→ 2.75, live");
    run.waits_for("→ 2.75, live");

    // What is no preset.
    let sound = text_of(&folder.preset());
    std::fs::write(folder.preset(), "[style]\nwieght = 4\n").unwrap();
    watcher.waits_for("preset.toml:2:1");
    watcher.waits_for("file broken");
    run.waits_for("not taken up");
    std::fs::write(
        folder.preset(),
        sound.replace("weight = 2.75", "weight = 0.5"),
    )
    .unwrap();
    watcher.waits_for("→ 0.5, live");

    watcher.types(" ");
    watcher.waits_for("its own terminal can pause it");
    watcher.types("s");
    watcher.waits_for("wrote ");
    assert!(
        setting
            .names()
            .iter()
            .any(|name| name.starts_with(&folder.name()))
    );
    watcher.types("q");
    assert_eq!(watcher.sees_the_end(), Some(0));
    watcher.has_the_terminal_back();
    assert_eq!(Description::read(&folder).unwrap().state, State::Running);
    run.types("qd");
    assert_eq!(run.sees_the_end(), Some(0));
    let preset = text_of(&folder.preset());
    assert!(preset.contains("weight = 0.5"), "{preset}");
}

#[test]
fn a_run_without_a_screen_takes_up_what_is_saved_and_is_watched_to_its_death() {
    let setting = Setting::with_pictures();
    let (mut child, folder) = headless(&setting);
    std::fs::write(folder.preset(), "[style]\nwieght = 4\n").unwrap();
    wait_until("a refusal", || {
        let entries = Entry::read_all(&folder.journal()).unwrap_or_default();
        entries.iter().any(|entry| {
            matches!(&entry.what, Happening::Refused { reason } if reason.contains("preset.toml:2:1"))
        })
    });
    let steps = Metrics::read(&folder.metrics()).unwrap().rows.len();
    std::fs::write(folder.preset(), "extends = \"demo\"\n[style]\nweight = 6.0\n[image]\nsize = 32\n[network]\nwidths = [8, 8, 8, 8]\n[schedule]\nsteps = 10_000_000\n").unwrap();
    wait_until("the new weight in the losses", || {
        weight_of_style(&folder).is_some_and(|weight| (weight - 6.0).abs() < 1e-9)
    });
    assert!(Metrics::read(&folder.metrics()).unwrap().rows.len() > steps);

    let mut watcher = watches(&setting, &["latest"]);
    watcher.waits_for("▶ running");
    watcher.waits_for("style.weight 1.0 → 6.0, live");
    child.kill().unwrap();
    child.wait().unwrap();
    watcher.waits_for("× killed");
    watcher.types("\x1b[C");
    watcher.waits_for("nobody reads its preset");
    watcher.types("\x03");
    assert_eq!(watcher.sees_the_end(), Some(0));

    // Everything is shown to whoever comes later.
    let mut later = watches(&setting, &[&folder.id()]);
    later.waits_for("× killed");
    later.waits_for("style.weight 1.0 → 6.0, live");
    later.waits_until("the picture", |screen| screen.contains('▀'));
    std::fs::remove_dir_all(folder.path()).unwrap();
    later.waits_for("its folder is gone");
    later.types("q");
    assert_eq!(later.sees_the_end(), Some(0));
}

#[test]
fn a_finished_run_can_be_asked_for_more_steps_while_its_program_waits() {
    let setting = setting();
    let mut run = Person::runs(&setting, USUAL, 20, &[]);
    run.waits_for("finished");
    let mut watcher = watches(&setting, &[]);
    watcher.waits_for("✓ completed");
    watcher.waits_for("step 20/20");
    watcher.types("a");
    watcher.waits_for("20");
    watcher.types("\x1515\r");
    run.waits_for("step 35/35");
    watcher.waits_for("step 35/35");
    run.types("q");
    assert_eq!(run.sees_the_end(), Some(0));
    watcher.types("\x1b[C");
    watcher.waits_for("nobody reads its preset");
    watcher.types("q");
    assert_eq!(watcher.sees_the_end(), Some(0));
}

/// A comparison of two presets without a screen, once both runs are there.
fn compared(setting: &Setting) -> (Child, std::path::PathBuf) {
    setting.write("strong.toml", MINE.replace("weight = 1.0", "weight = 4.0"));
    let child = setting
        .attended()
        .args(["compare", "content.png", "style.png"])
        .args(["./mine.toml", "./strong.toml", "--headless"])
        .args(["--size", "48", "--steps", "1000000", "--threads", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runs = || -> Vec<std::path::PathBuf> {
        let comparisons = std::fs::read_dir(setting.runs()).into_iter().flatten();
        comparisons
            .flat_map(|one| std::fs::read_dir(one.unwrap().path()).unwrap())
            .map(|run| run.unwrap().path())
            .filter(|run| run.join("metrics.csv").exists())
            .collect()
    };
    wait_until("two runs", || runs().len() == 2);
    (child, setting.only_run())
}

#[test]
fn a_comparison_is_watched_to_its_death() {
    let setting = setting();
    let (mut child, folder) = compared(&setting);
    let mut watcher = watches(&setting, &[]);
    let screen = watcher.waits_until("both and their losses", |screen| {
        screen.contains("▶ comparing")
            && screen.contains("watched")
            && screen.contains("2 strong")
            && screen.matches("S 0.").count() + screen.matches("S 1.").count() >= 1
            && screen.contains('▀')
    });
    for words in ["1 mine", "2 candidates", "style.weight", "4.0 *"] {
        assert!(screen.contains(words), "{words} in:\n{screen}");
    }
    let state = |screen: &str, word: &str| {
        let mut lines = screen.lines();
        lines.any(|line| line.contains("state ") && line.matches(word).count() == 2)
    };
    watcher.waits_until("how both go", |screen| state(screen, "running"));
    watcher.types(" ");
    watcher.waits_for("its own terminal can pause it");
    watcher.types("d");
    watcher.waits_for("cannot be dropped from here");

    // One that begins later, as far as anybody who watches can tell.
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let first = std::fs::read_dir(&folder)
        .unwrap()
        .map(|run| run.unwrap().path())
        .find(|run| run.join("run.json").exists())
        .unwrap();
    let third = folder.join("03-late-zzzz");
    std::fs::create_dir(&third).unwrap();
    for file in [
        "lock",
        "preset.toml",
        "metrics.csv",
        "events.jsonl",
        "run.json",
    ] {
        std::fs::copy(first.join(file), third.join(file)).unwrap();
    }
    watcher.waits_for("has joined");
    watcher.waits_for("3 candidates");
    std::fs::remove_dir_all(&third).unwrap();
    watcher.waits_for("its folder is gone");

    child.kill().unwrap();
    child.wait().unwrap();
    watcher.waits_for("killed: its program ended without a word");
    watcher.types("q");
    assert_eq!(watcher.sees_the_end(), Some(0));
    watcher.has_the_terminal_back();

    // Everything is shown to whoever comes later.
    let mut later = watches(&setting, &[&name]);
    later.waits_until("how both ended", |screen| {
        state(screen, "killed") && screen.contains("× killed") && screen.contains('▀')
    });
    later.types("\x03");
    assert_eq!(later.sees_the_end(), Some(0));
}
