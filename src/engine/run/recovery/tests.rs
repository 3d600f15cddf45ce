//! Runs into which faults are put, and runs that go wrong by themselves.

use std::sync::Arc;
use std::time::Duration;

use image::{Rgb, Rgb32FImage};

use crate::engine::EngineError;
use crate::engine::device::DeviceChoice;
use crate::engine::fault::{Fault, Faults, Kind};
use crate::engine::input::Candidate;
use crate::engine::message::{
    Command, EndReason, Event, LossBlock, Pictures, Recovered, Remark, RemarkKind, Stuck, Trouble,
};
use crate::engine::worker::{Job, Worker};
use crate::preset;

/// Long enough for the slowest machine, short enough to notice a worker that hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const ALWAYS: usize = usize::MAX;

fn picture(width: u32, height: u32, kind: f32) -> Arc<Rgb32FImage> {
    Arc::new(Rgb32FImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        let wave = |a: f32, b: f32| {
            0.5 + 0.45 * (6.0 * (a * x + kind)).sin() * (5.0 * (b * y - kind)).cos()
        };
        Rgb([wave(1.0 + kind, 2.0), wave(2.0, 1.5 + kind), wave(3.0, 1.0)])
    }))
}

/// A small `fitted` candidate.
fn candidate(overrides: &[&str]) -> Candidate {
    let mut all = vec![
        "image.size=40",
        "network.widths=[8, 12]",
        "schedule.steps=60",
        "style.layers={ input = 1.0, block1 = 1.0 }",
        "content.layers={ block2 = 1.0 }",
    ];
    all.extend(overrides);
    let all: Vec<_> = all.iter().map(|text| text.parse().unwrap()).collect();
    Candidate {
        preset: preset::load("demo", &all).unwrap().preset,
        content: picture(60, 48, 0.1).into(),
        styles: vec![picture(50, 50, 0.7).into()],
    }
}

/// Candidates of the same pictures, with the presets of `weights` of style, which therefore share a lane.
fn sharing(weights: &[&str]) -> Vec<Candidate> {
    let first = candidate(&[]);
    let with = |weight: &&str| Candidate {
        preset: candidate(&[&format!("style.weight={weight}")]).preset,
        ..first.clone()
    };
    weights.iter().map(with).collect()
}

fn job(candidates: Vec<Candidate>, faults: impl IntoIterator<Item = Fault>) -> Job {
    Job {
        candidates,
        // As many threads everywhere, since that changes the last bit.
        threads: Some(1),
        report_interval: Duration::from_millis(1),
        pauses: true,
        faults: Faults::new(faults),
        ..Job::empty(DeviceChoice::Cpu)
    }
}

fn fault(kind: Kind, from_step: u64, times: usize) -> Fault {
    Fault {
        kind,
        from_step,
        times,
    }
}

/// Everything that a run said.
#[derive(Debug, Default)]
struct Said {
    recovered: Vec<Recovered>,
    stuck: Vec<Stuck>,
    remarks: Vec<Remark>,
    /// `optimizer.learning_rate` as it was said of each candidate, in order.
    rates: Vec<(usize, f64)>,
    failed: Vec<(Vec<usize>, EngineError, Option<Pictures>)>,
    ended: Vec<(EndReason, Pictures)>,
    blocks: Vec<LossBlock>,
    paused: Option<u64>,
}

impl Said {
    /// The losses of `candidate` on the way that counts in the end, from the first step to the last.
    fn way(&self, candidate: usize) -> Vec<Vec<f32>> {
        let mut way: Vec<Vec<f32>> = Vec::new();
        for losses in self.blocks.iter().flat_map(|block| block.rows(candidate)) {
            let step = losses.step as usize;
            assert!(step <= way.len(), "a gap before step {step}");
            way.truncate(step);
            way.push(losses.unweighted.to_vec());
        }
        way
    }

    fn picture(&self, candidate: usize) -> &Rgb32FImage {
        let (_, pictures) = self
            .ended
            .iter()
            .find(|(_, pictures)| pictures.candidates.contains(&candidate))
            .expect("it has not ended");
        pictures.of(candidate).unwrap()
    }
}

/// Listens until `is_over`.
fn listen(worker: &Worker, said: &mut Said, is_over: impl Fn(&Said) -> bool) {
    while !is_over(said) {
        let event = worker.events().recv_timeout(PATIENCE);
        match event.expect("the worker said nothing") {
            Event::Recovered(recovered) => said.recovered.push(recovered),
            Event::Stuck(stuck) => said.stuck.push(stuck),
            Event::Remark(remark) => said.remarks.push(remark),
            Event::PresetChanged {
                candidate,
                preset,
                in_force,
                ..
            } => {
                assert_eq!(preset.optimizer, in_force.optimizer);
                said.rates
                    .push((candidate, in_force.optimizer.learning_rate));
            }
            Event::Losses(block) => {
                assert!(block.values.iter().all(|value| value.is_finite()));
                said.blocks.push(block);
            }
            Event::Failed {
                candidates,
                error,
                pictures,
            } => said.failed.push((candidates.to_vec(), error, pictures)),
            Event::Ended {
                reason, pictures, ..
            } => said.ended.push((reason, pictures)),
            Event::Paused(step) => said.paused = Some(step),
            Event::Refused { error, .. } => panic!("refused: {error}"),
            _ => {}
        }
    }
}

/// What a run says until all of its candidates have ended or failed.
fn run(job: Job) -> Said {
    let count = job.candidates.len();
    let worker = Worker::spawn(job).unwrap();
    let mut said = Said::default();
    listen(&worker, &mut said, |said| {
        let ended = said.ended.iter().map(|(_, one)| one.candidates.len());
        let failed = said.failed.iter().map(|(whose, ..)| whose.len());
        ended.chain(failed).sum::<usize>() == count
    });
    said
}

#[test]
fn one_loss_that_is_no_number_costs_a_few_steps_and_half_the_rate() {
    for name in [
        &[][..],
        &["optimizer.kind=lbfgs", "optimizer.learning_rate=1"],
    ] {
        let one = candidate(name);
        let rate = one.preset.optimizer.learning_rate;
        let said = run(job(vec![one], [fault(Kind::NotANumber(0), 25, 1)]));
        let [recovered] = &said.recovered[..] else {
            panic!("{:?}", said.recovered);
        };
        assert_eq!((recovered.failed_step, recovered.attempt), (25, 1));
        // The first state was replaced as soon as another one was known to be good.
        assert!((1..25).contains(&recovered.step), "{recovered:?}");
        assert!(matches!(recovered.why, Trouble::NotFinite { .. }));
        assert!((recovered.learning_rate - rate / 2.0).abs() < f64::EPSILON);
        assert_eq!(said.rates, [(0, rate / 2.0)]);
        assert!(said.failed.is_empty() && said.stuck.is_empty());
        assert_eq!(said.way(0).len(), 60);
        assert_eq!(said.ended[0].0, EndReason::Completed);
        let picture = said.picture(0).as_raw();
        assert!(picture.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn what_never_gets_well_waits_with_a_suggestion_and_goes_on_when_told_to() {
    let faults = [fault(Kind::NotANumber(0), 25, 4)];
    let worker = Worker::spawn(job(vec![candidate(&[])], faults)).unwrap();
    let mut said = Said::default();
    listen(&worker, &mut said, |said| said.paused.is_some());
    let attempts: Vec<u32> = said.recovered.iter().map(|one| one.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let rates: Vec<f64> = said.rates.iter().map(|(_, rate)| *rate).collect();
    assert_eq!(rates, [0.015, 0.0075, 0.00375]);
    let [stuck] = &said.stuck[..] else {
        panic!("{:?}", said.stuck);
    };
    assert_eq!((stuck.candidate, stuck.failed_step), (0, 25));
    assert_eq!(said.paused, Some(stuck.step));
    let suggestion = stuck.suggestion.to_string();
    assert_eq!(
        suggestion,
        "optimizer.learning_rate = 4.69e-4 (now 0.00375)"
    );
    assert!(said.ended.is_empty() && said.failed.is_empty());
    worker.send(Command::Resume);
    listen(&worker, &mut said, |said| !said.ended.is_empty());
    assert_eq!(said.way(0).len(), 60);
    assert_eq!(said.recovered.len(), 3, "the fault is over");
}

#[test]
fn where_nobody_could_do_anything_it_fails_with_a_sound_picture() {
    let mut job = job(
        vec![candidate(&[])],
        [fault(Kind::NotANumber(0), 25, ALWAYS)],
    );
    job.pauses = false;
    let said = run(job);
    assert_eq!(said.recovered.len(), 3);
    assert!(said.stuck.is_empty());
    let [(_, error, Some(pictures))] = &said.failed[..] else {
        panic!("{:?}", said.failed);
    };
    let text = error.to_string();
    assert!(
        text.contains("no longer a number")
            && text.contains("halved the rate 3 times")
            && text.contains("try optimizer.learning_rate = 4.69e-4 (now 0.00375)"),
        "{text}"
    );
    let values = pictures.of(0).unwrap().as_raw();
    assert!(values.iter().all(|value| value.is_finite()));
    assert!(values.iter().any(|value| *value > 0.1 && *value < 0.9));
}

#[test]
fn in_a_lane_of_three_only_the_sick_one_is_touched() {
    let three = || sharing(&["1", "2", "4"]);
    let said = run(job(three(), [fault(Kind::NotANumber(1), 20, 1)]));
    assert_eq!(said.recovered.len(), 1);
    assert_eq!(said.recovered[0].candidate, 1);
    assert_eq!(said.rates, [(1, 0.015)]);
    assert!(said.failed.is_empty());
    assert_eq!(said.way(1).len(), 60);
    for number in [0, 2] {
        let alone = run(job(vec![three().remove(number)], []));
        assert!(said.way(number) == alone.way(0), "candidate {number}");
        assert!(
            said.picture(number) == alone.picture(0),
            "candidate {number}"
        );
    }
}

#[test]
fn one_that_never_gets_well_lets_the_others_finish_and_waits_alone() {
    let all = sharing(&["1", "2"]);
    let worker = Worker::spawn(job(all, [fault(Kind::NotANumber(0), 20, ALWAYS)])).unwrap();
    let mut said = Said::default();
    listen(&worker, &mut said, |said| said.paused.is_some());
    assert_eq!(said.stuck.len(), 1);
    let [(EndReason::Completed, pictures)] = &said.ended[..] else {
        panic!("{:?}", said.ended);
    };
    assert_eq!((&pictures.candidates[..], pictures.step), (&[1][..], 60));
    worker.send(Command::Stop);
    listen(&worker, &mut said, |said| said.ended.len() == 3);
    let values = said.picture(0).as_raw();
    assert!(values.iter().all(|value| value.is_finite()));
}

#[test]
fn memory_for_fewer_candidates_changes_nothing_but_the_batches() {
    let three = || sharing(&["1", "2", "4"]);
    let whole = run(job(three(), []));
    assert!(whole.remarks.is_empty());
    let said = run(job(three(), [fault(Kind::MemoryFor(1), 10, ALWAYS)]));
    let [first, second] = &said.remarks[..] else {
        panic!("{:?}", said.remarks);
    };
    assert_eq!((first.kind, first.step), (RemarkKind::OutOfMemory, 10));
    assert!(
        first.words.contains("asked for 2 GiB") && first.words.contains("at most 2"),
        "{}",
        first.words
    );
    assert!(second.words.contains("one by one"), "{}", second.words);
    for number in 0..3 {
        assert!(said.way(number) == whole.way(number));
        assert!(said.picture(number) == whole.picture(number));
    }
}

#[test]
fn where_memory_never_suffices_nothing_is_lost() {
    let faults = || [fault(Kind::MemoryFor(0), 10, 1)];
    let worker = Worker::spawn(job(vec![candidate(&[])], faults())).unwrap();
    let mut said = Said::default();
    listen(&worker, &mut said, |said| said.paused.is_some());
    let [stuck] = &said.stuck[..] else {
        panic!("{:?}", said.stuck);
    };
    assert_eq!((stuck.step, stuck.failed_step), (10, 10));
    assert_eq!(stuck.why, "out of memory (asked for 2 GiB)");
    assert_eq!(stuck.suggestion.to_string(), "image.size = 24 (now 40)");
    worker.send(Command::Resume);
    listen(&worker, &mut said, |said| !said.ended.is_empty());
    let whole = run(job(vec![candidate(&[])], []));
    assert!(said.way(0) == whole.way(0) && said.picture(0) == whole.picture(0));

    let mut alone = job(vec![candidate(&[])], faults());
    alone.pauses = false;
    let said = run(alone);
    let [(_, EngineError::OutOfMemory { .. }, Some(pictures))] = &said.failed[..] else {
        panic!("{:?}", said.failed);
    };
    assert_eq!(pictures.step, 10);
}

#[test]
fn a_rate_that_is_far_too_high_is_brought_down() {
    // Not clamped, so that nothing holds it; each halving comes from the state before.
    let overrides = [
        "optimizer.clamp=false",
        "optimizer.learning_rate=8",
        "schedule.steps=150",
    ];
    let mut job = job(vec![candidate(&overrides)], []);
    job.pauses = false;
    let said = run(job);
    let first = said.recovered.first().expect("nobody noticed");
    assert!(matches!(
        first.why,
        Trouble::Exploded | Trouble::NotFinite { .. }
    ));
    assert_eq!(said.rates.first(), Some(&(0, 4.0)));
}

#[test]
fn a_picture_without_contrast_is_gone_back_from() {
    // So slow that contrast does not come back before anybody looks.
    let one = candidate(&["optimizer.learning_rate=1e-6"]);
    let said = run(job(vec![one], [fault(Kind::Grey(0), 25, 1)]));
    let [recovered] = &said.recovered[..] else {
        panic!("{:?}", said.recovered);
    };
    assert_eq!(recovered.why, Trouble::Grey);
    assert!(recovered.failed_step >= 25 && recovered.step < 25);
    assert_eq!(said.way(0).len(), 60);
}

/// Black and white noise by a rate that throws every value from one end to the other.
#[test]
fn a_picture_of_black_and_white_only_is_gone_back_from() {
    let one = candidate(&["optimizer.learning_rate=50", "schedule.steps=200"]);
    let mut job = job(vec![one], []);
    job.pauses = false;
    let said = run(job);
    let first = said.recovered.first().expect("nobody noticed");
    assert!(matches!(first.why, Trouble::Saturated | Trouble::Exploded));
}

#[test]
fn a_stall_is_named_once_and_nothing_else_is_done() {
    let one = candidate(&[
        "optimizer.learning_rate=1e-9",
        "image.size=32",
        "schedule.steps=2000",
    ]);
    let said = run(job(vec![one], []));
    let [remark] = &said.remarks[..] else {
        panic!("{:?}", said.remarks);
    };
    assert_eq!(remark.kind, RemarkKind::Stalled);
    assert!(
        remark.words.contains("optimizer.learning_rate"),
        "{}",
        remark.words
    );
    assert!(said.rates.is_empty() && said.recovered.is_empty());
    assert_eq!(said.way(0).len(), 2000);
}

#[test]
fn an_error_of_libtorch_ends_the_run_with_its_picture() {
    let said = run(job(vec![candidate(&[])], [fault(Kind::Error, 25, 1)]));
    let [(_, EngineError::Torch(_), Some(pictures))] = &said.failed[..] else {
        panic!("{:?}", said.failed);
    };
    assert_eq!(pictures.step, 25);
    assert!(said.recovered.is_empty());
}

#[test]
fn a_panic_in_a_step_ends_the_run_with_its_picture() {
    let said = run(job(vec![candidate(&[])], [fault(Kind::Panic, 25, 1)]));
    let [(_, error @ EngineError::WorkerGone(_), Some(pictures))] = &said.failed[..] else {
        panic!("{:?}", said.failed);
    };
    assert!(error.to_string().contains("injected at step 25"), "{error}");
    assert_eq!(pictures.step, 25);
}

/// A preset that is changed while its candidate has to go back is taken up all the same.
#[test]
fn what_is_asked_for_while_it_goes_back_is_not_lost() {
    let one = candidate(&["schedule.steps=1000000"]);
    let mut wanted = one.preset.clone();
    wanted.style.weight = 3.0;
    wanted.schedule.steps = 100;
    let worker = Worker::spawn(job(vec![one], [fault(Kind::NotANumber(0), 20, 1)])).unwrap();
    let mut said = Said::default();
    listen(&worker, &mut said, |said| !said.blocks.is_empty());
    worker.send(Command::ChangePreset {
        candidate: 0,
        preset: Box::new(wanted),
    });
    listen(&worker, &mut said, |said| !said.ended.is_empty());
    assert!(said.failed.is_empty());
    assert_eq!(said.ended[0].1.step, 100);
}
