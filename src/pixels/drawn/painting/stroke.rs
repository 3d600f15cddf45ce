//! One brush stroke: its course along the flow, and how its bristles lay
//! colour and thickness. Pure, any thread.

use std::ops::Range;

use super::super::colour::Colour;
use super::super::frame::{Area, Frame};
use super::super::noise::visible;
use super::super::random::Random;
use super::super::shape::smoothstep;
use super::super::vector::Vector;
use super::composition::Place;
use super::flow::{direction, turning_radius};
use super::surface::{Paint, Surface};

/// A brush and how it is used; all in picture units.
pub(crate) struct Brush {
    pub(crate) half_width: f32,
    pub(crate) length: f32,
    /// Thickness of the paint it leaves.
    pub(crate) thickness: f32,
    /// Straight pieces per stroke, at most [`PIECES`].
    pub(crate) pieces: usize,
}

/// The most straight pieces a stroke can have.
const PIECES: usize = 8;
/// Values per bristle table; neighbours are one bristle apart.
const BRISTLES: usize = 32;
/// Distance between bristles, picture units.
const BRISTLE_SPACING: f32 = 0.0066;

/// A stroke ready to be painted.
pub(crate) struct Stroke {
    /// Points of its course and the directions that separate its pieces.
    course: [(Vector, Vector); PIECES + 1],
    pieces: usize,
    half_width: f32,
    thickness: f32,
    colours: [Colour; 2],
    /// Bristle relief at the start and at the end of the stroke, and paint
    /// load, each `0.0..=1.0`.
    tables: [[f32; BRISTLES]; 3],
}

impl Stroke {
    /// Plans a stroke through `place`.
    pub(crate) fn new(
        brush: &Brush,
        place: Place,
        hand: &mut Random,
        jitter: f32,
        detail: f32,
    ) -> Self {
        let colour = place.pigment(hand, jitter, detail);
        let second = place.pigment(hand, jitter * 1.2, detail);
        let turning = turning_radius(place);
        let half_width = (brush.half_width * hand.between(0.75, 1.2)).min(0.004 + turning * 0.45);
        let length = (brush.length * hand.between(0.65, 1.25)).min(turning * 1.7 + half_width);
        let mut tables = [[0.0; BRISTLES]; 3];
        for value in tables.iter_mut().flatten() {
            *value = hand.unit();
        }
        let mut stroke = Self {
            course: [(place.point, Vector { x: 1.0, y: 0.0 }); PIECES + 1],
            pieces: 0,
            half_width,
            thickness: brush.thickness * hand.between(0.7, 1.3),
            colours: [colour, colour.mix(second, 0.55)],
            tables,
        };
        stroke.trace(place, length, brush.pieces.min(PIECES));
        stroke
    }

    /// Walks back half the length, then forward along the flow, and stays in
    /// the motif it started in.
    fn trace(&mut self, place: Place, length: f32, pieces: usize) {
        let step = length / pieces as f32;
        let mut start = place;
        for _ in 0..pieces / 2 {
            let back = Place::at(start.point - direction(start) * step);
            if back.motif != place.motif {
                break;
            }
            start = back;
        }
        let mut here = start;
        let mut heading = direction(here);
        self.course[0] = (here.point, heading);
        self.pieces = 0;
        for index in 1..=pieces {
            // A hand cannot turn on the spot: the heading eases along.
            let point = here.point + heading * step;
            let next = Place::at(point);
            if next.motif != place.motif && index > 2 {
                break;
            }
            let wanted = direction(Place {
                point,
                motif: place.motif,
            });
            let turned = (heading * 0.35 + wanted * 0.65).normalised();
            self.course[index] = (point, (heading + turned).normalised());
            heading = turned;
            here = Place {
                point,
                motif: place.motif,
            };
            self.pieces = index;
        }
    }

    /// Lays the stroke on the surface.
    pub(crate) fn paint(&self, surface: &mut Surface) {
        for index in 0..self.pieces {
            self.piece(surface, index);
        }
    }

    /// Paints the pixels between the dividing lines at both ends of a piece,
    /// so that every pixel of the stroke is touched once.
    fn piece(&self, surface: &mut Surface, index: usize) {
        let frame = surface.frame;
        let ((from, from_direction), (to, to_direction)) =
            (self.course[index], self.course[index + 1]);
        let across = (to - from).normalised().perpendicular();
        let coarse = visible(1.0 / BRISTLE_SPACING, frame.pixel);
        let fine = visible(3.0 / BRISTLE_SPACING, frame.pixel);
        let scale = 1.0 / self.half_width;
        let soft = frame.pixel * scale;
        let reach = self.half_width + frame.pixel * 0.5;
        let rows = frame.rows(Area::spanning(from, to, reach));
        let edges = [
            (across, from, reach),
            (across * -1.0, from, reach),
            (from_direction * -1.0, from, 0.0),
            (to_direction, to, 0.0),
        ];
        for row in rows {
            let line = row * frame.width;
            let first = frame.point(0, row);
            let Some(columns) = span(&frame, first, &edges) else {
                continue;
            };
            for column in columns {
                let point = frame.point(column, row);
                let entering = (point - from).dot(from_direction);
                let leaving = (to - point).dot(to_direction);
                let side = (point - from).dot(across) * scale;
                let part = entering / (entering + leaving).max(1e-9);
                let along = (index as f32 + part) / self.pieces as f32;
                if let Some(paint) = surface.paint.get_mut(line + column) {
                    self.touch(paint, along, side, soft, (coarse, fine));
                }
            }
        }
    }

    /// One pixel: `along` 0 start to 1 end, `side` -1 to 1 across, `soft` a
    /// pixel in those units, `weights` how visible coarse and fine bristles
    /// are at this size.
    #[inline]
    fn touch(&self, paint: &mut Paint, along: f32, side: f32, soft: f32, weights: (f32, f32)) {
        let bristle = (side + 1.0) * self.half_width * (1.0 / BRISTLE_SPACING) + 1.0;
        let start = lookup(&self.tables[0], bristle);
        let end = lookup(&self.tables[1], bristle);
        let load = lookup(&self.tables[2], bristle * 0.6 + 7.0);
        let coarse = (start + (end - start) * along - 0.5) * weights.0;
        let fine = if weights.1 > 0.0 {
            (lookup(&self.tables[1], bristle * 3.0 + 3.0) - 0.5) * weights.1
        } else {
            0.0
        };
        let grain = coarse + fine * 0.5;
        // The brush lands round, is pressed down, and lifts to a narrower end.
        let press = 1.0 - 0.30 * along * along;
        let edge = side.abs() / press + grain * 0.16;
        let landed = along - 0.07 * side * side;
        // Each bristle lifts off where its paint runs out.
        let lift = 1.06 - along - load * 0.34 - start * 0.10;
        let cover = ((1.0 - edge) / soft + 0.5).clamp(0.0, 1.0)
            * smoothstep(-0.03, 0.08, lift)
            * smoothstep(-0.02, 0.03, landed);
        if cover <= 0.0 {
            return;
        }
        let square = (edge * edge).min(1.0);
        // Paint is pushed aside into two lips and gathers where it started.
        let lips = smoothstep(0.30, 0.80, edge) * 0.30;
        let body = (1.0 - square * square) * (0.62 + lips + grain * 0.85);
        let height = self.thickness * body * (1.15 - 0.60 * along);
        let colour = self.colours[0].mix(
            self.colours[1],
            (load * 1.2 + grain * 0.6 - 0.1).clamp(0.0, 1.0),
        );
        let colour = colour * (1.0 + grain * 0.14);
        let opaque = cover * (0.96 - 0.22 * along);
        paint.colour = paint.colour.mix(colour, opaque);
        paint.thickness += (height + paint.thickness * 0.30 - paint.thickness) * opaque;
    }
}

/// The columns of the row that starts at `first` which lie on the inner side
/// of every edge, given as (outward normal, point, allowed distance).
#[inline]
fn span(frame: &Frame, first: Vector, edges: &[(Vector, Vector, f32); 4]) -> Option<Range<usize>> {
    let mut low = 0.0_f32;
    let mut high = frame.width as f32;
    for &(normal, anchor, limit) in edges {
        // Distance grows by `slope` per column, starting at `distance`.
        let distance = (first - anchor).dot(normal) - limit;
        let slope = normal.x * frame.pixel;
        if slope > 1e-9 {
            high = high.min(-distance / slope);
        } else if slope < -1e-9 {
            low = low.max(-distance / slope);
        } else if distance > 0.0 {
            return None;
        }
    }
    // Half-open on the right, so that neighbouring pieces never share a pixel.
    let (start, end) = (low.ceil() as usize, high.ceil() as usize);
    (start < end).then_some(start..end.min(frame.width))
}

/// Linear lookup between neighbouring bristles; the table repeats.
#[inline]
fn lookup(table: &[f32; BRISTLES], position: f32) -> f32 {
    let index = position as usize;
    let part = position - index as f32;
    let low = table[index % BRISTLES];
    let high = table[(index + 1) % BRISTLES];
    low + (high - low) * part
}
