//! Smooth lines and text: everything is drawn several times as large and made smaller in the end, because
//! plotters smooths only the thinnest of lines. Any thread.

use image::{RgbImage, imageops};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBAColor, RGBColor, ShapeStyle};

use super::ChartError;
use crate::report::font::{self, Face};

/// From so many pixels on it is drawn twice, not three times as large: that is fine enough, and memory
/// is worth something.
const LARGE_PIXELS: u64 = 600_000;

/// A picture being drawn, in pixels of the finished one, from the upper left corner.
pub(super) struct Canvas {
    pixels: Vec<u8>,
    width: u32,
    height: u32,
    /// How many times as large it is drawn.
    factor: u32,
}

/// Where a text lies beside the point it belongs to; it is centred from top to bottom.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    RightOf,
    LeftOf,
    CentredOn,
}

impl Canvas {
    pub(super) fn new((width, height): (u32, u32), ground: RGBColor) -> Self {
        let area = u64::from(width) * u64::from(height);
        let factor = if area < LARGE_PIXELS { 3 } else { 2 };
        let pixels = (area * u64::from(factor * factor)) as usize;
        Self {
            pixels: [ground.0, ground.1, ground.2].repeat(pixels),
            width,
            height,
            factor,
        }
    }

    pub(super) fn finish(self) -> Result<RgbImage, ChartError> {
        let large = (self.width * self.factor, self.height * self.factor);
        let drawn = RgbImage::from_raw(large.0, large.1, self.pixels)
            .ok_or_else(|| ChartError::Drawing("the buffer has the wrong size".to_owned()))?;
        Ok(imageops::thumbnail(&drawn, self.width, self.height))
    }

    /// All pixels from the one edge to the other.
    pub(super) fn rectangle(
        &mut self,
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        color: RGBAColor,
    ) -> Result<(), ChartError> {
        let from = self.enlarged((left, top));
        let to = self.enlarged((right, bottom));
        // The backend fills up to and with the last pixel.
        let to = ((to.0 - 1).max(from.0), (to.1 - 1).max(from.1));
        let style = ShapeStyle::from(color).filled();
        self.draw(|backend| backend.draw_rect(from, to, &style, true))
    }

    /// A line with round corners and ends through all points.
    pub(super) fn line(
        &mut self,
        points: &[(f64, f64)],
        thickness: f64,
        color: RGBColor,
    ) -> Result<(), ChartError> {
        for (index, &point) in points.iter().enumerate() {
            self.dot(point, thickness / 2.0, color)?;
            let Some(&next) = points.get(index + 1) else {
                break;
            };
            let (across, down) = (next.0 - point.0, next.1 - point.1);
            let length = across.hypot(down);
            if length <= 0.0 {
                continue;
            }
            let half = thickness / 2.0 / length;
            let (aside, below) = (-down * half, across * half);
            let corners = [
                (point.0 + aside, point.1 + below),
                (next.0 + aside, next.1 + below),
                (next.0 - aside, next.1 - below),
                (point.0 - aside, point.1 - below),
            ]
            .map(|corner| self.enlarged(corner));
            let style = ShapeStyle::from(color).filled();
            self.draw(|backend| backend.fill_polygon(corners, &style))?;
        }
        Ok(())
    }

    pub(super) fn dot(
        &mut self,
        centre: (f64, f64),
        radius: f64,
        color: RGBColor,
    ) -> Result<(), ChartError> {
        let radius = (radius * f64::from(self.factor)).round().max(1.0) as u32;
        let centre = self.enlarged(centre);
        let style = ShapeStyle::from(color).filled();
        self.draw(|backend| backend.draw_circle(centre, radius, &style, true))
    }

    pub(super) fn text(
        &mut self,
        text: &str,
        (x, y): (f64, f64),
        side: Side,
        size: f64,
        color: RGBColor,
    ) -> Result<(), ChartError> {
        let x = match side {
            Side::RightOf => x,
            Side::LeftOf => x - font::width(text, size, Face::Plain),
            Side::CentredOn => x - font::width(text, size, Face::Plain) / 2.0,
        };
        let factor = f64::from(self.factor);
        // Figures are 0.62 times the size high.
        let at = (x * factor, (y + 0.31 * size) * factor);
        self.draw(|backend| {
            font::draw(text, size * factor, Face::Plain, at, |spot, coverage| {
                backend.draw_pixel(spot, color.mix(f64::from(coverage)).to_backend_color())
            })
        })
    }

    fn enlarged(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let enlarge = |position: f64| (position * f64::from(self.factor)).round() as i32;
        (enlarge(x), enlarge(y))
    }

    fn draw<E: std::fmt::Display>(
        &mut self,
        draw: impl FnOnce(&mut BitMapBackend<'_>) -> Result<(), E>,
    ) -> Result<(), ChartError> {
        let size = (self.width * self.factor, self.height * self.factor);
        let failed = |error: &dyn std::fmt::Display| ChartError::Drawing(error.to_string());
        let mut backend = BitMapBackend::with_buffer(&mut self.pixels, size);
        draw(&mut backend).map_err(|error| failed(&error))
    }
}

/// A colour let through by so much.
pub(super) fn faint(color: RGBColor, opacity: f64) -> RGBAColor {
    color.mix(opacity)
}
