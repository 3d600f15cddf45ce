//! The table of differences: a row a field that differs between any two, a column a candidate, and the
//! numbers below. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use unicode_width::UnicodeWidthStr;

use super::tiles::is_best;
use crate::dashboard::compare::candidate::Candidate;
use crate::dashboard::compare::difference::rows;
use crate::dashboard::compare::{Compare, palette};
use crate::dashboard::panel::text::{cut, cut_path};
use crate::engine::message::TermKind;
use crate::record::figure::compact;

/// A value is given no more columns than this, and no fewer than these.
const MOST_VALUE_COLUMNS: usize = 18;
const LEAST_VALUE_COLUMNS: usize = 7;
/// The names of candidates where not all fit.
const FEW_HEADING_COLUMNS: usize = 10;
/// Names of fields are cut to this to have all candidates in sight.
const LEAST_KEY_COLUMNS: usize = 13;
/// The names of fields get at most this share of the width.
const KEY_SHARE: f32 = 0.42;

/// A value, and how it is to be seen.
struct Cell {
    text: String,
    style: Style,
}

/// A row of the table.
struct Row {
    key: String,
    cells: Vec<Cell>,
}

pub(in crate::dashboard::compare) struct Table<'a>(pub(in crate::dashboard::compare) &'a Compare);

/// Where the columns stand.
struct Columns {
    key: usize,
    /// Index of the candidate, first column, width.
    values: Vec<(usize, u16, u16)>,
    /// More than are seen, on either side.
    more: (bool, bool),
}

/// Rows below the heading in a panel with this inside.
pub(in crate::dashboard::compare) fn body_rows(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

pub(in crate::dashboard::compare) fn row_count(compare: &Compare) -> usize {
    rows(&compare.candidates).len() + numbers(compare).len()
}

/// Whose column is at `position` of a panel with this inside.
pub(in crate::dashboard::compare) fn candidate_at(
    compare: &Compare,
    area: Rect,
    position: Position,
) -> Option<usize> {
    let columns = columns(compare, &all_rows(compare), area.width);
    let (index, ..) = columns
        .values
        .into_iter()
        .find(|(_, x, width)| (area.x + x..area.x + x + width).contains(&position.x))?;
    Some(compare.candidates.get(index)?.number)
}

fn all_rows(compare: &Compare) -> Vec<Row> {
    let theme = &compare.theme;
    let mut all: Vec<Row> = rows(&compare.candidates)
        .into_iter()
        .map(|row| Row {
            key: row.key,
            cells: row
                .values
                .into_iter()
                .map(|(text, changed)| Cell {
                    // Marked by more than a colour.
                    text: if changed {
                        format!("{text} *")
                    } else {
                        format!("{text}  ")
                    },
                    style: if changed { theme.notice } else { theme.dim },
                })
                .collect(),
        })
        .collect();
    all.extend(numbers(compare));
    all
}

/// What came of it so far.
fn numbers(compare: &Compare) -> Vec<Row> {
    let theme = &compare.theme;
    let row = |key: &str, cell: &dyn Fn(&Candidate) -> Cell| Row {
        key: key.to_owned(),
        cells: compare.candidates.iter().map(cell).collect(),
    };
    let plain = |text: String| Cell {
        text: format!("{text}  "),
        style: theme.text,
    };
    let kind = |kind: TermKind| {
        move |candidate: &Candidate| match candidate.unweighted(kind) {
            None => plain("–".to_owned()),
            Some(value) if !candidate.is_comparable(kind) => Cell {
                text: format!("{} ≠", compact(value, 9)),
                style: theme.dim,
            },
            Some(value) if is_best(compare, candidate, kind) => Cell {
                text: format!("{} ★", compact(value, 9)),
                style: theme.good,
            },
            Some(value) => plain(compact(value, 9)),
        }
    };
    vec![
        row("state", &|candidate| plain(candidate.state().1.to_owned())),
        row("step", &|candidate| plain(candidate.run.step.to_string())),
        row("style loss", &kind(TermKind::Style)),
        row("content loss", &kind(TermKind::Content)),
        row("total, weighted", &|candidate| {
            plain(
                candidate
                    .run
                    .loss()
                    .map_or_else(|| "–".to_owned(), |loss| compact(loss, 9)),
            )
        }),
        row("steps/s", &|candidate| {
            let rate = candidate.run.speed.steps_per_second();
            plain(rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.2}")))
        }),
    ]
}

fn heading(candidate: &Candidate) -> String {
    format!("{}  ", candidate.name())
}

/// What tells one of a grid from the others stands at the end of its name.
fn short_heading(candidate: &Candidate, columns: usize) -> String {
    let whole = heading(candidate);
    if whole.width() <= columns {
        return whole;
    }
    let number = format!("{} ", candidate.number + 1);
    let room = columns.saturating_sub(number.width());
    format!("{number}{}", cut_path(&candidate.label(), room))
}

fn columns(compare: &Compare, all: &[Row], width: u16) -> Columns {
    let width = usize::from(width);
    let longest = all.iter().map(|row| row.key.width()).max().unwrap_or(0);
    let mut key = longest.min((width as f32 * KEY_SHARE) as usize);
    let widths_of = |heading_columns: usize| -> Vec<usize> {
        compare
            .candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let values = all.iter().filter_map(|row| row.cells.get(index));
                values
                    .map(|cell| cell.text.width())
                    .chain([heading(candidate).width().min(heading_columns)])
                    .max()
                    .unwrap_or(0)
                    .clamp(LEAST_VALUE_COLUMNS, MOST_VALUE_COLUMNS)
            })
            .collect()
    };
    let mut widths = widths_of(MOST_VALUE_COLUMNS);
    if key + widths.iter().map(|width| width + 1).sum::<usize>() > width {
        // Rather more candidates than all of their names.
        widths = widths_of(FEW_HEADING_COLUMNS);
        let needed: usize = widths.iter().map(|width| width + 1).sum();
        if let Some(left) = width
            .checked_sub(needed)
            .filter(|left| *left >= LEAST_KEY_COLUMNS)
        {
            key = key.min(left);
        }
    }
    let count = widths.len();
    let chosen = compare
        .candidates
        .iter()
        .position(|candidate| candidate.number == compare.chosen)
        .unwrap_or(0);
    // The first stays, since the others are compared with it; of the others those up to the chosen one.
    let fits = |from: usize, to: usize| {
        let others: usize = widths
            .iter()
            .take(to + 1)
            .skip(from.max(1))
            .map(|width| width + 1)
            .sum();
        key + 1 + widths.first().copied().unwrap_or(0) + 1 + others <= width + 1
    };
    let mut from = 1;
    while from < chosen && !fits(from, chosen) {
        from += 1;
    }
    let mut values = Vec::new();
    let mut x = key + 1;
    let mut last = 0;
    for index in std::iter::once(0).chain(from..count) {
        let Some(own) = widths.get(index) else {
            continue;
        };
        // What is cut in the middle of a number misleads.
        if x + own > width && index > 0 {
            break;
        }
        values.push((index, x as u16, (*own).min(width.saturating_sub(x)) as u16));
        x += own + 1;
        last = index;
    }
    Columns {
        key,
        values,
        more: (from > 1 && count > 1, last + 1 < count),
    }
}

impl Widget for Table<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(*buffer.area());
        if area.is_empty() {
            return;
        }
        let compare = self.0;
        let theme = &compare.theme;
        let all = all_rows(compare);
        let columns = columns(compare, &all, area.width);
        for (index, x, width) in &columns.values {
            if let Some(candidate) = compare.candidates.get(*index) {
                let mut style =
                    palette::style(candidate.number, theme).add_modifier(Modifier::BOLD);
                if candidate.is_dropped() {
                    style = theme.dim;
                }
                if candidate.number == compare.chosen {
                    style = style.patch(theme.selected);
                }
                let heading = short_heading(candidate, usize::from(*width));
                put(area, 0, (*x, *width), &heading, style, buffer);
            }
        }
        let arrows = match columns.more {
            (true, true) => "◂ ▸",
            (true, false) => "◂",
            (false, true) => "▸",
            (false, false) => "",
        };
        buffer.set_stringn(area.x, area.y, arrows, columns.key, theme.focus);
        let room = body_rows(area);
        let first = compare.table_first.min(all.len().saturating_sub(room));
        let below = all.len().saturating_sub(first + room);
        // Where there is more, the last line says so.
        let rows = if below > 0 {
            room.saturating_sub(1)
        } else {
            room
        };
        for (line, row) in all.iter().skip(first).take(rows).enumerate() {
            let y = line as u16 + 1;
            let key = cut_middle(&row.key, columns.key);
            buffer.set_stringn(area.x, area.y + y, key, columns.key, theme.text);
            for (index, x, width) in &columns.values {
                if let Some(cell) = row.cells.get(*index) {
                    put(area, y, (*x, *width), &cell.text, cell.style, buffer);
                }
            }
        }
        if below > 0 && area.height > 1 {
            let text = format!("↓ {} more", below + 1);
            let columns = usize::from(area.width);
            buffer.set_stringn(area.x, area.bottom() - 1, text, columns, theme.focus);
        }
    }
}

/// Writes at the right edge of a column.
fn put(area: Rect, y: u16, (x, width): (u16, u16), text: &str, style: Style, buffer: &mut Buffer) {
    let text = if text.width() > usize::from(width) {
        cut(text.trim_end(), usize::from(width))
    } else {
        text.to_owned()
    };
    let spare = usize::from(width).saturating_sub(text.width()) as u16;
    buffer.set_stringn(
        area.x + x + spare,
        area.y + y,
        text,
        usize::from(width),
        style,
    );
}

/// A field's name with what is between its section and its last word left out where there is no room.
fn cut_middle(key: &str, columns: usize) -> String {
    if key.width() <= columns {
        return key.to_owned();
    }
    match key.rsplit_once('.') {
        Some((section, last)) => {
            let room = columns.saturating_sub(last.width() + 1);
            if room >= 2 {
                let start: String = section.chars().take(room.saturating_sub(1)).collect();
                format!("{start}….{last}")
            } else {
                cut(last, columns)
            }
        }
        None => cut(key, columns),
    }
}
