//! The SHA-256 of a file, computed on a thread of its own while a run goes on.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

use crate::preset::plain_file;

/// Longer files are not hashed: pictures and trained weights have less than half of it.
const MOST_BYTES: u64 = 4 << 30;

/// A file that was opened before the run, so that what is hashed is what was there then, whatever
/// happens to its name meanwhile.
#[derive(Debug)]
pub struct FileDigest {
    path: PathBuf,
    hashing: Mutex<Hashing>,
}

#[derive(Debug)]
enum Hashing {
    Running(JoinHandle<io::Result<String>>),
    Done(Option<String>),
}

impl FileDigest {
    /// Begins to hash the plain file `path`.
    ///
    /// # Errors
    /// The file system's, and where it is no plain file, or longer than any that a run is made of: whoever waits for
    /// the digest would wait for hours.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let file = plain_file::open(path)?;
        if file.metadata()?.len() > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let hashing = std::thread::Builder::new()
            .name("digest".to_owned())
            .spawn(move || sha256(file))?;
        Ok(Self {
            path: path.to_owned(),
            hashing: Mutex::new(Hashing::Running(hashing)),
        })
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The digest in hexadecimal; `None` where the file could not be read to its end. Waits for the thread.
    pub fn get(&self) -> Option<String> {
        let mut hashing = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = match std::mem::replace(&mut *hashing, Hashing::Done(None)) {
            Hashing::Running(thread) => thread.join().ok().and_then(Result::ok),
            Hashing::Done(digest) => digest,
        };
        *hashing = Hashing::Done(digest.clone());
        digest
    }
}

/// The digests of files that several runs begin with at once: each file is read by one thread only.
#[derive(Debug, Default)]
pub struct Digests {
    begun: Mutex<HashMap<PathBuf, Arc<FileDigest>>>,
}

impl Digests {
    /// The digest of `path`, begun where it has not been.
    ///
    /// # Errors
    /// As [`FileDigest::begin`].
    pub fn begin(&self, path: &Path) -> io::Result<Arc<FileDigest>> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = begun.get(path) {
            return Ok(Arc::clone(digest));
        }
        let digest = Arc::new(FileDigest::begin(path)?);
        begun.insert(path.to_owned(), Arc::clone(&digest));
        Ok(digest)
    }
}

fn sha256(mut file: File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hasher.update(bytes);
    }
    Ok(digits_of(hasher))
}

/// What was hashed, in hexadecimal digits.
pub(in crate::record) fn digits_of(hasher: Sha256) -> String {
    let digits: Vec<String> = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    digits.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_was_there_is_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let digest = FileDigest::begin(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.get().as_deref(), Some(expected));
    }

    #[test]
    fn a_file_is_hashed_once_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&one, "abc").unwrap();
        std::fs::write(&other, "abd").unwrap();
        let digests = Digests::default();
        let first = digests.begin(&one).unwrap();
        assert!(Arc::ptr_eq(&first, &digests.begin(&one).unwrap()));
        assert_ne!(first.get(), digests.begin(&other).unwrap().get());
        assert!(digests.begin(folder.path()).is_err());
    }

    #[test]
    fn a_folder_and_an_endless_file_have_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(FileDigest::begin(folder.path()).is_err());
        let endless = folder.path().join("endless");
        let made = File::create(&endless).unwrap().set_len(MOST_BYTES + 1);
        if made.is_ok() {
            assert!(FileDigest::begin(&endless).is_err());
        }
    }
}
