//! A picture that stands in the text and scrolls away with it, by the same encoders as the dashboard's. Any
//! thread.

use std::fmt::Write as _;

use image::RgbImage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::{EncodeError, Painter, half_blocks, iterm2, kitty, placeholder, sixel};
use crate::dashboard::preview::cell_pixels;
use crate::dashboard::preview::quality::Quality;
use crate::terminal::ask::Protocol;

impl Painter {
    /// How many pixels across and down [`Self::paint_at_cursor`] wants for so many columns and rows of cells
    /// of `cell` pixels.
    pub fn pixels_at_cursor(&self, (columns, rows): (u16, u16), cell: (u16, u16)) -> (u32, u32) {
        let (width, height) = cell_pixels(self.protocol, cell);
        (
            u32::from(columns) * u32::from(width),
            u32::from(rows) * u32::from(height),
        )
    }

    /// What shows `picture` over so many columns and rows, its upper left corner at the cursor. They must be
    /// blank and on the screen. Leaves the cursor anywhere and the colours as they are by default.
    pub fn paint_at_cursor(
        &mut self,
        picture: &RgbImage,
        (columns, rows): (u16, u16),
    ) -> Result<Vec<u8>, EncodeError> {
        let area = Rect::new(0, 0, columns, rows);
        Ok(match self.protocol {
            Protocol::KittyPlaceholders => {
                let id = self.kitty.next(0).shown;
                let sent =
                    kitty::virtual_placement(picture, Quality::Exact, id, area, self.in_tmux)?;
                let mut sequence = sent.concat();
                sequence.extend(text(&placeholder::cells(id, area)).into_bytes());
                sequence
            }
            Protocol::KittyDirect => {
                kitty::at_cursor(picture, self.kitty.next(0).shown, (columns, rows))?
            }
            Protocol::Iterm2 => iterm2::at_cursor(picture, (columns, rows))?,
            Protocol::Sixel => {
                let effort = sixel::effort(Quality::Exact, self.sixel_registers);
                sixel::at_cursor(picture, picture.dimensions(), effort)?
            }
            Protocol::HalfBlocks | Protocol::None => {
                text(&half_blocks::cells(picture, area, self.colours)).into_bytes()
            }
        })
    }
}

/// The cells row by row, each one below the one before.
fn text(cells: &Buffer) -> String {
    let width = usize::from(cells.area.width);
    let mut text = String::new();
    for row in cells.content().chunks(width.max(1)) {
        for cell in row {
            colour(&mut text, 38, cell.fg);
            colour(&mut text, 48, cell.bg);
            text.push_str(cell.symbol());
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "\x1b[0m\x1b[{width}D\x1b[B");
    }
    text
}

/// `ground` is 38 for the text's colour and 48 for what is behind it.
fn colour(text: &mut String, ground: u8, colour: Color) {
    let _ = match colour {
        Color::Rgb(red, green, blue) => write!(text, "\x1b[{ground};2;{red};{green};{blue}m"),
        Color::Indexed(index) => write!(text, "\x1b[{ground};5;{index}m"),
        _ => Ok(()),
    };
}
