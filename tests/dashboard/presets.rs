//! Presets that are saved, broken, mended and written while a run goes on.

use stylescope::engine::message::TermKind;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::journal::{Entry, Happening};
use stylescope::record::folder::metrics::{Metrics, Row};

use super::*;

#[test]
fn a_saved_preset_takes_effect_a_broken_one_does_not() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 1_000_000, &[]);
    person.waits_for("running");
    setting.write("mine.toml", MINE.replace("weight = 1.0", "weight = 3.5"));
    person.waits_for("style.weight 1.0 → 3.5, live");
    setting.write("mine.toml", MINE.replace("weight = 1.0", "wieght = 4"));
    person.waits_for("file broken");
    person.types("5");
    let screen = person.waits_for("mine.toml:8:1");
    assert!(screen.contains("running"), "{screen}");
    setting.write("mine.toml", MINE.replace("weight = 1.0", "weight = 0.25"));
    person.waits_for("style.weight 3.5 → 0.25, live");
    person.waits_until("a whole file", |screen| !screen.contains("file broken"));
    setting.write(
        "mine.toml",
        MINE.replace("weight = 1.0", "weight = 0.25")
            .replace("size = 48", "size = 64"),
    );
    person.waits_for("image.size 48 → 64, rebuild");
    person.waits_for("64×48");
    setting.write(
        "mine.toml",
        format!("{MINE}\n[schedule]\nseed = 7\n").replace("size = 48", "size = 64"),
    );
    person.waits_for("restart needed");
    person.types("r");
    person.waits_for("began again");
    person.waits_until("no need of a restart", |screen| {
        !screen.contains("restart needed")
    });
}

#[test]
fn what_happens_is_kept_in_the_runs_folder() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 1_000_000, &[]);
    person.waits_for("running");
    setting.write("mine.toml", MINE.replace("weight = 1.0", "weight = 3.5"));
    person.waits_for("style.weight 1.0 → 3.5, live");
    person.types("t");
    person.waits_for("snapshot kept");
    person.types("[g");
    person.waits_for("going on from step");
    person.types("r");
    person.waits_for("began again");
    // Left without saving: what is kept is kept all the same.
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    person.waits_for("kept in");

    let folder = RunFolder::at(setting.only_run());
    let entries = Entry::read_all(&folder.journal()).unwrap();
    let place = |wanted: &dyn Fn(&Happening) -> bool| {
        entries
            .iter()
            .position(|entry| wanted(&entry.what))
            .unwrap()
    };
    let changed = place(&|what| {
        matches!(what, Happening::PresetChanged { changes }
            if *changes == ["style.weight 1.0 → 3.5, live"])
    });
    let went_back = place(&|what| matches!(what, Happening::WentBack { branch: 2 }));
    let restarted = place(&|what| *what == Happening::Restarted);
    let stopped = place(&|what| *what == Happening::Stopped);
    assert!(changed < went_back && went_back < restarted && restarted < stopped);
    assert_eq!(Description::read(&folder).unwrap().state, State::Stopped);
    let preset = text_of(&folder.preset());
    assert!(preset.contains("weight = 3.5"), "{preset}");
    assert!(folder.result().exists());

    let metrics = Metrics::read(&folder.metrics()).unwrap();
    let branches: Vec<u32> = metrics.rows.iter().map(|row| row.branch).collect();
    assert!(branches.is_sorted() && branches.first() == Some(&1));
    assert_eq!(branches.last(), Some(&3));
    let way = metrics.way();
    assert!(way.iter().map(|row| row.step).eq(0..way.len() as u64));
    // Weights are those of their step.
    let weight = |row: &Row| {
        let style = metrics
            .terms
            .iter()
            .position(|term| term.kind == TermKind::Style);
        row.terms[style.unwrap()].unwrap().1
    };
    assert!(weight(&metrics.rows[0]) < weight(metrics.rows.last().unwrap()));
}

#[test]
fn changed_values_are_written_into_the_file_with_its_comments() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 1_000_000, &[]);
    person.waits_for("style.weight");
    // Down to style.weight, where a value is typed.
    person.types("\x1b[B\x1b[B\x1b[B\r");
    person.waits_for("Factor on the whole style loss");
    person.types("\x152.75\r");
    person.waits_for("style.weight 1.0 → 2.75, live");
    person.waits_for("1 changed");
    person.types("w");
    person.waits_for("written to");
    assert_eq!(
        text_of(&setting.path("mine.toml")),
        MINE.replace("weight = 1.0", "weight = 2.75")
    );
    person.waits_until("nothing changed", |screen| !screen.contains("1 changed"));
    person.types("W");
    person.waits_for("New preset");
    person.types("./other.toml\r");
    person.waits_for("new preset ./other.toml");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    setting
        .stylescope(["presets", "check", "./other.toml"])
        .succeeded();
}

#[test]
fn the_editor_opens_and_what_it_saves_counts() {
    let setting = setting();
    let editor = setting.write(
        "editor.sh",
        "#!/bin/sh\necho EDITING \"$1\"\nsed -i 's/weight = 1.0/weight = 2.5/' \"$1\"\nread line\n",
    );
    let made = Command::new("chmod")
        .arg("+x")
        .arg(&editor)
        .status()
        .unwrap();
    assert!(made.success());
    let mut command = setting.attended();
    command.env("EDITOR", &editor).args([
        "run",
        "content.png",
        "style.png",
        "-p",
        "./mine.toml",
        "--steps",
        "1000000",
        "--threads",
        "1",
    ]);
    let mut person = Person::starts_command(&command, USUAL);
    person.waits_for("running");
    person.types("e");
    let screen = person.waits_for("EDITING");
    assert!(!screen.contains("1 Loss"), "{screen}");
    person.types("\r");
    person.waits_for("1 Loss");
    person.waits_for("style.weight 1.0 → 2.5, live");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
}
