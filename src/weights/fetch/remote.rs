//! What lies at an address, as far as its first bytes tell.

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::weights::cache::hexadecimal;
use crate::weights::format::safetensors::{self, HeaderEntry, HeaderState};
use crate::weights::format::{self, Format, FormatError};
use crate::weights::http::{
    Client, Head, Pulse, Request, Transfer, TransferError, without_secrets,
};

/// How many bytes are asked for first: enough for the headers of all published files.
const FIRST_BYTES: u64 = 16 << 10;

/// A file at an address.
#[derive(Debug)]
pub(super) struct Remote {
    pub(super) url: String,
    /// The address as it may be shown and written down.
    pub(super) source: String,
    /// Changes when the file does.
    pub(super) validator: Option<String>,
    /// How long it is, where the server says so.
    pub(super) total_bytes: Option<u64>,
    /// Whether the server sends parts of it.
    pub(super) ranges: bool,
    pub(super) kind: Kind,
}

/// What kind of file it is.
#[derive(Debug)]
pub(super) enum Kind {
    /// One whose tensors can be had one by one.
    Tensors(Header),
    /// One that is only of use as a whole.
    Checkpoint,
}

/// The header of a safetensors file.
#[derive(Debug)]
pub(super) struct Header {
    /// Where the elements begin in the file.
    pub(super) data_start: u64,
    pub(super) tensors: IndexMap<String, HeaderEntry>,
    /// The digest of the header itself.
    pub(super) sha256: String,
}

impl Header {
    /// How long the file is by this header.
    fn file_bytes(&self) -> u64 {
        let data = self.tensors.values().map(|entry| entry.end).max();
        self.data_start + data.unwrap_or(0)
    }
}

impl Remote {
    /// Asks for the first bytes of the file at `url`, and for more where its header is longer.
    pub(super) fn at(client: &Client, url: &str, pulse: Pulse<'_>) -> Result<Self, TransferError> {
        let (head, mut first) = first_bytes(client, url, FIRST_BYTES, pulse)?;
        let mut remote = Self {
            url: url.to_owned(),
            source: without_secrets(url),
            validator: head.validator.clone(),
            total_bytes: head.total_bytes(),
            ranges: head.status == 206,
            kind: Kind::Checkpoint,
        };
        match format::detect(&first).map_err(unfit)? {
            Format::ZipCheckpoint | Format::LegacyCheckpoint => return Ok(remote),
            Format::Safetensors => {}
        }
        loop {
            let needed_bytes = match safetensors::header(&first).map_err(unfit)? {
                HeaderState::NeedBytes(bytes) => bytes,
                HeaderState::Header {
                    data_start,
                    tensors,
                    ..
                } => {
                    let header = first.get(..data_start as usize).unwrap_or(&first);
                    let header = Header {
                        data_start,
                        sha256: hexadecimal(&Sha256::digest(header)),
                        tensors,
                    };
                    remote.check_length(header.file_bytes())?;
                    remote.kind = Kind::Tensors(header);
                    return Ok(remote);
                }
            };
            let here_bytes = first.len() as u64;
            if remote.total_bytes.is_some_and(|total| needed_bytes > total)
                || needed_bytes <= here_bytes
            {
                return Err(TransferError::Format(FormatError::Short {
                    found_bytes: remote.total_bytes.unwrap_or(here_bytes),
                    promise: "its header promises",
                    expected_bytes: needed_bytes,
                }));
            }
            let (head, more) = first_bytes(client, url, needed_bytes, pulse)?;
            remote.check_same(&head)?;
            if more.len() <= first.len() {
                return Err(TransferError::Truncated {
                    expected_bytes: needed_bytes,
                    arrived_bytes: more.len() as u64,
                });
            }
            first = more;
        }
    }

    /// An error where an answer tells of another file than the first one did.
    pub(super) fn check_same(&self, head: &Head) -> Result<(), TransferError> {
        let other_length = match (self.total_bytes, head.total_bytes()) {
            (Some(before), Some(now)) => before != now,
            _ => false,
        };
        if other_length || self.validator != head.validator {
            return Err(TransferError::Changed);
        }
        Ok(())
    }

    fn check_length(&self, expected_bytes: u64) -> Result<(), TransferError> {
        match self.total_bytes {
            Some(found_bytes) if found_bytes != expected_bytes => Err(TransferError::Length {
                expected_bytes,
                found_bytes,
            }),
            _ => Ok(()),
        }
    }
}

/// A web page is told from other things that are no weights, since its cause is another one.
fn unfit(error: FormatError) -> TransferError {
    match error {
        FormatError::Unknown(reason) if reason.contains("web page") => TransferError::WebPage,
        error => TransferError::Format(error),
    }
}

/// The first `bytes` bytes of a file, or all of a shorter one.
fn first_bytes(
    client: &Client,
    url: &str,
    bytes: u64,
    pulse: Pulse<'_>,
) -> Result<(Head, Vec<u8>), TransferError> {
    let request = Request {
        url: url.to_owned(),
        range: Some((0, bytes - 1)),
        unless_changed: None,
    };
    let (head, mut transfer) = Transfer::start(client, request, pulse)?;
    let expected_bytes = match (head.status, head.content_range) {
        (206, Some(range)) if range.first == 0 && range.last < bytes => range.last + 1,
        (206, range) => return Err(wrong_range((0, bytes - 1), range)),
        // Without a length the body says itself where it ends.
        _ => head.content_bytes.map_or(0, |body| body.min(bytes)),
    };
    let mut first = Vec::new();
    while (first.len() as u64) < bytes {
        let Some(piece) = transfer.next(pulse)? else {
            break;
        };
        first.extend(piece);
    }
    if (first.len() as u64) < expected_bytes {
        return Err(TransferError::Truncated {
            expected_bytes,
            arrived_bytes: first.len() as u64,
        });
    }
    first.truncate(bytes as usize);
    Ok((head, first))
}

/// The error for an answer with another range than `asked`.
pub(super) fn wrong_range(
    asked: (u64, u64),
    answered: Option<crate::weights::http::ContentRange>,
) -> TransferError {
    TransferError::WrongRange {
        asked: format!("{}-{}", asked.0, asked.1),
        answered: answered.map_or_else(
            || "none that can be read".to_owned(),
            |range| format!("{}-{}", range.first, range.last),
        ),
    }
}
