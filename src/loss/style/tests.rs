//! What must hold of every statistic with every error.
#![expect(
    clippy::float_cmp,
    reason = "what has no region is exactly 0, and what is drawn alike exactly the same"
)]

mod pytorch;
mod region;

use tch::{Kind, Tensor};

use super::*;
use crate::loss::tests::{assert_close, doubles, flat};

const STATISTICS: [Statistic; 9] = [
    Statistic::Gram,
    Statistic::Covariance,
    Statistic::Mean,
    Statistic::CovarianceAndMean,
    Statistic::MeanAndDeviation,
    Statistic::Wasserstein,
    Statistic::SlicedWasserstein,
    Statistic::Histogram,
    Statistic::GramAndHistogram,
];

const ERRORS: [StyleError; 3] = [StyleError::Mean, StyleError::Sum, StyleError::Relative];

const DRAW: Draw = Draw { seed: 4, step: 2 };

fn rule(statistic: Statistic, error: StyleError) -> StyleRule {
    StyleRule {
        statistic,
        normalization: SizeTerm::Hw,
        error,
        shift: 0.5,
        projections: 0,
    }
}

fn all_rules() -> impl Iterator<Item = StyleRule> {
    STATISTICS
        .into_iter()
        .flat_map(|statistic| ERRORS.map(|error| rule(statistic, error)))
}

fn sample(features: &Tensor, rule: &StyleRule) -> StyleSample {
    style_sample(features, None, rule, 99.0).unwrap()
}

/// The target that one style picture makes.
fn target(features: &Tensor, rule: &StyleRule) -> StyleTarget {
    style_target(&[&sample(features, rule)], &[1.0], rule).unwrap()
}

/// The loss of each candidate and the gradient of their sum.
fn loss(
    features: &Tensor,
    region: Option<&Tensor>,
    target: &StyleTarget,
    rule: &StyleRule,
) -> (Tensor, Tensor) {
    let features = features.detach().copy().set_requires_grad(true);
    let value = style_loss(&features, region, target, rule, 99.0, DRAW).unwrap();
    let kind = value.kind();
    value.sum(kind).backward();
    (value.detach(), features.grad())
}

#[test]
fn a_picture_blended_with_itself_is_itself() {
    let features = doubles(1, &[1, 5, 4, 6]).to_kind(Kind::Float);
    let style = doubles(2, &[1, 5, 3, 7]).to_kind(Kind::Float);
    let other = doubles(3, &[1, 5, 2, 2]).to_kind(Kind::Float);
    for rule in all_rules() {
        let (sample, other) = (sample(&style, &rule), sample(&other, &rule));
        let expected = loss(&features, None, &target(&style, &rule), &rule);
        for (samples, shares) in [
            (vec![&sample, &sample], vec![1.0, 1.0]),
            (vec![&sample, &other], vec![0.3, 0.0]),
        ] {
            let mixed = style_target(&samples, &shares, &rule).unwrap();
            assert_eq!(loss(&features, None, &mixed, &rule), expected, "{rule:?}");
        }
        let mixed = style_target(&[&sample, &other], &[0.3, 0.7], &rule).unwrap();
        assert_ne!(
            loss(&features, None, &mixed, &rule).0,
            expected.0,
            "{rule:?}"
        );
    }
}

/// Enough channels and positions for libtorch to use several threads.
#[test]
fn a_candidate_does_not_notice_its_company() {
    let features = doubles(1, &[3, 64, 40, 40]).to_kind(Kind::Float);
    let region = doubles(6, &[3, 1, 40, 40])
        .clamp(0.0, 1.0)
        .to_kind(Kind::Float);
    for rule in STATISTICS.map(|statistic| rule(statistic, StyleError::Relative)) {
        let targets = [2, 3, 4].map(|seed| {
            let style = doubles(seed, &[1, 64, 20 + seed, 30]).to_kind(Kind::Float);
            target(&style, &rule)
        });
        let joined = StyleTarget::joined(&[&targets[0], &targets[1], &targets[2]]);
        let joined = joined.unwrap().unwrap();
        for region in [None, Some(&region)] {
            let (values, gradients) = loss(&features, region, &joined, &rule);
            for (row, target) in targets.iter().enumerate() {
                let own = |tensor: &Tensor| tensor.narrow(0, row as i64, 1);
                let region = region.map(own);
                let alone = loss(&own(&features), region.as_ref(), target, &rule);
                assert_eq!((own(&values), own(&gradients)), alone, "{rule:?}");
            }
        }
    }
}

#[test]
fn flat_features_give_numbers() {
    let waves = doubles(1, &[1, 6, 4, 5]).to_kind(Kind::Float);
    let pictures = [waves.zeros_like(), waves.full_like(300.3), waves];
    for rule in all_rules() {
        for style in &pictures {
            let target = target(style, &rule);
            for features in &pictures {
                let (value, gradient) = loss(features, None, &target, &rule);
                let numbers = [flat(&value), flat(&gradient)].concat();
                assert!(numbers.iter().all(|number| number.is_finite()), "{rule:?}");
            }
        }
    }
}

#[test]
fn the_picture_s_own_style_has_no_distance() {
    let features = doubles(1, &[1, 4, 5, 5]);
    for rule in all_rules() {
        let (value, gradient) = loss(&features, None, &target(&features, &rule), &rule);
        assert!(value.double_value(&[0]).abs() < 1e-8, "{rule:?}");
        assert!(gradient.norm().double_value(&[]) < 1e-4, "{rule:?}");
    }
}

#[test]
fn gram_matrices_take_every_normalisation() {
    let (features, style) = (doubles(1, &[1, 4, 3, 5]), doubles(2, &[1, 4, 3, 5]));
    let of = |normalization| {
        let rule = StyleRule {
            normalization,
            ..rule(Statistic::Gram, StyleError::Mean)
        };
        let (value, _) = loss(&features, None, &target(&style, &rule), &rule);
        value.double_value(&[0])
    };
    let plain = of(SizeTerm::None);
    for (term, divisor) in [
        (SizeTerm::Hw, 15.0),
        (SizeTerm::Chw, 60.0),
        (SizeTerm::PictureHw, 99.0),
    ] {
        assert!(
            (of(term) * divisor * divisor / plain - 1.0_f64).abs() < 1e-12,
            "{term:?}"
        );
    }
}

#[test]
fn only_what_fits_is_joined() {
    let style = doubles(1, &[1, 4, 3, 5]);
    let narrow = doubles(1, &[1, 3, 3, 5]);
    for rule in STATISTICS.map(|statistic| rule(statistic, StyleError::Mean)) {
        let (one, nothing) = (
            target(&style, &rule),
            style_target(&[], &[], &rule).unwrap(),
        );
        assert!(
            StyleTarget::joined(&[&one, &nothing]).unwrap().is_none(),
            "{rule:?}"
        );
        assert!(
            StyleTarget::joined(&[&nothing, &nothing])
                .unwrap()
                .is_some(),
            "{rule:?}"
        );
        let other = target(&narrow, &rule);
        let is_sorted = matches!(
            rule.statistic,
            Statistic::SlicedWasserstein | Statistic::Histogram
        );
        let joined = StyleTarget::joined(&[&one, &other]).unwrap();
        assert_eq!(joined.is_some(), is_sorted, "{rule:?}");
    }
    let gram = target(&style, &rule(Statistic::Gram, StyleError::Mean));
    let mean = target(&style, &rule(Statistic::Mean, StyleError::Mean));
    assert!(StyleTarget::joined(&[&gram, &mean]).unwrap().is_none());
    assert!(StyleTarget::joined(&[]).unwrap().is_none());
}

#[test]
fn what_does_not_go_together_is_an_error() {
    let style = doubles(1, &[1, 4, 3, 5]);
    let (gram, mean) = (
        rule(Statistic::Gram, StyleError::Mean),
        rule(Statistic::Mean, StyleError::Mean),
    );
    let own = sample(&style, &gram);
    for shares in [
        vec![0.0],
        vec![-1.0],
        vec![f64::NAN],
        vec![1.0, 1.0],
        vec![],
    ] {
        assert!(style_target(&[&own], &shares, &gram).is_err(), "{shares:?}");
    }
    assert!(style_target(&[&own], &[1.0], &mean).is_err());
    let target = target(&style, &gram);
    assert!(style_loss(&style, None, &target, &mean, 1.0, DRAW).is_err());
    let two = style.repeat([2, 1, 1, 1]);
    assert!(style_loss(&two, None, &target, &gram, 1.0, DRAW).is_err());
}

#[test]
fn features_without_numbers_have_no_wasserstein_target() {
    let style = doubles(1, &[1, 4, 3, 5]);
    let _ = style.view(-1).get(7).fill_(f64::INFINITY);
    let rule = rule(Statistic::Wasserstein, StyleError::Mean);
    let error = style_target(&[&sample(&style, &rule)], &[1.0], &rule).unwrap_err();
    assert!(error.to_string().contains("Newton–Schulz"), "{error}");
}

#[test]
fn sliced_distances_follow_the_draw() {
    let (features, style) = (doubles(1, &[1, 5, 4, 6]), doubles(2, &[1, 5, 3, 7]));
    let rule = StyleRule {
        projections: 3,
        ..rule(Statistic::SlicedWasserstein, StyleError::Sum)
    };
    let target = target(&style, &rule);
    let value = |draw| {
        let value = style_loss(&features, None, &target, &rule, 1.0, draw).unwrap();
        value.double_value(&[0])
    };
    assert_eq!(value(DRAW).to_bits(), value(DRAW).to_bits());
    assert!(value(DRAW) != value(Draw { step: 3, ..DRAW }));
    assert!(value(DRAW) != value(Draw { seed: 5, ..DRAW }));
}
