//! Pictures as text: an upper half-block has the colours of two pixels. Runs on the thread "preview";
//! [`copy_changed`] is the UI thread's.

use image::{Rgb, RgbImage};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;

use crate::dashboard::theme::ColourSupport;

const UPPER_HALF: &str = "▀";
/// From nothing to everything.
const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];

/// `picture`, of as many pixels across as `area` has columns and twice as many down as it has rows, over
/// `area`. Without 24-bit colours the nearest of xterm's 240 fixed ones; without any, shades by brightness.
pub(super) fn cells(picture: &RgbImage, area: Rect, colours: ColourSupport) -> Buffer {
    let mut cells = Buffer::empty(area);
    for (y, row) in (area.top()..area.bottom()).zip(0..) {
        for (x, column) in (area.left()..area.right()).zip(0..) {
            let upper = picture.get_pixel_checked(column, row * 2);
            let lower = picture.get_pixel_checked(column, row * 2 + 1).or(upper);
            let (Some(upper), Some(lower), Some(cell)) = (upper, lower, cells.cell_mut((x, y)))
            else {
                continue;
            };
            if colours.colours {
                cell.set_symbol(UPPER_HALF)
                    .set_fg(colour(*upper, colours.true_color))
                    .set_bg(colour(*lower, colours.true_color));
            } else {
                cell.set_symbol(shade(*upper, *lower, colours.dark));
            }
        }
    }
    cells
}

fn colour(Rgb([red, green, blue]): Rgb<u8>, true_color: bool) -> Color {
    if true_color {
        Color::Rgb(red, green, blue)
    } else {
        Color::Indexed(nearest_indexed([red, green, blue]))
    }
}

/// On a light background, ink is dark.
fn shade(upper: Rgb<u8>, lower: Rgb<u8>, dark: bool) -> &'static str {
    let brightness = luma(upper).midpoint(luma(lower));
    let ink = if dark { brightness } else { 255 - brightness };
    SHADES[(ink * 5 / 256).min(4) as usize]
}

fn luma(Rgb([red, green, blue]): Rgb<u8>) -> u32 {
    (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000
}

/// The levels of the 6×6×6 colours.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Of xterm's 256 colours without the first 16, which users change.
fn nearest_indexed(wanted: [u8; 3]) -> u8 {
    let distance = |colour: [u8; 3]| -> u32 {
        (colour.into_iter().zip(wanted))
            .map(|(one, other)| u32::from(one.abs_diff(other)).pow(2))
            .sum()
    };
    let level = |value: u8| match value {
        0..48 => 0,
        48..115 => 1,
        _ => (value - 35) / 40,
    };
    let [red, green, blue] = wanted.map(level);
    let cube = [red, green, blue].map(|level| LEVELS[usize::from(level).min(5)]);
    let mean = wanted.iter().map(|value| u32::from(*value)).sum::<u32>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    if distance([8 + 10 * grey; 3]) < distance(cube) {
        232 + grey
    } else {
        16 + 36 * red + 6 * green + blue
    }
}

/// What [`copy_changed`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// What the copied cells take to write, about.
    pub bytes: usize,
    /// Whether there is more to copy.
    pub more: bool,
}

/// Copies cells of `from` that differ, its upper left corner to `at` of `to`, row by row, until they would
/// take more than `budget_bytes` to write. What is equal costs nothing, so the next call goes on where this
/// one stopped. At least one cell is copied.
pub fn copy_changed(from: &Buffer, to: &mut Buffer, at: Position, budget_bytes: usize) -> Copied {
    let mut spent = 0;
    let mut before: Option<(Position, Cell)> = None;
    for y in 0..from.area.height {
        for x in 0..from.area.width {
            let source = &from[(from.area.x + x, from.area.y + y)];
            let position = Position::new(at.x.saturating_add(x), at.y.saturating_add(y));
            let Some(target) = to.cell_mut(position) else {
                continue;
            };
            if target == source {
                continue;
            }
            let follows = before
                .as_ref()
                .is_some_and(|(last, _)| last.y == position.y && last.x + 1 == position.x);
            let cost = cost(source, before.as_ref().map(|(_, cell)| cell))
                + if follows { 0 } else { MOVE_BYTES };
            if spent > 0 && spent + cost > budget_bytes {
                return Copied {
                    bytes: spent,
                    more: true,
                };
            }
            spent += cost;
            target.clone_from(source);
            before = Some((position, source.clone()));
        }
    }
    Copied {
        bytes: spent,
        more: false,
    }
}

/// "CSI 28;120H".
const MOVE_BYTES: usize = 9;

/// Bytes that writing all of `cells` takes, about.
pub(super) fn bytes(cells: &Buffer) -> usize {
    let content = cells.content();
    let before = std::iter::once(None).chain(content.iter().map(Some));
    let drawn: usize = (content.iter().zip(before))
        .map(|(cell, before)| cost(cell, before))
        .sum();
    drawn + usize::from(cells.area.height) * MOVE_BYTES
}

/// Bytes that `cell` takes after the one `before` it: both colours, if one is another.
fn cost(cell: &Cell, before: Option<&Cell>) -> usize {
    let same = before.is_some_and(|before| (before.fg, before.bg) == (cell.fg, cell.bg));
    let colour = |colour| match colour {
        // "38;2;123;123;123" and "38;5;123".
        Color::Rgb(..) => 16,
        Color::Indexed(_) => 8,
        _ => 2,
    };
    // "CSI …;…m"
    let colours = 4 + colour(cell.fg) + colour(cell.bg);
    cell.symbol().len() + if same { 0 } else { colours }
}
