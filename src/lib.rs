//! stylescope: neural style transfer by optimisation, live in the terminal.
//!
//! # The rooms
//! | room | what it owns |
//! | --- | --- |
//! | [`cli`] | the command line's grammar and help |
//! | [`command`] | one file a subcommand; may use every room |
//! | [`preset`] | recipes as data: reading, checking, comparing, finding |
//! | [`pixels`] | files to RGB and back: decode, orient, resize, encode; the drawn demo pictures |
//! | [`network`] | feature extractors by layer name, and their weights |
//! | [`loss`] | statistics and distances: pure functions of tensors |
//! | [`optimizer`] | Adam over a lane of candidates |
//! | [`engine`] | the lane, the worker thread, and the messages it speaks in |
//!
//! # The dependency rule
//! `command` uses everything. `engine` uses `preset`, `pixels`, `network`, `loss` and `optimizer`, and
//! nothing uses `engine` but `command` and `cli`. `network`, `loss` and `optimizer` use `preset`'s types and
//! nothing else of the program. `preset` and `pixels` use no other room. Only `network`, `loss`,
//! `optimizer`, `engine` and `pixels::tensor` name `tch`. A test reads the sources and checks all this.

pub mod cli;
pub mod command;
pub mod engine;
pub mod loss;
pub mod network;
pub mod optimizer;
pub mod pixels;
pub mod preset;
