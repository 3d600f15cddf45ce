//! The worker thread, driven without any screen.

use std::time::Duration;

use stylescope::engine::device::DeviceChoice;
use stylescope::engine::message::{Command, EndReason, Event, LossBlock, Pictures};
use stylescope::engine::worker::{Job, Worker};
use stylescope::preset::{ChangeClass, Preset};

use crate::setting::small_candidate;

mod changes;
mod checkpoints;
mod failing;
mod gradients;
mod lanes;
mod preview;
mod snapshots;

/// Long enough for the slowest machine, short enough to notice a worker that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn job(overrides: &[&str]) -> Job {
    let mut job = Job::single(small_candidate(overrides), DeviceChoice::Cpu);
    job.report_interval = Duration::from_millis(5);
    job
}

fn worker(overrides: &[&str]) -> Worker {
    Worker::spawn(job(overrides)).unwrap()
}

/// The first event that `pick` takes; every other one is passed over.
fn wait_for<T>(worker: &Worker, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    loop {
        let event = worker
            .events()
            .recv_timeout(PATIENCE)
            .expect("the worker said nothing");
        if let Event::Failed { error, .. } = event {
            panic!("the worker failed: {error}");
        }
        if let Some(found) = pick(event) {
            return found;
        }
    }
}

fn ended(worker: &Worker) -> (EndReason, Pictures) {
    wait_for(worker, |event| match event {
        Event::Ended {
            reason, pictures, ..
        } => Some((reason, pictures)),
        _ => None,
    })
}

fn change(overrides: &[&str]) -> Command {
    let preset: Preset = small_candidate(overrides).preset;
    Command::ChangePreset {
        candidate: 0,
        preset: Box::new(preset),
    }
}

fn losses(event: Event) -> Option<LossBlock> {
    match event {
        Event::Losses(block) => Some(block),
        _ => None,
    }
}

/// Waits until steps are being made.
fn stepping(worker: &Worker) -> LossBlock {
    wait_for(worker, losses)
}

/// The step at which it paused.
fn pause(worker: &Worker) -> u64 {
    worker.send(Command::Pause);
    wait_for(worker, |event| match event {
        Event::Paused(step) => Some(step),
        _ => None,
    })
}

fn refused(worker: &Worker) -> String {
    wait_for(worker, |event| match event {
        Event::Refused { error, .. } | Event::PresetRefused { error, .. } => {
            Some(error.to_string())
        }
        _ => None,
    })
}

fn changed(worker: &Worker) -> (u64, Vec<(String, ChangeClass)>) {
    wait_for(worker, |event| match event {
        Event::PresetChanged { step, changes, .. } => Some((
            step,
            changes
                .into_iter()
                .map(|change| (change.key, change.class))
                .collect(),
        )),
        _ => None,
    })
}

#[test]
fn a_run_reports_every_step_once_and_in_order() {
    let worker = worker(&["schedule.steps=57"]);
    let mut next = 0;
    let (reason, pictures) = wait_for(&worker, |event| match event {
        Event::Losses(block) => {
            assert_eq!(block.first_step, next);
            next += block.steps();
            None
        }
        Event::Ended {
            reason, pictures, ..
        } => Some((reason, pictures)),
        _ => None,
    });
    assert_eq!(
        (reason, pictures.step, next),
        (EndReason::Completed, 57, 57)
    );
    assert_eq!(pictures.pictures[0].dimensions(), (40, 32));
}

#[test]
fn paused_it_makes_no_step_and_still_answers() {
    let worker = worker(&[]);
    stepping(&worker);
    let paused = pause(&worker);
    worker.send(Command::Snapshot);
    worker.send(Command::Resume);
    let mut losses_while_paused = false;
    let resumed = wait_for(&worker, |event| match event {
        Event::Losses(_) => {
            losses_while_paused = true;
            None
        }
        Event::Snapshot(snapshot) => {
            assert_eq!(snapshot.pictures.step, paused);
            None
        }
        Event::Resumed(step) => Some(step),
        _ => None,
    });
    assert_eq!(resumed, paused);
    assert!(!losses_while_paused);
    stepping(&worker);
}

#[test]
fn stop_reports_the_picture_so_far() {
    let worker = worker(&[]);
    stepping(&worker);
    worker.send(Command::Stop);
    let (reason, pictures) = ended(&worker);
    assert_eq!(reason, EndReason::Stopped);
    assert!(pictures.step >= 1);
}

#[test]
fn stop_is_heard_before_there_is_anything_to_see() {
    let worker = worker(&[]);
    worker.send(Command::Stop);
    let (reason, pictures) = wait_for(&worker, |event| match event {
        Event::Started(_) => panic!("it was built to its end"),
        Event::Ended {
            reason, pictures, ..
        } => Some((reason, pictures)),
        _ => None,
    });
    assert_eq!((reason, pictures.pictures.len()), (EndReason::Stopped, 0));
}

#[test]
fn what_is_said_after_stop_is_not_carried_out() {
    let worker = worker(&[]);
    stepping(&worker);
    pause(&worker);
    worker.send(Command::Stop);
    worker.send(Command::Restart);
    let (reason, pictures) = ended(&worker);
    assert_eq!(reason, EndReason::Stopped);
    assert!(pictures.step >= 1, "the restart threw the picture away");
}

#[test]
fn a_completed_run_goes_on_when_more_steps_are_asked_for() {
    let worker = worker(&["schedule.steps=5"]);
    assert_eq!(ended(&worker).1.step, 5);
    worker.send(change(&["schedule.steps=9"]));
    let (reason, pictures) = ended(&worker);
    assert_eq!((reason, pictures.step), (EndReason::Completed, 9));
    worker.send(Command::Stop);
    assert_eq!(ended(&worker).0, EndReason::Stopped);
}

#[test]
fn fields_change_by_their_class() {
    let worker = worker(&[]);
    stepping(&worker);

    worker.send(change(&["style.weight=9"]));
    let (at, changes) = changed(&worker);
    assert_eq!(changes, [("style.weight".to_owned(), ChangeClass::Live)]);
    let first = stepping(&worker);
    assert_eq!(first.first_step, at);
    assert!((first.weights[0][1] - 9.0).abs() < 1e-12);

    worker.send(change(&["style.weight=9", "network.pooling=max"]));
    let mut rebuilt = None;
    let changes = wait_for(&worker, |event| match event {
        Event::Started(started) => {
            rebuilt = Some(started.step);
            None
        }
        Event::PresetChanged { changes, .. } => Some(changes),
        _ => None,
    });
    assert_eq!(changes[0].class, ChangeClass::Rebuild);
    assert!(
        rebuilt.expect("nothing was rebuilt") > at,
        "the steps so far are kept"
    );

    worker.send(change(&[
        "style.weight=9",
        "network.pooling=max",
        "schedule.seed=4",
        "image.init=noise",
    ]));
    let (_, changes) = changed(&worker);
    assert!(
        changes
            .iter()
            .all(|(_, class)| *class == ChangeClass::Restart),
        "{changes:?}"
    );
    worker.send(Command::Restart);
    let step = wait_for(&worker, |event| {
        if let Event::Started(started) = event {
            Some(started.step)
        } else {
            None
        }
    });
    assert_eq!(step, 0);
}

#[test]
fn what_cannot_be_done_is_refused_and_the_run_goes_on() {
    let worker = worker(&[]);
    stepping(&worker);
    worker.send(change(&[
        "network.name=vgg16",
        "content.layers={ relu1_1 = 1.0 }",
        "style.layers={ relu1_1 = 1.0 }",
    ]));
    let error = refused(&worker);
    assert!(error.contains("--weights"), "{error}");
    stepping(&worker);
}

#[test]
fn dropping_the_handle_ends_the_thread_although_someone_else_holds_a_sender() {
    let worker = worker(&[]);
    let commands = worker.commands();
    stepping(&worker);
    drop(worker);
    assert!(
        commands.unwrap().send(Command::Pause).is_err(),
        "the worker still listens"
    );
}
