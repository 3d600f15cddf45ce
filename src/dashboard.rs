//! The live screen. The thread that calls [`run`] owns the state and draws it; it never waits for the
//! terminal, the engine or a file.

pub mod gpu;
pub mod preview;
pub mod setup;
pub mod theme;

mod action;
mod app;
mod connection;
mod dialog;
mod draw;
mod event_log;
mod layout;
mod live;
mod log;
mod message;
mod opening;
mod panel;
mod recipe;
mod run_state;
mod screen;
mod task;
mod timeline;

pub use layout::SMALLEST;
pub use live::run;
pub use opening::StartError;

#[cfg(test)]
mod tests;
