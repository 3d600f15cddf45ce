//! The live screen, of a run or of several that are compared. The thread that calls [`run`] or [`compare()`]
//! owns the state and draws it; it never waits for the terminal, the engine or a file.

pub mod gpu;
pub mod log;
pub mod preview;
pub mod setup;
pub mod theme;

mod action;
mod app;
mod compare;
mod connection;
mod desk;
mod dialog;
mod draw;
mod event_log;
mod layout;
mod live;
mod loss_view;
mod message;
mod opening;
mod panel;
mod parting;
mod pictures;
mod recipe;
mod recorders;
mod run_state;
mod screen;
mod shared;
mod standing;
mod task;
mod timeline;

pub use compare::compare;
pub use layout::SMALLEST;
pub use live::run;
pub use opening::StartError;

#[cfg(test)]
mod tests;
