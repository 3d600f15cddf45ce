//! What is drawn on, by plotters: pixels or SVG, from the same shapes. Any thread.

pub(super) mod bitmap;
mod letters;
pub(super) mod svg;

use image::RgbImage;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::drawing::{Drawing, Shape};
use super::font;
use super::loss_chart::ChartError;

/// A backend of plotters that can show a photograph at any size.
pub(super) trait Surface: DrawingBackend {
    /// The picture between two corners.
    fn picture(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        picture: &RgbImage,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>>;
}

/// Draws what lies between `top` and `bottom`, so that `top` is at the surface's upper edge and a pixel of the
/// drawing takes `units` of the surface's.
pub(super) fn draw<S: Surface>(
    drawing: &Drawing,
    surface: &mut S,
    units: f64,
    (top, bottom): (f64, f64),
) -> Result<(), ChartError> {
    let visible = drawing.shapes.iter().filter(|shape| {
        let (from, to) = shape.reach();
        to >= top && from <= bottom
    });
    for shape in visible {
        draw_shape(shape, surface, units, top)
            .map_err(|error| ChartError::Drawing(error.to_string()))?;
    }
    Ok(())
}

fn draw_shape<S: Surface>(
    shape: &Shape,
    surface: &mut S,
    units: f64,
    top: f64,
) -> Result<(), DrawingErrorKind<S::ErrorType>> {
    let place = |(x, y): (f64, f64)| {
        let whole = |position: f64| (position * units).round() as i32;
        (whole(x), whole(y - top))
    };
    let length = |pixels: f64| (pixels * units).round().max(1.0) as u32;
    match shape {
        Shape::Rectangle {
            area,
            color,
            opacity,
        } => {
            let from = place((area.left, area.top));
            let to = place((area.right, area.bottom));
            // At least one unit: plotters fills up to and with the last one.
            let to = ((to.0 - 1).max(from.0), (to.1 - 1).max(from.1));
            let style = ShapeStyle::from(color.mix(*opacity)).filled();
            surface.draw_rect(from, to, &style, true)
        }
        Shape::Polygon {
            corners,
            color,
            opacity,
        } => {
            let style = ShapeStyle::from(color.mix(*opacity)).filled();
            surface.fill_polygon(corners.iter().copied().map(place), &style)
        }
        Shape::Line {
            points,
            thickness,
            color,
        } => {
            let style = ShapeStyle::from(color).stroke_width(length(*thickness));
            surface.draw_path(points.iter().copied().map(place), &style)
        }
        Shape::Dot {
            centre,
            radius,
            color,
        } => {
            let style = ShapeStyle::from(color).filled();
            surface.draw_circle(place(*centre), length(*radius), &style, true)
        }
        Shape::Text { text, at, how } => {
            let mut left = at.0;
            for part in font::parts(text, how.face) {
                let face = part.face;
                let font = (face.family(), how.size * units, face.style()).into_font();
                let style = TextStyle::from(font)
                    .pos(Pos::new(HPos::Left, VPos::Top))
                    .color(&how.color);
                // Both surfaces put the base line half the size below the given point, as plotters does, and figures
                // are 0.62 times the size high.
                let at = place((left, at.1 - 0.19 * how.size));
                surface.draw_text(part.text, &style, at)?;
                left += font::width(part.text, how.size, face);
            }
            Ok(())
        }
        Shape::Picture { area, picture } => surface.picture(
            place((area.left, area.top)),
            place((area.right, area.bottom)),
            picture,
        ),
    }
}
