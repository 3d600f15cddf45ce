//! `stylescope demo`: a run on pictures that the program draws itself. Main thread.

use std::process::ExitCode;
use std::sync::Arc;

use image::Rgb32FImage;

use super::Failure;
use super::run::plan::{Plan, Source};
use super::run::run;
use crate::cli::DemoArguments;
use crate::pixels::drawn;
use crate::record::digest::Digests;

/// Size at which the pictures are drawn: enough for any `--size` that is fun on a laptop.
const WIDTH: u32 = 768;
const HEIGHT: u32 = 576;

/// The picture that the program draws under this name.
pub(super) fn drawn(name: &str) -> Option<Rgb32FImage> {
    match name {
        drawn::CONTENT_NAME => Some(drawn::content_scene(WIDTH, HEIGHT)),
        drawn::STYLE_NAME => Some(drawn::painting(WIDTH, HEIGHT)),
        _ => None,
    }
}

pub(super) fn execute(arguments: DemoArguments) -> Result<ExitCode, Failure> {
    let content = Source::drawn(
        drawn::CONTENT_NAME,
        Arc::new(drawn::content_scene(WIDTH, HEIGHT)),
    );
    let style = Source::drawn(drawn::STYLE_NAME, Arc::new(drawn::painting(WIDTH, HEIGHT)));
    let default_output = "stylescope-demo.png";
    let json = arguments.options.json;
    run(
        json,
        Plan::new(
            content,
            style,
            arguments.options,
            Some(default_output.into()),
            None,
            &Digests::default(),
        ),
    )
}
