//! The charts as HTML, each an SVG element that takes on the colours of a dark screen. Pure; any thread.

use std::fmt::Write;

use super::escape::escaped;
use super::{section, swatch};
use crate::record::chart::LossChart;
use crate::record::figure;
use crate::report::drawing::{Area, Drawing};
use crate::report::plot::Plot;
use crate::report::run_report::ReportError;
use crate::report::run_report::contents::Contents;
use crate::report::surface::svg::{self, Letters};

/// Width, height and size of text of a chart; it is shown about as large as that.
type Shape = (f64, f64, f64);
const WIDE: Shape = (1040.0, 400.0, 14.5);
const NARROW: Shape = (420.0, 320.0, 14.5);
const HALF: Shape = (508.0, 330.0, 14.0);
const THIRD: Shape = (330.0, 190.0, 13.0);

pub(super) fn losses(contents: &Contents, letters: &mut Letters) -> Result<String, ReportError> {
    let charts = &contents.charts;
    let is_single = contents.runs.len() == 1;
    let mut html = String::new();
    if is_single {
        for plot in &charts.main {
            html += "<p class=\"quiet\">Weighted, as they were optimised; logarithmic.</p>\n";
            for (class, shape) in [("wide", WIDE), ("narrow", NARROW)] {
                let chart = chart(plot, shape, letters)?;
                let _ = writeln!(html, "<div class=\"{class} chart\">{chart}</div>");
            }
        }
    } else if !charts.layers.is_empty() {
        html += "<p class=\"quiet\">Without their weights, so that they can be compared; logarithmic.</p>\n";
        html += &legend(contents);
        if !charts.main.is_empty() {
            html += &grid(&charts.main, "charts", 420, HALF, letters)?;
        }
    }
    html += &changes(contents);
    if !charts.layers.is_empty() {
        let heading = if is_single {
            "Term by term, without weights"
        } else {
            "Term by term"
        };
        let _ = writeln!(html, "<h3 class=\"small\">{heading}</h3>");
        html += &grid(&charts.layers, "charts", 290, THIRD, letters)?;
    }
    Ok(section("losses", "Losses", &html))
}

fn grid(
    plots: &[Plot],
    class: &str,
    width: u32,
    shape: Shape,
    letters: &mut Letters,
) -> Result<String, ReportError> {
    let small = if shape == THIRD { " small" } else { "" };
    let mut html = format!("<div class=\"{class}{small}\" style=\"--chart:{width}px\">\n");
    for plot in plots {
        let _ = writeln!(
            html,
            "<div class=\"chart\">{}</div>",
            chart(plot, shape, letters)?
        );
    }
    Ok(html + "</div>\n")
}

/// Which colour is whose, beside the charts that do not say it.
fn legend(contents: &Contents) -> String {
    let mut html = "<ul class=\"legend\">".to_owned();
    for card in &contents.runs {
        if let Some(ink) = card.ink {
            let _ = write!(html, "<li>{} {}</li>", swatch(ink), escaped(&card.heading));
        }
    }
    html + "</ul>\n"
}

fn chart(
    plot: &Plot,
    (width, height, size): Shape,
    letters: &mut Letters,
) -> Result<String, ReportError> {
    let mut drawing = Drawing::new(width, height, None);
    plot.draw(&mut drawing, Area::new(0.0, 0.0, width, height), size);
    let label = escaped(&described(&plot.title, &plot.chart));
    let attributes = format!("role=\"img\" aria-label=\"{label}\"");
    Ok(svg::element(&drawing, &attributes, "", letters)?)
}

/// What a chart shows, for whoever does not see it.
fn described(title: &str, chart: &LossChart) -> String {
    let ends = chart.curves.iter().filter_map(|curve| {
        let (first, last) = (curve.points.first()?, curve.points.last()?);
        let name = if curve.name.is_empty() {
            "the loss"
        } else {
            &curve.name
        };
        let (from, to) = (
            figure::loss(first.last.into()),
            figure::loss(last.last.into()),
        );
        Some(format!("{name} from {from} to {to}"))
    });
    let subject = if title.is_empty() { "losses" } else { title };
    format!(
        "Chart of {subject} at steps {} to {}: {}",
        chart.steps.start(),
        chart.steps.end(),
        ends.collect::<Vec<String>>().join(", ")
    )
}

fn changes(contents: &Contents) -> String {
    if contents.changes.is_empty() {
        return String::new();
    }
    let mut html =
        "<ul class=\"changes\" aria-label=\"Changes of the preset on the way\">".to_owned();
    for change in &contents.changes {
        let number = change.number.map_or_else(String::new, |number| {
            format!("<span class=\"flag\">{number}</span> ")
        });
        let run = change
            .run
            .as_ref()
            .map_or_else(String::new, |run| format!("{}, ", escaped(run)));
        let fields = escaped(&change.fields.join("; "));
        let _ = write!(html, "<li>{number}{run}step {}: {fields}</li>", change.step);
    }
    html + "</ul>\n"
}
