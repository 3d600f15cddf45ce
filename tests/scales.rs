//! Pyramids of sizes: the picture forms small first.

use std::ops::ControlFlow;
use std::time::Duration;

use stylescope::engine::device::DeviceChoice;
use stylescope::engine::input::WeightsChoice;
use stylescope::engine::lane::Lane;
use stylescope::engine::message::{Command, EndReason, Event};
use stylescope::engine::worker::{Job, Worker};
use tch::Device;

use crate::setting::small_candidate;

const PYRAMID: [&str; 5] = [
    "image.size=64",
    "scales.start=32",
    "scales.factor=1.4142135623730951",
    "scales.steps=[4, 3]",
    "schedule.steps=5",
];

/// Everything that a run says until it ends.
fn said(overrides: &[&str], commands: Vec<Command>) -> Vec<Event> {
    let all: Vec<&str> = PYRAMID.iter().chain(overrides).copied().collect();
    let mut job = Job::single(small_candidate(&all), DeviceChoice::Cpu);
    job.report_interval = Duration::ZERO;
    let worker = Worker::spawn(job).unwrap();
    let mut commands = commands.into_iter();
    let mut events = Vec::new();
    loop {
        let event = worker
            .events()
            .recv_timeout(Duration::from_secs(60))
            .unwrap();
        let is_end = matches!(event, Event::Ended { .. } | Event::Failed { .. });
        events.push(event);
        if is_end {
            match commands.next() {
                Some(command) => worker.send(command),
                None => return events,
            }
        }
    }
}

#[test]
fn sizes_follow_each_other_and_the_steps_go_on() {
    let events = said(&["optimizer.averaging=0.9"], vec![]);
    let starts: Vec<(u64, (u32, u32))> = events
        .iter()
        .filter_map(|event| match event {
            Event::Started(started) => Some((started.step, started.size)),
            _ => None,
        })
        .collect();
    assert_eq!(starts, [(0, (32, 26)), (4, (45, 36)), (7, (64, 51))]);
    let steps: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Losses(block) => Some(block.rows(0).map(|row| row.step).collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(steps, (0..12).collect::<Vec<u64>>());
    let Some(Event::Ended {
        reason, pictures, ..
    }) = events.last()
    else {
        panic!("{:?}", events.last());
    };
    assert_eq!((*reason, pictures.step), (EndReason::Completed, 12));
    assert_eq!(pictures.pictures[0].dimensions(), (64, 51));
}

#[test]
fn the_picture_is_carried_up() {
    let candidate = || {
        let all: Vec<&str> = PYRAMID.to_vec();
        small_candidate(&all)
    };
    let mut lane = Lane::new(
        vec![candidate()],
        WeightsChoice::Preset,
        Device::Cpu,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    for _ in 0..4 {
        lane.step().unwrap();
    }
    let small = lane.picture().copy();
    let lane = lane
        .rebuilt(vec![candidate()], &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!((lane.size(), lane.step_count()), ((45, 36), 4));
    let again = lane
        .picture()
        .internal_upsample_bilinear2d_aa([26, 32], false, None, None);
    let difference = (again - small)
        .abs()
        .mean(tch::Kind::Float)
        .double_value(&[]);
    assert!(difference < 0.02, "{difference}");
}

/// What was kept at a small size goes on there, and climbs again.
#[test]
fn going_back_to_a_smaller_size_climbs_again() {
    let events = {
        let all: Vec<&str> = PYRAMID.to_vec();
        let mut job = Job::single(small_candidate(&all), DeviceChoice::Cpu);
        job.report_interval = Duration::ZERO;
        let worker = Worker::spawn(job).unwrap();
        worker.send(Command::Snapshot);
        let mut events = Vec::new();
        let mut ends = 0;
        while ends < 2 {
            let event = worker
                .events()
                .recv_timeout(Duration::from_secs(60))
                .unwrap();
            if let Event::Ended { .. } = event {
                ends += 1;
                if ends == 1 {
                    worker.send(Command::GoBack { snapshot: 1 });
                }
            }
            events.push(event);
        }
        events
    };
    let sizes: Vec<(u32, u32)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Started(started) => Some(started.size),
            _ => None,
        })
        .collect();
    let kept = events.iter().find_map(|event| match event {
        Event::Snapshot(snapshot) => Some(snapshot.pictures.pictures[0].dimensions()),
        _ => None,
    });
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::WentBack { .. })),
        "{events:?}"
    );
    // Kept at whatever size the run had by then; from there the same sizes come again.
    let kept = kept.unwrap();
    let from = sizes.iter().position(|size| *size == kept).unwrap();
    assert_eq!(sizes.last(), Some(&(64, 51)));
    let climbed = &sizes[..3];
    assert_eq!(climbed, [(32, 26), (45, 36), (64, 51)]);
    let again: Vec<(u32, u32)> = climbed[from..].to_vec();
    if kept == (64, 51) {
        assert_eq!(sizes.len(), 3);
    } else {
        assert_eq!(sizes[3..], again);
    }
}
