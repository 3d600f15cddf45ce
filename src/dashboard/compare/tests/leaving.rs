//! How the comparison ends, and what is saved.

use super::*;
use crate::dashboard::compare::Exit;
use crate::dashboard::compare::dialog::Dialog;
use crate::dashboard::message::{Done, Task};
use crate::dashboard::setup::Saved;
use crate::terminal::signals::Signal;

fn running() -> Table {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(50);
    table.take_effects();
    table
}

fn results(effects: &[Effect]) -> Vec<usize> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Task(Task::Save(saving)) if saving.is_result => Some(saving.candidate),
            _ => None,
        })
        .collect()
}

fn leaves(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Leave))
}

fn saved(table: &mut Table, candidate: usize) {
    table.hear(Message::Done(Box::new(Done::Saved {
        candidate,
        is_result: true,
        result: Ok(Saved {
            path: format!("{candidate}.png").into(),
            summary: format!("wrote {candidate}.png"),
        }),
    })));
}

#[test]
fn leaving_asks_stops_saves_all_and_leaves() {
    let mut table = running();
    table.typed("q");
    assert!(matches!(table.compare().dialog, Some(Dialog::Quit(_))));
    table.press(KeyCode::Enter);
    assert!(matches!(table.commands()[..], [Command::Stop]));
    // One lane after the other.
    table.engine(ended(&[0, 1], 50, EndReason::Stopped));
    assert_eq!(results(&table.take_effects()), [0, 1]);
    saved(&mut table, 0);
    saved(&mut table, 1);
    assert!(!leaves(&table.take_effects()), "another lane is on its way");
    table.engine(ended(&[2], 50, EndReason::Stopped));
    let effects = table.take_effects();
    assert_eq!(results(&effects), [2]);
    assert!(!leaves(&effects));
    saved(&mut table, 2);
    assert!(leaves(&table.take_effects()));
    let farewell = table.desk.farewell();
    assert_eq!(farewell.results.len(), 3);
    assert_eq!(
        farewell.lines,
        ["wrote 0.png", "wrote 1.png", "wrote 2.png"]
    );
    assert!(farewell.failure.is_none());
}

#[test]
fn going_on_goes_on_and_discarding_saves_nothing() {
    let mut table = running();
    table.typed("qg");
    assert!(table.compare().dialog.is_none() && table.compare().exit.is_none());
    table.typed("qd");
    let effects = table.take_effects();
    assert!(leaves(&effects) && results(&effects).is_empty());
    assert!(table.desk.farewell().lines[0].contains("without saving"));
}

#[test]
fn what_is_finished_is_saved_and_left_at_once() {
    let mut table = running();
    table.finish();
    assert_eq!(results(&table.take_effects()), [0, 1, 2]);
    for candidate in 0..3 {
        saved(&mut table, candidate);
    }
    assert!(table.screen().contains("✓ finished"));
    table.typed("q");
    assert!(table.compare().dialog.is_none());
    assert!(leaves(&table.take_effects()));
}

#[test]
fn who_was_done_before_stays_and_is_neither_dropped_nor_promoted() {
    let mut candidates = three();
    candidates[1].is_over = true;
    let mut table = Table::with((120, 40), Protocol::HalfBlocks, DARK, candidates);
    table.engine(ended(&[1], 50, EndReason::Completed));
    assert_eq!(results(&table.take_effects()), [1], "whoever saves knows");
    table.engine(Table::started(&[0, 2], 20));
    table.run_lane(&[0, 2], 40);
    table.typed("2d");
    assert!(table.screen().contains("it came to its end before"));
    table.typed("2p");
    assert!(table.compare().dialog.is_none());
    table.commands();
    table.typed("1p");
    table.press(KeyCode::Enter);
    let commands = table.commands();
    let dropped = commands.iter().filter_map(|command| match command {
        Command::Drop { candidate } => Some(*candidate),
        _ => None,
    });
    assert_eq!(dropped.collect::<Vec<_>>(), [2]);
}

#[test]
fn without_a_terminal_it_goes_on_to_its_end() {
    let mut table = running();
    table.engine(Event::Paused(50));
    table.commands();
    table.hear(Message::Signal(Signal::HangUp));
    assert!(matches!(table.commands()[..], [Command::Resume]));
    table.engine(Event::Resumed(50));
    table.finish();
    assert_eq!(results(&table.take_effects()), [0, 1, 2]);
    for candidate in 0..3 {
        saved(&mut table, candidate);
    }
    assert!(leaves(&table.take_effects()));
    assert!(table.desk.farewell().unseen);
}

#[test]
fn one_that_failed_does_not_end_the_others() {
    let mut table = running();
    table.engine(failed(&[1], 40));
    assert!(table.compare().exit.is_none());
    table.run_to(80);
    table.typed("qs");
    let effects = table.take_effects();
    assert_eq!(results(&effects), [1], "what is left of it");
    table.engine(ended(&[0, 2], 80, EndReason::Stopped));
    table.take_effects();
    for candidate in 0..3 {
        saved(&mut table, candidate);
    }
    assert!(leaves(&table.take_effects()));
    let farewell = table.desk.farewell();
    assert!(
        farewell
            .failure
            .is_some_and(|why| why.contains("2 demo-strong"))
    );
}

#[test]
fn a_result_that_cannot_be_saved_is_said() {
    let mut table = running();
    table.finish();
    table.take_effects();
    table.hear(Message::Done(Box::new(Done::Saved {
        candidate: 0,
        is_result: true,
        result: Err("the disk is full".to_owned()),
    })));
    saved(&mut table, 1);
    saved(&mut table, 2);
    assert!(table.screen().contains("the disk is full"));
    table.typed("qs");
    assert_eq!(results(&table.take_effects()), [0], "it is tried again");
}

#[test]
fn one_that_finished_before_the_others_is_saved_once() {
    let mut table = running();
    table.engine(ended(&[1], 50, EndReason::Completed));
    assert_eq!(results(&table.take_effects()), [1]);
    saved(&mut table, 1);
    table.run_to(60);
    table.typed("qs");
    assert!(results(&table.take_effects()).is_empty());
    table.engine(ended(&[1], 50, EndReason::Stopped));
    table.engine(ended(&[0, 2], 60, EndReason::Stopped));
    assert_eq!(results(&table.take_effects()), [0, 2]);
    assert_eq!(table.compare().candidate(1).unwrap().state().1, "finished");
}

#[test]
fn a_signal_stops_and_saves() {
    let mut table = running();
    table.hear(Message::Signal(Signal::Terminate));
    assert_eq!(table.compare().exit, Some(Exit::Saving));
    assert!(matches!(table.commands()[..], [Command::Stop]));
    assert!(table.desk.farewell().interrupted);
}

#[test]
fn stopping_before_anything_was_built_leaves() {
    let mut table = Table::new((120, 40));
    table.typed("qs");
    table.engine(Event::Ended {
        reason: EndReason::Stopped,
        pictures: crate::engine::message::Pictures::default(),
        seconds: 0.0,
    });
    let effects = table.take_effects();
    assert!(leaves(&effects) && results(&effects).is_empty());
}

#[test]
fn more_time_than_there_was_is_no_failure() {
    let mut table = running();
    table.engine(ended(&[0, 1, 2], 50, EndReason::BudgetSpent));
    assert_eq!(results(&table.take_effects()), [0, 1, 2]);
    assert!(table.screen().contains("the time is used up"));
}
