//! The headland: cracked and layered rock in raking evening light, a cap of
//! turf, rocks and surf at its foot. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::noise::{fractal, hash, noise, octaves};
use super::super::random::Random;
use super::super::shape::{coverage, smoothstep};
use super::super::vector::{Vector, vector};
use super::layout::{LIGHTHOUSE, WATERLINE, headland};

/// A facet of broken rock.
struct Facet {
    /// How squarely it faces the light, `0.0..=1.0`.
    light: f32,
    /// Distance from the nearest crack, 0 in the crack, in cell sizes.
    crack: f32,
}

/// The facet of a field of upright blocks that holds `point`, given in cells:
/// the two nearest of scattered block middles decide.
fn facet(point: Vector, seed: u32) -> Facet {
    let (column, row) = (point.x.floor() as i32, point.y.floor() as i32);
    let (mut first, mut second) = (f32::MAX, f32::MAX);
    let mut winner = (0, Vector { x: 0.0, y: 0.0 });
    for y in row - 1..=row + 1 {
        for x in column - 1..=column + 1 {
            let bits = hash(x, y, seed);
            let jitter = vector((bits & 0xff) as f32, ((bits >> 8) & 0xff) as f32) * (1.0 / 256.0);
            let offset = vector(x as f32, y as f32) + jitter - point;
            let squared = offset.dot(offset);
            if squared < first {
                second = first;
                first = squared;
                winner = (bits, offset);
            } else if squared < second {
                second = squared;
            }
        }
    }
    let lean = ((winner.0 >> 16) & 0xff) as f32 / 255.0;
    // Within a block the upper left side catches more of the light.
    let bulge = (winner.1.x * 0.55 + winner.1.y * 0.45).clamp(-0.5, 0.5);
    Facet {
        light: (lean * 0.75 + 0.12 + bulge * 0.75).clamp(0.0, 1.0),
        crack: second.sqrt() - first.sqrt(),
    }
}

/// Light on the rock at `point`, `0.0..=1.2`: great buttresses, blocks on
/// them, chips on the blocks, and dark cracks between.
fn rock_light(point: Vector, detail: u32) -> f32 {
    let warp = vector(noise(point * 20.0, 140), noise(point * 20.0, 144)) * 0.015;
    let leaned = vector(point.x + point.y * 0.18, point.y + point.x * 0.16) + warp;
    let column = noise(vector(leaned.x * 8.0, leaned.y * 1.6), 142);
    let next = noise(vector(leaned.x * 8.0 - 0.22, leaned.y * 1.6), 142);
    let large = facet(vector(leaned.x * 30.0, leaned.y * 11.0), 145);
    let small = facet(vector(leaned.x * 74.0, leaned.y * 40.0), 146);
    let grain = fractal(point * 70.0, detail, 147);
    let open = smoothstep(-0.35, 0.45, noise(point * 17.0, 148));
    let cracks = 1.0
        - open * (1.0 - smoothstep(0.0, 0.11, large.crack))
        - 0.16 * (1.0 - smoothstep(0.0, 0.20, small.crack));
    let facing = 0.20
        + large.light * 0.66
        + (small.light - 0.5) * 0.42
        + (column - next) * 1.25
        + column * 0.16;
    (facing + grain * 0.13) * (0.45 + 0.55 * cracks)
}

/// Distance to the headland's outline, ragged on the seaward side.
fn outline(point: Vector) -> f32 {
    let ragged = fractal(point * 16.0, 4, 150) * 0.016;
    let lean = (point.y - 0.55).max(0.0);
    let seaward = -0.005 - lean * 0.42 - lean * lean * 0.9 + ragged;
    let top = headland(point.x) + ragged * 0.25;
    (seaward - point.x).max(top - point.y)
}

/// Draws rock, turf and surf.
pub(crate) fn draw(canvas: &mut Canvas) {
    draw_rock(canvas);
    surf(canvas);
}

/// Draws rock and turf.
pub(crate) fn draw_rock(canvas: &mut Canvas) {
    stacks(canvas);
    face(canvas);
    tufts(canvas);
}

fn face(canvas: &mut Canvas) {
    let bright = Colour::linear(0xf0_b8_78);
    let middle = Colour::linear(0xa9_71_4f);
    let dark = Colour::linear(0x3b_33_50);
    let turf_lit = Colour::linear(0xb9_b0_46);
    let turf_dark = Colour::linear(0x3d_61_40);
    let wet = Colour::linear(0x2a_2c_44);
    let pixel = canvas.frame.pixel;
    let detail = octaves(70.0, pixel, 3);
    let area = Area {
        left: -0.16,
        top: 0.38,
        right: canvas.frame.area().right,
        bottom: WATERLINE + 0.03,
    };
    canvas.shade(area, |point, under| {
        let cover = coverage(outline(point), pixel);
        if cover <= 0.0 {
            return under;
        }
        let below = point.y - headland(point.x);
        // The sun is to the left: the rock turns away toward the right.
        let turned = smoothstep(0.60, -0.10, point.x) * 0.50 + 0.50;
        let shaded = smoothstep(0.16, 0.05, below) * 0.16;
        // Facets meet in hard edges: two samples per pixel soften them.
        let aside = vector(pixel * 0.25, pixel * 0.25);
        let sampled = (rock_light(point - aside, detail) + rock_light(point + aside, detail)) * 0.5;
        let light = (sampled - shaded).clamp(0.0, 1.15) * turned;
        let rock = dark
            .mix(middle, (light * 1.7).min(1.0))
            .mix(bright, (light * 1.9 - 0.72).clamp(0.0, 1.0));
        let foot = smoothstep(
            WATERLINE - 0.045,
            WATERLINE + 0.005,
            point.y + light * 0.012,
        );
        let rock = rock.mix(wet, foot * 0.6);
        let edge = fractal(point * 26.0, 4, 160);
        let depth = 0.030 + edge * 0.022 + smoothstep(0.05, 0.5, point.x) * 0.05;
        let grass = smoothstep(depth + 0.007, depth - 0.007, below);
        let tuft = fractal(
            vector(point.x * 85.0 + point.y * 30.0, point.y * 60.0),
            3,
            161,
        );
        let sunny = (smoothstep(0.05, 0.0, below) * 0.55 + 0.35 + tuft * 0.55 + edge * 0.35)
            * (0.5 + 0.5 * turned);
        let shadow = lighthouse_shadow(point);
        let turf = turf_dark.mix(turf_lit, (sunny * (1.0 - 0.75 * shadow)).clamp(0.0, 1.0));
        let surface = rock.mix(turf, grass);
        let air = Colour::new(0.42, 0.30, 0.26);
        under.mix(surface.mix(air, 0.10), cover)
    });
}

/// Tufts of grass that break the smooth turf and its skyline.
fn tufts(canvas: &mut Canvas) {
    let lit = Colour::linear(0xdc_c8_5a);
    let dark = Colour::linear(0x41_68_3c);
    let mut random = Random::new(0x7475_6674);
    for _ in 0..2200 {
        let x = random.between(-0.01, 1.22);
        let down = random.unit();
        let depth = down * down * (0.040 + 0.06 * smoothstep(0.05, 0.5, x));
        let root = vector(x, headland(x) + depth + 0.001);
        let size = random.between(0.004, 0.010);
        let lean = random.bell() * 0.8 + 0.3;
        let patch = noise(root * 24.0, 163) * 0.5;
        let light =
            0.62 - down * 0.45 + patch + random.bell() * 0.3 - lighthouse_shadow(root) * 0.6;
        let colour = dark.mix(lit, light.clamp(0.0, 1.0));
        canvas.blade(
            root,
            root + vector(lean, -1.0) * size,
            0.0011,
            0.0004,
            colour,
        );
    }
}

/// The lighthouse shades a strip of turf on the side away from the sun.
fn lighthouse_shadow(point: Vector) -> f32 {
    let offset = point - (LIGHTHOUSE + vector(0.0, -0.004));
    let across = (offset.y - offset.x * 0.10).abs();
    smoothstep(0.016, 0.006, across)
        * smoothstep(-0.01, 0.02, offset.x)
        * smoothstep(0.24, 0.08, offset.x)
}

/// Free-standing rocks off the point: (foot, half-width, height).
fn stacks(canvas: &mut Canvas) {
    let lit = Colour::linear(0xc9_8a_5e);
    let dark = Colour::linear(0x39_34_50);
    let foam = Colour::linear(0xf2_e4_dc);
    let pixel = canvas.frame.pixel;
    for (foot, half_width, height) in [
        (vector(-0.092, 0.722), 0.026_f32, 0.040),
        (vector(-0.150, 0.738), 0.017, 0.017),
        (vector(-0.300, 0.752), 0.028, 0.013),
    ] {
        let area = Area::around(foot, half_width.max(height) * 1.6);
        canvas.shade(area, |point, under| {
            let ragged = fractal(point * 44.0, 3, 171) * 0.35;
            let across = (point.x - foot.x) / half_width;
            let up = (foot.y - point.y) / height;
            let profile = 1.0 - across.abs().powi(2) * 0.9 + ragged - up;
            let cover = coverage(-profile * height * 0.6, pixel) * smoothstep(-0.12, 0.0, up);
            let light = smoothstep(0.5, -0.9, across + fractal(point * 60.0, 3, 172) * 1.3);
            let ring = (1.3 - (across * across + up * up * 9.0).sqrt()).clamp(0.0, 1.0)
                * smoothstep(0.0, 0.4, ragged + 0.2);
            under
                .mix(foam, ring * 0.5)
                .mix(dark.mix(lit, light * 0.9), cover)
        });
    }
}

/// Broken white water along the foot of the cliff.
fn surf(canvas: &mut Canvas) {
    let foam = Colour::linear(0xf6_e9_e0);
    let detail = octaves(30.0, canvas.frame.pixel, 4);
    let area = Area {
        left: -0.22,
        top: WATERLINE - 0.03,
        right: 0.50,
        bottom: WATERLINE + 0.09,
    };
    canvas.shade(area, |point, under| {
        let wave = fractal(vector(point.x * 22.0, point.y * 70.0), detail, 181);
        let line = WATERLINE + 0.004 + noise(vector(point.x * 14.0, 2.0), 182) * 0.008;
        let down = point.y - line;
        let tip = smoothstep(-0.16, -0.08, point.x + down * 0.5);
        let first = smoothstep(0.014, 0.0, down.abs() - wave * 0.008);
        let trail = smoothstep(0.10, 0.75, wave + 0.34)
            * smoothstep(0.075, 0.0, down)
            * smoothstep(-0.006, 0.004, down);
        under.mix(
            foam,
            ((first * 0.75).max(trail * 0.7) * tip).clamp(0.0, 0.92),
        )
    });
}
