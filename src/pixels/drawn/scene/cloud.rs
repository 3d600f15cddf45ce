//! Clouds in two kinds: a high broken layer in true perspective, lit from
//! below by the sun, and heaped banks built from shaded puffs above the
//! horizon. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::noise::{fractal, noise, octaves};
use super::super::random::Random;
use super::super::shape::smoothstep;
use super::super::vector::{Vector, vector};
use super::layout::{HORIZON, SUN};

/// Draws the high layer, then the banks in front of it.
pub(crate) fn draw(canvas: &mut Canvas) {
    layer(canvas);
    let mut random = Random::new(0x0c10_0d5a);
    // Far and faint first; each bank is (base, width, height, distance 0..1).
    for (base, width, height, distance) in [
        (vector(0.62, 0.50), 0.36, 0.10, 0.75),
        (vector(-0.62, 0.54), 0.30, 0.085, 0.7),
        (vector(0.045, 0.560), 0.30, 0.125, 0.52),
        (vector(0.42, 0.50), 0.34, 0.235, 0.35),
        (vector(0.70, 0.46), 0.26, 0.20, 0.25),
        (vector(0.98, 0.50), 0.26, 0.22, 0.3),
        (vector(-1.0, 0.50), 0.30, 0.20, 0.4),
    ] {
        bank(canvas, &mut random, base, width, height, distance);
    }
}

/// Larger values leave more clear sky.
const THRESHOLD: f32 = 0.01;

/// Density of the high layer, positive inside the clouds.
fn density(point: Vector, detail: u32) -> f32 {
    let rise = HORIZON - point.y + 0.085;
    let plane = vector(point.x / rise * 0.86 + 3.1, 1.0 / rise * 1.30);
    let swell = noise(plane * 0.33, 11);
    let plane = plane + vector(swell * 0.6, swell * 0.35);
    let broad = noise(plane, 23) * 0.55 + swell * 0.55 - THRESHOLD;
    if broad < -0.40 {
        // The finer octaves cannot lift this above zero.
        return broad;
    }
    broad + fractal(plane * 2.0, detail.saturating_sub(1), 24) * 0.5
}

fn layer(canvas: &mut Canvas) {
    let lit = Colour::linear(0xff_d9_a2);
    let lit_away = Colour::linear(0xf2_aa_92);
    let shade = Colour::linear(0x8d_7b_9d);
    let shade_deep = Colour::linear(0x4e_5a_8c);
    let detail = octaves(4.0, canvas.frame.pixel, 6);
    let mut area = canvas.frame.area();
    area.bottom = HORIZON;
    canvas.shade(area, |point, under| {
        let thick = density(point, detail);
        if thick <= 0.0 {
            return under;
        }
        let toward = SUN - point;
        let distance = toward.length();
        // The side toward the sun is thinner there, and therefore brighter.
        let step = toward * (0.022 / distance.max(0.022));
        let shadowing = density(point + step, 3.min(detail));
        let light = smoothstep(0.26, -0.14, shadowing - thick * 0.30);
        let near = 1.0 / (1.0 + 5.0 * distance * distance);
        let high = smoothstep(0.35, 0.0, point.y);
        let bright = lit_away.mix(lit, near) * (0.72 + 0.75 * near);
        let dark = shade.mix(shade_deep, high).mix(lit_away, near * 0.35);
        let colour = dark.mix(bright, light);
        let opacity = smoothstep(0.0, 0.27, thick) * 0.90;
        let haze = smoothstep(0.0, 0.16, HORIZON - point.y);
        under.mix(colour, opacity * (0.25 + 0.75 * haze))
    });
}

/// A heap of cloud while it is being built.
struct Bank {
    /// Middle of its flat base.
    base: Vector,
    /// 0 near and solid, 1 far and faint.
    distance: f32,
    seed: u32,
    /// Direction to the light, as far as it lies in the picture plane.
    light: Vector,
    bright: Colour,
    dark: Colour,
}

/// Builds one heap of puffs, back to front.
fn bank(
    canvas: &mut Canvas,
    random: &mut Random,
    base: Vector,
    width: f32,
    height: f32,
    distance: f32,
) {
    let sun_side = (SUN - base).normalised();
    let heap = Bank {
        base,
        distance,
        seed: random.seed(),
        light: vector(sun_side.x * 0.85, sun_side.y * 0.5 - 0.42).normalised(),
        bright: Colour::linear(0xff_d3_a0).mix(Colour::linear(0xe9_b0_9a), distance * 0.6),
        dark: Colour::linear(0x5c_64_94).mix(Colour::linear(0xa9_95_ab), distance),
    };
    let count = 110;
    for index in 0..count {
        let depth = index as f32 / count as f32;
        let across = random.bell() * 1.25;
        // Upper outline of the heap: a few towers on a dome.
        let offset = (heap.seed % 97) as f32;
        let tower = 0.62 + 0.38 * noise(vector(across * 2.3, offset), heap.seed);
        let dome = (1.0 - across * across).max(0.0).sqrt() * tower;
        let lift = dome * (1.0 - depth * 0.9) * random.between(0.75, 1.0);
        let centre = base + vector(across * width * 0.5, -lift * height);
        let radius = height * random.between(0.13, 0.26) * (0.75 + 0.5 * (1.0 - lift));
        heap.puff(canvas, centre, radius, lift);
    }
}

impl Bank {
    /// A ragged ball of cloud, `lift` 0 at the base to 1 at the top.
    fn puff(&self, canvas: &mut Canvas, centre: Vector, radius: f32, lift: f32) {
        let grain = 1.9 / radius;
        let detail = octaves(grain, canvas.frame.pixel, 3);
        let dark = self
            .dark
            .mix(self.bright, 0.10 * smoothstep(0.0, 0.75, lift));
        let floor = self.base.y;
        canvas.shade(Area::around(centre, radius * 1.15), |point, under| {
            let offset = (point - centre) * (1.0 / radius);
            let round = offset.dot(offset);
            if round > 1.3 {
                return under;
            }
            let ragged = fractal(point * grain, detail, self.seed);
            let opacity = smoothstep(0.02, 0.42, 1.0 - round + ragged * 0.55);
            if opacity <= 0.0 {
                return under;
            }
            let lit = smoothstep(-0.55, 1.0, offset.dot(self.light) + ragged * 0.35);
            let flat = smoothstep(floor + 0.05, floor - 0.06, point.y);
            let colour = dark.mix(self.bright, lit * (0.25 + 0.75 * flat));
            let solid = (0.9 - 0.45 * self.distance) * (0.15 + 0.85 * flat);
            under.mix(colour, opacity * solid)
        });
    }
}
