//! A whole `PyTorch` file into the cache, checked against the digest that is published with it.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use sha2::{Digest, Sha256};

use super::download::Download;
use super::part::{Outline, Part};
use super::remote::Remote;
use super::reporter::{Progress, Reporter};
use super::retry::Retry;
use super::wanted::{Stretch, Wanted};
use super::{Failed, Order};
use crate::weights::cache::{CacheError, Record, discard, hexadecimal, sha256_of};
use crate::weights::error::WeightsError;
use crate::weights::file::WeightsFile;
use crate::weights::http::{Client, TransferError};

/// Fetches the file; `published` are the first digits of its SHA-256, where they are known.
pub(super) fn fetch(
    order: &Order<'_>,
    client: &Client,
    remote: &Remote,
    published: Option<&str>,
    reporter: &mut Reporter<'_>,
) -> Result<(), Failed> {
    let name = order.published.name;
    let total_bytes = remote.total_bytes.ok_or(TransferError::LengthUnknown)?;
    let mut part = begin(order, remote, total_bytes, published.is_some())?;
    let resumed_bytes = part.bytes();
    order.cache.check_room(total_bytes - resumed_bytes)?;
    Download {
        client,
        remote,
        wanted: Wanted::new(
            vec![Stretch {
                begin: 0,
                end: total_bytes,
            }],
            resumed_bytes,
        ),
        part: &mut part,
    }
    .run(name, &mut Retry::new(order.environment.patience), reporter)?;

    reporter.say(Progress::Checking)?;
    let record = match check(order, remote, &part, published, reporter) {
        Err(Failed::Transfer(TransferError::Stopped)) => return Err(TransferError::Stopped.into()),
        Err(Failed::Transfer(error)) => {
            discard(part.path())?;
            // What an earlier attempt left may be what is wrong with it.
            let error = if resumed_bytes > 0 {
                TransferError::Changed
            } else {
                error
            };
            return Err(error.into());
        }
        other => other?,
    };
    let finished = order.cache.checkpoint_path(name);
    record.write(order.cache, &order.parts.path("record"), &finished)?;
    order.cache.finish(part.path(), part.file(), &finished)?;
    Ok(())
}

/// Opens the part of this very file.
fn begin(
    order: &Order<'_>,
    remote: &Remote,
    total_bytes: u64,
    digest_known: bool,
) -> Result<Part<'static>, CacheError> {
    let validator = remote.validator.as_deref().unwrap_or_default();
    let facts = format!("{}\n{validator}\n{total_bytes}", remote.url);
    let key: String = hexadecimal(&Sha256::digest(facts))
        .chars()
        .take(16)
        .collect();
    let path = order.parts.take(&key);
    if remote.validator.is_none() && !digest_known {
        // Nothing says whether the file there is still the one that the part is of.
        discard(&path)?;
    }
    let outline = Outline {
        bytes: total_bytes,
        ..Outline::default()
    };
    Part::open(path, outline)
}

/// Checks what has arrived, and says what is to be remembered of it.
fn check(
    order: &Order<'_>,
    remote: &Remote,
    part: &Part<'_>,
    published: Option<&str>,
    reporter: &mut Reporter<'_>,
) -> Result<Record, Failed> {
    let sha256 =
        sha256_of(part.file(), 0, part.bytes(), &mut || reporter.again()).map_err(|error| {
            match error.kind() {
                ErrorKind::Interrupted => Failed::Transfer(TransferError::Stopped),
                _ => CacheError::new("read", part.path(), error).into(),
            }
        })?;
    if let Some(published) = published
        && !sha256.starts_with(published)
    {
        return Err(TransferError::Digest {
            expected: published.to_owned(),
            found: sha256.chars().take(published.len()).collect(),
        }
        .into());
    }
    let file = WeightsFile::open(part.path()).map_err(|error| unfit(&error))?;
    for needed in order.needed {
        file.check(&needed.name, &needed.shape, order.published.name)
            .map_err(|error| unfit(&error))?;
    }
    let mut tensors = BTreeMap::new();
    for name in file.contents().tensors.keys() {
        if reporter.again().is_break() {
            return Err(TransferError::Stopped.into());
        }
        if let Some(Ok(bytes)) = file.bytes(name) {
            tensors.insert(name.clone(), hexadecimal(&Sha256::digest(&bytes)));
        }
    }
    Ok(Record {
        source: remote.source.clone(),
        licence: order.published.licence.to_owned(),
        bytes: part.bytes(),
        sha256,
        tensors,
    })
}

/// Only the first line: what to do next is not the same for a file that has just come.
fn unfit(error: &WeightsError) -> TransferError {
    let words = error.to_string();
    TransferError::Unfit(format!(
        "what came cannot be used: {}",
        words.lines().next().unwrap_or_default()
    ))
}
