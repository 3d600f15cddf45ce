//! The log file: events, and what libraries print, line by line. UI thread.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A file that lines are added to. Where it takes no more, the run goes on without it.
#[derive(Debug)]
pub(super) struct Log {
    file: Option<File>,
}

impl Log {
    /// # Errors
    /// Where the file cannot be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Some(file) })
    }

    /// Adds lines; says what went wrong, once.
    pub(super) fn add(&mut self, lines: &[String]) -> Option<io::Error> {
        let file = self.file.as_mut()?;
        let mut text = lines.join("\n");
        text.push('\n');
        let error = file.write_all(text.as_bytes()).err()?;
        self.file = None;
        Some(error)
    }
}
