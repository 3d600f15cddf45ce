//! The recipes of the field against the programs they come from: `tests/pytorch/recipes.json` was written by
//! `tests/pytorch/recipes.py`, which reads each program's source literally.

mod statistics;
mod trajectories;

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;
use stylescope::engine::input::WeightsChoice;
use stylescope::engine::lane::Lane;
use stylescope::engine::message::{LossBlock, Losses, TermKind};
use stylescope::preset::{self, Override};
use tch::{Kind, Tensor};

use super::cases::{WEIGHTS_SEED, lane_of};
use super::{norm, number, numbers, samples};
use crate::python;

/// How far losses may be, where `PyTorch` itself is not further from float64 than a quarter of it.
const LOSS_TOLERANCE: f64 = 1e-5;
/// The same of the gradient, by its norm and on the scale of its largest element.
const GRADIENT_TOLERANCE: f64 = 1e-4;

/// The committed numbers.
fn recipes() -> Value {
    let text = std::fs::read_to_string("tests/pytorch/recipes.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn set(key: &str, value: &(impl ToString + ?Sized)) -> Override {
    Override {
        key: key.to_owned(),
        value: value.to_string(),
    }
}

/// A lane with the built-in preset of the recipe `expected` at its own size, with random weights.
fn lane(expected: &Value) -> Lane {
    let normalized = expected["normalize_gradients"].as_bool().unwrap();
    let overrides = [
        set("image.fit", "native"),
        set("scales.start", &0),
        set("content.normalize_gradients", &normalized),
        set("style.normalize_gradients", &normalized),
    ];
    let name = expected["preset"].as_str().unwrap();
    let preset = preset::load(name, &overrides).unwrap().preset;
    lane_of(preset, expected, WeightsChoice::Random(WEIGHTS_SEED))
}

/// |found − expected| / |expected|
fn apart(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / expected.abs().max(1e-30)
}

/// The largest of differences, each with what it is of.
#[derive(Default)]
struct Worst(f64, String);

impl Worst {
    fn see(&mut self, what: &(impl ToString + ?Sized), difference: f64) {
        if difference.is_nan() || difference > self.0 {
            *self = Self(difference, what.to_string());
        }
    }

    #[track_caller]
    fn assert_below(&self, what: &str, tolerance: f64) {
        let Self(difference, of) = self;
        assert!(
            *difference <= tolerance,
            "{what}, {of}: off by {difference:.1e}, and {tolerance:.1e} is allowed"
        );
    }
}

/// The total as the program itself reports it.
fn reported(start: &Losses<'_>, expected: &Value) -> f64 {
    if expected["variation_in_total"].as_bool().unwrap() {
        start.total()
    } else {
        start.sum_of(TermKind::Content) + start.sum_of(TermKind::Style)
    }
}

/// How far the losses of the first step are: the parts of the total, and the layers.
fn losses_apart(block: &LossBlock, expected: &Value) -> (Worst, Worst) {
    let start = block.losses(0, 0).unwrap();
    let (mut parts, mut layers) = (Worst::default(), Worst::default());
    let wanted = &expected["start"];
    parts.see(
        "total",
        apart(reported(&start, expected), number(&wanted["total"])),
    );
    for (kind, part) in [(TermKind::Content, "content"), (TermKind::Style, "style")] {
        parts.see(part, apart(start.sum_of(kind), number(&wanted[part])));
        let of_layers = wanted[format!("{part}_layers")].as_object().unwrap();
        let terms = start.each().filter(|(term, _, _)| term.kind == kind);
        assert_eq!(terms.count(), of_layers.len());
        for (term, error, weighted) in start.each().filter(|(term, _, _)| term.kind == kind) {
            let layer = &of_layers[term.layer.as_ref().unwrap()];
            layers.see(term, apart(error, number(&layer["error"])));
            layers.see(
                &format!("{term} weighted"),
                apart(weighted, number(&layer["weighted"])),
            );
        }
    }
    let variation = start.sum_of(TermKind::Variation);
    match wanted.get("variation") {
        Some(wanted) => parts.see("variation", apart(variation, number(&wanted["weighted"]))),
        None => assert!(variation == 0.0),
    }
    (parts, layers)
}

/// By its norm and, on the scale of its largest element, by its samples.
fn gradient_apart(found: &Tensor, expected: &Value) -> Worst {
    let mut worst = Worst::default();
    worst.see("norm", apart(norm(found), number(&expected["norm"])));
    let (scale, wanted) = (number(&expected["max_abs"]), numbers(&expected["samples"]));
    let found = samples(found, wanted.len());
    for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        worst.see(&format!("sample {index}"), (found - wanted).abs() / scale);
    }
    worst
}

fn check(name: &str) {
    let recipes = recipes();
    let expected = &recipes["recipes"][name];
    let mut lane = lane(expected);
    let (_, gradient) = lane.evaluate().unwrap();
    let gradient = gradient_apart(&gradient, &expected["gradient"]);
    lane.step().unwrap();
    let block = lane.read_losses(0.0).unwrap().unwrap();
    let (parts, layers) = losses_apart(&block, expected);
    eprintln!(
        "{name}: losses {:.1e}, layers {:.1e}, gradient {:.1e}",
        parts.0, layers.0, gradient.0
    );
    // Differences of nearly equal matrices have fewer digits than float32 has.
    let known = 4.0 * number(&expected["float32_to_float64"]["layers"]);
    parts.assert_below(name, LOSS_TOLERANCE.max(known));
    layers.assert_below(name, LOSS_TOLERANCE.max(known));
    gradient.assert_below(&format!("{name}: gradient"), GRADIENT_TOLERANCE);
}

macro_rules! recipes {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            check($name);
        })*

        const NAMES: &[&str] = &[$($name),*];
    };
}

recipes! {
    neural_style: "neural-style",
    neural_style_with_normalized_gradients: "neural-style/normalize_gradients",
    neural_style_pt: "neural-style-pt",
    crowsonkb: "crowsonkb",
    gordicaleksa: "gordicaleksa",
    tch_example: "tch-example",
    inetwork: "inetwork",
    gatys_2016: "gatys-2016",
}

#[test]
fn every_recipe_is_checked() {
    let recipes = recipes();
    for name in recipes["recipes"].as_object().unwrap().keys() {
        assert!(NAMES.contains(&name.as_str()), "{name}");
    }
}

/// With whole tensors, wherever a python3 can import torch.
#[test]
fn against_pytorch_itself() {
    let Some(python) = python::with_torch() else {
        eprintln!("skipped: no python3 here can import torch");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let recipes = recipes();
    for name in NAMES {
        let out = folder.path().join("case.safetensors");
        let arguments = ["tests/pytorch/recipes.py", "case", name, "--out"].map(Path::new);
        python::printed(&python, arguments.into_iter().chain([out.as_path()]));
        let bytes = std::fs::read(&out).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensor = |name: &str| {
            let view = file.tensor(name).unwrap();
            let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
            Tensor::from_data_size(view.data(), &shape, Kind::Float)
        };
        let mut lane = lane(&recipes["recipes"][name]);
        lane.set_picture(&tensor("initial")).unwrap();
        let (_, gradient) = lane.evaluate().unwrap();
        let wanted = tensor("gradient").to_kind(Kind::Double);
        let difference = norm(&(gradient.to_kind(Kind::Double) - &wanted)) / norm(&wanted);
        eprintln!("{name}: whole gradient {difference:.1e}");
        assert!(difference < GRADIENT_TOLERANCE, "{name}: {difference:.1e}");
    }
}
