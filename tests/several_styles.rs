//! Lanes with several style pictures, and with masks.

use std::ops::ControlFlow;
use std::sync::Arc;

use image::{Rgb, Rgb32FImage};
use stylescope::engine::EngineError;
use stylescope::engine::input::{Candidate, Picture, WeightsChoice};
use stylescope::engine::lane::Lane;
use stylescope::pixels::Mask;
use tch::{Device, Tensor};

use crate::setting::{picture, preset};

const VGG: [&str; 7] = [
    "network.name=vgg16",
    "network.pooling=max",
    "network.padding=zeros",
    "image.size=40",
    "image.match_colours=none",
    "content.layers={ relu2_1 = 1.0 }",
    "style.layers={ input = 1.0, relu1_1 = 1.0, relu2_1 = 1.0 }",
];

fn candidate(styles: &[f32], overrides: &[&str]) -> Candidate {
    let all: Vec<&str> = VGG.iter().chain(overrides).copied().collect();
    let styles = styles.iter().map(|kind| picture(50, 50, *kind).into());
    Candidate {
        preset: preset("demo", &all),
        content: picture(60, 48, 0.1).into(),
        styles: styles.collect(),
    }
}

fn built(candidates: Vec<Candidate>) -> Result<Lane, EngineError> {
    Lane::new(
        candidates,
        WeightsChoice::Random(5),
        Device::Cpu,
        &mut |_| ControlFlow::Continue(()),
    )
}

fn after(steps: u64, candidate: Candidate) -> Tensor {
    let mut lane = built(vec![candidate]).unwrap();
    for _ in 0..steps {
        lane.step().unwrap();
    }
    lane.picture().copy()
}

fn distance(one: &Tensor, other: &Tensor) -> f64 {
    (one - other).abs().max().double_value(&[])
}

#[test]
fn all_of_the_share_is_that_picture_alone() {
    let alone = after(5, candidate(&[0.7], &[]));
    let whole_share = after(5, candidate(&[0.3, 0.7], &["style.blend={ second = 2 }"]));
    assert!(distance(&alone, &whole_share) < 1e-5);
    let by_layer =
        ["style.source={ input = \"second\", relu1_1 = \"second\", relu2_1 = \"second\" }"];
    assert!(distance(&alone, &after(5, candidate(&[0.3, 0.7], &by_layer))) < 1e-5);
    let both = after(5, candidate(&[0.3, 0.7], &[]));
    let first = after(5, candidate(&[0.3], &[]));
    assert!(distance(&both, &alone) > 1e-2 && distance(&both, &first) > 1e-2);
}

#[test]
fn a_layer_may_take_its_style_from_one_picture() {
    let losses = |styles: &[f32], overrides: &[&str]| {
        let mut lane = built(vec![candidate(styles, overrides)]).unwrap();
        lane.step().unwrap();
        let block = lane.read_losses(0.0).unwrap().unwrap();
        block.losses(0, 0).unwrap().unweighted.to_vec()
    };
    let (first, second) = (losses(&[0.3], &[]), losses(&[0.7], &[]));
    let mixed = [
        "style.blend={ first = 1 }",
        "style.source={ relu2_1 = \"second\" }",
    ];
    let mixed = losses(&[0.3, 0.7], &mixed);
    // Content, then `input`, `relu1_1` and `relu2_1`, then the variation.
    for (place, (found, wanted)) in mixed
        .iter()
        .zip([first[0], first[1], first[2], second[3]])
        .enumerate()
    {
        assert!(
            (found - wanted).abs() <= 1e-5 * wanted.abs().max(1e-3),
            "{place}"
        );
    }
}

#[test]
fn a_blend_can_be_moved_while_it_runs() {
    let mut lane = built(vec![candidate(&[0.3, 0.7], &["style.blend={ first = 1 }"])]).unwrap();
    lane.step().unwrap();
    let moved = candidate(&[0.3, 0.7], &["style.blend={ first = 1, second = 3 }"]).preset;
    lane.update_live(0, moved.clone()).unwrap();
    let (_, gradient) = lane.evaluate().unwrap();

    let mut other = built(vec![Candidate {
        preset: moved,
        ..candidate(&[0.3, 0.7], &[])
    }])
    .unwrap();
    other.set_picture(lane.picture()).unwrap();
    assert_eq!(gradient, other.evaluate().unwrap().1);
}

#[test]
fn candidates_with_different_blends_share_a_lane() {
    let blends = [
        "style.blend={ first = 1 }",
        "style.blend={ first = 1, second = 1 }",
    ];
    let candidates: Vec<Candidate> = blends
        .iter()
        .map(|blend| candidate(&[0.3, 0.7], &[blend]))
        .collect();
    let mut together = built(candidates.clone()).unwrap();
    for _ in 0..5 {
        together.step().unwrap();
    }
    for (row, candidate) in candidates.into_iter().enumerate() {
        let alone = after(5, candidate);
        assert_eq!(together.picture().get(row as i64), alone.get(0));
    }
}

/// A picture whose right half has only the share `shade` of its light, with a mask that says which half is which.
fn in_halves(width: u32, height: u32, kind: f32, shade: f32) -> Picture {
    let one = picture(width, height, kind);
    let is_left = |x: u32| x < width / 2;
    let both = Rgb32FImage::from_fn(width, height, |x, y| {
        let light = if is_left(x) { 1.0 } else { shade };
        Rgb(one.get_pixel(x, y).0.map(|value| value * light))
    });
    let mask = Rgb32FImage::from_fn(width, height, |x, _| {
        if is_left(x) {
            Rgb([1.0, 0.0, 0.0])
        } else {
            Rgb([0.0, 0.0, 1.0])
        }
    });
    Picture {
        picture: Arc::new(both),
        mask: Some(Arc::new(Mask::of(&mask).unwrap())),
    }
}

fn masked(overrides: &[&str]) -> Candidate {
    Candidate {
        content: in_halves(60, 48, 0.1, 1.0),
        styles: vec![in_halves(50, 50, 0.3, 0.4)],
        ..candidate(&[0.3], overrides)
    }
}

#[test]
fn every_region_takes_the_style_of_its_own() {
    let mean_of = |overrides: &[&str]| -> [f64; 2] {
        let overrides: Vec<&str> = overrides
            .iter()
            .chain(&[
                "content.weight=0",
                "style.layers={ input = 1.0 }",
                "variation.weight=0",
                "optimizer.learning_rate=0.1",
            ])
            .copied()
            .collect();
        let result = after(150, masked(&overrides));
        [0, 20].map(|from| {
            result
                .narrow(3, from, 20)
                .select(1, 2)
                .mean(tch::Kind::Double)
                .double_value(&[])
        })
    };
    let style = in_halves(50, 50, 0.3, 0.4).picture;
    let wanted = [0, 25].map(|from| {
        let mut sum = 0.0;
        for y in 0..50 {
            for x in from..from + 25 {
                sum += f64::from(style.get_pixel(x, y).0[2]);
            }
        }
        sum / 1250.0
    });
    assert!(
        (wanted[0] - wanted[1]).abs() > 0.05,
        "the halves do not differ"
    );
    for (found, wanted) in mean_of(&[]).into_iter().zip(wanted) {
        assert!((found - wanted).abs() < 0.01, "{found} instead of {wanted}");
    }
    // Without weight the left half stays what it is.
    let content = in_halves(60, 48, 0.1, 1.0).picture;
    let left = after(
        30,
        masked(&[
            "style.regions={ \"#ff0000\" = 0 }",
            "content.weight=1",
            "content.layers={ input = 1.0 }",
            "variation.weight=0",
            "style.layers={ input = 1.0 }",
        ]),
    );
    let resized =
        stylescope::pixels::resize(&content, 40, 32, stylescope::pixels::Filter::Lanczos3);
    let resized = stylescope::pixels::tensor::to_tensor(&resized, Device::Cpu).unwrap();
    let part = |tensor: &Tensor, from| tensor.narrow(3, from, 19);
    assert!(distance(&part(&left, 0), &part(&resized, 0)) < 0.02);
    assert!(distance(&part(&left, 21), &part(&resized, 21)) > 0.1);
}

#[test]
fn one_region_everywhere_is_no_mask() {
    let mut whole = candidate(&[0.3], &[]);
    let plain = after(4, whole.clone());
    let one = |width, height| {
        Some(Arc::new(
            Mask::of(&Rgb32FImage::new(width, height)).unwrap(),
        ))
    };
    whole.content.mask = one(60, 48);
    whole.styles[0].mask = one(50, 50);
    assert!(distance(&plain, &after(4, whole)) < 1e-5);
}

#[test]
fn content_regions_weigh_parts_of_the_picture() {
    let gradient = |overrides: &[&str]| {
        let all: Vec<&str> = overrides
            .iter()
            .chain(&[
                "style.weight=0",
                "variation.weight=0",
                "content.layers={ input = 1.0 }",
                "image.init=style",
            ])
            .copied()
            .collect();
        built(vec![masked(&all)]).unwrap().evaluate().unwrap().1
    };
    let (plain, weighed) = (
        gradient(&[]),
        gradient(&["content.regions={ \"#0000ff\" = 3 }"]),
    );
    let part = |tensor: &Tensor, from| tensor.narrow(3, from, 20);
    assert!(distance(&part(&plain, 0), &part(&weighed, 0)) < 1e-9);
    assert!(distance(&(part(&plain, 20) * 3.0), &part(&weighed, 20)) < 1e-8);
}

#[test]
fn what_does_not_fit_is_named() {
    let refusal = |candidate: Candidate| built(vec![candidate]).unwrap_err().to_string();
    let text = refusal(candidate(
        &[0.3, 0.7],
        &["style.blend={ first = 1, third = 1 }"],
    ));
    assert!(
        text.contains("third") && text.contains("2 style pictures"),
        "{text}"
    );
    let text = refusal(candidate(
        &[0.3],
        &["style.source={ relu1_1 = \"second\" }"],
    ));
    assert!(
        text.contains("style.source.relu1_1") && text.contains("one style picture"),
        "{text}"
    );
    let text = refusal(Candidate {
        styles: Vec::new(),
        ..candidate(&[], &[])
    });
    assert!(text.contains("0 style pictures"), "{text}");

    let mut small = masked(&[]);
    small.content.mask = in_halves(30, 48, 0.1, 1.0).mask;
    let text = refusal(small);
    assert!(
        text.contains("30×48") && text.contains("60×48") && text.contains("content"),
        "{text}"
    );
    let mut foreign = masked(&[]);
    foreign.styles[0].mask = Some(Arc::new(Mask::of(&Rgb32FImage::new(50, 50)).unwrap()));
    let text = refusal(foreign);
    assert!(
        text.contains("#0000ff") && text.contains("#000000"),
        "{text}"
    );
    let mut without = masked(&[]);
    without.content.mask = None;
    assert!(refusal(without).contains("--content-mask"));
    let text = refusal(candidate(&[0.3], &["content.regions={ \"#00ff00\" = 2 }"]));
    assert!(
        text.contains("no mask") && text.contains("--content-mask"),
        "{text}"
    );
    let text = refusal(masked(&["style.regions={ \"#00ff00\" = 2 }"]));
    assert!(
        text.contains("#00ff00") && text.contains("#ff0000"),
        "{text}"
    );
}

#[test]
fn a_statistic_at_a_layer_too_deep_for_it_is_named() {
    let deep = |statistic: &str| {
        let layers = "style.layers={ relu5_1 = 1.0 }";
        let statistic = format!("style.statistic={statistic}");
        built(vec![candidate(
            &[0.3],
            &["image.size=16", "image.fit=shorter", layers, &statistic],
        )])
    };
    for statistic in [
        "covariance_and_mean",
        "wasserstein",
        "mean_and_deviation",
        "histogram",
    ] {
        // 16 pixels become one at the fifth block; the content picture, 20×16, too.
        let text = deep(statistic).unwrap_err().to_string();
        assert!(
            text.contains(statistic) && text.contains("relu5_1"),
            "{text}"
        );
    }
    deep("gram").unwrap();
}
