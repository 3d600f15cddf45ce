//! Weights files as bytes, names and shapes: what they hold, where they lie, and how they are fetched.
//! Knows nothing of tensors. Any thread; fetching blocks the one that asks for it.

mod cache;
pub mod catalogue;
pub mod environment;
pub mod error;
mod fetch;
pub mod file;
mod find;
pub mod format;
mod found;
mod http;
mod mapped;
pub mod store;

pub use http::without_secrets;
