//! Writes what was made of each contender. Any thread; writes files.

use std::path::Path;

use image::Rgb32FImage;

use super::contender::{Contender, Field, Past};
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
    picture: &Rgb32FImage,
    made: &Made<'_>,
) -> Result<Saved, Failure> {
    if let Past::Over(_, path) = &contender.past {
        return Ok(there(contender, path, picture, made));
    }
    let recorded = contender.recorder().filter(|_| field.results.is_none());
    if let Some(recorder) = recorded {
        return Ok(there(contender, &recorder.folder().result(), picture, made));
    }
    let may_replace = contender.replaces();
    save(
        contender,
        (&contender.plan.output, may_replace),
        picture,
        made,
    )
}

/// What is to be said of a result that is there already.
fn there(contender: &Contender, path: &Path, picture: &Rgb32FImage, made: &Made<'_>) -> Saved {
    let (width, height) = picture.dimensions();
    let summary = format!(
        "{}: {width}×{height}, {} in {}, {}",
        visible(&contender.label),
        figure::steps(made.step),
        figure::elapsed(made.seconds),
        visible(&path.display().to_string())
    );
    Saved {
        path: path.to_owned(),
        summary,
    }
}

/// Writes `picture`, beside what is there where it may not replace that, or, where that is impossible by now, where it is not lost.
pub(super) fn save(
    contender: &Contender,
    (output, may_replace): (&Path, bool),
    picture: &Rgb32FImage,
    made: &Made<'_>,
) -> Result<Saved, Failure> {
    let (path, summary) = result::save(&contender.plan, output, may_replace, picture, made)?;
    if let Some(recorder) = contender.recorder() {
        recorder.saved(&path);
    }
    let summary = format!("{}: {summary}", visible(&contender.label));
    Ok(Saved { path, summary })
}
