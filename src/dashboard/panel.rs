//! One file a panel: widgets that draw a part of the state. UI thread.

pub(super) mod dialog;
pub(super) mod events;
pub(super) mod footer;
pub(super) mod frame;
pub(super) mod header;
pub(super) mod help;
pub(super) mod hint;
pub(super) mod layers;
pub(super) mod losses;
pub(super) mod parameters;
pub(super) mod picture;
pub(super) mod piece;
pub(super) mod presets;
pub(super) mod text;
