//! From a remote safetensors file into the cache's own: only the needed tensors, and those that the cache
//! has of the same file already are kept.

use std::collections::BTreeMap;

use super::download::Download;
use super::part::{Outline, Part};
use super::remote::{Header, Remote};
use super::reporter::{Progress, Reporter};
use super::retry::Retry;
use super::wanted::{Stretch, Wanted};
use super::{Failed, Order};
use crate::weights::cache::{CacheError, Facts, Layout, Slot, discard, sha256_of};
use crate::weights::file::WeightsFile;
use crate::weights::format::Number;
use crate::weights::format::safetensors::HeaderEntry;
use crate::weights::http::{Client, TransferError};
use crate::weights::store::Needed;

/// What a part needs in the folder beyond its own length, in bytes: other files grow too.
const ROOM_BYTES: u64 = 1 << 20;

/// A tensor of the file that is to be.
struct Chosen<'a> {
    name: &'a str,
    /// Where it lies in the remote file.
    entry: &'a HeaderEntry,
    /// Its digest, where the cache has it.
    kept: Option<&'a str>,
}

/// Fetches the needed tensors of the file that `header` describes.
pub(super) fn fetch(
    order: &Order<'_>,
    client: &Client,
    remote: &Remote,
    header: &Header,
    reporter: &mut Reporter<'_>,
) -> Result<(), Failed> {
    let name = order.published.name;
    for needed in order.needed {
        check(needed, header, name)?;
    }
    let facts = Facts {
        source: remote.source.clone(),
        validator: remote.validator.clone().unwrap_or_default(),
        header_sha256: header.sha256.clone(),
        licence: order.published.licence.to_owned(),
    };
    let kept = Kept::of(order, header, &facts);
    let chosen = chosen(order, header, &kept);
    let slots = chosen.iter().map(|tensor| Slot {
        name: tensor.name.to_owned(),
        number: tensor.entry.number.clone(),
        shape: tensor.entry.shape.clone(),
        bytes: tensor.entry.end - tensor.entry.begin,
    });
    let layout = Layout::new(facts, slots.collect());
    let outline = outline(&layout, &chosen, &kept);
    let all_bytes = outline.bytes;
    let path = order.parts.take(&layout.key());
    if remote.validator.is_none() {
        // Nothing says whether the file there is still the one that the part is of.
        discard(&path)?;
    }
    let mut part = Part::open(path, outline)?;

    let stretches = chosen
        .iter()
        .filter(|tensor| tensor.kept.is_none())
        .map(|tensor| Stretch {
            begin: header.data_start + tensor.entry.begin,
            end: header.data_start + tensor.entry.end,
        })
        .filter(|stretch| stretch.begin < stretch.end)
        .collect();
    let wanted = Wanted::new(stretches, part.arrived_bytes());
    order
        .cache
        .check_room(all_bytes - part.bytes() + ROOM_BYTES)?;
    Download {
        client,
        remote,
        wanted,
        part: &mut part,
    }
    .run(name, &mut Retry::new(order.environment.patience), reporter)?;

    reporter.say(Progress::Checking)?;
    if !close(&mut part, &layout, &chosen, reporter)? {
        discard(part.path())?;
        return Err(TransferError::Changed.into());
    }
    order
        .cache
        .finish(part.path(), part.file(), &order.cache.tensors_path(name))?;
    Ok(())
}

/// An error where the file there does not have what `network` needs.
fn check(needed: &Needed, header: &Header, network: &str) -> Result<(), TransferError> {
    let name = needed.name.as_str();
    let Some(entry) = header.tensors.get(name) else {
        return Err(TransferError::Unfit(format!(
            "the file there has no tensor {name}, which {network} needs"
        )));
    };
    let sides = entry.shape.iter().map(|&side| i64::try_from(side).ok());
    if !sides.eq(needed.shape.iter().map(|&side| Some(side))) {
        return Err(TransferError::Unfit(format!(
            "the tensor {name} there is {:?}, {network} needs {:?}",
            entry.shape, needed.shape
        )));
    }
    if let Number::Other(number) = &entry.number {
        return Err(TransferError::Unfit(format!(
            "the tensor {name} there holds {number}, not floating-point numbers"
        )));
    }
    Ok(())
}

/// The tensors that are needed or kept, in the order of the remote file: so the same ones give the same file,
/// whichever of them came first.
fn chosen<'a>(order: &Order<'_>, header: &'a Header, kept: &'a Kept) -> Vec<Chosen<'a>> {
    let is_needed = |name: &str| order.needed.iter().any(|needed| needed.name == name);
    let chosen = header.tensors.iter().filter_map(|(name, entry)| {
        let kept = kept.digests.get(name).map(String::as_str);
        (kept.is_some() || is_needed(name)).then_some(Chosen { name, entry, kept })
    });
    chosen.collect()
}

/// What the part of `layout` is to become, with the kept tensors in their places.
fn outline<'kept>(layout: &Layout, chosen: &[Chosen<'_>], kept: &'kept Kept) -> Outline<'kept> {
    let beginning = layout.open_header();
    let header_bytes = beginning.len() as u64;
    let all_bytes = layout.places().map(|(slot, _)| slot.bytes).sum::<u64>();
    let here = layout
        .places()
        .zip(chosen)
        .filter_map(|((_, begin), tensor)| {
            tensor.kept?;
            // It was read a moment ago; were it gone now, its digest would tell.
            let bytes = kept.file.as_ref()?.bytes(tensor.name)?.ok()?;
            Some((header_bytes + begin, bytes))
        });
    Outline {
        here: here.collect(),
        bytes: header_bytes + all_bytes,
        beginning,
    }
}

/// Writes the digests into the header. False where a kept tensor is not what it was.
fn close(
    part: &mut Part<'_>,
    layout: &Layout,
    chosen: &[Chosen<'_>],
    reporter: &mut Reporter<'_>,
) -> Result<bool, Failed> {
    let header_bytes = layout.open_header().len() as u64;
    let mut digests = Vec::new();
    for ((slot, begin), tensor) in layout.places().zip(chosen) {
        let digest = sha256_of(part.file(), header_bytes + begin, slot.bytes, &mut || {
            reporter.again()
        })
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::Interrupted => Failed::Transfer(TransferError::Stopped),
            _ => CacheError::new("read", part.path(), error).into(),
        })?;
        if tensor.kept.is_some_and(|kept| *kept != digest) {
            return Ok(false);
        }
        digests.push(digest);
    }
    part.overwrite_beginning(&layout.closed_header(&digests))?;
    Ok(true)
}

/// The sound tensors that the cache has of the same remote file.
#[derive(Default)]
struct Kept {
    file: Option<WeightsFile>,
    /// Of each tensor, by its name.
    digests: BTreeMap<String, String>,
}

impl Kept {
    /// None of them where the server does not say when its file changes.
    fn of(order: &Order<'_>, header: &Header, facts: &Facts) -> Self {
        let path = order.cache.tensors_path(order.published.name);
        let Some(file) = WeightsFile::open(&path).ok() else {
            return Self::default();
        };
        let says = |key: &str| file.contents().metadata.get(key).map(String::as_str);
        if facts.validator.is_empty()
            || says("etag") != Some(&facts.validator)
            || says("source_header_sha256") != Some(&facts.header_sha256)
        {
            return Self::default();
        }
        let mut digests = BTreeMap::new();
        for (name, entry) in &file.contents().tensors {
            let is_there = header
                .tensors
                .get(name)
                .is_some_and(|there| there.number == entry.number && there.shape == entry.shape);
            if is_there
                && let (Ok(true), Some(digest)) =
                    (file.check_digest(name), file.recorded_sha256(name))
            {
                digests.insert(name.clone(), digest.to_ascii_lowercase());
            }
        }
        Self {
            file: Some(file),
            digests,
        }
    }
}
