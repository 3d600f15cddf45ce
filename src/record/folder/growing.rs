//! A file that grows by whole pieces, lines or records, or not at all. Whoever records runs it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::tail::identity;
use crate::preset::plain_file;

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

    /// The file at `path`, in which there may be lines; half a line at its end is taken away.
    pub(super) fn go_on(path: PathBuf) -> io::Result<Self> {
        let bytes = match plain_file::read(&path, u64::MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |end| end as u64 + 1);
        if whole < bytes.len() as u64 {
            OpenOptions::new().write(true).open(&path)?.set_len(whole)?;
        }
        Ok(Self::new(path, whole))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written_bytes == 0
    }

    /// Puts whole pieces at the end.
    pub(super) fn append(&mut self, pieces: &[u8]) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        let file = self.file.insert(file);
        if let Err(error) = file.write_all(pieces) {
            // Half a piece must not be followed by a whole one.
            let _ = file.set_len(self.written_bytes);
            self.file = None;
            return Err(error);
        }
        self.written_bytes += pieces.len() as u64;
        Ok(())
    }

    /// Opens it at the end of what was written.
    fn open(&mut self) -> io::Result<File> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        let length = file.metadata()?.len();
        if length > self.written_bytes {
            // Half a piece that could not be taken away when it was written.
            file.set_len(self.written_bytes)?;
        } else if length < self.written_bytes {
            self.written_bytes = 0;
            file.set_len(0)?;
            return Err(self.lost());
        }
        Ok(file)
    }

    /// Has the disk take everything, and looks whether what is written still stands under its name: a file that was
    /// removed takes everything without a word.
    ///
    /// # Errors
    /// The file system's; where the file is gone, once, and it is begun anew with the next piece.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        file.sync_data()?;
        let ours = file.metadata()?;
        match std::fs::metadata(&self.path) {
            Ok(there) if identity(&there) == identity(&ours) => {
                if there.len() < self.written_bytes {
                    // Somebody emptied it, or cut it.
                    *self = Self::go_on(self.path.clone())?;
                }
                Ok(())
            }
            // Somebody saved another one in its place, such as an editor.
            Ok(_) => {
                *self = Self::go_on(self.path.clone())?;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.file = None;
                self.written_bytes = 0;
                Err(self.lost())
            }
            Err(error) => Err(error),
        }
    }

    fn lost(&self) -> io::Error {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let reason = format!("{name} was removed, and what it held is lost");
        io::Error::new(io::ErrorKind::NotFound, reason)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(folder: &tempfile::TempDir) -> GrowingFile {
        GrowingFile::new(folder.path().join("a"), 0)
    }

    #[test]
    fn a_file_that_was_removed_is_noticed_and_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = file(&folder);
        file.append(b"one\n").unwrap();
        file.sync().unwrap();
        fs::remove_file(file.path()).unwrap();
        file.append(b"two\n").unwrap();
        let error = file.sync().unwrap_err();
        assert!(error.to_string().contains("a was removed"), "{error}");
        assert!(file.is_empty());
        file.append(b"three\n").unwrap();
        file.sync().unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"three\n");
    }

    #[test]
    fn another_file_in_its_place_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = file(&folder);
        file.append(b"one\ntwo\n").unwrap();
        let other = folder.path().join("b");
        fs::write(&other, "one\nTWO\nhalf").unwrap();
        fs::rename(&other, file.path()).unwrap();
        file.sync().unwrap();
        file.append(b"three\n").unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"one\nTWO\nthree\n");
        fs::write(file.path(), "").unwrap();
        file.sync().unwrap();
        assert!(file.is_empty());
        file.append(b"four\n").unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"four\n");
    }

    #[test]
    fn half_a_piece_that_was_left_is_taken_away_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one\nha").unwrap();
        let mut file = GrowingFile::new(path.clone(), 4);
        file.append(b"two\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
        let mut file = GrowingFile::new(path.clone(), 100);
        assert!(file.append(b"three\n").is_err());
        file.append(b"three\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three\n");
    }
}
