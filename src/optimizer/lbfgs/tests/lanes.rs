//! A lane's candidates do not notice each other, and copies go on as what they are copied from.

use super::*;

/// Pictures of so many candidates, each another one.
fn pictures(count: i64) -> Tensor {
    let all: Vec<Tensor> = (0..count)
        .map(|row| start(Kind::Float).roll([row], [2]))
        .collect();
    Tensor::cat(&all, 0)
}

fn different() -> [OptimizerPreset; 5] {
    let normalized = OptimizerPreset {
        space: StepSpace::Normalized,
        history: 2,
        ..wolfe()
    };
    let clamped = OptimizerPreset {
        clamp: true,
        ..wolfe()
    };
    let far = OptimizerPreset {
        learning_rate: 30.0,
        tolerance_change: 1e-5,
        ..wolfe()
    };
    [preset(), wolfe(), normalized, clamped, far]
}

const SCALES: [f64; 5] = [1.0, 3.0, 0.25, 1.0, 2.0];

#[test]
fn a_candidate_in_a_lane_is_as_it_is_alone() {
    let presets = different();
    let all: Vec<&OptimizerPreset> = presets.iter().collect();
    // With and without the one that has no line search, which decides what a step returns.
    for rows in [[0_usize, 1, 2].as_slice(), &[1, 2, 3, 4], &[4, 0, 3]] {
        let index: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
        let together = pictures(5).index_select(0, &Tensor::from_slice(&index));
        let presets: Vec<_> = rows.iter().map(|row| all[*row]).collect();
        let scales: Vec<f64> = rows.iter().map(|row| SCALES[*row]).collect();
        let mut lane = Lbfgs::new(&together, &presets, DEVIATION).unwrap();
        let in_lane = steps(&mut lane, &together, &mut Losses::new(&scales), 12);
        for (place, row) in rows.iter().enumerate() {
            let alone = pictures(5).narrow(0, *row as i64, 1).copy();
            let mut lbfgs = Lbfgs::new(&alone, &[all[*row]], DEVIATION).unwrap();
            let iterates = steps(&mut lbfgs, &alone, &mut Losses::new(&[SCALES[*row]]), 12);
            for (in_lane, alone) in in_lane.iter().zip(&iterates) {
                assert_eq!(
                    flat(&in_lane.narrow(0, place as i64, 1)),
                    flat(alone),
                    "{row}"
                );
            }
        }
    }
}

#[test]
fn where_a_picture_begins_in_memory_does_not_matter() {
    // So large and odd that libraries choose their ways by it.
    const SIZE: [i64; 4] = [1, 3, 61, 67];
    let ramp = Tensor::arange(3 * 61 * 67, (Kind::Float, Device::Cpu)).reshape(SIZE);
    let scales = (&ramp * 0.37).sin() * 2.0 + 2.5;
    let evaluate = |pictures: &Tensor| {
        let error = pictures.detach() - (&ramp * 0.11).cos();
        let losses: Vec<Tensor> = (0..pictures.size()[0])
            .map(|row| (error.narrow(0, row, 1).square() * &scales).sum(Kind::Float))
            .collect();
        let total = Tensor::stack(&losses, 0);
        Evaluation {
            terms: total.reshape([-1, 1]),
            total,
            gradient: &error * &scales * 2.0,
        }
    };
    let run = |presets: &[&OptimizerPreset], pictures: &Tensor| {
        let pictures = pictures.copy();
        let mut lbfgs = Lbfgs::new(&pictures, presets, DEVIATION).unwrap();
        for _ in 0..12 {
            lbfgs
                .step::<TchError>(
                    &pictures,
                    evaluate(&pictures),
                    &vec![true; presets.len()],
                    &mut |pictures, _| Ok(evaluate(pictures)),
                )
                .unwrap();
        }
        pictures
    };
    let (plain, searching) = (preset(), wolfe());
    let presets = [&plain, &searching, &plain];
    let starts = Tensor::cat(&[&ramp * 0.0, &ramp * 1e-4, (&ramp * 0.7).sin()], 0);
    let together = run(&presets, &starts);
    for (row, preset) in (0..).zip(presets) {
        let alone = run(&[preset], &starts.narrow(0, row, 1));
        assert_eq!(flat(&alone), flat(&together.narrow(0, row, 1)), "{row}");
    }
}

#[test]
fn one_evaluation_serves_all_searches() {
    let presets = [wolfe(), wolfe(), wolfe()];
    let picture = pictures(3);
    let mut lbfgs = Lbfgs::new(&picture, &presets.each_ref(), DEVIATION).unwrap();
    let mut losses = Losses::new(&[1.0, 2.0, 0.5]);
    steps(&mut lbfgs, &picture, &mut losses, 10);
    // Ten at the beginnings, and hardly more than one trial a step.
    assert!(losses.calls < 30, "{}", losses.calls);
}

#[test]
fn an_inactive_candidate_keeps_its_picture_and_its_evaluation() {
    let presets = [wolfe(), wolfe()];
    let picture = pictures(2);
    let before = picture.copy();
    let mut lbfgs = Lbfgs::new(&picture, &presets.each_ref(), DEVIATION).unwrap();
    let mut losses = Losses::new(&[1.0, 1.0]);
    let first = losses.evaluate(&picture, &[true, true]);
    let loss_before = flat(&first.total.get(1));
    let known = lbfgs
        .step::<TchError>(&picture, first, &[true, false], &mut |pictures, wanted| {
            assert_eq!(wanted, [true, false]);
            Ok(losses.evaluate(pictures, wanted))
        })
        .unwrap()
        .unwrap();
    assert_eq!(flat(&known.total.get(1)), loss_before);
    assert!(flat(&known.total)[0] < loss_before[0] / 2.0);
    assert_eq!(flat(&picture.get(1)), flat(&before.get(1)));
    assert_ne!(flat(&picture.get(0)), flat(&before.get(0)));
}

#[test]
fn copies_go_on_bit_for_bit_and_share_nothing_that_changes() {
    let presets = different();
    let all: Vec<&OptimizerPreset> = presets.iter().collect();
    let picture = pictures(5);
    let mut lbfgs = Lbfgs::new(&picture, &all, DEVIATION).unwrap();
    let mut losses = Losses::new(&SCALES);
    steps(&mut lbfgs, &picture, &mut losses, 5);
    let then = picture.copy();
    let mut copied = lbfgs.copied(Device::Cpu).unwrap();
    let mut carried = lbfgs.carried(&all).unwrap();
    let mut some = lbfgs.rows(&[3, 0]).unwrap();
    let expected = steps(&mut lbfgs, &picture, &mut losses, 5).pop().unwrap();

    let picture = then.copy();
    let on = steps(&mut copied, &picture, &mut losses, 5).pop().unwrap();
    assert_eq!(flat(&on), flat(&expected));

    let picture = then.copy();
    let on = steps(&mut carried, &picture, &mut losses, 5).pop().unwrap();
    assert_eq!(flat(&on), flat(&expected));

    let index = Tensor::from_slice(&[3_i64, 0]);
    let picture = then.index_select(0, &index);
    let mut losses = Losses::new(&[SCALES[3], SCALES[0]]);
    let on = steps(&mut some, &picture, &mut losses, 5).pop().unwrap();
    assert_eq!(flat(&on), flat(&expected.index_select(0, &index)));
}

#[test]
fn only_another_space_or_unit_begins_anew() {
    let picture = start(Kind::Float);
    let normalized = OptimizerPreset {
        space: StepSpace::Normalized,
        ..preset()
    };
    let mut lbfgs = Lbfgs::new(&picture, &[&normalized], DEVIATION).unwrap();
    steps(&mut lbfgs, &picture, &mut Losses::new(&[1.0]), 6);
    let pairs = |lbfgs: &Lbfgs| lbfgs.candidates[0].memory.len();
    assert_eq!(pairs(&lbfgs), 5);
    let faster = OptimizerPreset {
        learning_rate: 0.5,
        ..normalized.clone()
    };
    assert_eq!(pairs(&lbfgs.carried(&[&faster]).unwrap()), 5);
    assert_eq!(pairs(&lbfgs.carried(&[&preset()]).unwrap()), 0);
    let of_unit = |deviation| {
        let carried = lbfgs.carried(&[&normalized]).unwrap();
        pairs(&carried.with_deviation(deviation).unwrap())
    };
    assert_eq!(of_unit(DEVIATION), 5);
    assert_eq!(of_unit([1.0 / 255.0; 3]), 0);
}
