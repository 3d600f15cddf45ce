//! Pictures that pass the network tile by tile, against the same ones passing it whole.

use std::sync::Arc;

use stylescope::engine::input::{Candidate, Picture, WeightsChoice};
use stylescope::engine::lane::Lane;
use stylescope::engine::way::{Tiling, Way};
use stylescope::pixels::Mask;
use stylescope::preset::Preset;
use tch::{Device, Tensor};

use crate::setting::{picture, preset};

/// Sides that no tile, stride or pooling window divides.
const SIZE: (u32, u32) = (163, 117);
/// Smaller than the program would take them, so that there are several and pictures stay small.
const TILE: u32 = 32;

fn lane(preset: &Preset, pictures: (Picture, Vec<Picture>), way: Way) -> Result<Lane, String> {
    let candidate = Candidate {
        preset: preset.clone(),
        content: pictures.0,
        styles: pictures.1,
    };
    let weights = WeightsChoice::Random(3);
    let place = (Device::Cpu, way);
    let quiet = &mut |_| std::ops::ControlFlow::Continue(());
    Lane::begun(vec![candidate], &[], weights, place, quiet).map_err(|error| error.to_string())
}

fn tiled() -> Way {
    in_tiles_of(TILE)
}

fn in_tiles_of(rows: u32) -> Way {
    Way::tiled(Tiling {
        rows,
        ..Tiling::REMEMBERING
    })
}

fn pictures(count: usize) -> (Picture, Vec<Picture>) {
    let content = picture(SIZE.0, SIZE.1, 0.1).into();
    let style = |index| picture(150 + 7 * index, 131, 0.7 + index as f32 / 5.0).into();
    (content, (0..count as u32).map(style).collect())
}

/// `overrides` over the built-in preset `name`, at the pictures' own size and in one size only.
fn at_size(name: &str, overrides: &[&str]) -> Preset {
    let own = ["image.fit=native", "scales.start=0", "image.init=content"];
    preset(name, &[&own[..], overrides].concat())
}

/// The relative distance of two tensors.
fn apart(one: &Tensor, other: &Tensor) -> f64 {
    let norm = |tensor: &Tensor| tensor.to_kind(tch::Kind::Double).norm().double_value(&[]);
    norm(&(one - other)) / norm(other).max(1e-30)
}

/// Losses and gradients of the picture as it is, a little away from where it starts: there some terms are 0.
#[track_caller]
fn assert_alike(what: &str, preset: &Preset, pictures: (Picture, Vec<Picture>), losses: f64) {
    assert_alike_in(what, preset, pictures, tiled(), [losses, 10.0 * losses]);
}

#[track_caller]
fn assert_alike_in(
    what: &str,
    preset: &Preset,
    pictures: (Picture, Vec<Picture>),
    way: Way,
    [losses, of_gradient]: [f64; 2],
) {
    let mut whole = lane(preset, pictures.clone(), Way::WHOLE).unwrap();
    let mut parts = lane(preset, pictures, way).unwrap();
    let shape = whole.picture().size();
    tch::manual_seed(5);
    let noise = Tensor::rand(&shape, (tch::Kind::Float, Device::Cpu));
    let moved = (whole.picture() * 0.8 + noise * 0.2).clamp(0.0, 1.0);
    whole.set_picture(&moved).unwrap();
    parts.set_picture(&moved).unwrap();
    let (expected, gradient) = whole.evaluate().unwrap();
    let (found, own_gradient) = parts.evaluate().unwrap();
    let count = expected.size()[1];
    for column in 0..count {
        let (one, other) = (found.narrow(1, column, 1), expected.narrow(1, column, 1));
        let term = &whole.terms()[column as usize];
        let apart = apart(&one, &other);
        assert!(apart < losses, "{what}: {term} is {apart:.1e} off");
    }
    let apart = apart(&own_gradient, &gradient);
    assert!(
        apart < of_gradient,
        "{what}: the gradient is {apart:.1e} off"
    );
    println!("{what}: gradient {apart:.1e}");
}

#[test]
fn every_recipe_that_allows_it_is_the_same_in_tiles() {
    // Two of each network, and every kind of loss; squares of differences of matrix roots lose some digits.
    for (name, losses) in [
        ("crowsonkb", 2e-4),
        ("inetwork", 2e-5),
        ("reference", 2e-5),
        ("demo", 2e-5),
        ("squeezenet", 2e-5),
        ("quality", 2e-4),
        ("keep-colours", 2e-5),
    ] {
        let own = [
            "style.normalize_gradients=false",
            "content.normalize_gradients=false",
        ];
        assert_alike(name, &at_size(name, &own), pictures(1), losses);
    }
}

/// Features that are computed again are the same ones.
#[test]
fn what_is_remembered_for_the_way_back_changes_nothing() {
    for name in ["gatys", "squeezenet", "demo"] {
        let preset = at_size(name, &[]);
        let after_a_step = |remembered_bytes_per_pixel| {
            let way = Way::tiled(Tiling {
                rows: TILE,
                remembered_bytes_per_pixel,
            });
            let mut lane = lane(&preset, pictures(1), way).unwrap();
            for _ in 0..2 {
                lane.step().unwrap();
            }
            lane.picture().copy()
        };
        let computed_again = after_a_step(0);
        for most in [12, 300, u32::MAX] {
            assert_eq!(after_a_step(most), computed_again, "{name}, {most} bytes");
        }
    }
}

/// Convolutions by Winograd's way are 3e-6 off, and otherwise so in tiles that begin at other rows than its own. A number that
/// is 0 but for that may have the other sign, which lets a gradient pass or not; of the few at a layer as deep as `relu5_1`,
/// 10×7 in such a picture, each is much. In one tile nothing is rounded otherwise.
#[test]
fn a_deep_layer_is_the_same_in_one_tile_and_but_for_rounding_in_several() {
    let preset = at_size("gatys", &[]);
    let all = in_tiles_of(SIZE.1);
    assert_alike_in("in one tile", &preset, pictures(1), all, [2e-5, 2e-5]);
    assert_alike_in("in several", &preset, pictures(1), tiled(), [2e-5, 1e-3]);
}

#[test]
fn every_statistic_padding_and_pooling_that_allows_it() {
    let gram = "style.statistic=gram";
    let cases: [&[&str]; 14] = [
        &["style.statistic=covariance", "style.normalization=chw"],
        &["style.statistic=mean", "content.error=sum"],
        &[
            "style.statistic=covariance_and_mean",
            "content.error=half_sum",
        ],
        &["style.statistic=mean_and_deviation", "content.error=mean"],
        &[gram, "style.normalization=none", "style.error=sum"],
        &[gram, "style.normalization=hw", "style.error=mean"],
        &[
            gram,
            "style.normalization=picture_hw",
            "style.divide_by=chw",
        ],
        &[gram, "style.shift=1.0"],
        &["network.padding=reflect"],
        &["network.padding=replicate"],
        &["network.padding=zeros", "network.pooling=average"],
        &["network.pooling=l2"],
        &["variation.weight=2.0", "variation.form=squared"],
        &["style.layers={ input=1.0, relu1=0.5, fire4=1.0 }"],
    ];
    for own in cases {
        let preset = at_size("squeezenet", own);
        assert_alike(&own.join(" "), &preset, pictures(1), 2e-5);
    }
}

#[test]
fn blends_and_regions_too() {
    let two = at_size("squeezenet", &["style.blend={ first=2.0, second=1.0 }"]);
    assert_alike("a blend", &two, pictures(2), 2e-5);
    let mask = |width: u32, height: u32, at: u32| {
        let inside = move |x: u32, y: u32| x / 2 + y > at && x < 3 * at;
        let pixel = move |x, y| image::Rgb([f32::from(u8::from(inside(x, y))), 0.0, 0.0]);
        let picture = image::Rgb32FImage::from_fn(width, height, pixel);
        Some(Arc::new(Mask::of(&picture).unwrap()))
    };
    let (mut content, mut styles) = pictures(1);
    content.mask = mask(SIZE.0, SIZE.1, 40);
    styles[0].mask = mask(150, 131, 60);
    let regions = at_size("squeezenet", &["style.regions={ \"#ff0000\" = 3.0 }"]);
    assert_alike("regions", &regions, (content, styles), 2e-5);
}

#[test]
fn the_gradients_of_single_terms_too() {
    let preset = at_size("squeezenet", &[]);
    let mut wanted = || true;
    let whole = lane(&preset, pictures(1), Way::WHOLE).unwrap();
    let parts = lane(&preset, pictures(1), tiled()).unwrap();
    let expected = whole.gradients(&mut wanted).unwrap();
    let found = parts.gradients(&mut wanted).unwrap();
    let largest = expected.norms[0].iter().copied().fold(0.0, f64::max);
    for (one, other) in found.norms[0].iter().zip(&expected.norms[0]) {
        assert!((one - other).abs() <= 1e-4 * largest, "{one} for {other}");
    }
}

#[test]
fn what_needs_all_features_at_once_is_refused_with_its_name() {
    for (own, words) in [
        (
            "style.statistic=sliced_wasserstein",
            "the statistic sliced_wasserstein of style at relu1",
        ),
        (
            "style.statistic=histogram",
            "the statistic histogram of style at relu1",
        ),
        ("style.normalize_gradients=true", "normalize_gradients"),
    ] {
        let preset = at_size("squeezenet", &[own]);
        let error = lane(&preset, pictures(1), tiled()).unwrap_err();
        assert!(error.contains(words), "{own}: {error}");
        assert!(error.contains("--size"), "{own}: {error}");
    }
}

#[test]
fn a_whole_run_in_tiles_arrives_at_the_same_picture() {
    let preset = at_size("demo", &["schedule.steps=15"]);
    let mut whole = lane(&preset, pictures(1), Way::WHOLE).unwrap();
    let mut parts = lane(&preset, pictures(1), tiled()).unwrap();
    for _ in 0..15 {
        whole.step().unwrap();
        parts.step().unwrap();
    }
    let apart = apart(parts.picture(), whole.picture());
    assert!(apart < 2e-3, "{apart:.1e} off");
}
