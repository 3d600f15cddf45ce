//! What a weights file holds: names, element types, shapes and where the bytes lie.
//!
//! The readers below take the bytes of a whole file, of which they trust nothing: they never panic, run
//! nothing that stands in a file, and need memory in proportion to the file at most. Pure, any thread.

mod checkpoint;
mod element;
mod entry;
mod error;
mod legacy_checkpoint;
mod pickle;
pub mod safetensors;
mod zip_checkpoint;

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;

pub use element::Number;
pub use entry::Entry;
pub use error::FormatError;
pub(in crate::weights) use error::shown;

/// A kind of weights file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Hugging Face's format: a JSON header, then the elements.
    Safetensors,
    /// What `torch.save` has written since 1.6: a zip archive of a pickle and the elements.
    ZipCheckpoint,
    /// What `torch.save` wrote before: pickles, then the elements.
    LegacyCheckpoint,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Safetensors => "safetensors",
            Self::ZipCheckpoint => "PyTorch zip",
            Self::LegacyCheckpoint => "PyTorch legacy",
        })
    }
}

/// Everything a file says about its tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// How it is written.
    pub format: Format,
    /// Each tensor by name, in the order of the file.
    pub tensors: IndexMap<String, Entry>,
    /// The `__metadata__` of a safetensors file; empty in the others.
    pub metadata: BTreeMap<String, String>,
}

/// Tells from the first bytes of a file (16 are enough, all where it is shorter) what it is.
pub fn detect(first_bytes: &[u8]) -> Result<Format, FormatError> {
    if safetensors::begins(first_bytes) {
        return Ok(Format::Safetensors);
    }
    if first_bytes.starts_with(b"PK\x03\x04") {
        return Ok(Format::ZipCheckpoint);
    }
    // The opcode that opens a pickle of protocol 2 and later, and the protocol.
    if let [0x80, 2..=5, ..] = first_bytes {
        return Ok(Format::LegacyCheckpoint);
    }
    Err(FormatError::Unknown(something_else(first_bytes).to_owned()))
}

/// What is often found where weights were meant to be.
fn something_else(bytes: &[u8]) -> &'static str {
    let text = bytes.trim_ascii_start();
    let begins = |words: &[u8]| {
        text.get(..words.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(words))
    };
    if bytes.is_empty() {
        "it is empty"
    } else if begins(b"<!doctype") || begins(b"<html") || begins(b"<?xml") {
        "it is a web page"
    } else if begins(b"version https://") {
        "it is a Git LFS pointer, not the file that it stands for"
    } else if bytes.starts_with(b"\x1f\x8b") {
        "it is compressed by gzip: unpack it first"
    } else if bytes.len() < 9 {
        "it is shorter than a header"
    } else {
        "it begins like none of them"
    }
}

/// Reads what the file whose bytes these are says about its tensors.
pub fn read(bytes: &[u8]) -> Result<Contents, FormatError> {
    match detect(bytes)? {
        Format::Safetensors => safetensors::read(bytes),
        Format::ZipCheckpoint => zip_checkpoint::read(bytes),
        Format::LegacyCheckpoint => legacy_checkpoint::read(bytes),
    }
}
