//! The charts on the page. Pure; any thread.

use super::MOST_LINES;
use super::flow::{Flow, SMALL, TEXT, plain, quiet, strong};
use crate::report::drawing::{Area, Side, Type};
use crate::report::ink;
use crate::report::plot::Plot;
use crate::report::run_report::contents::Contents;

pub(super) fn losses(flow: &mut Flow, contents: &Contents) {
    let charts = &contents.charts;
    if charts.main.is_empty() && charts.layers.is_empty() {
        return;
    }
    let is_single = contents.runs.len() == 1;
    flow.heading("Losses");
    let what = if is_single {
        "Weighted, as they were optimised; logarithmic."
    } else {
        "Without their weights, so that they can be compared; logarithmic. The colours are those below the pictures."
    };
    flow.paragraph(what, quiet(SMALL), 2);
    flow.space(10.0);
    if is_single {
        plots(flow, &charts.main, 1, 400.0, 14.5);
    } else {
        plots(flow, &charts.main, 2, 330.0, 14.0);
    }
    changes(flow, contents);
    if !charts.layers.is_empty() {
        flow.space(18.0);
        let heading = if is_single {
            "Term by term, without weights"
        } else {
            "Term by term"
        };
        flow.paragraph(heading, strong(TEXT), 1);
        flow.space(8.0);
        plots(flow, &charts.layers, 3, 190.0, 13.0);
    }
}

fn plots(flow: &mut Flow, plots: &[Plot], columns: usize, height: f64, size: f64) {
    flow.grid(
        plots,
        columns,
        (24.0, 20.0),
        |flow, plot, (left, top), width| {
            plot.draw(&mut flow.drawing, Area::new(left, top, width, height), size);
            top + height
        },
    );
}

fn changes(flow: &mut Flow, contents: &Contents) {
    if !contents.changes.is_empty() {
        flow.space(10.0);
    }
    for change in &contents.changes {
        let indent = if let Some(number) = change.number {
            let flag = Area::new(Flow::left(), flow.y + 1.0, 22.0, TEXT * 1.15);
            flow.drawing.rectangle(flag, ink::MARKER.paper, 1.0);
            let how = Type {
                color: ink::ON_MARKER.paper,
                ..strong(SMALL)
            };
            let at = (flag.left + 11.0, f64::midpoint(flag.top, flag.bottom));
            flow.drawing
                .text(&number.to_string(), at, Side::CentredOn, how);
            32.0
        } else {
            0.0
        };
        let run = change
            .run
            .as_ref()
            .map_or_else(String::new, |run| format!("{run}, "));
        let text = format!("{run}step {}: {}", change.step, change.fields.join("; "));
        let at = (Flow::left() + indent, flow.y);
        flow.y = flow.text(&text, at, Flow::width() - indent, plain(TEXT), MOST_LINES) + 3.0;
    }
}
