//! The integration tests: one binary, a module a theme.

mod command_line;
mod golden;
mod lane;
mod setting;
mod structure;
mod worker;
