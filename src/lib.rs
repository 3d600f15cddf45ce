//! stylescope: neural style transfer by optimisation, live in the terminal.
//!
//! # The rooms
//! | room | what it owns |
//! | --- | --- |
//! | [`cli`] | the command line's grammar and help |
//! | [`command`] | one file a subcommand; may use every room |
//! | [`preset`] | recipes as data: reading, checking, comparing, finding |
//! | [`pixels`] | files to RGB and back: decode, orient, resize, encode; the drawn demo pictures |
//! | [`network`] | feature extractors by layer name |
//! | [`weights`] | trained weights as bytes: formats, where they lie, the cache, fetching |
//! | [`loss`] | statistics and distances: pure functions of tensors |
//! | [`optimizer`] | Adam over a lane of candidates |
//! | [`engine`] | the lane, the worker thread, and the messages it speaks in |
//! | [`record`] | what is remembered of a run: the history of its losses, its speed, its folder on the disk |
//! | [`report`] | charts as pictures, and reports of runs as pages |
//! | [`attach`] | runs seen and steered from other terminals, through a socket |
//! | [`terminal`] | the real terminal: what it can do, its modes, input, output and signals |
//! | [`dashboard`] | the live screen: state, keys, panels, preview |
//!
//! # The dependency rule
//! `command` uses everything. `engine` uses `preset`, `pixels`, `network`, `weights`, `loss` and `optimizer`.
//! `dashboard` and `record` use `engine`'s messages; `dashboard` uses `preset`, `pixels`, `record` and
//! `terminal` as well, and `attach`'s words on who else looks; `attach` uses `engine`, `preset` and `record`. `report` uses `record`, `pixels` and `preset`, and neither knows the other. `loss` and `optimizer`
//! use `preset`'s types and nothing else of the program, `network` also `weights`, which itself uses the
//! names of networks in `preset` and, as `terminal` does, what makes text safe
//! to print. `record` also uses `pixels` and `preset`, and gives pictures as `engine` does (`cut`, `picture_slot`). `preset` and `pixels` use no other room. Only `network`, `loss`, `optimizer`, `engine` and
//! `pixels::tensor` name `tch`, only `dashboard` names `ratatui`, only `dashboard` and `terminal` name
//! `crossterm`, only `report` names `plotters`. A test reads the sources and checks all this.

pub mod attach;
pub mod cli;
pub mod command;
pub mod dashboard;
pub mod engine;
pub mod loss;
pub mod network;
pub mod optimizer;
pub mod pixels;
pub mod preset;
pub mod record;
pub mod report;
pub mod terminal;
pub mod weights;
