//! Three ranges of mountains across the water, each paler the farther it is.
//! Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::noise::{fractal, noise, octaves, ridged};
use super::super::shape::{coverage, smoothstep};
use super::super::vector::vector;
use super::layout::{HORIZON, SUN};
use super::sky::Sky;

/// One range: heights are picture units above the horizon.
struct Range {
    height: f32,
    roughness: f32,
    frequency: f32,
    seed: u32,
    /// 0 near and full-coloured, 1 lost in haze.
    haze: f32,
    /// Peaks gather around this `x`, within about `spread`.
    middle: f32,
    spread: f32,
}

const RANGES: [Range; 3] = [
    Range {
        height: 0.115,
        roughness: 0.060,
        frequency: 3.2,
        seed: 401,
        haze: 0.58,
        middle: -0.52,
        spread: 0.42,
    },
    Range {
        height: 0.072,
        roughness: 0.044,
        frequency: 4.6,
        seed: 502,
        haze: 0.34,
        middle: -0.72,
        spread: 0.36,
    },
    Range {
        height: 0.030,
        roughness: 0.022,
        frequency: 7.0,
        seed: 603,
        haze: 0.12,
        middle: -0.60,
        spread: 0.26,
    },
];

/// Draws the ranges, farthest first.
pub(crate) fn draw(canvas: &mut Canvas) {
    let sky = Sky::new();
    let pixel = canvas.frame.pixel;
    let rock = Colour::linear(0x37_43_7c);
    let lit = Colour::linear(0xd0_8a_78);
    for range in &RANGES {
        let detail = octaves(range.frequency, pixel, 6);
        let mut area: Area = canvas.frame.area();
        area.top = HORIZON - range.height * 1.7;
        area.bottom = HORIZON + pixel;
        let skyline = |x: f32| {
            let aside = (x - range.middle) / range.spread;
            let mass = 1.0 / (1.0 + aside * aside * aside * aside);
            let rough = ridged(vector(x * range.frequency, 0.3), detail, range.seed) - 0.5;
            HORIZON + 0.012 - (range.height * mass + range.roughness * rough * (0.35 + mass))
        };
        // One skyline height per pixel column, not per pixel.
        let frame = canvas.frame;
        let tops: Vec<f32> = (0..frame.width)
            .map(|column| skyline(frame.point(column, 0).x))
            .collect();
        canvas.shade(area, |point, under| {
            let (column, _) = frame.nearest(point);
            let top = tops.get(column).copied();
            let below = point.y - top.unwrap_or(1.0);
            let cover = coverage(-below, pixel);
            if cover <= 0.0 {
                return under;
            }
            // Spurs run down from the crest: noise sheared along the slope.
            let grain = vector(point.x + below * 0.55, below * 0.55) * (range.frequency * 3.4);
            let fold = fractal(grain, 4.min(detail), range.seed + 77)
                - fractal(grain + vector(0.22, 0.0), 3.min(detail), range.seed + 77);
            let sunny = smoothstep(-0.15, 0.45, fold) * smoothstep(range.height * 1.3, 0.0, below);
            let aside = point.x - SUN.x;
            let near = 1.0 / (1.0 + 14.0 * aside * aside);
            let base = rock.mix(lit, sunny * (0.28 + 0.35 * near));
            let mist = noise(vector(point.x * 5.0, point.y * 30.0), range.seed) * 0.06;
            let low = smoothstep(range.height * 0.9, 0.0, HORIZON - point.y);
            let haze = (range.haze + (0.92 - range.haze) * low * 0.5 + near * 0.10 + mist)
                .clamp(0.0, 0.96);
            let air = sky.clear(vector(point.x, HORIZON - 0.07)) * (0.94 + 0.25 * near);
            under.mix(base.mix(air, haze), cover)
        });
    }
}
