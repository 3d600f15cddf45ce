//! `stylescope runs …`: runs that were kept. Main thread.

mod diff;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::run::recording::runs_folder;
use super::table::Table;
use super::{Failure, output, terminal_picture};
use crate::cli::{Graphics, RunsCommand, RunsPlace};
use crate::pixels;
use crate::preset::ORDINALS;
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::RunFolder;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::description::{Description, Input, State};
use crate::record::folder::inventory::{self, Kept, NotFound};
use crate::record::folder::metrics::Metrics;
use crate::record::folder::more_inputs::MoreInputs;

/// Columns before what belongs to the line above.
const INDENT: usize = 8;

pub(super) fn execute(command: &RunsCommand) -> Result<ExitCode, Failure> {
    match command {
        RunsCommand::List { place, json } => list(&folder(place), *json),
        RunsCommand::Show {
            run,
            place,
            graphics,
            json,
        } => show(&find(place, run)?, *graphics, *json),
        RunsCommand::Diff {
            one,
            other,
            place,
            json,
        } => diff::execute(&find(place, one)?, &find(place, other)?, *json),
        RunsCommand::Remove { runs, place } => remove(place, runs),
    }
}

fn folder(place: &RunsPlace) -> PathBuf {
    runs_folder(place.folder.as_deref())
}

fn find(place: &RunsPlace, wanted: &str) -> Result<Kept, Failure> {
    inventory::find(&folder(place), wanted).map_err(Failure::new)
}

fn list(runs: &Path, as_json: bool) -> Result<ExitCode, Failure> {
    let all = inventory::all(runs).map_err(|error| {
        Failure::new(format!(
            "the folder {:?} cannot be read: {error}",
            runs.display().to_string()
        ))
    })?;
    if as_json {
        for kept in all.iter().flatten() {
            output::json_line(&object(kept))?;
        }
    } else {
        if all.is_empty() {
            let runs = runs.to_owned();
            output::line(NotFound::NoRuns { runs }.to_string().replace('\n', "\n  "))?;
        }
        let mut table = Table::new([
            "run", "began", "preset", "state", "steps", "time", "loss", "pictures",
        ]);
        for kept in all.iter().flatten() {
            table.add(line(kept));
        }
        table.print()?;
    }
    for error in all.iter().filter_map(|kept| kept.as_ref().err()) {
        let lines: Vec<String> = error.to_string().lines().map(visible).collect();
        output::error_line(format!("note: {}", lines.join("\n")));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(kept: &Kept) -> [String; 8] {
    let run = &kept.description;
    let (step, seconds, loss) = progress(kept);
    [
        visible(&kept.folder.id()),
        local(run.began),
        visible(run.label.as_ref().unwrap_or(&run.preset)),
        run.state.in_words().to_owned(),
        match run.steps {
            Some(steps) if steps != step => format!("{step} of {steps}"),
            _ => step.to_string(),
        },
        figure::elapsed(seconds),
        loss.map_or_else(String::new, figure::loss),
        visible(&run.pictures_in_words()),
    ]
}

/// Steps, seconds and loss, also of a run that goes on or was killed.
fn progress(kept: &Kept) -> (u64, f64, Option<f64>) {
    let run = &kept.description;
    let last = match run.state {
        State::Running | State::Killed => Metrics::read(&kept.folder.metrics())
            .ok()
            .and_then(|metrics| metrics.rows.last().cloned()),
        _ => None,
    };
    match last {
        Some(row) => (row.step + 1, row.seconds, Some(row.total)),
        None => (run.step, run.seconds, run.loss),
    }
}

/// A day and a time of day where this machine is.
fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

fn object(kept: &Kept) -> Value {
    let (step, seconds, loss) = progress(kept);
    let mut object = json!({ "run": kept.folder.name(), "folder": kept.folder.path() });
    let described = serde_json::to_value(&kept.description).unwrap_or_default();
    if let (Some(object), Value::Object(described)) = (object.as_object_mut(), described) {
        object.extend(described);
        object.insert("step".to_owned(), json!(step));
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("loss".to_owned(), json!(loss));
    }
    object
}

fn show(kept: &Kept, graphics: Graphics, as_json: bool) -> Result<ExitCode, Failure> {
    if as_json {
        output::json_line(&object(kept))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (name, text) in facts(kept) {
        for (index, line) in text.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            output::line(format!("{name:9} {}", visible(line)))?;
        }
    }
    if let Some(picture) = newest_picture(&kept.folder) {
        let decoded = pixels::read(&picture).map_err(Failure::new)?;
        terminal_picture::print(&decoded.picture, graphics);
    }
    Ok(ExitCode::SUCCESS)
}

fn facts(kept: &Kept) -> Vec<(&'static str, String)> {
    let Description {
        state,
        failure,
        preset,
        preset_file,
        content,
        more,
        weights,
        init,
        size,
        device,
        threads,
        seed,
        steps,
        began,
        ended,
        ..
    } = &kept.description;
    let (step, seconds, loss) = progress(kept);
    let input = |input: &Input| {
        let digest = input.sha256.as_ref().and_then(|digest| digest.get(..16));
        match digest {
            Some(digest) => format!("{} (sha256 {digest})", input.name),
            None => input.name.clone(),
        }
    };
    let styles: Vec<String> = kept.description.styles().map(input).collect();
    let mut made = match steps {
        Some(steps) if *steps != step => format!("{step} of {steps} steps"),
        _ => figure::steps(step),
    };
    if seconds > 0.0 {
        made = format!("{made} in {}", figure::elapsed(seconds));
    }
    if let Some(loss) = loss {
        made = format!("{made}, loss {}", figure::loss(loss));
    }
    let state = match failure {
        Some(failure) => format!("{}: {failure}", state.in_words()),
        None => state.in_words().to_owned(),
    };
    let time = match ended {
        Some(ended) => format!("{} to {}", local(*began), local(*ended)),
        None => local(*began),
    };
    let preset = match preset_file {
        Some(file) => format!("{preset} ({file})"),
        None => preset.clone(),
    };
    let device = device.as_ref().map(|device| match threads {
        Some(threads) => figure::device(device, *threads),
        None => device.clone(),
    });
    let facts = [
        ("run", Some(kept.folder.path().display().to_string())),
        ("state", Some(state)),
        ("steps", Some(made)),
        ("preset", Some(preset)),
        ("content", Some(input(content))),
        ("style", Some(styles.join("\n"))),
        ("masks", Some(masks(more, &input))),
        ("weights", weights.as_ref().map(input)),
        ("init", init.as_ref().map(input)),
        (
            "size",
            size.map(|(width, height)| format!("{width}×{height}")),
        ),
        ("device", device),
        ("machine", Some(kept.description.machine.clone())),
        ("seed", Some(seed.to_string())),
        ("time", Some(time)),
        (
            "command",
            Some(shell_words::join(&kept.description.command)),
        ),
        ("written", kept.description.output.clone()),
    ];
    let is_said = |text: &String| !text.is_empty();
    facts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.filter(is_said)?)))
        .collect()
}

/// A line on every mask, which says whose it is.
fn masks(more: &MoreInputs, input: &dyn Fn(&Input) -> String) -> String {
    let content = more.content_mask.iter();
    let content = content.map(|mask| format!("{} of the content", input(mask)));
    let is_only = more.more_styles.is_empty();
    let styles = more.style_masks.iter().zip(ORDINALS);
    let styles = styles.map(|(mask, ordinal)| {
        let whose = if is_only {
            "style".to_owned()
        } else {
            format!("{ordinal} style")
        };
        format!("{} of the {whose}", input(mask))
    });
    content.chain(styles).collect::<Vec<_>>().join("\n")
}

/// The result, or the last picture before there was one.
fn newest_picture(folder: &RunFolder) -> Option<PathBuf> {
    let result = folder.result();
    if result.exists() {
        return Some(result);
    }
    // In the order in which they were made.
    let mut snapshots = folder.all_snapshots().ok()?;
    snapshots.pop().map(|newest| newest.path)
}

fn remove(place: &RunsPlace, wanted: &[String]) -> Result<ExitCode, Failure> {
    // All of them are found before the first is deleted.
    let mut chosen = Vec::new();
    let mut not_begun = Vec::new();
    for wanted in wanted {
        match inventory::find_all(&folder(place), wanted) {
            Ok(kept) => chosen.extend(kept),
            Err(NotFound::NotBegun { path }) => not_begun.push(path),
            Err(error) => return Err(Failure::new(error)),
        }
    }
    if let Some(kept) = chosen
        .iter()
        .find(|kept| kept.folder.is_held() == Some(true))
    {
        return Err(Failure::new(format!(
            "the run {} still goes on (process {})\n  stop it first; nothing was deleted",
            visible(&kept.folder.name()),
            kept.description.process
        )));
    }
    for path in not_begun {
        let shown = visible(&path.display().to_string());
        let is_gone = ComparisonFolder::at(path)
            .remove_if_empty()
            .map_err(|error| Failure::new(format!("cannot delete {shown}: {error}")))?;
        output::line(format!("removed {shown}"))?;
        if !is_gone {
            output::line(format!(
                "{:INDENT$}but for files there that are not the program's",
                ""
            ))?;
        }
    }
    for kept in chosen {
        let path = kept.folder.path();
        // The same run may have been named twice.
        if !kept.folder.description().exists() {
            continue;
        }
        let shown = visible(&path.display().to_string());
        let is_empty = kept
            .folder
            .remove()
            .map_err(|error| Failure::new(format!("cannot delete {shown}: {error}")))?;
        output::line(format!("removed {shown}"))?;
        if let Some(parent) = path.parent().filter(|path| ComparisonFolder::is_one(path)) {
            // The folder of the last run of a comparison is of no more use.
            let _ = ComparisonFolder::at(parent.to_owned()).remove_if_empty();
        }
        if !is_empty {
            output::line(format!(
                "{:INDENT$}but for files there that are not the run's",
                ""
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
