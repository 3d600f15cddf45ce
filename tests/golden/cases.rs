//! Whole recipes on whole networks: losses, gradient, and the picture after 20 steps.

use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use image::{Rgb, Rgb32FImage};
use serde_json::Value;
use stylescope::engine::input::{Candidate, WeightsChoice};
use stylescope::engine::lane::Lane;
use stylescope::engine::message::TermKind;
use stylescope::network::random_weights::{tensor_seed, uniform};
use stylescope::preset::{self, Override, Preset};
use tch::{Device, Kind, Tensor};

use super::{assert_gradient, assert_near, golden, norm, number, numbers, samples, uniform_tensor};

/// Seed of the random weights and of the pictures.
pub(super) const WEIGHTS_SEED: u64 = 1;
const PICTURE_SEED: u64 = 7;

struct Waves {
    number: u64,
    a: [f64; 3],
    b: [f64; 3],
    p: [f64; 3],
    q: [f64; 3],
}

const CONTENT: Waves = Waves {
    number: 0,
    a: [1.0, 1.5, 2.0],
    b: [1.5, 1.0, 2.5],
    p: [0.0, 0.15, 0.3],
    q: [0.1, 0.35, 0.2],
};
const STYLE: Waves = Waves {
    number: 1,
    a: [5.0, 7.0, 4.0],
    b: [4.0, 3.0, 6.0],
    p: [0.2, 0.0, 0.4],
    q: [0.0, 0.25, 0.1],
};

impl Waves {
    fn picture(&self, height: u32, width: u32) -> Rgb32FImage {
        let seed = tensor_seed(PICTURE_SEED, self.number);
        Rgb32FImage::from_fn(width, height, |x, y| {
            Rgb([0, 1, 2].map(|channel: usize| {
                let along =
                    self.a[channel] * (f64::from(x) + 0.5) / f64::from(width) + self.p[channel];
                let down =
                    self.b[channel] * (f64::from(y) + 0.5) / f64::from(height) + self.q[channel];
                let wave = (2.0 * PI * along).sin() * (2.0 * PI * down).cos();
                let index = (channel as u64 * u64::from(height) + u64::from(y)) * u64::from(width)
                    + u64::from(x);
                (0.8 * (0.5 + 0.5 * wave) + 0.2 * uniform(seed, index)) as f32
            }))
        })
    }
}

/// The perturbed content picture that every case starts from.
fn initial(content: &Rgb32FImage) -> Tensor {
    perturbed(content, 2)
}

fn perturbed(content: &Rgb32FImage, number: u64) -> Tensor {
    let tensor = stylescope::pixels::tensor::to_tensor(content, Device::Cpu).unwrap();
    let noise: Tensor = 2.0 * uniform_tensor(PICTURE_SEED, number, &tensor.size()) - 1.0;
    let sum: Tensor = tensor.to_kind(Kind::Double) + 0.1 * noise;
    sum.clamp(0.0, 1.0).to_kind(Kind::Float)
}

/// The starting picture at another size, for the parts that take a picture.
pub(super) fn initial_of(height: u32, width: u32) -> Tensor {
    initial(&CONTENT.picture(height, width))
}

/// A lane that computes the case `expected` with the preset of the program that has its name.
pub(super) fn lane(expected: &Value, trained: Option<&Path>) -> Lane {
    let set = |key: &str, value: String| Override {
        key: key.to_owned(),
        value,
    };
    let mut overrides = vec![
        set(
            "network.name",
            expected["network"].as_str().unwrap().to_owned(),
        ),
        set("image.fit", "native".to_owned()),
    ];
    for part in ["content", "style"] {
        let layers: Vec<String> = expected[format!("{part}_layers")]
            .as_object()
            .unwrap()
            .iter()
            .map(|(layer, weight)| format!("{layer} = {weight}"))
            .collect();
        overrides.push(set(
            &format!("{part}.layers"),
            format!("{{ {} }}", layers.join(", ")),
        ));
    }
    if let Some(path) = trained {
        overrides.push(set("network.weights", path.display().to_string()));
    }
    let preset = preset::load(expected["recipe"].as_str().unwrap(), &overrides)
        .unwrap()
        .preset;
    let weights = if trained.is_some() {
        WeightsChoice::Preset
    } else {
        WeightsChoice::Random(WEIGHTS_SEED)
    };
    lane_of(preset, expected, weights)
}

/// A lane of one that computes `preset` with pictures in the sizes of the case `expected`.
pub(super) fn lane_of(preset: Preset, expected: &Value, weights: WeightsChoice) -> Lane {
    let size = |key: &str| {
        let sides = numbers(&expected[key]);
        (sides[0] as u32, sides[1] as u32)
    };
    let (height, width) = size("content_size");
    let content = CONTENT.picture(height, width);
    let (style_height, style_width) = size("style_size");
    let start = match expected["initial"].as_u64() {
        Some(number) => perturbed(&content, number),
        None => initial(&content),
    };
    let candidate = Candidate {
        preset,
        content: content.into(),
        styles: vec![STYLE.picture(style_height, style_width).into()],
    };
    let mut lane = Lane::new(vec![candidate], weights, Device::Cpu, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    lane.set_picture(&start).unwrap();
    lane
}

/// How far the pictures and losses may be after 20 steps, and how far a sampled pixel.
///
/// Kinks of `ReLU` and max pooling and Adam's sign-like first steps make rounding grow; the random VGG
/// networks under `gatys` are the worst, where `PyTorch` itself in float32 is 1e-3 from float64.
pub(super) fn tolerance_after_20(name: &str) -> (f64, f64) {
    if name.starts_with("gatys/vgg") {
        (5e-3, 2e-2)
    } else {
        (1e-3, 2e-3)
    }
}

fn check(name: &str, trained: Option<&Path>) {
    let golden = golden();
    let expected = &golden["cases"][name];
    let mut lane = lane(expected, trained);

    let (_, gradient) = lane.evaluate().unwrap();
    assert_gradient(name, &gradient, &expected["gradient"], 2e-5);

    let steps = numbers(&expected["total_by_step"]);
    for _ in &steps {
        lane.step().unwrap();
    }
    let block = lane.read_losses(0.0).unwrap().unwrap();
    let start = block.losses(0, 0).unwrap();
    assert_near(
        &format!("{name}: total"),
        start.total(),
        number(&expected["start"]["total"]),
        1e-5,
    );
    for (kind, part) in [(TermKind::Content, "content"), (TermKind::Style, "style")] {
        assert_near(
            &format!("{name}: {part}"),
            start.sum_of(kind),
            number(&expected["start"][part]),
            1e-5,
        );
        let layers = expected["start"][format!("{part}_layers")]
            .as_object()
            .unwrap();
        assert_eq!(
            start
                .each()
                .filter(|(term, _, _)| term.kind == kind)
                .count(),
            layers.len()
        );
        for (term, error, weighted) in start.each().filter(|(term, _, _)| term.kind == kind) {
            let layer = &layers[term.layer.as_ref().unwrap()];
            assert_near(
                &format!("{name}: {term}"),
                error,
                number(&layer["error"]),
                1e-5,
            );
            assert_near(
                &format!("{name}: {term} weighted"),
                weighted,
                number(&layer["weighted"]),
                1e-5,
            );
        }
    }

    let (tolerance, pixel_tolerance) = tolerance_after_20(name);
    for (found, &wanted) in block.rows(0).zip(&steps) {
        let tolerance = match found.step {
            0 => 1e-5,
            1..7 => tolerance / 10.0,
            _ => tolerance,
        };
        assert_near(
            &format!("{name}: total at step {}", found.step),
            found.total(),
            wanted,
            tolerance,
        );
    }
    let picture = &expected["picture"];
    assert_near(
        &format!("{name}: picture"),
        norm(lane.picture()),
        number(&picture["norm"]),
        tolerance,
    );
    let wanted = numbers(&picture["samples"]);
    let found = samples(lane.picture(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        assert!(
            (found - wanted).abs() < pixel_tolerance,
            "{name}: pixel {found} instead of {wanted}"
        );
    }
}

#[test]
fn pictures_and_weights_are_those_of_the_reference() {
    let golden = golden();
    let content = CONTENT.picture(48, 64);
    let tensor = stylescope::pixels::tensor::to_tensor(&content, Device::Cpu).unwrap();
    for (name, tensor) in [("content", &tensor), ("initial", &initial(&content))] {
        let expected = &golden["generator"][name];
        assert_near(name, norm(tensor), number(&expected["norm"]), 1e-7);
    }
    let expected = numbers(&golden["generator"]["uniform_1_0"]);
    for (found, wanted) in samples(&uniform_tensor(1, 0, &[8]), 1)
        .into_iter()
        .zip(expected)
    {
        assert_near("uniform", found, wanted, 1e-8);
    }
}

macro_rules! cases {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            check($name, None);
        })*
    };
}

cases! {
    reference_vgg16: "reference/vgg16",
    reference_vgg19: "reference/vgg19",
    reference_squeezenet: "reference/squeezenet1_0",
    reference_intended_vgg16: "reference-intended/vgg16",
    reference_intended_vgg19: "reference-intended/vgg19",
    reference_intended_squeezenet: "reference-intended/squeezenet1_0",
    gatys_vgg16: "gatys/vgg16",
    gatys_vgg19: "gatys/vgg19",
    gatys_squeezenet: "gatys/squeezenet1_0",
}

/// Trained `SqueezeNet` weights, where they are there: `$STYLESCOPE_TEST_WEIGHTS`, or beside the checkout.
pub(crate) fn trained_weights() -> Option<PathBuf> {
    let path = std::env::var_os("STYLESCOPE_TEST_WEIGHTS").map_or_else(
        || "../shared/data/squeezenet1_0.safetensors".into(),
        PathBuf::from,
    );
    path.exists().then_some(path)
}

#[test]
fn trained_squeezenet() {
    let Some(path) = trained_weights() else {
        eprintln!("skipped: no trained weights here");
        return;
    };
    for recipe in ["reference", "reference-intended", "gatys"] {
        check(&format!("{recipe}/squeezenet1_0/trained"), Some(&path));
    }
}
