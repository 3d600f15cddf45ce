//! The lighthouse: the subject of the scene, a tapering white tower with two
//! red bands, lit from the left, its lamp just lit. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::noise::{fractal, octaves};
use super::super::shape::{coverage, smoothstep};
use super::super::vector::{Vector, vector};
use super::lantern;
use super::layout::LIGHTHOUSE;

/// Height of the masonry, from the foot to under the gallery.
const TOWER: f32 = 0.262;
/// Half-widths of the tower at its foot and under the gallery.
const FOOT_HALF: f32 = 0.0400;
const TOP_HALF: f32 = 0.0245;

/// Brightness of an upright cylinder at `across` -1 (left rim) to 1.
pub(crate) fn round_light(across: f32) -> f32 {
    let bounded = across.clamp(-1.0, 1.0);
    let outward = (1.0 - bounded * bounded).sqrt();
    let direct = (-bounded * 0.80 + outward * 0.50).max(0.0);
    let bounce = (bounded * 0.5 + 0.1).max(0.0) * 0.16;
    0.10 + direct + bounce
}

/// Draws the tower from the ground up, then the glow of the lamp.
pub(crate) fn draw(canvas: &mut Canvas) {
    tower(canvas);
    openings(canvas);
    let deck = LIGHTHOUSE.y - TOWER;
    // Bracket, gallery floor, lamp room, eaves, dome: (half-width low, high,
    // height from the deck, height to).
    let iron = Colour::linear(0x4b_3f_55);
    let red = Colour::linear(0xd2_49_2f);
    drum(
        canvas,
        (TOP_HALF, 0.0335),
        (deck + 0.004, deck - 0.010),
        Colour::linear(0xf0_dc_c0),
    );
    drum(
        canvas,
        (0.0350, 0.0350),
        (deck - 0.009, deck - 0.0145),
        iron,
    );
    lantern::glass(canvas, deck - 0.0140, deck - 0.0520);
    lantern::railing(canvas, deck - 0.0140);
    drum(
        canvas,
        (0.0255, 0.0250),
        (deck - 0.0510, deck - 0.0560),
        iron,
    );
    lantern::dome(canvas, deck - 0.0555, red);
    lantern::glow(canvas, vector(LIGHTHOUSE.x, deck - 0.033));
}

fn tower(canvas: &mut Canvas) {
    let plaster = Colour::linear(0xff_f0_d8);
    let warm = Colour::linear(0xff_d3_a0);
    let cool = Colour::linear(0x7f_8e_c0);
    let red = Colour::linear(0xd0_43_2c);
    let moss = Colour::linear(0x8a_7a_58);
    let pixel = canvas.frame.pixel;
    let detail = octaves(30.0, pixel, 4);
    let area = Area {
        left: LIGHTHOUSE.x - FOOT_HALF * 1.3,
        top: LIGHTHOUSE.y - TOWER - pixel,
        right: LIGHTHOUSE.x + FOOT_HALF * 1.3,
        bottom: LIGHTHOUSE.y + 0.014,
    };
    canvas.shade(area, |point, under| {
        let up = (LIGHTHOUSE.y - point.y) / TOWER;
        let flare = smoothstep(0.10, -0.03, up) * 0.004;
        let half = FOOT_HALF + (TOP_HALF - FOOT_HALF) * up.clamp(0.0, 1.0).powf(0.86) + flare;
        let across = (point.x - LIGHTHOUSE.x) / half;
        // Rings look curved from below: sag them with the cylinder's front.
        let front = (1.0 - (across * across).min(1.0)).sqrt();
        let ring = up + 0.016 * front - 0.012;
        let bottom = point.y - (LIGHTHOUSE.y + 0.002 + front * 0.007);
        let cover = coverage((across.abs() - 1.0) * half, pixel) * coverage(bottom, pixel);
        if cover <= 0.0 {
            return under;
        }
        let soft = pixel / TOWER;
        let band = |from: f32, to: f32| coverage((from - ring).max(ring - to), soft);
        let banded = band(0.30, 0.50).max(band(0.70, 0.90));
        let weather = fractal(vector(point.x * 40.0, point.y * 13.0), detail, 210);
        let paint = plaster.mix(red, banded) * (1.0 + weather * 0.13);
        let stain = smoothstep(0.16, 0.0, up) * (0.5 + 0.5 * weather);
        let paint = paint.mix(moss, stain * 0.22);
        let light = round_light(across);
        let lamp = warm.mix(cool, smoothstep(-0.25, 0.75, across));
        under.mix(paint.tinted(lamp) * light, cover)
    });
}

/// A door and three slit windows, following the curve of the wall.
fn openings(canvas: &mut Canvas) {
    let dark = Colour::linear(0x2c_2a_44);
    let frame = Colour::linear(0xe8_cf_ae);
    let lit = Colour::linear(0xff_b6_58);
    for (up, x, half_width, half_height, glows) in [
        (0.185, -0.006, 0.0042, 0.0085, false),
        (0.405, 0.004, 0.0038, 0.0080, true),
        (0.610, -0.003, 0.0035, 0.0075, false),
        (0.800, 0.002, 0.0032, 0.0070, true),
    ] {
        let middle = vector(LIGHTHOUSE.x + x, LIGHTHOUSE.y - up * TOWER);
        arch(
            canvas,
            middle,
            half_width + 0.0018,
            half_height + 0.0018,
            frame * 0.7,
        );
        arch(
            canvas,
            middle,
            half_width,
            half_height,
            if glows { lit } else { dark },
        );
    }
    let door = LIGHTHOUSE + vector(-0.009, -0.010);
    arch(canvas, door, 0.0098, 0.0205, frame * 0.75);
    arch(
        canvas,
        door + vector(0.0, 0.001),
        0.0076,
        0.0185,
        Colour::linear(0x23_40_4f),
    );
}

/// An upright opening with a round head.
fn arch(canvas: &mut Canvas, middle: Vector, half_width: f32, half_height: f32, colour: Colour) {
    let pixel = canvas.frame.pixel;
    canvas.shade(Area::around(middle, half_height + pixel), |point, under| {
        let offset = point - middle;
        let head = vector(offset.x, (offset.y + half_height - half_width).min(0.0));
        let distance = (head.length() - half_width).max(offset.y - half_height);
        under.mix(colour, coverage(distance, pixel))
    });
}

/// A short lit cylinder or cone between two heights.
fn drum(canvas: &mut Canvas, half: (f32, f32), height: (f32, f32), colour: Colour) {
    let pixel = canvas.frame.pixel;
    let warm = Colour::linear(0xff_dc_b0);
    let cool = Colour::linear(0x87_93_c4);
    let reach = half.0.max(half.1) + pixel;
    let area = Area {
        left: LIGHTHOUSE.x - reach,
        top: height.1 - pixel,
        right: LIGHTHOUSE.x + reach,
        bottom: height.0 + pixel,
    };
    canvas.shade(area, |point, under| {
        let part = ((height.0 - point.y) / (height.0 - height.1)).clamp(0.0, 1.0);
        let here = half.0 + (half.1 - half.0) * part;
        let across = (point.x - LIGHTHOUSE.x) / here;
        let distance = ((across.abs() - 1.0) * here)
            .max(point.y - height.0)
            .max(height.1 - point.y);
        let lamp = warm.mix(cool, smoothstep(-0.25, 0.75, across));
        let lit = colour.tinted(lamp) * round_light(across);
        under.mix(lit, coverage(distance, pixel))
    });
}
