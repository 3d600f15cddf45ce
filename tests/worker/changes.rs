//! Presets that change faster than the worker can follow.

use stylescope::engine::message::Event;

use super::{change, stepping, wait_for, worker};

/// A key that is held down asks for a rebuild many times a second.
#[test]
fn changes_that_wait_are_merged_and_the_last_takes_effect() {
    const ASKED: usize = 30;
    let worker = worker(&[]);
    let sizes: Vec<String> = (0..ASKED)
        .map(|index| format!("image.size={}", 48 + 2 * index))
        .collect();
    let commands: Vec<_> = sizes.iter().map(|size| change(&[size])).collect();
    for command in commands {
        worker.send(command);
    }
    let mut rebuilds = 0;
    let mut in_force = "40".to_owned();
    let step = wait_for(&worker, |event| match event {
        Event::PresetChanged { step, changes, .. } => {
            rebuilds += 1;
            let [size] = changes.as_slice() else {
                panic!("{changes:?}");
            };
            assert_eq!((&*size.key, &*size.old), ("image.size", &*in_force));
            in_force.clone_from(&size.new);
            (in_force == "106").then_some(step)
        }
        _ => None,
    });
    assert!(rebuilds < ASKED, "every single one was carried out");
    assert_eq!(stepping(&worker).first_step, step);
}

#[test]
fn every_live_change_counts_from_the_step_that_is_named() {
    let worker = worker(&[]);
    stepping(&worker);
    for weight in ["2", "3", "4"] {
        worker.send(change(&[&format!("style.weight={weight}")]));
        let step = wait_for(&worker, |event| match event {
            Event::PresetChanged { step, .. } => Some(step),
            _ => None,
        });
        let block = stepping(&worker);
        assert_eq!(block.first_step, step);
        assert!((block.weights[0][1] - weight.parse::<f64>().unwrap()).abs() < 1e-12);
    }
}
