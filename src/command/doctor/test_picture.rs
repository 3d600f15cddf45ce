//! A small picture by which a person sees whether pictures work here. Main thread.

use std::fmt::Write as _;

use image::{Rgb, RgbImage};

use super::section::{INDENT, Section, Style};
use crate::command::output;
use crate::dashboard::preview::encode::Painter;
use crate::dashboard::theme::ColourSupport;
use crate::terminal::ask::{Capabilities, Multiplexer, Protocol};

/// Columns and rows of cells.
const CELLS: (u16, u16) = (12, 4);
/// From the picture's beginning to the text beside it.
const TEXT_AFTER: usize = CELLS.0 as usize + 2;
/// Beside the picture there is room for a few words.
const FEWEST_COLUMNS: usize = INDENT + TEXT_AFTER + 24;
/// Where a terminal does not say how many pixels a cell has.
const USUAL_CELL: (u16, u16) = (8, 16);
/// More pixels only take longer to send.
const LARGEST_CELL: (u16, u16) = (24, 48);

/// The section about pictures with a picture beside its text, at the cursor, which must be at the beginning
/// of a line; `None` where there is no room or the picture cannot be made.
pub(super) fn beside(section: &Section, known: &Capabilities, style: Style) -> Option<String> {
    if style.columns < FEWEST_COLUMNS {
        return None;
    }
    let colours = ColourSupport {
        colours: output::colours_are_wanted(),
        true_color: known.true_color,
        dark: known.dark_background.unwrap_or(true),
    };
    let picture = sequence(known, colours)?;
    let mut section = section.clone();
    let is_text = known.choose() == Protocol::HalfBlocks;
    section.say(if colours.colours || !is_text {
        "You should see a pale disc on blue turning orange."
    } else {
        "You should see a disc of another shade."
    });
    if !is_text {
        section.say("If not: --graphics halfblocks shows them anywhere.");
    }
    let lines = section.lines(style.columns - INDENT - TEXT_AFTER);
    let rows = lines.len().max(usize::from(CELLS.1));
    let lines = lines.into_iter().map(Some).chain(std::iter::repeat(None));
    // Room is made first, so that nothing scrolls under the picture.
    let mut text = format!("{}\x1b[{rows}A\x1b7\x1b[{INDENT}C", "\n".repeat(rows));
    text.push_str(&String::from_utf8(picture).ok()?);
    text.push_str("\x1b8");
    for (row, line) in lines.take(rows).enumerate() {
        if row == 0 {
            text.push_str(&section.heading(style));
        }
        if let Some(line) = line {
            let column = INDENT + TEXT_AFTER + 1;
            // Writing to a string cannot fail.
            let _ = write!(text, "\x1b[{column}G{line}");
        }
        if row + 1 < rows {
            text.push('\n');
        }
    }
    Some(text)
}

/// What shows the picture at the cursor.
fn sequence(known: &Capabilities, colours: ColourSupport) -> Option<Vec<u8>> {
    let in_tmux = known.multiplexer == Some(Multiplexer::Tmux);
    let mut painter = Painter::new(known.choose(), in_tmux, colours);
    if let Some(registers) = known.sixel_registers {
        painter.limit_sixel_colours(u16::try_from(registers).unwrap_or(u16::MAX));
    }
    let cell = known.cell.unwrap_or(USUAL_CELL);
    let cell = if known.sixel {
        // Sixels are not scaled by the terminal.
        cell
    } else {
        (cell.0.min(LARGEST_CELL.0), cell.1.min(LARGEST_CELL.1))
    };
    let (width, height) = painter.pixels_at_cursor(CELLS, cell);
    painter.paint_at_cursor(&draw(width, height), CELLS).ok()
}

/// A pale disc on blue that turns into orange from left to right.
fn draw(width: u32, height: u32) -> RgbImage {
    const LEFT: [f32; 3] = [40.0, 60.0, 200.0];
    const RIGHT: [f32; 3] = [235.0, 95.0, 40.0];
    const DISC: [f32; 3] = [255.0, 244.0, 200.0];
    /// Of the height.
    const RADIUS: f32 = 0.34;
    let (across, down) = (width as f32, height as f32);
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = ((x as f32 + 0.5) / across, (y as f32 + 0.5) / down);
        let distance = ((x - 0.5) * across / down).hypot(y - 0.5);
        // The rim is as soft as a pixel is large.
        let inside = ((RADIUS - distance) * down + 0.5).clamp(0.0, 1.0);
        let mix = |from: f32, to: f32, share: f32| from + (to - from) * share;
        let channel = |index: usize| {
            let ground = mix(LEFT[index], RIGHT[index], x);
            mix(ground, DISC[index], inside).round() as u8
        };
        Rgb([channel(0), channel(1), channel(2)])
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use serde_json::json;

    use super::*;
    use crate::terminal::ask::Kitty;

    #[test]
    fn the_picture_is_what_the_text_says() {
        for (width, height) in [(12, 8), (96, 64)] {
            let picture = draw(width, height);
            let [left, middle, right] = [0, width / 2, width - 1]
                .map(|x| picture.get_pixel(x, height / 2).0.map(i32::from));
            assert!(left[2] > left[0] + 100, "{left:?}");
            assert!(right[0] > right[2] + 100, "{right:?}");
            assert!(middle.iter().all(|value| *value > 190), "{middle:?}");
        }
    }

    #[test]
    fn the_picture_stands_beside_the_text_and_below_nothing() {
        let mut section = Section::new("pictures", json!({}));
        section.say("half-blocks");
        let style = Style {
            columns: 80,
            light: Some(false),
        };
        let text = beside(&section, &Capabilities::default(), style).unwrap();
        let mut screen =
            vt100::Parser::new(NonZero::new(10).unwrap(), NonZero::new(80).unwrap(), 0);
        // In the last rows, so that it has to scroll.
        screen.process(format!("{}above\r\n", "\r\n".repeat(8)).as_bytes());
        screen.process(text.replace('\n', "\r\n").as_bytes());
        screen.process(b"\r\nbelow");
        let rows: Vec<String> = screen.screen().rows(0, 80).collect();
        let at = rows.iter().position(|row| row == "above").unwrap();
        let block = "▀".repeat(12);
        assert!(
            rows[at + 1].ends_with(&format!("pictures   {block}  half-blocks")),
            "{rows:#?}"
        );
        for row in at + 1..at + 5 {
            assert_eq!(rows[row].matches('▀').count(), 12, "{rows:#?}");
        }
        assert!(
            rows[at + 2].contains("You should see a pale disc"),
            "{rows:#?}"
        );
        assert_eq!(rows[at + 5], "below");
        let narrow = Style {
            columns: 40,
            ..style
        };
        assert_eq!(beside(&section, &Capabilities::default(), narrow), None);
    }

    #[test]
    fn every_protocol_draws_it() {
        let able = |change: fn(&mut Capabilities)| {
            let mut known = Capabilities {
                cell: Some((8, 16)),
                ..Capabilities::default()
            };
            change(&mut known);
            let colours = ColourSupport {
                colours: true,
                true_color: true,
                dark: true,
            };
            String::from_utf8(sequence(&known, colours).unwrap()).unwrap()
        };
        let kitty = able(|known| {
            known.kitty = Some(Kitty {
                placeholders: false,
            });
        });
        assert!(
            kitty.starts_with("\x1b_Ga=T,") && kitty.contains("c=12,r=4,C=1"),
            "{kitty}"
        );
        let placeholders = able(|known| {
            known.kitty = Some(Kitty { placeholders: true });
            known.multiplexer = Some(Multiplexer::Tmux);
        });
        assert!(
            placeholders.starts_with("\x1bPtmux;\x1b\x1b_Ga=T,U=1,"),
            "{placeholders}"
        );
        assert_eq!(placeholders.matches('\u{10EEEE}').count(), 48);
        assert!(able(|known| known.iterm2 = true).contains("1337;File=inline=1"));
        let sixel = able(|known| known.sixel = true);
        assert!(sixel.starts_with("\x1bP9;1;0q\"1;1;96;6"), "{sixel}");
    }
}
