//! What is remembered of a run: the history of its losses, its speed, and how numbers are written.
//!
//! Plain data without a thread of its own; whoever holds it runs it.

pub mod axis;
pub mod chart;
pub mod figure;
pub mod history;
pub mod speed;
pub mod transfer;
