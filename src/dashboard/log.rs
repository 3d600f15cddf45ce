//! The log file: events, and what libraries print, line by line. UI thread; the main thread where there is no screen.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::StartError;
use super::event_log::clock;
use crate::preset::visible::visible;

/// A file that lines are added to. Where it takes no more, the run goes on without it.
#[derive(Debug)]
pub struct Log {
    file: Option<File>,
}

impl Log {
    /// Adds to the file that is there, or makes one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|error| StartError::Log {
            path: visible(&path.display().to_string()),
            error,
        })?;
        Ok(Self { file: Some(file) })
    }

    /// Adds lines; says what went wrong, once.
    pub fn add(&mut self, lines: &[String]) -> Option<io::Error> {
        let file = self.file.as_mut()?;
        let mut text = lines.join("\n");
        text.push('\n');
        let error = file.write_all(text.as_bytes()).err()?;
        self.file = None;
        Some(error)
    }
}

/// `0:07 step 12: paused`; further lines of `text` are indented.
pub fn line(at: Duration, step: u64, text: &str) -> String {
    format!(
        "{} step {step}: {}",
        clock(at),
        text.replace('\n', "\n    ")
    )
}
