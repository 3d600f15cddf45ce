//! Where everything lies in the picture of the losses. Any thread.

use super::name;
use crate::record::axis::Axis;
use crate::record::chart::LossChart;
use crate::report::font::{self, Face};

/// A part of the picture, in pixels from its upper left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn columns(self) -> usize {
        (self.right - self.left).max(0.0) as usize
    }
}

/// Sizes and axes.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) plot: Area,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// As plotters counts it, from the top of the highest letter to the bottom of the lowest.
    pub(super) text_size: f64,
    /// Thickness of the curves.
    pub(super) line: f64,
    /// Thickness of grid and frame.
    pub(super) hair: f64,
    /// Whether there is room for the last values beside the names.
    pub(super) values: bool,
}

impl Layout {
    pub(super) fn new(chart: &LossChart, (width, height): (u32, u32), cell_height: u32) -> Self {
        let (width, height) = (f64::from(width), f64::from(height));
        // In a small picture the curves come first.
        let text_size = f64::from(cell_height)
            .min(height / 11.0)
            .min(width / 22.0)
            .max(8.0);
        let top = text_size * 1.5;
        let bottom = (height - text_size * 1.8).max(top + 1.0);
        let y = chart.y_axis(((bottom - top) / (text_size * 2.6)) as usize + 1);
        let widest = |texts: Vec<String>| {
            let widths = texts
                .iter()
                .map(|text| font::width(text, text_size, Face::Plain));
            widths.fold(0.0, f64::max)
        };
        let labels = widest(y.ticks.iter().map(|tick| tick.label.clone()).collect());
        let names = |values: bool| {
            widest(
                chart
                    .curves
                    .iter()
                    .map(|curve| name(curve, values))
                    .collect(),
            )
        };
        let long_names = names(true);
        let values = long_names < width * 0.2;
        let names = if values { long_names } else { names(false) };
        let left = (labels + text_size).round();
        let right = (width - names - text_size * 1.3).round().max(left + 1.0);
        let x = chart.x_axis(((right - left) / (text_size * 5.0)) as usize + 1);
        Self {
            plot: Area {
                left,
                top: top.round(),
                right,
                bottom: bottom.round(),
            },
            x,
            y,
            text_size,
            line: (text_size / 9.0).max(2.0),
            hair: (text_size / 18.0).round().max(1.0),
            values,
        }
    }

    /// Where a step is, from left to right.
    pub(super) fn across(&self, step: f64) -> f64 {
        let position = self.x.position(step).clamp(0.0, 1.0);
        self.plot.left + position * (self.plot.right - self.plot.left)
    }

    /// Where a loss is, from top to bottom; beyond the plot where it is not visible.
    pub(super) fn down(&self, loss: f64) -> f64 {
        let position = self.y.position(loss).clamp(-1.0, 2.0);
        self.plot.bottom - position * (self.plot.bottom - self.plot.top)
    }
}

/// Heights as near as may be to the wanted ones, which rise, but at least `distance` from each other and
/// within `limits`, where there is room for that.
pub(in crate::report) fn apart(wanted: &[f64], distance: f64, limits: (f64, f64)) -> Vec<f64> {
    let mut heights = Vec::with_capacity(wanted.len());
    let mut free_from = limits.0;
    for &height in wanted {
        let height = height.max(free_from);
        heights.push(height);
        free_from = height + distance;
    }
    let mut free_until = limits.1;
    for height in heights.iter_mut().rev() {
        *height = height.min(free_until);
        free_until = *height - distance;
    }
    heights
}
