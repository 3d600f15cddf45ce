//! What the mosaic shows where: a sky, hills before it, waves before them.
//! Positions in picture units. Pure, any thread.

use super::super::noise::noise;
use super::super::vector::{Vector, vector};
use super::course::{Cut, part};
use super::palette::{
    CREAM, GOLD, MAROON, OLIVE, ORANGE, PETROL, PLUM, STRAW, TEAL, TURQUOISE, UMBER, VERMILION,
    shade,
};
use super::sky;
use super::stone::Stone;
use super::waves::{self, SHORE};

/// The large parts of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motif {
    Sky,
    Hill,
    Sea,
}

/// Crest of the hills at `x`, below the horizon where there are none.
fn crest(x: f32) -> f32 {
    0.575 - 0.055 * (x * 4.1 + 2.9).sin() - 0.024 * (x * 9.7 + 0.4).sin()
}

/// Where the drawing shows what was meant for `point`: a hand sets no course
/// dead straight.
pub(crate) fn set_by_hand(point: Vector) -> Vector {
    point + vector(noise(point * 5.0, 901), noise(point * 5.0, 902)) * 0.006
}

/// The part of the picture at a point [`set_by_hand`].
pub(crate) fn motif(point: Vector) -> Motif {
    if point.y > SHORE {
        Motif::Sea
    } else if point.y > crest(point.x) {
        Motif::Hill
    } else {
        Motif::Sky
    }
}

/// The stone at a point [`set_by_hand`].
pub(crate) fn stone(point: Vector) -> Stone {
    let shore = (point.y - SHORE).abs();
    match motif(point) {
        Motif::Sea => sea(point).cut_off(shore),
        Motif::Hill => hill(point).cut_off(shore),
        // The crest's slope is gentle enough for the height above it to be the
        // distance.
        Motif::Sky => sky::stone(point)
            .cut_off(shore)
            .cut_off(crest(point.x) - point.y),
    }
}

fn hill(point: Vector) -> Stone {
    let cut = Cut {
        height: 0.0205,
        length: 0.030,
        seed: 914,
    };
    let place = cut.stone(point.y - crest(point.x), point.x, None);
    let bits = place.bits;
    let colour = match place.row {
        ..=0 => shade(&[CREAM, STRAW], part(bits >> 8), 0.0, bits),
        row if row % 3 == 1 => shade(&[OLIVE, UMBER], 0.2, 1.2, bits),
        _ => shade(&[PLUM, MAROON, OLIVE], 0.3, 1.6, bits),
    };
    Stone::at(&place, colour, vector(0.0, 1.0), vector(1.0, 0.0))
}

fn sea(point: Vector) -> Stone {
    let fan = waves::fan(point);
    let inward = fan.radius - fan.offset.length();
    let cut = Cut {
        height: fan.radius / 6.0,
        length: fan.radius / 5.2,
        seed: 0x03ac ^ (fan.bits & 0xffff),
    };
    let (row, middle) = cut.course(inward);
    let bend = fan.offset.x.atan2(-fan.offset.y);
    let place = cut.stone(inward, bend * (fan.radius - middle).max(0.01), None);
    let bits = place.bits;
    let colour = match row {
        ..=0 => shade(&[CREAM, STRAW], 0.0, 1.1, bits),
        1 => shade(&[TURQUOISE, TEAL], 0.1, 1.0, bits),
        2 => shade(&[TEAL, PETROL], 0.2, 1.0, bits),
        3 => shade(&[PETROL, TEAL], 0.0, 0.9, bits),
        4 => shade(&[VERMILION, ORANGE], 0.2, 1.2, bits),
        _ => shade(&[GOLD, ORANGE], 0.1, 1.1, bits),
    };
    let outward = fan.offset.normalised();
    Stone::at(&place, colour, outward * -1.0, outward.perpendicular()).cut_off(fan.gap)
}
