//! From the memory that small runs took, what a large one will take. Pure arithmetic, but for the measuring. Main thread.

use super::SMALL_SIDES;
use super::probe::Shape;
use crate::command::run::plan::Plan;
use crate::engine::way::{
    Tiling, content_bytes_per_pixel, remembered_bytes_per_pixel, rows_on_their_way,
};
use crate::preset::{OptimizerKind, Preset};

/// Of a run in one piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Whole {
    /// Bytes, however small the picture is.
    pub(super) fixed: f64,
    pub(super) per_pixel: f64,
}

/// Of a run in tiles: it follows from that in one piece.
#[derive(Debug, Clone)]
pub(super) struct Tiled {
    width: u32,
    rows_on_their_way: u32,
    whole: Whole,
    /// Bytes for each pixel of the picture.
    per_pixel: f64,
    preset: Preset,
}

/// What there is of all of the picture, however small the tiles are: itself, its gradient and the optimiser's moments; the
/// content picture as it was read; a state to go back to; and for a moment a checkpoint, and the result.
const KEPT_BYTES_PER_PIXEL: f64 = 123.0;
/// How much of what a pixel takes in one piece a pixel of a tile takes, and one that is on its way back, as found by measuring.
const SHARE_IN_TILE: f64 = 1.6;
const SHARE_ON_WAY: f64 = 0.83;
/// A run takes so much more than where memory is measured, since what it frees is kept for a while; as found by measuring.
const FREED_IN_ADDITION: f64 = 1.2;

/// Steps that are made where memory is measured.
pub(super) const STEPS: u64 = 3;

/// What is only there in later steps than those: L-BFGS's pairs of pictures.
pub(super) fn later_bytes_per_pixel(preset: &Preset) -> f64 {
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
            let bytes = FREED_IN_ADDITION * small.peak_bytes(plan)?;
            Some((small.pixels(), bytes))
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
    /// Of the run that `shape` is about, which takes `whole` in one piece.
    pub(super) fn new(whole: Whole, shape: &Shape) -> Self {
        Self {
            per_pixel: KEPT_BYTES_PER_PIXEL + content_bytes_per_pixel(&shape.preset),
            rows_on_their_way: rows_on_their_way(&shape.preset),
            width: shape.size().0,
            preset: shape.preset.clone(),
            whole,
        }
    }

    /// Of a picture of so many pixels.
    pub(super) fn bytes(&self, pixels: f64, tiling: Tiling) -> f64 {
        let rows = SHARE_IN_TILE * f64::from(tiling.rows)
            + SHARE_ON_WAY * f64::from(self.rows_on_their_way);
        let most = tiling.remembered_bytes_per_pixel;
        let per_pixel = self.per_pixel + remembered_bytes_per_pixel(&self.preset, most);
        self.whole.bytes(rows * f64::from(self.width)) + per_pixel * pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset;

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
    fn lower_tiles_and_those_that_remember_less_take_less_and_what_is_kept_remains() {
        let preset = preset::load("gatys", &[]).unwrap().preset;
        let tiled = Tiled {
            rows_on_their_way: rows_on_their_way(&preset),
            width: 4096,
            whole: Whole {
                fixed: 4e8,
                per_pixel: 2000.0,
            },
            per_pixel: 400.0,
            preset,
        };
        let pixels = 4096.0 * 4096.0;
        let bytes = [(64, 300), (64, 12), (16, 12), (16, 0)].map(|(rows, most)| {
            let tiling = Tiling {
                rows,
                remembered_bytes_per_pixel: most,
            };
            tiled.bytes(pixels, tiling)
        });
        assert!(bytes.is_sorted_by(|more, less| more > less));
        assert!(bytes[0] < tiled.whole.bytes(pixels));
        assert!(bytes[3] > 400.0 * pixels);
    }
}
