//! The two lines on top: what the comparison is doing and how far it is, and what it is made of. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Widget;

use crate::dashboard::compare::Compare;
use crate::dashboard::compare::candidate::{Candidate, Over};
use crate::dashboard::panel::piece::{Piece, attached, bar, fetched, joined, load, sources};
use crate::engine::message::Stage;
use crate::preset::visible::visible;
use crate::record::figure::{counted, device, duration};

pub(in crate::dashboard::compare) struct Header<'a>(pub(in crate::dashboard::compare) &'a Compare);

impl Widget for Header<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let rows: Vec<Rect> = area.rows().collect();
        let columns = usize::from(area.width);
        if let Some(row) = rows.first() {
            joined(progress(self.0), columns, "   ").render(*row, buffer);
        }
        if let Some(row) = rows.get(1) {
            joined(ingredients(self.0, columns), columns, "  ").render(*row, buffer);
        }
    }
}

/// A mark, a word and a style for what the comparison is doing.
pub(in crate::dashboard::compare) fn state(compare: &Compare) -> (&'static str, String, Style) {
    let theme = &compare.theme;
    let shown: Vec<&Candidate> = compare.shown().collect();
    let count = |over: Over| {
        shown
            .iter()
            .filter(|candidate| candidate.over == Some(over))
            .count()
    };
    if let Some((state, is_error)) = compare.shared.lost() {
        let style = if is_error { theme.error } else { theme.notice };
        let mark = if is_error { "×" } else { "■" };
        return (mark, visible(state), style);
    }
    let all_over = shown.iter().all(|candidate| candidate.is_over());
    if !all_over && compare.exit.is_some() {
        return ("■", "stopping".to_owned(), theme.notice);
    }
    if let Some(stage) = compare.preparing.as_ref().filter(|_| !all_over) {
        let word = match stage {
            Stage::Weights => "reading the weights".to_owned(),
            Stage::Fetching(fetching) => format!("fetching {}", fetching.network),
            Stage::Fitting => "fitting the network".to_owned(),
            Stage::Targets => "computing targets".to_owned(),
        };
        return ("◌", word, theme.notice);
    }
    if all_over && count(Over::Failed) == shown.len() {
        ("×", "all failed".to_owned(), theme.error)
    } else if all_over && count(Over::Killed) == shown.len() {
        ("×", "killed".to_owned(), theme.error)
    } else if all_over && count(Over::Killed) > 0 {
        let word = format!("{} killed", count(Over::Killed));
        ("×", word, theme.error)
    } else if all_over && count(Over::Stopped) > 0 {
        ("■", "stopped".to_owned(), theme.notice)
    } else if all_over {
        ("✓", "finished".to_owned(), theme.good)
    } else if compare.is_paused {
        ("‖", "paused".to_owned(), theme.notice)
    } else if shown
        .iter()
        .all(|candidate| candidate.run.started.is_none())
    {
        ("◌", "starting".to_owned(), theme.notice)
    } else {
        ("▶", "comparing".to_owned(), theme.good)
    }
}

fn progress(compare: &Compare) -> Vec<Piece<'_>> {
    let theme = &compare.theme;
    let (mark, word, style) = state(compare);
    let of_whom = compare.shared.attached_to();
    let mut pieces: Vec<Piece<'_>> = of_whom.map(|id| attached(id, theme)).into_iter().collect();
    pieces.push(Piece::new(
        0,
        [Span::styled(format!("{mark} {word}"), style)],
    ));
    if let Some(transfer) = &compare.transfer {
        pieces.extend(fetched(transfer, style, theme));
        return pieces;
    }
    let (least, most) = compare.steps_made();
    let steps = compare.shown().map(Candidate::steps).max().unwrap_or(0);
    let made = if compare.is_behind(least) {
        format!("{least}–{most}")
    } else {
        most.to_string()
    };
    pieces.push(Piece::new(
        1,
        [
            Span::styled("step ", theme.dim),
            Span::styled(made, theme.strong),
            Span::styled(format!("/{steps}"), theme.dim),
        ],
    ));
    pieces.push(bar(6, least as f64 / steps.max(1) as f64, style, theme));
    let lanes = lanes(compare);
    let rates: Vec<f64> = lanes
        .iter()
        .filter_map(|candidate| candidate.run.speed.recent_steps_per_second())
        .collect();
    // What several programs share a machine for cannot be added up.
    let is_known = !rates.is_empty() && rates.len() == lanes.len() && !compare.is_watching;
    if is_known && !compare.is_paused {
        // Lanes take turns: what each needs for a step adds up.
        let rate = 1.0 / rates.iter().map(|rate| 1.0 / rate).sum::<f64>();
        let digits = if rate < 10.0 { 2 } else { 1 };
        pieces.push(Piece::new(
            3,
            [
                Span::raw(format!("{rate:.digits$}")),
                Span::styled(" steps/s", theme.dim),
            ],
        ));
        let left = lanes.iter().filter_map(|candidate| {
            let speed = &candidate.run.speed;
            speed.seconds_left(candidate.steps())
        });
        pieces.push(Piece::new(
            2,
            [
                Span::raw(duration(left.sum())),
                Span::styled(" left", theme.dim),
            ],
        ));
    }
    pieces
}

/// One of every lane that still steps.
fn lanes(compare: &Compare) -> Vec<&Candidate> {
    let mut lanes: Vec<&Candidate> = Vec::new();
    for candidate in compare.shown().filter(|candidate| candidate.is_running()) {
        if !lanes.iter().any(|other| other.lane == candidate.lane) {
            lanes.push(candidate);
        }
    }
    lanes
}

fn ingredients(compare: &Compare, columns: usize) -> Vec<Piece<'_>> {
    let theme = &compare.theme;
    let count = compare.shown().count();
    let mut pieces = vec![
        sources(1, [&compare.content, &compare.style], columns, theme),
        Piece::new(
            0,
            [Span::styled(
                counted(count as u64, "candidate"),
                theme.strong,
            )],
        ),
    ];
    let lanes = lanes(compare).len();
    if lanes > 1 && !compare.is_watching {
        pieces.push(Piece::new(4, [Span::raw(format!("in {lanes} lanes"))]));
    }
    let mut sizes: Vec<(u32, u32)> = compare
        .shown()
        .filter_map(|candidate| Some(candidate.run.started.as_ref()?.size))
        .collect();
    sizes.dedup();
    if let [(width, height)] = sizes[..] {
        pieces.push(Piece::new(3, [Span::raw(format!("{width}×{height}"))]));
    }
    let started = compare
        .shown()
        .find_map(|candidate| candidate.run.started.as_ref());
    if let Some(started) = started {
        let device = device(&started.device, started.threads);
        pieces.push(Piece::new(2, [Span::raw(device)]));
    }
    if compare.is_watching {
        pieces.push(Piece::new(1, [Span::styled("watched", theme.notice)]));
    }
    pieces.extend(compare.gpu.map(|gpu| load(5, gpu, theme)));
    pieces
}
