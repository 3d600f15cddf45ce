//! States that are kept, gone back to and dropped.

use std::collections::BTreeMap;
use std::sync::Arc;

use image::Rgb32FImage;
use stylescope::engine::message::{Command, EndReason, Event, Snapshot};
use stylescope::engine::worker::Worker;

use super::{change, ended, pause, refused, stepping, wait_for, worker};

fn kept(worker: &Worker) -> Snapshot {
    worker.send(Command::Snapshot);
    wait_for(worker, |event| match event {
        Event::Snapshot(snapshot) => Some(snapshot),
        _ => None,
    })
}

/// The step at which the run is after going back.
fn back(worker: &Worker, number: u64) -> u64 {
    worker.send(Command::GoBack { snapshot: number });
    wait_for(worker, |event| match event {
        Event::WentBack { snapshot, step, .. } => {
            assert_eq!(snapshot, number);
            Some(step)
        }
        _ => None,
    })
}

/// The final picture, and the bits of every step's losses on the way.
fn finished(worker: &Worker) -> (Arc<Rgb32FImage>, BTreeMap<u64, Vec<u32>>) {
    let mut bits = BTreeMap::new();
    let picture = wait_for(worker, |event| match event {
        Event::Losses(block) => {
            for row in block.rows(0) {
                let values = row.unweighted.iter().map(|value| value.to_bits());
                bits.insert(row.step, values.collect());
            }
            None
        }
        Event::Ended { pictures, .. } => Some(Arc::clone(&pictures.pictures[0])),
        _ => None,
    });
    (picture, bits)
}

#[test]
fn going_back_gives_the_picture_of_then() {
    let worker = worker(&["schedule.steps=10"]);
    ended(&worker);
    let early = kept(&worker);
    assert_eq!((early.number, early.pictures.step), (1, 10));
    worker.send(change(&["schedule.steps=20"]));
    ended(&worker);
    let late = kept(&worker);
    assert_eq!((late.number, late.pictures.step), (2, 20));
    assert_ne!(early.pictures.pictures, late.pictures.pictures);

    pause_at_step(&worker, 1, 10);
    assert_eq!(kept(&worker).pictures.pictures, early.pictures.pictures);
    assert_eq!(back(&worker, 2), 20);
    assert_eq!(kept(&worker).pictures.pictures, late.pictures.pictures);
}

/// Goes back with no step to make, so that the run stays there.
fn pause_at_step(worker: &Worker, number: u64, step: u64) {
    worker.send(change(&["schedule.steps=1"]));
    assert_eq!(back(worker, number), step);
}

#[test]
fn going_on_from_a_snapshot_repeats_an_uninterrupted_run_bit_for_bit() {
    for own in [
        "optimizer.averaging=0",
        "optimizer.averaging=0.9",
        "optimizer.space=normalized",
    ] {
        let (uninterrupted, expected) = finished(&worker(&["schedule.steps=30", own]));
        let worker = worker(&["schedule.steps=12", own]);
        ended(&worker);
        let number = kept(&worker).number;
        // The way there and back: other weights and another network, and then the first presets again.
        for others in [
            ["schedule.steps=20", own, "style.weight=5"],
            ["schedule.steps=25", own, "network.pooling=max"],
        ] {
            worker.send(change(&others));
            ended(&worker);
        }
        worker.send(change(&["schedule.steps=30", own]));
        let (detour, _) = finished(&worker);
        assert_ne!(detour, uninterrupted, "the detour changed nothing");
        // More than once, since what is kept must not be what is stepped.
        for _ in 0..2 {
            assert_eq!(back(&worker, number), 12);
            let (picture, bits) = finished(&worker);
            assert_eq!(picture, uninterrupted, "{own}");
            assert!(bits.keys().copied().eq(12..30), "{own}: {:?}", bits.keys());
            assert!(
                bits.iter().all(|(step, bits)| expected[step] == *bits),
                "{own}"
            );
        }
    }
}

#[test]
fn it_goes_on_in_the_state_it_was_in_and_its_losses_follow() {
    let worker = worker(&[]);
    stepping(&worker);
    let snapshot = kept(&worker);
    let then = snapshot.pictures.step;

    // Running: every block before says a later step, the first after it the step of then.
    worker.send(Command::GoBack {
        snapshot: snapshot.number,
    });
    let mut next = then;
    wait_for(&worker, |event| match event {
        Event::Losses(block) => {
            assert_eq!(block.first_step, next);
            next += block.steps();
            None
        }
        Event::WentBack { step, .. } => {
            assert_eq!(step, then);
            Some(())
        }
        _ => None,
    });
    assert_eq!(stepping(&worker).first_step, then);

    // Paused.
    assert!(pause(&worker) > then);
    assert_eq!(back(&worker, snapshot.number), then);
    assert_eq!(kept(&worker).pictures.step, then);
    worker.send(Command::Resume);
    let resumed = wait_for(&worker, |event| match event {
        Event::Losses(_) => panic!("it stepped while it was paused"),
        Event::Resumed(step) => Some(step),
        _ => None,
    });
    assert_eq!(resumed, then);
}

#[test]
fn a_completed_run_that_goes_back_completes_again() {
    let worker = worker(&["schedule.steps=5"]);
    ended(&worker);
    let early = kept(&worker);
    worker.send(change(&["schedule.steps=9"]));
    assert_eq!(ended(&worker).1.step, 9);
    assert_eq!(back(&worker, early.number), 5);
    let (reason, pictures) = ended(&worker);
    assert_eq!((reason, pictures.step), (EndReason::Completed, 9));
}

#[test]
fn numbers_that_are_not_there_are_refused_and_never_used_twice() {
    let worker = worker(&[]);
    stepping(&worker);
    worker.send(Command::GoBack { snapshot: 1 });
    assert!(refused(&worker).contains("no snapshot 1"));
    assert_eq!(kept(&worker).number, 1);
    assert_eq!(kept(&worker).number, 2);
    worker.send(Command::Forget { snapshot: 2 });
    worker.send(Command::GoBack { snapshot: 2 });
    assert!(refused(&worker).contains("no snapshot 2"));
    worker.send(Command::Forget { snapshot: 2 });
    assert!(refused(&worker).contains("no snapshot 2"));
    assert_eq!(kept(&worker).number, 3);
    back(&worker, 1);
    stepping(&worker);
}

#[test]
fn what_was_kept_outlives_another_size_and_a_restart() {
    let worker = worker(&[]);
    stepping(&worker);
    let small = kept(&worker);
    worker.send(change(&["image.size=80", "network.widths=[6, 12, 16]"]));
    worker.send(Command::Restart);
    let size = wait_for(&worker, |event| match event {
        Event::Started(started) if started.step == 0 => Some(started.size),
        _ => None,
    });
    assert_eq!(size, (80, 64));
    assert_eq!(back(&worker, small.number), small.pictures.step);
    let block = stepping(&worker);
    assert_eq!(block.first_step, small.pictures.step);
    pause(&worker);
    assert_eq!(kept(&worker).pictures.pictures[0].dimensions(), (80, 64));
}
