//! Whose the run or comparison is that a screen shows: some keys mean something else by it. Plain data; any thread.

/// How a screen stands to what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its own program makes it.
    Own,
    /// Another program makes it, and is steered from here.
    Attached,
    /// Another program makes it, and it is only looked at.
    Watching,
}

impl Standing {
    /// Of a screen that watches, or is attached, or neither.
    pub(super) fn of(is_watching: bool, is_attached: bool) -> Self {
        match (is_watching, is_attached) {
            (true, _) => Self::Watching,
            (false, true) => Self::Attached,
            (false, false) => Self::Own,
        }
    }
}
