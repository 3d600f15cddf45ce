//! Measuring gradients beside a run.

use std::sync::Arc;

use image::Rgb32FImage;
use stylescope::engine::message::{Command, Event, Gradients};
use stylescope::engine::worker::Worker;

use super::{change, ended, pause, stepping, wait_for, worker};

fn measured(worker: &Worker) -> Gradients {
    wait_for(worker, |event| match event {
        Event::Gradients(gradients) => Some(gradients),
        _ => None,
    })
}

#[test]
fn it_does_not_count_as_stepping() {
    let worker = worker(&[]);
    let mut seconds = stepping(&worker).seconds;
    worker.send(Command::Pause);
    let paused = wait_for(&worker, |event| match event {
        Event::Losses(block) => {
            seconds = block.seconds;
            None
        }
        Event::Paused(step) => Some(step),
        _ => None,
    });
    let mut measuring = 0.0;
    for _ in 0..20 {
        worker.send(Command::MeasureGradients);
        let gradients = measured(&worker);
        assert_eq!(gradients.step, paused);
        assert!(gradients.norms[0].iter().all(|&norm| norm > 0.0));
        measuring += gradients.seconds;
    }
    worker.send(Command::Stop);
    let total = wait_for(&worker, |event| match event {
        Event::Ended { seconds, .. } => Some(seconds),
        _ => None,
    });
    assert!(measuring > 0.0);
    assert!(
        (total - seconds).abs() < f64::EPSILON * total,
        "{seconds} s of stepping became {total}, with {measuring} of measuring"
    );
}

#[test]
fn a_run_that_is_measured_ends_with_the_same_picture() {
    let result = |measurements: usize| -> Arc<Rgb32FImage> {
        let worker = worker(&["schedule.steps=10", "optimizer.averaging=0.5"]);
        ended(&worker);
        for _ in 0..measurements {
            worker.send(Command::MeasureGradients);
            assert_eq!(measured(&worker).step, 10);
        }
        worker.send(change(&["schedule.steps=30", "optimizer.averaging=0.5"]));
        Arc::clone(&ended(&worker).1.pictures[0])
    };
    assert_eq!(result(5), result(0));
}

#[test]
fn paused_it_is_measured_too() {
    let worker = worker(&["variation.weight=0"]);
    stepping(&worker);
    let paused = pause(&worker);
    worker.send(Command::MeasureGradients);
    let gradients = measured(&worker);
    assert_eq!(gradients.step, paused);
    let names: Vec<String> = gradients.terms.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "content block2",
            "style input",
            "style block1",
            "style block2"
        ]
    );
}
