//! Reads what `torch.save` wrote before `PyTorch` 1.6, as torchvision's VGG and `SqueezeNet` files are. Pure,
//! any thread.
//!
//! Five pickles follow each other: a magic number, the version, the machine's properties, the object, the
//! keys of its storages. Then each storage: its number of elements in 8 bytes, and the elements.

use std::ops::Range;

use indexmap::IndexMap;

use super::pickle::{self, Pickle, Value};
use super::{Contents, Format, FormatError, checkpoint};

/// `0x1950a86a20f9469cfc6c`, lowest byte first.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const VERSION: u64 = 1001;
/// The bytes before each storage's elements: their number.
const COUNT_BYTES: usize = 8;

/// Reads the contents of a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, FormatError> {
    let magic = pickle::read(bytes, 0)?;
    if !matches!(magic.objects.get(magic.root), Value::Long(number) if *number == MAGIC) {
        return Err(FormatError::Unknown(
            "it is a pickle, but none that torch.save wrote".to_owned(),
        ));
    }
    let version = pickle::read(bytes, magic.end)?;
    if version.objects.count(version.root) != Some(VERSION) {
        return Err(FormatError::Unsupported(
            "it is of a version of PyTorch's legacy format that is not known".to_owned(),
        ));
    }
    let system = pickle::read(bytes, version.end)?;
    if !is_little_endian(&system) {
        return Err(FormatError::Unsupported(
            "it was written on a big-endian machine".to_owned(),
        ));
    }
    let object = pickle::read(bytes, system.end)?;
    let keys = pickle::read(bytes, object.end)?;
    let places = places(bytes, &object, &keys)?;
    checkpoint::contents(Format::LegacyCheckpoint, &object, &places, bytes.len())
}

fn is_little_endian(system: &Pickle<'_>) -> bool {
    let Value::Dict(entries) = system.objects.get(system.root) else {
        return false;
    };
    entries
        .iter()
        .find(|(key, _)| system.objects.text(*key) == Some(b"little_endian"))
        .is_some_and(|(_, value)| matches!(system.objects.get(*value), Value::Bool(true)))
}

/// Where the elements of each storage of `object` lie, which follow each other in the order of `keys`.
fn places(
    bytes: &[u8],
    object: &Pickle<'_>,
    keys: &Pickle<'_>,
) -> Result<Vec<Option<Range<usize>>>, FormatError> {
    let damaged = |what: &str| FormatError::Damaged(what.to_owned());
    let short = |expected: usize| FormatError::Short {
        found_bytes: bytes.len() as u64,
        promise: "its storages go on to",
        expected_bytes: expected as u64,
    };
    let mut places: IndexMap<&[u8], Range<usize>> = IndexMap::new();
    let mut position = keys.end;
    for key in keys
        .objects
        .items(keys.root)
        .ok_or_else(|| damaged("its list of storages is none"))?
    {
        let (key, storage) = keys
            .objects
            .text(*key)
            .and_then(|key| object.storages.get_key_value(key))
            .ok_or_else(|| damaged("its list of storages names one that no tensor has"))?;
        let begin = position
            .checked_add(COUNT_BYTES)
            .ok_or_else(|| damaged("its storages are too long"))?;
        let count = bytes
            .get(position..begin)
            .and_then(<[u8]>::first_chunk)
            .ok_or_else(|| short(begin))?;
        if u64::from_le_bytes(*count) != storage.element_count {
            return Err(damaged("a storage has another length than its tensors say"));
        }
        let end = storage
            .element_count
            .checked_mul(storage.element.bytes)
            .and_then(|storage_bytes| begin.checked_add(usize::try_from(storage_bytes).ok()?))
            .ok_or_else(|| damaged("its storages are too long"))?;
        if end > bytes.len() {
            return Err(short(end));
        }
        if places.insert(key, begin..end).is_some() {
            return Err(damaged("its list of storages names one twice"));
        }
        position = end;
    }
    Ok(object
        .storages
        .keys()
        .map(|key| places.get(key).cloned())
        .collect())
}

#[cfg(test)]
mod tests;
