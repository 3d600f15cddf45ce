//! The picture that forms: which part of it, composed with what, written how, and how often. What is slow
//! runs on the thread "preview" ([`Encoder`]); everything else is pure and the UI thread's.

pub mod budget;
pub mod compose;
pub mod encode;
pub mod encoder;
pub mod layout;
pub mod quality;
mod sample;
pub mod view;

pub use budget::Budget;
pub use encode::{Frame, Painted, PaintedTile, copy_changed};
pub use encoder::{EncodeJob, EncodeTile, Encoded, Encoder};
pub use layout::Layout;
pub use quality::Quality;
pub use view::{Subject, View, Zoom};

pub use crate::terminal::ask::Protocol;

/// What [`View::layout`] is to take for a cell's pixels: the terminal's own where it shows pictures, the two
/// halves of a cell where it does not.
pub fn cell_pixels(protocol: Protocol, cell: (u16, u16)) -> (u16, u16) {
    match protocol {
        Protocol::HalfBlocks | Protocol::None => (1, 2),
        _ => (cell.0.max(1), cell.1.max(1)),
    }
}
