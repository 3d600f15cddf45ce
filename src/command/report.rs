//! `stylescope report`: runs as a file to send to somebody. Main thread.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Zoned;

use super::run::plan::unused;
use super::run::recording::runs_folder;
use super::{Failure, output};
use crate::cli::ReportArguments;
use crate::pixels::{self, Existing, WriteError};
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::inventory::{self, Kept};
use crate::record::folder::plain_name;
use crate::report::run_report::RunReport;

/// What a report can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Html,
    Png,
    Svg,
}

/// A place and what is written there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    /// `None` for standard output.
    path: Option<PathBuf>,
    format: Format,
    existing: Existing,
}

pub(super) fn execute(arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    let runs = runs_folder(arguments.place.folder.as_deref());
    let mut kept: Vec<Kept> = Vec::new();
    for wanted in &arguments.runs {
        for found in inventory::find_all(&runs, wanted).map_err(Failure::new)? {
            // The same run may have been named twice.
            if !kept.iter().any(|known| known.folder == found.folder) {
                kept.push(found);
            }
        }
    }
    let targets = targets(&arguments.outputs, &kept)?;
    let report = RunReport::read(&kept, &Zoned::now()).map_err(Failure::new)?;
    for target in &targets {
        let bytes = match target.format {
            Format::Html => report.html().map(String::into_bytes),
            Format::Svg => report.svg().map(String::into_bytes),
            Format::Png => report.png(),
        }
        .map_err(Failure::new)?;
        write(target, &bytes, kept.len())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the report of a comparison into its folder, and says where it is.
pub(super) fn write_beside(folder: &ComparisonFolder) -> Result<PathBuf, Failure> {
    let name = folder.path().display().to_string();
    let runs = folder.path().parent().unwrap_or(Path::new("."));
    let kept = inventory::find_all(runs, &name).map_err(Failure::new)?;
    let report = RunReport::read(&kept, &Zoned::now()).map_err(Failure::new)?;
    let path = folder.report();
    let html = report.html().map_err(Failure::new)?;
    std::fs::write(&path, html).map_err(|error| {
        let shown = visible(&path.display().to_string());
        Failure::new(format!("{shown} cannot be written: {error}"))
    })?;
    Ok(path)
}

/// Where to write, all of it checked before the runs are read.
fn targets(outputs: &[PathBuf], kept: &[Kept]) -> Result<Vec<Target>, Failure> {
    if outputs.is_empty() {
        return Ok(vec![Target {
            path: Some(unused(PathBuf::from(format!("report-{}.html", id(kept))))),
            format: Format::Html,
            existing: Existing::Keep,
        }]);
    }
    let target = |path: &PathBuf| {
        if path == Path::new("-") {
            return Ok(Target {
                path: None,
                format: Format::Html,
                existing: Existing::Keep,
            });
        }
        Ok(Target {
            format: format(path)?,
            path: Some(path.clone()),
            existing: Existing::Replace,
        })
    };
    outputs.iter().map(target).collect()
}

/// Of the run, of the comparison that all runs belong to, or of the first run and how many there are.
fn id(kept: &[Kept]) -> String {
    let parent = |kept: &Kept| kept.folder.path().parent().map(Path::to_owned);
    let first = kept.first().and_then(parent);
    let id = match (kept, first) {
        ([only], _) => only.folder.id(),
        (several, Some(folder))
            if ComparisonFolder::is_one(&folder)
                && several
                    .iter()
                    .all(|kept| parent(kept).as_ref() == Some(&folder)) =>
        {
            ComparisonFolder::at(folder).id()
        }
        ([first, others @ ..], _) => format!("{}-and-{}", first.folder.id(), others.len()),
        ([], _) => String::new(),
    };
    // A folder may have been renamed to anything.
    plain_name(&id, &[], usize::MAX)
}

fn format(path: &Path) -> Result<Format, Failure> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match extension.as_str() {
        "html" | "htm" => Ok(Format::Html),
        "png" => Ok(Format::Png),
        "svg" => Ok(Format::Svg),
        other => {
            let what = if other.is_empty() {
                "has no extension".to_owned()
            } else {
                format!("has the extension {:?}", visible(other))
            };
            Err(Failure::new(format!(
                "{:?} {what}, and a report is written as .html, .png or .svg\n  end the name in one of these",
                path.display().to_string()
            )))
        }
    }
}

/// Writes the file and says so in a line.
fn write(target: &Target, bytes: &[u8], runs: usize) -> Result<(), Failure> {
    let Some(wanted) = &target.path else {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()?;
        return Ok(());
    };
    let mut path = wanted.clone();
    loop {
        match pixels::write_bytes(&path, bytes, target.existing) {
            Ok(()) => break,
            // Another program took the name since this one chose it.
            Err(WriteError::Exists { .. }) => path = unused(wanted.clone()),
            Err(error) => return Err(Failure::new(error)),
        }
    }
    output::line(format!(
        "wrote {}: {}, {}",
        visible(&path.display().to_string()),
        figure::counted(runs as u64, "run"),
        figure::bytes(bytes.len() as u64)
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::folder::RunFolder;
    use crate::record::folder::description::Description;

    #[test]
    fn the_name_is_made_from_what_is_reported() {
        let kept = |path: &str| Kept {
            folder: RunFolder::at(PathBuf::from(path)),
            description: Description::default(),
        };
        assert_eq!(id(&[kept("runs/2026-11-23-221513-demo-abcd")]), "abcd");
        assert_eq!(
            id(&[kept("runs/x-abcd"), kept("runs/x-efgh")]),
            "abcd-and-1"
        );
        assert_eq!(id(&[kept("runs/a b<c>")]), "a_b_c_");
    }

    #[test]
    fn formats_are_told_by_the_name() {
        assert_eq!(format(Path::new("a.HTML")).ok(), Some(Format::Html));
        assert_eq!(format(Path::new("a.b/c.svg")).ok(), Some(Format::Svg));
        for refused in ["a.pdf", "a", ".png"] {
            let said = format(Path::new(refused)).unwrap_err().to_string();
            assert!(said.contains(".html, .png or .svg"), "{said}");
        }
    }
}
