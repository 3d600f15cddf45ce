//! SVG that looks the same everywhere: text as outlines of the program's own font, pictures inside. Any thread.

use std::fmt::Write;

use image::{ImageError, RgbImage};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontFamily, FontStyle,
};

use super::Surface;
pub(in crate::report) use super::letters::Letters;
use crate::report::data_uri;
use crate::report::drawing::Drawing;
use crate::report::font::{self, Face};
use crate::report::loss_chart::ChartError;

/// Coordinates are whole numbers, so many to a pixel: fine enough to be looked at closely.
const UNITS: f64 = 8.0;

/// The `<svg>` element of a drawing. `attributes` are written as they are; what it is called goes into `<title>`
/// and has to be escaped already.
pub(in crate::report) fn element(
    drawing: &Drawing,
    attributes: &str,
    inside: &str,
    letters: &mut Letters,
) -> Result<String, ChartError> {
    let size = (
        (drawing.width * UNITS).round() as u32,
        (drawing.height * UNITS).round() as u32,
    );
    let mut surface = Svg {
        body: String::new(),
        size,
        letters,
    };
    if let Some(color) = drawing.ground {
        surface.body = format!(
            r#"<path d="M0 0H{}V{}H0Z" fill="{}"/>"#,
            size.0,
            size.1,
            hex((color.0, color.1, color.2))
        );
    }
    super::draw(drawing, &mut surface, UNITS, (0.0, drawing.height))?;
    Ok(format!(
        r#"<svg viewBox="0 0 {} {}" {attributes}>{inside}{}</svg>"#,
        size.0, size.1, surface.body
    ))
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A backend of plotters that writes elements.
struct Svg<'a> {
    body: String,
    size: (u32, u32),
    letters: &'a mut Letters,
}

type Drawn = Result<(), DrawingErrorKind<ImageError>>;

impl Svg<'_> {
    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = self.body.write_fmt(element);
    }

    fn filled(&mut self, path: &str, color: BackendColor) {
        let fill = fill(color);
        self.element(format_args!(r#"<path d="{path}" {fill}/>"#));
    }
}

fn fill(color: BackendColor) -> String {
    let opacity = if color.alpha < 1.0 {
        format!(r#" fill-opacity="{:.2}""#, color.alpha)
    } else {
        String::new()
    };
    format!(r#"fill="{}"{opacity}"#, hex(color.rgb))
}

/// The first point and the way from each to the next, which takes fewer digits.
fn path(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut path = String::new();
    let mut before: Option<BackendCoord> = None;
    for (x, y) in points {
        let _ = match before {
            None => write!(path, "M{x} {y}l"),
            Some(before) => {
                let across = x - before.0;
                let down = y - before.1;
                let space = if path.ends_with('l') || across < 0 {
                    ""
                } else {
                    " "
                };
                let between = if down < 0 { "" } else { " " };
                write!(path, "{space}{across}{between}{down}")
            }
        };
        before = Some((x, y));
    }
    if path.ends_with('l') {
        // A single point: a line of no length, of which the round ends are seen.
        path.push_str("0 0");
    }
    path
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = ImageError;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.filled(&format!("M{x} {y}h1v1h-1z"), color);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        // Up to and with the last unit.
        let (width, height) = (to.0 - from.0 + 1, to.1 - from.1 + 1);
        let path = format!("M{} {}h{width}v{height}h{}z", from.0, from.1, -width);
        self.filled(&path, style.color());
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        let (path, color, width) = (path(points), hex(style.color().rgb), style.stroke_width());
        self.element(format_args!(
            r#"<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"/>"#
        ));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        let fill = fill(style.color());
        self.element(format_args!(
            r#"<circle cx="{x}" cy="{y}" r="{radius}" {fill}/>"#
        ));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let path = path(corners) + "z";
        self.filled(&path, style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        let family = match style.family() {
            FontFamily::Name(name) => name,
            _ => "",
        };
        let face = Face::of(family, matches!(style.style(), FontStyle::Bold));
        let color = hex(style.color().rgb);
        let scale = style.size() / f64::from(font::height(face));
        let baseline = f64::from(y) + style.size() / 2.0;
        let stroke = match face.thickening() {
            0.0 => String::new(),
            share => {
                let width = share * f64::from(font::height(face));
                format!(r#" stroke="{color}" stroke-width="{width:.0}""#)
            }
        };
        self.element(format_args!(
            r#"<g transform="translate({x} {baseline:.0})scale({scale:.5} -{scale:.5})" fill="{color}"{stroke}>"#
        ));
        for (letter, at) in font::laid(text, face).letters {
            if let Some(id) = self.letters.id(face, letter) {
                self.element(format_args!(r##"<use xlink:href="#{id}" x="{at:.0}"/>"##));
            }
        }
        self.body.push_str("</g>");
        Ok(())
    }
}

impl Surface for Svg<'_> {
    fn picture(&mut self, from: BackendCoord, to: BackendCoord, picture: &RgbImage) -> Drawn {
        let uri = data_uri::jpeg(picture).map_err(DrawingErrorKind::DrawingError)?;
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        self.element(format_args!(
            r#"<image x="{}" y="{}" width="{width}" height="{height}" preserveAspectRatio="none" xlink:href="{uri}"/>"#,
            from.0, from.1
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plotters::style::RGBColor;

    use super::*;
    use crate::report::drawing::{Area, Side, Type};

    #[test]
    fn every_shape_is_an_element_and_every_letter_is_there_once() {
        let mut drawing = Drawing::new(100.0, 50.0, Some(RGBColor(1, 2, 3)));
        let color = RGBColor(255, 0, 128);
        drawing.line(vec![(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)], 1.0, color);
        drawing.line(vec![(1.0, 1.0)], 1.0, color);
        drawing.rectangle(Area::new(0.0, 0.0, 10.0, 5.0), color, 0.5);
        drawing.picture(Area::new(5.0, 5.0, 4.0, 4.0), Arc::new(RgbImage::new(2, 2)));
        for face in [Face::Plain, Face::Strong, Face::Mono] {
            let how = Type {
                size: 10.0,
                face,
                color,
            };
            drawing.text("<oo o", (5.0, 5.0), Side::RightOf, how);
        }
        let mut letters = Letters::default();
        let svg = element(&drawing, "", "", &mut letters).unwrap();
        let whole = format!(
            r#"<x xmlns:xlink="http://www.w3.org/1999/xlink"><defs>{}</defs>{svg}</x>"#,
            letters.definitions()
        );
        let document = roxmltree::Document::parse(&whole).unwrap();
        let count = |name: &str| {
            let all = document.descendants();
            all.filter(|node| node.has_tag_name(name)).count()
        };
        assert_eq!(count("use"), 3 * 4);
        assert_eq!(count("image"), 1);
        assert_eq!(count("text"), 0);
        let ids: Vec<_> = document
            .descendants()
            .filter_map(|node| node.attribute("id"))
            .collect();
        assert_eq!(ids.len(), 4, "{ids:?}");
        let link = ("http://www.w3.org/1999/xlink", "href");
        for node in document
            .descendants()
            .filter(|node| node.has_tag_name("use"))
        {
            let wanted = node.attribute(link).unwrap().trim_start_matches('#');
            assert!(ids.contains(&wanted), "{wanted}");
        }
        assert!(svg.contains(r#"d="M8 8l8 16 8-8""#), "{svg}");
        assert!(svg.contains(r#"fill-opacity="0.50""#));
    }
}
