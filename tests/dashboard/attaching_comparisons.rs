//! Comparisons in the background or without their terminal, and the terminals that come to them.

use stylescope::record::folder::RunFolder;
use stylescope::record::folder::comparison::ComparisonFolder;
use stylescope::record::folder::description::{Description, State};

use super::*;

/// The arguments of a small comparison of two presets that share a lane.
fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        "compare",
        "content.png",
        "style.png",
        "./mine.toml",
        "./wild.toml",
    ];
    let small = ["--threads", "1", "--set", "schedule.steps=1000000"];
    usual.iter().chain(&small).chain(more).copied().collect()
}

fn setting() -> Setting {
    let setting = super::setting();
    setting.write("wild.toml", MINE.replace("weight = 1.0", "weight = 8.0"));
    setting
}

/// A comparison in the background.
struct Background {
    folder: ComparisonFolder,
    program: Detached,
}

impl Background {
    fn starts(setting: &Setting) -> Self {
        let program = Detached::starts(setting, arguments(&["--detach", "--json"]));
        let folder = ComparisonFolder::at(setting.only_run());
        assert_eq!(program.id, folder.id());
        Self { folder, program }
    }

    fn runs(&self) -> Vec<RunFolder> {
        self.folder.runs().unwrap()
    }

    fn goes_on(&self) -> bool {
        let runs = self.folder.runs().unwrap_or_default();
        runs.iter().any(|run| run.is_held() == Some(true))
    }

    fn ends(&self) -> Vec<State> {
        wait_until("the end", || !self.goes_on());
        let runs = self.runs();
        let state = |run| Description::read(run).unwrap().state;
        runs.iter().map(state).collect()
    }
}

#[test]
fn a_comparison_in_the_background_is_seen_and_steered_from_two_terminals() {
    let setting = setting();
    let comparison = Background::starts(&setting);
    let id = comparison.folder.id();
    assert!(comparison.folder.socket().exists());

    let mut one = attaches(&setting, &[]);
    let screen = one.waits_until("the pictures and the losses", |screen| {
        screen.contains("▶ comparing") && screen.contains('▀') && screen.contains("wild")
    });
    assert!(screen.contains(&format!("attached {id}")), "{screen}");
    let mut two = attaches(&setting, &[&id]);
    two.waits_for("▶ comparing");
    one.waits_for("another terminal is attached (2 now)");

    one.types(" ");
    two.waits_for("another terminal paused the comparison");
    two.waits_for("‖ paused");
    two.types(" ");
    one.waits_for("another terminal let the comparison go on");

    // A preset that is saved is taken up.
    setting.write("wild.toml", MINE.replace("weight = 1.0", "weight = 5.5"));
    for person in [&mut one, &mut two] {
        person.waits_for("style.weight 8.0 → 5.5, live");
    }

    // A picture of now, and a preset that joins.
    one.types("s");
    one.waits_for("wrote ");
    let run = comparison.runs()[0].name();
    assert!(setting.names().iter().any(|file| file.starts_with(&run)));
    setting.write(
        "presets/calm.toml",
        MINE.replace("weight = 1.0", "weight = 0.5"),
    );
    one.waits_for("new preset calm: j lets it join");
    one.types("j");
    two.waits_for("another terminal lets a preset join");
    for person in [&mut one, &mut two] {
        person.waits_for("3 calm joins");
    }

    two.types("2d");
    two.waits_for("Drop 2 wild?");
    two.types("y");
    for person in [&mut one, &mut two] {
        person.waits_for("2 wild was dropped at step");
    }

    // Leaving changes nothing.
    one.types("q");
    one.waits_for("detach: leave the screen, all go on");
    one.types("\r");
    assert_eq!(one.sees_the_end(), Some(0));
    one.has_the_terminal_back();
    one.waits_for("it goes on; `stylescope attach");
    two.waits_for("a terminal left (1 attached)");
    assert!(comparison.goes_on());

    // Who comes now sees the same.
    let mut late = attaches(&setting, &[&id]);
    late.waits_until("all of it", |screen| {
        let is_there = |words| screen.contains(words);
        let all = [
            "▶ comparing",
            "2 candidates",
            "3 calm",
            "2 wild was dropped",
        ];
        all.into_iter().all(is_there)
    });

    // And one can stop it.
    two.types("qs");
    assert_eq!(two.sees_the_end(), Some(0));
    late.waits_for("■ stopped");
    late.types("q");
    assert_eq!(late.sees_the_end(), Some(0));
    let states = comparison.ends();
    assert_eq!(states, [State::Stopped, State::Dropped, State::Stopped]);
    assert!(!comparison.folder.socket().exists());
    let log = text_of(&comparison.folder.output_log());
    assert!(log.contains("\"event\":\"join\""), "{log}");
    assert!(log.contains("\"reason\":\"stopped\""), "{log}");
}

#[test]
fn one_is_promoted_from_afar_and_the_comparison_is_resumed_after_a_kill() {
    let setting = setting();
    let comparison = Background::starts(&setting);
    let id = comparison.folder.id();
    let mut person = attaches(&setting, &[]);
    person.waits_for("▶ comparing");
    person.types("2p");
    person.waits_for("Promote 2 wild");
    person.types("\r");
    person.waits_for("preset wild");
    person.waits_for(&format!("attached {id}"));
    person.waits_until("a larger picture", |screen| screen.contains("60×45"));
    wait_until("the other to be dropped", || {
        let first = Description::read(&comparison.runs()[0]);
        first.is_ok_and(|run| run.state == State::Dropped)
    });
    comparison.program.signals("-KILL");
    person.waits_for("× killed");
    person.types("q");
    assert_eq!(person.sees_the_end(), Some(0));
    assert_eq!(comparison.ends(), [State::Dropped, State::Killed]);
    setting
        .stylescope(["attach", &id])
        .failed_saying(&["was killed", "stylescope resume"]);

    let mut own = Person::starts(
        &setting,
        USUAL,
        &["resume", &id, "--graphics", "halfblocks"],
    );
    let screen = own.waits_until("it to go on", |screen| {
        screen.contains("▶ comparing") && screen.contains('▀')
    });
    assert!(screen.contains("1 candidate"), "{screen}");
    let mut other = attaches(&setting, &[&id]);
    other.waits_for("▶ comparing");
    own.waits_for("another terminal is attached (1 now)");
    other.types("qd");
    assert_eq!(other.sees_the_end(), Some(0));
    own.types("qs");
    assert_eq!(own.sees_the_end(), Some(0));
    own.waits_for("stylescope resume");
    assert_eq!(comparison.ends(), [State::Dropped, State::Stopped]);

    let again = Detached::starts(&setting, ["resume", &id, "--detach", "--json"]);
    assert_eq!(again.id, id);
    let mut other = attaches(&setting, &[&id]);
    other.waits_for("▶ comparing");
    other.types("qs");
    assert_eq!(other.sees_the_end(), Some(0));
    assert_eq!(comparison.ends(), [State::Dropped, State::Stopped]);
}

#[test]
fn a_comparison_outlives_its_terminal_and_is_come_back_to() {
    let setting = setting();
    for (how, more) in [
        ("a lost terminal", &[][..]),
        ("a lost terminal", &["--headless"][..]),
        ("a signal", &["--headless"][..]),
    ] {
        let mut run = Person::starts(&setting, USUAL, &arguments(more));
        run.waits_for(if more.is_empty() {
            "▶ comparing"
        } else {
            "step "
        });
        if how == "a signal" {
            run.signals("-HUP");
            run.signals("-HUP");
        } else {
            run.loses_the_terminal();
        }
        std::thread::sleep(Duration::from_millis(300));
        let mut person = attaches(&setting, &[]);
        person.waits_for("▶ comparing");
        person.types("qs");
        assert_eq!(person.sees_the_end(), Some(0), "{how} {more:?}");
        assert!(run.sees_the_end().is_some(), "{how} {more:?}");
        let folder = ComparisonFolder::at(setting.only_run());
        for run in folder.runs().unwrap() {
            assert_eq!(Description::read(&run).unwrap().state, State::Stopped);
            assert!(run.result().exists());
        }
        std::fs::remove_dir_all(folder.path()).unwrap();
    }
}

#[test]
fn what_cannot_be_attached_to_is_said() {
    let setting = setting();
    let comparison = Background::starts(&setting);
    let id = comparison.folder.id();
    setting.stylescope(["attach", &id]).failed_saying(&[
        "a terminal is needed",
        "comparison",
        "watch",
    ]);
    let run = comparison.runs()[1].path().display().to_string();
    setting.stylescope(["attach", &run]).failed_saying(&[
        "is one of the comparison",
        &format!("stylescope attach {id}"),
    ]);
    comparison.program.signals("-TERM");
    assert_eq!(comparison.ends(), [State::Stopped, State::Stopped]);
    wait_until("the socket to go", || !comparison.folder.socket().exists());
    setting
        .stylescope(["attach", &id])
        .failed_saying(&["is over", "stylescope resume"]);
    setting.stylescope(["runs", "rm", &id]).succeeded();
    assert!(!comparison.folder.path().exists());
    setting
        .stylescope(arguments(&["--detach", "--no-record"]))
        .refused_saying(&["--detach", "--no-record"]);
}

#[test]
fn more_steps_are_proposed_for_a_comparison_that_is_complete() {
    let setting = setting();
    setting
        .stylescope(arguments(&["--headless", "--set", "schedule.steps=2"]))
        .succeeded();
    let id = ComparisonFolder::at(setting.only_run()).id();
    setting
        .stylescope(["attach", &id])
        .failed_saying(&["is over", &format!("stylescope resume {id} --steps N")]);
}
