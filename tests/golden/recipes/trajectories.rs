//! L-BFGS in a lane, iterate by iterate, against `torch.optim.LBFGS`.
//!
//! Kinks of `ReLU` make rounding grow from step to step, and a line search begins with the last digits of a loss
//! that a short first step hardly changed. So iterates are compared as long as `PyTorch` in float32 stays near
//! `PyTorch` in float64, and as near as that is; after it, only how far the loss has come.

use serde_json::Value;
use stylescope::engine::input::WeightsChoice;
use stylescope::engine::lane::Lane;
use stylescope::preset;

use super::{Worst, apart, lane_of, number, numbers, recipes, samples, set};
use crate::golden::cases::WEIGHTS_SEED;
use crate::golden::{golden, norm};

/// How many times further from `PyTorch` an iterate may be than float32 is from float64.
const FACTOR: f64 = 20.0;
/// The same of those in which a `ReLU` whose input is 0 but for rounding falls on the other side early on: from there
/// rounding grows as fast as elsewhere, but from a jump.
const FACTOR_AFTER_A_JUMP: f64 = 100.0;
const WITH_A_JUMP: [&str; 2] = [
    "gatys/squeezenet1_0/light/normalized/none",
    "gatys-2016/light/strong_wolfe",
];
/// What is allowed in any case.
const SMALLEST_TOLERANCE: f64 = 1e-5;

fn lane(expected: &Value) -> Lane {
    let word = |key: &str| expected[key].as_str().unwrap();
    let mut overrides = vec![
        set("network.name", word("network")),
        set("image.fit", "native"),
        set("style.weight", &number(&expected["style_weight"])),
        set("optimizer.kind", "lbfgs"),
        set("optimizer.space", word("space")),
        set("optimizer.learning_rate", &1.0),
        set("optimizer.line_search", word("line_search")),
        set("optimizer.history", &100),
        set("optimizer.tolerance_gradient", &0.0),
        set("optimizer.tolerance_change", &0.0),
        set("optimizer.clamp", &false),
    ];
    if word("network") == "squeezenet1_0" {
        let golden = golden();
        let case = &golden["cases"]["gatys/squeezenet1_0"];
        for part in ["content", "style"] {
            let layers = case[format!("{part}_layers")].as_object().unwrap();
            let layers: Vec<String> = layers
                .iter()
                .map(|(layer, weight)| format!("{layer} = {weight}"))
                .collect();
            overrides.push(set(
                &format!("{part}.layers"),
                &format!("{{ {} }}", layers.join(", ")),
            ));
        }
    }
    let preset = preset::load(word("recipe"), &overrides).unwrap().preset;
    lane_of(preset, expected, WeightsChoice::Random(WEIGHTS_SEED))
}

/// |found − expected| / |expected|, by the Euclidean norm.
fn samples_apart(found: &[f64], expected: &[f64]) -> f64 {
    let squares: f64 = expected.iter().map(|value| value * value).sum();
    let between: f64 = found
        .iter()
        .zip(expected)
        .map(|(found, expected)| (found - expected).powi(2))
        .sum();
    (between / squares).sqrt()
}

fn check(name: &str) {
    let recipes = recipes();
    let expected = &recipes["trajectories"][name];
    let losses = numbers(&expected["loss_by_iterate"]);
    let norms = numbers(&expected["norm_by_iterate"]);
    let known = |key: &str| numbers(&expected["float32_to_float64"][key]);
    let (known_pictures, known_losses) = (known("picture"), known("loss"));

    let mut lane = lane(expected);
    let mut pictures = vec![lane.picture().copy()];
    for _ in 1..losses.len() {
        lane.step().unwrap();
        pictures.push(lane.picture().copy());
    }
    lane.step().unwrap();
    let block = lane.read_losses(0.0).unwrap().unwrap();
    let found: Vec<f64> = block.rows(0).map(|row| row.total()).collect();
    assert_eq!(found.len(), losses.len());

    // Each difference over what is allowed for it.
    let (mut loss, mut picture) = (Worst::default(), Worst::default());
    let (mut allowed_loss, mut allowed) = (SMALLEST_TOLERANCE, SMALLEST_TOLERANCE);
    let chaotic = expected["chaotic_from"].as_u64();
    let count = chaotic.map_or(losses.len(), |iterate| iterate as usize);
    let mut furthest = Worst::default();
    let factor = if WITH_A_JUMP.contains(&name) {
        FACTOR_AFTER_A_JUMP
    } else {
        FACTOR
    };
    for iterate in 0..count {
        allowed_loss = allowed_loss.max(factor * known_losses[iterate]);
        allowed = allowed.max(factor * known_pictures[iterate]);
        let difference = apart(found[iterate], losses[iterate]);
        loss.see(&iterate, difference / allowed_loss);
        let difference = apart(norm(&pictures[iterate]), norms[iterate]);
        picture.see(&format!("norm {iterate}"), difference / allowed);
        if iterate > 0 {
            let wanted = numbers(&expected["samples_by_iterate"][iterate.to_string()]);
            let difference = samples_apart(&samples(&pictures[iterate], wanted.len()), &wanted);
            furthest.see(&iterate, difference);
            picture.see(&iterate, difference / allowed);
        }
    }
    let (last, wanted) = (found[losses.len() - 1], losses[losses.len() - 1]);
    eprintln!(
        "{name}: {count} iterates, pictures within {:.1e}, loss in the end {last:.6} ({wanted:.6})",
        furthest.0
    );
    loss.assert_below(&format!("{name}: losses over what is allowed"), 1.0);
    picture.assert_below(&format!("{name}: pictures over what is allowed"), 1.0);
    assert!(last < 1.3 * wanted, "{name}: {last} instead of {wanted}");
}

macro_rules! trajectories {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            check($name);
        })*

        const NAMES: &[&str] = &[$($name),*];
    };
}

trajectories! {
    gatys: "gatys/squeezenet1_0/none",
    gatys_with_line_search: "gatys/squeezenet1_0/strong_wolfe",
    light_gatys: "gatys/squeezenet1_0/light/none",
    light_gatys_with_line_search: "gatys/squeezenet1_0/light/strong_wolfe",
    normalized_gatys: "gatys/squeezenet1_0/light/normalized/none",
    normalized_gatys_with_line_search: "gatys/squeezenet1_0/light/normalized/strong_wolfe",
    gatys_2016: "gatys-2016/none",
    gatys_2016_with_line_search: "gatys-2016/strong_wolfe",
    light_gatys_2016: "gatys-2016/light/none",
    light_gatys_2016_with_line_search: "gatys-2016/light/strong_wolfe",
}

#[test]
fn every_trajectory_is_checked() {
    let recipes = recipes();
    for name in recipes["trajectories"].as_object().unwrap().keys() {
        assert!(NAMES.contains(&name.as_str()), "{name}");
    }
}
