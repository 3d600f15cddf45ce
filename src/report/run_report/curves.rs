//! Which charts a report has, and their curves in few points. Pure; any thread.

use std::ops::RangeInclusive;

use super::material::Material;
use super::measures;
use crate::engine::message::{LossTerm, TermKind};
use crate::record::chart::{Curve, CurveKind, LossChart, Marker, Scale};
use crate::record::folder::metrics::Row;
use crate::record::history::CurvePoint;
use crate::report::ink;
use crate::report::plot::{Ends, Plot, Stroke};

/// All charts.
#[derive(Debug, Default)]
pub(super) struct Charts {
    /// What a reader looks at first.
    pub(super) main: Vec<Plot>,
    /// A chart a term of the loss, without its weight.
    pub(super) layers: Vec<Plot>,
}

/// Points of a curve in a large chart: about as many as it has pixels.
const MOST_POINTS: usize = 500;
/// Points of a curve in a small one.
const FEW_POINTS: usize = 220;

/// The charts of one run, `markers` being where its preset changed.
pub(super) fn of_one(run: &Material, markers: &[Marker]) -> Charts {
    let rows = &run.metrics.rows;
    let Some(steps) = steps(&[run]) else {
        return Charts::default();
    };
    let kind_of = |kind: CurveKind| match kind {
        CurveKind::Total => None,
        CurveKind::Content => Some(TermKind::Content),
        CurveKind::Style => Some(TermKind::Style),
        CurveKind::Variation => Some(TermKind::Variation),
    };
    let kinds = CurveKind::ALL.into_iter().map(|kind| {
        let value = |row: &Row| match kind_of(kind) {
            None => Some(row.total),
            Some(kind) => weighted(run, row, kind),
        };
        let points = thinned(values(rows, value), &steps, MOST_POINTS);
        (
            Curve {
                name: kind.name().to_owned(),
                kind,
                points,
            },
            Stroke {
                ink: ink::of_kind(kind),
                is_dashed: false,
            },
        )
    });
    let main = plot("", &steps, kinds, markers, Ends::Names);
    let layers = terms(&[run]).into_iter().filter_map(|term| {
        let kind = curve_kind(term.kind);
        let points = thinned(
            values(rows, |row| unweighted(run, row, &term)),
            &steps,
            FEW_POINTS,
        );
        let curve = Curve {
            name: String::new(),
            kind,
            points,
        };
        let stroke = Stroke {
            ink: ink::of_kind(kind),
            is_dashed: false,
        };
        plot(
            &term.to_string(),
            &steps,
            [(curve, stroke)],
            markers,
            Ends::Values,
        )
    });
    Charts {
        layers: layers.collect(),
        main: main.into_iter().collect(),
    }
}

/// The charts of several runs, each in a colour of its own.
pub(super) fn of_several(runs: &[Material], names: &[String]) -> Charts {
    let all: Vec<&Material> = runs.iter().collect();
    let Some(steps) = steps(&all) else {
        return Charts::default();
    };
    let strokes = |index| {
        let (ink, is_dashed) = ink::of_run(index);
        Stroke { ink, is_dashed }
    };
    let sums = [TermKind::Style, TermKind::Content, TermKind::Variation]
        .into_iter()
        .filter(|kind| measures::are_alike(&all, *kind))
        .filter_map(|kind| {
            let curves = runs
                .iter()
                .zip(names)
                .enumerate()
                .map(|(index, (run, name))| {
                    let value = |row: &Row| sum(run, row, kind);
                    let points = thinned(values(&run.metrics.rows, value), &steps, MOST_POINTS);
                    let name = format!("{} {name}", index + 1);
                    (
                        Curve {
                            name,
                            kind: curve_kind(kind),
                            points,
                        },
                        strokes(index),
                    )
                });
            let title = match kind {
                TermKind::Style => "style, all layers",
                TermKind::Content => "content, all layers",
                // It has no layers: it is among the others.
                TermKind::Variation => return None,
            };
            plot(title, &steps, curves, &[], Ends::Names)
        });
    let layers = terms(&all).into_iter().filter_map(|term| {
        let curves = runs.iter().enumerate().map(|(index, run)| {
            let values = values(&run.metrics.rows, |row| unweighted(run, row, &term));
            let points = thinned(values, &steps, FEW_POINTS);
            (
                Curve {
                    name: String::new(),
                    kind: curve_kind(term.kind),
                    points,
                },
                strokes(index),
            )
        });
        plot(&term.to_string(), &steps, curves, &[], Ends::Plain)
    });
    Charts {
        main: sums.collect(),
        layers: layers.collect(),
    }
}

/// Nothing where no curve has a point, or all are zero throughout.
fn plot(
    title: &str,
    steps: &RangeInclusive<u64>,
    curves: impl IntoIterator<Item = (Curve, Stroke)>,
    markers: &[Marker],
    ends: Ends,
) -> Option<Plot> {
    let (curves, strokes): (Vec<Curve>, Vec<Stroke>) = curves
        .into_iter()
        .filter(|(curve, _)| curve.points.iter().any(|point| point.maximum > 0.0))
        .unzip();
    let chart = LossChart {
        steps: steps.clone(),
        scale: Scale::Logarithmic,
        curves,
        markers: markers
            .iter()
            .filter(|marker| steps.contains(&marker.step))
            .copied()
            .collect(),
    };
    (!chart.is_empty()).then(|| Plot {
        title: title.to_owned(),
        chart,
        strokes,
        ends,
    })
}

/// From the first to the last step of any of the runs.
fn steps(runs: &[&Material]) -> Option<RangeInclusive<u64>> {
    let rows = || {
        runs.iter()
            .flat_map(|run| [run.metrics.rows.first(), run.metrics.rows.last()])
    };
    let numbers = || rows().flatten().map(|row| row.step);
    Some(numbers().min()?..=numbers().max()?)
}

/// Every term that is part of any run's loss.
pub(super) fn terms(runs: &[&Material]) -> Vec<LossTerm> {
    let mut terms: Vec<LossTerm> = Vec::new();
    for term in runs.iter().flat_map(|run| &run.metrics.terms) {
        if !terms.contains(term) {
            terms.push(term.clone());
        }
    }
    // Layers of one kind stay together, whichever run brought them.
    terms.sort_by_key(|term| match term.kind {
        TermKind::Style => 0,
        TermKind::Content => 1,
        TermKind::Variation => 2,
    });
    terms
}

pub(super) fn unweighted(run: &Material, row: &Row, term: &LossTerm) -> Option<f64> {
    let place = run.metrics.terms.iter().position(|known| known == term)?;
    let (value, _) = (*row.terms.get(place)?)?;
    Some(value.into())
}

/// The sum over all layers without weights; nothing where the kind is no part of the loss.
pub(super) fn sum(run: &Material, row: &Row, kind: TermKind) -> Option<f64> {
    let cells = || {
        run.metrics
            .terms
            .iter()
            .zip(&row.terms)
            .filter(|(term, _)| term.kind == kind)
    };
    cells()
        .any(|(_, cell)| cell.is_some())
        .then(|| run.metrics.unweighted(row, kind))
}

fn weighted(run: &Material, row: &Row, kind: TermKind) -> Option<f64> {
    let cells = run.metrics.terms.iter().zip(&row.terms);
    let weighted: Vec<f64> = cells
        .filter(|(term, _)| term.kind == kind)
        .filter_map(|(_, cell)| cell.map(|(value, weight)| f64::from(value) * weight))
        .collect();
    (!weighted.is_empty()).then(|| weighted.iter().sum())
}

fn curve_kind(kind: TermKind) -> CurveKind {
    match kind {
        TermKind::Content => CurveKind::Content,
        TermKind::Style => CurveKind::Style,
        TermKind::Variation => CurveKind::Variation,
    }
}

fn values<'a>(
    rows: &'a [Row],
    value: impl Fn(&Row) -> Option<f64> + 'a,
) -> impl Iterator<Item = (u64, f64)> + 'a {
    rows.iter()
        .filter_map(move |row| Some((row.step, value(row)?)))
        .filter(|(_, value)| value.is_finite())
}

/// What a curve did, in at most `most` points of about equally many steps, each with its least and its greatest
/// value, so that no spike is lost.
fn thinned(
    values: impl Iterator<Item = (u64, f64)>,
    steps: &RangeInclusive<u64>,
    most: usize,
) -> Vec<CurvePoint> {
    let count = u128::from(steps.end() - steps.start()) + 1;
    let group = |step: u64| u128::from(step.saturating_sub(*steps.start())) * most as u128 / count;
    let mut points: Vec<CurvePoint> = Vec::new();
    for (step, value) in values {
        let value = value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
        match points.last_mut() {
            Some(last) if last.last_step + 1 == step && group(last.first_step) == group(step) => {
                last.last_step = step;
                last.minimum = last.minimum.min(value);
                last.maximum = last.maximum.max(value);
                last.last = value;
            }
            _ => points.push(CurvePoint {
                first_step: step,
                last_step: step,
                minimum: value,
                maximum: value,
                last: value,
            }),
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_spikes_and_gaps() {
        let value = |step: u64| match step {
            70_001 => 1e6,
            70_003 => 1e-6,
            _ => 1.0,
        };
        let all = (0..100_000).filter(|step| !(300..900).contains(step));
        let points = thinned(all.map(|step| (step, value(step))), &(0..=99_999), 500);
        assert!((490..=502).contains(&points.len()), "{}", points.len());
        assert!(
            points
                .iter()
                .any(|point| point.maximum > 9e5 && point.minimum < 2e-6)
        );
        let gaps = points
            .windows(2)
            .filter(|pair| pair[0].last_step + 1 != pair[1].first_step);
        assert_eq!(gaps.count(), 1);
        let few = thinned((0..3).map(|step| (step, 1.0)), &(0..=2), 500);
        assert_eq!(few.len(), 3);
    }
}
