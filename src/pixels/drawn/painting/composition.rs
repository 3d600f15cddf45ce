//! What is painted where: which motif lies under a point. Positions in picture units. Pure, any thread.

use super::super::noise::noise;
use super::super::vector::{Vector, vector};

/// The motifs, each with its own ramp and its own way of running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motif {
    Sky,
    FarHill,
    NearHill,
    Field,
    River,
    Roof,
    Wall,
    Cypress,
    Olive,
    Trunk,
}

/// A point together with its motif.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) point: Vector,
    pub(crate) motif: Motif,
}

/// Cypresses: foot, height, half-width at the widest.
const CYPRESSES: [(Vector, f32, f32); 2] = [
    (vector(0.525, 0.86), 0.50, 0.058),
    (vector(0.610, 0.83), 0.36, 0.045),
];

/// Crowns of the olive trees: middle and half-width.
pub(crate) const OLIVES: [(Vector, f32); 8] = [
    (vector(0.270, 0.735), 0.072),
    (vector(0.415, 0.770), 0.058),
    (vector(0.140, 0.745), 0.040),
    (vector(-0.500, 0.715), 0.052),
    (vector(-0.395, 0.745), 0.038),
    (vector(-0.610, 0.775), 0.074),
    (vector(0.820, 0.770), 0.070),
    (vector(-0.860, 0.760), 0.060),
];

/// Houses of the hamlet: lower left corner of the wall, width, height.
const HOUSES: [(Vector, f32, f32); 4] = [
    (vector(-0.155, 0.690), 0.060, 0.034),
    (vector(-0.075, 0.700), 0.052, 0.030),
    (vector(0.005, 0.692), 0.066, 0.038),
    (vector(-0.235, 0.702), 0.050, 0.028),
];

/// Crest of the distant hills at `x`.
pub(crate) fn far_crest(x: f32) -> f32 {
    0.570 - 0.045 * (x * 3.6 + 0.7).sin() - 0.022 * (x * 8.3 + 2.0).sin()
}

/// Crest of the near hills at `x`.
pub(crate) fn near_crest(x: f32) -> f32 {
    0.635 + 0.030 * (x * 4.4 + 3.4).sin() + 0.012 * (x * 10.0).sin()
}

/// Upper edge of the fields at `x`.
fn field_edge(x: f32) -> f32 {
    0.695 + 0.014 * (x * 5.0 + 1.0).sin()
}

/// Middle and half-width of the river at height `y`.
pub(crate) fn river(y: f32) -> (f32, f32) {
    let near = ((y - 0.69) / 0.31).clamp(0.0, 1.2);
    let bend = 0.20 * (near * 5.2 + 0.5).sin() * (0.35 + 0.65 * near);
    (-0.06 - near * 0.20 + bend, 0.008 + 0.120 * near * near)
}

fn in_cypress(point: Vector) -> bool {
    CYPRESSES.iter().any(|&(foot, height, half)| {
        let up = (foot.y - point.y) / height;
        if !(0.0..=1.0).contains(&up) || (point.x - foot.x).abs() > half * 1.8 {
            return false;
        }
        // A flame: fullest low down, drawn out to the tip, licking sideways.
        let body = (up * 8.0).min(1.0) * (1.0 - up).powf(0.75);
        let lick = noise(vector(up * 5.0 + foot.x * 9.0, 3.0), 41) * half * 0.65;
        (point.x - foot.x - lick * up).abs() < half * body
    })
}

fn house(point: Vector) -> Option<Motif> {
    HOUSES.iter().find_map(|&(corner, width, height)| {
        let across = (point.x - corner.x) / width;
        let up = (corner.y - point.y) / height;
        if (0.0..=1.0).contains(&across) && (0.0..=1.0).contains(&up) {
            return Some(Motif::Wall);
        }
        let slope = (up - 1.0) * 0.22;
        let roof = (-0.12 + slope..=1.12 - slope).contains(&across);
        (roof && (1.0..=1.9).contains(&up)).then_some(Motif::Roof)
    })
}

/// Crown or trunk of an olive tree; the crowns are ragged at the rim.
fn olive(point: Vector) -> Option<Motif> {
    OLIVES.iter().find_map(|&(middle, half)| {
        let offset = point - middle;
        if offset.x.abs() > half * 1.3 || offset.y.abs() > half * 2.2 {
            return None;
        }
        let round = vector(offset.x, offset.y * 1.25).length() / half;
        if round + noise(point * 30.0, 43) * 0.22 < 1.0 {
            return Some(Motif::Olive);
        }
        let stem = offset.y > 0.0 && offset.y < half * 1.5;
        (stem && (offset.x - offset.y * 0.2).abs() < half * 0.17).then_some(Motif::Trunk)
    })
}

impl Place {
    /// Finds the motif under `point`.
    pub(crate) fn at(point: Vector) -> Self {
        let motif = if point.y < 0.34 {
            // Nothing but sky reaches up here.
            Motif::Sky
        } else if in_cypress(point) {
            Motif::Cypress
        } else if let Some(part) = olive(point) {
            part
        } else if let Some(part) = house(point) {
            part
        } else if point.y > field_edge(point.x) {
            let (middle, half) = river(point.y);
            if (point.x - middle).abs() < half {
                Motif::River
            } else {
                Motif::Field
            }
        } else if point.y > near_crest(point.x) {
            Motif::NearHill
        } else if point.y > far_crest(point.x) {
            Motif::FarHill
        } else {
            Motif::Sky
        };
        Self { point, motif }
    }
}
