//! What a run was made of, where and when, in words. Pure; any thread.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::material::Material;
use super::measures;
use super::table::{Cell, Row, Table};
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::description::{Description, Input};

type Fact = (&'static str, String);

/// Everything that is known, safe to be shown; what is not known is left out.
fn all(run: &Material) -> Vec<Fact> {
    let description = &run.description;
    let mut facts = made_of(description);
    facts.extend(where_it_ran(description));
    let seconds = run.seconds();
    let speed = run.steps_made() as f64 / seconds;
    facts.extend([
        ("began", local(description.began)),
        ("ended", description.ended.map_or_else(String::new, local)),
        (
            "stepping",
            if seconds > 0.0 {
                figure::elapsed(seconds)
            } else {
                String::new()
            },
        ),
        (
            "speed",
            if seconds > 0.0 {
                format!("{speed:.1} steps/s")
            } else {
                String::new()
            },
        ),
        ("kept in", visible(&run.folder.path().display().to_string())),
        (
            "result",
            description
                .output
                .as_deref()
                .map(visible)
                .unwrap_or_default(),
        ),
    ]);
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

fn made_of(description: &Description) -> Vec<Fact> {
    let optional = |input: &Option<Input>| input.as_ref().map(file).unwrap_or_default();
    vec![
        (
            "preset",
            match &description.preset_file {
                Some(path) => visible(&format!("{} ({path})", description.preset)),
                None => visible(&description.preset),
            },
        ),
        ("content", file(&description.content)),
        ("style", file(&description.style)),
        (
            "more styles",
            all_of(&mut description.more.more_styles.iter(), &file),
        ),
        ("masks", all_of(&mut description.more.masks(), &file)),
        ("weights", optional(&description.weights)),
        ("first picture", optional(&description.init)),
        ("size", size(description)),
        ("seed", description.seed.to_string()),
    ]
}

fn where_it_ran(description: &Description) -> Vec<Fact> {
    vec![
        ("machine", visible(&description.machine)),
        ("device", device(description)),
        ("libtorch", visible(&description.libtorch)),
        ("program", visible(&description.program)),
    ]
}

/// `a.png, b.png`
fn all_of<'a>(
    inputs: &mut dyn Iterator<Item = &'a Input>,
    words: &dyn Fn(&Input) -> String,
) -> String {
    inputs.map(words).collect::<Vec<_>>().join(", ")
}

/// A file's name and the whole hash.
fn file(input: &Input) -> String {
    match &input.sha256 {
        Some(digest) => visible(&format!("{} (sha256 {digest})", input.name)),
        None => visible(&input.name),
    }
}

/// `512×384`
pub(super) fn size(description: &Description) -> String {
    description
        .size
        .map_or_else(String::new, |(width, height)| format!("{width}×{height}"))
}

/// `cpu (2 threads)`
pub(super) fn device(description: &Description) -> String {
    match (&description.device, description.threads) {
        (Some(device), Some(threads)) => visible(&figure::device(device, threads)),
        (Some(device), None) => visible(device),
        (None, _) => String::new(),
    }
}

/// A day and a time of day where this machine is.
pub(super) fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S %Z")
        .to_string()
}

/// What goes into a run besides its preset, with a value for each run.
pub(super) fn that_may_differ(runs: &[Material]) -> Vec<(&'static str, Vec<String>)> {
    let short = |input: &Input| match input.sha256.as_ref().and_then(|digest| digest.get(..8)) {
        Some(digest) => visible(&format!("{} ({digest})", name(input))),
        None => visible(&name(input)),
    };
    let of = |value: &dyn Fn(&Description) -> String| -> Vec<String> {
        let value = |run: &Material| match value(&run.description) {
            text if text.is_empty() => "–".to_owned(),
            text => text,
        };
        runs.iter().map(value).collect()
    };
    let optional = |input: &Option<Input>| input.as_ref().map(short).unwrap_or_default();
    vec![
        ("content picture", of(&|run| short(&run.content))),
        (
            "style picture",
            of(&|run| all_of(&mut run.styles(), &short)),
        ),
        ("masks", of(&|run| all_of(&mut run.more.masks(), &short))),
        ("weights", of(&|run| optional(&run.weights))),
        ("first picture", of(&|run| optional(&run.init))),
        ("picture size", of(&size)),
        ("machine", of(&|run| visible(&run.machine))),
        ("device", of(&device)),
        ("libtorch", of(&|run| visible(&run.libtorch))),
        ("program", of(&|run| visible(&run.program))),
    ]
}

/// The last part of the path.
pub(super) fn name(input: &Input) -> String {
    let path = std::path::Path::new(&input.name);
    path.file_name().map_or_else(
        || input.name.clone(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// What all runs share, and what each has for itself.
pub(super) fn tables(runs: &[Material], headings: &[String]) -> (Table, Option<Table>) {
    let found: Vec<Vec<Fact>> = runs.iter().map(all).collect();
    let mut names: Vec<&'static str> = Vec::new();
    for (name, _) in found.iter().flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let (mut shared, mut own) = (Vec::new(), Vec::new());
    for name in names {
        let values: Vec<&str> = found
            .iter()
            .map(|facts| {
                let fact = facts.iter().find(|(known, _)| *known == name);
                fact.map_or("–", |(_, text)| text.as_str())
            })
            .collect();
        let (is_shared, first) = match values.split_first() {
            Some((first, others)) => (others.iter().all(|other| other == first), *first),
            None => continue,
        };
        let cells = |values: &[&str]| values.iter().map(|text| Cell::from(*text)).collect();
        let row = Row {
            name: name.to_owned(),
            cells: if is_shared {
                cells(&[first])
            } else {
                cells(&values)
            },
        };
        if is_shared {
            shared.push(row);
        } else {
            own.push(row);
        }
    }
    if let Some(reached) = measures::reached(runs) {
        own.push(Row {
            name: "as low as the first".to_owned(),
            cells: reached.into_iter().map(Cell::from).collect(),
        });
    }
    let own = Table {
        corner: "run".to_owned(),
        headings: headings.to_vec(),
        rows: own,
        is_numeric: false,
    };
    let shared = Table {
        rows: shared,
        ..Table::default()
    };
    (shared, (!own.rows.is_empty()).then(|| own.upright()))
}
