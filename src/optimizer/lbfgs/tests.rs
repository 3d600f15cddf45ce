//! L-BFGS against torch's, on the problem of tests/pytorch/lbfgs.py.

mod edges;
mod golden;
mod lanes;
mod line_search;
mod remembering;

use tch::{Device, Kind, TchError, Tensor};

use super::{Evaluation, Lbfgs};
use crate::preset::{LineSearch, OptimizerKind, OptimizerPreset, StepSpace};

const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// With the settings that torch has by itself, but without tolerances.
fn preset() -> OptimizerPreset {
    OptimizerPreset {
        kind: OptimizerKind::Lbfgs,
        learning_rate: 1.0,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        space: StepSpace::Rgb,
        clamp: false,
        averaging: 0.0,
        line_search: LineSearch::None,
        history: 100,
        tolerance_gradient: 0.0,
        tolerance_change: 0.0,
    }
}

fn wolfe() -> OptimizerPreset {
    OptimizerPreset {
        line_search: LineSearch::StrongWolfe,
        ..preset()
    }
}

fn start(kind: Kind) -> Tensor {
    let values: Vec<f32> = (0..60)
        .map(|i: i32| (7 * i % 16) as f32 / 16.0 + 1.0 / 32.0)
        .collect();
    Tensor::from_slice(&values)
        .reshape([1, 3, 4, 5])
        .to_kind(kind)
}

/// The loss of one picture, `[]`, where its targets reach beyond black and white if `is_wide`.
fn loss(picture: &Tensor, is_wide: bool) -> Tensor {
    let numbers = |number: &dyn Fn(i32) -> f32| {
        let values: Vec<f32> = (0..60).map(number).collect();
        Tensor::from_slice(&values).to_kind(picture.kind())
    };
    let target = |i| (11 * i % 32) as f32 / 32.0;
    let targets = numbers(&|i| {
        if is_wide {
            2.0 * target(i) - 0.5
        } else {
            target(i)
        }
    });
    let scales = numbers(&|i| 2.0_f32.powi(i % 8 - 3));
    let elements = picture.reshape([60]);
    let error = &elements - targets;
    let valley = elements.narrow(0, 1, 59) - elements.narrow(0, 0, 59).square();
    let kind = picture.kind();
    (error.square() * scales).sum(kind)
        + error.square().square().sum(kind) * 4.0
        + valley.square().sum(kind) * 20.0
}

/// Losses of pictures `[N, 3, 4, 5]`, each by itself, as the engine does it on the CPU.
struct Losses {
    /// A factor a candidate.
    scales: Vec<f64>,
    is_wide: bool,
    calls: usize,
}

impl Losses {
    fn new(scales: &[f64]) -> Self {
        Self {
            scales: scales.to_vec(),
            is_wide: false,
            calls: 0,
        }
    }

    fn evaluate(&mut self, pictures: &Tensor, wanted: &[bool]) -> Evaluation {
        self.calls += 1;
        let mut totals = Vec::new();
        let mut gradients = Vec::new();
        for (row, (scale, wanted)) in (0..).zip(self.scales.iter().zip(wanted)) {
            let picture = pictures.narrow(0, row, 1).detach().copy();
            if !wanted {
                // Nobody may look at these.
                totals.push(Tensor::full([], f64::NAN, (picture.kind(), Device::Cpu)));
                gradients.push(picture.full_like(f64::NAN));
                continue;
            }
            let picture = picture.set_requires_grad(true);
            let total = loss(&picture, self.is_wide) * *scale;
            total.backward();
            gradients.push(picture.grad());
            totals.push(total);
        }
        let total = Tensor::stack(&totals, 0);
        Evaluation {
            gradient: Tensor::cat(&gradients, 0),
            terms: total.reshape([-1, 1]) * 2.0,
            total,
        }
    }
}

/// `steps` steps of every candidate, with an evaluation before each one, as torch does it. Returns the
/// pictures after each, and whether each was known.
fn steps(lbfgs: &mut Lbfgs, picture: &Tensor, losses: &mut Losses, steps: usize) -> Vec<Tensor> {
    let everybody = vec![true; losses.scales.len()];
    (0..steps)
        .map(|_| {
            let first = losses.evaluate(picture, &everybody);
            let known = lbfgs
                .step::<TchError>(picture, first, &everybody, &mut |pictures, wanted| {
                    Ok(losses.evaluate(pictures, wanted))
                })
                .unwrap();
            if let Some(known) = known {
                let calls = losses.calls;
                let again = losses.evaluate(picture, &everybody);
                losses.calls = calls;
                assert_eq!(flat(&known.gradient), flat(&again.gradient));
                assert_eq!(flat(&known.terms), flat(&again.terms));
                assert_eq!(flat(&known.total), flat(&again.total));
            }
            picture.copy()
        })
        .collect()
}

/// One step of one candidate from an evaluation by `evaluate`.
fn step(
    lbfgs: &mut Lbfgs,
    picture: &Tensor,
    evaluate: &dyn Fn(&Tensor) -> Evaluation,
) -> Option<Evaluation> {
    lbfgs
        .step::<TchError>(picture, evaluate(picture), &[true], &mut |pictures, _| {
            Ok(evaluate(pictures))
        })
        .unwrap()
}

fn alone(preset: &OptimizerPreset) -> (Lbfgs, Tensor) {
    let picture = start(Kind::Float);
    let lbfgs = Lbfgs::new(&picture, &[preset], DEVIATION).unwrap();
    (lbfgs, picture)
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.reshape([-1]).to_kind(Kind::Double)).unwrap()
}

/// How far the iterates of `preset` are from `golden`, relatively, in this kind of numbers.
fn distance(
    preset: &OptimizerPreset,
    is_wide: bool,
    golden: &(usize, [[f64; 4]; 20]),
    kind: Kind,
) -> f64 {
    let picture = start(kind);
    let mut lbfgs = Lbfgs::new(&picture, &[preset], DEVIATION).unwrap();
    let mut losses = Losses {
        is_wide,
        ..Losses::new(&[1.0])
    };
    let iterates = steps(&mut lbfgs, &picture, &mut losses, 20);
    if kind == Kind::Double {
        assert_eq!(losses.calls, golden.0, "evaluations");
    }
    let mut farthest: f64 = 0.0;
    for (iterate, expected) in iterates.iter().zip(&golden.1) {
        let elements = flat(iterate);
        let norm = elements
            .iter()
            .map(|element| element * element)
            .sum::<f64>();
        let found = [
            flat(&loss(iterate, is_wide))[0],
            norm.sqrt(),
            elements[7],
            elements[34],
        ];
        for (found, expected) in found.iter().zip(expected) {
            farthest = farthest.max((found - expected).abs() / expected.abs().max(0.01));
        }
    }
    farthest
}

#[test]
fn iterates_are_torchs() {
    use golden::*;
    let normalized = |preset: OptimizerPreset| OptimizerPreset {
        space: StepSpace::Normalized,
        ..preset
    };
    let of_rate = |learning_rate| OptimizerPreset {
        learning_rate,
        ..wolfe()
    };
    let clamped = OptimizerPreset {
        clamp: true,
        ..preset()
    };
    let short = OptimizerPreset {
        history: 3,
        ..preset()
    };
    for (name, preset, is_wide, golden, least) in [
        ("plain", preset(), false, &PLAIN, 1e-4),
        (
            "plain, normalised",
            normalized(preset()),
            false,
            &PLAIN_NORMALIZED,
            1e-4,
        ),
        ("history 3", short, false, &PLAIN_HISTORY_3, 1e-4),
        ("wolfe", wolfe(), false, &WOLFE, 1e-4),
        (
            "wolfe, normalised",
            normalized(wolfe()),
            false,
            &WOLFE_NORMALIZED,
            1e-4,
        ),
        ("wolfe from 8", of_rate(8.0), false, &WOLFE_FROM_FAR, 1e-4),
        // A cubic through two points so near that their losses differ by rounding: in float32 torch itself is
        // as far from float64.
        (
            "wolfe from 0.02",
            of_rate(0.02),
            false,
            &WOLFE_FROM_NEAR,
            1e-2,
        ),
        ("clamped", clamped.clone(), true, &CLAMPED, 1e-4),
        (
            "clamped, normalised",
            normalized(clamped),
            true,
            &CLAMPED_NORMALIZED,
            1e-4,
        ),
    ] {
        let exact = distance(&preset, is_wide, golden, Kind::Double);
        let single = distance(&preset, is_wide, golden, Kind::Float);
        println!("{name}: {exact:.1e} in float64, {single:.1e} in float32");
        assert!(exact < 1e-7, "{name}: {exact:.1e} in float64");
        assert!(single < least, "{name}: {single:.1e} in float32");
    }
}
