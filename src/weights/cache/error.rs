//! What the file system refuses, and what can be done about it. Plain values, any thread.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The cache cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {path:?}: {source}\n  {}", self.advice())]
pub struct CacheError {
    doing: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

impl CacheError {
    /// `doing` as after "cannot".
    pub(in crate::weights) fn new(
        doing: &'static str,
        path: &Path,
        source: std::io::Error,
    ) -> Self {
        Self {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    /// True where there is no room for what is to be written.
    pub(in crate::weights) fn is_full(&self) -> bool {
        matches!(
            self.source.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
        )
    }

    fn advice(&self) -> &'static str {
        match self.source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "make room there, or name a folder with more room by STYLESCOPE_CACHE"
            }
            ErrorKind::FileTooLarge => {
                "files may not be as large there: raise the limit (ulimit -f), or name another folder by \
                 STYLESCOPE_CACHE"
            }
            _ => "name a folder that can be written by STYLESCOPE_CACHE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_one_that_cannot_be_written() {
        let of = |code| {
            CacheError::new(
                "write",
                Path::new("/cache/\u{1b}"),
                std::io::Error::from_raw_os_error(code),
            )
        };
        let full = of(rustix::io::Errno::NOSPC.raw_os_error());
        assert!(full.is_full());
        assert!(full.to_string().contains("make room"), "{full}");
        assert!(!full.to_string().contains('\u{1b}'), "{full}");
        assert!(of(rustix::io::Errno::DQUOT.raw_os_error()).is_full());
        let read_only = of(rustix::io::Errno::ROFS.raw_os_error());
        assert!(!read_only.is_full());
        assert!(read_only.to_string().contains("can be written"));
    }
}
