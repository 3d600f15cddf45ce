//! One file a part of the comparison's screen. UI thread.

pub(super) mod dialog;
pub(super) mod footer;
pub(super) mod header;
pub(super) mod help;
pub(super) mod table;
pub(super) mod tiles;
