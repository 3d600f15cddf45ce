//! From a remote safetensors file into the cache's own: only the needed tensors, and those that the cache
//! has of the same file already are kept.

use super::download::Download;
use super::part::Part;
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

/// What a part needs in the folder beyond its own length, in bytes: other files grow too.
const ROOM_BYTES: u64 = 1 << 20;

/// A needed tensor that is not here, and where it lies in the remote file.
struct Missing<'a> {
    name: &'a str,
    entry: &'a HeaderEntry,
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
    let facts = Facts {
        source: remote.source.clone(),
        validator: remote.validator.clone().unwrap_or_default(),
        header_sha256: header.sha256.clone(),
        licence: order.published.licence.to_owned(),
    };
    let kept = Kept::of(order, &facts);
    let missing = missing(order, header, &kept)?;
    let slots = kept
        .slots
        .iter()
        .cloned()
        .chain(missing.iter().map(|tensor| Slot {
            name: tensor.name.to_owned(),
            number: tensor.entry.number.clone(),
            shape: tensor.entry.shape.clone(),
            bytes: tensor.entry.end - tensor.entry.begin,
        }));
    let layout = Layout::new(facts, slots.collect());
    let mut part = begin(order, remote, &layout, &kept)?;

    let stretches: Vec<Stretch> = missing
        .iter()
        .map(|tensor| Stretch {
            begin: header.data_start + tensor.entry.begin,
            end: header.data_start + tensor.entry.end,
        })
        .filter(|stretch| stretch.begin < stretch.end)
        .collect();
    let beginning_bytes = layout.open_header().len() as u64 + kept.bytes();
    let wanted = Wanted::new(stretches, part.bytes() - beginning_bytes);
    order
        .cache
        .check_room(wanted.total_bytes() - wanted.done_bytes() + ROOM_BYTES)?;
    Download {
        client,
        remote,
        wanted,
        part: &mut part,
    }
    .run(name, &mut Retry::new(order.environment.patience), reporter)?;

    reporter.say(Progress::Checking)?;
    if !close(&mut part, &layout, &kept, reporter)? {
        discard(part.path())?;
        return Err(TransferError::Changed.into());
    }
    order
        .cache
        .finish(part.path(), part.file(), &order.cache.tensors_path(name))?;
    Ok(())
}

/// The needed tensors that are not kept, in the order of the remote file.
fn missing<'a>(
    order: &Order<'a>,
    header: &'a Header,
    kept: &Kept,
) -> Result<Vec<Missing<'a>>, TransferError> {
    let mut missing = Vec::new();
    for needed in order.needed {
        let name = needed.name.as_str();
        let network = order.published.name;
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
        if !kept.slots.iter().any(|slot| slot.name == name) {
            missing.push(Missing { name, entry });
        }
    }
    missing.sort_by_key(|tensor| tensor.entry.begin);
    missing.dedup_by_key(|tensor| tensor.name);
    Ok(missing)
}

/// Opens the part of `layout`, with the header and the kept tensors in it.
fn begin(
    order: &Order<'_>,
    remote: &Remote,
    layout: &Layout,
    kept: &Kept,
) -> Result<Part, CacheError> {
    let path = order
        .cache
        .part_path(order.published.name, &order.part_key(&layout.key()));
    if remote.validator.is_none() {
        // Nothing says whether the file there is still the one that the part is of.
        discard(&path)?;
    }
    let header = layout.open_header();
    let mut part = Part::open(path, &header)?;
    let beginning_bytes = header.len() as u64 + kept.bytes();
    let all_bytes = header.len() as u64 + layout.places().map(|(slot, _)| slot.bytes).sum::<u64>();
    if !(beginning_bytes..=all_bytes).contains(&part.bytes()) {
        part.cut(0)?;
        part.append(&header)?;
        kept.write(&mut part)?;
    }
    Ok(part)
}

/// Writes digests and day into the header. False where a kept tensor is not what it was.
fn close(
    part: &mut Part,
    layout: &Layout,
    kept: &Kept,
    reporter: &mut Reporter<'_>,
) -> Result<bool, Failed> {
    let header_bytes = layout.open_header().len() as u64;
    let mut digests = Vec::new();
    for (slot, begin) in layout.places() {
        let digest = sha256_of(part.file(), header_bytes + begin, slot.bytes, &mut || {
            reporter.again()
        })
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::Interrupted => Failed::Transfer(TransferError::Stopped),
            _ => CacheError::new("read", part.path(), error).into(),
        })?;
        digests.push(digest);
    }
    if !digests.starts_with(&kept.digests) {
        return Ok(false);
    }
    part.overwrite_beginning(&layout.closed_header(&digests))?;
    Ok(true)
}

/// The sound tensors that the cache has of the same remote file.
struct Kept {
    file: Option<WeightsFile>,
    slots: Vec<Slot>,
    digests: Vec<String>,
}

impl Kept {
    /// None of them where the server does not say when its file changes.
    fn of(order: &Order<'_>, facts: &Facts) -> Self {
        let mut kept = Self {
            file: None,
            slots: Vec::new(),
            digests: Vec::new(),
        };
        let path = order.cache.tensors_path(order.published.name);
        let Some(file) = WeightsFile::open(&path).ok() else {
            return kept;
        };
        let says = |key: &str| file.contents().metadata.get(key).map(String::as_str);
        if facts.validator.is_empty()
            || says("etag") != Some(&facts.validator)
            || says("source_header_sha256") != Some(&facts.header_sha256)
        {
            return kept;
        }
        for (name, entry) in &file.contents().tensors {
            let (Ok(true), Some(Ok(bytes)), Some(digest)) = (
                file.check_digest(name),
                file.bytes(name),
                file.recorded_sha256(name),
            ) else {
                continue;
            };
            kept.slots.push(Slot {
                name: name.clone(),
                number: entry.number.clone(),
                shape: entry.shape.clone(),
                bytes: bytes.len() as u64,
            });
            kept.digests.push(digest.to_owned());
        }
        kept.file = Some(file);
        kept
    }

    fn bytes(&self) -> u64 {
        self.slots.iter().map(|slot| slot.bytes).sum()
    }

    fn write(&self, part: &mut Part) -> Result<(), CacheError> {
        for slot in &self.slots {
            // It was read a moment ago; were it gone now, its digest would tell.
            if let Some(Ok(bytes)) = self.file.as_ref().and_then(|file| file.bytes(&slot.name)) {
                part.append(&bytes)?;
            }
        }
        Ok(())
    }
}
