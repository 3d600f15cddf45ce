//! The bytes of a file that somebody else may have put there: only a plain file is read, and only one of a sane length.
//!
//! Any thread. It may wait for a slow disk, but never for a pipe or a device.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// All bytes of the plain file at `path`, links followed, where they are at most `most_bytes`.
///
/// # Errors
/// The file system's; [`ErrorKind::InvalidInput`] for what is no file, [`ErrorKind::FileTooLarge`] for what is too
/// long.
pub fn read(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most_bytes {
        return Err(too_large(most_bytes));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX))?;
    // The length is not to be relied on: the file may grow, or be one of /proc.
    file.take(most_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most_bytes {
        return Err(too_large(most_bytes));
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// Also [`ErrorKind::InvalidData`] for what is not UTF-8.
pub fn read_text(path: &Path, most_bytes: u64) -> io::Result<String> {
    String::from_utf8(read(path, most_bytes)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not a text file (UTF-8)"))
}

/// Opens the plain file at `path` for reading.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path) -> io::Result<File> {
    // Asked before it is opened: opening a pipe that nobody writes to waits for ever.
    refuse_irregular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    refuse_irregular(&file.metadata()?)?;
    Ok(file)
}

fn refuse_irregular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let (kind, what) = if metadata.is_dir() {
        (ErrorKind::IsADirectory, "it is a folder, not a file")
    } else {
        (
            ErrorKind::InvalidInput,
            "it is not a plain file but a pipe, a socket or a device",
        )
    };
    Err(io::Error::new(kind, what))
}

fn too_large(most_bytes: u64) -> io::Error {
    let most = if most_bytes < 1 << 20 {
        format!("{} KiB", most_bytes >> 10)
    } else {
        format!("{} MiB", most_bytes >> 20)
    };
    let reason = format!("it is longer than the {most} that such a file may have");
    io::Error::new(ErrorKind::FileTooLarge, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "abc").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"abc");
        assert_eq!(read_text(&path, 3).unwrap(), "abc");
        assert_eq!(read(&path, 2).unwrap_err().kind(), ErrorKind::FileTooLarge);
        fs::write(&path, b"\xff").unwrap();
        let error = read_text(&path, 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let missing = read(&folder.path().join("none"), 3).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let error = read(folder.path(), 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IsADirectory);
    }

    #[test]
    fn a_sparse_file_of_a_terabyte_is_refused_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = File::create(&path).unwrap();
        if file.set_len(1 << 40).is_err() {
            // A file system that knows no such files.
            file.set_len(1 << 30).unwrap();
        }
        let error = read(&path, 1 << 20).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("1 MiB"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_refused_without_waiting() {
        let error = read(Path::new("/dev/zero"), 10).unwrap_err();
        assert!(error.to_string().contains("not a plain file"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|status| status.success()) {
            let error = read(&pipe, 10).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_without_a_length_are_read_too() {
        let status = read_text(Path::new("/proc/self/status"), 1 << 20).unwrap();
        assert!(status.contains("Name:"), "{status}");
    }
}
