//! Optimisers that step every candidate of a lane at once, each with its own rate. Worker thread.

pub mod adam;
pub mod average;
