//! Fetching published weights from a real server on loopback that serves them well, badly, or not at all.

mod cache;
mod concurrency;
mod failures;
mod fixture;
mod full_disk;
mod interruptions;
mod partial;
mod process;
mod proxy;
pub(crate) mod server;
mod whole_file;
mod whole_size;
