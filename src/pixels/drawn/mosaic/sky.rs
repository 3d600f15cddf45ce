//! The sky of the mosaic: the sun, its flames, and rings of stones that grow
//! with their distance from it. Positions in picture units. Pure, any thread.

use std::f32::consts::TAU;

use super::super::colour::Colour;
use super::super::vector::{Vector, vector};
use super::course::{Cut, part};
use super::palette::{
    CREAM, CRIMSON, GOLD, MAROON, ORANGE, PLUM, STRAW, TURQUOISE, VERMILION, shade,
};
use super::stone::Stone;

const SUN: Vector = vector(0.21, 0.34);
/// Radius of the sun's disc.
const DISC: f32 = 0.108;
/// How far its flames reach.
const FLAMES: f32 = 0.250;
/// How many there are.
const FLAME_COUNT: f32 = 12.0;
/// Where the largest stones begin.
const FAR: f32 = 0.520;
/// Width of a ring from one bright course to the next.
const RING: f32 = 0.118;

/// How courses are cut at `distance` from the sun, and where that cut begins.
fn cut(distance: f32) -> (Cut, f32) {
    let (first, last, courses, length, seed) = if distance < FLAMES {
        (0.0, FLAMES, 15.0, 0.0165, 911)
    } else if distance < FAR {
        (FLAMES, FAR, 9.0, 0.034, 912)
    } else {
        (FAR, FAR + 0.400, 10.0, 0.047, 913)
    };
    let height = (last - first) / courses;
    let cut = Cut {
        height,
        length,
        seed,
    };
    (cut, first)
}

/// The stone at `point`.
pub(crate) fn stone(point: Vector) -> Stone {
    let from_sun = point - SUN;
    let distance = from_sun.length();
    let turn = from_sun.y.atan2(from_sun.x) / TAU;
    let (cut, first) = cut(distance);
    let (_, middle) = cut.course(distance - first);
    let around = TAU * (first + middle);
    let place = cut.stone(distance - first, turn * around, Some(around));
    let angle = place.middle.1 / around * TAU;
    let colour = colour(first + place.middle.0, angle, place.bits);
    let outward = from_sun.normalised();
    Stone::at(&place, colour, outward, outward.perpendicular())
}

/// Colour of the stone at `radius` from the sun in the direction of `angle`
/// (radians).
fn colour(radius: f32, angle: f32, bits: u32) -> Colour {
    if radius < DISC {
        return shade(&[CREAM, CREAM, STRAW, GOLD], radius / DISC, 1.0, bits);
    }
    if radius < FLAMES {
        // Wide at the disc, gone at their tips, all bent one way.
        let up = (radius - DISC) / (FLAMES - DISC);
        let wave = (angle * FLAME_COUNT + up * 1.1).cos();
        return if wave > up * 1.9 - 0.95 {
            shade(&[STRAW, GOLD, ORANGE], up, 0.8, bits)
        } else {
            shade(&[CRIMSON, MAROON], up * 0.6, 0.9, bits)
        };
    }
    // Rings that swell and shrink.
    let swell = 0.022 * (angle * 5.0 + 1.0).sin() + 0.014 * (angle * 11.0).sin();
    let ring = (radius - FLAMES + swell) / RING;
    let within = ring - ring.floor();
    if within < 0.24 {
        return shade(&[STRAW, GOLD, ORANGE], (ring / 5.0).min(1.0), 1.0, bits);
    }
    // A stray bright stone keeps the dark parts alive.
    match part(bits >> 8) {
        ..0.965 => {
            let depth = (ring.floor() / 5.0).clamp(0.0, 1.0);
            let ramp = [ORANGE, VERMILION, CRIMSON, MAROON, PLUM];
            shade(&ramp, depth * 0.75 + within * 0.28, 0.9, bits)
        }
        ..0.985 => GOLD,
        _ => TURQUOISE,
    }
}
