//! A small sailing boat against the light, with its broken reflection. Pure,
//! any thread.

use super::super::canvas::Canvas;
use super::super::colour::Colour;
use super::super::frame::Area;
use super::super::noise::noise;
use super::super::shape::{coverage, polygon, smoothstep};
use super::super::vector::{Vector, vector};

/// Waterline below the mast.
const FOOT: Vector = vector(-0.168, 0.660);
/// Height from the waterline to the masthead.
const SIZE: f32 = 0.128;

/// The boat in its own units: mast foot at the origin, masthead at `y` = -1.
struct Boat {
    main_sail: [Vector; 6],
    fore_sail: [Vector; 5],
    hull: [Vector; 7],
    cream: Colour,
    amber: Colour,
    wood: Colour,
}

impl Boat {
    fn new() -> Self {
        Self {
            main_sail: [
                vector(0.015, -0.99),
                vector(0.16, -0.72),
                vector(0.28, -0.46),
                vector(0.37, -0.17),
                vector(0.18, -0.155),
                vector(0.015, -0.16),
            ],
            fore_sail: [
                vector(-0.02, -0.90),
                vector(-0.025, -0.17),
                vector(-0.19, -0.15),
                vector(-0.36, -0.12),
                vector(-0.21, -0.50),
            ],
            hull: [
                vector(-0.42, -0.10),
                vector(-0.15, -0.075),
                vector(0.40, -0.105),
                vector(0.36, -0.02),
                vector(0.27, 0.03),
                vector(-0.18, 0.03),
                vector(-0.32, -0.01),
            ],
            cream: Colour::linear(0xff_f0_cf),
            amber: Colour::linear(0xd9_8a_56),
            wood: Colour::linear(0x3b_25_30),
        }
    }

    /// Colour and coverage at `spot`, with pixels of side `pixel`, both in the
    /// boat's own units.
    fn at(&self, spot: Vector, pixel: f32) -> (Colour, f32) {
        let mut result = (Colour::BLACK, 0.0);
        let mut lay = |colour: Colour, distance: f32| {
            let cover = coverage(distance, pixel);
            result = (
                result
                    .0
                    .mix(colour, if result.1 > 0.0 { cover } else { 1.0 }),
                cover.max(result.1),
            );
        };
        let mast = polygon(
            spot,
            &[
                vector(-0.012, -1.03),
                vector(0.010, -1.03),
                vector(0.012, 0.0),
                vector(-0.014, 0.0),
            ],
        );
        lay(self.wood, mast);
        // Backlit canvas: brightest where it bellies toward the sun.
        let belly = smoothstep(0.42, -0.02, spot.x) * 0.75 + 0.2 * smoothstep(0.0, -1.0, spot.y);
        let seams = 1.0 - 0.10 * smoothstep(0.4, 0.5, ((spot.y * 7.0).sin()).abs() - 0.5);
        lay(
            self.amber.mix(self.cream, belly) * (seams * 0.95),
            polygon(spot, &self.main_sail),
        );
        let fore = smoothstep(-0.40, 0.0, spot.x);
        lay(
            self.cream.mix(self.amber, fore * 0.7) * 1.05,
            polygon(spot, &self.fore_sail),
        );
        let rail = smoothstep(-0.055, -0.075, spot.y);
        lay(
            self.wood.mix(Colour::linear(0xb5_48_2f), rail),
            polygon(spot, &self.hull),
        );
        result
    }
}

/// Draws the boat and, below its waterline, the reflection.
pub(crate) fn draw(canvas: &mut Canvas) {
    let boat = Boat::new();
    let pixel = canvas.frame.pixel;
    let area = Area {
        left: FOOT.x - SIZE * 0.6,
        top: FOOT.y - SIZE * 1.1,
        right: FOOT.x + SIZE * 0.6,
        bottom: FOOT.y + SIZE * 0.85,
    };
    canvas.shade(area, |point, under| {
        let spot = (point - FOOT) * (1.0 / SIZE);
        let mut colour = under;
        if spot.y > 0.0 {
            let wave = noise(vector(point.x * 16.0, point.y * 130.0), 91);
            let mirrored = vector(
                spot.x + wave * 0.07 * (0.4 + spot.y),
                -spot.y * 1.25 + wave * 0.05,
            );
            let (image, cover) = boat.at(mirrored, pixel / SIZE * 2.0);
            let fade = 0.62 * smoothstep(0.85, 0.0, spot.y);
            colour = colour.mix(image * 0.72, cover * fade);
        }
        let (image, cover) = boat.at(spot, pixel / SIZE);
        colour.mix(image, cover)
    });
}
