//! Pictures to look at: on demand, cut out, small.

use image::{Rgb32FImage, RgbImage};
use stylescope::engine::message::{Command, Event, PictureRequest, Preview, Region};
use stylescope::engine::worker::Worker;

use super::{change, ended, pause, stepping, wait_for, worker};

const ALL: PictureRequest = PictureRequest {
    of: stylescope::engine::message::Whose::All,
    region: None,
    most: (1000, 1000),
};

fn delivered(worker: &Worker) -> Preview {
    wait_for(worker, |event| {
        matches!(event, Event::PictureReady).then_some(())
    });
    worker.take_pictures().expect("the slot is empty")
}

fn requested(worker: &Worker, request: PictureRequest) -> Preview {
    worker.send(Command::RequestPicture(request));
    delivered(worker)
}

fn in_eight_bits(picture: &Rgb32FImage) -> RgbImage {
    let values = picture
        .as_raw()
        .iter()
        .map(|value| (value * 255.0).round_ties_even() as u8)
        .collect();
    RgbImage::from_raw(picture.width(), picture.height(), values).unwrap()
}

#[test]
fn pictures_come_only_when_asked_for() {
    let worker = worker(&[]);
    for _ in 0..3 {
        stepping(&worker);
    }
    assert!(worker.take_pictures().is_none());
    let first = requested(&worker, ALL);
    assert!(first.pictures[0].step >= 1);
    assert!(worker.take_pictures().is_none());
    assert!(requested(&worker, ALL).pictures[0].step > first.pictures[0].step);
}

#[test]
fn what_is_shown_is_what_would_be_saved() {
    for averaging in ["optimizer.averaging=0", "optimizer.averaging=0.9"] {
        let worker = worker(&[averaging]);
        stepping(&worker);
        let paused = pause(&worker);
        let preview = requested(&worker, ALL);
        assert_eq!(
            (preview.pictures[0].step, preview.pictures[0].size),
            (paused, (40, 32))
        );
        worker.send(Command::Snapshot);
        let saved = wait_for(&worker, |event| match event {
            Event::Snapshot(snapshot) => Some(snapshot.pictures),
            _ => None,
        });
        assert_eq!(
            *preview.pictures[0].picture,
            in_eight_bits(&saved.pictures[0])
        );
    }
}

#[test]
fn a_part_is_cut_out_and_made_small() {
    let worker = worker(&["schedule.steps=3"]);
    ended(&worker);
    let whole = requested(&worker, ALL);
    let region = Region {
        x: 10,
        y: 4,
        width: 20,
        height: 12,
    };
    let cut = requested(
        &worker,
        PictureRequest {
            region: Some(region),
            ..ALL
        },
    );
    assert_eq!(
        (cut.pictures[0].region, cut.pictures[0].size),
        (region, whole.pictures[0].size)
    );
    let expected =
        image::imageops::crop_imm(whole.pictures[0].picture.as_ref(), 10, 4, 20, 12).to_image();
    assert_eq!(*cut.pictures[0].picture, expected);
    let small = PictureRequest {
        of: stylescope::engine::message::Whose::All,
        region: Some(region),
        most: (10, 10),
    };
    let small = requested(&worker, small);
    assert_eq!(small.pictures[0].picture.dimensions(), (10, 6));
}

#[test]
fn of_two_requests_the_newer_is_answered_and_a_pause_does_not_hold_it_up() {
    // Losses are read back so rarely that only the pause can be what delivers.
    let mut job = super::job(&[]);
    job.report_interval = std::time::Duration::from_secs(3600);
    let worker = Worker::spawn(job).unwrap();
    stepping(&worker);
    let older = PictureRequest {
        most: (4, 4),
        ..ALL
    };
    worker.send(Command::RequestPicture(older));
    worker.send(Command::RequestPicture(ALL));
    worker.send(Command::Pause);
    assert_eq!(delivered(&worker).request, ALL);
    worker.send(Command::Resume);
    let again = wait_for(&worker, |event| match event {
        Event::PictureReady => Some(true),
        Event::Resumed(_) => Some(false),
        _ => None,
    });
    assert!(!again, "the older request was answered as well");
}

#[test]
fn another_thread_may_receive_and_take() {
    let mut worker = worker(&[]);
    let events = worker.take_events().unwrap();
    assert!(worker.take_events().is_none());
    let slot = worker.picture_slot();
    let viewer = std::thread::spawn(move || {
        loop {
            match events.recv_timeout(super::PATIENCE) {
                Ok(Event::PictureReady) => return slot.take(),
                Ok(_) => {}
                Err(error) => panic!("the worker said nothing: {error}"),
            }
        }
    });
    worker.send(Command::RequestPicture(ALL));
    assert!(viewer.join().unwrap().is_some());
    assert!(worker.take_pictures().is_none());
}

#[test]
fn paused_a_change_takes_effect_and_a_picture_shows_it() {
    let worker = worker(&[]);
    stepping(&worker);
    pause(&worker);
    worker.send(change(&["image.size=80"]));
    assert_eq!(requested(&worker, ALL).pictures[0].size, (80, 64));
}
