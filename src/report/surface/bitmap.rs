//! Smooth lines and text in pixels: everything is drawn several times as large and made smaller, because
//! plotters smooths only the thinnest of lines. A band at a time, so that a long page takes no more memory than
//! a short one. Any thread.

use image::{RgbImage, imageops};
use plotters::backend::BitMapBackend;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontFamily, FontStyle,
};

use super::Surface;
use crate::report::drawing::{Drawing, Shape};
use crate::report::font::{self, Face};
use crate::report::loss_chart::ChartError;

/// Height of a band, in pixels of the finished picture.
const BAND: u32 = 256;

/// The largest picture, in pixels.
const MOST_PIXELS: u64 = 200_000_000;

/// The drawing with `scale` pixels for each of its own, drawn `factor` times as large as that.
pub(in crate::report) fn rendered(
    drawing: &Drawing,
    scale: f64,
    factor: u32,
) -> Result<RgbImage, ChartError> {
    let whole = |length: f64| (length * scale).round().max(1.0) as u32;
    let (width, height) = (whole(drawing.width), whole(drawing.height));
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(ChartError::Size(width, height));
    }
    let ground = drawing
        .ground
        .map_or([255; 3], |color| [color.0, color.1, color.2]);
    let mut picture = RgbImage::new(width, height);
    for top in (0..height).step_by(BAND as usize) {
        let rows = BAND.min(height - top);
        let large = (width * factor, rows * factor);
        let mut pixels = ground.repeat(large.0 as usize * large.1 as usize);
        let mut surface = Smooth {
            pixels: BitMapBackend::with_buffer(&mut pixels, large),
        };
        let visible = (f64::from(top) / scale, f64::from(top + rows) / scale);
        super::draw(drawing, &mut surface, scale * f64::from(factor), visible)?;
        drop(surface);
        let band = RgbImage::from_raw(large.0, large.1, pixels)
            .ok_or_else(|| ChartError::Drawing("the buffer has the wrong size".to_owned()))?;
        let band = imageops::thumbnail(&band, width, rows);
        imageops::replace(&mut picture, &band, 0, i64::from(top));
    }
    lay_pictures(drawing, scale, &mut picture);
    Ok(picture)
}

/// plotters' bitmap with round thick lines and stronger letters.
struct Smooth<'a> {
    pixels: BitMapBackend<'a>,
}

type Drawn<'a> = Result<(), DrawingErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>>;

impl<'a> DrawingBackend for Smooth<'a> {
    type ErrorType = <BitMapBackend<'a> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.pixels.get_size()
    }

    fn ensure_prepared(&mut self) -> Drawn<'a> {
        self.pixels.ensure_prepared()
    }

    fn present(&mut self) -> Drawn<'a> {
        self.pixels.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn<'a> {
        self.pixels.draw_pixel(point, color)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn<'a> {
        self.pixels.draw_rect(from, to, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn<'a> {
        let half = f64::from(style.stroke_width()) / 2.0;
        let color = style.color();
        let mut before: Option<BackendCoord> = None;
        for point in path {
            self.pixels
                .draw_circle(point, half.round().max(1.0) as u32, &color, true)?;
            if let Some(before) = before.filter(|before| *before != point) {
                let (across, down) = (f64::from(point.0 - before.0), f64::from(point.1 - before.1));
                let share = half / across.hypot(down);
                let (aside, below) = (-down * share, across * share);
                let moved = |(x, y): BackendCoord, sign: f64| {
                    let x = f64::from(x) + aside * sign;
                    (
                        x.round() as i32,
                        (f64::from(y) + below * sign).round() as i32,
                    )
                };
                let corners = [
                    moved(before, 1.0),
                    moved(point, 1.0),
                    moved(point, -1.0),
                    moved(before, -1.0),
                ];
                self.pixels.fill_polygon(corners, &color)?;
            }
            before = Some(point);
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        at: BackendCoord,
    ) -> Drawn<'a> {
        let family = match style.family() {
            FontFamily::Name(name) => name,
            _ => "",
        };
        let face = Face::of(family, matches!(style.style(), FontStyle::Bold));
        let color = style.color();
        let start = (f64::from(at.0), f64::from(at.1) + style.size() / 2.0);
        font::draw(text, style.size(), face, start, |spot, coverage| {
            let alpha = color.alpha * f64::from(coverage);
            self.pixels
                .draw_pixel(spot, BackendColor { alpha, ..color })
        })
    }
}

impl<'a> Surface for Smooth<'a> {
    /// Nothing: pictures come last, at the size that they are to have.
    fn picture(&mut self, _: BackendCoord, _: BackendCoord, _: &RgbImage) -> Drawn<'a> {
        Ok(())
    }
}

/// Lays the pictures of the drawing over what is drawn already: nothing lies on them.
fn lay_pictures(drawing: &Drawing, scale: f64, page: &mut RgbImage) {
    for shape in &drawing.shapes {
        if let Shape::Picture { area, picture } = shape {
            let place = |position: f64| (position * scale).round() as i64;
            let (left, top) = (place(area.left), place(area.top));
            let width = (place(area.right) - left).max(1) as u32;
            let height = (place(area.bottom) - top).max(1) as u32;
            let resized = imageops::resize(
                picture.as_ref(),
                width,
                height,
                imageops::FilterType::CatmullRom,
            );
            imageops::replace(page, &resized, left, top);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plotters::style::RGBColor;

    use super::*;
    use crate::report::drawing::{Area, Side, Type};

    #[test]
    fn what_crosses_bands_is_whole() {
        let mut drawing = Drawing::new(40.0, 600.0, Some(RGBColor(255, 255, 255)));
        let black = RGBColor(0, 0, 0);
        drawing.line(vec![(20.0, 10.0), (20.0, 590.0)], 4.0, black);
        let photograph = RgbImage::from_fn(5, 50, |_, y| image::Rgb([0, 5 * y as u8, 0]));
        drawing.picture(Area::new(30.0, 100.0, 8.0, 400.0), Arc::new(photograph));
        let how = Type {
            size: 20.0,
            face: Face::Plain,
            color: RGBColor(255, 0, 0),
        };
        drawing.text("I", (6.0, 256.0), Side::RightOf, how);
        let picture = rendered(&drawing, 1.0, 2).unwrap();
        for y in 20..580 {
            assert_eq!(picture.get_pixel(20, y).0, [0; 3], "{y}");
        }
        for y in 110..490 {
            let expected = (f64::from(y) - 100.0) / 400.0 * 50.0 * 5.0;
            let [red, green, _] = picture.get_pixel(34, y).0;
            assert!(red == 0 && (f64::from(green) - expected).abs() < 6.0, "{y}");
        }
        let letter: Vec<u32> = (200..300)
            .filter(|&y| (0..16).any(|x| picture.get_pixel(x, y).0[1] < 100))
            .collect();
        assert!(letter.len() > 9 && letter.contains(&255) && letter.contains(&256));
        assert!(
            letter.windows(2).all(|rows| rows[0] + 1 == rows[1]),
            "{letter:?}"
        );
    }
}
