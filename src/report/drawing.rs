//! What is to be drawn: shapes in the order in which they lie on each other, before anybody knows on what. Plain
//! data; any thread.

use std::sync::Arc;

use image::RgbImage;
use plotters::style::RGBColor;

use super::font::{self, Face};

/// A rectangle, in pixels from the upper left corner of what is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(self) -> f64 {
        self.bottom - self.top
    }
}

/// Where a text lies beside the point it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    RightOf,
    LeftOf,
    CentredOn,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Type {
    /// From the top of the highest letter to the bottom of the lowest, in pixels.
    pub(super) size: f64,
    pub(super) face: Face,
    pub(super) color: RGBColor,
}

/// Something on the page.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Rectangle {
        area: Area,
        color: RGBColor,
        opacity: f64,
    },
    Polygon {
        corners: Vec<(f64, f64)>,
        color: RGBColor,
        opacity: f64,
    },
    /// With round corners and ends.
    Line {
        points: Vec<(f64, f64)>,
        thickness: f64,
        color: RGBColor,
    },
    Dot {
        centre: (f64, f64),
        radius: f64,
        color: RGBColor,
    },
    Text {
        text: String,
        /// The middle of the left edge.
        at: (f64, f64),
        how: Type,
    },
    Picture {
        area: Area,
        picture: Arc<RgbImage>,
    },
}

/// A page, or a chart by itself.
#[derive(Debug, Clone)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What is not drawn on; nothing where the ground is somebody else's.
    pub(super) ground: Option<RGBColor>,
    pub(super) shapes: Vec<Shape>,
}

impl Drawing {
    pub(super) fn new(width: f64, height: f64, ground: Option<RGBColor>) -> Self {
        Self {
            width,
            height,
            ground,
            shapes: Vec::new(),
        }
    }

    pub(super) fn rectangle(&mut self, area: Area, color: RGBColor, opacity: f64) {
        self.shapes.push(Shape::Rectangle {
            area,
            color,
            opacity,
        });
    }

    pub(super) fn polygon(&mut self, corners: Vec<(f64, f64)>, color: RGBColor, opacity: f64) {
        if corners.len() > 2 {
            self.shapes.push(Shape::Polygon {
                corners,
                color,
                opacity,
            });
        }
    }

    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, thickness: f64, color: RGBColor) {
        if !points.is_empty() {
            self.shapes.push(Shape::Line {
                points,
                thickness,
                color,
            });
        }
    }

    /// The same in strokes of `dash` pixels with as much between them.
    pub(super) fn dashed(
        &mut self,
        points: &[(f64, f64)],
        thickness: f64,
        color: RGBColor,
        dash: f64,
    ) {
        let mut stroke: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
        let (mut left, mut is_drawn) = (dash, true);
        for pair in points.windows(2) {
            let [mut from, to] = [pair[0], pair[1]];
            loop {
                let length = (to.0 - from.0).hypot(to.1 - from.1);
                if length <= left {
                    left -= length;
                    if is_drawn {
                        stroke.push(to);
                    }
                    break;
                }
                let share = left / length;
                from = (
                    from.0 + (to.0 - from.0) * share,
                    from.1 + (to.1 - from.1) * share,
                );
                if is_drawn {
                    stroke.push(from);
                    self.line(std::mem::take(&mut stroke), thickness, color);
                } else {
                    stroke = vec![from];
                }
                (left, is_drawn) = (dash, !is_drawn);
            }
        }
        self.line(stroke, thickness, color);
    }

    pub(super) fn dot(&mut self, centre: (f64, f64), radius: f64, color: RGBColor) {
        self.shapes.push(Shape::Dot {
            centre,
            radius,
            color,
        });
    }

    /// Beside the point; centred from top to bottom.
    pub(super) fn text(&mut self, text: &str, (x, y): (f64, f64), side: Side, how: Type) {
        if text.is_empty() {
            return;
        }
        let left = match side {
            Side::RightOf => x,
            Side::LeftOf => x - font::width(text, how.size, how.face),
            Side::CentredOn => x - font::width(text, how.size, how.face) / 2.0,
        };
        self.shapes.push(Shape::Text {
            text: text.to_owned(),
            at: (left, y),
            how,
        });
    }

    pub(super) fn picture(&mut self, area: Area, picture: Arc<RgbImage>) {
        self.shapes.push(Shape::Picture { area, picture });
    }
}

impl Shape {
    /// From where to where it reaches, from top to bottom; a little more does no harm.
    pub(super) fn reach(&self) -> (f64, f64) {
        let around = |points: &[(f64, f64)], room: f64| {
            let down = || points.iter().map(|point| point.1);
            (
                down().fold(f64::INFINITY, f64::min) - room,
                down().fold(f64::NEG_INFINITY, f64::max) + room,
            )
        };
        match self {
            Self::Rectangle { area, .. } | Self::Picture { area, .. } => (area.top, area.bottom),
            Self::Polygon { corners, .. } => around(corners, 0.0),
            Self::Line {
                points, thickness, ..
            } => around(points, *thickness),
            Self::Dot { centre, radius, .. } => around(&[*centre], *radius),
            Self::Text { at, how, .. } => around(&[*at], how.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_half_of_a_line() {
        let mut drawing = Drawing::new(100.0, 10.0, None);
        let points = [(0.0, 5.0), (3.0, 5.0), (40.0, 5.0), (80.0, 5.0)];
        drawing.dashed(&points, 1.0, RGBColor(0, 0, 0), 10.0);
        let drawn: Vec<(f64, f64)> = drawing
            .shapes
            .iter()
            .map(|shape| match shape {
                Shape::Line { points, .. } => (points[0].0, points[points.len() - 1].0),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [(0.0, 10.0), (20.0, 30.0), (40.0, 50.0), (60.0, 70.0)];
        assert_eq!(drawn.len(), expected.len(), "{drawn:?}");
        for (drawn, expected) in drawn.iter().zip(expected) {
            assert!((drawn.0 - expected.0).abs() + (drawn.1 - expected.1).abs() < 1e-9);
        }
    }
}
