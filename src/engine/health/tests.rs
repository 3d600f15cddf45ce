//! The judge, fed by hand.

use std::sync::Arc;

use image::{Rgb, Rgb32FImage};

use super::*;
use crate::engine::message::LossTerm;
use crate::preset;

/// A picture as good as any.
const SOUND_LOOK: Look = Look {
    spread: 0.2,
    at_bounds: 0.01,
    outside: 0.0,
};

fn candidate(colour: impl Fn(u32) -> f32) -> Candidate {
    let picture = |shift| {
        Arc::new(Rgb32FImage::from_fn(40, 30, |x, y| {
            Rgb([colour(x + y + shift); 3])
        }))
    };
    Candidate {
        preset: preset::load("demo", &[]).unwrap().preset,
        content: picture(0).into(),
        styles: vec![picture(5).into()],
    }
}

fn health() -> Health {
    Health::new(&candidate(|at| 0.1 + at as f32 * 0.01), SOUND_LOOK)
}

/// One step with one term.
fn hear(health: &mut Health, step: u64, value: f32, weight: f64) -> Option<Finding> {
    let terms = [LossTerm {
        kind: TermKind::Style,
        layer: Some("block1".to_owned()),
    }];
    health.hear(&Losses {
        step,
        terms: &terms,
        weights: &[weight],
        unweighted: &[value],
    })
}

#[test]
fn what_is_not_finite_is_named() {
    for value in [f32::NAN, f32::INFINITY] {
        let Some(Finding::Trouble(trouble)) = hear(&mut health(), 0, value, 1.0) else {
            panic!("{value} passed");
        };
        assert_eq!(
            trouble,
            Trouble::NotFinite {
                term: "style block1".to_owned()
            }
        );
    }
    // A weight that is far too large is lost on the device one step later, and what weighed most is known then.
    let mut heavy = health();
    assert_eq!(hear(&mut heavy, 0, 1.0, 1e300), None);
    assert!(hear(&mut heavy, 1, f32::NAN, 1e300).is_some());
    assert_eq!(heavy.largest_term(), Some((TermKind::Style, 1e300)));
    let broken = Look {
        spread: f64::NAN,
        ..SOUND_LOOK
    };
    assert!(matches!(
        health().see(&broken),
        Some(Trouble::NotFinite { .. })
    ));
}

#[test]
fn a_loss_far_up_is_an_explosion_only_where_the_picture_is_lost() {
    let mut health = health();
    assert_eq!(hear(&mut health, 0, 1.0, 1.0), None);
    assert_eq!(hear(&mut health, 1, 40.0, 1.0), None);
    assert!(!health.is_sound(), "nobody wants to go back to this");
    assert_eq!(hear(&mut health, 2, 1000.0, 1.0), Some(Finding::LookCloser));
    let mut good = health.clone();
    assert_eq!(good.see(&SOUND_LOOK), None);
    assert_eq!(hear(&mut good, 3, 1000.0, 1.0), None, "it is known now");
    let lost = Look {
        outside: 0.8,
        ..SOUND_LOOK
    };
    assert_eq!(health.see(&lost), Some(Trouble::Exploded));
    assert_eq!(self::health().see(&lost), None, "its loss is as it was");
}

#[test]
fn another_preset_begins_another_baseline() {
    let mut health = health();
    hear(&mut health, 0, 1.0, 1.0);
    health.begin_anew();
    assert_eq!(hear(&mut health, 1, 1.0, 1e6), None);
    assert!(health.is_sound());
    assert_eq!(hear(&mut health, 2, 1000.0, 1e6), Some(Finding::LookCloser));
}

#[test]
fn grey_and_stark_pictures_are_troubles_where_others_are_expected() {
    let grey = Look {
        spread: 0.001,
        ..SOUND_LOOK
    };
    let stark = Look {
        at_bounds: 0.99,
        spread: 0.5,
        outside: 0.0,
    };
    assert_eq!(health().see(&grey), Some(Trouble::Grey));
    assert_eq!(health().see(&stark), Some(Trouble::Saturated));
    let ink = candidate(|at| (at % 2) as f32);
    assert_eq!(Health::new(&ink, SOUND_LOOK).see(&stark), None);
    let plain = candidate(|_| 0.5);
    assert_eq!(Health::new(&plain, SOUND_LOOK).see(&grey), None);
    // Begun grey, as with faint noise, it has nothing to lose.
    let sources = candidate(|at| 0.1 + at as f32 * 0.01);
    let mut faint = Health::new(&sources, grey);
    assert_eq!(faint.see(&grey), None);
    assert_eq!(faint.see(&SOUND_LOOK), None);
    assert_eq!(faint.see(&grey), Some(Trouble::Grey));
}

#[test]
fn a_picture_far_outside_is_lost_whatever_its_loss() {
    let far = |outside| Look {
        outside,
        at_bounds: 0.4,
        ..SOUND_LOOK
    };
    assert_eq!(health().see(&far(5.0)), Some(Trouble::Exploded));
    assert_eq!(health().see(&far(0.6)), None);
    let sources = candidate(|at| 0.1 + at as f32 * 0.01);
    assert_eq!(Health::new(&sources, far(3.0)).see(&far(5.0)), None);
}

#[test]
fn a_stall_is_named_once() {
    let mut health = health();
    for step in 0..WINDOW * 3 {
        hear(&mut health, step, 2.0 - step as f32 * 1e-3, 1.0);
    }
    assert_eq!(health.take_stall(10_000), None);
    for step in WINDOW * 3..WINDOW * 6 {
        hear(&mut health, step, 1.25 + (step % 7) as f32 * 1e-3, 1.0);
    }
    assert_eq!(health.take_stall(10), None, "it is nearly over");
    assert_eq!(health.take_stall(10_000), Some(WINDOW * 4));
    assert_eq!(health.take_stall(10_000), None);
}

#[test]
fn many_good_runs_are_sound_at_every_step() {
    for (first, decay) in [(1e12, 0.9), (1.0, 0.999), (1e-9, 0.5)] {
        let mut health = health();
        let mut total = first;
        for step in 0..400 {
            assert_eq!(hear(&mut health, step, total, 1.0), None);
            assert!(health.is_sound());
            total *= decay;
        }
    }
}
