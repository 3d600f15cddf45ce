//! Signed distances and smooth steps: how outlines turn into antialiased
//! coverage. Distances are in picture units, negative inside. Pure, any
//! thread.

use super::vector::Vector;

/// 0 below `low`, 1 above `high`, smooth between (also for `low` > `high`).
#[inline]
pub(crate) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// Share `0.0..=1.0` of a pixel of side `pixel` inside an outline at `distance`.
#[inline]
pub(crate) fn coverage(distance: f32, pixel: f32) -> f32 {
    (0.5 - distance / pixel).clamp(0.0, 1.0)
}

/// Distance to a polygon (any winding, not self-crossing).
pub(crate) fn polygon(point: Vector, corners: &[Vector]) -> f32 {
    let Some(&last) = corners.last() else {
        return f32::MAX;
    };
    let mut nearest = f32::MAX;
    let mut inside = false;
    let mut previous = last;
    for &corner in corners {
        let edge = previous - corner;
        let offset = point - corner;
        let along = (offset.dot(edge) / edge.dot(edge).max(1e-12)).clamp(0.0, 1.0);
        let away = offset - edge * along;
        nearest = nearest.min(away.dot(away));
        if (corner.y > point.y) != (previous.y > point.y)
            && point.x
                < (previous.x - corner.x) * (point.y - corner.y) / (previous.y - corner.y)
                    + corner.x
        {
            inside = !inside;
        }
        previous = corner;
    }
    let distance = nearest.sqrt();
    if inside { -distance } else { distance }
}

/// A smooth height curve through `knots` (ascending `x`), level beyond the
/// ends: Catmull-Rom with uneven spacing.
pub(crate) fn curve(knots: &[Vector], x: f32) -> f32 {
    let (Some(&first), Some(&last)) = (knots.first(), knots.last()) else {
        return 0.0;
    };
    if x <= first.x {
        return first.y;
    }
    if x >= last.x {
        return last.y;
    }
    let right = knots.iter().position(|knot| knot.x > x).unwrap_or(1).max(1);
    let (start, end) = (knots[right - 1], knots[right]);
    let tangent = |index: usize| {
        let before = knots[index.saturating_sub(1)];
        let after = knots[(index + 1).min(knots.len() - 1)];
        (after.y - before.y) / (after.x - before.x)
    };
    let span = end.x - start.x;
    let part = (x - start.x) / span;
    let (square, cube) = (part * part, part * part * part);
    start.y * (2.0 * cube - 3.0 * square + 1.0)
        + tangent(right - 1) * span * (cube - 2.0 * square + part)
        + end.y * (3.0 * square - 2.0 * cube)
        + tangent(right) * span * (cube - square)
}
