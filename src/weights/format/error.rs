//! Why the bytes of a file cannot be read as weights. Plain values, any thread.

/// What a reader tripped over. Whatever the file says of itself is shown escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes are none of the formats known here.
    #[error("{0}")]
    Unknown(String),
    /// The bytes end before what they announce.
    #[error("it ends after {found_bytes} bytes, {promise} {expected_bytes}: the copy is not whole")]
    Short {
        /// How many bytes there are.
        found_bytes: u64,
        /// Who says that there are more, as in "its header promises".
        promise: &'static str,
        /// How many there should be, at least.
        expected_bytes: u64,
    },
    /// The format is known, but what it says contradicts itself.
    #[error("{0}")]
    Damaged(String),
    /// Intact as far as can be seen, but of a kind that is not read here.
    #[error("{0}")]
    Unsupported(String),
    /// A pickle that asks for more than data.
    #[error("its pickle asks for {what}, by the opcode {opcode} at byte {position}")]
    Refused {
        /// What it wants, such as `posix.system`.
        what: String,
        /// The name of the opcode.
        opcode: &'static str,
        /// Where the opcode lies, in bytes from the beginning of the file.
        position: u64,
    },
}

/// The longest text out of a file that a message shows, in characters.
const LONGEST_SHOWN: usize = 80;

/// A text out of a file as messages show it: printable, and no longer than a line.
pub(in crate::weights) fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().escape_debug()),
        None => text.escape_debug().to_string(),
    }
}
