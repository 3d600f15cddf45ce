//! What is seen and typed in a run from its start to its end.

use super::*;
use crate::command_line::setting::size_of;

#[test]
fn a_run_is_watched_paused_resized_and_saved() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 100_000, &[]);
    let screen = person.waits_for("running");
    assert!(
        screen.contains("content.png in the style of style.png"),
        "{screen}"
    );
    person.waits_until("the picture", |screen| screen.matches('▀').count() > 200);
    person.waits_until("the curve", |screen| {
        screen.contains('T') && screen.contains('⠤')
    });
    person.types(" ");
    person.waits_for("paused");
    person.types("?");
    person.waits_for("leave: you are asked how");
    person.types("\x1b");
    person.waits_until("no help", |screen| !screen.contains("you are asked how"));
    for size in [(80, 24), (200, 60), (40, 10), (120, 40)] {
        person.resizes(size);
        let expected = if size == (40, 10) {
            "needs 60×16"
        } else {
            "1 Loss"
        };
        person.waits_until("the other size", |screen| {
            screen.contains(expected) && screen.lines().count() <= usize::from(size.1)
        });
    }
    person.types(" ");
    person.waits_for("running");
    person.types("q");
    person.waits_for("stop, save the picture, leave");
    person.types("\r");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
    let screen = person.waits_for("wrote out.png");
    assert!(!screen.contains("1 Loss"), "{screen}");
    assert_eq!(size_of(&setting.path("out.png")), (48, 36));
}

#[test]
fn a_finished_run_stays_and_takes_more_steps() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 20, &[]);
    person.waits_for("finished");
    person.waits_until("the file", |_| setting.exists("out.png"));
    person.types("a");
    person.waits_for("More steps");
    person.types("\x1510\r");
    person.waits_for("step 30/30");
    person.waits_for("finished: 30 steps");
    person.waits_until("the second file", |_| setting.exists("out-2.png"));
    // Nothing is lost by leaving now, so nothing is asked.
    person.types("q");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
}

#[test]
fn a_turned_value_takes_effect_and_is_in_the_record() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 100_000, &[]);
    person.waits_for("running");
    person.types("\x1b[C");
    person.waits_for("* changed");
    person.waits_for("content.weight 0.2 →");
    person.types("qs");
    assert_eq!(person.sees_the_end(), Some(0));
    let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
    assert!(
        shown.contains("changes") && shown.contains("content.weight 0.2"),
        "{shown}"
    );
}

#[test]
fn leaving_without_saving_leaves_nothing() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 100_000, &[]);
    person.waits_for("running");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
    assert!(!setting.exists("out.png"));
}

#[test]
fn lines_on_request() {
    let setting = setting();
    let mut person = Person::runs(&setting, USUAL, 5, &["--headless"]);
    assert_eq!(person.sees_the_end(), Some(0));
    let screen = person.waits_for("wrote out.png");
    assert!(screen.contains("step"), "{screen}");
    let written = person.written.lock().unwrap().clone();
    assert!(!String::from_utf8_lossy(&written).contains("\x1b[?1049h"));
}

#[test]
fn the_demo_opens_it_too() {
    let setting = Setting::empty();
    let mut person = Person::starts(
        &setting,
        USUAL,
        &[
            "demo",
            "--size",
            "48",
            "--steps",
            "5",
            "--set",
            "network.widths=[8,8,8,8]",
        ],
    );
    person.waits_for("finished");
    person.types("q");
    assert_eq!(person.sees_the_end(), Some(0));
    assert!(setting.exists("stylescope-demo.png"));
}
