//! The bytes of a picture file, with everything refused that is not a plain file of a sane length.
//!
//! Any thread. It may wait for a slow disk, but never for a pipe or a device.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::FILE_BYTES_LIMIT;
use super::error::ReadError;

/// All bytes of the regular file at `path`; never empty.
///
/// # Errors
///
/// The variants of [`ReadError`] about files, not those about their content.
pub(in crate::pixels) fn read_whole(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed = |source| ReadError::from_file_system(path, source);
    // Asked before the file is opened: opening a FIFO that nobody writes to waits for ever.
    refuse_irregular(path, &fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    refuse_irregular(path, &metadata)?;

    let mut bytes = Vec::new();
    if metadata.len() <= FILE_BYTES_LIMIT {
        bytes.reserve_exact(
            usize::try_from(metadata.len())
                .unwrap_or(0)
                .saturating_add(1),
        );
    }
    // The length in the metadata is not to be relied on: the file may grow, or be one of /proc.
    file.take(FILE_BYTES_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_LIMIT {
        let file_bytes = metadata.len().max(bytes.len() as u64);
        return Err(ReadError::FileTooLarge {
            path: path.into(),
            file_bytes,
        });
    }
    if bytes.is_empty() {
        return Err(ReadError::EmptyFile { path: path.into() });
    }
    Ok(bytes)
}

fn refuse_irregular(path: &Path, metadata: &Metadata) -> Result<(), ReadError> {
    if metadata.is_dir() {
        return Err(ReadError::IsFolder { path: path.into() });
    }
    if !metadata.is_file() {
        return Err(ReadError::NotRegular { path: path.into() });
    }
    if metadata.len() > FILE_BYTES_LIMIT {
        return Err(ReadError::FileTooLarge {
            path: path.into(),
            file_bytes: metadata.len(),
        });
    }
    Ok(())
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a `String` cannot fail.
            let _: Result<(), std::fmt::Error> = write!(digits, "{byte:02x}");
            digits
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn message(path: &Path) -> String {
        read_whole(path).expect_err("an error").to_string()
    }

    #[test]
    fn sha256_is_the_standard_one() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let name = |name: &str| folder.path().join(name);
        fs::write(name("empty.jpg"), b"").unwrap();
        assert!(message(folder.path()).contains("is a folder"));
        assert!(message(&name("none.jpg")).contains("there is no such file"));
        assert!(message(&name("no/such/folder.jpg")).contains("there is no such file"));
        assert!(message(&name("empty.jpg")).contains("is empty (0 bytes)"));
        assert!(message(&name("empty.jpg/x")).contains("cannot be read"));
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_refused_without_waiting() {
        assert!(message(Path::new("/dev/zero")).contains("is not a regular file"));
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.png");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(message(&pipe).contains("is not a regular file"));
        }
    }

    #[test]
    fn a_file_over_the_limit_is_refused_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse.tif");
        File::create(&path)
            .unwrap()
            .set_len(FILE_BYTES_LIMIT + 1)
            .unwrap();
        assert!(message(&path).contains("2.1 GB"), "{}", message(&path));
    }

    #[test]
    fn control_characters_of_a_name_do_not_reach_the_message() {
        let shown = message(Path::new("no\u{1b}]0;such\nfile.png"));
        assert!(
            !shown.contains('\u{1b}') && !shown.contains("such\nfile"),
            "{shown}"
        );
    }

    #[test]
    fn a_permission_error_says_so() {
        let denied =
            ReadError::from_file_system(Path::new("a.png"), io::ErrorKind::PermissionDenied.into());
        assert!(
            denied.to_string().contains("no permission to read"),
            "{denied}"
        );
    }
}
