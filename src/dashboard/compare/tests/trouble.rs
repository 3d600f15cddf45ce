//! Candidates whose numbers go wrong.

use super::*;
use crate::engine::message::{Recovered, Stuck, Suggestion, Trouble};
use crate::terminal::signals::Signal;

fn stuck(candidate: usize) -> Event {
    Event::Stuck(Stuck {
        candidate,
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
fn one_that_goes_back_by_itself_does_so_alone() {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(50);
    table.engine(Event::Recovered(Recovered {
        candidate: 1,
        failed_step: 50,
        step: 30,
        why: Trouble::Exploded,
        attempt: 1,
        attempts: 3,
        learning_rate: 0.05,
    }));
    let compare = table.compare();
    let steps: Vec<u64> = compare
        .candidates
        .iter()
        .map(|candidate| candidate.run.step)
        .collect();
    assert_eq!(steps, [50, 30, 50]);
    let rates: Vec<f64> = compare
        .candidates
        .iter()
        .map(|candidate| candidate.recipe.preset().optimizer.learning_rate)
        .collect();
    assert_eq!(rates, [0.03, 0.05, 0.03]);
}

#[test]
fn where_nobody_looks_one_that_waits_ends_them() {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(50);
    table.engine(stuck(1));
    table.engine(Event::Paused(30));
    table.commands();
    table.hear(Message::Signal(Signal::HangUp));
    let commands = table.commands();
    assert!(
        commands
            .iter()
            .any(|command| matches!(command, Command::Stop)),
        "{commands:?}"
    );
}
