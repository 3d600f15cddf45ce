//! A report as one tall picture, drawn by plotters: the same page as SVG and in pixels. Pure; any thread.

mod flow;
mod tables;

use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use self::flow::{Flow, SMALL, TEXT, plain, quiet, strong};
use super::ReportError;
use super::contents::{Card, Contents, Shown, Strip};
use super::html::escape::escaped;
use crate::report::drawing::{Area, Drawing, Side, Type};
use crate::report::font::Face;
use crate::report::ink;
use crate::report::loss_chart::ChartError;
use crate::report::plot::Plot;
use crate::report::surface::bitmap;
use crate::report::surface::svg::{self, Letters};

/// Pixels of the PNG for each of the page's, and how many times as large it is drawn before.
const SCALE: f64 = 1.5;
const FACTOR: u32 = 3;
/// A small picture is not blown up beyond this.
const MOST_ENLARGED: f64 = 2.0;
const MOST_LINES: usize = 3;
/// So many snapshots stand side by side, if there are as many.
const FRAMES: (usize, usize) = (10, 14);

pub(super) fn svg(contents: &Contents) -> Result<String, ChartError> {
    let page = page(contents);
    let mut letters = Letters::default();
    let title = escaped(&contents.title);
    let attributes = format!(
        "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{:.0}\" \
         height=\"{:.0}\" role=\"img\" aria-label=\"{title}\"",
        page.width, page.height
    );
    // A place that no text can hold, where letters go that are known only in the end.
    let drawn = svg::element(&page, &attributes, LETTERS, &mut letters)?;
    let inside = format!(
        "<title>{title}</title><style>@media screen and (prefers-color-scheme:dark){{{}}}</style><defs>{}</defs>",
        ink::dark_rules("svg"),
        letters.definitions()
    );
    Ok(drawn.replacen(LETTERS, &inside, 1))
}

const LETTERS: &str = "<!--letters-->";

pub(super) fn png(contents: &Contents) -> Result<Vec<u8>, ReportError> {
    let picture = bitmap::rendered(&page(contents), SCALE, FACTOR)?;
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive)
        .write_image(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )?;
    Ok(bytes)
}

fn page(contents: &Contents) -> Drawing {
    let mut flow = Flow::new();
    header(&mut flow, contents);
    pictures(&mut flow, contents);
    losses(&mut flow, contents);
    differences(&mut flow, contents);
    strips(&mut flow, contents);
    parameters(&mut flow, contents);
    facts(&mut flow, contents);
    again(&mut flow, contents);
    flow.space(26.0);
    flow.paragraph(&format!("Made by {}.", contents.made), quiet(SMALL), 1);
    flow.finish()
}

fn header(flow: &mut Flow, contents: &Contents) {
    flow.paragraph(&contents.title, strong(34.0), MOST_LINES);
    flow.space(4.0);
    flow.paragraph(&contents.summary.join("  ·  "), quiet(17.0), MOST_LINES);
    if contents.notes.is_empty() {
        return;
    }
    flow.space(14.0);
    let top = flow.y;
    let left = Flow::left() + 16.0;
    for note in &contents.notes {
        flow.y = flow.text(
            note,
            (left, flow.y),
            Flow::width() - 32.0,
            plain(TEXT),
            MOST_LINES,
        ) + 3.0;
    }
    let bar = Area::new(Flow::left(), top, 3.0, flow.y - top);
    flow.drawing.rectangle(bar, ink::MARKER.paper, 1.0);
}

/// As large as fits into `most`, in the shape that it has; gives back where it ends.
fn picture(
    flow: &mut Flow,
    picture: &Arc<RgbImage>,
    (left, top): (f64, f64),
    most: (f64, f64),
) -> f64 {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let factor = (most.0 / width).min(most.1 / height).min(MOST_ENLARGED);
    let area = Area::new(left, top, width * factor, height * factor);
    flow.drawing.picture(area, Arc::clone(picture));
    area.bottom
}

fn pictures(flow: &mut Flow, contents: &Contents) {
    flow.heading("Pictures");
    match &contents.runs[..] {
        [card] => {
            let top = flow.y;
            let mut left = Flow::left();
            let mut end = top;
            if !contents.inputs.is_empty() {
                let mut y = top;
                for input in &contents.inputs {
                    y = shown(flow, input, (left, y), (300.0, 320.0)) + 14.0;
                }
                end = y - 14.0;
                left += 324.0;
            }
            let room = Flow::left() + Flow::width() - left;
            flow.y = result(flow, card, (left, top), room).max(end);
        }
        cards => {
            if !contents.inputs.is_empty() {
                flow.grid(
                    &contents.inputs,
                    contents.inputs.len().max(5),
                    (16.0, 0.0),
                    |flow, input, at, width| shown(flow, input, at, (width, 150.0)),
                );
                flow.space(20.0);
            }
            let columns = if cards.len() > 4 { 4 } else { cards.len() };
            flow.grid(cards, columns, (20.0, 22.0), |flow, card, at, width| {
                self::card(flow, card, at, width)
            });
        }
    }
}

fn shown(flow: &mut Flow, shown: &Shown, (left, top): (f64, f64), most: (f64, f64)) -> f64 {
    let end = picture(flow, &shown.picture, (left, top), most) + 5.0;
    flow.text(
        &format!("{}: {}", shown.what, shown.name),
        (left, end),
        most.0,
        quiet(SMALL),
        2,
    )
}

fn result(flow: &mut Flow, card: &Card, (left, top): (f64, f64), width: f64) -> f64 {
    let end = match &card.picture {
        Some(newest) => picture(flow, newest, (left, top), (width, 900.0)) + 6.0,
        None => top,
    };
    flow.text(
        &card.lines.join("  ·  "),
        (left, end),
        width,
        quiet(SMALL),
        MOST_LINES,
    )
}

fn card(flow: &mut Flow, card: &Card, (left, top): (f64, f64), width: f64) -> f64 {
    let mut y = match &card.picture {
        // All as wide as each other, whatever their size.
        Some(newest) => {
            let height = width * f64::from(newest.height()) / f64::from(newest.width().max(1));
            let area = Area::new(left, top, width, height);
            flow.drawing.picture(area, Arc::clone(newest));
            area.bottom + 8.0
        }
        None => top,
    };
    let indent = if let Some(ink) = card.ink {
        swatch(flow, ink, (left, y + TEXT * 0.64));
        34.0
    } else {
        0.0
    };
    y = flow.text(
        &card.heading,
        (left + indent, y),
        width - indent,
        strong(TEXT),
        MOST_LINES,
    ) + 2.0;
    for line in &card.lines {
        y = flow.text(line, (left, y), width, quiet(SMALL), MOST_LINES);
    }
    for difference in &card.differences {
        y = flow.text(difference, (left, y), width, plain(SMALL), MOST_LINES);
    }
    y
}

/// A piece of a run's curve.
fn swatch(flow: &mut Flow, (ink, is_dashed): (ink::Ink, bool), (left, y): (f64, f64)) {
    let line = [(left + 2.0, y), (left + 24.0, y)];
    if is_dashed {
        flow.drawing.dashed(&line, 4.0, ink.paper, 5.0);
    } else {
        flow.drawing.line(line.to_vec(), 4.0, ink.paper);
    }
}

fn losses(flow: &mut Flow, contents: &Contents) {
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

fn differences(flow: &mut Flow, contents: &Contents) {
    if contents.runs.len() < 2 {
        return;
    }
    flow.heading("Differences");
    match &contents.settings {
        Some(table) => tables::table(flow, table),
        None => flow.paragraph(
            "Nothing differs but what happened by chance.",
            plain(TEXT),
            1,
        ),
    }
    if let Some((step, table)) = &contents.losses {
        flow.space(16.0);
        let text = format!(
            "Losses without their weights at step {step}, the last that all have; the least of each is bold"
        );
        flow.paragraph(&text, strong(TEXT), 2);
        flow.space(8.0);
        tables::table(flow, table);
    }
}

fn strips(flow: &mut Flow, contents: &Contents) {
    if contents.strips.is_empty() {
        return;
    }
    flow.heading("On the way");
    let longest = contents.strips.iter().map(|strip| strip.frames.len()).max();
    let columns = longest.unwrap_or(0).clamp(FRAMES.0, FRAMES.1);
    for strip in &contents.strips {
        self::strip(flow, strip, columns);
    }
}

fn strip(flow: &mut Flow, strip: &Strip, columns: usize) {
    if let Some(run) = &strip.run {
        flow.paragraph(run, strong(SMALL), 1);
        flow.space(4.0);
    }
    flow.grid(
        &strip.frames,
        columns,
        (8.0, 8.0),
        |flow, (step, frame), at, width| {
            let height = width * f64::from(frame.height()) / f64::from(frame.width().max(1));
            let area = Area::new(at.0, at.1, width, height);
            flow.drawing.picture(area, Arc::clone(frame));
            flow.text(
                &step.to_string(),
                (at.0, area.bottom + 3.0),
                width,
                quiet(12.0),
                1,
            )
        },
    );
    if strip.count > strip.frames.len() {
        let text = format!("{} of {} pictures", strip.frames.len(), strip.count);
        flow.paragraph(&text, quiet(12.0), 1);
    }
    flow.space(10.0);
}

fn parameters(flow: &mut Flow, contents: &Contents) {
    if contents.parameters.is_empty() {
        return;
    }
    flow.heading("Parameters");
    if let [first, _, ..] = &contents.runs[..] {
        flow.paragraph(&format!("Of {}.", first.heading), quiet(SMALL), 1);
        flow.space(6.0);
    }
    flow.grid(&contents.parameters, 4, (32.0, 16.0), tables::named);
}

fn facts(flow: &mut Flow, contents: &Contents) {
    flow.heading("Machine and files");
    tables::table(flow, &contents.shared_facts);
    if let Some(own) = &contents.own_facts {
        flow.space(14.0);
        tables::table(flow, own);
    }
}

fn again(flow: &mut Flow, contents: &Contents) {
    flow.heading("To do it again");
    let is_single = contents.runs.len() == 1;
    for command in &contents.again {
        // Of several runs there is a preset each, for which a picture is no place.
        if command.is_from_preset && !is_single {
            continue;
        }
        flow.paragraph(&command.what, strong(SMALL), 2);
        flow.space(4.0);
        let top = flow.y;
        let panel = flow.drawing.shapes.len();
        flow.space(8.0);
        for line in &command.lines {
            let how = Type {
                face: Face::Mono,
                ..plain(13.0)
            };
            let at = (Flow::left() + 12.0, flow.y);
            flow.y = flow.text(line, at, Flow::width() - 24.0, how, 12);
        }
        flow.space(8.0);
        let area = Area::new(Flow::left(), top, Flow::width(), flow.y - top);
        flow.drawing.rectangle(area, ink::PANEL.paper, 1.0);
        // It lies below what is written on it.
        flow.drawing.shapes[panel..].rotate_right(1);
        flow.space(12.0);
    }
}
