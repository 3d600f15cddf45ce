//! Runs in the background, runs whose terminal is gone, and the terminals that come to them.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use serde_json::Value;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::journal::{Entry, Happening};

use super::*;

/// The arguments of a small run of the two pictures under the preset `mine.toml`.
fn arguments(steps: u64, more: &[&str]) -> Vec<String> {
    let steps = steps.to_string();
    let mut arguments = vec!["run", "content.png", "style.png", "-o", "out.png"];
    arguments.extend(["-p", "./mine.toml", "--steps", &steps, "--threads", "1"]);
    arguments.extend(more);
    arguments.into_iter().map(str::to_owned).collect()
}

/// A run in the background.
struct Background {
    folder: RunFolder,
    program: Detached,
}

impl Background {
    fn starts(setting: &Setting, steps: u64) -> Self {
        let words = arguments(steps, &["--detach", "--json"]);
        let program = Detached::starts(setting, words.iter().map(String::as_str));
        let folder = RunFolder::at(setting.only_run());
        assert_eq!(program.id, folder.id());
        Self { folder, program }
    }

    fn ends(&self) -> Description {
        wait_until("the end", || self.folder.is_held() != Some(true));
        Description::read(&self.folder).unwrap()
    }
}

/// Everything that happened, by the run's journal.
fn happened(folder: &RunFolder, is_it: impl Fn(&Happening) -> bool) -> bool {
    let entries = Entry::read_all(&folder.journal()).unwrap_or_default();
    entries.iter().any(|entry| is_it(&entry.what))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_run_in_the_background_is_seen_and_steered_from_two_terminals() {
    let setting = setting();
    let run = Background::starts(&setting, 10_000_000);
    let socket = run.folder.socket();
    let metadata = std::fs::symlink_metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(run.folder.path()), 0o700);
    assert_eq!(mode(&run.folder.output_log()), 0o600);

    let mut one = attaches(&setting, &[]);
    let screen = one.waits_until("the picture and the loss", |screen| {
        screen.contains("▶ running") && screen.contains("loss ") && screen.contains('▀')
    });
    let attached = format!("attached {}", run.folder.id());
    assert!(
        screen.contains(&attached) && screen.contains("preset mine"),
        "{screen}"
    );
    let mut two = attaches(&setting, &[&run.folder.id()]);
    two.waits_for("▶ running");
    one.waits_for("another terminal is attached (2 now)");

    one.types(" ");
    one.waits_for("‖ paused");
    two.waits_for("‖ paused");
    two.waits_for("another terminal paused the run");

    // The other lets it go on, and changes a value.
    two.types(" ");
    two.waits_for("▶ running");
    one.waits_for("another terminal let the run go on");
    two.types("\x1b[B\x1b[B\x1b[B\r");
    two.waits_for("Factor on the whole style loss");
    two.types("\x152.75\r");
    two.waits_for("style.weight 1.0 → 2.75, live");
    one.waits_for("style.weight 1.0 → 2.75, live");
    wait_until("the new weight in the run's preset", || {
        text_of(&run.folder.preset()).contains("weight = 2.75")
    });

    // A snapshot to go back to, and a picture of now.
    one.types("t");
    one.waits_for("snapshot kept at step");
    one.types("[");
    one.types("g");
    one.waits_for("going on from step");
    two.waits_for("another terminal went back to a snapshot");
    one.types("s");
    one.waits_for("wrote ");
    let name = run.folder.name();
    assert!(setting.names().iter().any(|file| file.starts_with(&name)));

    // Leaving changes nothing.
    one.types("q");
    one.waits_for("detach: leave the screen, the run goes on");
    one.types("\r");
    assert_eq!(one.sees_the_end(), Some(0));
    one.has_the_terminal_back();
    one.waits_for("it goes on; `stylescope attach");
    two.waits_for("a terminal left (1 attached)");
    assert_eq!(run.folder.is_held(), Some(true));

    // And one can stop it.
    two.types("qs");
    assert_eq!(two.sees_the_end(), Some(0));
    two.waits_for("wrote out.png");
    assert_eq!(run.ends().state, State::Stopped);
    assert!(setting.exists("out.png"));
    assert!(!socket.exists());
    let log = text_of(&run.folder.output_log());
    assert!(log.contains("stopped: wrote out.png"), "{log}");
}

#[test]
fn a_run_in_the_background_comes_to_its_end_by_itself() {
    let setting = setting();
    let words = arguments(20, &["--detach"]);
    let said = setting
        .stylescope(words.iter().map(String::as_str))
        .succeeded()
        .stdout;
    let folder = RunFolder::at(setting.only_run());
    let id = folder.id();
    for words in [
        format!("{id} goes on in the background"),
        format!("stylescope attach {id}"),
        format!("stylescope watch {id}"),
    ] {
        assert!(said.contains(&words), "{said}");
    }
    wait_until("the end", || folder.is_held() == Some(false));
    let run = Description::read(&folder).unwrap();
    assert_eq!((run.state, run.step), (State::Completed, 20));
    assert!(
        run.command.contains(&"--detach".to_owned())
            && !run.command.contains(&"--in-background".to_owned()),
        "{:?}",
        run.command
    );
    assert!(setting.exists("out.png"));
    setting
        .stylescope(["attach", &id])
        .failed_saying(&["is over (completed)", "resume", "watch"]);
}

#[test]
fn a_finished_run_waits_for_those_who_are_attached() {
    let setting = setting();
    let run = Background::starts(&setting, 10_000_000);
    let mut person = attaches(&setting, &[]);
    person.waits_for("▶ running");
    person.types(" ");
    person.waits_for("‖ paused");
    let step = person
        .waits_for("step ")
        .split_once("step ")
        .unwrap()
        .1
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    // A few more steps than are made are to be enough.
    let made: u64 = step.trim().parse().unwrap();
    let text = text_of(&run.folder.preset());
    let (before, schedule) = text.split_once("[schedule]\n").unwrap();
    let (old, rest) = schedule.split_once("steps = ").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let few = format!("{before}[schedule]\n{old}steps = {}\n{rest}", made + 5);
    std::fs::write(run.folder.preset(), few).unwrap();
    person.waits_for(&format!("/{}", made + 5));
    person.types(" ");
    person.waits_for("finished");
    person.waits_until("the result", |_| setting.exists("out.png"));
    assert_eq!(run.folder.is_held(), Some(true));
    person.types("a\x157\r");
    person.waits_for(&format!("step {}/{}", made + 12, made + 12));
    person.waits_until("another result", |_| setting.exists("out-2.png"));
    person.types("q\r");
    assert_eq!(person.sees_the_end(), Some(0));
    let ended = run.ends();
    assert_eq!((ended.state, ended.step), (State::Completed, made + 12));
}

#[test]
fn a_run_whose_terminal_is_torn_away_is_come_back_to() {
    let setting = setting();
    let mut run = Person::runs(&setting, USUAL, 10_000_000, &[]);
    run.waits_for("▶ running");
    run.loses_the_terminal();
    let folder = RunFolder::at(setting.only_run());
    let mut person = attaches(&setting, &["latest"]);
    person.waits_for("▶ running");
    person.types(" ");
    person.waits_for("‖ paused");
    // The connection of the last one breaks: nobody is there to let it go on.
    person.loses_the_terminal();
    person.sees_the_end();
    wait_until("it to go on", || {
        happened(&folder, |what| matches!(what, Happening::Resumed))
    });
    let mut person = attaches(&setting, &[]);
    person.waits_for("▶ running");
    person.types("qs");
    assert_eq!(person.sees_the_end(), Some(0));
    assert_eq!(run.sees_the_end(), Some(0));
    assert_eq!(Description::read(&folder).unwrap().state, State::Stopped);
    assert!(setting.exists("out.png"));
}

#[test]
fn the_own_dashboard_and_an_attached_one_show_the_same() {
    let setting = setting();
    let mut own = Person::runs(&setting, USUAL, 10_000_000, &[]);
    own.waits_for("▶ running");
    let mut other = attaches(&setting, &[]);
    other.waits_for("▶ running");
    own.waits_for("another terminal is attached (1 now)");
    other.types("\x1b[B\x1b[B\x1b[B\r");
    other.waits_for("Factor on the whole style loss");
    other.types("\x153.5\r");
    own.waits_for("style.weight 1.0 → 3.5, live");
    own.types(" ");
    other.waits_for("another terminal paused the run");
    other.types("qd");
    assert_eq!(other.sees_the_end(), Some(0));
    other.waits_for("it stays paused");
    own.waits_for("a terminal left (0 attached)");
    // Its own leave goes on as ever, and says what else there is.
    own.types("q");
    own.waits_for("close the terminal");
    own.types("s");
    assert_eq!(own.sees_the_end(), Some(0));
    let folder = RunFolder::at(setting.only_run());
    assert!(text_of(&folder.preset()).contains("weight = 3.5"));
}

#[test]
fn a_run_without_a_screen_outlives_its_terminal_and_can_be_attached() {
    let setting = setting();
    for how in ["a signal", "a lost terminal"] {
        let mut run = Person::runs(&setting, USUAL, 10_000_000, &["--headless"]);
        run.waits_for("step ");
        if how == "a signal" {
            run.signals("-HUP");
            run.signals("-HUP");
        } else {
            run.loses_the_terminal();
        }
        let mut person = attaches(&setting, &[]);
        person.waits_for("▶ running");
        person.types("qs");
        assert_eq!(person.sees_the_end(), Some(0), "{how}");
        assert_eq!(run.sees_the_end(), Some(0), "{how}");
        assert!(setting.exists("out.png"), "{how}");
        std::fs::remove_file(setting.path("out.png")).unwrap();
        std::fs::remove_dir_all(setting.only_run()).unwrap();
    }
}

#[test]
fn what_is_wrong_is_said_before_the_terminal_is_left() {
    let setting = setting();
    for (setting_of_preset, words) in [
        ("style.wieght=1", "wieght"),
        ("schedule.steps=0", "schedule.steps"),
        ("image.init=file", "image.init_file"),
    ] {
        let run = arguments(20, &["--detach", "--set", setting_of_preset]);
        let ended = setting.stylescope(run.iter().map(String::as_str));
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    // Also what only the engine finds.
    setting.write("weights.safetensors", "no tensors");
    let run = "run content.png style.png -p gatys --weights weights.safetensors --detach";
    setting
        .stylescope(run.split(' '))
        .failed_saying(&["weights.safetensors"]);
    let run = arguments(20, &["--detach", "--no-record"]);
    setting
        .stylescope(run.iter().map(String::as_str))
        .refused_saying(&["--detach", "--no-record"]);
    setting.write("file", "");
    let run = arguments(20, &["--detach", "--runs", "file/runs"]);
    setting
        .stylescope(run.iter().map(String::as_str))
        .failed_saying(&["not recorded", "leave --detach out"]);
    let run = arguments(20, &["--detach", "--json", "--set", "style.wieght=1"]);
    let ended = setting.stylescope(run.iter().map(String::as_str));
    let said: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
    assert_eq!((ended.code, &said["event"]), (Some(1), &"error".into()));
}

#[test]
fn a_killed_run_is_said_to_be_and_its_socket_is_no_hindrance() {
    let setting = setting();
    let run = Background::starts(&setting, 10_000_000);
    let mut person = attaches(&setting, &[]);
    person.waits_until("the picture", |screen| screen.contains('▀'));
    run.program.signals("-KILL");
    person.waits_for("× killed");
    let screen = person.waits_for("the run was killed");
    assert!(screen.contains('▀'), "the last picture stays:\n{screen}");
    person.types(" ");
    person.waits_for("the run's program is gone");
    person.types("q");
    assert_eq!(person.sees_the_end(), Some(0));
    assert!(run.folder.socket().exists());
    let id = run.folder.id();
    setting
        .stylescope(["attach", &id])
        .failed_saying(&["was killed", "resume"]);
    setting.stylescope(["runs", "rm", &id]).succeeded();
    assert!(!run.folder.path().exists());
}

#[test]
fn a_run_is_gone_on_with_in_the_background() {
    let setting = setting();
    let run = Background::starts(&setting, 10_000_000);
    let id = run.folder.id();
    let checkpoints = run.folder.path().join("checkpoints");
    run.program.signals("-INT");
    assert_eq!(run.ends().state, State::Stopped);
    assert!(std::fs::read_dir(checkpoints).unwrap().count() > 0);
    let again = Detached::starts(&setting, ["resume", &id, "--detach", "--json"]);
    assert_eq!(again.id, id);
    let mut person = attaches(&setting, &[]);
    person.waits_for("▶ running");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    again.signals("-INT");
    let steps = (run.ends().step + 1).to_string();
    let text = setting.stylescope(["resume", &id, "--detach", "--steps", &steps]);
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    assert!(text.stdout.contains("goes on in the background"));
    assert!(text.stderr.contains("step"), "{}", text.stderr);
    assert_eq!(run.ends().state, State::Completed);
    let text = setting.stylescope(["resume", &id, "--detach"]).succeeded();
    assert!(text.stdout.contains("which are all"), "{}", text.stdout);
}

#[test]
fn a_deep_folder_of_runs_is_no_hindrance() {
    let setting = setting();
    let deep = format!("{}/{}", "a".repeat(120), "b".repeat(120));
    let words = arguments(10_000_000, &["--detach", "--runs", &deep]);
    setting
        .stylescope(words.iter().map(String::as_str))
        .succeeded();
    let mut runs = std::fs::read_dir(setting.path(&deep)).unwrap();
    let folder = RunFolder::at(runs.next().unwrap().unwrap().path());
    let mut person = attaches(&setting, &["--runs", &deep]);
    person.waits_for("▶ running");
    person.types("qs");
    assert_eq!(person.sees_the_end(), Some(0));
    wait_until("the end", || folder.is_held() == Some(false));
}

#[test]
fn what_cannot_be_attached_to_is_said() {
    let setting = setting();
    setting
        .stylescope(["attach"])
        .failed_saying(&["there are no runs"]);
    let run = Background::starts(&setting, 10_000_000);
    let id = run.folder.id();
    setting
        .stylescope(["attach", &id])
        .failed_saying(&["a terminal is needed", "watch"]);
    let mut elsewhere = Description::read(&run.folder).unwrap();
    elsewhere.machine = "node7, linux x86_64, 8 cores".to_owned();
    let folder = setting.runs().join("2026-11-23-221513-my run-wxyz");
    std::fs::create_dir(&folder).unwrap();
    elsewhere.write(&RunFolder::at(folder.clone())).unwrap();
    setting.stylescope(["attach", "wxyz"]).failed_saying(&[
        "is on the machine node7",
        "ssh -t node7 stylescope attach",
        "watch wxyz",
    ]);
    std::fs::remove_dir_all(&folder).unwrap();
    run.program.signals("-TERM");
    assert_eq!(run.ends().state, State::Stopped);
    assert!(setting.exists("out.png"));
}
