//! Where the large things of the scene stand, in picture units, shared by the
//! layers that must agree on it. Constants and pure functions, any thread.

use super::super::shape::curve;
use super::super::vector::{Vector, vector};

/// What narrow frames keep in view: the lighthouse.
pub(crate) const FOCUS: Vector = vector(0.24, 0.45);
/// Height of the sea horizon, the viewer's eye level.
pub(crate) const HORIZON: f32 = 0.585;
/// Centre of the sun's disc.
pub(crate) const SUN: Vector = vector(-0.235, 0.488);
/// Foot of the lighthouse, on the headland.
pub(crate) const LIGHTHOUSE: Vector = vector(0.215, 0.497);
/// Where the cliff meets the water.
pub(crate) const WATERLINE: f32 = 0.705;

/// Skyline of the headland at `x`.
pub(crate) fn headland(x: f32) -> f32 {
    curve(
        &[
            vector(-0.02, 0.572),
            vector(0.03, 0.528),
            vector(0.10, 0.505),
            vector(0.22, 0.491),
            vector(0.34, 0.486),
            vector(0.48, 0.468),
            vector(0.60, 0.438),
            vector(0.75, 0.418),
            vector(1.2, 0.40),
        ],
        x,
    )
}

/// Crest of the near meadow at `x`.
pub(crate) fn meadow(x: f32) -> f32 {
    curve(
        &[
            vector(-1.2, 0.80),
            vector(-0.70, 0.815),
            vector(-0.45, 0.845),
            vector(-0.20, 0.845),
            vector(0.02, 0.800),
            vector(0.22, 0.722),
            vector(0.42, 0.640),
            vector(0.60, 0.585),
            vector(0.80, 0.545),
            vector(1.2, 0.50),
        ],
        x,
    )
}

/// Middle of the winding path at height `y`.
pub(crate) fn path(y: f32) -> f32 {
    // The curve helper runs along its first coordinate, so `y` goes there.
    curve(
        &[
            vector(0.56, 0.62),
            vector(0.60, 0.555),
            vector(0.635, 0.475),
            vector(0.67, 0.425),
            vector(0.71, 0.43),
            vector(0.76, 0.39),
            vector(0.81, 0.26),
            vector(0.86, 0.13),
            vector(0.91, 0.085),
            vector(0.96, 0.11),
            vector(1.03, 0.05),
        ],
        y,
    )
}

/// Half-width of the path at height `y`: it narrows with distance.
pub(crate) fn path_half_width(y: f32) -> f32 {
    let near = (y - 0.56).max(0.0);
    0.005 + near * 0.030 + near * near * 0.23
}

/// Size of things standing on the near meadow at height `y`, 0 far to 1 at
/// the bottom edge.
pub(crate) fn nearness(y: f32) -> f32 {
    ((y - 0.53) / 0.47).clamp(0.05, 1.2)
}
