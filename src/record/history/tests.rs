//! The history against one that keeps everything.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn term(kind: TermKind, layer: Option<&str>) -> LossTerm {
    LossTerm {
        kind,
        layer: layer.map(str::to_owned),
    }
}

fn terms() -> Arc<[LossTerm]> {
    Arc::new([
        term(TermKind::Content, Some("conv_4")),
        term(TermKind::Style, Some("conv_1")),
    ])
}

/// Rows of two terms with the weights 1 and 10.
fn block(first_step: u64, values: Vec<f32>) -> LossBlock {
    LossBlock {
        candidates: [0].into(),
        first_step,
        terms: terms(),
        weights: Arc::new([vec![1.0, 10.0]]),
        values,
        seconds: 0.0,
    }
}

/// A run whose style term is 0 and whose content term is `value` of the step.
fn run(steps: u64, value: impl Fn(u64) -> f32) -> History {
    let mut history = History::new();
    for first in (0..steps).step_by(1000) {
        let end = (first + 1000).min(steps);
        let values = (first..end).flat_map(|step| [value(step), 0.0]).collect();
        history.add(&block(first, values), 0);
    }
    history
}

fn stored_floats(history: &History) -> usize {
    let stored = history
        .tracks
        .iter()
        .map(|(_, track)| track.stored_floats());
    stored.sum()
}

#[test]
fn a_million_steps_take_bounded_memory_and_keep_every_spike() {
    let spikes = [
        0, 1, 4_097, 123_456, 500_000, 995_904, 995_905, 999_998, 999_999,
    ];
    let history = run(
        1_000_000,
        |step| {
            if spikes.contains(&step) { 1e3 } else { 1.0 }
        },
    );
    // Total, two kinds and two terms, each weighted and not.
    assert_eq!(history.tracks.len(), 9);
    let bound = 9 * (2 * 3 * MOST_BUCKETS + RECENT_STEPS) as usize;
    assert!(stored_floats(&history) <= bound);
    for most_points in [1, 2, 3, 77, 500, 4096, 100_000] {
        let points = history.curve(&Series::Total, 0..=999_999, most_points);
        assert!(points.len() <= most_points);
        for spike in spikes {
            let shown = points
                .iter()
                .find(|point| (point.first_step..=point.last_step).contains(&spike))
                .unwrap();
            assert!(shown.maximum > 999.0 && shown.minimum <= shown.maximum);
        }
        for window in [1, 2, 100, 4096, 5000, 600_000] {
            let points = history.curve(
                &Series::Kind(TermKind::Content),
                1_000_000 - window..=999_999,
                most_points,
            );
            assert!(points.len() <= most_points);
            assert!(points.iter().any(|point| point.maximum > 999.0), "{window}");
        }
    }
}

#[test]
fn the_last_steps_are_exact() {
    let history = run(300_000, |step| step as f32);
    let points = history.curve(&Series::Total, 299_900..=299_999, 1000);
    assert_eq!(points.len(), 100);
    for (point, step) in points.iter().zip(299_900..) {
        assert_eq!((point.first_step, point.last_step), (step, step));
        assert!((point.last - step as f32).abs() < f32::EPSILON);
    }
}

#[test]
fn what_is_not_a_number_is_a_gap() {
    let mut history = History::new();
    let values = vec![1.0, 1.0, f32::NAN, 1.0, f32::INFINITY, 1.0, 2.0, 2.0];
    history.add(&block(0, values), 0);
    let content = term(TermKind::Content, Some("conv_4"));
    let points = history.curve(&Series::Unweighted(content), 0..=10, 10);
    let steps: Vec<u64> = points.iter().map(|point| point.first_step).collect();
    assert_eq!(steps, [0, 3]);
    let style = Series::Kind(TermKind::Style);
    assert_eq!(history.curve(&style, 0..=10, 10).len(), 4);
    let whole = history.curve(&Series::Total, 0..=3, 1);
    assert!(whole.iter().all(|point| {
        point.minimum.is_finite() && point.maximum.is_finite() && point.last.is_finite()
    }));
}

#[test]
fn losses_beyond_single_precision_stay_finite() {
    let mut history = History::new();
    history.add(&block(0, vec![1.0, f32::MAX]), 0);
    let points = history.curve(&Series::Total, 0..=0, 1);
    assert!((points[0].maximum - f32::MAX).abs() < f32::EPSILON);
}

#[test]
fn terms_come_and_go() {
    let mut history = run(10, |_| 2.0);
    let other: Arc<[LossTerm]> = Arc::new([
        term(TermKind::Content, Some("conv_9")),
        term(TermKind::Variation, None),
    ]);
    history.add(
        &LossBlock {
            terms: Arc::clone(&other),
            ..block(10, vec![1.0, 3.0, 1.0, 3.0])
        },
        0,
    );
    let covered = |history: &History, series: Series| {
        let points = history.curve(&series, 0..=100, 100);
        points
            .first()
            .zip(points.last())
            .map(|(first, last)| (first.first_step, last.last_step))
    };
    let content = Series::Kind(TermKind::Content);
    assert_eq!(covered(&history, content), Some((0, 11)));
    let style = || Series::Kind(TermKind::Style);
    assert_eq!(covered(&history, style()), Some((0, 9)));
    let variation = || Series::Weighted(other[1].clone());
    assert_eq!(covered(&history, variation()), Some((10, 11)));

    let latest = history.latest().unwrap();
    assert_eq!(latest.step, 11);
    assert!((latest.total() - 31.0).abs() < 1e-9);
    assert!((latest.sum_of(TermKind::Variation) - 30.0).abs() < 1e-9);
    assert!(latest.sum_of(TermKind::Style).abs() < 1e-9);

    history.rewind(10);
    assert_eq!(covered(&history, variation()), None);
    assert_eq!(covered(&history, style()), Some((0, 9)));
    assert_eq!(history.latest(), None);
}

#[test]
fn another_candidate_has_losses_of_its_own() {
    let two = LossBlock {
        candidates: [0, 1].into(),
        weights: Arc::new([vec![1.0, 1.0], vec![2.0, 2.0]]),
        ..block(0, vec![1.0, 0.0, 3.0, 0.0])
    };
    let mut history = History::new();
    history.add(&two, 2);
    assert_eq!(history.steps(), None);
    history.add(&two, 1);
    assert!((history.latest().unwrap().total() - 6.0).abs() < 1e-9);
    assert_eq!(history.steps(), Some(0..=0));
}

#[test]
fn after_going_back_the_latest_losses_are_those_before() {
    let mut history = run(100, |step| step as f32);
    history.rewind(51);
    let latest = history.latest().unwrap();
    assert_eq!(latest.step, 50);
    assert!((latest.total() - 50.0).abs() < 1e-9);
    assert_eq!(history.steps(), Some(0..=50));
    history.rewind(0);
    assert_eq!(history.steps(), None);
    assert_eq!(history.latest(), None);
    assert!(history.curve(&Series::Total, 0..=100, 10).is_empty());
}

#[test]
fn a_late_first_step_and_missing_steps_are_taken_as_they_are() {
    let mut history = History::new();
    history.add(&block(u64::MAX / 4, vec![1.0, 1.0]), 0);
    assert_eq!(history.curve(&Series::Total, 0..=u64::MAX, 5).len(), 1);

    let mut history = run(10, |_| 1.0);
    history.add(&block(9_000, vec![5.0, 5.0]), 0);
    assert_eq!(history.steps(), Some(0..=9_000));
    let points = history.curve(&Series::Total, 0..=9_000, 10_000);
    let last = points.last().unwrap();
    assert!(last.last > 54.0);
    assert!(
        points[..points.len() - 1]
            .iter()
            .all(|point| point.last_step < 12)
    );
}

/// What a history would be without a limit.
struct Everything {
    values: Vec<Option<f32>>,
}

impl Everything {
    /// Forgets as [`History::rewind`] says it does.
    fn rewind(&mut self, history: &History, step: u64) {
        if step as usize >= self.values.len() {
            return;
        }
        let lost = step / history.bucket_width * history.bucket_width;
        self.values.truncate(step as usize);
        for old in lost..history.recent_first.min(step) {
            self.values[old as usize] = None;
        }
    }

    fn range(&self, first: u64, last: u64) -> Option<(f32, f32, f32)> {
        let last = (last as usize).min(self.values.len() - 1);
        let known = || self.values[first as usize..=last].iter().flatten().copied();
        Some((
            known().reduce(f32::min)?,
            known().reduce(f32::max)?,
            known().last()?,
        ))
    }
}

#[derive(Debug, Clone)]
enum Happening {
    Add(usize),
    Rewind(f64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => (1usize..9_000).prop_map(Happening::Add),
        1 => (0.0..1.0).prop_map(Happening::Rewind),
    ];
    prop::collection::vec(one, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn curves_are_those_of_a_history_without_a_limit(
        happenings in happenings(),
        seed in 1u64..1_000_000,
        window in (0.0..1.0, 0.0..1.0),
        most_points in prop_oneof![1usize..8, 8usize..600, 600usize..20_000],
    ) {
        let mut history = History::new();
        let mut everything = Everything { values: Vec::new() };
        let mut random = seed;
        for happening in happenings {
            match happening {
                Happening::Add(count) => {
                    let mut values = Vec::new();
                    let first = everything.values.len() as u64;
                    for _ in 0..count {
                        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let value = ((random >> 40) % 1000) as f32;
                        let missing = value < 20.0;
                        everything.values.push((!missing).then_some(value));
                        values.extend([if missing { f32::NAN } else { value }, 0.0]);
                    }
                    history.add(&block(first, values), 0);
                }
                Happening::Rewind(share) => {
                    let step = (everything.values.len() as f64 * share) as u64;
                    everything.rewind(&history, step);
                    history.rewind(step);
                }
            }
        }
        let length = everything.values.len() as u64;
        prop_assert_eq!(history.steps(), length.checked_sub(1).map(|last| 0..=last));
        prop_assume!(length > 0);
        let a = (window.0 * length as f64) as u64;
        let b = (window.1 * length as f64) as u64;
        let (from, to) = (a.min(b), a.max(b));
        let points = history.curve(&Series::Kind(TermKind::Content), from..=to, most_points);
        prop_assert!(points.len() <= most_points);
        let width = history.bucket_width;
        let fine_from = history.fine_from(from);
        let mut after = from;
        for point in &points {
            prop_assert!(point.first_step >= after && point.first_step <= point.last_step);
            // Nothing with a value is left out between two points.
            let skipped = &everything.values[after as usize..point.first_step as usize];
            prop_assert!(skipped.iter().all(Option::is_none));
            after = point.last_step + 1;
            let down = |step: u64| if step < fine_from { step / width * width } else { step };
            let up = |step: u64| if step < fine_from { step / width * width + width - 1 } else { step };
            let expected = everything.range(down(point.first_step), up(point.last_step));
            prop_assert_eq!(expected, Some((point.minimum, point.maximum, point.last)));
        }
        let rest = after.min(length) as usize..(to + 1).min(length) as usize;
        prop_assert!(everything.values[rest].iter().all(Option::is_none));
    }
}

#[test]
fn a_kind_is_summed_without_the_weights_of_its_layers() {
    let term = |kind, layer: &str| LossTerm {
        kind,
        layer: Some(layer.to_owned()),
    };
    let block = LossBlock {
        candidates: [0].into(),
        first_step: 0,
        terms: Arc::new([
            term(TermKind::Style, "a"),
            term(TermKind::Content, "a"),
            term(TermKind::Style, "b"),
        ]),
        weights: Arc::new([vec![10.0, 3.0, 100.0]]),
        values: vec![1.0, 2.0, 0.5],
        seconds: 1.0,
    };
    let mut history = History::new();
    history.add(&block, 0);
    let last = |kind| {
        let points = history.curve(&Series::UnweightedKind(kind), 0..=0, 1);
        points.first().map(|point| point.last)
    };
    assert_eq!(last(TermKind::Style), Some(1.5));
    assert_eq!(last(TermKind::Content), Some(2.0));
    assert_eq!(last(TermKind::Variation), None);
    let latest = history.latest().unwrap();
    assert_eq!(latest.unweighted_sum_of(TermKind::Style), Some(1.5));
    assert_eq!(latest.unweighted_sum_of(TermKind::Variation), None);
}
