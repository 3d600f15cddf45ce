//! Pieces of the lines on top: as many as fit, the least important left out first. UI thread.

use std::fmt::Write;
use std::path::Path;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::cut_path;
use crate::dashboard::gpu::GpuLoad;
use crate::dashboard::setup::Source;
use crate::dashboard::theme::Theme;
use crate::preset::visible::visible;
use crate::record::figure::{bytes, duration};
use crate::record::transfer::Transfer;

/// Columns of the bar.
const BAR: usize = 16;

/// A piece of a line; the higher the rank, the sooner it is left out.
pub(in crate::dashboard) struct Piece<'a> {
    rank: u8,
    spans: Vec<Span<'a>>,
}

impl<'a> Piece<'a> {
    pub(in crate::dashboard) fn new(rank: u8, spans: impl Into<Vec<Span<'a>>>) -> Self {
        Self {
            rank,
            spans: spans.into(),
        }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// As many pieces as fit, in their order.
pub(in crate::dashboard) fn joined<'a>(
    mut pieces: Vec<Piece<'a>>,
    columns: usize,
    gap: &'static str,
) -> Line<'a> {
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

/// A bar of which `share`, from 0 to 1, is done.
pub(in crate::dashboard) fn bar<'a>(
    rank: u8,
    share: f64,
    style: Style,
    theme: &Theme,
) -> Piece<'a> {
    let done = ((share * BAR as f64).floor() as usize).min(BAR);
    Piece::new(
        rank,
        [
            Span::styled("━".repeat(done), style),
            Span::styled("─".repeat(BAR - done), theme.border),
        ],
    )
}

/// How far the fetching of weights is.
pub(in crate::dashboard) fn fetched<'a>(
    transfer: &Transfer,
    style: Style,
    theme: &Theme,
) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    if transfer.now.total_bytes > 0 {
        pieces.push(Piece::new(
            3,
            [Span::styled(transfer.amount(), theme.strong)],
        ));
        pieces.push(bar(4, transfer.share(), style, theme));
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

/// The names of content and style.
pub(in crate::dashboard) fn sources<'a>(
    rank: u8,
    [content, style]: [&Source; 2],
    columns: usize,
    theme: &Theme,
) -> Piece<'a> {
    let name_columns = (columns / 5).clamp(10, 48);
    // The folder says little, and there is little room.
    let shown = |name: &str| {
        let file = Path::new(name)
            .file_name()
            .map(|name| name.to_string_lossy());
        cut_path(&visible(file.as_deref().unwrap_or(name)), name_columns)
    };
    Piece::new(
        rank,
        [
            Span::styled(shown(&content.name), theme.content),
            Span::styled(" in the style of ", theme.dim),
            Span::styled(shown(&style.name), theme.style),
        ],
    )
}

/// That the screen is attached to the run or comparison `id`.
pub(in crate::dashboard) fn attached<'a>(id: &str, theme: &Theme) -> Piece<'a> {
    Piece::new(
        0,
        [
            Span::styled("attached ", theme.dim),
            Span::styled(visible(id), theme.strong),
        ],
    )
}

/// How busy the GPU is.
pub(in crate::dashboard) fn load<'a>(rank: u8, gpu: GpuLoad, theme: &Theme) -> Piece<'a> {
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
    Piece::new(rank, [Span::styled(text, theme.dim)])
}
