//! The sea: a rippled mirror of the sky above it, deeper in colour toward the
//! viewer, with the sun's glitter path. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::noise::{fractal, noise, octaves};
use super::super::shape::smoothstep;
use super::super::vector::{Vector, vector};
use super::layout::{HORIZON, SUN};

/// Ripples keep their shape on screen while they shrink toward the horizon,
/// because they live on a logarithmic depth scale.
fn ripple_space(point: Vector) -> Vector {
    let depth = point.y - HORIZON + 0.012;
    vector(point.x * 1.9 / depth.sqrt() / 0.5, depth.ln() * 15.0)
}

/// Fills everything below the horizon.
pub(crate) fn draw(canvas: &mut Canvas) {
    let deep = Colour::linear(0x0b_44_66);
    let shallow = Colour::linear(0x2b_8f_96);
    let gold = Colour::linear(0xff_c4_70);
    let pixel = canvas.frame.pixel;
    let detail = octaves(20.0, pixel, 4);
    let mut area = canvas.frame.area();
    area.top = HORIZON;
    // The near meadow hides everything lower than this.
    area.bottom = area.bottom.min(0.90);
    canvas.reflect(area, |point, above| {
        let down = point.y - HORIZON;
        let space = ripple_space(point);
        let slope = fractal(space, detail, 71);
        let swell = noise(space * 0.31, 72);
        let tilt = slope * 0.85 + swell * 0.5;
        let wobble = vector(tilt * 0.018, -tilt * (0.025 + down * 0.30));
        let mirrored = vector(point.x, HORIZON - 0.004 - down * 1.15) + wobble;
        let mirrored = vector(mirrored.x, mirrored.y.min(HORIZON - 0.002));
        let sky = above.at(mirrored);
        // Steeper view into the water near the viewer: less mirror, more depth.
        let grazing = 1.0 - smoothstep(0.0, 0.30, down + tilt * 0.10);
        let body = deep.mix(shallow, smoothstep(-0.5, 0.9, slope + swell * 0.4) * 0.75);
        let mirror = 0.20 + 0.56 * grazing;
        let water = body.mix(sky.tinted(Colour::new(0.82, 0.92, 1.0)), mirror);
        let aside = (point.x - SUN.x - swell * 0.02) / (0.018 + down * 0.30);
        let path = 1.0 / (1.0 + aside * aside * aside * aside + aside * aside);
        let glint = smoothstep(0.52 - path * 0.64, 0.82 - path * 0.46, slope + swell * 0.15);
        let line = smoothstep(0.010, 0.0, down) * 0.25;
        water.mix(sky, line).mix(gold * 0.9, path * 0.22) + gold * (glint * path * 1.8)
    });
}
