//! The flow field that the strokes follow: whirls and drifting noise in the
//! sky, contours on the hills, furrows in the fields, flames in the
//! cypresses. Pure, any thread.

use super::super::noise::noise;
use super::super::shape::smoothstep;
use super::super::vector::{Vector, vector};
use super::composition::{Motif, OLIVES, Place};

/// A vortex of the sky.
pub(crate) struct Whirl {
    pub(crate) centre: Vector,
    /// Reach of its rings, picture units.
    pub(crate) radius: f32,
    /// Sense and strength of the turning; positive is clockwise on screen.
    pub(crate) spin: f32,
    pub(crate) kind: Kind,
}

/// What a whirl is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sun,
    Cloud,
}

const fn whirl(x: f32, y: f32, radius: f32, spin: f32, kind: Kind) -> Whirl {
    Whirl {
        centre: vector(x, y),
        radius,
        spin,
        kind,
    }
}

pub(crate) const WHIRLS: [Whirl; 7] = [
    whirl(-0.270, 0.300, 0.200, 2.6, Kind::Sun),
    whirl(0.205, 0.185, 0.160, -2.2, Kind::Cloud),
    whirl(0.545, 0.330, 0.105, 1.5, Kind::Cloud),
    whirl(-0.610, 0.150, 0.100, -1.5, Kind::Cloud),
    whirl(0.090, 0.440, 0.070, 1.2, Kind::Cloud),
    whirl(-1.000, 0.340, 0.140, 1.6, Kind::Cloud),
    whirl(0.960, 0.150, 0.150, -1.6, Kind::Cloud),
];

/// Distance from `point` to the nearest centre of turning, picture units: a
/// stroke must stay short against it to go round.
pub(crate) fn turning_radius(place: Place) -> f32 {
    let nearest = |distance: f32, centre: Vector| distance.min((place.point - centre).length());
    match place.motif {
        Motif::Sky => WHIRLS
            .iter()
            .map(|whirl| whirl.centre)
            .fold(f32::MAX, nearest),
        Motif::Olive => OLIVES.iter().map(|olive| olive.0).fold(f32::MAX, nearest),
        _ => f32::MAX,
    }
}

/// Divergence-free drift: the turned slope of a noise field.
fn drift(point: Vector, frequency: f32, seed: u32) -> Vector {
    const STEP: f32 = 0.08;
    let scaled = point * frequency;
    let here = noise(scaled, seed);
    let right = noise(scaled + vector(STEP, 0.0), seed);
    let below = noise(scaled + vector(0.0, STEP), seed);
    vector(below - here, here - right) * (1.0 / STEP)
}

fn sky(point: Vector) -> Vector {
    let wave = (point.x * 4.2 + point.y * 3.0).sin();
    // Toward the hills the air calms down into level bands.
    let calm = smoothstep(0.40, 0.56, point.y);
    let mut turning = drift(point, 3.0, 81) * 0.38;
    for whirl in &WHIRLS {
        let offset = point - whirl.centre;
        let round = offset.dot(offset) / (whirl.radius * whirl.radius);
        if round > 9.0 {
            // Too far to turn a stroke visibly.
            continue;
        }
        let strength = whirl.spin / (0.12 + round * round * 0.55 + round * 0.45);
        let distance = offset.length().max(1e-4);
        let around = offset.perpendicular() * (1.0 / distance);
        let inward = offset * (-0.16 * whirl.spin.signum() / distance);
        turning = turning + (around + inward) * strength;
    }
    vector(1.0 + calm, 0.42 * wave) + turning * (1.0 - calm * 0.85)
}

/// Unit direction of a stroke at `place`.
pub(crate) fn direction(place: Place) -> Vector {
    let point = place.point;
    let flow = match place.motif {
        Motif::Sky => sky(point),
        Motif::FarHill => {
            let slope = -0.16 * (point.x * 3.6 + 0.7).cos() - 0.18 * (point.x * 8.3 + 2.0).cos();
            vector(1.0, slope) + drift(point, 7.0, 82) * 0.22
        }
        Motif::NearHill => {
            let slope = 0.13 * (point.x * 4.4 + 3.4).cos() + 0.12 * (point.x * 10.0).cos();
            vector(1.0, slope) + drift(point, 8.0, 83) * 0.30
        }
        Motif::Field => {
            // Furrows fan out from a point on the horizon.
            let fan = point - vector(0.02, 0.60);
            let fan = if fan.x < 0.0 { fan * -1.0 } else { fan };
            fan.normalised() + vector(0.55, 0.0) + drift(point, 5.0, 84) * 0.30
        }
        Motif::River => vector(1.0, 0.10) + drift(point, 9.0, 85) * 0.25,
        Motif::Roof => vector(1.0, -0.25),
        Motif::Wall => vector(0.12, 1.0),
        Motif::Olive => {
            let swirl = OLIVES
                .iter()
                .map(|olive| point - olive.0)
                .min_by(|first, second| first.dot(*first).total_cmp(&second.dot(*second)))
                .unwrap_or(vector(0.0, 1.0));
            swirl.perpendicular().normalised() + drift(point, 14.0, 87) * 0.35
        }
        Motif::Trunk => vector(0.25 * (point.y * 60.0).sin(), 1.0),
        Motif::Cypress => {
            let lick = (point.y * 26.0 + point.x * 30.0).sin() * 0.42;
            vector(lick, -1.0) + drift(point, 9.0, 86) * 0.25
        }
    };
    flow.normalised()
}
