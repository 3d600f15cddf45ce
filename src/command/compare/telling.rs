//! What a comparison without a screen says. It falls silent where nobody reads any more, and goes on all the same. Main
//! thread.

use std::io;

use serde_json::Value;

use crate::command::output;

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

    /// What became of it.
    pub(super) fn end(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }
}
