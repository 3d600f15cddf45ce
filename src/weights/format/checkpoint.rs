//! Turns what the pickle of a checkpoint describes into the contents of a file. Pure, any thread.

use std::collections::BTreeMap;
use std::ops::Range;

use indexmap::IndexMap;

use super::pickle::{Id, Objects, Pickle, TensorView, Value};
use super::{Contents, Entry, Format, FormatError, shown};

/// The longest tensor name that is taken, in bytes.
const LONGEST_NAME_BYTES: usize = 1024;

/// The tensors of the state dictionary that a pickle is, or has under the key `state_dict`.
///
/// `places` are the bytes of its storages in the file, in the order of [`Pickle::storages`]; `None` where
/// the file has none, or not all of them. `file_bytes` is the length of the file.
pub(super) fn contents(
    format: Format,
    pickle: &Pickle<'_>,
    places: &[Option<Range<usize>>],
    file_bytes: usize,
) -> Result<Contents, FormatError> {
    let objects = &pickle.objects;
    let mut tensors = IndexMap::new();
    for (key, value) in state(objects, pickle.root)? {
        let (Some(name), Some(tensor)) = (objects.text(*key), objects.tensor(*value)) else {
            continue;
        };
        let name = str::from_utf8(name)
            .ok()
            .filter(|name| name.len() <= LONGEST_NAME_BYTES)
            .ok_or_else(|| FormatError::Damaged("a tensor's name is no text".to_owned()))?;
        let place = places.get(tensor.storage.storage).cloned().flatten();
        let entry = place
            .and_then(|place| entry(tensor, &place, file_bytes))
            .ok_or_else(|| {
                FormatError::Damaged(format!(
                    "the elements of the tensor {} do not lie within its storage",
                    shown(name)
                ))
            })?;
        tensors.insert(name.to_owned(), entry);
    }
    Ok(Contents {
        format,
        tensors,
        metadata: BTreeMap::new(),
    })
}

/// The entries of the state dictionary.
fn state<'pickle>(
    objects: &'pickle Objects<'_>,
    root: Id,
) -> Result<&'pickle [(Id, Id)], FormatError> {
    let Value::Dict(entries) = objects.get(root) else {
        return Err(FormatError::Unsupported(
            "it holds something else than a dictionary of tensors".to_owned(),
        ));
    };
    let inner = entries
        .iter()
        .rev()
        .find(|(key, _)| objects.text(*key) == Some(b"state_dict"))
        .map(|(_, value)| objects.get(*value));
    Ok(match inner {
        Some(Value::Dict(inner)) => inner,
        _ => entries,
    })
}

fn entry(tensor: &TensorView, storage: &Range<usize>, file_bytes: usize) -> Option<Entry> {
    let element_bytes = usize::try_from(tensor.element.bytes).ok()?;
    let place = |offset_bytes: u64| {
        storage
            .start
            .checked_add(usize::try_from(offset_bytes).ok()?)
    };
    let begin = tensor
        .offset
        .checked_mul(tensor.element.bytes)?
        .checked_add(tensor.storage.begin)?;
    let within = place(begin)?..place(tensor.storage.end)?;
    let strides_bytes = tensor
        .strides
        .iter()
        .map(|stride| stride.checked_mul(element_bytes))
        .collect::<Option<Vec<usize>>>()?;
    Entry::strided(
        tensor.element.number(),
        tensor.shape.clone(),
        strides_bytes,
        element_bytes,
        &within,
        file_bytes,
    )
}
