//! The program's own folder of weights: what its files are called, and how they come to be and go.
//!
//! - `vgg19.safetensors`: the tensors that were fetched one by one, with where they came from and a
//!   digest of each in its metadata
//! - `vgg19.pth`, `vgg19.pth.json`: a whole file as published, and the same facts about it
//! - `vgg19.….part`: what is on its way; taken up again the next time
//! - `vgg19.lock`: held while one of the others changes
//!
//! A file under one of the first names is always whole: it is written as a part and then renamed.
//! Blocks on the file system; any thread, and any number of processes.

mod digest;
mod error;
mod layout;
mod lock;
mod record;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use error::CacheError;

pub(super) use digest::{hexadecimal, sha256_of};
pub(super) use layout::{Facts, Layout, Slot};
pub(super) use lock::Lock;
pub(super) use record::Record;

/// The program's own folder of weights.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The weights in the program's cache folder `cache`, which need not exist.
    pub(super) fn in_folder(cache: &Path) -> Self {
        Self {
            folder: cache.join("weights"),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the tensors of `name` lie that were fetched one by one.
    pub(super) fn tensors_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.safetensors"))
    }

    /// Where the whole published file of `name` lies.
    pub(super) fn checkpoint_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.pth"))
    }

    /// Where a part lies; `key` differs with everything that decides what is in it.
    pub(super) fn part_path(&self, name: &str, key: &str) -> PathBuf {
        self.folder.join(format!("{name}.{key}.part"))
    }

    /// Makes the folder where it is missing.
    pub(super) fn create(&self) -> Result<(), CacheError> {
        fs::create_dir_all(&self.folder)
            .map_err(|error| CacheError::new("make the folder", &self.folder, error))
    }

    /// An error where fewer than `bytes` are free in the folder.
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), CacheError> {
        // A file system that does not say how much is free says so when it is full.
        let Ok(system) = rustix::fs::statvfs(&self.folder) else {
            return Ok(());
        };
        let free_bytes = system.f_bavail.saturating_mul(system.f_frsize);
        if free_bytes >= bytes {
            return Ok(());
        }
        let words = format!(
            "{} MB are needed, {} MB are free",
            bytes.div_ceil(1_000_000),
            free_bytes / 1_000_000
        );
        Err(CacheError::new(
            "write to",
            &self.folder,
            std::io::Error::new(ErrorKind::StorageFull, words),
        ))
    }

    /// Gives a finished part, whose bytes are `file`, its name, so that it survives whatever happens next.
    pub(super) fn finish(
        &self,
        part: &Path,
        file: &File,
        finished: &Path,
    ) -> Result<(), CacheError> {
        file.sync_all()
            .map_err(|error| CacheError::new("write", part, error))?;
        fs::rename(part, finished).map_err(|error| CacheError::new("write", finished, error))?;
        // Not every file system lets a folder be synchronised; then the rename comes when it comes.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// Removes a finished file, and what is recorded of it.
    pub(super) fn discard_whole(finished: &Path) -> Result<(), CacheError> {
        discard(finished)?;
        Record::discard(finished)
    }

    /// The parts of `name`.
    pub(super) fn parts(&self, name: &str) -> Vec<PathBuf> {
        self.files_of(name)
            .into_iter()
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "part")
            })
            .collect()
    }

    /// Everything of `name` but the lock.
    pub(super) fn files_of(&self, name: &str) -> Vec<PathBuf> {
        let begins = format!("{name}.");
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                path.file_name()
                    .and_then(|file| file.to_str())
                    .and_then(|file| file.strip_prefix(&begins))
                    .is_some_and(|rest| rest != "lock")
            })
            .collect();
        files.sort();
        files
    }

    /// How long all files in the folder are together.
    pub(super) fn size_bytes(&self) -> u64 {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return 0;
        };
        entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.metadata().ok())
            .filter(fs::Metadata::is_file)
            .map(|attributes| attributes.len())
            .sum()
    }
}

/// Removes a file of the cache; that it is not there is no error.
pub(super) fn discard(path: &Path) -> Result<(), CacheError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(CacheError::new("remove", path, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_alike_are_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path());
        cache.create().unwrap();
        for file in [
            "vgg19.safetensors",
            "vgg19.1.part",
            "vgg19.lock",
            "vgg19-caffe.pth",
        ] {
            fs::write(cache.folder().join(file), "12").unwrap();
        }
        assert_eq!(
            cache.files_of("vgg19"),
            [
                cache.folder().join("vgg19.1.part"),
                cache.tensors_path("vgg19")
            ]
        );
        assert_eq!(cache.parts("vgg19"), [cache.folder().join("vgg19.1.part")]);
        assert_eq!(cache.size_bytes(), 8);
    }

    #[test]
    fn too_little_room_is_noticed_before_anything_is_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path());
        cache.create().unwrap();
        cache.check_room(1).unwrap();
        let error = cache.check_room(u64::MAX).unwrap_err();
        assert!(error.is_full());
        assert!(error.to_string().contains("STYLESCOPE_CACHE"), "{error}");
    }
}
