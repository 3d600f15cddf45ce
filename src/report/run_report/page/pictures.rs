//! The contact sheet and the strips of snapshots on the page. Pure; any thread.

use std::sync::Arc;

use image::RgbImage;

use super::MOST_LINES;
use super::flow::{Flow, SMALL, TEXT, plain, quiet, strong};
use crate::report::drawing::Area;
use crate::report::ink;
use crate::report::run_report::contents::{Card, Contents, Shown, Strip};

/// A small picture is not blown up beyond this.
const MOST_ENLARGED: f64 = 2.0;
/// So many snapshots stand side by side, if there are as many.
const FRAMES: (usize, usize) = (10, 14);

pub(super) fn pictures(flow: &mut Flow, contents: &Contents) {
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

pub(super) fn strips(flow: &mut Flow, contents: &Contents) {
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
