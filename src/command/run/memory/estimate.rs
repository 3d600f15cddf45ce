//! From the memory that small runs took, what a large one will take. Pure arithmetic, but for the measuring. Main thread.

use std::ops::RangeInclusive;

use super::probe::Shape;
use super::{SMALL_SIDES, SMALL_TILES};
use crate::command::run::plan::Plan;
use crate::engine::way::{TilePixels, tile_pixels};
use crate::preset::{OptimizerKind, Preset};

/// Of a run in one piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Whole {
    /// Bytes, however small the picture is.
    pub(super) fixed: f64,
    pub(super) per_pixel: f64,
}

/// Of a run in tiles.
#[derive(Debug, Clone)]
pub(super) struct Tiled {
    preset: Preset,
    size: (u32, u32),
    fixed: f64,
    /// Bytes for each pixel of the picture.
    per_pixel: f64,
    /// Bytes for each pixel that the largest tile sees.
    per_seen: f64,
}

/// Steps that are made where memory is measured.
pub(super) const STEPS: u64 = 3;

/// What is only remembered in later steps than those: L-BFGS's pairs of pictures.
pub(super) fn remembered_bytes_per_pixel(preset: &Preset) -> f64 {
    match preset.optimizer.kind {
        OptimizerKind::Adam => 0.0,
        OptimizerKind::Lbfgs => {
            let pairs = u64::from(preset.optimizer.history).min(preset.total_steps());
            // Two pictures of three numbers of four bytes.
            pairs.saturating_sub(STEPS) as f64 * 24.0
        }
    }
}

impl Whole {
    /// `None` where a run on small pictures does not come to its end.
    pub(super) fn measured(plan: &Plan, shape: &Shape) -> Option<Self> {
        let [small, larger] = SMALL_SIDES.map(|side| {
            let small = shape.at(side);
            Some((small.pixels(), small.peak_bytes(plan, None)?))
        });
        Some(Self::through(small?, larger?))
    }

    /// The straight line through two measurements of pixels and bytes.
    fn through(small: (f64, f64), larger: (f64, f64)) -> Self {
        let per_pixel = ((larger.1 - small.1) / (larger.0 - small.0).max(1.0)).max(0.0);
        Self {
            fixed: (small.1 - per_pixel * small.0).max(0.0),
            per_pixel,
        }
    }

    pub(super) fn bytes(&self, pixels: f64) -> f64 {
        self.fixed + self.per_pixel * pixels
    }
}

impl Tiled {
    /// `None` where a run on small pictures does not come to its end.
    pub(super) fn measured(plan: &Plan, shape: &Shape) -> Option<Self> {
        let [side, larger_side] = SMALL_SIDES;
        let [tile, larger_tile] = SMALL_TILES;
        let measure = |side: u32, tile: u32| {
            let small = shape.at(side);
            let seen = tile_pixels(&small.preset, small.size(), tile)?.largest as f64;
            Some((small.pixels(), seen, small.peak_bytes(plan, Some(tile))?))
        };
        let one = measure(side, tile)?;
        let wider = measure(larger_side, tile)?;
        let coarser = measure(larger_side, larger_tile)?;
        let (per_pixel, per_seen) = slopes(one, wider, coarser);
        Some(Self {
            preset: plan.preset.preset.clone(),
            size: shape.size(),
            fixed: (one.2 - per_pixel * one.0 - per_seen * one.1).max(0.0),
            per_pixel,
            per_seen,
        })
    }

    fn pixels_at(&self, side: u32) -> TilePixels {
        tile_pixels(&self.preset, self.size, side).unwrap_or_default()
    }

    /// Of a picture of so many pixels in tiles of `side`.
    pub(super) fn bytes(&self, pixels: f64, side: u32) -> f64 {
        self.fixed + self.per_pixel * pixels + self.per_seen * self.pixels_at(side).largest as f64
    }

    /// The largest side for which so many bytes suffice.
    pub(super) fn largest_side(
        &self,
        pixels: f64,
        bytes: f64,
        sides: RangeInclusive<u32>,
    ) -> Option<u32> {
        // By steps of the coarsest layer.
        let mut sides: Vec<u32> = sides.step_by(64).collect();
        sides.reverse();
        sides
            .into_iter()
            .find(|side| self.bytes(pixels, *side) <= bytes)
    }

    /// How much longer a step takes than in one piece: what tiles see beyond their own part, and one more way there in
    /// addition to the way there and the way back, which takes twice as long.
    pub(super) fn times(&self, (width, height): (u32, u32), side: u32) -> f64 {
        let pixels = f64::from(width) * f64::from(height);
        self.pixels_at(side).all as f64 / pixels.max(1.0) * 4.0 / 3.0
    }
}

/// Bytes for each pixel, and for each one seen, from three measurements of pixels, pixels seen, bytes: `wider` with more
/// pixels than `one` in tiles alike, `coarser` with larger tiles than `wider`.
fn slopes(one: (f64, f64, f64), wider: (f64, f64, f64), coarser: (f64, f64, f64)) -> (f64, f64) {
    let per_seen = (coarser.2 - wider.2) / (coarser.1 - wider.1).max(1.0);
    let per_seen = per_seen.max(0.0);
    // Tiles of a larger picture may see a little more.
    let more = (wider.2 - one.2) - per_seen * (wider.1 - one.1);
    ((more / (wider.0 - one.0).max(1.0)).max(0.0), per_seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_two_points() {
        let line = Whole::through((100.0, 700.0), (300.0, 1300.0));
        assert_eq!(
            line,
            Whole {
                fixed: 400.0,
                per_pixel: 3.0
            }
        );
        assert!((line.bytes(1000.0) - 3400.0).abs() < 1e-9);
        // Noise is no reason to promise that more pixels take less.
        let noisy = Whole::through((100.0, 700.0), (300.0, 600.0));
        assert!(noisy.per_pixel.abs() < f64::EPSILON);
    }

    #[test]
    fn a_plane_through_three() {
        let bytes = |pixels: f64, seen: f64| (pixels, seen, 50.0 + 2.0 * pixels + 7.0 * seen);
        let (per_pixel, per_seen) = slopes(bytes(10.0, 3.0), bytes(40.0, 4.0), bytes(40.0, 9.0));
        assert!((per_pixel - 2.0).abs() < 1e-9 && (per_seen - 7.0).abs() < 1e-9);
    }
}
