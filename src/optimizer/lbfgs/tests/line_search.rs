//! The search along one dimension, trial by trial, against torch's.

use super::golden::SEARCHES;
use crate::optimizer::lbfgs::line_search::{Next, Point, Search};

fn curve(name: &str, t: f64) -> (f64, f64) {
    match name {
        "waving" => (
            t * t / 2.0 - 0.6 * (4.0 * t).sin() - t,
            t - 2.4 * (4.0 * t).cos() - 1.0,
        ),
        "rational" => (-t / (t * t + 2.0), (t * t - 2.0) / (t * t + 2.0).powi(2)),
        "quintic" => {
            let t = t + 0.004;
            (
                t.powi(5) - 2.0 * t.powi(4),
                5.0 * t.powi(4) - 8.0 * t.powi(3),
            )
        }
        _ => (t.abs(), if t > 0.0 { 1.0 } else { -1.0 }),
    }
}

/// The length that is found along `curve`, and all that were tried.
fn searched(curve: impl Fn(f64) -> (f64, f64), first: f64, tolerance: f64) -> (f64, Vec<f64>) {
    let point = |length| {
        let (loss, slope) = curve(length);
        Point {
            length,
            loss,
            slope,
            seen: (),
        }
    };
    let mut trials = vec![first];
    let mut next = Search::new(point(0.0), 1.0, tolerance).tell(point(first));
    loop {
        match next {
            Next::Found(found) => return (found.length, trials),
            Next::Try(length, search) => {
                assert!(length.is_finite() && length > 0.0);
                trials.push(length);
                next = search.tell(point(length));
            }
        }
    }
}

#[test]
fn trials_are_torchs() {
    for (name, first, expected, trials) in SEARCHES {
        let (found, tried) = searched(|t| curve(name, t), *first, 1e-9);
        let are_near = |one: f64, other: f64| (one - other).abs() <= 1e-7 * other.abs();
        assert!(are_near(found, *expected), "{name} from {first}: {found}");
        assert_eq!(tried.len(), trials.len(), "{name} from {first}: {tried:?}");
        let tried = tried.iter().zip(*trials);
        for (tried, expected) in tried {
            assert!(
                are_near(*tried, *expected),
                "{name}: {tried} for {expected}"
            );
        }
    }
}

#[test]
fn a_search_ends_without_a_tolerance() {
    let (found, tried) = searched(|t| curve("kinked", t), 1.0, 0.0);
    assert_eq!((found, tried.len()), (0.0, 26));
    // For ever down.
    let (found, tried) = searched(|t| (-t, -1.0), 1.0, 0.0);
    assert_eq!(tried.len(), 26);
    assert!(found > 9e24, "{found}");
}

#[test]
fn what_is_not_finite_is_too_far() {
    for beyond in [
        (f64::NAN, f64::NAN),
        (f64::INFINITY, f64::NAN),
        (f64::NEG_INFINITY, 1.0),
        (f64::INFINITY, 1.0),
        (-1e9, f64::NAN),
        (f64::NAN, -1.0),
    ] {
        let walled = |t: f64| {
            if t > 3.0 {
                beyond
            } else {
                ((t - 2.0).powi(2), 2.0 * (t - 2.0))
            }
        };
        for first in [0.001, 1.0, 50.0, 1e6] {
            let (found, tried) = searched(walled, first, 1e-9);
            assert!(
                found > 0.15 && found < 3.0,
                "{beyond:?}: {found} of {tried:?}"
            );
        }
        let hopeless = |t: f64| if t > 0.0 { beyond } else { (1.0, -1.0) };
        let (found, tried) = searched(hopeless, 1.0, 0.0);
        assert_eq!((found, tried.len()), (0.0, 26));
    }
}
