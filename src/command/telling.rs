//! Standard output of what goes on whether anybody reads it or not: `| head -1` ends the listening and not the run, whose
//! result is the picture. Main thread.

use std::io::{self, ErrorKind};

use rustix::io::Errno;
use serde_json::Value;

use super::output;

/// Standard output, as long as it takes something.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// Why it takes no more.
    failed: Option<io::Error>,
}

impl Telling {
    pub(super) fn line(&mut self, text: impl std::fmt::Display) {
        self.tell(|| output::line(text));
    }

    pub(super) fn json_line(&mut self, value: &Value) {
        self.tell(|| output::json_line(value));
    }

    pub(super) fn tell(&mut self, say: impl FnOnce() -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = say().err();
        }
    }

    /// What went wrong with it, but for that nobody reads any more.
    pub(super) fn end(self) -> io::Result<()> {
        said_to_somebody(self.failed.map_or(Ok(()), Err))
    }
}

/// That nobody reads any more is no failure of a run: a closed pipe, or a terminal that is gone.
pub(super) fn said_to_somebody(said: io::Result<()>) -> io::Result<()> {
    said.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(()),
        _ => Err(error),
    })
}
