//! What a chart of the losses shows, for whoever draws it. Plain data; any thread.

use std::ops::RangeInclusive;

use super::axis::Axis;
pub use super::axis::Scale;
use super::history::{CurvePoint, History, Series};
use crate::engine::message::TermKind;

/// What a curve is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CurveKind {
    /// The weighted sum of everything.
    Total,
    /// The weighted content losses.
    Content,
    /// The weighted style losses.
    Style,
    /// The weighted total variation.
    Variation,
}

/// One line of the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub kind: CurveKind,
    /// In the order of the steps. Where one does not begin right after the one before, there is a gap.
    pub points: Vec<CurvePoint>,
}

/// Something that took effect at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    /// From this step on.
    pub step: u64,
    /// What the list of events calls it.
    pub number: usize,
}

/// The losses as curves.
#[derive(Debug, Clone, PartialEq)]
pub struct LossChart {
    /// What is visible.
    pub steps: RangeInclusive<u64>,
    /// How losses are laid upwards.
    pub scale: Scale,
    /// Total, content, style, variation: those that are there and not zero throughout.
    pub curves: Vec<Curve>,
    /// Those within the visible steps.
    pub markers: Vec<Marker>,
}

/// Terms smaller than this share of the smallest total get no room on a logarithmic axis: they would take
/// it from what matters.
const NEGLIGIBLE_SHARE: f64 = 1e-4;

/// The least values of a term that are not looked at for a logarithmic axis, as a share of its points: what
/// begins at nearly nothing would take several decades for a few steps.
const UNSEEN_SHARE: f64 = 0.03;

/// Room left above and below the curves, as a share of the axis.
const MARGIN: f64 = 0.03;

impl CurveKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Total, Self::Content, Self::Style, Self::Variation];

    /// In lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Content => "content",
            Self::Style => "style",
            Self::Variation => "variation",
        }
    }

    /// What the history calls it.
    pub fn series(self) -> Series {
        match self {
            Self::Total => Series::Total,
            Self::Content => Series::Kind(TermKind::Content),
            Self::Style => Series::Kind(TermKind::Style),
            Self::Variation => Series::Kind(TermKind::Variation),
        }
    }
}

impl LossChart {
    /// The last `window` steps, or the whole run, each curve in at most `most_points` points.
    pub fn new(
        history: &History,
        window: Option<u64>,
        scale: Scale,
        markers: &[Marker],
        most_points: usize,
    ) -> Self {
        let Some(run) = history.steps() else {
            return Self {
                steps: 0..=0,
                scale,
                curves: Vec::new(),
                markers: Vec::new(),
            };
        };
        let begin = window.map_or(0, |window| {
            run.end().saturating_sub(window.max(1).saturating_sub(1))
        });
        let steps = begin.max(*run.start())..=*run.end();
        let curves = CurveKind::ALL
            .into_iter()
            .map(|kind| Curve {
                name: kind.name().to_owned(),
                kind,
                points: history.curve(&kind.series(), steps.clone(), most_points),
            })
            .filter(|curve| curve.points.iter().any(|point| !is_zero(point)))
            .collect();
        let markers = markers
            .iter()
            .filter(|marker| steps.contains(&marker.step))
            .copied()
            .collect();
        Self {
            steps,
            scale,
            curves,
            markers,
        }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.curves.is_empty()
    }

    /// The axis of losses, fitted to what is visible, with a little room above and below.
    pub fn y_axis(&self, most_ticks: usize) -> Axis {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let highest = points()
            .map(|point| f64::from(point.maximum))
            .fold(f64::NEG_INFINITY, f64::max);
        if points().next().is_none() {
            return Axis::new(self.scale, 0.1, 1.0, most_ticks);
        }
        match self.scale {
            Scale::Linear => {
                let lowest = points()
                    .map(|point| f64::from(point.minimum))
                    .fold(f64::INFINITY, f64::min);
                // From nearly zero to zero it is not far, and zero is easier to read from.
                let lowest = if (0.0..highest * 0.2).contains(&lowest) {
                    0.0
                } else {
                    lowest
                };
                let room = (highest - lowest) * MARGIN;
                let bottom = if lowest == 0.0 { 0.0 } else { lowest - room };
                Axis::new(self.scale, bottom, highest + room, most_ticks)
            }
            Scale::Logarithmic => {
                let (totals, terms): (Vec<&Curve>, Vec<&Curve>) = self
                    .curves
                    .iter()
                    .partition(|curve| curve.kind == CurveKind::Total);
                let total = totals.into_iter().filter_map(low).reduce(f64::min);
                let negligible = total.map_or(0.0, |total| total * NEGLIGIBLE_SHARE);
                let lowest = terms
                    .into_iter()
                    .filter_map(low)
                    .filter(|low| *low > negligible)
                    .chain(total)
                    .fold(highest, f64::min);
                let room = (highest / lowest).powf(MARGIN);
                let room = if room.is_finite() { room } else { 1.0 };
                Axis::new(self.scale, lowest / room, highest * room, most_ticks)
            }
        }
    }

    /// The axis of steps.
    pub fn x_axis(&self, most_ticks: usize) -> Axis {
        Axis::counting(&self.steps, most_ticks)
    }
}

/// Whether all values are exactly zero, as those of a term without weight are.
fn is_zero(point: &CurvePoint) -> bool {
    point.minimum == 0.0 && point.maximum == 0.0
}

/// The least value above zero that a logarithmic axis has to show of a curve.
fn low(curve: &Curve) -> Option<f64> {
    let mut lows: Vec<f32> = curve
        .points
        .iter()
        .filter_map(|point| {
            [point.minimum, point.last, point.maximum]
                .into_iter()
                .find(|value| *value > 0.0)
        })
        .collect();
    lows.sort_unstable_by(f32::total_cmp);
    let unseen = match curve.kind {
        CurveKind::Total => 0,
        _ => (lows.len() as f64 * UNSEEN_SHARE) as usize,
    };
    lows.get(unseen).copied().map(f64::from)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::message::{LossBlock, LossTerm};

    /// 1000 steps; content falls from 2 on, style is ten times that, variation has no weight.
    fn history() -> History {
        let term = |kind, layer: Option<&str>| LossTerm {
            kind,
            layer: layer.map(str::to_owned),
        };
        let value = |step: u64| 2.0 / (1.0 + step as f32 * 0.1);
        let mut history = History::new();
        history.add(
            &LossBlock {
                candidates: [0].into(),
                first_step: 0,
                terms: Arc::new([
                    term(TermKind::Content, Some("a")),
                    term(TermKind::Style, Some("b")),
                    term(TermKind::Variation, None),
                ]),
                weights: Arc::new([vec![1.0, 10.0, 0.0]]),
                values: (0..1000)
                    .flat_map(|step| [value(step), value(step), 5.0])
                    .collect(),
                seconds: 1.0,
            },
            0,
        );
        history
    }

    #[test]
    fn a_chart_of_nothing_has_axes() {
        let chart = LossChart::new(&History::new(), None, Scale::Logarithmic, &[], 100);
        assert!(chart.is_empty());
        assert!(chart.y_axis(5).ticks.len() >= 2);
        assert_eq!(chart.x_axis(5).ticks.len(), 1);
    }

    #[test]
    fn what_has_no_weight_is_left_out() {
        let chart = LossChart::new(&history(), None, Scale::Logarithmic, &[], 100);
        let names: Vec<&str> = chart
            .curves
            .iter()
            .map(|curve| curve.name.as_str())
            .collect();
        assert_eq!(names, ["total", "content", "style"]);
        assert!(chart.curves.iter().all(|curve| curve.points.len() <= 100));
    }

    #[test]
    fn the_axis_fits_what_is_visible() {
        let whole = LossChart::new(&history(), None, Scale::Logarithmic, &[], 100).y_axis(5);
        assert!(whole.minimum < 0.0199 && whole.minimum > 0.01);
        assert!(whole.maximum > 22.0 && whole.maximum < 40.0);
        let window = LossChart::new(&history(), Some(100), Scale::Logarithmic, &[], 100);
        assert_eq!(window.steps, 900..=999);
        assert!(window.y_axis(5).maximum < 0.3);
        let linear = LossChart::new(&history(), None, Scale::Linear, &[], 100).y_axis(5);
        assert!(linear.minimum.abs() < 1e-12);
    }

    #[test]
    fn markers_outside_are_left_out() {
        let markers =
            [(10, 1), (899, 2), (900, 3), (2000, 4)].map(|(step, number)| Marker { step, number });
        let chart = LossChart::new(&history(), Some(100), Scale::Linear, &markers, 100);
        assert_eq!(
            chart.markers,
            [Marker {
                step: 900,
                number: 3
            }]
        );
    }

    #[test]
    fn what_hardly_counts_does_not_squeeze_the_rest() {
        let mut chart = LossChart::new(&history(), None, Scale::Logarithmic, &[], 100);
        chart.curves[1].points[0].minimum = 1e-20;
        assert!(chart.y_axis(5).minimum > 0.01);
        for point in &mut chart.curves[1].points {
            (point.minimum, point.maximum, point.last) = (1e-12, 1e-12, 1e-12);
        }
        assert!(chart.y_axis(5).minimum > 0.01);
        chart.curves[1].points[0].minimum = 0.0;
        assert!(chart.y_axis(5).minimum > 0.01);
    }
}
