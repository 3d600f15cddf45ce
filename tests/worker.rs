//! The worker thread, driven without any screen.

use std::time::Duration;

use stylescope::engine::device::DeviceChoice;
use stylescope::engine::message::{Command, EndReason, Event, Pictures};
use stylescope::engine::worker::{Job, Worker};
use stylescope::preset::{ChangeClass, Preset};

use crate::setting::small_candidate;

/// Long enough for the slowest machine, short enough to notice a worker that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn worker(overrides: &[&str]) -> Worker {
    let mut job = Job::single(small_candidate(overrides), DeviceChoice::Cpu);
    job.report_interval = Duration::from_millis(5);
    Worker::spawn(job).unwrap()
}

/// The first event that `pick` takes; every other one is passed over.
fn wait_for<T>(worker: &Worker, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    loop {
        let event = worker
            .events()
            .recv_timeout(PATIENCE)
            .expect("the worker said nothing");
        if let Event::Failed(error) = event {
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
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(Command::Pause);
    let paused = wait_for(&worker, |event| {
        if let Event::Paused(step) = event {
            Some(step)
        } else {
            None
        }
    });
    worker.send(Command::Snapshot);
    worker.send(Command::Resume);
    let mut losses_while_paused = false;
    let resumed = wait_for(&worker, |event| match event {
        Event::Losses(_) => {
            losses_while_paused = true;
            None
        }
        Event::Snapshot(pictures) => {
            assert_eq!(pictures.step, paused);
            None
        }
        Event::Resumed(step) => Some(step),
        _ => None,
    });
    assert_eq!(resumed, paused);
    assert!(!losses_while_paused);
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
}

#[test]
fn stop_reports_the_picture_so_far() {
    let worker = worker(&[]);
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(Command::Stop);
    let (reason, pictures) = ended(&worker);
    assert_eq!(reason, EndReason::Stopped);
    assert!(pictures.step >= 1);
}

#[test]
fn what_is_said_after_stop_is_not_carried_out() {
    let worker = worker(&[]);
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(Command::Pause);
    wait_for(&worker, |event| {
        matches!(event, Event::Paused(_)).then_some(())
    });
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
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });

    worker.send(change(&["style.weight=9"]));
    let (at, changes) = changed(&worker);
    assert_eq!(changes, [("style.weight".to_owned(), ChangeClass::Live)]);
    let first = wait_for(&worker, |event| {
        if let Event::Losses(block) = event {
            Some(block)
        } else {
            None
        }
    });
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
fn what_cannot_be_done_is_refused_and_the_run_goes_on() {
    let worker = worker(&[]);
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(change(&[
        "network.name=vgg16",
        "content.layers={ relu1_1 = 1.0 }",
        "style.layers={ relu1_1 = 1.0 }",
    ]));
    let error = wait_for(&worker, |event| {
        if let Event::Refused(error) = event {
            Some(error)
        } else {
            None
        }
    });
    assert!(error.to_string().contains("--weights"), "{error}");
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
}

#[test]
fn pictures_come_only_when_asked_for_and_the_latest_wins() {
    let worker = worker(&[]);
    for _ in 0..3 {
        wait_for(&worker, |event| {
            matches!(event, Event::Losses(_)).then_some(())
        });
    }
    assert!(worker.take_pictures().is_none());
    worker.send(Command::RequestPicture);
    let first = loop {
        wait_for(&worker, |event| {
            matches!(event, Event::Losses(_)).then_some(())
        });
        if let Some(pictures) = worker.take_pictures() {
            break pictures;
        }
    };
    assert!(first.step >= 1);
    assert!(worker.take_pictures().is_none());
}

#[test]
fn dropping_the_handle_ends_the_thread_although_someone_else_holds_a_sender() {
    let worker = worker(&[]);
    let commands = worker.commands();
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    drop(worker);
    assert!(
        commands.unwrap().send(Command::Pause).is_err(),
        "the worker still listens"
    );
}
