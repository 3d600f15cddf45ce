//! What is rare: clamping, losses that are not finite, no gradient, arrival.

use super::*;

/// With this loss and gradient everywhere.
fn constant(picture: &Tensor, total: f64, gradient: f64) -> Evaluation {
    let place = (picture.kind(), Device::Cpu);
    Evaluation {
        total: Tensor::full([1], total, place),
        gradient: picture.full_like(gradient),
        terms: Tensor::full([1, 2], total, place),
    }
}

fn is_finite(tensor: &Tensor) -> bool {
    flat(tensor).iter().all(|element| element.is_finite())
}

#[test]
fn clamping_that_cuts_nothing_changes_nothing() {
    for preset in [preset(), wolfe()] {
        let clamped = OptimizerPreset {
            clamp: true,
            ..preset.clone()
        };
        // Slow enough to stay between black and white.
        let run = |preset: &OptimizerPreset| {
            let (mut lbfgs, picture) = alone(preset);
            let slow = |picture: &Tensor| {
                let picture = picture.detach().copy().set_requires_grad(true);
                let total = (&picture - 0.5).square().sum(Kind::Float) * 0.01;
                total.backward();
                Evaluation {
                    total: total.reshape([1]),
                    gradient: picture.grad(),
                    terms: total.reshape([1, 1]),
                }
            };
            let known = (0..5)
                .filter(|_| step(&mut lbfgs, &picture, &slow).is_some())
                .count();
            (flat(&picture), known)
        };
        assert_eq!(run(&preset), run(&clamped));
    }
}

#[test]
fn what_clamping_cuts_is_inside_and_no_longer_known() {
    for space in [StepSpace::Rgb, StepSpace::Normalized] {
        let clamped = OptimizerPreset {
            clamp: true,
            space,
            ..wolfe()
        };
        let (mut lbfgs, picture) = alone(&clamped);
        let mut losses = Losses {
            is_wide: true,
            ..Losses::new(&[1.0])
        };
        let mut unknown = 0;
        for _ in 0..20 {
            let first = losses.evaluate(&picture, &[true]);
            let known = lbfgs
                .step::<TchError>(&picture, first, &[true], &mut |pictures, wanted| {
                    Ok(losses.evaluate(pictures, wanted))
                })
                .unwrap();
            unknown += usize::from(known.is_none());
            let values = flat(&picture);
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        }
        assert!(unknown > 5, "{unknown}");
        assert!(flat(&loss(&picture, true))[0] < 130.0);
    }
}

#[test]
fn a_gradient_of_0_moves_nothing() {
    for preset in [preset(), wolfe()] {
        let (mut lbfgs, picture) = alone(&preset);
        for _ in 0..3 {
            step(&mut lbfgs, &picture, &|picture| constant(picture, 1.0, 0.0));
        }
        assert_eq!(flat(&picture), flat(&start(Kind::Float)));
        assert_eq!(lbfgs.has_arrived(), [false]);
        // And goes on from there.
        steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 10);
        assert!(flat(&loss(&picture, false))[0] < 90.0);
    }
}

#[test]
fn trials_that_are_not_finite_are_left_behind() {
    for broken in [(f64::NAN, f64::NAN), (f64::INFINITY, 0.0), (1.0, f64::NAN)] {
        // So far that trials leave the region where the loss is one.
        let preset = OptimizerPreset {
            learning_rate: 1e4,
            ..wolfe()
        };
        let (mut lbfgs, picture) = alone(&preset);
        let broken_beyond = |picture: &Tensor| {
            if flat(&picture.abs().max())[0] > 2.0 {
                constant(picture, broken.0, broken.1)
            } else {
                Losses::new(&[1.0]).evaluate(picture, &[true])
            }
        };
        for _ in 0..20 {
            let known = step(&mut lbfgs, &picture, &broken_beyond).unwrap();
            assert!(is_finite(&known.total) && is_finite(&known.gradient));
        }
        let reached = flat(&loss(&picture, false))[0];
        assert!(reached < 70.0, "{reached}");
    }
}

#[test]
fn a_beginning_that_is_not_finite_is_taken_up_and_does_not_hang() {
    for preset in [preset(), wolfe()] {
        let (mut lbfgs, picture) = alone(&preset);
        step(&mut lbfgs, &picture, &|picture| {
            constant(picture, 1.0, f64::NAN)
        });
        // As with Adam: so the next losses say what happened.
        assert!(!is_finite(&picture));
    }
}

#[test]
fn arrival_by_each_tolerance() {
    let by_gradient = |tolerance_gradient, preset| OptimizerPreset {
        tolerance_gradient,
        ..preset
    };
    let by_change = |tolerance_change, preset| OptimizerPreset {
        tolerance_change,
        ..preset
    };
    for preset in [
        by_gradient(0.05, preset()),
        by_gradient(0.05, wolfe()),
        by_change(1e-3, preset()),
        by_change(1e-3, wolfe()),
    ] {
        let (mut lbfgs, picture) = alone(&preset);
        let mut losses = Losses::new(&[1.0]);
        let mut made = 0;
        while lbfgs.has_arrived() == [false] {
            steps(&mut lbfgs, &picture, &mut losses, 1);
            made += 1;
            assert!(made < 300);
        }
        assert!(made > 10, "{made}");
        let there = flat(&picture);
        let calls = losses.calls;
        steps(&mut lbfgs, &picture, &mut losses, 3);
        // It stays, and nothing is searched.
        assert_eq!(flat(&picture), there);
        assert_eq!(losses.calls, calls + 3);
        // The same settings once more change nothing; others let it go on, and so does another loss.
        lbfgs.update(&[&preset]);
        assert_eq!(lbfgs.has_arrived(), [true]);
        let mut on = lbfgs.copied(Device::Cpu).unwrap();
        on.forget_evaluation(0);
        assert_eq!(on.has_arrived(), [false]);
        let endless = OptimizerPreset {
            tolerance_change: 0.0,
            tolerance_gradient: 0.0,
            ..preset
        };
        lbfgs.update(&[&endless]);
        steps(&mut lbfgs, &picture, &mut losses, 3);
        assert_ne!(flat(&picture), there);
        assert_eq!(lbfgs.has_arrived(), [false]);
    }
}
