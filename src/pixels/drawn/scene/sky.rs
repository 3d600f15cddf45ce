//! The evening sky: a gradient from deep blue to gold, and the sun with its
//! glow. Pure, any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::shape::{coverage, smoothstep};
use super::super::vector::Vector;
use super::layout::{HORIZON, SUN};

/// Elevation (0 horizon, 1 top edge), colour under the sun, colour far away.
const STOPS: [(f32, u32, u32); 6] = [
    (0.00, 0xff_9d_52, 0xdf_8a_84),
    (0.12, 0xff_bd_78, 0xdb_9a_9c),
    (0.28, 0xfb_d6_a6, 0xb0_97_bc),
    (0.48, 0xbc_cd_cb, 0x7c_8c_c0),
    (0.74, 0x66_99_c0, 0x4a_6d_b0),
    (1.00, 0x37_65_9f, 0x2a_46_89),
];

/// The gradient with its colours already in linear light.
pub(crate) struct Sky {
    stops: [(f32, Colour, Colour); STOPS.len()],
}

impl Sky {
    pub(crate) fn new() -> Self {
        Self {
            stops: STOPS
                .map(|(at, sunward, away)| (at, Colour::linear(sunward), Colour::linear(away))),
        }
    }

    /// The clear sky at `point`, without the sun's disc.
    pub(crate) fn clear(&self, point: Vector) -> Colour {
        let elevation = ((HORIZON - point.y) / HORIZON).clamp(0.0, 1.0);
        let mut colours = (self.stops[0].1, self.stops[0].2);
        for pair in self.stops.windows(2) {
            let ((low, low_sun, low_away), (high, high_sun, high_away)) = (pair[0], pair[1]);
            if elevation >= low {
                let part = (elevation - low) / (high - low);
                colours = (low_sun.mix(high_sun, part), low_away.mix(high_away, part));
            }
        }
        let aside = point.x - SUN.x;
        let sunward = 1.0 / (1.0 + 3.2 * aside * aside);
        colours.1.mix(colours.0, sunward)
    }
}

/// Fills everything above the horizon.
pub(crate) fn draw(canvas: &mut Canvas) {
    let sky = Sky::new();
    let gold = Colour::linear(0xff_b4_4e);
    let white = Colour::linear(0xff_f3_d0);
    let pixel = canvas.frame.pixel;
    let mut area = canvas.frame.area();
    area.bottom = HORIZON + pixel;
    canvas.shade(area, |point, _| {
        let distance = (point - SUN).length();
        let near = 1.0 / (1.0 + 90.0 * distance * distance);
        let wide = 1.0 / (1.0 + 9.0 * distance * distance);
        let disc = coverage(distance - 0.028, pixel.max(0.005));
        let halo = smoothstep(0.085, 0.025, distance);
        (sky.clear(point) + gold * (near * 0.62 + wide * 0.07))
            .mix(white * 1.6, halo * 0.35)
            .mix(white * 4.0, disc)
    });
}
