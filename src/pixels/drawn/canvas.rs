//! A grid of colours with the few ways of laying paint on it that the scene
//! needs. Pure (it owns its pixels), any thread.

use image::{Rgb, Rgb32FImage};

use super::colour::Colour;
use super::frame::{Area, Frame};
use super::shape::{coverage, polygon};
use super::vector::{Vector, vector};

/// Colours over a [`Frame`].
pub(crate) struct Canvas {
    pub(crate) frame: Frame,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A black canvas.
    pub(crate) fn new(frame: Frame) -> Self {
        Self {
            frame,
            pixels: vec![Colour::BLACK; frame.width * frame.height],
        }
    }

    /// The colour under `point`, clamped to the frame.
    #[inline]
    pub(crate) fn at(&self, point: Vector) -> Colour {
        let (column, row) = self.frame.nearest(point);
        self.pixels
            .get(row * self.frame.width + column)
            .copied()
            .unwrap_or(Colour::BLACK)
    }

    /// Replaces every pixel of `area` by `paint(centre, colour so far)`.
    #[inline]
    pub(crate) fn shade(&mut self, area: Area, mut paint: impl FnMut(Vector, Colour) -> Colour) {
        let frame = self.frame;
        let columns = frame.columns(area);
        for row in frame.rows(area) {
            let start = row * frame.width;
            let line =
                &mut self.pixels[start + columns.start..start + columns.end.max(columns.start)];
            for (offset, pixel) in line.iter_mut().enumerate() {
                *pixel = paint(frame.point(columns.start + offset, row), *pixel);
            }
        }
    }

    /// As [`Canvas::shade`], where `paint` also sees the canvas as it was
    /// before the call: reflections read the drawing they lie beneath.
    pub(crate) fn reflect(&mut self, area: Area, paint: impl Fn(Vector, &Canvas) -> Colour) {
        let before = Canvas {
            frame: self.frame,
            pixels: self.pixels.clone(),
        };
        self.shade(area, |point, _| paint(point, &before));
    }

    /// Fills a polygon, antialiased, with `paint(point)`.
    pub(crate) fn polygon(&mut self, corners: &[Vector], paint: impl Fn(Vector) -> Colour) {
        let pixel = self.frame.pixel;
        let Some(&first) = corners.first() else {
            return;
        };
        let (mut low, mut high) = (first, first);
        for corner in corners {
            low = vector(low.x.min(corner.x), low.y.min(corner.y));
            high = vector(high.x.max(corner.x), high.y.max(corner.y));
        }
        self.shade(Area::spanning(low, high, pixel), |point, under| {
            let cover = coverage(polygon(point, corners), pixel);
            if cover > 0.0 {
                under.mix(paint(point), cover)
            } else {
                under
            }
        });
    }

    /// Lays an ellipse with long half-axis `axis` and half-width `across`.
    pub(crate) fn dab(
        &mut self,
        centre: Vector,
        axis: Vector,
        across: f32,
        colour: Colour,
        opacity: f32,
    ) {
        let pixel = self.frame.pixel;
        let (along, across, opacity) = thicken(axis.length(), across, opacity, pixel);
        let direction = axis.normalised();
        let reach = along.max(across) + pixel;
        self.shade(Area::around(centre, reach), |point, under| {
            let offset = point - centre;
            let u = offset.dot(direction) / along;
            let v = offset.dot(direction.perpendicular()) / across;
            let radius = (u * u + v * v).sqrt();
            let cover = coverage((radius - 1.0) * across, pixel) * opacity;
            under.mix(colour, cover)
        });
    }

    /// Lays a straight tapering stroke with half-widths `start` and `end`.
    pub(crate) fn blade(&mut self, from: Vector, to: Vector, start: f32, end: f32, colour: Colour) {
        let pixel = self.frame.pixel;
        let edge = to - from;
        let squared = edge.dot(edge).max(1e-12);
        let margin = start.max(end) + pixel;
        self.shade(Area::spanning(from, to, margin), |point, under| {
            let offset = point - from;
            let part = (offset.dot(edge) / squared).clamp(0.0, 1.0);
            let away = offset - edge * part;
            let half = start + (end - start) * part;
            let drawn = half.max(pixel * 0.5);
            let cover = coverage(away.length() - drawn, pixel) * (half / drawn);
            under.mix(colour, cover)
        });
    }

    /// Finishes every colour with `finish(point, colour)`, which returns
    /// sRGB-encoded values; they are clamped to `0.0..=1.0`.
    pub(crate) fn into_image(self, finish: impl Fn(Vector, Colour) -> Colour) -> Rgb32FImage {
        let frame = self.frame;
        let mut image = Rgb32FImage::new(frame.width as u32, frame.height as u32);
        for ((column, row, target), colour) in image.enumerate_pixels_mut().zip(self.pixels) {
            let point = frame.point(column as usize, row as usize);
            let done = finish(point, colour).clamped();
            *target = Rgb([done.red, done.green, done.blue]);
        }
        image
    }
}

/// Shapes thinner than a pixel are drawn a pixel thick and fainter instead,
/// so that they keep their weight without breaking up.
#[inline]
fn thicken(along: f32, across: f32, opacity: f32, pixel: f32) -> (f32, f32, f32) {
    let thinnest = pixel * 0.5;
    let (thick_along, thick_across) = (along.max(thinnest), across.max(thinnest));
    let weight = (along / thick_along) * (across / thick_across);
    (thick_along, thick_across, opacity * weight)
}
