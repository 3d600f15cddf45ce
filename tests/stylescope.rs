//! The integration tests: one binary, a module a theme.
// A test that cannot go on should fail right there; the allowance in clippy.toml only covers the bodies
// of the tests themselves.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod command_line;
mod dashboard;
mod golden;
mod hot_reload;
mod lane;
mod optimizers;
mod python;
mod scales;
mod setting;
mod several_styles;
mod slurm;
mod structure;
mod terminal;
mod tiles;
mod torture;
mod weights_fetch;
mod weights_formats;
mod worker;
