//! Messages as bytes and back. Pure; any thread.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{Direction, Frame, FrameError, Head, split};
use super::words::{ToRun, ToViewer};

/// Another one where anything in [`super::words`] means something else than before.
pub const PROTOCOL: u32 = 2;
/// Who speaks. Two programs of different versions may mean different things by the same preset.
pub const PROGRAM: &str = concat!("stylescope ", env!("CARGO_PKG_VERSION"));

/// The words of a message.
///
/// # Errors
/// Where they cannot be said, or would be longer than the other end reads.
pub fn words<T: Serialize>(message: &T, direction: Direction) -> Result<Vec<u8>, FrameError> {
    let words =
        serde_json::to_vec(message).map_err(|error| FrameError::Words(error.to_string()))?;
    let most = direction.most_words();
    let bytes = u32::try_from(words.len()).unwrap_or(u32::MAX);
    if bytes > most {
        let what = "words";
        return Err(FrameError::TooLong { what, bytes, most });
    }
    Ok(words)
}

/// A whole message without numbers.
///
/// # Errors
/// As [`words`].
pub fn encode<T: Serialize>(message: &T, direction: Direction) -> Result<Vec<u8>, FrameError> {
    let words = words(message, direction)?;
    let head = Head {
        words: words.len(),
        raw: 0,
    };
    let mut bytes = head.encode(direction).to_vec();
    bytes.extend(words);
    Ok(bytes)
}

/// The message of a terminal at the beginning of `bytes` and how many bytes it takes; `None` where it is not whole yet.
///
/// # Errors
/// Where it is no message.
pub fn decode_to_run(bytes: &[u8]) -> Result<Option<(ToRun, usize)>, FrameError> {
    let Some((frame, length)) = split(bytes, Direction::ToRun)? else {
        return Ok(None);
    };
    Ok(Some((read(frame.words)?, length)))
}

/// What the run says, in somebody's bytes.
#[derive(Debug, PartialEq)]
pub struct FromRun<'a> {
    /// The message.
    pub words: ToViewer,
    /// The numbers that come with it, as many as it says.
    pub raw: &'a [u8],
    /// How many bytes it takes.
    pub length: usize,
}

/// The run's message at the beginning of `bytes`; `None` where it is not whole yet.
///
/// # Errors
/// Where it is no message.
pub fn decode_to_viewer(bytes: &[u8]) -> Result<Option<FromRun<'_>>, FrameError> {
    let Some((frame, length)) = split(bytes, Direction::ToViewer)? else {
        return Ok(None);
    };
    Ok(Some(FromRun {
        words: to_viewer(frame)?,
        raw: frame.raw,
        length,
    }))
}

/// The run's message in a frame.
///
/// # Errors
/// Where it is none, or comes with more or fewer numbers than it says.
pub fn to_viewer(frame: Frame<'_>) -> Result<ToViewer, FrameError> {
    let message: ToViewer = read(frame.words)?;
    let there = frame.raw.len() as u64;
    match message.raw_bytes() {
        Some(wanted) if wanted == there => Ok(message),
        wanted => Err(FrameError::Numbers {
            there,
            wanted: wanted.unwrap_or(u64::MAX),
        }),
    }
}

/// What words say.
///
/// # Errors
/// Where they are not what was agreed upon.
pub fn read<T: DeserializeOwned>(words: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(words).map_err(|error| FrameError::Words(error.to_string()))
}
