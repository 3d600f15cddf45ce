//! Steps as they are heard of and broken off.

use std::ops::ControlFlow;
use std::sync::Arc;

use image::{Rgb, Rgb32FImage};
use tch::Device;

use crate::engine::EngineError;
use crate::engine::going_on::Passed;
use crate::engine::input::{Candidate, WeightsChoice};
use crate::engine::lane::Lane;
use crate::engine::message::{Parts, Report, Stage};
use crate::engine::way::{Tiling, Way};
use crate::preset;

/// Four tiles of a picture of 96×96, and L-BFGS with a line search.
fn tiled() -> Lane {
    lane(Some(24))
}

fn lane(tile: Option<u32>) -> Lane {
    begun(tile, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn begun(tile: Option<u32>, report: &mut Report<'_>) -> Result<Lane, EngineError> {
    let overrides = [
        "image.size=96",
        "network.widths=[8, 12]",
        "style.layers={ input = 1.0, block1 = 1.0 }",
        "content.layers={ block2 = 1.0 }",
        "optimizer.kind=lbfgs",
        "optimizer.line_search=strong_wolfe",
    ];
    let overrides = overrides.map(|text| text.parse().unwrap());
    let picture = |kind: f32| {
        Arc::new(Rgb32FImage::from_fn(96, 96, |x, y| {
            Rgb([x, y, x + y].map(|place| 0.5 + 0.4 * (place as f32 * kind).sin()))
        }))
    };
    let candidate = Candidate {
        preset: preset::load("demo", &overrides).unwrap().preset,
        content: picture(0.1).into(),
        styles: vec![picture(0.7).into()],
    };
    let way = tile.map_or(Way::WHOLE, |rows| {
        Way::tiled(Tiling {
            rows,
            ..Tiling::REMEMBERING
        })
    });
    let place = (Device::Cpu, way);
    Lane::begun(
        vec![candidate],
        &[],
        WeightsChoice::Random(0),
        place,
        report,
    )
}

/// A network of little arithmetic, and a picture that is large for it.
#[test]
fn a_large_picture_passes_in_tiles_unless_somebody_wants_to_see_all_of_it() {
    let preset = |normalizes: bool| {
        let overrides = [
            "image.fit=native".to_owned(),
            "network.widths=[4, 4]".to_owned(),
            "style.layers={ block1 = 1.0 }".to_owned(),
            "content.layers={ block2 = 1.0 }".to_owned(),
            format!("style.normalize_gradients={normalizes}"),
        ];
        let overrides = overrides.map(|text| text.parse().unwrap());
        preset::load("demo", &overrides).unwrap().preset
    };
    let picture = Arc::new(Rgb32FImage::from_fn(224, 4096, |x, y| {
        Rgb([x, y, x + y].map(|place| 0.5 + 0.4 * (place as f32 * 0.1).sin()))
    }));
    let candidate = Candidate {
        preset: preset(false),
        content: Arc::clone(&picture).into(),
        styles: vec![picture.into()],
    };
    let quiet = &mut |_| ControlFlow::Continue(());
    let mut begun = |way| {
        let place = (Device::Cpu, way);
        let weights = WeightsChoice::Random(0);
        Lane::begun(vec![candidate.clone()], &[], weights, place, quiet).unwrap()
    };
    let parts = |lane: &mut Lane| {
        let mut heard = None;
        lane.step_unless(&mut |passed| {
            heard = Some(passed.parts);
            ControlFlow::Continue(())
        })
        .unwrap();
        heard
    };
    assert_eq!(parts(&mut begun(Way::WHOLE)), Some(Parts::Operations));
    let mut lane = begun(Way::FASTEST);
    assert_eq!(parts(&mut lane), Some(Parts::Tiles));
    lane.update_live(0, preset(true)).unwrap();
    assert_eq!(parts(&mut lane), Some(Parts::Operations));
}

#[test]
fn every_tile_of_a_step_is_heard_of_those_of_a_line_search_too() {
    let mut lane = tiled();
    let mut heard = Vec::new();
    for _ in 0..3 {
        lane.step_unless(&mut |passed| {
            heard.push(passed);
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    assert!(lane.gradient_count() > 3, "no search was made");
    // Within a tile nothing is counted.
    heard.dedup();
    heard.retain(|passed| passed.done > 0);
    assert_eq!(heard.len() as u64, lane.gradient_count() * 8);
    for gradient in heard.chunks(8) {
        assert!(gradient.iter().copied().eq((1..=8).map(|done| Passed {
            parts: Parts::Tiles,
            done,
            of: 8
        })));
    }
}

#[test]
fn a_step_is_broken_off_before_its_first_gradient_and_never_after_it() {
    let mut lane = tiled();
    let before = lane.picture().copy();
    for last in [0, 7] {
        let broken = lane.step_unless(&mut |passed| {
            if passed.done == last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(matches!(broken, Err(EngineError::BrokenOff)), "{broken:?}");
        assert_eq!((lane.step_count(), lane.picture()), (0, &before));
    }
    for mut lane in [lane, self::lane(None)] {
        let mut gradients = 0;
        lane.step_unless(&mut |passed| {
            gradients += usize::from(passed.done == passed.of);
            if gradients > 0 && passed.done < passed.of {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
        assert_eq!(lane.step_count(), 1);
        assert!(gradients > 1 && lane.picture() != &before);
    }
}

#[test]
fn what_is_computed_before_the_first_step_is_broken_off_anywhere() {
    for tile in [None, Some(48)] {
        let mut stages = Vec::new();
        begun(tile, &mut |stage| {
            stages.push(stage);
            ControlFlow::Continue(())
        })
        .unwrap();
        // Every block that is learned, and every operation of both pictures.
        assert!(
            stages
                .iter()
                .filter(|stage| **stage == Stage::Fitting)
                .count()
                == 2
        );
        assert!(
            stages
                .iter()
                .filter(|stage| **stage == Stage::Targets)
                .count()
                > 6
        );
        for last in 0..stages.len() {
            let mut asked = 0;
            let broken = begun(tile, &mut |_| {
                asked += 1;
                if asked > last {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert!(broken.is_err_and(|error| error.is_stopped()));
            assert_eq!(asked, last + 1);
        }
    }
}
