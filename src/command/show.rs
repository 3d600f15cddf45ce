//! `stylescope show`: a picture and how it was made. Main thread.

use std::process::ExitCode;

use super::provenance;
use super::{Failure, output, terminal_picture};
use crate::cli::ShowArguments;
use crate::pixels;
use crate::preset::visible::{visible, visible_source};
use crate::record::figure;
use crate::record::folder::{PRESET_KEYWORD, RUN_KEYWORD};

pub(super) fn execute(arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let path = &arguments.picture;
    let decoded = pixels::read(path).map_err(Failure::new)?;
    let entries = pixels::read_text(path).map_err(Failure::new)?;
    let text = |keyword: &str| {
        entries
            .iter()
            .find(|entry| entry.keyword == keyword)
            .map(|entry| visible_source(&entry.text))
    };
    let preset = text(PRESET_KEYWORD);
    if arguments.preset {
        let preset = preset.ok_or_else(|| {
            Failure::new(format!(
                "{} holds no preset: stylescope did not write it, or another program saved it since\n  \
                 `stylescope presets list` shows the presets there are",
                visible(&path.display().to_string())
            ))
        })?;
        output::line(preset.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let (width, height) = decoded.picture.dimensions();
    output::line(format!(
        "file      {} ({width}×{height}, {}, {})",
        visible(&path.display().to_string()),
        decoded.format,
        figure::bytes(decoded.file_bytes)
    ))?;
    for note in &decoded.notes {
        output::line(format!("note      {note}"))?;
    }
    match text(RUN_KEYWORD) {
        Some(run) => output::line(provenance::describe(&run))?,
        None => output::line(
            "no record of how it was made:\n  stylescope did not write it, or another program saved it since",
        )?,
    }
    if let Some(preset) = preset {
        output::line("\n# The preset, as `stylescope show --preset` prints it alone:\n")?;
        output::line(preset.trim_end())?;
    }
    // Last, since a preset is longer than most terminals are high.
    terminal_picture::print(&decoded.picture, arguments.graphics);
    Ok(ExitCode::SUCCESS)
}
