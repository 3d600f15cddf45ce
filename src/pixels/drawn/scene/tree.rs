//! The wind-bent pine that frames the scene on the left: a tapering trunk,
//! boughs, and layered clusters of needles lit from behind. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::noise::noise;
use super::super::random::Random;
use super::super::vector::{Vector, vector};
use super::layout::SUN;

/// Trunk from root to crown: (point, half-width).
const TRUNK: [(Vector, f32); 8] = [
    (vector(-0.612, 1.00), 0.034),
    (vector(-0.602, 0.93), 0.025),
    (vector(-0.585, 0.82), 0.021),
    (vector(-0.560, 0.68), 0.018),
    (vector(-0.555, 0.54), 0.0155),
    (vector(-0.530, 0.40), 0.012),
    (vector(-0.490, 0.27), 0.008),
    (vector(-0.455, 0.17), 0.004),
];

/// Boughs: where they leave the trunk, where they end, half-width at the root.
const BOUGHS: [(Vector, Vector, f32); 9] = [
    (vector(-0.557, 0.56), vector(-0.66, 0.47), 0.009),
    (vector(-0.553, 0.52), vector(-0.435, 0.43), 0.008),
    (vector(-0.545, 0.47), vector(-0.685, 0.35), 0.008),
    (vector(-0.532, 0.41), vector(-0.375, 0.31), 0.008),
    (vector(-0.520, 0.36), vector(-0.640, 0.22), 0.007),
    (vector(-0.500, 0.30), vector(-0.340, 0.20), 0.006),
    (vector(-0.485, 0.26), vector(-0.580, 0.12), 0.006),
    (vector(-0.470, 0.21), vector(-0.360, 0.105), 0.005),
    (vector(-0.460, 0.18), vector(-0.470, 0.065), 0.004),
];

/// Draws the tree, rear foliage first.
pub(crate) fn draw(canvas: &mut Canvas) {
    let mut random = Random::new(0x7069_6e65);
    let mut clusters = clusters(&mut random);
    clusters.sort_by(|first, second| first.depth.total_cmp(&second.depth));
    for cluster in clusters.iter().filter(|cluster| cluster.depth < 0.45) {
        cluster.draw(canvas);
    }
    wood(canvas);
    for cluster in clusters.iter().filter(|cluster| cluster.depth >= 0.45) {
        cluster.draw(canvas);
    }
}

/// A flat pad of needles.
struct Cluster {
    centre: Vector,
    /// Half-width; the pad is about a third as high.
    radius: f32,
    /// 0 behind the trunk, 1 nearest to the viewer.
    depth: f32,
    seed: u64,
}

fn clusters(random: &mut Random) -> Vec<Cluster> {
    let mut found = Vec::new();
    for (index, (root, end, _)) in BOUGHS.iter().enumerate() {
        let rank = index as f32 / BOUGHS.len() as f32;
        let count = 7;
        for step in 0..count {
            let along = 0.30 + 0.85 * step as f32 / count as f32;
            let drift = vector(random.bell() * 0.045, random.bell() * 0.030 - 0.012);
            found.push(Cluster {
                centre: *root + (*end - *root) * along + drift,
                radius: random.between(0.040, 0.070) * (1.0 - 0.25 * rank),
                depth: random.unit(),
                seed: u64::from(random.seed()),
            });
        }
    }
    found
}

impl Cluster {
    fn draw(&self, canvas: &mut Canvas) {
        let mut random = Random::new(self.seed);
        let sunward = (SUN - self.centre).normalised();
        let dark = Colour::linear(0x12_2f_33);
        let middle = Colour::linear(0x42_70_2f);
        let lit = Colour::linear(0xf0_bd_48);
        let near_sun = 1.0 / (1.0 + 5.0 * (SUN - self.centre).dot(SUN - self.centre));
        for _ in 0..26 {
            // A dim, dense core behind the needles.
            let place = vector(
                (random.bell() * 1.05).clamp(-0.55, 0.55),
                random.bell() * 0.40 + 0.10,
            );
            let spot = self.centre + place * self.radius;
            let tone = dark.mix(middle, (0.15 - place.y * 0.7).clamp(0.0, 0.5));
            let axis = vector(self.radius * 0.26, 0.0);
            canvas.dab(spot, axis, self.radius * 0.13, tone, 0.85);
        }
        let count = 135;
        for index in 0..count {
            // Low needles first, so that the lit top overlaps the shaded base.
            let layer = index as f32 / count as f32;
            let angle = random.unit() * std::f32::consts::TAU;
            let reach = random.unit().sqrt();
            let place = vector(
                angle.cos() * reach,
                (angle.sin() * reach * 0.40) + 0.20 - layer * 0.36,
            );
            let spot = self.centre + place * self.radius;
            let facing = place.dot(sunward) * 0.80 - place.y * 1.15 + random.bell() * 0.55;
            let light =
                (0.19 + facing * 0.66 + near_sun * 0.26 + self.depth * 0.10).clamp(0.0, 1.0);
            let colour = dark
                .mix(middle, (light * 1.8).min(1.0))
                .mix(lit, ((light - 0.50) * 1.7).clamp(0.0, 1.0));
            let lean = vector(
                place.x * 1.3 + 0.15 + random.bell() * 0.6,
                -0.75 + random.bell() * 0.5,
            );
            let needle = lean.normalised() * (self.radius * random.between(0.10, 0.19));
            canvas.dab(spot, needle, self.radius * 0.036, colour, 0.95);
        }
    }
}

fn wood(canvas: &mut Canvas) {
    for pair in TRUNK.windows(2) {
        bark(canvas, pair[0], pair[1]);
    }
    for (root, end, half) in BOUGHS {
        // A bough leaves level and turns up toward its end.
        let elbow = root + vector((end.x - root.x) * 0.55, (end.y - root.y) * 0.35);
        bark(canvas, (root, half), (elbow, half * 0.7));
        bark(canvas, (elbow, half * 0.7), (end, half * 0.25));
    }
    for root in [
        vector(-0.655, 1.0),
        vector(-0.56, 1.01),
        vector(-0.60, 1.03),
    ] {
        bark(canvas, (vector(-0.606, 0.955), 0.022), (root, 0.008));
    }
}

/// A tapering limb with furrowed bark and a warm rim on the sunny side.
fn bark(canvas: &mut Canvas, from: (Vector, f32), to: (Vector, f32)) {
    let dark = Colour::linear(0x2a_22_30);
    let middle = Colour::linear(0x6b_46_38);
    let rim = Colour::linear(0xf0_a5_60);
    let edge = to.0 - from.0;
    let length = edge.length().max(1e-6);
    let steps = (length / 0.005).ceil().max(1.0) as usize;
    let right = if edge.y < 0.0 { -1.0 } else { 1.0 };
    let side = edge.normalised().perpendicular() * -right;
    for step in 0..steps {
        let (start, stop) = (
            step as f32 / steps as f32,
            (step as f32 + 1.2) / steps as f32,
        );
        let half = from.1 + (to.1 - from.1) * start;
        let (low, high) = (from.0 + edge * start, from.0 + edge * stop.min(1.0));
        for ridge in 0..7 {
            let across = ridge as f32 / 3.0 - 1.0;
            let furrow = noise(vector(across * 3.0, low.y * 24.0), 350 + ridge);
            let shift = side * (across * half * 0.78);
            let light = (0.34 + across * 0.42 + furrow * 0.40).clamp(0.0, 1.0);
            let colour = dark
                .mix(middle, (light * 1.6).min(1.0))
                .mix(rim, ((light - 0.62) * 1.5).clamp(0.0, 0.8));
            canvas.blade(low + shift, high + shift, half * 0.26, half * 0.26, colour);
        }
    }
}
