//! Tables on the page. Pure; any thread.

use super::flow::{Flow, SMALL, plain, quiet, strong};
use crate::report::drawing::Side;
use crate::report::font;
use crate::report::ink;
use crate::report::run_report::table::{Row, Table};

/// Lines of a cell or a heading.
const MOST_LINES: usize = 4;
/// Room between two columns.
const GAP: f64 = 14.0;
/// Share of the width that the names of the rows may take.
const MOST_NAMES: f64 = 0.3;
const ROW_GAP: f64 = 5.0;

/// Across the page.
pub(super) fn table(flow: &mut Flow, table: &Table) {
    let width = |text: &str| font::width(text, SMALL, plain(SMALL).face);
    let names = table
        .rows
        .iter()
        .map(|row| &row.name)
        .chain([&table.corner]);
    let names = names.map(|name| width(name)).fold(0.0, f64::max);
    let names = names.min(Flow::width() * MOST_NAMES) + GAP;
    let columns = table
        .rows
        .iter()
        .map(|row| row.cells.len())
        .max()
        .unwrap_or(1)
        .max(1);
    // A few columns need not stand far apart.
    let column = ((Flow::width() - names) / columns as f64).min(if columns > 1 {
        240.0
    } else {
        f64::INFINITY
    });
    let whole = names + column * columns as f64;
    if !table.headings.is_empty() {
        let top = flow.y;
        let mut end = flow.text(
            &table.corner,
            (Flow::left(), top),
            names - GAP,
            strong(SMALL),
            MOST_LINES,
        );
        for (index, heading) in table.headings.iter().enumerate() {
            let left = Flow::left() + names + column * index as f64;
            end = end.max(cell(
                flow,
                heading,
                (left, top),
                column,
                strong(SMALL),
                table.is_numeric,
            ));
        }
        flow.y = end + ROW_GAP;
        flow.rule(Flow::left(), flow.y, whole, ink::FRAME.paper);
        flow.space(ROW_GAP);
    }
    for row in &table.rows {
        line(flow, row, names, column, table.is_numeric);
        flow.space(ROW_GAP - 1.0);
        flow.rule(Flow::left(), flow.y, whole, ink::GRID.paper);
        flow.space(ROW_GAP);
    }
}

fn line(flow: &mut Flow, row: &Row, names: f64, column: f64, is_numeric: bool) {
    let top = flow.y;
    let has_marks = row.cells.iter().any(|cell| cell.is_marked);
    let mut end = flow.text(
        &row.name,
        (Flow::left(), top),
        names - GAP,
        quiet(SMALL),
        MOST_LINES,
    );
    for (index, text) in row.cells.iter().enumerate() {
        let how = match (has_marks, text.is_marked) {
            (false, _) => plain(SMALL),
            (true, true) => strong(SMALL),
            (true, false) => quiet(SMALL),
        };
        let left = Flow::left() + names + column * index as f64;
        end = end.max(cell(flow, &text.text, (left, top), column, how, is_numeric));
    }
    flow.y = end;
}

fn cell(
    flow: &mut Flow,
    text: &str,
    (left, top): (f64, f64),
    column: f64,
    how: crate::report::drawing::Type,
    is_numeric: bool,
) -> f64 {
    let room = column - GAP;
    if !is_numeric {
        return flow.text(text, (left, top), room, how, MOST_LINES);
    }
    let mut y = top;
    for line in font::broken(text, how.size, how.face, room, MOST_LINES) {
        let end = flow.text("", (left, y), room, how, 1);
        let height = how.size * 1.28;
        flow.drawing
            .text(&line, (left + room, end + height / 2.0), Side::LeftOf, how);
        y += height;
    }
    y
}

/// Names and values in a narrow column; gives back where they end.
pub(super) fn named(
    flow: &mut Flow,
    (caption, values): &(String, Vec<(String, String)>),
    (x, top): (f64, f64),
    width: f64,
) -> f64 {
    let mut y = flow.text(caption, (x, top), width, strong(SMALL), 1) + 3.0;
    for (name, value) in values {
        let how = plain(SMALL);
        let room = width - font::width(name, SMALL, how.face) - GAP;
        let shown = font::shortened(value, SMALL, how.face, room.max(40.0));
        let end = flow.text(name, (x, y), width, quiet(SMALL), 1);
        let middle = f64::midpoint(y, end);
        flow.drawing
            .text(&shown, (x + width, middle), Side::LeftOf, how);
        flow.rule(x, end + 1.0, width, ink::GRID.paper);
        y = end + 3.0;
    }
    y
}
