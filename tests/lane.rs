//! A lane of several candidates, and that a run is reproducible.

use std::ops::ControlFlow;
use std::sync::Arc;

use stylescope::engine::input::{Candidate, WeightsChoice};
use stylescope::engine::lane::Lane;
use stylescope::engine::message::{LossTerm, TermKind};
use tch::{Device, Kind, Tensor};

use crate::setting::{picture, preset, small_candidate};

mod written;

fn lane(candidates: Vec<Candidate>) -> Lane {
    Lane::new(
        candidates,
        WeightsChoice::Random(5),
        Device::Cpu,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap()
}

fn after(steps: u64, mut lane: Lane) -> (Tensor, Lane) {
    for _ in 0..steps {
        lane.step().unwrap();
    }
    (lane.picture().copy(), lane)
}

fn relative_difference(found: &Tensor, expected: &Tensor) -> f64 {
    ((found - expected).norm() / expected.norm()).double_value(&[])
}

/// A network that learns nothing from the pictures, for [`differing`].
const VGG: [&str; 5] = [
    "network.name=vgg16",
    "network.pooling=max",
    "network.padding=zeros",
    "content.layers={ relu2_1 = 1.0 }",
    "style.layers={ input = 1.0, relu1_1 = 1.0, relu2_1 = 1.0 }",
];

/// Three candidates that differ in weights, rates, losses, statistics, averaging and start.
fn differing(network: &[&str]) -> Vec<Candidate> {
    let (content, style) = (picture(60, 48, 0.1), picture(50, 50, 0.7));
    [
        vec!["style.weight=1", "optimizer.learning_rate=0.02"],
        vec![
            "style.weight=7",
            "optimizer.learning_rate=0.05",
            "optimizer.beta1=0.8",
            "optimizer.clamp=false",
            "style.statistic=gram",
            "style.error=mean",
            "style.layers={ input = 0.5, relu1_1 = 2.0 }",
        ],
        vec![
            "style.divisor=3",
            "content.error=mean",
            "optimizer.averaging=0.9",
            "image.init=noise",
        ],
    ]
    .into_iter()
    .map(|own| {
        let mut overrides = vec!["image.size=40", "image.match_colours=none"];
        overrides.extend(network);
        overrides.extend(own);
        Candidate {
            preset: preset("demo", &overrides),
            content: Arc::clone(&content).into(),
            styles: vec![Arc::clone(&style).into()],
        }
    })
    .collect()
}

/// The promise: a candidate's picture after 50 steps in a lane is the one it gets alone.
#[test]
fn a_candidate_in_a_lane_equals_itself_alone() {
    let (together, _) = after(50, lane(differing(&VGG)));
    for (index, candidate) in differing(&VGG).into_iter().enumerate() {
        let (alone, _) = after(50, lane(vec![candidate]));
        let difference = relative_difference(&together.get(index as i64), &alone.get(0));
        assert!(
            difference < 1e-4,
            "candidate {index} is off by {difference:.1e}"
        );
    }
    let apart = relative_difference(&together.get(0), &together.get(1));
    assert!(
        apart > 1e-2,
        "the candidates do not differ, so the test says nothing: {apart}"
    );
}

#[test]
fn the_same_run_twice_is_the_same_bit_for_bit() {
    let candidate = || small_candidate(&["image.init=noise"]);
    let (first, _) = after(15, lane(vec![candidate()]));
    let (second, _) = after(15, lane(vec![candidate()]));
    assert_eq!(first, second);
    let (other, _) = after(
        15,
        lane(vec![small_candidate(&[
            "image.init=noise",
            "schedule.seed=1",
        ])]),
    );
    assert_ne!(first, other);
}

#[test]
fn the_loss_falls_and_the_picture_changes() {
    let lane = lane(vec![small_candidate(&[])]);
    let start = lane.picture().copy();
    let (picture, mut lane) = after(40, lane);
    let block = lane.read_losses(0.0).unwrap().unwrap();
    let (first, last) = (
        block.losses(0, 0).unwrap().total(),
        block.losses(39, 0).unwrap().total(),
    );
    assert!(last < 0.5 * first, "{first} to {last}");
    assert!(relative_difference(&picture, &start) > 0.02);
}

#[test]
fn a_rebuild_keeps_picture_and_moments_and_another_size_keeps_the_picture() {
    let (_, old) = after(20, lane(vec![small_candidate(&[])]));
    let rebuilt = old
        .rebuilt(vec![small_candidate(&["style.error=mean"])], &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(rebuilt.picture(), old.picture());
    assert_eq!(rebuilt.step_count(), 20);
    let larger = old
        .rebuilt(vec![small_candidate(&["image.size=80"])], &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    let size = larger.picture().size();
    assert_eq!(size, [1, 3, 64, 80]);
    let back = larger
        .picture()
        .upsample_bilinear2d([32, 40], false, None, None);
    assert!(relative_difference(&back, old.picture()) < 0.1);
}

#[test]
fn a_changed_weight_counts_from_the_next_step() {
    let (_, mut lane) = after(3, lane(vec![small_candidate(&[])]));
    let before = lane.read_losses(0.0).unwrap().unwrap();
    lane.update_live(
        0,
        small_candidate(&["style.weight=5", "variation.weight=0"]).preset,
    )
    .unwrap();
    lane.step().unwrap();
    let after = lane.read_losses(0.0).unwrap().unwrap();
    assert_eq!(
        before.terms.len(),
        after.terms.len() + 1,
        "a term of weight 0 is not computed"
    );
    assert!(
        (after.weights[0][1] - 5.0).abs() < 1e-12 && (before.weights[0][1] - 1.0).abs() < 1e-12
    );
    assert_eq!(after.first_step, 3);
}

#[test]
fn candidates_that_cannot_share_a_tensor_are_refused() {
    for (other, reason) in [
        ("image.size=48", "sizes differ"),
        ("network.pooling=max", "networks differ"),
        ("image.match_colours=none", "match_colours"),
        ("image.style_scale=0.5", "style_scale"),
    ] {
        let mut second = small_candidate(&[other]);
        let first = small_candidate(&[]);
        second.content = first.content.clone();
        second.styles.clone_from(&first.styles);
        let error = Lane::new(
            vec![first, second],
            WeightsChoice::Preset,
            Device::Cpu,
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn nothing_beyond_the_deepest_tap_is_built() {
    // Random weights are asked for one by one, so a network that went on would need more of them.
    let candidate = Candidate {
        preset: preset(
            "demo",
            &[
                "network.name=vgg19",
                "image.size=32",
                "content.layers={ relu1_1 = 1.0 }",
                "style.layers={ conv1_2 = 1.0 }",
            ],
        ),
        content: picture(32, 32, 0.2).into(),
        styles: vec![picture(32, 32, 0.4).into()],
    };
    let lane = lane(vec![candidate]);
    let network = format!("{lane:?}");
    assert!(
        network.contains("conv1_2") && !network.contains("relu1_2") && !network.contains("conv2_1")
    );
    let (_, gradient) = lane.evaluate().unwrap();
    assert_eq!(gradient.isfinite().all().int64_value(&[]), 1);
    assert!(gradient.abs().sum(Kind::Float).double_value(&[]) > 0.0);
}

/// The default network learns from the pictures; its candidates share it and nothing else.
#[test]
fn candidates_of_fitted_equal_themselves_alone_at_every_size() {
    for size in ["image.size=64", "image.size=100"] {
        let (content, style) = (picture(120, 96, 0.1), picture(100, 100, 0.7));
        let candidates: Vec<Candidate> = [
            "style.weight=1",
            "style.weight=4",
            "optimizer.learning_rate=0.01",
        ]
        .into_iter()
        .map(|own| Candidate {
            preset: preset("demo", &[size, own]),
            content: Arc::clone(&content).into(),
            styles: vec![Arc::clone(&style).into()],
        })
        .collect();
        let (together, _) = after(50, lane(candidates.clone()));
        for (index, candidate) in candidates.into_iter().enumerate() {
            let (alone, _) = after(50, lane(vec![candidate]));
            let difference = relative_difference(&together.get(index as i64), &alone.get(0));
            assert!(
                difference < 1e-4,
                "{size}: candidate {index} is off by {difference:.1e}"
            );
        }
    }
}

/// Candidates of one small lane, which share their pictures.
fn small_candidates(overrides: &[impl AsRef<str>]) -> Vec<Candidate> {
    let first = small_candidate(&[]);
    overrides
        .iter()
        .map(|own| Candidate {
            preset: small_candidate(&[own.as_ref()]).preset,
            ..first.clone()
        })
        .collect()
}

#[test]
fn a_candidate_with_fewer_steps_keeps_its_picture_while_the_other_goes_on() {
    let mut lane = lane(small_candidates(&["schedule.steps=5", "schedule.steps=9"]));
    assert_eq!(lane.steps_wanted(), 9);
    for _ in 0..5 {
        lane.step().unwrap();
    }
    let at_five = lane.picture().copy();
    for _ in 0..4 {
        lane.step().unwrap();
    }
    assert_eq!(lane.picture().get(0), at_five.get(0));
    assert_ne!(lane.picture().get(1), at_five.get(1));
}

#[test]
fn what_changes_for_one_candidate_changes_nothing_for_the_other() {
    let untouched = |own: &str| {
        let (_, mut lane) = after(
            10,
            lane(small_candidates(&["style.weight=1", "style.weight=2"])),
        );
        let mut candidates = lane.candidates().to_vec();
        candidates[1].preset = small_candidate(&["style.weight=2", own]).preset;
        lane = lane
            .rebuilt(candidates, &mut |_| ControlFlow::Continue(()))
            .unwrap();
        after(10, lane).0.get(0)
    };
    let expected = untouched("style.weight=2");
    for own in [
        "optimizer.space=normalized",
        "optimizer.averaging=0.9",
        "style.weight=50",
    ] {
        assert_eq!(untouched(own), expected, "{own}");
    }
}

#[test]
fn averaging_that_begins_later_does_not_depend_on_the_company() {
    let averaged = |others: &[&str]| {
        let mut all = vec!["optimizer.averaging=0"];
        all.extend(others);
        let (_, mut lane) = after(5, lane(small_candidates(&all)));
        lane.update_live(0, small_candidate(&["optimizer.averaging=0.9"]).preset)
            .unwrap();
        for _ in 0..5 {
            lane.step().unwrap();
        }
        lane.pictures().unwrap().pictures[0].as_ref().clone()
    };
    assert_eq!(averaged(&[]), averaged(&["optimizer.averaging=0.9"]));
}

#[test]
fn another_size_keeps_a_clamped_picture_in_range() {
    let (_, old) = after(10, lane(vec![small_candidate(&[])]));
    let larger = old
        .rebuilt(vec![small_candidate(&["image.size=90"])], &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    let (lowest, highest) = (larger.picture().min(), larger.picture().max());
    assert!(lowest.double_value(&[]) >= 0.0 && highest.double_value(&[]) <= 1.0);
}

/// The norm of each candidate's whole gradient.
fn norms(lane: &Lane) -> Vec<f64> {
    let (_, gradient) = lane.evaluate().unwrap();
    (0..lane.candidates().len() as i64)
        .map(|index| gradient.get(index).norm().double_value(&[]))
        .collect()
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-5 * expected.abs(),
        "{what}: {found} is not {expected}"
    );
}

#[test]
fn a_term_that_is_alone_makes_up_the_whole_gradient() {
    let weights = ["content.weight", "style.weight", "variation.weight"];
    for (alone, name) in weights.iter().enumerate() {
        let mut overrides = vec![
            "style.layers={ block1 = 1.0 }".to_owned(),
            "image.init=noise".to_owned(),
            format!("{name}=3.5"),
        ];
        overrides.extend(
            weights
                .iter()
                .filter(|other| *other != name)
                .map(|other| format!("{other}=0")),
        );
        let overrides: Vec<&str> = overrides.iter().map(String::as_str).collect();
        let (_, lane) = after(3, lane(vec![small_candidate(&overrides)]));
        let gradients = lane.gradients(&mut || true).unwrap();
        assert_eq!(gradients.step, 3);
        let whole = norms(&lane)[0];
        assert!(whole > 0.0);
        for (column, &norm) in gradients.norms[0].iter().enumerate() {
            if column == alone {
                assert_close(norm, whole, name);
            } else {
                assert!(norm == 0.0, "{name}: {:?}", gradients.norms);
            }
        }
    }
}

/// Each term by itself and each candidate by itself, from runs in which nothing else is weighed.
#[test]
fn the_gradient_of_each_term_is_each_candidate_s_own() {
    let (_, lane) = after(2, lane(differing(&VGG)));
    let gradients = lane.gradients(&mut || true).unwrap();
    assert_eq!(gradients.terms.as_ref(), lane.terms());
    let mut not_weighed = 0;
    for (column, term) in gradients.terms.iter().enumerate() {
        let alone = lane.candidates().iter();
        let mut single = self::lane(alone.map(|candidate| only(candidate, term)).collect());
        single.set_picture(lane.picture()).unwrap();
        for (index, expected) in norms(&single).into_iter().enumerate() {
            let found = gradients.norms[index][column];
            assert_close(found, expected, &format!("{term} of candidate {index}"));
            not_weighed += usize::from(found == 0.0);
        }
    }
    assert!(not_weighed > 0, "every candidate weighs every term");
}

/// `candidate` with no weight but that of `term`.
fn only(candidate: &Candidate, term: &LossTerm) -> Candidate {
    let mut candidate = candidate.clone();
    let preset = &mut candidate.preset;
    let is = |kind, layer: &String| term.kind == kind && term.layer.as_ref() == Some(layer);
    for (layer, weight) in &mut preset.content.layers {
        *weight *= f64::from(u8::from(is(TermKind::Content, layer)));
    }
    for (layer, weight) in &mut preset.style.layers {
        *weight *= f64::from(u8::from(is(TermKind::Style, layer)));
    }
    preset.variation.weight *= f64::from(u8::from(term.kind == TermKind::Variation));
    candidate
}

#[test]
fn measuring_gradients_changes_no_bit_of_the_run() {
    let candidates = || small_candidates(&["optimizer.averaging=0.9", "style.weight=2"]);
    let (expected, _) = after(12, lane(candidates()));
    let mut measured = lane(candidates());
    for _ in 0..12 {
        measured.gradients(&mut || true).unwrap();
        measured.step().unwrap();
        measured.gradients(&mut || true).unwrap();
    }
    assert_eq!(*measured.picture(), expected);
    let block = measured.read_losses(0.0).unwrap().unwrap();
    assert_eq!((block.first_step, block.steps()), (0, 12));
}
