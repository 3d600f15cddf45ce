//! Every statistic, error and form of total variation by itself, and Adam.

use serde_json::Value;
use stylescope::loss::content::{content_error, content_target};
use stylescope::loss::style::{Draw, StyleRule, style_loss, style_sample, style_target};
use stylescope::loss::variation::total_variation;
use stylescope::optimizer::adam::Adam;
use stylescope::optimizer::average::IterateAverage;
use stylescope::preset::{
    ContentError, LineSearch, OptimizerKind, OptimizerPreset, Reduction, SizeTerm, Statistic,
    StepSpace, StyleError, VariationForm,
};
use tch::{Kind, Tensor};

use super::{assert_gradient, assert_near, golden, number, numbers, uniform_tensor};

const FEATURES_SEED: u64 = 8;
const ADAM_SEED: u64 = 9;

fn features(number: u64, height: i64, width: i64) -> Tensor {
    let values: Tensor = 2.0 * uniform_tensor(FEATURES_SEED, number, &[1, 4, height, width]) - 0.5;
    values.to_kind(Kind::Float)
}

fn word<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(Value::String(text.to_owned())).unwrap()
}

/// `compute` at `input` against the value and the gradient of the part `name`.
fn check(name: &str, expected: &Value, input: &Tensor, compute: impl Fn(&Tensor) -> Tensor) {
    let input = input.detach().set_requires_grad(true);
    let value = compute(&input);
    assert_eq!(value.size(), [1], "{name}");
    assert_near(
        name,
        value.double_value(&[0]),
        number(&expected["value"]),
        1e-6,
    );
    value.sum(Kind::Float).backward();
    assert_gradient(name, &input.grad(), &expected["gradient"], 5e-6);
}

#[test]
fn every_part() {
    let golden = golden();
    let parts = golden["parts"].as_object().unwrap();
    assert!(parts.len() >= 41, "{}", parts.len());
    let waves = super::cases::initial_of(9, 11);
    for (name, expected) in parts {
        match name.split('/').collect::<Vec<_>>().as_slice() {
            ["style", kind, normalization, error] => {
                let rule = StyleRule {
                    statistic: word::<Statistic>(kind),
                    normalization: word::<SizeTerm>(normalization),
                    error: word::<StyleError>(error),
                    shift: 0.0,
                    projections: 0,
                };
                let sample = style_sample(&features(1, 5, 8), None, &rule, 40.0).unwrap();
                let target = style_target(&[&sample], &[1.0], &rule).unwrap();
                let draw = Draw { seed: 0, step: 0 };
                check(name, expected, &features(0, 6, 7), |features| {
                    style_loss(features, None, &target, &rule, 42.0, draw).unwrap()
                });
            }
            ["content", error] => {
                let error = word::<ContentError>(error);
                let target = content_target(features(2, 6, 7)).unwrap();
                check(name, expected, &features(0, 6, 7), |input| {
                    content_error(input, &target, error, None).unwrap()
                });
            }
            ["variation", form, reduction] => {
                let (form, reduction) = (word::<VariationForm>(form), word::<Reduction>(reduction));
                check(name, expected, &waves, |picture| {
                    total_variation(picture, form, reduction, 1.25).unwrap()
                });
            }
            _ => panic!("an unknown part {name}"),
        }
    }
}

#[test]
fn adam_and_the_average_of_two_candidates() {
    let golden = golden();
    let expected = [
        &golden["adam"]["candidate_0"],
        &golden["adam"]["candidate_1"],
    ];
    let presets = expected.map(|candidate| OptimizerPreset {
        kind: OptimizerKind::Adam,
        learning_rate: number(&candidate["learning_rate"]),
        beta1: number(&candidate["beta1"]),
        beta2: number(&candidate["beta2"]),
        epsilon: number(&candidate["epsilon"]),
        space: StepSpace::Rgb,
        clamp: false,
        averaging: 0.9,
        line_search: LineSearch::None,
        history: 1,
        tolerance_gradient: 0.0,
        tolerance_change: 0.0,
    });
    let both = |offset: u64, scale: f64, shift: f64| {
        let one = |candidate: u64| -> Tensor {
            scale * uniform_tensor(ADAM_SEED, 3 * candidate + offset, &[1, 3, 2, 4]) + shift
        };
        Tensor::cat(&[one(0), one(1)], 0).to_kind(Kind::Float)
    };
    let (curvature, goal) = (both(0, 2.0, 0.5), both(1, 1.0, 0.0));
    let picture = both(2, 1.0, 0.0);
    let mut adam = Adam::new(&picture, &[&presets[0], &presets[1]], [1.0; 3]).unwrap();
    let mut average = IterateAverage::new(&picture, &[0.9, 0.9]).unwrap();
    for _ in 0..20 {
        let gradient = &curvature * (&picture - &goal);
        adam.step(&picture, &gradient, &[true, true]).unwrap();
        average.add(&picture, &[true, true]).unwrap();
    }
    let average = average.value().unwrap();
    for (index, expected) in expected.iter().enumerate() {
        for (tensor, key) in [(&picture, "after_20"), (&average, "average_with_start")] {
            let found: Vec<f64> = tensor
                .get(index as i64)
                .to_kind(Kind::Double)
                .flatten(0, -1)
                .try_into()
                .unwrap();
            for (found, wanted) in found.into_iter().zip(numbers(&expected[key])) {
                assert!(
                    (found - wanted).abs() < 2e-6,
                    "candidate {index} {key}: {found} instead of {wanted}"
                );
            }
        }
    }
}
