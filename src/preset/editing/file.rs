//! Preset files as they are written: whole or not at all.
//!
//! Blocks on the file system; any thread.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::EditError;
use crate::preset::{LARGEST_FILE, plain_file};

/// The text of a file, to its last byte as it stands.
pub(super) fn read(path: &Path) -> Result<String, EditError> {
    let bytes = plain_file::read(path, LARGEST_FILE).map_err(|error| EditError::Read {
        path: path.to_owned(),
        error,
    })?;
    String::from_utf8(bytes).map_err(|_| EditError::NotText {
        path: path.to_owned(),
    })
}

/// Puts `text` in the place of the file `path`, which is no link, unless it says something else than
/// `known` by now; false then.
pub(super) fn replace(path: &Path, known: &str, text: &str) -> Result<bool, EditError> {
    let failed = |error| EditError::Write {
        path: path.to_owned(),
        error,
    };
    // A file that may not be written could still be replaced; that would not be what its owner means.
    let old = OpenOptions::new().write(true).open(path).map_err(failed)?;
    let metadata = old.metadata().map_err(failed)?;
    let folder = folder_of(path);
    let new = written(folder, text, Access::Private).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only root may give files away; whoever may not keeps what they have made.
        let _ = fchown(new.as_file(), Some(metadata.uid()), Some(metadata.gid()));
    }
    new.as_file()
        .set_permissions(metadata.permissions())
        .map_err(failed)?;
    if read(path)? != known {
        return Ok(false);
    }
    new.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder);
    Ok(true)
}

/// Makes the file `path`; never puts it in the place of another.
pub(super) fn create(path: &Path, text: &str) -> Result<(), EditError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => EditError::Exists {
            path: path.to_owned(),
        },
        _ => EditError::Write {
            path: path.to_owned(),
            error,
        },
    };
    let folder = folder_of(path);
    let new = written(folder, text, Access::Usual).map_err(failed)?;
    new.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    sync_folder(folder);
    Ok(())
}

/// The first of `folders` that takes new files; the working directory's `presets` is made where there is none.
pub(super) fn folder_for_new(folders: &[PathBuf]) -> Result<PathBuf, EditError> {
    if let Some(folder) = folders.iter().find(|folder| takes_files(folder)) {
        return Ok(folder.clone());
    }
    let folder = PathBuf::from("presets");
    fs::create_dir_all(&folder).map_err(|error| EditError::Write {
        path: folder.clone(),
        error,
    })?;
    Ok(folder)
}

fn takes_files(folder: &Path) -> bool {
    #[cfg(unix)]
    let is_writable = {
        use rustix::fs::{Access as Wanted, access};
        access(folder, Wanted::WRITE_OK | Wanted::EXEC_OK).is_ok()
    };
    #[cfg(not(unix))]
    let is_writable = true;
    folder.is_dir() && is_writable
}

/// The folder that a file stands in; `.` for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Who may read a file that was just made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Its owner alone, until it is given other permissions.
    Private,
    /// Whoever may read any new file.
    Usual,
}

/// A file beside the one that is meant, with its bytes on the disk. Its name does not end in `.toml`, so
/// that it never looks like a preset.
fn written(folder: &Path, text: &str, access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stylescope-").suffix(".part");
    #[cfg(unix)]
    if access == Access::Usual {
        use std::os::unix::fs::PermissionsExt;
        // The process's mask takes away from these.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = access;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes the new name last. Some file systems refuse to, and the file itself is safe already.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
