//! The temporary file beside an output and its move into place. Any thread.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Existing, WriteError};

/// Creates an empty file in the folder of `path`; it is removed when dropped.
///
/// It gets the permissions of any new file (0666 less the umask), not the private ones of a temporary
/// file, since it becomes the output.
pub(in crate::pixels) fn temporary_beside(path: &Path) -> Result<NamedTempFile, WriteError> {
    let target = resolved(path);
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stylescope-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder)
        .map_err(|error| explained(path, folder, error))
}

/// Flushes the file to the disk and renames it to `path`; returns its length in bytes.
pub(super) fn move_into_place(
    temporary: NamedTempFile,
    path: &Path,
    existing: Existing,
) -> Result<u64, WriteError> {
    let failed = |source| WriteError::FileSystem {
        path: path.into(),
        source,
    };
    temporary.as_file().sync_all().map_err(failed)?;
    let target = resolved(path);
    let file = match existing {
        Existing::Replace => temporary.persist(&target),
        Existing::Keep => temporary.persist_noclobber(&target),
    }
    .map_err(|persist| match persist.error.kind() {
        io::ErrorKind::AlreadyExists => WriteError::Exists { path: path.into() },
        _ => failed(persist.error),
    })?;
    // The rename itself is on the disk once its folder is. Not every file system can do this, and the
    // picture is complete either way.
    if let Some(folder) = target.parent() {
        let _: io::Result<()> = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(file.metadata().map_err(failed)?.len())
}

/// Where a symbolic link leads, so that the file behind it is replaced and not the link.
fn resolved(path: &Path) -> PathBuf {
    if !path.is_symlink() {
        return path.into();
    }
    fs::canonicalize(path).unwrap_or_else(|_| match (fs::read_link(path), path.parent()) {
        // Nothing is there yet; one link is followed, so that what is made is what it points to.
        (Ok(target), Some(folder)) => folder.join(target),
        _ => path.into(),
    })
}

/// Turns the failure to create a file in `folder` into what is wrong with the folder.
fn explained(path: &Path, folder: &Path, error: io::Error) -> WriteError {
    let (path, folder_path) = (path.to_path_buf(), folder.to_path_buf());
    if folder.is_dir() {
        return WriteError::FolderNotWritable {
            folder: folder_path,
            source: without_temporary_name(error),
        };
    }
    match error.kind() {
        io::ErrorKind::NotFound => WriteError::FolderMissing {
            path,
            folder: folder_path,
        },
        io::ErrorKind::NotADirectory => WriteError::NotAFolder {
            path,
            folder: folder_path,
        },
        _ => WriteError::FolderNotWritable {
            folder: folder_path,
            source: without_temporary_name(error),
        },
    }
}

/// `tempfile` wraps its errors to add the name of the temporary file, which means nothing to a person.
fn without_temporary_name(error: io::Error) -> io::Error {
    if error.get_ref().is_some() {
        error.kind().into()
    } else {
        error
    }
}
