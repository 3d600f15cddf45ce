//! What is left when a run is over: the file, and a line on what it took. Main thread.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::Rgb32FImage;

use super::plan::{Plan, unused};
use crate::command::Failure;
use crate::command::provenance::{self, Made};
use crate::engine::message::{EndReason, LossBlock, Pictures, Started};
use crate::pixels::{self, BitDepth, Existing, TextEntry, WriteError, WriteOptions};
use crate::preset::visible::visible;
use crate::preset::{Change, ChangeClass, Loaded, Preset};
use crate::record::figure::{elapsed, loss, steps};

/// What is collected on the way.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The step that the run begins with, or goes on from.
    begins_at: u64,
    pub(super) started: Option<Started>,
    pub(super) last_block: Option<LossBlock>,
    /// The preset in force.
    pub(super) loaded: Loaded,
    /// What was changed on the way, and from which step.
    pub(super) changes: Vec<(u64, Change)>,
    /// A result was written; where the run went on from there, the next one does not replace it.
    pub(super) has_result: bool,
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
    pub(super) fn new(loaded: Loaded, begins_at: u64) -> Self {
        Self {
            begins_at,
            started: None,
            last_block: None,
            loaded,
            changes: Vec::new(),
            has_result: false,
        }
    }

    /// Another preset is in force.
    pub(super) fn change(&mut self, step: u64, changes: Vec<Change>, in_force: Preset) {
        let counts = |change: &Change| change.class != ChangeClass::Restart;
        let counting = changes.into_iter().filter(counts);
        self.changes.extend(counting.map(|change| (step, change)));
        self.loaded.preset = in_force;
    }

    /// Steps from `step` on have never been made; the preset stays.
    pub(super) fn go_back(&mut self, step: u64) {
        self.last_block = None;
        for (at, _) in &mut self.changes {
            *at = (*at).min(step);
        }
    }

    /// Writes the picture with the record of how it was made.
    pub(super) fn finish(
        &self,
        plan: &Plan,
        reason: EndReason,
        pictures: &Pictures,
        seconds: f64,
    ) -> Result<Written, Failure> {
        let step = pictures.step;
        if step == 0 && reason == EndReason::Stopped {
            let which = match (self.begins_at, &self.started) {
                (1.., None) => "next",
                _ => "first",
            };
            let summary = format!("stopped before the {which} step: no picture was written");
            return Ok(Written {
                reason,
                step: self.started.as_ref().map_or(self.begins_at, |_| step),
                seconds,
                path: None,
                picture: None,
                summary,
            });
        }
        let Some(picture) = pictures.pictures.first() else {
            return Err(Failure::new("the run ended without a picture"));
        };
        let final_loss = self
            .last_block
            .as_ref()
            .and_then(|block| block.losses(block.steps().saturating_sub(1), 0))
            .map(|losses| losses.total());
        let made = Made {
            loaded: &self.loaded,
            changes: &self.changes,
            started: self.started.as_ref(),
            step,
            seconds,
            loss: final_loss,
        };
        let may_replace = plan.may_replace && !self.has_result;
        let output = if self.has_result {
            unused(plan.output.clone())
        } else {
            plan.output.clone()
        };
        let (path, wrote) = save(plan, &output, may_replace, picture, &made)?;
        let stopped = if reason == EndReason::Stopped {
            "stopped: "
        } else {
            ""
        };
        let summary = format!("{stopped}{wrote}");
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

/// Writes the picture as `output`, or, where that is impossible by now, where it is not lost. Where it may
/// not replace what is there, it gets the next free name. Says where it is and what it took.
pub(in crate::command) fn save(
    plan: &Plan,
    output: &Path,
    may_replace: bool,
    picture: &Rgb32FImage,
    made: &Made<'_>,
) -> Result<(PathBuf, String), Failure> {
    let text = provenance::entries(plan, made);
    let options = WriteOptions {
        bit_depth: if plan.options.sixteen_bit {
            BitDepth::Sixteen
        } else {
            BitDepth::Eight
        },
        existing: if may_replace {
            Existing::Replace
        } else {
            Existing::Keep
        },
        ..WriteOptions::default()
    };
    let mut path = output.to_owned();
    let written = loop {
        match pixels::write(&path, picture, options, &text) {
            Ok(written) => break written,
            // Another run took the name since this one chose it.
            Err(WriteError::Exists { .. }) => path = unused(output.to_owned()),
            Err(error) => return Err(rescue(picture, options, &text, &error)),
        }
    };
    let (width, height) = picture.dimensions();
    let mut summary = format!(
        "wrote {}: {width}×{height}, {} in {}",
        visible(&path.display().to_string()),
        steps(made.step),
        elapsed(made.seconds)
    );
    if let Some(value) = made.loss {
        let _ = write!(summary, ", loss {}", loss(value));
    }
    if written.texts_left_out > 0 {
        let format = written.format;
        let _ = write!(
            summary,
            "\nnote: {format} holds no record of how it was made; PNG and JPEG do"
        );
    }
    Ok((path, summary))
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
