//! A chart of losses for a report: axes, curves and what they are called. Any thread.

use plotters::style::RGBColor;

use super::drawing::{Area, Drawing, Side, Type};
use super::font::{self, Face};
use super::ink::{self, Ink};
use super::loss_chart::{apart, fine_marks};
use crate::record::axis::Axis;
use crate::record::chart::{Curve, LossChart};
use crate::record::figure::compact;

/// What a curve is drawn in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) ink: Ink,
    pub(super) is_dashed: bool,
}

/// What stands at the ends of curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// Nothing.
    Plain,
    /// The last value.
    Values,
    /// What the curve is called, and its last value. Where one of the names is too long, the first word of each:
    /// its number.
    Names,
}

/// A chart and how it looks.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) chart: LossChart,
    /// One a curve.
    pub(super) strokes: Vec<Stroke>,
    pub(super) ends: Ends,
}

/// Columns of a value at the end of a curve.
const VALUE_COLUMNS: usize = 8;
/// Share of the chart's width that names may take.
const MOST_NAMES: f64 = 0.3;

impl Plot {
    /// Draws it into `area`; the text is `size` high.
    pub(super) fn draw(&self, drawing: &mut Drawing, area: Area, size: f64) {
        let layout = Layout::new(self, area, size);
        let mut pen = Pen {
            plot: self,
            drawing,
            layout,
            size,
        };
        pen.title(area);
        pen.grid();
        pen.markers();
        // The first one lies on top.
        for (curve, stroke) in self.chart.curves.iter().zip(&self.strokes).rev() {
            pen.curve(curve, *stroke);
        }
        pen.marker_numbers();
        pen.ends(area);
    }

    /// What stands at the end of each curve, no wider than `most`.
    fn names(&self, most: f64, size: f64) -> Vec<String> {
        let named = |name: fn(&str) -> &str| -> Vec<String> {
            let end = |curve: &Curve| {
                let Some(point) = curve.points.last() else {
                    return String::new();
                };
                let value = compact(point.last.into(), VALUE_COLUMNS);
                match self.ends {
                    Ends::Plain => String::new(),
                    Ends::Values => value,
                    Ends::Names => format!("{} {value}", name(&curve.name)),
                }
            };
            self.chart.curves.iter().map(end).collect()
        };
        let whole = named(|name| name);
        if whole
            .iter()
            .all(|end| font::width(end, size, Face::Plain) <= most)
        {
            return whole;
        }
        named(|name| name.split(' ').next().unwrap_or(name))
    }
}

struct Layout {
    inner: Area,
    x: Axis,
    y: Axis,
    /// What stands at the end of each curve.
    ends: Vec<String>,
}

impl Layout {
    fn new(plot: &Plot, area: Area, size: f64) -> Self {
        let title = if plot.title.is_empty() {
            0.0
        } else {
            size * 1.9
        };
        let flags = if plot.chart.markers.is_empty() || plot.ends != Ends::Names {
            0.0
        } else {
            size * 1.3
        };
        let top = area.top + title + flags + size * 0.5;
        let bottom = (area.bottom - size * 1.7).max(top + 1.0);
        let y = plot
            .chart
            .y_axis(((bottom - top) / (size * 2.4)) as usize + 1);
        let widest = |texts: &mut dyn Iterator<Item = String>| {
            texts.fold(0.0, |widest: f64, text| {
                widest.max(font::width(&text, size, Face::Plain))
            })
        };
        let labels = widest(&mut y.ticks.iter().map(|tick| tick.label.clone()));
        let ends = plot.names(area.width() * MOST_NAMES, size);
        let names = widest(&mut ends.iter().cloned());
        let room = if names > 0.0 {
            names + size * 1.1
        } else {
            size * 0.6
        };
        let left = area.left + labels + size * 0.7;
        let right = (area.right - room).max(left + 1.0);
        let x = plot
            .chart
            .x_axis(((right - left) / (size * 5.0)) as usize + 1);
        let inner = Area {
            left,
            top,
            right,
            bottom,
        };
        Self { inner, x, y, ends }
    }

    fn across(&self, step: f64) -> f64 {
        self.inner.left + self.x.position(step).clamp(0.0, 1.0) * self.inner.width()
    }

    fn down(&self, loss: f64) -> f64 {
        self.inner.bottom - self.y.position(loss).clamp(-1.0, 2.0) * self.inner.height()
    }
}

struct Pen<'a> {
    plot: &'a Plot,
    drawing: &'a mut Drawing,
    layout: Layout,
    size: f64,
}

impl Pen<'_> {
    fn type_of(&self, color: RGBColor) -> Type {
        Type {
            size: self.size,
            face: Face::Plain,
            color,
        }
    }

    fn title(&mut self, area: Area) {
        let how = Type {
            face: Face::Strong,
            ..self.type_of(ink::TEXT.paper)
        };
        let title = font::shortened(&self.plot.title, how.size, how.face, area.width());
        let at = (area.left, area.top + self.size * 0.7);
        self.drawing.text(&title, at, Side::RightOf, how);
    }

    fn grid(&mut self) {
        let inner = self.layout.inner;
        let label = self.type_of(ink::LABEL.paper);
        let across = |y: f64| Area::new(inner.left, y - 0.5, inner.width(), 1.0);
        for value in fine_marks(&self.layout.y) {
            let y = self.layout.down(value);
            self.drawing.rectangle(across(y), ink::GRID.paper, 0.5);
        }
        for tick in &self.layout.y.ticks {
            let y = self.layout.down(tick.value);
            self.drawing.rectangle(across(y), ink::GRID.paper, 1.0);
            let at = (inner.left - self.size * 0.45, y);
            self.drawing.text(&tick.label, at, Side::LeftOf, label);
        }
        let baseline = inner.bottom + self.size * 0.95;
        let mut free_from = f64::NEG_INFINITY;
        for tick in &self.layout.x.ticks {
            let x = self.layout.across(tick.value);
            let upright = Area::new(x - 0.5, inner.top, 1.0, inner.height());
            self.drawing.rectangle(upright, ink::GRID.paper, 1.0);
            let half = font::width(&tick.label, self.size, Face::Plain) / 2.0;
            if x - half >= free_from {
                self.drawing
                    .text(&tick.label, (x, baseline), Side::CentredOn, label);
                free_from = x + half + self.size * 0.5;
            }
        }
        if inner.right - font::width("step", self.size, Face::Plain) >= free_from {
            self.drawing
                .text("step", (inner.right, baseline), Side::LeftOf, label);
        }
        let frame = ink::FRAME.paper;
        let left = Area::new(inner.left - 0.5, inner.top, 1.0, inner.height());
        self.drawing.rectangle(left, frame, 1.0);
        self.drawing.rectangle(across(inner.bottom), frame, 1.0);
    }

    fn curve(&mut self, curve: &Curve, stroke: Stroke) {
        let color = stroke.ink.paper;
        let inner = self.layout.inner;
        let thickness = self.size / 7.5;
        let mut line: Vec<(f64, f64)> = Vec::new();
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        let mut next_step = None;
        for point in &curve.points {
            let x = self.layout.across(f64::midpoint(
                point.first_step as f64,
                point.last_step as f64,
            ));
            let exact = self.layout.down(point.last.into());
            let visible = exact <= inner.bottom + 1.0;
            let [highest, lowest] = [point.maximum, point.minimum]
                .map(|loss| self.layout.down(loss.into()).clamp(inner.top, inner.bottom));
            if next_step != Some(point.first_step) || !visible {
                if !visible && !line.is_empty() {
                    line.push((x, inner.bottom));
                }
                self.stretch(&mut line, &mut upper, &mut lower, thickness, stroke);
            }
            if visible {
                line.push((x, exact.max(inner.top)));
                upper.push((x, highest));
                lower.push((x, lowest));
            }
            next_step = Some(point.last_step + 1);
        }
        self.stretch(&mut line, &mut upper, &mut lower, thickness, stroke);
        if let Some(point) = curve
            .points
            .last()
            .filter(|_| self.plot.ends != Ends::Names)
        {
            let at = (
                self.layout.across(point.last_step as f64),
                self.layout.down(point.last.into()),
            );
            if (inner.top..=inner.bottom).contains(&at.1) {
                self.drawing.dot(at, thickness * 1.2, color);
            }
        }
    }

    /// What lies between two gaps: a band from the least to the greatest values, where they are apart, and the line.
    fn stretch(
        &mut self,
        line: &mut Vec<(f64, f64)>,
        upper: &mut Vec<(f64, f64)>,
        lower: &mut Vec<(f64, f64)>,
        thickness: f64,
        stroke: Stroke,
    ) {
        let color = stroke.ink.paper;
        let is_wide = upper
            .iter()
            .zip(lower.iter())
            .any(|(upper, lower)| lower.1 - upper.1 > thickness);
        if is_wide {
            let mut corners = std::mem::take(upper);
            corners.extend(lower.drain(..).rev());
            self.drawing.polygon(corners, color, 0.3);
        }
        upper.clear();
        lower.clear();
        if stroke.is_dashed {
            self.drawing
                .dashed(line, thickness, color, self.size * 0.55);
            line.clear();
        } else {
            self.drawing.line(std::mem::take(line), thickness, color);
        }
    }

    fn markers(&mut self) {
        let inner = self.layout.inner;
        for marker in &self.plot.chart.markers {
            let x = self.layout.across(marker.step as f64);
            let line = [(x, inner.top), (x, inner.bottom)];
            self.drawing
                .dashed(&line, 1.0, ink::MARKER.paper, self.size * 0.3);
        }
    }

    /// In a chart with room for it; of markers that are too close to each other, the later ones get their number.
    fn marker_numbers(&mut self) {
        if self.plot.ends != Ends::Names {
            return;
        }
        let (size, inner) = (self.size * 0.9, self.layout.inner);
        let mut free_until = f64::INFINITY;
        for marker in self.plot.chart.markers.iter().rev() {
            let label = marker.number.to_string();
            let x = self.layout.across(marker.step as f64);
            let half =
                (font::width(&label, size, Face::Strong) / 2.0 + size * 0.35).max(size * 0.6);
            if x + half > free_until {
                continue;
            }
            free_until = x - half - 2.0;
            let flag = Area::new(x - half, inner.top - size * 1.5, half * 2.0, size * 1.2);
            self.drawing.rectangle(flag, ink::MARKER.paper, 1.0);
            let how = Type {
                size,
                face: Face::Strong,
                color: ink::ON_MARKER.paper,
            };
            let at = (x, f64::midpoint(flag.top, flag.bottom));
            self.drawing.text(&label, at, Side::CentredOn, how);
        }
    }

    /// Each curve's name and last value at its end.
    fn ends(&mut self, area: Area) {
        if self.plot.ends == Ends::Plain {
            return;
        }
        let inner = self.layout.inner;
        let mut ends: Vec<(f64, f64, String, Stroke)> = Vec::new();
        let curves = self.plot.chart.curves.iter().zip(&self.plot.strokes);
        for ((curve, stroke), text) in curves.zip(&self.layout.ends) {
            if let Some(point) = curve.points.last() {
                let x = self.layout.across(point.last_step as f64);
                let y = self.layout.down(point.last.into());
                ends.push((x, y, text.clone(), *stroke));
            }
        }
        ends.sort_by(|one, other| one.1.total_cmp(&other.1));
        let wanted: Vec<f64> = ends
            .iter()
            .map(|end| end.1.clamp(inner.top, inner.bottom))
            .collect();
        let limits = (inner.top, inner.bottom);
        // Where there is no room for all of them beside the curves, they may stand beside title and marks too.
        let needed = self.size * 1.15 * wanted.len().saturating_sub(1) as f64;
        let limits = if needed > inner.height() {
            (area.top + self.size / 2.0, area.bottom - self.size / 2.0)
        } else {
            limits
        };
        let heights = apart(&wanted, self.size * 1.15, limits);
        for ((x, y, text, stroke), height) in ends.into_iter().zip(heights) {
            let color = stroke.ink.paper;
            let (elbow, label) = (
                inner.right + self.size * 0.3,
                inner.right + self.size * 0.75,
            );
            if (inner.top..=inner.bottom).contains(&y) {
                self.drawing
                    .line(vec![(x, y), (elbow, y), (label, height)], 1.0, color);
                self.drawing.dot((x, y), self.size / 6.0, color);
            }
            let how = self.type_of(ink::TEXT.paper);
            let at = (label + self.size * 0.25, height);
            self.drawing.text(&text, at, Side::RightOf, how);
        }
    }
}
