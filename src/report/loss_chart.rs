//! The losses as a picture. Any thread; it takes some milliseconds.

mod canvas;
mod layout;
mod palette;

#[cfg(test)]
mod tests;

use image::RgbImage;
use plotters::style::RGBColor;

use crate::record::axis::{Axis, Scale};
use crate::record::chart::{Curve, CurveKind, LossChart};
use crate::record::figure::compact;
use crate::report::font::{self, Face};
use canvas::{Canvas, Side, faint};
use layout::Layout;
pub(super) use layout::apart;
use palette::{DARK, LIGHT, Palette};

/// How the picture is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartLook {
    /// Light lines on a dark ground, or the other way round.
    pub dark: bool,
    /// Height of a line of the terminal's text, in pixels: the text of the chart gets the same size.
    pub cell_height: u32,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// The picture would be smaller than 96×64 pixels, or larger than 64 million.
    #[error("a chart cannot be {0}×{1} pixels")]
    Size(u32, u32),
    /// The drawing library failed.
    #[error("cannot draw the chart: {0}")]
    Drawing(String),
}

/// How strong the band between the least and the greatest value is.
const BAND_OPACITY: f64 = 0.6;

/// The chart as a picture of `width` and `height` pixels. It is sharpest with as many points as it is
/// wide.
pub fn loss_chart(
    chart: &LossChart,
    (width, height): (u32, u32),
    look: ChartLook,
) -> Result<RgbImage, ChartError> {
    if width < 96 || height < 64 || u64::from(width) * u64::from(height) > 64_000_000 {
        return Err(ChartError::Size(width, height));
    }
    let palette = if look.dark { &DARK } else { &LIGHT };
    let canvas = Canvas::new((width, height), palette.ground);
    let layout = Layout::new(chart, (width, height), look.cell_height);
    let mut drawing = Drawing {
        chart,
        canvas,
        palette,
        layout,
    };
    drawing.grid()?;
    drawing.marker_lines()?;
    // The total last, so that it lies on top.
    for curve in chart.curves.iter().rev() {
        drawing.curve(curve)?;
    }
    drawing.marker_numbers()?;
    drawing.names()?;
    drawing.canvas.finish()
}

struct Drawing<'a> {
    chart: &'a LossChart,
    canvas: Canvas,
    palette: &'a Palette,
    layout: Layout,
}

impl Drawing<'_> {
    /// Lines at the marks, the marks' labels, and the frame at the left and below.
    fn grid(&mut self) -> Result<(), ChartError> {
        let (size, plot) = (self.layout.text_size, self.layout.plot);
        let hair = self.layout.hair;
        let grid = faint(self.palette.grid, 1.0);
        for value in fine_marks(&self.layout.y) {
            let y = self.layout.down(value).round();
            let faint_grid = faint(self.palette.grid, 0.45);
            self.canvas
                .rectangle((plot.left, y), (plot.right, y + hair), faint_grid)?;
        }
        for tick in &self.layout.y.ticks {
            let y = self.layout.down(tick.value).round();
            self.canvas
                .rectangle((plot.left, y), (plot.right, y + hair), grid)?;
            let at = (plot.left - size * 0.45, y);
            self.canvas
                .text(&tick.label, at, Side::LeftOf, size, self.palette.label)?;
        }
        let baseline = plot.bottom + size * 0.95;
        let mut free_from = f64::NEG_INFINITY;
        for tick in &self.layout.x.ticks {
            let x = self.layout.across(tick.value).round();
            self.canvas
                .rectangle((x, plot.top), (x + hair, plot.bottom), grid)?;
            let half = font::width(&tick.label, size, Face::Plain) / 2.0;
            if x - half >= free_from {
                self.canvas.text(
                    &tick.label,
                    (x, baseline),
                    Side::CentredOn,
                    size,
                    self.palette.label,
                )?;
                free_from = x + half + size * 0.5;
            }
        }
        let half = font::width("step", size, Face::Plain);
        if plot.right - half >= free_from {
            let at = (plot.right, baseline);
            self.canvas
                .text("step", at, Side::LeftOf, size, self.palette.label)?;
        }
        let frame = faint(self.palette.frame, 1.0);
        let corner = (plot.left - hair, plot.bottom + hair);
        self.canvas
            .rectangle((corner.0, plot.top), (corner.0 + hair, corner.1), frame)?;
        self.canvas
            .rectangle((corner.0, corner.1 - hair), (plot.right, corner.1), frame)
    }

    fn curve(&mut self, curve: &Curve) -> Result<(), ChartError> {
        let color = self.palette.curve(curve.kind);
        self.band(curve, color)?;
        let thickness = if curve.kind == CurveKind::Total {
            self.layout.line * 1.15
        } else {
            self.layout.line
        };
        let plot = self.layout.plot;
        let mut stretch: Vec<(f64, f64)> = Vec::new();
        let mut next_step = None;
        for point in &curve.points {
            let middle = f64::midpoint(point.first_step as f64, point.last_step as f64);
            let exact = self.layout.down(point.last.into());
            let at = (
                self.layout.across(middle),
                exact.clamp(plot.top, plot.bottom),
            );
            // Below what is visible, a line along the edge would say what is not so.
            let visible = exact <= plot.bottom + 1.0;
            if next_step != Some(point.first_step) || !visible {
                if !visible && !stretch.is_empty() {
                    stretch.push(at);
                }
                self.canvas.line(&stretch, thickness, color)?;
                stretch.clear();
            }
            if visible {
                stretch.push(at);
            }
            next_step = Some(point.last_step + 1);
        }
        self.canvas.line(&stretch, thickness, color)
    }

    /// For every column of pixels an upright line from the least to the greatest value.
    fn band(&mut self, curve: &Curve, color: RGBColor) -> Result<(), ChartError> {
        let plot = self.layout.plot;
        let mut extents: Vec<Option<(f64, f64)>> = vec![None; plot.columns()];
        for point in curve
            .points
            .iter()
            .filter(|point| point.minimum < point.maximum)
        {
            let top = self
                .layout
                .down(point.maximum.into())
                .clamp(plot.top, plot.bottom);
            let bottom = self
                .layout
                .down(point.minimum.into())
                .clamp(plot.top, plot.bottom);
            let column = |step: u64| (self.layout.across(step as f64) - plot.left) as usize;
            let last = extents.len().saturating_sub(1);
            let columns = column(point.first_step).min(last)..=column(point.last_step).min(last);
            for extent in &mut extents[columns] {
                let (highest, lowest) = extent.unwrap_or((top, bottom));
                *extent = Some((highest.min(top), lowest.max(bottom)));
            }
        }
        for (column, extent) in extents.into_iter().enumerate() {
            if let Some((top, bottom)) =
                extent.filter(|(top, bottom)| bottom - top > self.layout.line)
            {
                let left = plot.left + column as f64;
                let band = faint(color, BAND_OPACITY);
                self.canvas
                    .rectangle((left, top), (left + 1.0, bottom), band)?;
            }
        }
        Ok(())
    }

    fn marker_lines(&mut self) -> Result<(), ChartError> {
        let (plot, hair) = (self.layout.plot, self.layout.hair);
        let dash = hair * 4.0;
        for marker in &self.chart.markers {
            let x = self.layout.across(marker.step as f64).round();
            let mut y = plot.top;
            while y < plot.bottom {
                let end = (y + dash).min(plot.bottom);
                let color = faint(self.palette.marker, 0.7);
                self.canvas.rectangle((x, y), (x + hair, end), color)?;
                y += dash * 2.0;
            }
        }
        Ok(())
    }

    /// Of markers that are too close to each other, the later ones get their number.
    fn marker_numbers(&mut self) -> Result<(), ChartError> {
        let (size, plot) = (self.layout.text_size * 0.9, self.layout.plot);
        let mut free_until = f64::INFINITY;
        for marker in self.chart.markers.iter().rev() {
            let label = marker.number.to_string();
            let x = self.layout.across(marker.step as f64).round();
            let half = font::width(&label, size, Face::Plain) / 2.0 + size * 0.3;
            if x + half > free_until {
                continue;
            }
            free_until = x - half - 2.0;
            let (top, bottom) = (plot.top - size * 1.15, plot.top - size * 0.05);
            let flag = faint(self.palette.marker, 1.0);
            self.canvas
                .rectangle((x - half, top), (x + half, bottom), flag)?;
            let at = (x, f64::midpoint(top, bottom));
            self.canvas
                .text(&label, at, Side::CentredOn, size, self.palette.ground)?;
        }
        Ok(())
    }

    /// Each curve's name and last value at its end.
    fn names(&mut self) -> Result<(), ChartError> {
        let (size, plot) = (self.layout.text_size, self.layout.plot);
        let mut ends: Vec<(f64, f64, &Curve)> = Vec::new();
        for curve in &self.chart.curves {
            if let Some(point) = curve.points.last() {
                let x = self.layout.across(point.last_step as f64);
                ends.push((x, self.layout.down(point.last.into()), curve));
            }
        }
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let wanted: Vec<f64> = ends
            .iter()
            .map(|(_, y, _)| y.clamp(plot.top, plot.bottom))
            .collect();
        let heights = apart(&wanted, size * 1.1, (plot.top, plot.bottom));
        for ((x, y, curve), height) in ends.into_iter().zip(heights) {
            let color = self.palette.curve(curve.kind);
            let elbow = plot.right + size * 0.35;
            let label = plot.right + size * 0.7;
            if (plot.top..=plot.bottom).contains(&y) {
                self.canvas.line(
                    &[(x, y), (elbow, y), (label, height)],
                    self.layout.hair,
                    color,
                )?;
                self.canvas.dot((x, y), self.layout.line * 1.6, color)?;
            }
            let text = name(curve, self.layout.values);
            let at = (label + size * 0.2, height);
            self.canvas.text(&text, at, Side::RightOf, size, color)?;
        }
        Ok(())
    }
}

/// What stands at the end of a curve.
fn name(curve: &Curve, value: bool) -> String {
    match curve.points.last() {
        Some(point) if value => format!("{} {}", curve.name, compact(point.last.into(), 8)),
        _ => curve.name.clone(),
    }
}

/// 2 to 9 times each power of ten, where a logarithmic axis is marked at every power.
pub(super) fn fine_marks(axis: &Axis) -> Vec<f64> {
    let decades = (axis.maximum / axis.minimum).log10();
    if axis.scale == Scale::Linear || !(1.0..=4.0).contains(&decades) {
        return Vec::new();
    }
    let powers = axis.minimum.log10().floor() as i32..=axis.maximum.log10().floor() as i32;
    powers
        .flat_map(|power| (2..10).map(move |factor| f64::from(factor) * 10f64.powi(power)))
        .filter(|value| (axis.minimum..=axis.maximum).contains(value))
        .collect()
}
