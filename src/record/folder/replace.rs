//! A file that is written beside its place and renamed, so that nobody ever sees half of it. Any thread.

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
