//! Tells whoever asked how far it is, at least ten times a second, and hears whether to go on.

use std::ops::ControlFlow;

use crate::weights::http::TransferError;

/// How far a fetch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another thread or process fetches the same.
    Waiting,
    /// It is known what is fetched from where.
    Starting {
        /// What the weights are called.
        name: &'static str,
        /// The address.
        from: String,
        /// What is fetched, in bytes, including `resumed_bytes`.
        bytes: u64,
        /// How long the whole file is that it comes from, in bytes.
        of_bytes: u64,
        /// What an earlier attempt brought already, in bytes.
        resumed_bytes: u64,
    },
    /// So much is here; told again while nothing arrives.
    Fetched {
        /// What is here, in bytes, including what an earlier attempt brought.
        done_bytes: u64,
        /// What will be here in the end, in bytes.
        total_bytes: u64,
    },
    /// An attempt failed; another one follows, or the next source.
    Trying {
        /// Why it failed.
        after: String,
        /// The pause until then, in seconds, rounded up; 0 for the next source.
        seconds: u64,
    },
    /// All is here, and digests are computed.
    Checking,
}

/// Hears how far it is; `Break` stops the fetch, and what has arrived stays for the next time.
pub type Report<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Remembers what was told last, to tell it again.
pub(super) struct Reporter<'a> {
    report: Report<'a>,
    last: Progress,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(report: Report<'a>) -> Self {
        Self {
            report,
            last: Progress::Fetched {
                done_bytes: 0,
                total_bytes: 0,
            },
        }
    }

    /// Tells something new.
    pub(super) fn say(&mut self, progress: Progress) -> Result<(), TransferError> {
        self.last = progress;
        match self.again() {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TransferError::Stopped),
        }
    }

    /// Tells again what was told last.
    pub(super) fn again(&mut self) -> ControlFlow<()> {
        (self.report)(self.last.clone())
    }
}
