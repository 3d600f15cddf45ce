//! The lines that come to a file which somebody else writes. Any thread.
//!
//! The file is opened anew each time: network file systems say only then what is new.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::preset::plain_file;

/// So much is read at once, and the rest with the next call.
const MOST_BYTES: u64 = 8 << 20;
/// By so many of its first bytes a file is known again.
const HEAD_BYTES: u64 = 1024;

/// A file as far as it was read.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    /// Whole lines up to here were given out.
    offset: u64,
    /// Length of the file when it was last read, half a line at its end included.
    seen_bytes: u64,
    identity: Option<(u64, u64)>,
    head: Vec<u8>,
}

/// What came.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// It is another file than before, or the first one, and these are its first lines.
    pub(super) is_anew: bool,
    /// Whole lines only.
    pub(super) lines: Vec<u8>,
    /// There is more to be read at once.
    pub(super) more: bool,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            offset: 0,
            seen_bytes: 0,
            identity: None,
            head: Vec::new(),
        }
    }

    /// The whole lines that came since the last call.
    pub(super) fn read(&mut self) -> io::Result<Piece> {
        let mut file = plain_file::open(&self.path)?;
        let metadata = file.metadata()?;
        let identity = identity(&metadata);
        let is_known = self.identity == Some(identity);
        if is_known && metadata.len() == self.seen_bytes && self.offset > 0 {
            return Ok(Piece::default());
        }
        let head = head(&mut file)?;
        let is_anew = !is_known || metadata.len() < self.offset || !head.starts_with(&self.head);
        if is_anew {
            self.offset = 0;
            self.identity = Some(identity);
        }
        self.head = head;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut lines = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut lines)?;
        let is_full = lines.len() as u64 == MOST_BYTES;
        self.seen_bytes = self.offset + lines.len() as u64;
        match lines.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => lines.truncate(end + 1),
            // A line as long as this is none of this program's.
            None if is_full => {}
            None => lines.clear(),
        }
        self.offset += lines.len() as u64;
        Ok(Piece {
            is_anew,
            lines,
            more: is_full,
        })
    }
}

fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// What tells one file from another, whatever they are called.
#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> (u64, u64) {
    // Then the first bytes alone tell.
    (0, 0)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::path::Path;

    use super::*;

    fn append(path: &Path, text: &str) {
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn only_whole_lines_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut tail = Tail::new(path.clone());
        assert!(tail.read().is_err());
        append(&path, "one\ntw");
        let first = tail.read().unwrap();
        assert!(first.is_anew);
        assert_eq!(first.lines, b"one\n");
        append(&path, "o\nthree\n");
        let second = tail.read().unwrap();
        assert!(!second.is_anew);
        assert_eq!(second.lines, b"two\nthree\n");
        assert!(tail.read().unwrap().lines.is_empty());
    }

    #[test]
    fn another_file_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut tail = Tail::new(path.clone());
        append(&path, "one\ntwo\n");
        tail.read().unwrap();
        let other = folder.path().join("b");
        append(&other, "1\n2\n3\n");
        std::fs::rename(&other, &path).unwrap();
        let piece = tail.read().unwrap();
        assert!(piece.is_anew);
        assert_eq!(piece.lines, b"1\n2\n3\n");
        // In place, and shorter.
        std::fs::write(&path, "x\n").unwrap();
        let piece = tail.read().unwrap();
        assert!(piece.is_anew);
        assert_eq!(piece.lines, b"x\n");
        // In place, longer, with another beginning.
        std::fs::write(&path, "yy\nyy\n").unwrap();
        assert!(tail.read().unwrap().is_anew);
    }

    #[test]
    fn a_large_file_comes_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let line = "0123456789abcde\n";
        append(
            &path,
            &line.repeat((MOST_BYTES as usize / line.len()) + 1000),
        );
        let mut tail = Tail::new(path);
        let first = tail.read().unwrap();
        assert!(first.more);
        let second = tail.read().unwrap();
        assert!(!second.more && !second.is_anew);
        assert_eq!(second.lines.len(), 1000 * line.len());
    }
}
