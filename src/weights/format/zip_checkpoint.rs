//! Reads what `torch.save` has written since `PyTorch` 1.6. Pure, any thread.
//!
//! A zip archive with all files in one folder: `data.pkl`, the pickle of the object; `data/<key>`, the
//! elements of a storage; `byteorder`, since `PyTorch` 2.1. Nothing in it is compressed.

use std::io::Cursor;
use std::ops::Range;

use zip::{CompressionMethod, ZipArchive};

use super::{Contents, Format, FormatError, checkpoint, pickle, shown};

/// Reads the contents of a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, FormatError> {
    let mut archive = Archive::open(bytes)?;
    if let Some(order) = archive.record(b"byteorder")?
        && bytes.get(order) != Some(b"little")
    {
        return Err(FormatError::Unsupported(
            "it was written on a big-endian machine".to_owned(),
        ));
    }
    let Some(range) = archive.record(b"data.pkl")? else {
        return Err(not_a_checkpoint());
    };
    let object = pickle::read(bytes.get(..range.end).unwrap_or_default(), range.start)?;
    let mut places = Vec::new();
    for (key, storage) in &object.storages {
        let place = archive.record(&[b"data/", *key].concat())?;
        let needed_bytes = storage.element_count.saturating_mul(storage.element.bytes);
        places.push(place.filter(|range| range.len() as u64 >= needed_bytes));
    }
    checkpoint::contents(Format::ZipCheckpoint, &object, &places, bytes.len())
}

fn not_a_checkpoint() -> FormatError {
    FormatError::Unknown("it is a zip archive, but none that torch.save wrote".to_owned())
}

/// An archive of `torch.save`'s.
struct Archive<'file> {
    zip: ZipArchive<Cursor<&'file [u8]>>,
    /// The folder that all its files lie in, with the slash at its end.
    folder: Vec<u8>,
    file_bytes: usize,
}

impl<'file> Archive<'file> {
    fn open(bytes: &'file [u8]) -> Result<Self, FormatError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            FormatError::Damaged(format!(
                "its directory cannot be read ({}): the copy is not whole",
                shown(&error.to_string())
            ))
        })?;
        let mut folders = zip.file_names_raw().filter_map(|name| {
            let folder = name.strip_suffix(b"data.pkl")?;
            let (slash, name) = folder.split_last()?;
            (*slash == b'/' && !name.contains(&b'/')).then_some(folder)
        });
        let folder = folders.next().ok_or_else(not_a_checkpoint)?.to_vec();
        if folders.next().is_some() {
            return Err(FormatError::Damaged("it holds two checkpoints".to_owned()));
        }
        drop(folders);
        let archive = Self {
            zip,
            folder,
            file_bytes: bytes.len(),
        };
        if archive.number(b"constants.pkl").is_some() {
            return Err(FormatError::Unsupported(
                "it is a TorchScript program, not a dictionary of tensors".to_owned(),
            ));
        }
        Ok(archive)
    }

    fn number(&self, name: &[u8]) -> Option<usize> {
        let path = [self.folder.as_slice(), name].concat();
        self.zip.index_for_name_raw(&path)
    }

    /// Where the bytes of a file of the archive lie; `None` where there is none of that name.
    fn record(&mut self, name: &[u8]) -> Result<Option<Range<usize>>, FormatError> {
        let Some(number) = self.number(name) else {
            return Ok(None);
        };
        let what = shown(&String::from_utf8_lossy(name));
        let file = self.zip.by_index_raw(number).map_err(|error| {
            FormatError::Damaged(format!(
                "its file {what} cannot be read ({})",
                shown(&error.to_string())
            ))
        })?;
        if file.encrypted() || file.compression() != CompressionMethod::Stored {
            return Err(FormatError::Unsupported(format!(
                "its file {what} is compressed or encrypted, which torch.save never does"
            )));
        }
        let range = file
            .data_start()
            .filter(|_| file.size() == file.compressed_size())
            .and_then(|start| Some(start..start.checked_add(file.size())?))
            .filter(|range| range.end <= self.file_bytes as u64)
            .ok_or_else(|| {
                FormatError::Damaged(format!("its file {what} does not lie within it"))
            })?;
        Ok(Some(range.start as usize..range.end as usize))
    }
}

#[cfg(test)]
mod tests;
