//! A run that cannot go on.

use stylescope::engine::EngineError;
use stylescope::engine::message::{Command, Event, Pictures};
use stylescope::engine::worker::Worker;

use super::{PATIENCE, stepping, worker};
use crate::setting::small_candidate;

fn failed(worker: &Worker) -> (EngineError, Option<Pictures>) {
    loop {
        let event = worker
            .events()
            .recv_timeout(PATIENCE)
            .expect("the worker said nothing");
        if let Event::Failed {
            error, pictures, ..
        } = event
        {
            return (error, pictures);
        }
    }
}

#[test]
fn a_run_that_diverges_leaves_a_picture_from_before() {
    let worker = worker(&["optimizer.clamp=false"]);
    for _ in 0..3 {
        stepping(&worker);
    }
    let mut preset = small_candidate(&["optimizer.clamp=false"]).preset;
    // Beyond what a preset may say, so that the next steps leave what a float can hold.
    preset.optimizer.learning_rate = 1e38;
    worker.send(Command::ChangePreset {
        candidate: 0,
        preset: Box::new(preset),
    });
    let (error, pictures) = failed(&worker);
    // Half of it, three times, is still far too much, and nobody could turn it down.
    let EngineError::Unwell {
        step, attempts: 3, ..
    } = error
    else {
        panic!("{error}");
    };
    let pictures = pictures.expect("there was a sound picture");
    assert!(pictures.step >= 1 && pictures.step <= step);
    let picture = &pictures.pictures[0];
    assert_eq!(picture.dimensions(), (40, 32));
    let values = picture.as_raw();
    assert!(values.iter().all(|value| value.is_finite()));
    assert!(
        values.iter().any(|&value| value > 0.1 && value < 0.9),
        "nothing is to be seen"
    );
}

#[test]
fn a_run_that_never_started_has_no_picture() {
    let worker = worker(&[
        "network.name=vgg16",
        "content.layers={ relu1_1 = 1.0 }",
        "style.layers={ relu1_1 = 1.0 }",
    ]);
    let (error, pictures) = failed(&worker);
    assert!(error.to_string().contains("--weights"), "{error}");
    assert!(pictures.is_none());
}
