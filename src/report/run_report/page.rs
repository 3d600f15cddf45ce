//! A report as one tall picture, drawn by plotters: the same page as SVG and in pixels. Pure; any thread.

mod flow;
mod losses;
mod pictures;
mod tables;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use self::flow::{Flow, SMALL, TEXT, plain, quiet, strong};
use super::ReportError;
use super::contents::Contents;
use super::html::escape::escaped;
use crate::report::drawing::{Area, Drawing, Type};
use crate::report::font::Face;
use crate::report::ink;
use crate::report::loss_chart::ChartError;
use crate::report::surface::bitmap;
use crate::report::surface::svg::{self, Letters};

/// Pixels of the PNG for each of the page's, and how many times as large it is drawn before.
const SCALE: f64 = 1.5;
const FACTOR: u32 = 3;
/// Of what may be long, such as a name.
const MOST_LINES: usize = 3;

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
    pictures::pictures(&mut flow, contents);
    losses::losses(&mut flow, contents);
    differences(&mut flow, contents);
    pictures::strips(&mut flow, contents);
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
