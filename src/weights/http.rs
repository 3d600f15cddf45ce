//! Reading over HTTP: a part of a file or all of it, in pieces as they arrive.
//!
//! Each request has a thread of its own that connects and reads; whoever asked takes the pieces from a
//! short queue and is never kept waiting for longer than a tenth of a second, so that it can stop.

mod address;
mod client;
mod content_range;
mod error;
mod head;
mod transfer;

pub use address::without_secrets;
pub use error::TransferError;

pub(super) use client::{Client, Request};
pub(super) use content_range::ContentRange;
pub(super) use head::Head;
pub(super) use transfer::{Pulse, Transfer};
