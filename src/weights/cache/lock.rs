//! Keeps two that fetch the same weights from writing the same files. Blocks the thread that waits.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use super::Cache;
use super::error::CacheError;

/// How often it is tried.
const PULSE: Duration = Duration::from_millis(100);

/// Held while files of one name change. The system gives it back when the process ends, however it does.
#[derive(Debug)]
pub(in crate::weights) struct Lock {
    /// `None` where the file system knows no locks.
    file: Option<File>,
}

impl Lock {
    /// Waits until nobody else holds the lock of `name`; `pulse` is asked every tenth of a second, and
    /// `None` is the answer when it says to stop.
    pub(in crate::weights) fn take(
        cache: &Cache,
        name: &str,
        pulse: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Self>, CacheError> {
        let path = cache.folder().join(format!("{name}.lock"));
        let failed = |error| CacheError::new("lock", &path, error);
        let file = open(&path).map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { file: Some(file) })),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return Ok(Some(Self { file: None })),
            }
            if pulse().is_break() {
                return Ok(None);
            }
            std::thread::sleep(PULSE);
        }
    }

    /// False where somebody else may be at work at the same time, because there are no locks.
    pub(in crate::weights) fn is_exclusive(&self) -> bool {
        self.file.is_some()
    }
}

/// Opens the file that is locked, or makes it. It is never removed: who waits for a file that is gone would
/// wait beside the others.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        // Of a folder that users share, another one may have made it: to lock it, reading is enough.
        .or_else(|error| File::open(path).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_can_be_locked() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path());
        // A folder cannot be opened for writing, whoever runs the tests; a file by another user than root.
        std::fs::create_dir_all(cache.folder().join("vgg19.lock")).unwrap();
        let take = || Lock::take(&cache, "vgg19", &mut || ControlFlow::Break(())).unwrap();
        let lock = take().unwrap();
        assert!(lock.is_exclusive());
        assert!(take().is_none());
        drop(lock);
        assert!(take().is_some());
    }
}
