//! The two lines on top: what the run is doing and how far it is, and what it is made of. UI thread.

use std::fmt::Write;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::text::cut_path;
use crate::dashboard::app::App;
use crate::dashboard::run_state::Phase;
use crate::engine::message::Stage;
use crate::preset::visible::visible;
use crate::record::figure::{bytes, compact, counted, duration};
use crate::record::transfer::Transfer;

/// Columns of the bar.
const BAR: usize = 16;

/// A piece of a line; the higher the rank, the sooner it is left out.
struct Piece<'a> {
    rank: u8,
    spans: Vec<Span<'a>>,
}

impl<'a> Piece<'a> {
    fn new(rank: u8, spans: impl Into<Vec<Span<'a>>>) -> Self {
        Self {
            rank,
            spans: spans.into(),
        }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

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

/// As many pieces as fit, in their order.
fn joined<'a>(mut pieces: Vec<Piece<'a>>, columns: usize, gap: &'static str) -> Line<'a> {
    let width = |pieces: &[Piece<'_>]| {
        pieces.iter().map(Piece::width).sum::<usize>() + gap.len() * pieces.len().saturating_sub(1)
    };
    while width(&pieces) + 2 > columns && pieces.len() > 1 {
        let last = (0..pieces.len()).max_by_key(|index| pieces.get(*index).map(|piece| piece.rank));
        if let Some(last) = last {
            pieces.remove(last);
        }
    }
    let mut line = Line::from(" ");
    for (index, piece) in pieces.into_iter().enumerate() {
        if index > 0 {
            line.push_span(gap);
        }
        line.spans.extend(piece.spans);
    }
    line
}

/// A mark, a word and a style for what the run is doing.
pub(in crate::dashboard) fn state(app: &App) -> (&'static str, String, Style) {
    let theme = &app.theme;
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
    let mut pieces = vec![Piece::new(
        0,
        [Span::styled(format!("{mark} {word}"), style)],
    )];
    if let Some(transfer) = &app.run.transfer {
        pieces.extend(fetched(app, transfer, style));
        return pieces;
    }
    let steps = app.recipe.preset().schedule.steps;
    let step = app.run.step;
    pieces.push(Piece::new(
        1,
        [
            Span::styled("step ", theme.dim),
            Span::styled(format!("{step}"), theme.strong),
            Span::styled(format!("/{steps}"), theme.dim),
        ],
    ));
    pieces.push(bar(app, 6, step as f64 / steps.max(1) as f64, style));
    if app.run.phase() == Phase::Running {
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

/// A bar of which `share`, from 0 to 1, is done.
fn bar<'a>(app: &App, rank: u8, share: f64, style: Style) -> Piece<'a> {
    let done = ((share * BAR as f64).floor() as usize).min(BAR);
    Piece::new(
        rank,
        [
            Span::styled("━".repeat(done), style),
            Span::styled("─".repeat(BAR - done), app.theme.border),
        ],
    )
}

/// How far the fetching of weights is.
fn fetched<'a>(app: &App, transfer: &Transfer, style: Style) -> Vec<Piece<'a>> {
    let theme = &app.theme;
    let mut pieces = Vec::new();
    if transfer.now.total_bytes > 0 {
        pieces.push(Piece::new(
            3,
            [Span::styled(transfer.amount(), theme.strong)],
        ));
        pieces.push(bar(app, 4, transfer.share(), style));
    }
    if let Some(waiting) = &transfer.now.waiting {
        pieces.push(Piece::new(
            2,
            [Span::styled(visible(waiting), theme.notice)],
        ));
        return pieces;
    }
    if transfer.now.total_bytes == 0 {
        return vec![Piece::new(2, [Span::styled("connecting", theme.dim)])];
    }
    if let Some(rate) = transfer.bytes_per_second() {
        let rate = format!("{}/s", bytes(rate as u64));
        pieces.push(Piece::new(5, [Span::raw(rate)]));
    }
    if let Some(left) = transfer.seconds_left() {
        pieces.push(Piece::new(
            2,
            [Span::raw(duration(left)), Span::styled(" left", theme.dim)],
        ));
    }
    pieces
}

fn ingredients(app: &App, columns: usize) -> Vec<Piece<'_>> {
    let theme = &app.theme;
    let name_columns = (columns / 5).clamp(10, 48);
    // The folder says little, and there is little room.
    let shown = |name: &str| {
        let file = Path::new(name)
            .file_name()
            .map(|name| name.to_string_lossy());
        cut_path(&visible(file.as_deref().unwrap_or(name)), name_columns)
    };
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
        Piece::new(
            2,
            [
                Span::styled(shown(&app.content.name), theme.content),
                Span::styled(" in the style of ", theme.dim),
                Span::styled(shown(&app.style.name), theme.style),
            ],
        ),
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
    if let Some(gpu) = app.gpu {
        let gigabytes = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
        let mut text = format!(
            "{:.1}/{:.0} GiB  {}%",
            gigabytes(gpu.memory_used_bytes),
            gigabytes(gpu.memory_total_bytes),
            gpu.load_percent
        );
        if let Some(celsius) = gpu.temperature_celsius {
            // Writing to a string cannot fail.
            let _ = write!(text, "  {celsius} °C");
        }
        pieces.push(Piece::new(5, [Span::styled(text, theme.dim)]));
    }
    pieces
}
