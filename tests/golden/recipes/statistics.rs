//! Every style statistic by itself: of whole pictures, of regions and of blends.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;
use stylescope::loss::content::{content_error, content_target};
use stylescope::loss::style::{
    Draw, StyleRule, StyleSample, style_loss, style_sample, style_target,
};
use stylescope::preset::{ContentError, SizeTerm, Statistic, StyleError};
use tch::{Kind, Tensor};

use super::{Worst, apart, gradient_apart, number, numbers, recipes};
use crate::golden::uniform_tensor;

const FEATURES_SEED: u64 = 8;
const DRAW: Draw = Draw { seed: 0, step: 0 };
/// Pixels of the picture that F and P are features of.
const LARGE: f64 = 24.0 * 28.0;
/// The same of S.
const SMALL: f64 = 20.0 * 32.0;
/// Of S and P in a blend.
const SHARES: [f64; 2] = [0.25, 0.75];

fn features(number: u64, shape: [i64; 4]) -> Tensor {
    let values: Tensor = 2.0 * uniform_tensor(FEATURES_SEED, number, &shape) - 0.5;
    values.to_kind(Kind::Float)
}

fn mask(number: u64, height: i64, width: i64) -> Tensor {
    uniform_tensor(FEATURES_SEED, number, &[1, 1, height, width]).to_kind(Kind::Float)
}

fn word<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn rule(expected: &Value) -> StyleRule {
    StyleRule {
        statistic: word::<Statistic>(&expected["statistic"]),
        normalization: expected.get("normalization").map_or(SizeTerm::Hw, word),
        error: word::<StyleError>(&expected["error"]),
        shift: expected.get("shift").map_or(0.0, number),
        projections: expected.get("projections").map_or(0, word),
    }
}

/// What the style picture `name` says to `rule`.
fn sample(name: &str, is_region: bool, rule: &StyleRule) -> StyleSample {
    let (features, mask, pixels) = match name {
        "S" => (features(1, [1, 4, 5, 8]), mask(6, 5, 8), SMALL),
        "P" => (features(2, [1, 4, 6, 7]), mask(7, 6, 7), LARGE),
        _ => (features(4, [1, 32, 2, 5]), mask(6, 2, 5), SMALL),
    };
    let region = is_region.then_some(&mask);
    style_sample(&features, region, rule, pixels).unwrap()
}

fn compute(expected: &Value, input: &Tensor) -> Tensor {
    let is_region = expected["region"].as_bool().unwrap();
    let mask = mask(5, 6, 7);
    let region = is_region.then_some(&mask);
    if let Some(error) = expected.get("content") {
        let target = content_target(features(2, [1, 4, 6, 7])).unwrap();
        return content_error(input, &target, word::<ContentError>(error), region).unwrap();
    }
    let rule = rule(expected);
    let target = match expected["target"].as_str().unwrap() {
        "blend" => {
            let samples = ["S", "P"].map(|name| sample(name, is_region, &rule));
            style_target(&[&samples[0], &samples[1]], &SHARES, &rule).unwrap()
        }
        name => style_target(&[&sample(name, is_region, &rule)], &[1.0], &rule).unwrap(),
    };
    style_loss(input, region, &target, &rule, LARGE, DRAW).unwrap()
}

#[test]
fn every_statistic() {
    let recipes = recipes();
    let statistics = recipes["statistics"].as_object().unwrap();
    assert!(statistics.len() >= 145, "{}", statistics.len());
    let (mut values, mut gradients) = (Worst::default(), Worst::default());
    for (name, expected) in statistics {
        let input = if expected["target"] == "deep" {
            features(3, [1, 32, 3, 4])
        } else {
            features(0, [1, 4, 6, 7])
        };
        let input = input.set_requires_grad(true);
        let value = compute(expected, &input);
        assert_eq!(value.size(), [1], "{name}");
        let difference = apart(value.double_value(&[0]), number(&expected["value"]));
        values.see(name, difference);
        value.sum(Kind::Float).backward();
        let difference = gradient_apart(&input.grad(), &expected["gradient"]);
        gradients.see(&format!("{name}, {}", difference.1), difference.0);
    }
    eprintln!(
        "{} statistics: values {:.1e} ({}), gradients {:.1e} ({})",
        statistics.len(),
        values.0,
        values.1,
        gradients.0,
        gradients.1
    );
    values.assert_below("value", 1e-5);
    gradients.assert_below("gradient", 5e-5);
}

/// The numbers above are about these directions; should others be drawn some day, they are to be written anew.
#[test]
fn directions_are_those_of_the_reference() {
    let recipes = recipes();
    let mut random = ChaCha8Rng::seed_from_u64(DRAW.seed);
    random.set_stream(DRAW.step);
    for wanted in recipes["directions"].as_array().unwrap() {
        let drawn = [0; 4].map(|_| -> f64 { StandardNormal.sample(&mut random) });
        let length = drawn.iter().map(|value| value * value).sum::<f64>().sqrt();
        let found = drawn.map(|value| value / length);
        for (found, wanted) in found.iter().zip(numbers(wanted)) {
            assert!((found - wanted).abs() < 1e-7, "{found} instead of {wanted}");
        }
    }
}
