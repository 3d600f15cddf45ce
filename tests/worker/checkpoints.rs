//! Runs that are gone on with from a checkpoint, by another worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use image::Rgb32FImage;
use stylescope::engine::checkpoint::Checkpoint;
use stylescope::engine::message::{Command, Event, LossBlock};
use stylescope::engine::worker::{Job, Worker};
use stylescope::record::folder::checkpoint::{from_bytes, to_bytes};

use super::{job, pause, stepping, wait_for};

/// By step, the bits of every unweighted loss.
type Losses = BTreeMap<u64, Vec<u32>>;

fn add(losses: &mut Losses, block: &LossBlock) {
    for row in block.rows(0) {
        let values = row.unweighted.iter().map(|value| value.to_bits());
        losses.insert(row.step, values.collect());
    }
}

/// The picture and losses of a run to its end.
fn finished(worker: &Worker) -> (Arc<Rgb32FImage>, Losses) {
    let mut losses = Losses::new();
    let picture = wait_for(worker, |event| match event {
        Event::Losses(block) => {
            add(&mut losses, &block);
            None
        }
        Event::Ended { pictures, .. } => Some(Arc::clone(&pictures.pictures[0])),
        _ => None,
    });
    (picture, losses)
}

/// The first checkpoint after step `after`, as it comes back from a file.
fn checkpoint_after(worker: &Worker, after: u64) -> Checkpoint {
    let made = wait_for(worker, |event| match event {
        Event::Checkpoint(checkpoint) if checkpoint.step > after => Some(checkpoint),
        _ => None,
    });
    let read = from_bytes(&to_bytes(&made).unwrap()).unwrap();
    assert_eq!(read, *made);
    read
}

fn often(overrides: &[&str]) -> Job {
    let mut job = job(overrides);
    job.checkpoint_interval = Some(Duration::ZERO);
    job
}

fn going_on(overrides: &[&str], checkpoint: Checkpoint) -> Job {
    let mut job = job(overrides);
    job.candidates[0].preset = checkpoint.preset.clone();
    job.checkpoints = vec![checkpoint];
    job
}

#[test]
fn every_later_step_is_that_of_an_uninterrupted_run_bit_for_bit() {
    let cases: [&[&str]; 9] = [
        &["optimizer.averaging=0"],
        &["optimizer.averaging=0.9"],
        &["optimizer.space=normalized"],
        &["optimizer.kind=lbfgs", "optimizer.learning_rate=1"],
        &[
            "optimizer.kind=lbfgs",
            "optimizer.learning_rate=1",
            "optimizer.line_search=strong_wolfe",
        ],
        &["style.statistic=sliced_wasserstein"],
        &["style.statistic=wasserstein"],
        &["image.init=noise", "schedule.seed=9"],
        &["scales.start=20", "scales.factor=1.4", "scales.steps=[9]"],
    ];
    for own in cases {
        let all = [&["schedule.steps=26"], own].concat();
        let (picture, losses) = finished(&Worker::spawn(job(&all)).unwrap());
        // Before, in and after the sizes of a pyramid, and where a line search knows the next picture.
        for after in [0, 8, 13] {
            let checkpoint = checkpoint_after(&Worker::spawn(often(&all)).unwrap(), after);
            let from = checkpoint.step;
            let worker = Worker::spawn(going_on(&all, checkpoint)).unwrap();
            let (again, later) = finished(&worker);
            let expected: Losses = losses.clone().split_off(&from);
            assert_eq!(later, expected, "{own:?} from step {from}");
            assert!(again == picture, "{own:?} from step {from}");
        }
    }
}

#[test]
fn what_was_changed_on_the_way_and_what_waits_for_a_restart_come_along() {
    let worker = Worker::spawn(often(&[])).unwrap();
    stepping(&worker);
    worker.send(super::change(&["style.weight=7", "schedule.seed=5"]));
    let (at, _) = super::changed(&worker);
    let checkpoint = checkpoint_after(&worker, at);
    assert!((checkpoint.preset.style.weight - 7.0).abs() < f64::EPSILON);
    assert_eq!(checkpoint.preset.schedule.seed, 0);
    assert_eq!(checkpoint.wanted.schedule.seed, 5);
    let mut job = going_on(&[], checkpoint);
    job.checkpoint_interval = Some(Duration::ZERO);
    let worker = Worker::spawn(job).unwrap();
    stepping(&worker);
    worker.send(Command::Restart);
    wait_for(&worker, |event| match event {
        Event::Started(started) if started.step == 0 => Some(()),
        _ => None,
    });
    let anew = checkpoint_after(&worker, 0);
    assert_eq!(anew.preset.schedule.seed, 5);
    assert!((anew.preset.style.weight - 7.0).abs() < f64::EPSILON);
}

#[test]
fn one_is_made_before_a_pause_and_before_the_end_and_none_unasked() {
    let mut rarely = job(&[]);
    rarely.checkpoint_interval = Some(Duration::from_secs(3600));
    let worker = Worker::spawn(rarely).unwrap();
    stepping(&worker);
    worker.send(Command::Pause);
    let mut made = None;
    wait_for(&worker, |event| match event {
        Event::Checkpoint(checkpoint) => {
            made = Some(checkpoint.step);
            None
        }
        Event::Paused(step) => made.map(|made| assert_eq!(made, step)),
        _ => None,
    });
    worker.send(Command::Resume);
    stepping(&worker);
    worker.send(Command::Stop);
    let mut made = None;
    wait_for(&worker, |event| match event {
        Event::Checkpoint(checkpoint) => {
            made = Some(checkpoint.step);
            None
        }
        Event::Ended { pictures, .. } => {
            assert_eq!(made, Some(pictures.step));
            Some(())
        }
        _ => None,
    });

    let worker = Worker::spawn(job(&[])).unwrap();
    stepping(&worker);
    pause(&worker);
    worker.send(Command::Stop);
    wait_for(&worker, |event| match event {
        Event::Checkpoint(_) => panic!("nobody asked for it"),
        Event::Ended { .. } => Some(()),
        _ => None,
    });
}

/// It is as large as the run itself.
#[test]
fn of_one_moment_there_are_not_two() {
    let mut rarely = job(&[]);
    rarely.checkpoint_interval = Some(Duration::from_secs(3600));
    let worker = Worker::spawn(rarely).unwrap();
    stepping(&worker);
    pause(&worker);
    worker.send(Command::Stop);
    wait_for(&worker, |event| match event {
        Event::Checkpoint(_) => panic!("it was made before the pause"),
        Event::Ended { .. } => Some(()),
        _ => None,
    });
}

#[test]
fn one_that_does_not_fit_is_refused_with_words() {
    let checkpoint = checkpoint_after(&Worker::spawn(often(&[])).unwrap(), 0);
    let mut broken = checkpoint.clone();
    broken.state = stylescope::engine::checkpoint::SavedState::default();
    let worker = Worker::spawn(going_on(&[], broken)).unwrap();
    let error = loop {
        match worker.events().recv_timeout(super::PATIENCE).unwrap() {
            Event::Failed { error, .. } => break error.to_string(),
            Event::Preparing(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(error.contains("`picture` is missing"), "{error}");
    // Another optimiser begins without a past.
    let mut job = going_on(&[], checkpoint);
    job.candidates[0].preset = crate::setting::small_candidate(&["optimizer.kind=lbfgs"]).preset;
    stepping(&Worker::spawn(job).unwrap());
}
