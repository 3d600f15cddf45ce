//! Gives pictures the colours of others, a file for each way. Worker thread.

mod covariance;
mod histogram;
mod lightness;

#[cfg(test)]
pub(super) mod fixture;

pub(super) use covariance::matched;
pub(super) use histogram::histogram_matched;
pub(super) use lightness::{grey, grey_matched, lightness, with_colours_of};
