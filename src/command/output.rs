//! Lines on standard output that survive a reader which went away.

use std::io::{self, Write};

/// Writes `text` and a line break; a closed pipe comes back as an error, not a panic.
pub(super) fn line(text: impl std::fmt::Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}
