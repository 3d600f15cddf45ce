//! The two lines on top: what the run is doing and how far it is, and what it is made of. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Widget;

use super::piece::{Piece, attached, bar, fetched, joined, load, sources};
use crate::dashboard::app::{App, Watched};
use crate::dashboard::run_state::Phase;
use crate::engine::message::{Parts, Stage};
use crate::preset::visible::visible;
use crate::record::figure::{compact, counted, duration};

pub(in crate::dashboard) struct Header<'a>(pub(in crate::dashboard) &'a App);

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

/// A mark, a word and a style for what the run is doing.
pub(in crate::dashboard) fn state(app: &App) -> (&'static str, String, Style) {
    let theme = &app.theme;
    if let Some(watched) = &app.watched {
        return watched.state(theme);
    }
    if let Some((state, is_error)) = app.shared.lost() {
        return if is_error {
            ("×", visible(state), theme.error)
        } else {
            ("✓", visible(state), theme.good)
        };
    }
    match app.run.phase() {
        Phase::Preparing(stage) => {
            let again = app.run.started.is_some();
            let word = match stage {
                Stage::Weights => "reading the weights".to_owned(),
                Stage::Fetching(fetching) => format!("fetching {}", fetching.network),
                Stage::Fitting => "fitting the network".to_owned(),
                Stage::Targets if again => "rebuilding targets".to_owned(),
                Stage::Targets => "computing targets".to_owned(),
            };
            ("◌", word, theme.notice)
        }
        Phase::Running if app.run.started.is_none() => ("◌", "starting".to_owned(), theme.notice),
        Phase::Running => ("▶", "running".to_owned(), theme.good),
        Phase::Paused => ("‖", "paused".to_owned(), theme.notice),
        Phase::Finished => ("✓", "finished".to_owned(), theme.good),
        Phase::Stopping => ("■", "stopping".to_owned(), theme.notice),
        Phase::Failed(_) => ("×", "stopped: failed".to_owned(), theme.error),
    }
}

fn progress(app: &App) -> Vec<Piece<'_>> {
    let theme = &app.theme;
    let (mark, word, style) = state(app);
    let mut pieces = Vec::new();
    if let Some(watched) = &app.watched {
        let id = visible(watched.id());
        pieces.push(Piece::new(
            0,
            [
                Span::styled("watching ", theme.dim),
                Span::styled(id, theme.strong),
            ],
        ));
    }
    pieces.extend(app.shared.attached_to().map(|id| attached(id, theme)));
    pieces.push(Piece::new(
        0,
        [Span::styled(format!("{mark} {word}"), style)],
    ));
    if let Some(transfer) = &app.run.transfer {
        pieces.extend(fetched(transfer, style, theme));
        return pieces;
    }
    let steps = app.recipe.steps();
    let step = app.run.step;
    pieces.push(Piece::new(
        1,
        [
            Span::styled("step ", theme.dim),
            Span::styled(format!("{step}"), theme.strong),
            Span::styled(format!("/{steps}"), theme.dim),
        ],
    ));
    let part = app.run.within_step();
    let within = part.map_or(0.0, |(_, done, of)| done as f64 / of.max(1) as f64);
    match part {
        Some((Parts::Tiles, done, of)) => pieces.push(Piece::new(
            2,
            [
                Span::styled("tile ", theme.dim),
                Span::styled(format!("{done}"), theme.strong),
                Span::styled(format!("/{of}"), theme.dim),
            ],
        )),
        Some((Parts::Operations, ..)) => pieces.push(Piece::new(
            2,
            [
                Span::styled("next ", theme.dim),
                Span::styled(format!("{:2.0}%", 100.0 * within), theme.strong),
            ],
        )),
        None => {}
    }
    let done = (step as f64 + within) / steps.max(1) as f64;
    pieces.push(bar(6, done, style, theme));
    let is_over = app.watched.as_ref().is_some_and(Watched::is_over) || app.is_cut_off();
    if app.run.phase() == Phase::Running && !is_over {
        if let Some(rate) = app.run.speed.recent_steps_per_second() {
            let digits = if rate < 10.0 { 2 } else { 1 };
            pieces.push(Piece::new(
                3,
                [
                    Span::raw(format!("{rate:.digits$}")),
                    Span::styled(" steps/s", theme.dim),
                ],
            ));
        }
        if let Some(left) = app.run.speed.seconds_left(steps) {
            pieces.push(Piece::new(
                2,
                [Span::raw(duration(left)), Span::styled(" left", theme.dim)],
            ));
        }
    } else if app.run.seconds > 0.0 {
        pieces.push(Piece::new(
            3,
            [
                Span::styled("in ", theme.dim),
                Span::raw(duration(app.run.seconds)),
            ],
        ));
    }
    if let Some(loss) = app.run.loss() {
        pieces.push(Piece::new(
            4,
            [
                Span::styled("loss ", theme.dim),
                Span::styled(compact(loss, 8), theme.strong),
            ],
        ));
    }
    if app.waits_for_restart {
        pieces.push(Piece::new(
            5,
            [Span::styled("r: restart needed", theme.notice)],
        ));
    }
    pieces
}

fn ingredients(app: &App, columns: usize) -> Vec<Piece<'_>> {
    let theme = &app.theme;
    let preset = visible(&app.recipe.loaded().name);
    let mut preset_spans = vec![
        Span::styled("preset ", theme.dim),
        Span::styled(preset, theme.strong),
    ];
    if app.recipe.is_changed() {
        preset_spans.push(Span::styled("* changed", theme.notice));
    }
    if app.recipe.broken().is_some() {
        preset_spans.push(Span::styled(" file broken", theme.error));
    }
    let mut pieces = vec![
        sources(2, [&app.content, &app.style], columns, theme),
        Piece::new(0, preset_spans),
        Piece::new(4, [Span::raw(app.recipe.preset().network.name.as_str())]),
    ];
    if let Some(started) = &app.run.started {
        let (width, height) = started.size;
        pieces.push(Piece::new(3, [Span::raw(format!("{width}×{height}"))]));
        let device = match (started.device.as_str(), started.threads) {
            ("cpu", threads) => format!("cpu, {}", counted(threads as u64, "thread")),
            (other, _) => other.to_owned(),
        };
        pieces.push(Piece::new(1, [Span::raw(device)]));
    }
    pieces.extend(app.gpu.map(|gpu| load(5, gpu, theme)));
    pieces
}
