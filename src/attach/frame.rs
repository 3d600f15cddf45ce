//! Frames: a head of twelve bytes, words (JSON), and what is too large for words. Pure; any thread.
//!
//! ```text
//! 0  3  "ssc"
//! 3  1  the direction
//! 4  4  bytes of words, little-endian
//! 8  4  bytes after them, little-endian
//! ```
//!
//! Nothing is believed of a length before it was compared with a limit.

/// Bytes of a head.
pub const HEAD_BYTES: usize = 12;
/// What every frame begins with.
const MARK: &[u8; 3] = b"ssc";

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a terminal to the run.
    ToRun,
    /// From the run to a terminal.
    ToViewer,
}

impl Direction {
    fn byte(self) -> u8 {
        match self {
            Self::ToRun => b'>',
            Self::ToViewer => b'<',
        }
    }

    /// Most bytes of words. A preset's text, which is the longest that a terminal says, may have 256 KiB as a file, and
    /// JSON makes a byte of it six at worst.
    pub fn most_words(self) -> u32 {
        match self {
            Self::ToRun => 2 << 20,
            Self::ToViewer => 16 << 20,
        }
    }

    /// Most bytes after the words. Terminals send no pictures; the largest picture that is sent to one has 100 million
    /// pixels of three numbers.
    pub fn most_raw(self) -> u32 {
        match self {
            Self::ToRun => 0,
            Self::ToViewer => 1_300_000_000,
        }
    }
}

/// What is wrong with bytes from the socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// They are no frame, or one that goes the other way.
    #[error("these are not the words of a stylescope: the frame begins with {0:02x?}")]
    NoFrame([u8; 4]),
    /// A length is beyond what any message needs.
    #[error("a message of {bytes} bytes of {what} was announced, and the limit is {most}")]
    TooLong {
        /// `words` or `numbers`.
        what: &'static str,
        /// Announced.
        bytes: u32,
        /// Allowed.
        most: u32,
    },
    /// The words are not as they were agreed upon.
    #[error("a message cannot be read: {0}")]
    Words(String),
    /// The numbers after the words are not as many as the words say.
    #[error("a message comes with {there} bytes of numbers, and its words speak of {wanted}")]
    Numbers {
        /// Bytes that came.
        there: u64,
        /// Bytes that are needed.
        wanted: u64,
    },
}

/// The lengths of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Bytes of words.
    pub words: usize,
    /// Bytes after them.
    pub raw: usize,
}

impl Head {
    /// As bytes.
    pub fn encode(self, direction: Direction) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let (mark, lengths) = bytes.split_at_mut(4);
        mark.copy_from_slice(&[MARK[0], MARK[1], MARK[2], direction.byte()]);
        let (words, raw) = lengths.split_at_mut(4);
        words.copy_from_slice(&(self.words as u32).to_le_bytes());
        raw.copy_from_slice(&(self.raw as u32).to_le_bytes());
        bytes
    }

    /// Reads a head that goes this way.
    ///
    /// # Errors
    /// Where it is none, or a length is beyond its limit.
    pub fn decode(bytes: [u8; HEAD_BYTES], direction: Direction) -> Result<Self, FrameError> {
        let [a, b, c, d, lengths @ ..] = bytes;
        if [a, b, c] != *MARK || d != direction.byte() {
            return Err(FrameError::NoFrame([a, b, c, d]));
        }
        let [w0, w1, w2, w3, r0, r1, r2, r3] = lengths;
        let words = u32::from_le_bytes([w0, w1, w2, w3]);
        let raw = u32::from_le_bytes([r0, r1, r2, r3]);
        let limits = [
            ("words", words, direction.most_words()),
            ("numbers", raw, direction.most_raw()),
        ];
        for (what, bytes, most) in limits {
            if bytes > most {
                return Err(FrameError::TooLong { what, bytes, most });
            }
        }
        Ok(Self {
            words: words as usize,
            raw: raw as usize,
        })
    }
}

/// A whole frame in somebody's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// JSON, where the other end is sound.
    pub words: &'a [u8],
    /// What comes with them.
    pub raw: &'a [u8],
}

/// The frame at the beginning of `bytes` and how many bytes it takes; `None` where it is not whole yet.
///
/// # Errors
/// Where no frame can begin so, whatever comes.
pub fn split(bytes: &[u8], direction: Direction) -> Result<Option<(Frame<'_>, usize)>, FrameError> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Ok(None);
    };
    let head = Head::decode(*head, direction)?;
    let length = head.words + head.raw;
    let Some(body) = rest.get(..length) else {
        return Ok(None);
    };
    let (words, raw) = body.split_at(head.words);
    Ok(Some((Frame { words, raw }, HEAD_BYTES + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_once_it_is_whole() {
        let head = Head { words: 3, raw: 2 };
        let mut bytes = head.encode(Direction::ToViewer).to_vec();
        bytes.extend(b"abcdeNEXT");
        for length in 0..HEAD_BYTES + 5 {
            assert_eq!(split(&bytes[..length], Direction::ToViewer), Ok(None));
        }
        let whole = Frame {
            words: b"abc",
            raw: b"de",
        };
        assert_eq!(
            split(&bytes, Direction::ToViewer),
            Ok(Some((whole, HEAD_BYTES + 5)))
        );
        assert!(matches!(
            split(&bytes, Direction::ToRun),
            Err(FrameError::NoFrame(_))
        ));
    }

    #[test]
    fn lengths_are_compared_with_their_limits_before_anything_comes() {
        let mut bytes = *b"ssc>\xff\xff\xff\xff\0\0\0\0";
        assert!(matches!(
            split(&bytes, Direction::ToRun),
            Err(FrameError::TooLong { what: "words", .. })
        ));
        bytes = *b"ssc>\x01\0\0\0\x01\0\0\0";
        assert!(matches!(
            split(&bytes, Direction::ToRun),
            Err(FrameError::TooLong {
                what: "numbers",
                ..
            })
        ));
    }
}
