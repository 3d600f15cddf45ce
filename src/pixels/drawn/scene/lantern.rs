//! The top of the lighthouse: lamp room, gallery railing, dome and the glow
//! of the lamp. Heights are picture units from the top. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::shape::{coverage, smoothstep};
use super::super::vector::{Vector, vector};
use super::layout::LIGHTHOUSE;
use super::lighthouse::round_light;

/// The lamp room: glowing panes between dark bars.
pub(crate) fn glass(canvas: &mut Canvas, low: f32, high: f32) {
    let pixel = canvas.frame.pixel;
    let bright = Colour::linear(0xff_f0_b0);
    let amber = Colour::linear(0xff_9f_3c);
    let bar = Colour::linear(0x40_30_4a);
    let half = 0.0195;
    let middle = (low + high) * 0.5;
    let area = Area {
        left: LIGHTHOUSE.x - half - pixel,
        top: high,
        right: LIGHTHOUSE.x + half + pixel,
        bottom: low,
    };
    canvas.shade(area, |point, under| {
        let across = (point.x - LIGHTHOUSE.x) / half;
        let cover = coverage((across.abs() - 1.0) * half, pixel);
        let up = (point.y - middle) / (low - high) * 2.0;
        let heat = 1.0 / (1.0 + 5.0 * across * across + 1.8 * up * up);
        let pane = amber * 0.55 + bright * (heat * 2.1);
        let angle = across.clamp(-1.0, 1.0).asin() / 0.62;
        let from_bar = (angle - angle.round()).abs() * 0.62 * half;
        let barred = coverage(from_bar - 0.0011, pixel) * 0.8;
        under.mix(pane.mix(bar, barred), cover)
    });
}

/// Posts and two rails around the gallery.
pub(crate) fn railing(canvas: &mut Canvas, deck: f32) {
    let iron = Colour::linear(0x3a_31_48);
    let half = 0.0340;
    for index in 0..9 {
        let angle = (index as f32 / 8.0 - 0.5) * std::f32::consts::PI;
        let x = LIGHTHOUSE.x + half * angle.sin();
        canvas.blade(
            vector(x, deck),
            vector(x, deck - 0.015),
            0.0008,
            0.0008,
            iron,
        );
    }
    for lift in [0.0145, 0.0075] {
        let (left, right) = (LIGHTHOUSE.x - half, LIGHTHOUSE.x + half);
        canvas.blade(
            vector(left, deck - lift),
            vector(right, deck - lift),
            0.0009,
            0.0009,
            iron,
        );
    }
}

/// The ribbed roof with its brass ball and rod.
pub(crate) fn dome(canvas: &mut Canvas, eaves: f32, red: Colour) {
    let pixel = canvas.frame.pixel;
    let half = 0.0250;
    let rise = 0.027;
    let warm = Colour::linear(0xff_dc_b0);
    let cool = Colour::linear(0x8f_93_c0);
    let centre = vector(LIGHTHOUSE.x, eaves);
    canvas.shade(Area::around(centre, 0.032), |point, under| {
        let across = (point.x - centre.x) / half;
        let up = (centre.y - point.y) / rise;
        let distance = ((across * across + up * up).sqrt() - 1.0) * half;
        let cover = coverage(distance.max(point.y - eaves), pixel);
        let lamp = warm.mix(cool, smoothstep(-0.25, 0.75, across));
        let ribs = 1.0 - 0.12 * (across / (1.02 - up * 0.6).max(0.1) * 7.0).sin().abs();
        let light = round_light(across * 0.9) * (0.75 + 0.3 * up) * ribs;
        under.mix(red.tinted(lamp) * light, cover)
    });
    let ball = centre + vector(0.0, -rise - 0.002);
    let brass = Colour::linear(0xd9_a8_60);
    canvas.blade(
        ball,
        ball + vector(0.0, -0.022),
        0.0011,
        0.0005,
        Colour::linear(0x4a_3a_4a),
    );
    canvas.dab(ball, vector(0.0042, 0.0), 0.0042, brass, 1.0);
}

/// Warm bloom around the lamp and two faint beams.
pub(crate) fn glow(canvas: &mut Canvas, lamp: Vector) {
    let light = Colour::linear(0xff_cf_80);
    let area = Area {
        left: lamp.x - 0.62,
        top: lamp.y - 0.24,
        right: lamp.x + 0.62,
        bottom: lamp.y + 0.24,
    };
    canvas.shade(area, |point, under| {
        let offset = point - lamp;
        let squared = offset.dot(offset);
        let bloom = 0.55 / (1.0 + 2600.0 * squared) - 0.55 / (1.0 + 2600.0 * 0.0576);
        let along = offset.x.abs();
        let beam_half = 0.006 + along * 0.085;
        let line = (offset.y + offset.x * 0.16) / beam_half;
        let beam = (1.0 - line * line).max(0.0);
        let fade = smoothstep(0.60, 0.05, along) * smoothstep(0.012, 0.035, along);
        under + light * (bloom.max(0.0) + beam * beam * fade * 0.13)
    });
}
