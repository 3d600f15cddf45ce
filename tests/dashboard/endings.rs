//! Every way in which the dashboard ends: the terminal is given back, and the picture is not lost.

use super::*;

#[test]
fn each_signal_stops_saves_and_gives_the_terminal_back() {
    // After SIGTERM it can be gone on with, and the exit code says so.
    for (signal, keys, code) in [("-TERM", "", 75), ("-INT", "", 130), ("", "\x03\x03", 130)] {
        let setting = setting();
        let mut person = Person::runs(&setting, USUAL, 1_000_000, &[]);
        person.waits_for("running");
        person.waits_until("a step", |screen| !screen.contains("step 0/"));
        if signal.is_empty() {
            person.types(keys);
        } else {
            person.signals(signal);
        }
        assert_eq!(person.sees_the_end(), Some(code), "{signal}");
        person.has_the_terminal_back();
        person.waits_for("wrote out.png");
        assert!(setting.exists("out.png"), "{signal}");
    }
}

#[test]
fn a_run_whose_terminal_is_gone_goes_on_to_its_end() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 1500, &["--log", "log.txt"]);
    person.waits_for("running");
    person.types(" ");
    person.waits_for("paused");
    person.loses_the_terminal();
    assert_eq!(person.sees_the_end(), Some(0));
    assert!(setting.exists("out.png"));
    let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
    assert!(shown.contains("steps     1500\n"), "{shown}");
    let log = text_of(&setting.path("log.txt"));
    assert!(log.contains("goes on without a screen"), "{log}");
}

#[test]
fn a_hang_up_leaves_the_run_going() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 1500, &[]);
    person.waits_for("running");
    person.signals("-HUP");
    assert_eq!(person.sees_the_end(), Some(0));
    assert!(setting.exists("out.png"));
}

#[test]
fn without_a_terminal_a_finished_run_does_not_wait_for_anyone() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 5, &[]);
    person.waits_for("finished");
    person.waits_until("the file", |_| setting.exists("out.png"));
    person.loses_the_terminal();
    assert_eq!(person.sees_the_end(), Some(0));
}

#[test]
fn a_terminal_that_answers_nothing_is_no_hindrance() {
    let setting = setting();
    let silent = Terminal {
        answers: false,
        ..USUAL
    };
    let mut person = Person::runs(&setting, silent, 1_000_000, &[]);
    person.waits_for("running");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
}

#[test]
fn to_the_shell_and_back() {
    let setting = setting();
    let mut command = Command::new("bash");
    let program = setting.program();
    command
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "shell> ")
        .env("HOME", setting.path(""))
        .current_dir(setting.path(""));
    let mut person = Person::starts_command(&command, USUAL);
    person.waits_for("shell>");
    let line = format!(
        "{} run content.png style.png -p ./mine.toml --steps 1000000 --threads 1; echo ENDED $?\r",
        program.get_program().display()
    );
    person.types(&line);
    person.waits_for("running");
    person.types("\x1a");
    let screen = person.waits_for("Stopped");
    assert!(!screen.contains("1 Loss"), "{screen}");
    person.types("echo still $((40+2))\r");
    person.waits_for("still 42");
    person.types("fg\r");
    person.waits_for("1 Loss");
    person.waits_for("running");
    person.types("qd");
    person.waits_for("without saving");
    person.types("echo back $((40+3))\r");
    let screen = person.waits_for("back 43");
    assert!(!screen.contains("1 Loss"), "{screen}");
}

#[test]
fn bad_options_are_refused_before_the_screen_is_taken() {
    let setting = setting();
    for (arguments, words) in [
        (["--log", "no/such/folder/log.txt"], "--log"),
        (["--preview-rate", "0"], "--preview-rate"),
        (["--bandwidth", "fast"], "--bandwidth"),
    ] {
        let mut person = Person::runs(&setting, USUAL, 5, &arguments);
        let code = person.sees_the_end();
        assert!(matches!(code, Some(1 | 2)), "{code:?}");
        person.waits_for(words);
        let written = person.written.lock().unwrap().clone();
        assert!(!String::from_utf8_lossy(&written).contains("\x1b[?1049h"));
    }
}
