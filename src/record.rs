//! What is remembered of a run: the history of its losses, its speed, how numbers are written, and the run's
//! folder on the disk.
//!
//! Plain data; whoever holds it runs it. The folder's recorder and digests of files have threads of their own.

pub mod axis;
pub mod chart;
pub mod digest;
pub mod figure;
pub mod folder;
pub mod history;
pub mod snapshot_schedule;
pub mod speed;
pub mod transfer;
