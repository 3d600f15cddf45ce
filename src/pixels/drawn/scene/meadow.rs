//! The near meadow: rolling turf in evening light, a winding sandy path, and
//! blades, flowers and fence posts set on it from far to near. Pure, any
//! thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::noise::{fractal, noise, octaves};
use super::super::random::Random;
use super::super::shape::{coverage, smoothstep};
use super::super::vector::{Vector, vector};
use super::layout::{meadow, nearness, path, path_half_width};

/// Colours of the meadow, linear light.
struct Palette {
    lit: Colour,
    green: Colour,
    dark: Colour,
    sand_lit: Colour,
    sand_dark: Colour,
}

impl Palette {
    fn new() -> Self {
        Self {
            lit: Colour::linear(0xd8_c1_53),
            green: Colour::linear(0x6f_94_40),
            dark: Colour::linear(0x1f_47_42),
            sand_lit: Colour::linear(0xf2_cb_94),
            sand_dark: Colour::linear(0x8a_6a_6c),
        }
    }

    /// Turf under light `0.0..=1.0`.
    fn turf(&self, light: f32) -> Colour {
        let shade = self.dark.mix(self.green, smoothstep(0.0, 0.55, light));
        shade.mix(self.lit, smoothstep(0.45, 1.0, light))
    }
}

/// How much evening light the turf gets at `point`, `0.0..=1.0`: swells of
/// the ground, their crests bright, and the tree's shadow at the lower left.
fn light(point: Vector) -> f32 {
    let near = nearness(point.y);
    let ground = vector(point.x / (near + 0.25) * 1.9, 3.2 / (near + 0.25));
    let swell = noise(ground, 301) - noise(ground + vector(0.30, -0.12), 301);
    let crest = smoothstep(0.09, 0.0, point.y - meadow(point.x));
    let tree = point - vector(-0.62, 0.985);
    let shadow = smoothstep(
        1.0,
        0.35,
        (tree.x * tree.x * 5.2 + tree.y * tree.y * 60.0).sqrt() + noise(point * 8.0, 303) * 0.25,
    );
    let lower = smoothstep(0.80, 1.05, point.y);
    (0.50 + swell * 0.62 + crest * 0.34 - lower * 0.16) * (1.0 - 0.62 * shadow)
}

/// Signed distance to the path's edge, negative on the path.
fn off_path(point: Vector) -> f32 {
    let half = path_half_width(point.y);
    let edge = noise(vector(point.x * 26.0, point.y * 48.0), 310) * half * 0.28;
    (point.x - path(point.y)).abs() - half + edge
}

/// Draws ground, then everything that grows or stands on it.
pub(crate) fn draw(canvas: &mut Canvas) {
    let palette = Palette::new();
    ground(canvas, &palette);
    grass(canvas, &palette);
}

fn ground(canvas: &mut Canvas, palette: &Palette) {
    let pixel = canvas.frame.pixel;
    let detail = octaves(30.0, pixel, 3);
    let mut area = canvas.frame.area();
    area.top = 0.48;
    canvas.shade(area, |point, under| {
        if point.y < 0.80 && point.x < -0.1 {
            return under;
        }
        let crest = meadow(point.x);
        let cover = coverage(crest - point.y, pixel);
        if cover <= 0.0 {
            return under;
        }
        let near = nearness(point.y);
        let grain = fractal(
            vector(point.x * 34.0, point.y * 60.0) * (0.5 / (near + 0.2)),
            detail,
            312,
        );
        let bright = light(point);
        let turf = palette.turf((bright + grain * 0.20).clamp(0.0, 1.0));
        let edge = off_path(point);
        let on_path = smoothstep(0.006, -0.006, edge) * smoothstep(0.0, 0.006, point.y - crest);
        // Two worn ruts with a paler middle, lit from the left.
        let across = (point.x - path(point.y)) / path_half_width(point.y);
        let rut = 0.16 * (across * 5.2).cos() - across * 0.16;
        let worn = (bright * 0.75 + 0.28 + grain * 0.30 + rut).clamp(0.0, 1.0);
        let sand = palette.sand_dark.mix(palette.sand_lit, worn);
        under.mix(turf.mix(sand, on_path * 0.96), cover)
    });
}

/// One row of growth after another, far to near, so that near blades overlap
/// far ones.
fn grass(canvas: &mut Canvas, palette: &Palette) {
    let mut random = Random::new(0x6d65_6164);
    let shown = canvas.frame.area();
    let mut y = 0.50;
    let mut next_post = 0.600;
    let mut previous = None;
    while y < 1.10 {
        let near = nearness(y);
        let spacing = 0.0035 + 0.0105 * near;
        let mut x = -1.22 + spacing * random.unit();
        while x < 1.22 {
            let root = vector(x + random.signed() * spacing, y + random.signed() * spacing);
            let plant = random.unit();
            let blade = Blade::pick(&mut random, near);
            x += spacing * 0.62;
            let visible = root.x > shown.left - 0.06 && root.x < shown.right + 0.06;
            if visible && root.y > meadow(root.x) - 0.001 && off_path(root) > -0.002 * near {
                blade.draw(canvas, palette, root, plant);
            }
        }
        if y >= next_post {
            previous = fence(canvas, y, previous);
            next_post = y + 0.012 + 0.085 * near * near + 0.02 * near;
        }
        y += spacing * 0.72;
    }
}

/// One blade or flower, drawn from the random sequence before it is known
/// whether it is in view, so that every frame grows the same meadow.
struct Blade {
    length: f32,
    lean: f32,
    half_width: f32,
    tint: f32,
}

impl Blade {
    fn pick(random: &mut Random, near: f32) -> Self {
        Self {
            length: (0.006 + 0.036 * near) * random.between(0.55, 1.25),
            lean: 0.28 + random.bell() * 0.75,
            half_width: 0.0005 + 0.00135 * near,
            tint: random.signed(),
        }
    }

    fn draw(&self, canvas: &mut Canvas, palette: &Palette, root: Vector, plant: f32) {
        let bright = (light(root) + self.tint * 0.22 + 0.04).clamp(0.0, 1.0);
        let colour = palette.turf(bright);
        let tip = root + vector(self.lean * 0.55, -1.0) * self.length;
        let bend = root + vector(self.lean * 0.16, -0.55) * self.length;
        canvas.blade(
            root,
            bend,
            self.half_width * 1.2,
            self.half_width,
            colour * 0.82,
        );
        canvas.blade(
            bend,
            tip,
            self.half_width,
            self.half_width * 0.25,
            colour * 1.12,
        );
        if plant > 0.965 - 0.075 * smoothstep(0.0, 0.35, noise(root * 7.0, 331)) {
            self.flower(canvas, root, tip, plant, bright);
        }
    }

    /// Poppies, daisies and buttercups in drifts.
    fn flower(&self, canvas: &mut Canvas, root: Vector, tip: Vector, plant: f32, bright: f32) {
        let drift = noise(root * 5.0, 330);
        let hex = if drift > 0.12 {
            0xe8_48_2e
        } else if drift > -0.16 {
            0xf7_d3_4c
        } else {
            0xf6_ea_d8
        };
        let size = self.length * (0.075 + (plant - 0.890) * 0.9);
        let colour = Colour::linear(hex) * (0.45 + 0.75 * bright);
        canvas.dab(
            tip,
            vector(size * 1.25, size * 0.15),
            size * 0.85,
            colour,
            1.0,
        );
        canvas.dab(
            tip + vector(-size * 0.3, -size * 0.3),
            vector(size * 0.5, 0.0),
            size * 0.3,
            colour * 1.35,
            0.8,
        );
    }
}

/// A weathered post beside the path at height `y`, with a rail to the
/// `previous`, farther one; returns where the next rail starts.
fn fence(canvas: &mut Canvas, y: f32, previous: Option<(Vector, f32)>) -> Option<(Vector, f32)> {
    let near = nearness(y);
    let foot = vector(path(y) + path_half_width(y) + 0.010 + near * 0.040, y);
    if foot.y < meadow(foot.x) {
        return None;
    }
    let size = 0.008 + near * 0.090;
    let lit = Colour::linear(0xd9_ae_86);
    let dark = Colour::linear(0x4a_3b_46);
    let top = foot + vector(0.05, -1.0) * size;
    let half = size * 0.060;
    let joint = foot + vector(0.03, -0.72) * size;
    if let Some((start, start_half)) = previous {
        let drop = vector(0.0, size * 0.36);
        canvas.blade(
            start,
            joint,
            start_half * 0.6,
            half * 0.6,
            dark.mix(lit, 0.45),
        );
        canvas.blade(
            start + drop * 0.8,
            joint + drop,
            start_half * 0.6,
            half * 0.6,
            dark.mix(lit, 0.25),
        );
    }
    canvas.blade(foot, top, half, half * 0.9, dark);
    let side = vector(-half * 0.5, 0.0);
    canvas.blade(foot + side, top + side, half * 0.42, half * 0.4, lit);
    Some((joint, half))
}
