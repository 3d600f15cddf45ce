//! What is left when a run is over: the file, and a line on what it took. Main thread.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use image::Rgb32FImage;

use super::plan::{Plan, unused};
use super::progress::{elapsed, loss};
use crate::command::{Failure, provenance};
use crate::engine::message::{EndReason, LossBlock, Pictures, Started};
use crate::pixels::{self, BitDepth, Existing, TextEntry, WriteError, WriteOptions};
use crate::preset::visible::visible;

/// What is collected on the way.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) started: Option<Started>,
    pub(super) last_block: Option<LossBlock>,
}

/// The end of a run.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) reason: EndReason,
    pub(super) step: u64,
    pub(super) seconds: f64,
    /// `None` where there was nothing worth writing.
    pub(super) path: Option<PathBuf>,
    pub(super) picture: Option<Arc<Rgb32FImage>>,
    pub(super) summary: String,
}

impl Outcome {
    /// Writes the picture with the record of how it was made.
    pub(super) fn finish(
        &self,
        plan: &Plan,
        reason: EndReason,
        pictures: &Pictures,
        seconds: f64,
    ) -> Result<Written, Failure> {
        let step = pictures.step;
        let Some(picture) = pictures.pictures.first() else {
            return Err(Failure::new("the run ended without a picture"));
        };
        if step == 0 && reason == EndReason::Stopped {
            let summary = "stopped before the first step: nothing was written".to_owned();
            return Ok(Written {
                reason,
                step,
                seconds,
                path: None,
                picture: None,
                summary,
            });
        }
        let final_loss = self
            .last_block
            .as_ref()
            .and_then(|block| block.losses(block.steps().saturating_sub(1), 0))
            .map(|losses| losses.total());
        let text = provenance::entries(plan, self.started.as_ref(), step, seconds, final_loss);
        let bit_depth = if plan.options.sixteen_bit {
            BitDepth::Sixteen
        } else {
            BitDepth::Eight
        };
        let (path, written) = save(plan, picture, bit_depth, &text)?;
        let (width, height) = picture.dimensions();
        let stopped = if reason == EndReason::Stopped {
            "stopped: "
        } else {
            ""
        };
        let words = final_loss
            .map(|value| format!(", loss {}", loss(value)))
            .unwrap_or_default();
        let mut summary = format!(
            "{stopped}wrote {}: {width}×{height}, {step} steps in {}{words}",
            visible(&path.display().to_string()),
            elapsed(seconds)
        );
        if written.texts_left_out > 0 {
            let format = written.format;
            let _ = write!(
                summary,
                "\nnote: {format} holds no record of how it was made; PNG and JPEG do"
            );
        }
        Ok(Written {
            reason,
            step,
            seconds,
            path: Some(path),
            picture: Some(Arc::clone(picture)),
            summary,
        })
    }
}

/// Writes the picture where the plan says, or, where that is impossible by now, where it is not lost.
fn save(
    plan: &Plan,
    picture: &Rgb32FImage,
    bit_depth: BitDepth,
    text: &[TextEntry],
) -> Result<(PathBuf, pixels::Written), Failure> {
    let existing = if plan.may_replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let options = WriteOptions {
        bit_depth,
        existing,
        ..WriteOptions::default()
    };
    let mut path = plan.output.clone();
    loop {
        match pixels::write(&path, picture, options, text) {
            Ok(written) => return Ok((path, written)),
            // Another run took the name since this one chose it.
            Err(WriteError::Exists { .. }) => path = unused(plan.output.clone()),
            Err(error) => return Err(rescue(picture, options, text, &error)),
        }
    }
}

/// A full disk or a folder that is gone must not cost the picture: it goes to the temporary folder.
fn rescue(
    picture: &Rgb32FImage,
    options: WriteOptions,
    text: &[TextEntry],
    error: &WriteError,
) -> Failure {
    let path = unused(std::env::temp_dir().join("stylescope-rescued.png"));
    let options = WriteOptions {
        existing: Existing::Keep,
        ..options
    };
    match pixels::write(&path, picture, options, text) {
        Ok(_) => Failure::new(format!(
            "{error}\n  the picture was saved as {} instead",
            visible(&path.display().to_string())
        )),
        Err(_) => Failure::new(error),
    }
}
