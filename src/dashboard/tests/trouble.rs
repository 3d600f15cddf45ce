//! Runs whose numbers go wrong.

use super::*;
use crate::engine::message::{
    PartOfStep, Parts, Recovered, Remark, RemarkKind, Stuck, Suggestion, Trouble,
};
use crate::preset::{Change, diff};
use crate::terminal::signals::Signal;

fn running() -> Desk {
    let mut desk = Desk::new((140, 40));
    desk.start();
    desk.run_to(50);
    desk.take_effects();
    desk
}

/// What the engine says of it, and the preset by which it goes on.
fn recover(desk: &mut Desk, step: u64) {
    let before = desk.app.recipe.preset().clone();
    let mut preset = demo().preset;
    preset.optimizer.learning_rate /= 2.0;
    let learning_rate = preset.optimizer.learning_rate;
    let changes: Vec<Change> = diff(&before, &preset);
    desk.engine(Event::Recovered(Recovered {
        candidate: 0,
        failed_step: 50,
        step,
        why: Trouble::Exploded,
        attempt: 1,
        attempts: 3,
        learning_rate,
    }));
    desk.engine(Event::PresetChanged {
        candidate: 0,
        step,
        changes,
        in_force: Box::new(preset.clone()),
        preset: Box::new(preset),
    });
}

fn stuck() -> Event {
    Event::Stuck(Stuck {
        candidate: 0,
        failed_step: 50,
        step: 30,
        why: "the loss has exploded".to_owned(),
        suggestion: Suggestion {
            field: "optimizer.learning_rate".to_owned(),
            value: "0.002".to_owned(),
            now: "0.015".to_owned(),
        },
    })
}

#[test]
fn a_run_that_goes_back_by_itself_is_shown_from_there_with_its_new_rate() {
    let mut desk = running();
    recover(&mut desk, 30);
    assert_eq!(desk.app.run.step, 30);
    let steps = desk.app.run.history.steps();
    assert_eq!(steps.map(|steps| *steps.end()), Some(29));
    let markers: Vec<u64> = desk
        .app
        .events
        .markers()
        .iter()
        .map(|marker| marker.step)
        .collect();
    assert_eq!(markers, [30]);
    let rate = desk.app.recipe.preset().optimizer.learning_rate;
    assert!((rate - 0.015).abs() < f64::EPSILON);
    assert!(desk.commands().is_empty(), "the engine knows already");
    let screen = desk.screen();
    assert!(
        screen.contains("step 50: the loss has exploded") && screen.contains("0.015"),
        "{screen}"
    );
    // What is turned next goes on from there.
    desk.press(KeyCode::Right);
    let sent = desk.sent_presets();
    assert!((sent[0].optimizer.learning_rate - 0.015).abs() < f64::EPSILON);
}

#[test]
fn what_was_asked_for_meanwhile_is_asked_for_again_with_the_new_rate() {
    let mut desk = running();
    desk.press(KeyCode::Right);
    let asked = desk.sent_presets()[0].content.weight;
    recover(&mut desk, 30);
    let sent = desk.sent_presets();
    let sent = (sent[0].content.weight, sent[0].optimizer.learning_rate);
    assert_eq!(sent, (asked, 0.015));
}

#[test]
fn a_run_that_waits_says_what_to_change() {
    let mut desk = running();
    desk.engine(stuck());
    desk.engine(Event::Paused(30));
    assert_eq!(desk.app.run.step, 30);
    let screen = desk.screen();
    assert!(
        screen.contains("optimizer.learning_rate = 0.002 (now 0.015)"),
        "{screen}"
    );
    assert!(desk.commands().is_empty(), "it waits for a person");
}

#[test]
fn a_run_that_waits_for_nobody_ends_with_its_last_good_picture() {
    let ends = |commands: &[Command]| {
        assert!(
            commands
                .iter()
                .any(|command| matches!(command, Command::Stop))
                && !commands
                    .iter()
                    .any(|command| matches!(command, Command::Resume)),
            "{commands:?}"
        );
    };
    let mut desk = running();
    desk.engine(stuck());
    desk.engine(Event::Paused(30));
    desk.hear(Message::Signal(Signal::HangUp));
    ends(&desk.commands());

    let mut desk = running();
    desk.hear(Message::Signal(Signal::HangUp));
    desk.engine(stuck());
    desk.engine(Event::Paused(30));
    ends(&desk.commands());
}

#[test]
fn remarks_are_safe_to_print() {
    let mut desk = running();
    desk.engine(Event::Remark(Remark {
        candidates: [0].into(),
        step: 50,
        kind: RemarkKind::Stalled,
        words: "no progress\u{1b}[2J".to_owned(),
    }));
    let text = &desk.app.events.entries().back().unwrap().text;
    assert!(
        text.starts_with("no progress") && !text.contains('\u{1b}'),
        "{text:?}"
    );
}

#[test]
fn parts_of_a_long_step_are_seen_passing() {
    let mut desk = running();
    let step = desk.app.run.step;
    let part = |step, parts| PartOfStep {
        candidates: [0].into(),
        step,
        parts,
        done: 12,
        of: 48,
    };
    desk.engine(Event::PartOfStep(part(step, Parts::Operations)));
    assert!(desk.screen().contains("next 25%"));
    desk.engine(Event::PartOfStep(part(step, Parts::Tiles)));
    assert!(desk.screen().contains("tile 12/48"));
    // The step is made, and the next one begins.
    let next = losses(step..step + 1, &desk.app);
    desk.engine(Event::Losses(next));
    assert!(desk.screen().contains("tile 0/48"));
    // Steps have become quick.
    let quick = losses(step + 1..step + 2, &desk.app);
    desk.engine(Event::Losses(quick));
    assert!(!desk.screen().contains("tile"));
}
