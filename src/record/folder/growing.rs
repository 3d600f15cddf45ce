//! A file that grows by whole pieces, lines or records, or not at all. Whoever records runs it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file, open at its end while all goes well.
#[derive(Debug)]
pub(super) struct GrowingFile {
    path: PathBuf,
    file: Option<File>,
    written_bytes: u64,
}

impl GrowingFile {
    /// The file at `path`, which holds so many bytes of whole pieces.
    pub(super) fn new(path: PathBuf, written_bytes: u64) -> Self {
        Self {
            path,
            file: None,
            written_bytes,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written_bytes == 0
    }

    /// Puts whole pieces at the end.
    pub(super) fn append(&mut self, pieces: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            file => file.insert(
                OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(&self.path)?,
            ),
        };
        if let Err(error) = file.write_all(pieces) {
            // Half a piece must not be followed by a whole one.
            let _ = file.set_len(self.written_bytes);
            self.file = None;
            return Err(error);
        }
        self.written_bytes += pieces.len() as u64;
        Ok(())
    }

    /// Has the disk take everything.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }
}
