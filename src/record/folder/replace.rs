//! A file that is written beside its place and renamed, so that nobody ever sees half of it. Any thread.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` as the file `path`, in place of what is there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".stylescope-")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Has `write` make a file, in place of what is there at `path`, which is there also after the machine has lost its power.
pub(super) fn replace_for_good(
    path: &Path,
    write: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // A folder, since whoever writes a file whole may lay out one of its own beside it.
    let beside = tempfile::Builder::new()
        .prefix(".stylescope-")
        .tempdir_in(folder)?;
    let whole = beside.path().join("whole");
    write(&whole)?;
    File::open(&whole)?.sync_data()?;
    std::fs::rename(&whole, path)?;
    // The name stands in the folder, which is a file of its own to the disk.
    File::open(folder)?.sync_all()
}
