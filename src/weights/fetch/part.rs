//! What has arrived so far: a file that only ever grows, so that its length says how far it is.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::weights::cache::{CacheError, discard};

/// What a part is to become.
#[derive(Debug, Default)]
pub(super) struct Outline<'here> {
    /// Its first bytes; a part that begins otherwise is of something else.
    pub(super) beginning: Vec<u8>,
    /// What need not arrive because it is here already, each with its place in the part, in their order.
    pub(super) here: VecDeque<(u64, Cow<'here, [u8]>)>,
    /// How long it is in the end, in bytes.
    pub(super) bytes: u64,
}

/// A part in the cache, open at its end.
#[derive(Debug)]
pub(super) struct Part<'here> {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// What did not arrive, of these.
    here_bytes: u64,
    /// What is here already and has its place further on.
    here: VecDeque<(u64, Cow<'here, [u8]>)>,
}

impl<'here> Part<'here> {
    /// Opens the part at `path`, or makes it. One that cannot become what it is to be begins anew.
    pub(super) fn open(path: PathBuf, outline: Outline<'here>) -> Result<Self, CacheError> {
        let failed = |error| CacheError::new("write", &path, error);
        let mut file = open(&path)?;
        // Who looks for parts that nobody works on goes by when they have changed.
        let _ = file.set_modified(SystemTime::now());
        let mut found = vec![0; outline.beginning.len()];
        let begins = file.read_exact(&mut found).is_ok() && found == outline.beginning;
        let bytes = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut part = Self {
            path,
            file,
            bytes,
            here_bytes: outline.beginning.len() as u64,
            here: outline.here,
        };
        if begins && bytes <= outline.bytes {
            part.pass_over()?;
        } else {
            part.cut(0)?;
            part.write(&outline.beginning)?;
        }
        part.fill()?;
        Ok(part)
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

    /// How many bytes of it have arrived, now or earlier.
    pub(super) fn arrived_bytes(&self) -> u64 {
        self.bytes - self.here_bytes
    }

    /// Adds to its end, and what is here already as soon as its place is reached.
    pub(super) fn append(&mut self, mut arrived: &[u8]) -> Result<(), CacheError> {
        while !arrived.is_empty() {
            let next = self.here.front().map(|(place, _)| *place - self.bytes);
            let room = next.and_then(|bytes| usize::try_from(bytes).ok());
            let (now, later) = arrived.split_at(room.unwrap_or(usize::MAX).min(arrived.len()));
            self.write(now)?;
            self.fill()?;
            arrived = later;
        }
        Ok(())
    }

    /// Writes over its beginning.
    pub(super) fn overwrite_beginning(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        self.file
            .write_all_at(bytes, 0)
            .map_err(|error| CacheError::new("write", &self.path, error))
    }

    /// Finds out what of that which is here is in the part already; the last of it may be cut off.
    fn pass_over(&mut self) -> Result<(), CacheError> {
        while let Some((place, bytes)) = self.here.front() {
            let (place, length) = (*place, bytes.len() as u64);
            if place + length > self.bytes {
                return self.cut(self.bytes.min(place));
            }
            self.here_bytes += length;
            self.here.pop_front();
        }
        Ok(())
    }

    /// Writes that of what is here which has its place at the end of the part.
    fn fill(&mut self) -> Result<(), CacheError> {
        while self.here.front().map(|(place, _)| *place) == Some(self.bytes)
            && let Some((_, here)) = self.here.pop_front()
        {
            self.write(&here)?;
            self.here_bytes += here.len() as u64;
        }
        Ok(())
    }

    /// A part that fills the disk is removed, so that the disk is not full any more.
    fn write(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.bytes += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                let error = CacheError::new("write", &self.path, error);
                if error.is_full() {
                    let _ = discard(&self.path);
                }
                Err(error)
            }
        }
    }

    /// Cuts it to `bytes` bytes.
    fn cut(&mut self, bytes: u64) -> Result<(), CacheError> {
        let failed = |error| CacheError::new("write", &self.path, error);
        self.file.set_len(bytes).map_err(failed)?;
        self.file.seek(SeekFrom::End(0)).map_err(failed)?;
        self.bytes = bytes;
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, CacheError> {
    let open = || {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
    };
    let opened = match open() {
        // Another user's, in a folder that users share: it cannot be gone on with, but it can be replaced.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            discard(path)?;
            open()
        }
        opened => opened,
    };
    opened.map_err(|error| CacheError::new("write", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(bytes: u64) -> Outline<'static> {
        Outline {
            beginning: b"head".to_vec(),
            here: VecDeque::new(),
            bytes,
        }
    }

    #[test]
    fn it_goes_on_at_its_end_or_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        let mut part = Part::open(path.clone(), outline(9)).unwrap();
        assert_eq!((part.bytes(), part.arrived_bytes()), (4, 0));
        part.append(b"12").unwrap();
        drop(part);
        let mut part = Part::open(path.clone(), outline(9)).unwrap();
        assert_eq!((part.bytes(), part.arrived_bytes()), (6, 2));
        part.append(b"3").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"head123");
        // Longer than it can be.
        assert_eq!(Part::open(path.clone(), outline(6)).unwrap().bytes(), 4);
        part.overwrite_beginning(b"HEAD").unwrap();
        assert_eq!(Part::open(path, outline(9)).unwrap().bytes(), 4);
    }

    #[test]
    fn what_is_here_comes_to_its_place_wherever_it_was_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        let whole = b"headAB12CD345EF";
        let here = || {
            [(4, "AB"), (6, ""), (8, "CD"), (13, "EF")]
                .map(|(place, text)| (place, Cow::Borrowed(text.as_bytes())))
        };
        for cut in 0..=whole.len() {
            for piece in 1..6 {
                std::fs::write(&path, &whole[..cut]).unwrap();
                let outline = Outline {
                    here: here().into(),
                    ..outline(whole.len() as u64)
                };
                let mut part = Part::open(path.clone(), outline).unwrap();
                let arrived = part.arrived_bytes() as usize;
                for piece in b"12345"[arrived..].chunks(piece) {
                    part.append(piece).unwrap();
                }
                assert_eq!(part.arrived_bytes(), 5);
                assert_eq!(std::fs::read(&path).unwrap(), whole, "{cut} {piece}");
            }
        }
    }
}
