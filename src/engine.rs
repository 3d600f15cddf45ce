//! The optimisation: a lane of candidates, and the worker thread that owns it.
//!
//! Everything here but [`cut`], [`message`] and [`picture_slot`] runs on the worker thread. Other threads see
//! commands, events and pictures, never a tensor.

pub mod arrangement;
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

mod batch;
mod colour;
mod cuda;
mod extractor;
mod finish;
mod first_lane;
mod gamut;
mod gradient;
mod group;
mod inbox;
mod lane_run;
mod last_sound;
mod preparation;
mod preview;
mod progress;
mod regions;
mod run;
mod snapshot;
mod start;
mod target;
mod term;
mod trained;

pub use error::EngineError;
