//! Several candidates: lanes that take turns, and candidates that come and go.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use image::Rgb32FImage;
use stylescope::engine::device::DeviceChoice;
use stylescope::engine::input::Candidate;
use stylescope::engine::message::{Command, EndReason, Event, PictureRequest, Whose};
use stylescope::engine::worker::{Job, Worker};
use stylescope::preset;

use super::{PATIENCE, refused, wait_for};
use crate::setting::small_candidate;

/// Candidates of the same two pictures, each with its own changes.
fn candidates(each: &[&[&str]]) -> Vec<Candidate> {
    let first = small_candidate(&[]);
    each.iter()
        .map(|overrides| Candidate {
            content: first.content.clone(),
            styles: first.styles.clone(),
            ..small_candidate(overrides)
        })
        .collect()
}

fn spawn(candidates: Vec<Candidate>) -> Worker {
    Worker::spawn(Job {
        candidates,
        report_interval: Duration::from_millis(5),
        ..Job::empty(DeviceChoice::Cpu)
    })
    .unwrap()
}

/// How each of `count` candidates ended: at which step, why, and with which picture.
fn ends(worker: &Worker, count: usize) -> BTreeMap<usize, (u64, EndReason, Arc<Rgb32FImage>)> {
    let mut found = BTreeMap::new();
    while found.len() < count {
        let event = worker.events().recv_timeout(PATIENCE).unwrap();
        if let Event::Ended {
            reason, pictures, ..
        } = event
        {
            for number in pictures.candidates.iter() {
                let picture = Arc::clone(pictures.of(*number).unwrap());
                found.insert(*number, (pictures.step, reason, picture));
            }
        }
    }
    found
}

/// What becomes of a candidate that has a worker for itself.
fn alone(candidate: Candidate) -> Arc<Rgb32FImage> {
    let worker = spawn(vec![candidate]);
    Arc::clone(&ends(&worker, 1)[&0].2)
}

fn assert_equal(found: &Rgb32FImage, expected: &Rgb32FImage, whose: usize) {
    assert_eq!(found.dimensions(), expected.dimensions());
    let most = found
        .as_raw()
        .iter()
        .zip(expected.as_raw())
        .map(|(one, other)| (one - other).abs())
        .fold(0.0, f32::max);
    assert!(most < 1e-4, "candidate {whose} differs by {most}");
}

fn change(candidates: &[Candidate], number: usize, overrides: &[&str]) -> Command {
    let overrides: Vec<_> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    let preset = preset::with_overrides(&candidates[number].preset, &overrides).unwrap();
    Command::ChangePreset {
        candidate: number,
        preset: Box::new(preset),
    }
}

#[test]
fn candidates_are_called_as_is_said() {
    let worker = Worker::spawn(Job {
        candidates: candidates(&[&["schedule.steps=3"], &["schedule.steps=3"]]),
        numbers: vec![4, 2],
        ..Job::empty(DeviceChoice::Cpu)
    })
    .unwrap();
    let candidate = 2;
    worker.send(Command::Drop { candidate });
    let found = ends(&worker, 1);
    assert_eq!(found.keys().collect::<Vec<_>>(), [&4]);
    drop(worker);
}

#[test]
fn lanes_take_turns_and_every_candidate_is_what_it_is_alone() {
    let steps = "schedule.steps=25";
    let all = candidates(&[
        &[steps],
        &[steps, "image.size=48"],
        &[steps, "style.weight=5"],
        &[steps, "image.size=48", "content.weight=3"],
    ]);
    let worker = spawn(all.clone());
    let mut lanes = Vec::new();
    let mut reached = BTreeMap::new();
    let mut found = BTreeMap::new();
    while found.len() < 4 {
        match worker.events().recv_timeout(PATIENCE).unwrap() {
            Event::Started(started) => lanes.push(started.candidates.to_vec()),
            Event::Losses(block) => {
                for number in block.candidates.iter() {
                    reached.insert(*number, block.first_step + block.steps());
                }
                if reached.len() == 4 {
                    let least = reached.values().min().unwrap();
                    let most = reached.values().max().unwrap();
                    // Read back every few milliseconds, which holds a few steps.
                    assert!(most - least <= 12, "{reached:?}");
                }
            }
            Event::Ended {
                reason, pictures, ..
            } => {
                assert_eq!((reason, pictures.step), (EndReason::Completed, 25));
                for number in pictures.candidates.iter() {
                    found.insert(*number, Arc::clone(pictures.of(*number).unwrap()));
                }
            }
            Event::Failed { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
    assert_eq!(lanes, [vec![0, 2], vec![1, 3]]);
    for (number, candidate) in all.into_iter().enumerate() {
        assert_equal(&found[&number], &alone(candidate), number);
    }
}

#[test]
fn who_is_dropped_gives_up_its_place_and_the_others_do_not_notice() {
    let all = candidates(&[
        &["schedule.steps=200"],
        &["schedule.steps=200", "style.weight=5"],
        &["schedule.steps=200", "style.weight=9"],
    ]);
    let worker = spawn(all.clone());
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(Command::Drop { candidate: 1 });
    let step = wait_for(&worker, |event| match event {
        Event::Dropped {
            candidate,
            pictures,
        } => {
            assert_eq!((candidate, &*pictures.candidates), (1, &[1][..]));
            assert_eq!(pictures.pictures.len(), 1);
            Some(pictures.step)
        }
        _ => None,
    });
    assert!((1..200).contains(&step));
    let mut left = BTreeMap::new();
    while left.len() < 2 {
        match worker.events().recv_timeout(PATIENCE).unwrap() {
            Event::Losses(block) => assert_eq!(&*block.candidates, &[0, 2]),
            Event::Ended { pictures, .. } => {
                for number in pictures.candidates.iter() {
                    left.insert(*number, Arc::clone(pictures.of(*number).unwrap()));
                }
            }
            _ => {}
        }
    }
    for number in [0, 2] {
        assert_equal(&left[&number], &alone(all[number].clone()), number);
    }
    worker.send(Command::Drop { candidate: 1 });
    assert!(refused(&worker).contains("no candidate 1"));
    worker.send(Command::Drop { candidate: 0 });
    wait_for(&worker, |event| {
        matches!(event, Event::Dropped { candidate: 0, .. }).then_some(())
    });
    worker.send(Command::Drop { candidate: 2 });
    assert!(refused(&worker).contains("last candidate"));
}

#[test]
fn who_joins_catches_up_and_is_what_it_is_alone() {
    let all = candidates(&[
        &["schedule.steps=60"],
        &["schedule.steps=60", "style.weight=5"],
    ]);
    let worker = spawn(all[..1].to_vec());
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    let join = |number| Command::Join {
        candidate: number,
        input: Box::new(all[1].clone()),
    };
    worker.send(join(7));
    worker.send(join(0));
    let found = ends(&worker, 2);
    assert_eq!(found.keys().collect::<Vec<_>>(), [&0, &7]);
    assert_equal(&found[&0].2, &alone(all[0].clone()), 0);
    assert_equal(&found[&7].2, &alone(all[1].clone()), 7);
}

#[test]
fn a_number_is_given_once() {
    let all = candidates(&[&["schedule.steps=100000"]]);
    let worker = spawn(all.clone());
    worker.send(Command::Join {
        candidate: 0,
        input: Box::new(all[0].clone()),
    });
    assert!(refused(&worker).contains("candidate 0 already"));
}

#[test]
fn who_has_made_its_steps_ends_by_itself_and_can_be_asked_for_more() {
    let all = candidates(&[
        &["schedule.steps=40"],
        &["schedule.steps=10", "style.weight=5"],
        &["schedule.steps=10"],
    ]);
    let worker = spawn(all.clone());
    let found = ends(&worker, 3);
    for (number, steps) in [(0, 40), (1, 10), (2, 10)] {
        let (step, reason, picture) = &found[&number];
        assert_eq!((*step, *reason), (steps, EndReason::Completed));
        assert_equal(picture, &alone(all[number].clone()), number);
    }
    worker.send(change(&all, 1, &["schedule.steps=15"]));
    let (step, ..) = ends(&worker, 1)[&1];
    assert_eq!(step, 15);
}

#[test]
fn who_does_not_fit_any_more_moves_to_a_lane_of_its_own() {
    let all = candidates(&[
        &["schedule.steps=400"],
        &["schedule.steps=400", "style.weight=5"],
    ]);
    let worker = spawn(all.clone());
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(change(&all, 1, &["image.size=48"]));
    let size = wait_for(&worker, |event| match event {
        Event::Started(started) if *started.candidates == [1] => Some(started.size),
        _ => None,
    });
    assert_eq!(size.0.max(size.1), 48);
    worker.send(Command::Pause);
    wait_for(&worker, |event| {
        matches!(event, Event::Paused(_)).then_some(())
    });
    let request = PictureRequest {
        of: Whose::All,
        region: None,
        most: (500, 500),
    };
    worker.send(Command::RequestPicture(request));
    wait_for(&worker, |event| {
        matches!(event, Event::PictureReady).then_some(())
    });
    let preview = worker.take_pictures().unwrap();
    let widths: Vec<(usize, u32)> = preview
        .pictures
        .iter()
        .map(|seen| (seen.candidate, seen.picture.width()))
        .collect();
    assert_eq!(widths, [(0, 40), (1, 48)]);
    worker.send(Command::Resume);
    let found = ends(&worker, 2);
    assert_equal(&found[&0].2, &alone(all[0].clone()), 0);
    assert_eq!(found[&1].0, 400);
}

#[test]
fn who_diverges_is_given_up_and_costs_the_others_nothing() {
    let all = candidates(&[
        &["schedule.steps=120"],
        &["schedule.steps=120", "optimizer.clamp=false"],
    ]);
    let worker = spawn(all.clone());
    for _ in 0..3 {
        wait_for(&worker, |event| {
            matches!(event, Event::Losses(_)).then_some(())
        });
    }
    let mut wild = all[1].preset.clone();
    // Beyond what a preset may say, so that the next steps leave what a float can hold.
    wild.optimizer.learning_rate = 1e38;
    worker.send(Command::ChangePreset {
        candidate: 1,
        preset: Box::new(wild),
    });
    let mut failed = false;
    let ended = loop {
        match worker.events().recv_timeout(PATIENCE).unwrap() {
            Event::Failed {
                candidates,
                pictures,
                ..
            } => {
                assert_eq!(&*candidates, &[1]);
                let pictures = pictures.expect("it had a sound picture");
                let values = pictures.of(1).unwrap().as_raw();
                assert!(values.iter().all(|value| value.is_finite()));
                failed = true;
            }
            Event::Losses(block) if failed => assert_eq!(&*block.candidates, &[0]),
            Event::Ended { pictures, .. } => break pictures,
            _ => {}
        }
    };
    assert!(failed);
    assert_eq!((ended.step, &*ended.candidates), (120, &[0][..]));
    assert_equal(ended.of(0).unwrap(), &alone(all[0].clone()), 0);
}

#[test]
fn a_budget_ends_all_of_them_together_until_more_is_asked_for() {
    let all = candidates(&[&[], &["image.size=48"]]);
    let worker = Worker::spawn(Job {
        candidates: all.clone(),
        report_interval: Duration::from_millis(5),
        budget: Some(Duration::from_millis(300)),
        ..Job::empty(DeviceChoice::Cpu)
    })
    .unwrap();
    let found = ends(&worker, 2);
    let steps: Vec<u64> = found.values().map(|(step, ..)| *step).collect();
    assert!(
        steps[0] >= 1 && steps[0].abs_diff(steps[1]) <= 1,
        "{steps:?}"
    );
    let spent = found
        .values()
        .all(|(_, reason, _)| *reason == EndReason::BudgetSpent);
    assert!(spent);
    let more = format!("schedule.steps={}", steps[0] + 5);
    worker.send(change(&all, 0, &[&more]));
    let ended = wait_for(&worker, |event| match event {
        Event::Ended {
            reason, pictures, ..
        } if pictures.of(0).is_some() => Some((reason, pictures.step)),
        _ => None,
    });
    assert_eq!(ended, (EndReason::Completed, steps[0] + 5));
}

#[test]
fn a_snapshot_can_be_gone_back_to_after_another_was_dropped() {
    let all = candidates(&[
        &["schedule.steps=100000"],
        &["schedule.steps=100000", "style.weight=5"],
        &["schedule.steps=100000", "style.weight=9"],
    ]);
    let worker = spawn(all);
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(Command::Pause);
    worker.send(Command::Snapshot);
    let kept = wait_for(&worker, |event| match event {
        Event::Snapshot(snapshot) => Some(snapshot),
        _ => None,
    });
    worker.send(Command::Drop { candidate: 0 });
    worker.send(Command::Resume);
    wait_for(&worker, |event| {
        matches!(event, Event::Losses(_)).then_some(())
    });
    worker.send(Command::Pause);
    worker.send(Command::GoBack {
        snapshot: kept.number,
    });
    wait_for(&worker, |event| match event {
        Event::WentBack {
            candidates, step, ..
        } => {
            assert_eq!((&*candidates, step), (&[1, 2][..], kept.pictures.step));
            Some(())
        }
        _ => None,
    });
    worker.send(Command::Stop);
    let found = ends(&worker, 2);
    for number in [1, 2] {
        assert_eq!(&found[&number].2, kept.pictures.of(number).unwrap());
    }
}
