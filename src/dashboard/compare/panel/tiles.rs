//! The pictures beside each other, each with its name, its losses and what differs from the first; or one or
//! two of them, large. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::dashboard::compare::candidate::{Candidate, Over};
use crate::dashboard::compare::difference::in_a_line;
use crate::dashboard::compare::{Compare, Looking, palette};
use crate::dashboard::panel::text::{cut, cut_inside};
use crate::dashboard::preview::layout::Panes;
use crate::dashboard::run_state::Phase;
use crate::engine::message::TermKind;
use crate::preset::visible::visible;
use crate::record::figure::compact;
use crate::terminal::ask::Protocol;

/// The lowest of all that are measured alike.
const BEST: &str = "★";
/// Not measured as the first is.
const OTHERWISE: &str = "≠";
/// From so many columns on losses are named by words.
const WIDE: u16 = 32;

pub(in crate::dashboard::compare) struct Tiles<'a>(pub(in crate::dashboard::compare) &'a Compare);

impl Widget for Tiles<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let compare = self.0;
        compare.pictures.render(area, buffer);
        if compare.looking == Looking::Grid {
            for place in compare.places() {
                if let Some(candidate) = compare.candidate(place.candidate) {
                    caption(compare, candidate, place.caption, buffer);
                    let above = Rect {
                        height: place.caption.y.saturating_sub(place.tile.y),
                        ..place.tile
                    };
                    waiting(compare, candidate, above, buffer);
                }
            }
        } else {
            names(compare, area, buffer);
            let [first, second] = compare.looked_at();
            let last = second.or(first);
            if let (Some(candidate), Some(below)) = (
                last.and_then(|number| compare.candidate(number)),
                compare.large_area(),
            ) {
                waiting(compare, candidate, below, buffer);
            }
        }
    }
}

/// What is to be expected in `area` where there is no picture.
fn waiting(compare: &Compare, candidate: &Candidate, area: Rect, buffer: &mut Buffer) {
    let text = if compare.pictures.protocol == Protocol::None {
        "no pictures"
    } else if candidate.seen.is_some() {
        return;
    } else if matches!(candidate.over, Some(Over::Failed | Over::Killed)) {
        "no picture"
    } else if candidate.run.started.is_some() {
        return;
    } else {
        match &compare.preparing {
            Some(stage) if stage.in_words().len() <= usize::from(area.width) => stage.in_words(),
            _ => "waiting",
        }
    };
    let middle = Rect {
        y: area.y + area.height / 2,
        height: area.height.min(1),
        ..area
    };
    Line::styled(cut(text, usize::from(middle.width)), compare.theme.dim)
        .centered()
        .render(middle, buffer);
}

fn caption(compare: &Compare, candidate: &Candidate, area: Rect, buffer: &mut Buffer) {
    let theme = &compare.theme;
    let columns = usize::from(area.width);
    let difference = difference(compare, candidate);
    let lines = if area.height >= 3 {
        let words = cut(&difference, columns);
        vec![
            title(compare, candidate, columns),
            losses(compare, candidate, area.width),
            Line::styled(words, theme.dim),
        ]
    } else {
        vec![
            title(compare, candidate, columns),
            losses(compare, candidate, area.width),
        ]
    };
    for (row, line) in area.rows().zip(lines) {
        line.render(row, buffer);
    }
    if candidate.number == compare.chosen {
        let first = Rect {
            height: area.height.min(1),
            ..area
        };
        // A bar of its own colour.
        let own = palette::style(candidate.number, theme);
        buffer.set_style(first, own.patch(theme.selected));
    }
}

/// What differs from the first, or what is wrong.
fn difference(compare: &Compare, candidate: &Candidate) -> String {
    if let Phase::Failed(why) = candidate.run.phase() {
        return visible(why.lines().next().unwrap_or_default());
    }
    let is_first = compare.numbers().first() == Some(&candidate.number);
    let line = in_a_line(&candidate.differences);
    if is_first {
        "the first".to_owned()
    } else if line.is_empty() {
        "as the first".to_owned()
    } else {
        line
    }
}

/// `2 gatys  A ✓`
fn title(compare: &Compare, candidate: &Candidate, columns: usize) -> Line<'static> {
    let theme = &compare.theme;
    let own = palette::style(candidate.number, theme).add_modifier(Modifier::BOLD);
    let letter = letter(compare, candidate.number).map(str::to_owned);
    let (mark, _) = candidate.state();
    let mark = if candidate.recipe.broken().is_some() {
        Some("×".to_owned())
    } else {
        (candidate.is_over() || compare.is_paused).then(|| mark.to_owned())
    };
    let is_behind = compare.is_behind(candidate.run.step) && candidate.run.step > 0;
    let step = is_behind.then(|| format!("@{}", candidate.run.step));
    let marks: Vec<String> = [letter, mark, step].into_iter().flatten().collect();
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!(" {}", marks.join(" "))
    };
    let style = match candidate.over {
        Some(Over::Failed | Over::Killed) => theme.error,
        _ => theme.notice,
    };
    let room = columns.saturating_sub(marks.chars().count());
    Line::from(vec![
        Span::styled(cut_inside(&candidate.name(), room), own),
        Span::styled(cut(&marks, columns), style),
    ])
}

/// Which of the two that are compared by eye it is.
fn letter(compare: &Compare, number: usize) -> Option<&'static str> {
    let place = compare.pair.iter().position(|one| *one == Some(number))?;
    ["A", "B"].get(place).copied()
}

/// Style and content without weights, the best of each marked.
fn losses(compare: &Compare, candidate: &Candidate, width: u16) -> Line<'static> {
    let theme = &compare.theme;
    let mut spans = Vec::new();
    for (kind, word, own) in [
        (TermKind::Style, "style", theme.style),
        (TermKind::Content, "content", theme.content),
    ] {
        let Some(value) = candidate.unweighted(kind) else {
            continue;
        };
        let name = if width >= WIDE {
            word
        } else {
            word.get(..1).unwrap_or_default()
        };
        let name = if width >= WIDE {
            name.to_owned()
        } else {
            name.to_uppercase()
        };
        let (mark, style) = if !candidate.is_comparable(kind) {
            (OTHERWISE, theme.dim)
        } else if is_best(compare, candidate, kind) {
            (BEST, theme.good)
        } else {
            (" ", theme.text)
        };
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        let number = compact(value, if width >= WIDE { 9 } else { 6 });
        spans.push(Span::styled(name, own));
        spans.push(Span::styled(format!(" {number}"), style));
        spans.push(Span::styled(mark, style));
    }
    Line::from(spans)
}

/// Whether nobody that is measured alike has less.
pub(super) fn is_best(compare: &Compare, candidate: &Candidate, kind: TermKind) -> bool {
    let value = |one: &Candidate| {
        one.unweighted(kind)
            .filter(|_| one.is_comparable(kind) && !one.is_dropped())
    };
    let Some(own) = value(candidate) else {
        return false;
    };
    let others: Vec<f64> = compare.shown().filter_map(value).collect();
    others.len() > 1 && others.iter().all(|other| own <= *other)
}

/// Above one or two large pictures: who they are.
fn names(compare: &Compare, area: Rect, buffer: &mut Buffer) {
    let theme = &compare.theme;
    let [first, second] = compare.looked_at();
    let line = |number: Option<usize>, letter: &str, columns: usize| -> Line<'static> {
        let Some(candidate) = number.and_then(|number| compare.candidate(number)) else {
            return Line::default();
        };
        let own = palette::style(candidate.number, theme).add_modifier(Modifier::BOLD);
        let name = format!("{letter}{}", candidate.name());
        let words = losses(compare, candidate, WIDE);
        let mut spans = vec![Span::styled(cut_inside(&name, columns), own)];
        let used = spans.first().map_or(0, Span::width);
        if used + 2 + words.width() <= columns {
            spans.push(Span::raw("  "));
            spans.extend(words.spans);
        }
        Line::from(spans)
    };
    let top = Rect {
        height: area.height.min(1),
        ..area
    };
    if second.is_none() {
        let mut line = line(first, "", usize::from(top.width));
        let used = line.width();
        if let Some(candidate) = first.and_then(|number| compare.candidate(number)) {
            let words = format!("  {}", difference(compare, candidate));
            let room = usize::from(top.width).saturating_sub(used);
            line.push_span(Span::styled(cut(&words, room), theme.dim));
        }
        line.render(top, buffer);
        return;
    }
    let half = top.width / 2;
    let columns = usize::from(half).saturating_sub(1);
    let layout = compare.large_layout();
    let is_stacked = layout.is_some_and(|layout| layout.panes == Panes::Stacked);
    let names = if is_stacked {
        ["A above: ", "B below: "]
    } else {
        ["A: ", "B: "]
    };
    let [left, right] = [(first, names[0]), (second, names[1])]
        .map(|(number, letter)| line(number, letter, columns));
    // Each above its own picture, as far as there is room.
    let cells = layout.map_or(top, |layout| layout.cells);
    let begins = cells
        .x
        .min(top.x + half.saturating_sub(left.width() as u16 + 1));
    let other = match layout.map(|layout| layout.panes) {
        Some(Panes::SideBySide) => cells.x + cells.width / 2,
        Some(Panes::One) => cells.right().saturating_sub(right.width() as u16),
        _ => top.x + half,
    };
    let other = other
        .max(top.x + half)
        .min(top.right().saturating_sub(right.width() as u16));
    for (x, line) in [(begins, left), (other, right)] {
        let place = Rect {
            x: x.max(top.x),
            width: top.right().saturating_sub(x.max(top.x)),
            ..top
        };
        line.render(place, buffer);
    }
}
