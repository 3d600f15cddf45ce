//! What the memory holds, and when it is forgotten.

use super::*;

fn pairs(lbfgs: &Lbfgs) -> usize {
    lbfgs.candidates[0].memory.len()
}

#[test]
fn no_better_point_keeps_the_picture_and_forgets_the_memory() {
    let (mut lbfgs, picture) = alone(&wolfe());
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 5);
    assert_eq!(pairs(&lbfgs), 4);
    let here = picture.copy();
    // Higher everywhere else, whatever the gradient promises.
    let pit = |picture: &Tensor| {
        let height = f64::from(u8::from(flat(picture) != flat(&here)));
        Evaluation {
            total: Tensor::from_slice(&[1.0 + height as f32]),
            ..Losses::new(&[1.0]).evaluate(picture, &[true])
        }
    };
    let known = step(&mut lbfgs, &picture, &pit).unwrap();
    assert_eq!(flat(&picture), flat(&here));
    assert_eq!(flat(&known.total), [1.0]);
    assert_eq!(pairs(&lbfgs), 0);
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 10);
    assert!(flat(&loss(&picture, false))[0] < 70.0);
}

#[test]
fn a_direction_that_does_not_lead_down_is_given_up_for_the_gradient() {
    for preset in [preset(), wolfe()] {
        let (mut lbfgs, picture) = alone(&preset);
        steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 5);
        // What was learned turns round: −H is no descent any more.
        lbfgs.candidates[0].memory.turn_round();
        let before = picture.copy();
        let first = Losses::new(&[1.0]).evaluate(&picture, &[true]);
        let gradient = first.gradient.copy();
        lbfgs.forget_evaluation(0);
        step(&mut lbfgs, &picture, &|picture| {
            Losses::new(&[1.0]).evaluate(picture, &[true])
        });
        let moved = &picture - &before;
        let cosine =
            flat(&((&moved * &gradient).sum(Kind::Float) / (moved.norm() * gradient.norm())))[0];
        assert!(cosine < -0.9999, "{cosine}");
        if preset.line_search == LineSearch::None {
            let length = flat(&moved.abs().sum(Kind::Float))[0];
            assert!((length - 1.0).abs() < 1e-4, "{length}");
        }
        // Which is known at the next step: of old pairs none is left.
        steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 1);
        assert_eq!(pairs(&lbfgs), 1);
    }
}

#[test]
fn a_history_is_bounded_and_may_be_shortened() {
    let long = OptimizerPreset {
        history: 4,
        ..preset()
    };
    let (mut lbfgs, picture) = alone(&long);
    let mut losses = Losses::new(&[1.0]);
    steps(&mut lbfgs, &picture, &mut losses, 10);
    assert_eq!(pairs(&lbfgs), 4);
    let short = OptimizerPreset {
        history: 1,
        ..preset()
    };
    lbfgs.update(&[&short]);
    assert_eq!(pairs(&lbfgs), 1);
    steps(&mut lbfgs, &picture, &mut losses, 10);
    assert_eq!(pairs(&lbfgs), 1);
    assert!(flat(&loss(&picture, false))[0] < 70.0);
}

#[test]
fn what_another_loss_did_to_the_gradient_is_not_learned() {
    let (mut lbfgs, picture) = alone(&preset());
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 5);
    assert_eq!(pairs(&lbfgs), 4);
    lbfgs.forget_evaluation(0);
    let mut turned = Losses::new(&[3.0]);
    steps(&mut lbfgs, &picture, &mut turned, 1);
    assert_eq!(pairs(&lbfgs), 4);
    steps(&mut lbfgs, &picture, &mut turned, 1);
    assert_eq!(pairs(&lbfgs), 5);
}

#[test]
fn without_anything_learned_a_step_is_short_again() {
    // As when a weight is turned at every step.
    let (mut lbfgs, picture) = alone(&preset());
    for _ in 0..4 {
        let before = picture.copy();
        steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 1);
        let length = flat(&(&picture - before).abs().sum(Kind::Float))[0];
        assert!((length - 1.0).abs() < 1e-4, "{length}");
        lbfgs.forget_evaluation(0);
    }
}

#[test]
fn an_evaluation_that_fails_changes_no_picture() {
    let (mut lbfgs, picture) = alone(&wolfe());
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 3);
    let before = flat(&picture);
    let first = Losses::new(&[1.0]).evaluate(&picture, &[true]);
    let failed = lbfgs.step::<TchError>(&picture, first, &[true], &mut |_, _| {
        Err(TchError::Torch("no memory".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(flat(&picture), before);
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 10);
    assert!(flat(&loss(&picture, false))[0] < 70.0);
}

#[test]
fn a_loss_that_is_scaled_down_has_no_memory() {
    // Torch's threshold of 1e-10 on yᵀs is absolute.
    let (mut lbfgs, picture) = alone(&preset());
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1e-7]), 4);
    assert_eq!(pairs(&lbfgs), 0);
}
