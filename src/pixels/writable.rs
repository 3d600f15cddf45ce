//! Whether a picture can be written to a path, asked before hours of work go into it.
//! Any thread; it creates and removes one empty file.

use std::fs;
use std::io;
use std::path::Path;

use crate::pixels::encode::{Existing, OutputFormat, WriteError, place};

/// Tries everything that [`crate::pixels::write`] will need but the picture itself.
///
/// A temporary file is really created in the folder, since permission bits say little for root, in
/// containers and on network file systems. It is removed again; a file at `path` is not touched.
///
/// # Errors
///
/// [`WriteError`]: the path is a folder or a device, its extension is unknown, a file is there and
/// `existing` is [`Existing::Keep`], the folder is missing or cannot be written to.
pub fn check_writable(path: &Path, existing: Existing) -> Result<(), WriteError> {
    refuse_occupied(path, existing)?;
    OutputFormat::of(path)?;
    place::temporary_beside(path).map(drop)
}

/// Refuses what stands at `path` already, where it cannot or may not be replaced.
pub(super) fn refuse_occupied(path: &Path, existing: Existing) -> Result<(), WriteError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(WriteError::IsFolder { path: path.into() }),
        Ok(found) if !found.is_file() => Err(WriteError::NotRegular { path: path.into() }),
        Ok(_) if existing == Existing::Keep => Err(WriteError::Exists { path: path.into() }),
        // What is wrong with the folder is found, and told better, when a file is created in it.
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::PermissionDenied
            ) =>
        {
            Err(WriteError::FileSystem {
                path: path.into(),
                source: error,
            })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &Path) -> String {
        check_writable(path, Existing::Replace)
            .expect_err("an error")
            .to_string()
    }

    #[test]
    fn a_good_path_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        check_writable(&folder.path().join("out.png"), Existing::Keep).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_there_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.JPG");
        fs::write(&path, b"precious").unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        check_writable(&path, Existing::Replace).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        let refused = check_writable(&path, Existing::Keep)
            .expect_err("an error")
            .to_string();
        assert!(refused.contains("there is a file already"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn each_obstacle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let name = |name: &str| folder.path().join(name);
        fs::write(name("file"), b"").unwrap();
        assert!(message(folder.path()).contains("is a folder"));
        assert!(message(&name("no/out.png")).contains("does not exist"));
        assert!(message(&name("file/out.png")).contains("is not a folder"));
        assert!(message(&name("out.heic")).contains("\"heic\""));
        assert!(message(&name("out")).contains("has no extension"));
        assert!(message(Path::new("")).contains("has no extension"));
        assert!(message(&name(&format!("{}.png", "x".repeat(400)))).contains("cannot be written"));
    }

    /// Sealed file systems refuse root too, which permission bits do not.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_takes_no_files_is_named() {
        let refused = message(Path::new("/proc/self/out.png"));
        assert!(refused.contains("cannot be written to"), "{refused}");
        assert!(!refused.contains(".stylescope-"), "{refused}");
    }
}
