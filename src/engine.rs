//! The optimisation: a lane of candidates, and the worker thread that owns it.
//!
//! Everything here but [`checkpoint`], [`cut`], [`message`] and [`picture_slot`] runs on the worker thread. Other threads see
//! commands, events and pictures, never a tensor.

pub mod arrangement;
pub mod checkpoint;
pub mod cut;
pub mod device;
pub mod error;
pub mod input;
pub mod lane;
pub mod library;
pub mod message;
pub mod picture_slot;
pub mod size;
pub mod worker;

mod advice;
mod attempts;
mod batch;
mod colour;
mod cuda;
mod extractor;
#[cfg(test)]
mod fault;
mod finish;
mod first_lane;
mod gamut;
mod going_on;
mod gradient;
mod group;
mod health;
mod inbox;
mod lane_run;
mod last_good;
mod look;
mod preparation;
mod preparing;
mod preview;
mod progress;
mod regions;
mod run;
mod snapshot;
mod start;
mod target;
mod term;
mod tiled_picture;
mod tiles;
mod torch_error;
mod trained;
pub mod way;

pub use error::EngineError;
