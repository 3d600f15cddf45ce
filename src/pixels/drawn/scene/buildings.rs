//! The keeper's cottage beside the lighthouse: white walls, a tiled roof,
//! warm windows, chimney smoke. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::noise::{fractal, noise, octaves};
use super::super::shape::{coverage, smoothstep};
use super::super::vector::{Vector, vector};

/// Lower left corner of the cottage's long wall.
const CORNER: Vector = vector(0.345, 0.496);

/// A point `x` to the right of and `up` above [`CORNER`].
fn at(x: f32, up: f32) -> Vector {
    vector(CORNER.x + x, CORNER.y - up)
}

/// Draws smoke, chimneys, walls, roof and openings.
pub(crate) fn draw(canvas: &mut Canvas) {
    smoke(canvas);
    chimney(canvas, 0.022, 0.112);
    chimney(canvas, 0.118, 0.108);
    walls(canvas);
    roof(canvas);
    openings(canvas);
    bushes(canvas);
}

fn chimney(canvas: &mut Canvas, x: f32, top: f32) {
    let brick = Colour::linear(0xb4_64_4a);
    let shade = Colour::linear(0x5a_3f_58);
    let corners = [
        at(x, top),
        at(x + 0.015, top),
        at(x + 0.015, 0.07),
        at(x, 0.07),
    ];
    canvas.polygon(&corners, |point| {
        brick.mix(shade, smoothstep(0.003, 0.011, point.x - CORNER.x - x))
    });
    canvas.blade(at(x - 0.001, top), at(x + 0.016, top), 0.002, 0.002, shade);
}

fn walls(canvas: &mut Canvas) {
    let lit = Colour::linear(0xff_df_b4);
    let shaded = Colour::linear(0xb7_a9_bd);
    let low = Colour::linear(0x8d_8a_94);
    let detail = octaves(40.0, canvas.frame.pixel, 3);
    let grain = |point: Vector| 1.0 + fractal(point * 45.0, detail, 230) * 0.10;
    // The gable end faces the sun, the long wall half turns away.
    let gable = [
        at(-0.046, -0.004),
        at(0.0, -0.010),
        at(0.0, 0.046),
        at(-0.022, 0.096),
        at(-0.046, 0.049),
    ];
    canvas.polygon(&gable, |point| lit * (1.05 * grain(point)));
    let long = [
        at(0.0, -0.010),
        at(0.140, -0.004),
        at(0.140, 0.046),
        at(0.0, 0.046),
    ];
    canvas.polygon(&long, |point| {
        let foot = smoothstep(CORNER.y - 0.014, CORNER.y + 0.008, point.y);
        let eaves = smoothstep(CORNER.y - 0.030, CORNER.y - 0.046, point.y);
        shaded.mix(low, foot * 0.6) * (grain(point) * (0.92 - 0.35 * eaves))
    });
}

fn roof(canvas: &mut Canvas) {
    let tile_lit = Colour::linear(0xcf_6a_42);
    let tile_dark = Colour::linear(0x6d_3a_48);
    let pixel = canvas.frame.pixel;
    let slope = [
        at(-0.005, 0.041),
        at(0.147, 0.041),
        at(0.125, 0.099),
        at(-0.026, 0.099),
    ];
    let soften = (1.3 - pixel * 260.0).clamp(0.0, 1.0);
    canvas.polygon(&slope, |point| {
        let row = (CORNER.y - point.y - 0.041) / 0.0083;
        let shift = if row.rem_euclid(2.0) < 1.0 { 0.0 } else { 0.5 };
        let joint = ((point.x + row * 0.002) / 0.0085 + shift).rem_euclid(1.0) - 0.5;
        let lip = row.rem_euclid(1.0);
        let tile = (0.25 * lip + 0.35 * (0.25 - joint * joint)) * soften;
        let worn = fractal(point * 38.0, 3, 233);
        tile_dark.mix(tile_lit, (0.42 + tile + worn * 0.30).clamp(0.0, 1.0))
    });
    let ridge = Colour::linear(0xe6_a0_70);
    canvas.blade(
        at(-0.027, 0.099),
        at(0.125, 0.099),
        0.0018,
        0.0018,
        ridge * 0.8,
    );
    let board = Colour::linear(0xff_f0_d4);
    canvas.blade(
        at(-0.024, 0.100),
        at(-0.049, 0.044),
        0.0022,
        0.0022,
        board * 0.85,
    );
    canvas.blade(
        at(-0.024, 0.100),
        at(-0.002, 0.041),
        0.0022,
        0.0022,
        board * 0.75,
    );
}

fn openings(canvas: &mut Canvas) {
    let frame = Colour::linear(0xf3_e3_cc);
    let glow = Colour::linear(0xff_b2_4e);
    let door = Colour::linear(0x2f_65_73);
    let mut pane = |middle: Vector, half: Vector, colour: Colour| {
        let corners = [
            vector(middle.x - half.x, middle.y - half.y),
            vector(middle.x + half.x, middle.y - half.y),
            vector(middle.x + half.x, middle.y + half.y),
            vector(middle.x - half.x, middle.y + half.y),
        ];
        canvas.polygon(&corners, |_| colour);
    };
    for x in [0.024, 0.102] {
        let middle = at(x, 0.021);
        pane(middle, vector(0.0100, 0.0115), frame * 0.8);
        pane(middle, vector(0.0080, 0.0095), glow * 1.25);
        pane(middle, vector(0.0007, 0.0095), frame * 0.6);
        pane(middle, vector(0.0080, 0.0007), frame * 0.6);
    }
    pane(at(0.063, 0.012), vector(0.0105, 0.0200), frame * 0.7);
    pane(at(0.063, 0.011), vector(0.0085, 0.0185), door);
    pane(
        at(-0.023, 0.052),
        vector(0.0055, 0.0085),
        Colour::linear(0x57_4a_66),
    );
    pane(
        at(-0.023, 0.018),
        vector(0.0070, 0.0100),
        Colour::linear(0x6b_56_68),
    );
}

/// A few rounded shrubs hide where the walls meet the turf.
fn bushes(canvas: &mut Canvas) {
    let dark = Colour::linear(0x2f_4d_3a);
    let lit = Colour::linear(0xa9_a4_43);
    let pixel = canvas.frame.pixel;
    for (x, up, radius) in [
        (-0.050, 0.000, 0.013),
        (-0.030, -0.006, 0.010),
        (0.004, -0.006, 0.013),
        (0.042, -0.004, 0.010),
        (0.090, -0.004, 0.012),
        (0.140, 0.004, 0.019),
        (0.165, 0.006, 0.015),
    ] {
        let middle = at(x, up);
        canvas.shade(Area::around(middle, radius * 1.5), |point, under| {
            let offset = (point - middle) * (1.0 / radius);
            let ragged = fractal(point * 70.0, 3, 240);
            let distance = (offset.length() - 1.0 - ragged * 0.55) * radius;
            let facing = -offset.x * 0.6 - offset.y * 0.7 + ragged * 1.2;
            let colour = dark.mix(lit, smoothstep(-0.3, 1.1, facing));
            under.mix(colour, coverage(distance, pixel))
        });
    }
}

/// A plume that drifts right and widens as it rises.
fn smoke(canvas: &mut Canvas) {
    let pale = Colour::linear(0xe6_cf_c4);
    let source = at(0.029, 0.112);
    let area = Area {
        left: source.x - 0.02,
        top: source.y - 0.20,
        right: source.x + 0.20,
        bottom: source.y,
    };
    canvas.shade(area, |point, under| {
        let up = (source.y - point.y) / 0.20;
        let sway = noise(vector(up * 2.6, 0.4), 250) * 0.030 * up;
        let middle = source.x + up * up * 0.11 + up * 0.02 + sway;
        let half = 0.004 + up * 0.030;
        let across = (point.x - middle) / half;
        let curl = fractal(vector(point.x * 38.0, point.y * 30.0 + up * 3.0), 3, 251);
        let body = (1.0 - across * across + curl * 0.9).clamp(0.0, 1.0);
        let fade = smoothstep(1.0, 0.25, up) * smoothstep(0.0, 0.03, up);
        under.mix(pale, body * fade * 0.42)
    });
}
