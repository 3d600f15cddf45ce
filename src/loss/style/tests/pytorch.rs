//! Values and gradients against `PyTorch` and finite differences.

use super::*;

/// Value; first, 18th and last element of the gradient; its norm. By error, from `PyTorch` in float64: F of
/// `doubles(1, 4, 3, 5)`, the style of `doubles(2, 4, 4, 6)`, Gram matrices shifted by 0.5 and divided by HW;
/// the matrix root by 12 iterations with the 12 iterations of its Lyapunov equation as its gradient; the
/// histogram by a scatter to ranks.
#[rustfmt::skip]
#[allow(clippy::unreadable_literal)]
const FROM_PYTORCH: [(Statistic, [[f64; 5]; 3]); 8] = [
    (Statistic::Gram, [
        [0.0104565158, 0.000536672546, -5.54905123e-05, -0.00116030989, 0.0138483116],
        [0.167304253, 0.00858676073, -0.000887848196, -0.0185649583, 0.221572985],
        [0.288418448, 0.0148028527, -0.00153057555, -0.0320044253, 0.381973174],
    ]),
    (Statistic::Covariance, [
        [0.0158546057, 0.00135256515, 0.00136243485, -0.00173885273, 0.0128973964],
        [0.253673691, 0.0216410424, 0.0217989576, -0.0278216437, 0.206358343],
        [0.514308874, 0.0438759736, 0.0441961376, -0.0564067886, 0.418379717],
    ]),
    (Statistic::Mean, [
        [0.154977669, 0.00449557532, -0.0145429866, 0.0013332334, 0.101645682],
        [0.619910674, 0.0179823013, -0.0581719463, 0.00533293361, 0.406582726],
        [0.450906676, 0.0130798517, -0.0423127396, 0.00387903527, 0.295737553],
    ]),
    (Statistic::CovarianceAndMean, [
        [0.170832274, 0.00584814047, -0.0131805517, -0.000405619331, 0.102460663],
        [0.873584365, 0.0396233437, -0.0363729887, -0.0224887101, 0.455953154],
        [0.96521555, 0.0569558253, 0.00188339794, -0.0525277533, 0.512349771],
    ]),
    (Statistic::MeanAndDeviation, [
        [0.188580328, 0.00409364355, -0.0178048964, 0.000956251514, 0.112122711],
        [0.75432131, 0.0163745742, -0.0712195858, 0.00382500606, 0.448490846],
        [0.554243914, 0.0118438031, -0.0523439921, 0.00271971431, 0.329608524],
    ]),
    (Statistic::Wasserstein, [
        [0.234254608, 0.0101987109, -0.0125616905, -0.00378680761, 0.124911265],
        [0.937018431, 0.0407948436, -0.050246762, -0.0151472304, 0.499645062],
        [0.35017361, 0.0152454607, -0.0187777417, -0.0056606788, 0.186722597],
    ]),
    (Statistic::Histogram, [
        [0.237011578, 0.00391012006, -0.00148562673, -0.00447258348, 0.125701121],
        [14.2206947, 0.234607204, -0.0891376037, -0.268355009, 7.54206728],
        [0.72889693, 0.0120250434, -0.0045688433, -0.0137548232, 0.386576732],
    ]),
    (Statistic::GramAndHistogram, [
        [0.247468094, 0.0044467926, -0.00154111724, -0.00563289337, 0.126358795],
        [14.387999, 0.243193964, -0.0900254519, -0.286919967, 7.54366694],
        [1.01731538, 0.026827896, -0.00609941885, -0.0457592486, 0.54142346],
    ]),
];

#[test]
fn every_statistic_and_error_as_pytorch_has_it() {
    let (features, style) = (doubles(1, &[1, 4, 3, 5]), doubles(2, &[1, 4, 4, 6]));
    for (statistic, by_error) in FROM_PYTORCH {
        for (error, expected) in ERRORS.into_iter().zip(by_error) {
            for (kind, tolerance) in [(Kind::Double, 1e-8), (Kind::Float, 2e-5)] {
                let (features, style) = (features.to_kind(kind), style.to_kind(kind));
                let rule = rule(statistic, error);
                let (value, gradient) = loss(&features, None, &target(&style, &rule), &rule);
                let elements = gradient.flatten(0, -1);
                let found = [
                    value.double_value(&[0]),
                    elements.double_value(&[0]),
                    elements.double_value(&[17]),
                    elements.double_value(&[59]),
                    gradient.norm().double_value(&[]),
                ];
                let scales = [
                    expected[0],
                    expected[4],
                    expected[4],
                    expected[4],
                    expected[4],
                ];
                for ((found, expected), scale) in found.iter().zip(&expected).zip(scales) {
                    assert!(
                        (found - expected).abs() <= tolerance * scale,
                        "{statistic:?} {error:?} {kind:?}: {found} instead of {expected}"
                    );
                }
            }
        }
    }
}

/// With few channels and many positions the roots of `wasserstein` converge, so its gradient is the true one.
#[test]
fn gradients_agree_with_finite_differences() {
    let (features, style) = (doubles(3, &[1, 3, 3, 4]), doubles(4, &[1, 3, 5, 5]));
    let region = doubles(5, &[1, 1, 3, 4]).clamp(0.0, 1.0);
    for rule in all_rules() {
        for region in [None, Some(&region)] {
            let target = target(&style, &rule);
            let (_, gradient) = loss(&features, region, &target, &rule);
            let gradient = gradient.flatten(0, -1);
            for at in 0..36 {
                let moved = |by: f64| {
                    let mut moved = features.copy();
                    let mut element = moved.view(-1).get(at);
                    let _ = element.g_add_scalar_(by);
                    let value = style_loss(&moved, region, &target, &rule, 99.0, DRAW).unwrap();
                    moved = value;
                    moved.double_value(&[0])
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let found = gradient.double_value(&[at]);
                let scale = gradient.norm().double_value(&[]);
                assert!(
                    (found - slope).abs() < 1e-6 * scale,
                    "{rule:?} {at}: {found} instead of {slope}"
                );
            }
        }
    }
}

/// As deep features are: many more channels than positions, and so no proper inverse. Expected is what the
/// program's own reading gives in float64: FFᵀ/HW − μμᵀ, both roots by 12 iterations, and the general Lyapunov
/// iteration for the gradient.
#[test]
fn wasserstein_of_rank_deficient_features_as_crowsonkb_has_it() {
    let features = (doubles(1, &[1, 512, 6, 8]) * 20.0).relu();
    let style = (doubles(2, &[1, 512, 7, 9]) * 15.0).relu();
    let rule = rule(Statistic::Wasserstein, StyleError::Mean);
    for (kind, tolerance) in [(Kind::Double, 1e-7), (Kind::Float, 5e-5)] {
        let (features, style) = (features.to_kind(kind), style.to_kind(kind));
        let (value, gradient) = loss(&features, None, &target(&style, &rule), &rule);
        let value = value.double_value(&[0]) / 123.049_215_895 - 1.0;
        assert!(value.abs() < tolerance, "{kind:?} {value:e}");
        let norm = 0.134_389_623;
        assert!(
            (gradient.norm().double_value(&[]) / norm - 1.0).abs() < tolerance,
            "{kind:?}"
        );
        let elements = gradient.flatten(0, -1);
        for (at, expected) in [
            (0, -0.000_143_544_607),
            (1000, 0.001_005_773_64),
            (-1, -0.000_206_345_987),
        ] {
            let difference = elements.get(at).double_value(&[]) - expected;
            assert!(
                difference.abs() < tolerance * norm,
                "{kind:?} {difference:e}"
            );
        }
    }
}
