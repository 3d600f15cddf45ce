//! A composed picture as what a terminal understands: one file a protocol. Runs on the thread "preview".

mod at_cursor;
mod half_blocks;
mod indexed;
mod iterm2;
mod kitty;
mod palette;
mod passthrough;
mod placeholder;
mod sixel;

use image::RgbImage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use self::half_blocks::{Copied, copy_changed};
pub use self::kitty::MOST_PLACES;
use super::layout::Layout;
use super::quality::Quality;
use crate::dashboard::theme::ColourSupport;
use crate::terminal::ask::Protocol;

/// What makes a picture appear.
#[derive(Debug, Clone, PartialEq)]
pub enum Painted {
    /// Text; the buffer's area is where it goes on the screen.
    Cells(Buffer),
    /// Write all `pieces`, then draw `cells` where its area is: only then does the new picture replace the
    /// old one.
    Placeholders {
        /// May be written between frames of text.
        pieces: Vec<Vec<u8>>,
        /// Placeholders, as text.
        cells: Buffer,
    },
    /// Write all `pieces`; the last one shows the picture. The text under it must stay untouched blanks.
    Placed {
        /// May be written between frames of text. Each puts the cursor back.
        pieces: Vec<Vec<u8>>,
        /// What the picture covers.
        cells: Rect,
    },
}

impl Painted {
    /// What is to be written apart from the text.
    pub fn pieces(&self) -> &[Vec<u8>] {
        match self {
            Self::Cells(_) => &[],
            Self::Placeholders { pieces, .. } | Self::Placed { pieces, .. } => pieces,
        }
    }

    /// How many bytes reach the terminal; for text an estimate.
    pub fn bytes(&self) -> usize {
        let pieces: usize = self.pieces().iter().map(Vec::len).sum();
        pieces
            + match self {
                Self::Cells(cells) => half_blocks::bytes(cells),
                Self::Placeholders { cells, .. } => {
                    cells.content().iter().map(|cell| cell.symbol().len()).sum()
                }
                Self::Placed { .. } => 0,
            }
    }
}

/// Pictures ready for the terminal, which belong together.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The job's.
    pub tag: u64,
    /// For every tile of the job the number of updates made to the result in it; 0 where it shows none.
    pub steps: Vec<u64>,
    /// Those tiles that do not look as on the screen already.
    pub tiles: Vec<PaintedTile>,
    /// [`Painted::bytes`] of all.
    pub bytes: usize,
    /// Seconds of one processor core that composing and encoding took.
    pub encode_seconds: f64,
}

/// One picture of a [`Frame`].
#[derive(Debug, Clone)]
pub struct PaintedTile {
    /// Which tile of the job.
    pub index: usize,
    /// What makes it appear.
    pub painted: Painted,
}

/// A picture could not be written for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// As PNG or JPEG.
    #[error("the picture could not be compressed: {0}")]
    Picture(#[from] image::ImageError),
    /// As PNG with a palette.
    #[error("the picture could not be compressed: {0}")]
    Indexed(#[from] png::EncodingError),
    /// By deflate.
    #[error("the picture could not be compressed: {0}")]
    Deflate(#[from] std::io::Error),
    /// As sixels, or its colours were not found.
    #[error("the picture's colours could not be reduced: {0}")]
    Sixel(#[from] icy_sixel::SixelError),
}

/// Colours that sixels may use at once where the terminal does not say.
const SIXEL_REGISTERS: u16 = 256;

/// Writes pictures one after the other for one terminal.
#[derive(Debug)]
pub struct Painter {
    protocol: Protocol,
    in_tmux: bool,
    colours: ColourSupport,
    sixel_registers: u16,
    kitty: kitty::Turn,
}

impl Painter {
    /// For a terminal, inside tmux or not.
    pub fn new(protocol: Protocol, in_tmux: bool, colours: ColourSupport) -> Self {
        Self {
            protocol,
            in_tmux,
            colours,
            sixel_registers: SIXEL_REGISTERS,
            kitty: kitty::Turn::default(),
        }
    }

    /// The terminal has so many colour registers for sixels.
    pub fn limit_sixel_colours(&mut self, registers: u16) {
        self.sixel_registers = registers;
    }

    /// How large a picture [`Self::paint`] wants.
    pub fn pixels(&self, layout: &Layout, quality: Quality) -> (u32, u32) {
        match self.protocol {
            Protocol::HalfBlocks | Protocol::None => layout.pixels,
            _ => quality.scaled(layout.pixels),
        }
    }

    /// `picture` of [`Self::pixels`] over the cells of `layout`, in place of the one before at `place`.
    pub fn paint(
        &mut self,
        place: usize,
        picture: &RgbImage,
        layout: &Layout,
        quality: Quality,
    ) -> Result<Painted, EncodeError> {
        let cells = layout.cells;
        let placed = |pieces| Painted::Placed { pieces, cells };
        Ok(match self.protocol {
            Protocol::KittyPlaceholders => {
                let id = self.kitty.next(place).shown;
                Painted::Placeholders {
                    pieces: kitty::virtual_placement(picture, quality, id, cells, self.in_tmux)?,
                    cells: placeholder::cells(id, cells),
                }
            }
            Protocol::KittyDirect => {
                let ids = self.kitty.next(place);
                placed(kitty::placement(
                    picture,
                    quality,
                    ids,
                    cells,
                    self.in_tmux,
                )?)
            }
            Protocol::Iterm2 => placed(vec![iterm2::encode(
                picture,
                layout,
                quality,
                self.in_tmux,
            )?]),
            Protocol::Sixel => {
                let effort = sixel::effort(quality, self.sixel_registers);
                placed(vec![sixel::encode(picture, layout, effort)?])
            }
            Protocol::HalfBlocks | Protocol::None => {
                Painted::Cells(half_blocks::cells(picture, cells, self.colours))
            }
        })
    }
}

/// What removes every picture of this program from the screen and from the terminal's memory.
pub fn delete_all(protocol: Protocol, in_tmux: bool) -> Vec<u8> {
    match protocol {
        Protocol::KittyPlaceholders | Protocol::KittyDirect => kitty::delete_all(in_tmux),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
