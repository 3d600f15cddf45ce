//! The style picture: an oil painting of swirling sky over fields. This file
//! owns the order of work: strokes from big to small along the flow, then the
//! light on the paint. Colours are sRGB-encoded throughout. Pure, any thread.

mod composition;
mod flow;
mod mixing;
mod pigment;
mod relief;
mod stroke;
mod surface;

use image::Rgb32FImage;

use super::frame::Frame;
use super::random::Random;
use super::regions::{Region, mask};
use super::vector::{Vector, vector};
use composition::{Motif, Place};
use stroke::{Brush, Stroke};
use surface::Surface;

/// Narrow frames keep the great whirl of the sky in view.
const FOCUS: Vector = vector(-0.20, 0.42);
/// Strokes are placed over this much picture, whatever the frame shows, so
/// that every frame shows the same painting.
const REACH: f32 = 1.22;

/// One pass over the painting with one size of brush.
struct Pass {
    brush: Brush,
    /// Mean distance between strokes, picture units.
    spacing: f32,
    /// How far a stroke's tone may stray, `0.0..=1.0`.
    jitter: f32,
    /// Share of the places that get a stroke at all.
    density: f32,
    /// Only places that turn more tightly than this, picture units.
    within: f32,
}

const PASSES: [Pass; 5] = [
    Pass {
        brush: Brush {
            half_width: 0.026,
            length: 0.20,
            thickness: 0.0030,
            pieces: 8,
        },
        spacing: 0.072,
        jitter: 0.10,
        density: 1.0,
        within: f32::MAX,
    },
    Pass {
        brush: Brush {
            half_width: 0.0135,
            length: 0.150,
            thickness: 0.0040,
            pieces: 8,
        },
        spacing: 0.040,
        jitter: 0.16,
        density: 1.0,
        within: f32::MAX,
    },
    Pass {
        brush: Brush {
            half_width: 0.0085,
            length: 0.105,
            thickness: 0.0042,
            pieces: 6,
        },
        spacing: 0.0245,
        jitter: 0.24,
        density: 1.0,
        within: f32::MAX,
    },
    Pass {
        brush: Brush {
            half_width: 0.0052,
            length: 0.062,
            thickness: 0.0044,
            pieces: 4,
        },
        spacing: 0.0225,
        jitter: 0.34,
        density: 0.62,
        within: f32::MAX,
    },
    // Short touches where longer strokes could not follow the turn.
    Pass {
        brush: Brush {
            half_width: 0.0070,
            length: 0.034,
            thickness: 0.0042,
            pieces: 3,
        },
        spacing: 0.0125,
        jitter: 0.30,
        density: 0.9,
        within: 0.042,
    },
];

/// Paints the picture at `width` × `height` pixels.
pub(crate) fn draw(width: u32, height: u32) -> Rgb32FImage {
    let frame = Frame::new(width, height, FOCUS);
    let mut surface = Surface::new(frame);
    for (index, pass) in PASSES.iter().enumerate() {
        let mut random = Random::new(0x0070_6169_6e74 + index as u64);
        for (place, seed) in places(&mut random, pass) {
            let mut hand = Random::new(seed);
            if !surface.shows(place, pass.brush.length) || hand.unit() > pass.density {
                continue;
            }
            let detail = index as f32 / (PASSES.len() - 1) as f32;
            let here = Place::at(place);
            if flow::turning_radius(here) > pass.within {
                continue;
            }
            let stroke = Stroke::new(&pass.brush, here, &mut hand, pass.jitter, detail);
            stroke.paint(&mut surface);
        }
    }
    relief::light(&surface)
}

/// The painting's mask at `width` × `height` pixels, for [`draw`]'s picture of
/// that size.
pub(crate) fn regions(width: u32, height: u32) -> Rgb32FImage {
    let frame = Frame::new(width, height, FOCUS);
    mask(&frame, |point| match Place::at(point).motif {
        Motif::Sky => Region::Sky,
        // The blue hills lend the sea more strokes than the river has.
        Motif::River | Motif::FarHill => Region::Sea,
        _ => Region::Land,
    })
}

/// Jittered grid points with a seed each, in an order that does not show.
fn places(random: &mut Random, pass: &Pass) -> Vec<(Vector, u64)> {
    let columns = (2.0 * REACH / pass.spacing).ceil() as usize;
    let rows = (1.08 / pass.spacing).ceil() as usize;
    let mut found = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let place = vector(
                -REACH + (column as f32 + random.unit()) * pass.spacing,
                -0.04 + (row as f32 + random.unit()) * pass.spacing,
            );
            found.push((random.seed(), place));
        }
    }
    found.sort_by_key(|entry| entry.0);
    found
        .into_iter()
        .map(|(seed, place)| (place, u64::from(seed)))
        .collect()
}
