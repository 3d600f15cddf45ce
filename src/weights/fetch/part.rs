//! What has arrived so far: a file that only ever grows, so that its length says how far it is.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::weights::cache::CacheError;

/// A part in the cache, open at its end.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Part {
    /// Opens the part at `path`, or makes it. One that does not begin with `beginning` is emptied.
    pub(super) fn open(path: PathBuf, beginning: &[u8]) -> Result<Self, CacheError> {
        let failed = |error| CacheError::new("write", &path, error);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let mut found = vec![0; beginning.len()];
        let bytes = if file.read_exact(&mut found).is_ok() && found == beginning {
            file.seek(SeekFrom::End(0)).map_err(failed)?
        } else {
            file.set_len(0).map_err(failed)?;
            file.rewind().map_err(failed)?;
            0
        };
        Ok(Self { path, file, bytes })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// How long it is, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds to its end. A part that fills the disk is removed, so that the disk is not full any more.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.bytes += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                let error = CacheError::new("write", &self.path, error);
                if error.is_full() {
                    let _ = std::fs::remove_file(&self.path);
                }
                Err(error)
            }
        }
    }

    /// Writes over its beginning.
    pub(super) fn overwrite_beginning(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        self.file
            .write_all_at(bytes, 0)
            .map_err(|error| CacheError::new("write", &self.path, error))
    }

    /// Cuts it to `bytes` bytes.
    pub(super) fn cut(&mut self, bytes: u64) -> Result<(), CacheError> {
        let failed = |error| CacheError::new("write", &self.path, error);
        self.file.set_len(bytes).map_err(failed)?;
        self.file.seek(SeekFrom::End(0)).map_err(failed)?;
        self.bytes = bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_at_its_end_or_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        let mut part = Part::open(path.clone(), b"head").unwrap();
        part.append(b"head").unwrap();
        part.append(b"12").unwrap();
        drop(part);
        let mut part = Part::open(path.clone(), b"head").unwrap();
        assert_eq!(part.bytes(), 6);
        part.append(b"3").unwrap();
        part.overwrite_beginning(b"HEAD").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"HEAD123");
        part.cut(5).unwrap();
        part.append(b"!").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"HEAD1!");
        assert_eq!(Part::open(path, b"head").unwrap().bytes(), 0);
    }
}
