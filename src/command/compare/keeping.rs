//! Writes what was made of each contender. Any thread; writes files.

use super::contender::{Contender, Field};
use crate::command::Failure;
use crate::command::provenance::Made;
use crate::command::run::result;
use crate::dashboard::setup::Saved;
use crate::preset::visible::visible;
use crate::record::figure;

/// Writes `picture` as the contender's result: into the folder that was asked for, else it is in its run's folder
/// already, where it is recorded.
pub(super) fn keep(
    field: &Field,
    contender: &Contender,
    picture: &image::Rgb32FImage,
    made: &Made<'_>,
) -> Result<Saved, Failure> {
    let recorded = contender.recorder().filter(|_| field.results.is_none());
    if let Some(recorder) = recorded {
        let path = recorder.folder().result();
        let (width, height) = picture.dimensions();
        let summary = format!(
            "{}: {width}×{height}, {} in {}, {}",
            visible(&contender.label),
            figure::steps(made.step),
            figure::elapsed(made.seconds),
            visible(&path.display().to_string())
        );
        return Ok(Saved { path, summary });
    }
    save(contender, &contender.plan.output, picture, made)
}

/// Writes `picture` beside what is there, or, where that is impossible by now, where it is not lost.
pub(super) fn save(
    contender: &Contender,
    output: &std::path::Path,
    picture: &image::Rgb32FImage,
    made: &Made<'_>,
) -> Result<Saved, Failure> {
    let (path, summary) = result::save(&contender.plan, output, false, picture, made)?;
    if let Some(recorder) = contender.recorder() {
        recorder.saved(&path);
    }
    let summary = format!("{}: {summary}", visible(&contender.label));
    Ok(Saved { path, summary })
}
