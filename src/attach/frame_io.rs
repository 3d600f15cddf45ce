//! Frames from a stream. Allocates as bytes come, and not as they are announced. Any thread that may wait.

use std::io::{self, Read};

use super::frame::{Direction, FrameError, HEAD_BYTES, Head};

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The stream ended, or the system says why it did.
    #[error("{0}")]
    Stream(#[from] io::Error),
    /// What came is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// What a frame holds.
pub(super) struct Body {
    pub(super) words: Vec<u8>,
    /// The numbers behind them.
    pub(super) raw: Vec<u8>,
}

/// What the next frame holds; `None` at the end of the stream.
pub(super) fn read_frame(
    stream: &mut impl Read,
    direction: Direction,
) -> Result<Option<Body>, Broken> {
    let first = part(stream, HEAD_BYTES)?;
    if first.is_empty() {
        return Ok(None);
    }
    let head: [u8; HEAD_BYTES] = first.try_into().map_err(|_| cut())?;
    let head = Head::decode(head, direction)?;
    let words = whole(stream, head.words)?;
    let raw = whole(stream, head.raw)?;
    Ok(Some(Body { words, raw }))
}

/// At most `length` bytes; fewer where the stream ends.
fn part(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn whole(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let bytes = part(stream, length)?;
    if bytes.len() < length {
        return Err(cut());
    }
    Ok(bytes)
}

fn cut() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the connection ended in the middle of a message",
    )
}
