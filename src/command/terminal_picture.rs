//! Prints a picture into the terminal's scroll-back. Main thread.

mod palette;

use std::io::IsTerminal;
use std::time::Duration;

use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgb32FImage, RgbImage};

use super::output;
use crate::cli::Graphics;
pub(super) use crate::terminal::ask::is_dumb;
use crate::terminal::ask::{self, Capabilities, Quiet};

/// Widest picture, in cells: larger ones would push everything else out of sight.
const MOST_COLUMNS: u32 = 80;
/// Lines left for what stands above and below.
const LINES_LEFT: u32 = 6;
/// What viuer makes of a cell when it draws with sixels, whatever the terminal's cell is.
const SIXEL_CELL: (u32, u32) = (6, 12);
/// Where it is not known, the shape that most cells have.
const USUAL_SHAPE: (u32, u32) = (1, 2);
/// The longest wait for what the terminal says.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// No cell of a screen has more pixels than this; what is larger only takes longer to send.
const LARGEST_CELL: (u32, u32) = (16, 32);

/// Prints `picture` where standard output is a terminal that can show it; otherwise does nothing.
pub(super) fn print(picture: &Rgb32FImage, graphics: Graphics) {
    if graphics == Graphics::None || !std::io::stdout().is_terminal() || is_dumb() {
        return;
    }
    // Until this is dropped, no answer of the terminal is echoed or typed at the next prompt.
    let quiet = if graphics == Graphics::HalfBlocks {
        None
    } else {
        Quiet::start()
    };
    let known = match quiet {
        Some(_) => ask::ask(LONGEST_WAIT),
        None => ask::guess(),
    };
    let chosen = choose(graphics, viuer::is_iterm_supported(), &known);
    if chosen == Graphics::HalfBlocks && !matches!(graphics, Graphics::Auto | Graphics::HalfBlocks)
    {
        output::error_line(
            "this terminal does not say that it knows this protocol: shown as blocks",
        );
    }
    let cell = known
        .cell
        .map(|(width, height)| (width.into(), height.into()));
    if let Err(error) = print_with(chosen, picture, cell) {
        output::error_line(format!(
            "the picture could not be shown in this terminal ({error}); --graphics halfblocks may work"
        ));
    }
}

/// The best of what the terminal knows; half-blocks where it does not know what is asked for.
///
/// `iterm2`: the environment says so, as viuer asks nobody else. viuer wraps nothing for tmux.
fn choose(graphics: Graphics, iterm2: bool, known: &Capabilities) -> Graphics {
    let direct = known.multiplexer.is_none();
    // Sixel is last: it has few colours.
    [
        (Graphics::Kitty, direct && known.kitty.is_some()),
        (Graphics::Iterm2, direct && iterm2),
        (Graphics::Sixel, known.sixel),
    ]
    .into_iter()
    .find(|(kind, known)| *known && (graphics == Graphics::Auto || graphics == *kind))
    .map_or(Graphics::HalfBlocks, |(kind, _)| kind)
}

fn print_with(
    chosen: Graphics,
    picture: &Rgb32FImage,
    cell: Option<(u32, u32)>,
) -> viuer::ViuResult<()> {
    let (columns, rows) = match viuer::terminal_size() {
        // A terminal that does not know its size.
        (0, _) | (_, 0) => (80, 24),
        known => known,
    };
    let mut cells = fit(
        picture.dimensions(),
        (u32::from(columns), u32::from(rows)),
        cell.unwrap_or(USUAL_SHAPE),
    );
    let mut shown = DynamicImage::ImageRgb32F(picture.clone()).to_rgb8();
    if chosen == Graphics::Sixel {
        let scale = |count: u32, real: u32, assumed: u32| (count * real / assumed).max(1);
        // Where the cell is not known, viuer's is used as it is.
        if let Some(cell) = cell {
            cells = (
                scale(cells.0, cell.0, SIXEL_CELL.0),
                scale(cells.1, cell.1, SIXEL_CELL.1),
            );
        }
        shown = resized(&shown, (cells.0 * SIXEL_CELL.0, cells.1 * SIXEL_CELL.1));
        palette::reduce(&mut shown);
    } else {
        let most = (cells.0 * LARGEST_CELL.0, cells.1 * LARGEST_CELL.1);
        if shown.width() > most.0 && shown.height() > most.1 {
            shown = resized(&shown, most);
        }
    }
    let config = viuer::Config {
        absolute_offset: false,
        width: Some(cells.0),
        height: Some(cells.1),
        use_kitty: chosen == Graphics::Kitty,
        use_iterm: chosen == Graphics::Iterm2,
        use_sixel: chosen == Graphics::Sixel,
        ..viuer::Config::default()
    };
    viuer::print(&DynamicImage::ImageRgb8(shown), &config)?;
    if chosen == Graphics::Sixel {
        // Sixels leave the cursor in the picture's last line.
        output::line("")?;
    }
    Ok(())
}

fn resized(picture: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
    imageops::resize(picture, width, height, FilterType::CatmullRom)
}

/// Columns and rows of a picture of `width`×`height` pixels: no more than fit, none narrower than a
/// pixel. `cell` is a cell's width and height, or anything of this shape.
fn fit((width, height): (u32, u32), (columns, rows): (u32, u32), cell: (u32, u32)) -> (u32, u32) {
    let [width, height, cell_width, cell_height] = [width, height, cell.0, cell.1].map(f64::from);
    let rows_per_column = height / width * cell_width / cell_height;
    let most_rows = f64::from(rows.saturating_sub(LINES_LEFT).max(4));
    let most_columns = f64::from(columns.min(MOST_COLUMNS)).min(width);
    let shown_columns = most_columns.min(most_rows / rows_per_column);
    // Casts of floats saturate; whatever a picture's shape is, a cell is left of it.
    (
        (shown_columns as u32).max(1),
        ((shown_columns * rows_per_column).round() as u32).max(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::ask::{Kitty, Multiplexer};

    #[test]
    fn the_best_protocol_is_chosen_and_no_unknown_one() {
        let knows = |kitty: bool, sixel| Capabilities {
            kitty: kitty.then_some(Kitty {
                placeholders: false,
            }),
            sixel,
            ..Capabilities::default()
        };
        for (asked, iterm2, known, expected) in [
            (Graphics::Auto, true, knows(true, true), Graphics::Kitty),
            (Graphics::Auto, true, knows(false, true), Graphics::Iterm2),
            (Graphics::Auto, false, knows(false, true), Graphics::Sixel),
            (
                Graphics::Auto,
                false,
                knows(false, false),
                Graphics::HalfBlocks,
            ),
            (Graphics::Sixel, true, knows(true, true), Graphics::Sixel),
            (
                Graphics::Iterm2,
                false,
                knows(true, true),
                Graphics::HalfBlocks,
            ),
            (
                Graphics::HalfBlocks,
                true,
                knows(true, true),
                Graphics::HalfBlocks,
            ),
        ] {
            assert_eq!(
                choose(asked, iterm2, &known),
                expected,
                "{asked:?} {known:?}"
            );
        }
        let inside_tmux = Capabilities {
            multiplexer: Some(Multiplexer::Tmux),
            ..knows(true, true)
        };
        assert_eq!(choose(Graphics::Auto, true, &inside_tmux), Graphics::Sixel);
    }

    #[test]
    fn pictures_fit_and_keep_their_shape() {
        assert_eq!(fit((400, 300), (80, 24), (1, 2)), (48, 18));
        assert_eq!(fit((400, 300), (200, 60), (1, 2)), (80, 30));
        assert_eq!(fit((400, 300), (80, 24), (8, 17)), (51, 18));
        assert_eq!(fit((20, 20), (80, 24), (1, 2)), (20, 10));
        assert_eq!(fit((1, 5000), (80, 24), (1, 2)), (1, 18));
        assert_eq!(fit((5000, 1), (40, 2), (1, 2)), (40, 1));
    }
}
