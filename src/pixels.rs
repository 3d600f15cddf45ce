//! Files to pictures and pictures to files: decode, turn upright, resize, encode, and nothing else.
//!
//! A picture is an [`image::Rgb32FImage`] everywhere in the program: rows from top to bottom, red,
//! green and blue interleaved, `f32` from 0 to 1, encoded as sRGB. Colour profiles (ICC, PNG's gAMA
//! and cICP) are not applied: a picture in another colour space is read as if it were sRGB, and
//! [`decode::Note::ProfileIgnored`] says so.
//!
//! Everything here is a function of its arguments and the file system. There is no state, so any
//! thread may call any of it; reading and writing take tens of milliseconds a megapixel, which is
//! too long for the thread that draws the screen.

pub mod decode;
pub mod drawn;
pub mod encode;
mod file_name;
mod jpeg_segments;
pub mod mask;
pub mod resize;
pub mod size;
pub mod tensor;
pub mod text;
pub mod writable;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod properties;

pub use self::decode::{Decoded, Note, PictureFormat, ReadError, read};
pub use self::encode::{
    BitDepth, Existing, OutputFormat, WriteError, WriteOptions, Written, write, write_bytes,
};
pub use self::mask::{Mask, MaskError};
pub use self::resize::{Filter, resize};
pub use self::size::{SizeRule, fitted_size};
pub use self::text::{TextEntry, read_text};
pub use self::writable::check_writable;
