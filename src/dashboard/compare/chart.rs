//! All candidates' curves in one chart: of which loss, over steps or seconds. UI thread.

use std::ops::RangeInclusive;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;

use super::Compare;
use super::candidate::Candidate;
use super::palette;
use crate::dashboard::panel::hint;
use crate::dashboard::panel::losses::axes::Parts;
use crate::dashboard::panel::losses::plot::Plot;
use crate::dashboard::panel::losses::{LEAST_COLUMNS, LEAST_ROWS};
use crate::engine::message::TermKind;
use crate::record::axis::{Axis, Scale};
use crate::record::history::{CurvePoint, Series};

/// Which loss is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Style, without weights.
    Style,
    /// Content, without weights.
    Content,
    /// Everything, with weights.
    Total,
}

impl Measure {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Style => Self::Content,
            Self::Content => Self::Total,
            Self::Total => Self::Style,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Style => "style",
            Self::Content => "content",
            Self::Total => "total",
        }
    }

    fn series(self) -> Series {
        match self {
            Self::Style => Series::UnweightedKind(TermKind::Style),
            Self::Content => Series::UnweightedKind(TermKind::Content),
            Self::Total => Series::Total,
        }
    }

    /// Why these curves say little side by side, where that is so.
    pub(super) fn doubt(self, candidates: &[Candidate], is_wide: bool) -> Option<&'static str> {
        let all = |is_alike: fn(&Candidate) -> bool| candidates.iter().all(is_alike);
        let otherwise = if is_wide {
            "≠ is measured otherwise"
        } else {
            "≠ otherwise"
        };
        match self {
            Self::Style if !all(|one| one.is_comparable(TermKind::Style)) => Some(otherwise),
            Self::Content if !all(|one| one.is_comparable(TermKind::Content)) => Some(otherwise),
            Self::Total if !all(Candidate::weighs_alike) && is_wide => {
                Some("weighted otherwise: no comparison")
            }
            Self::Total if !all(Candidate::weighs_alike) => Some("weights differ"),
            _ => None,
        }
    }
}

impl Candidate {
    /// Whether its total is the same sum as the first's.
    fn weighs_alike(&self) -> bool {
        let counts = |key: &str| {
            key.ends_with(".weight")
                || key.contains(".layers.")
                || key == "style.chained"
                || key.starts_with("network.")
        };
        self.measured_alike == [true; 2]
            && !self.differences.iter().any(|change| counts(&change.key))
    }

    /// Whether its curve of `measure` can be put beside the first's.
    fn is_alike(&self, measure: Measure) -> bool {
        match measure {
            Measure::Style => self.is_comparable(TermKind::Style),
            Measure::Content => self.is_comparable(TermKind::Content),
            Measure::Total => self.weighs_alike(),
        }
    }

    /// What stands at the end of its curve.
    fn mark(&self, measure: Measure) -> String {
        let doubt = if self.is_alike(measure) || measure == Measure::Total {
            ""
        } else {
            "≠"
        };
        format!("{}{doubt}", self.number + 1)
    }
}

/// One candidate's curve.
struct Curve {
    number: usize,
    points: Vec<CurvePoint>,
    mark: String,
    style: Style,
}

/// The curves as they are to be drawn over so many columns.
pub(super) struct CompareChart {
    curves: Vec<Curve>,
    steps: RangeInclusive<u64>,
    scale: Scale,
}

impl CompareChart {
    pub(super) fn new(compare: &Compare, columns: u16) -> Self {
        let histories = || {
            compare
                .candidates
                .iter()
                .filter_map(|candidate| candidate.run.history.steps())
        };
        let last = histories().map(|steps| *steps.end()).max().unwrap_or(0);
        let first = histories().map(|steps| *steps.start()).min().unwrap_or(0);
        let begin = compare.loss_view.window.map_or(0, |window| {
            last.saturating_sub(window.max(1).saturating_sub(1))
        });
        let steps = begin.max(first)..=last;
        // A column of braille is two dots wide.
        let points = usize::from(columns).max(8) * 2;
        let measure = compare.measure;
        let mut curves: Vec<Curve> = compare
            .candidates
            .iter()
            .map(|candidate| {
                let mut style = palette::style(candidate.number, &compare.theme);
                if candidate.is_dropped() {
                    style = compare.theme.border;
                } else if candidate.number == compare.chosen {
                    style = style.add_modifier(Modifier::BOLD);
                }
                Curve {
                    number: candidate.number,
                    points: candidate
                        .run
                        .history
                        .curve(&measure.series(), steps.clone(), points),
                    mark: candidate.mark(measure),
                    style,
                }
            })
            .filter(|curve| !curve.points.is_empty())
            .collect();
        // The chosen one lies on top.
        curves.sort_by_key(|curve| curve.number == compare.chosen);
        Self {
            curves,
            steps,
            scale: compare.loss_view.scale,
        }
    }

    fn y_axis(&self, most_ticks: usize) -> Axis {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let highest = points()
            .map(|point| f64::from(point.maximum))
            .fold(f64::NEG_INFINITY, f64::max);
        let is_logarithmic = self.scale == Scale::Logarithmic;
        let lowest = points()
            .map(|point| f64::from(point.minimum))
            .filter(|value| !is_logarithmic || *value > 0.0)
            .fold(f64::INFINITY, f64::min);
        if !(lowest.is_finite() && highest.is_finite()) {
            return Axis::new(self.scale, 0.1, 1.0, most_ticks);
        }
        let lowest = if !is_logarithmic && (0.0..highest * 0.2).contains(&lowest) {
            0.0
        } else {
            lowest
        };
        Axis::new(self.scale, lowest, highest, most_ticks)
    }
}

/// The chart inside its panel.
pub(super) struct ChartPanel<'a>(pub(super) &'a Compare);

impl Widget for ChartPanel<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(*buffer.area());
        if area.is_empty() {
            return;
        }
        let compare = self.0;
        let chart = CompareChart::new(compare, area.width);
        if chart.curves.is_empty() || area.width < LEAST_COLUMNS || area.height < LEAST_ROWS {
            let words = if chart.curves.is_empty() {
                ["the curves begin with the first step", "no losses yet", "–"]
            } else {
                ["m makes this panel large", "m: large", "–"]
            };
            hint::draw(&words, &compare.theme, area, buffer);
            return;
        }
        draw(&chart, compare, area, buffer);
    }
}

fn draw(chart: &CompareChart, compare: &Compare, area: Rect, buffer: &mut Buffer) {
    let theme = &compare.theme;
    let y_axis = chart.y_axis(usize::from(area.height / 3 + 1).clamp(2, 9));
    let marks = chart.curves.iter().map(|curve| curve.mark.chars().count());
    let parts = Parts::new(area, &y_axis, false, marks.max().unwrap_or(1) as u16);
    let plot = parts.plot;
    if plot.is_empty() {
        return;
    }
    let most_ticks = usize::from(plot.width / 10).clamp(2, 12);
    let x_axis = if compare.by_seconds {
        let seconds = |step: u64| {
            compare
                .candidates
                .iter()
                .map(move |candidate| candidate.seconds_at(step as f64))
        };
        let begin = seconds(*chart.steps.start()).fold(f64::INFINITY, f64::min);
        let end = seconds(*chart.steps.end()).fold(0.0, f64::max);
        Axis::new(Scale::Linear, begin.min(end), end, most_ticks)
    } else {
        Axis::counting(&chart.steps, most_ticks)
    };
    let mut dots = Plot::new(plot.width, plot.height);
    let unit = if compare.by_seconds { "s" } else { "step" };
    parts.draw_y_axis(&dots, &y_axis, theme, buffer);
    parts.draw_x_axis(&dots, &x_axis, unit, theme, buffer);
    for curve in &chart.curves {
        let place = |step: f64| match compare.candidate(curve.number) {
            Some(candidate) if compare.by_seconds => candidate.seconds_at(step),
            _ => step,
        };
        dots.curve_over(&curve.points, place, &x_axis, &y_axis, curve.style);
    }
    dots.draw(plot, buffer);
    if compare.by_seconds {
        buffer.set_string(plot.right(), parts.labels, unit, theme.dim);
    }
    let ends = chart.curves.iter().rev().filter_map(|curve| {
        let last = curve.points.last()?.last;
        Some((last, curve.mark.clone(), curve.style))
    });
    parts.draw_ends(ends, &dots, &y_axis, buffer);
}
