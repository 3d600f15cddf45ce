//! `stylescope runs diff`: the fields that differ between two runs, and what they did to the losses. Main thread.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::command::table::Table;
use crate::command::{Failure, output};
use crate::engine::message::{LossTerm, TermKind};
use crate::preset::visible::visible;
use crate::preset::{self, Change, LARGEST_FILE, ORDINALS, Preset, plain_file};
use crate::record::figure;
use crate::record::folder::description::{Description, Input};
use crate::record::folder::inventory::Kept;
use crate::record::folder::metrics::{Metrics, Row, term_name};

/// Something outside the preset that differs.
struct Outside {
    name: String,
    one: String,
    other: String,
}

/// The same loss in both runs, without its weight.
struct Compared {
    name: String,
    one: f64,
    other: f64,
}

impl Compared {
    fn ratio(&self) -> f64 {
        self.other / self.one
    }
}

pub(super) fn execute(one: &Kept, other: &Kept, as_json: bool) -> Result<ExitCode, Failure> {
    let changes = preset::diff(&preset_of(one)?, &preset_of(other)?);
    let others = others(&one.description, &other.description);
    let (step, compared) = compared(&metrics_of(one)?, &metrics_of(other)?);
    if as_json {
        output::json_line(&object(one, other, &changes, &others, step, &compared))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (letter, kept) in [("A", one), ("B", other)] {
        let run = &kept.description;
        output::line(format!(
            "{letter}  {}  {}, {}, {}",
            visible(&kept.folder.name()),
            visible(&run.preset),
            run.state.in_words(),
            figure::steps(super::progress(kept).0),
        ))?;
    }
    output::line("")?;
    if changes.is_empty() && others.is_empty() {
        output::line("nothing differs but what happened by chance")?;
    } else {
        let mut table = Table::new(["", "A", "B"]);
        for change in &changes {
            table.add([&change.key, &change.old, &change.new].map(|text| visible(text)));
        }
        for Outside { name, one, other } in &others {
            table.add([name.clone(), visible(one), visible(other)]);
        }
        table.print()?;
    }
    output::line("")?;
    match step {
        Some(step) => {
            output::line(format!(
                "losses without their weights, at step {step}, the last that both have:"
            ))?;
            let mut table = Table::new(["", "A", "B", "B/A"]);
            for compared in &compared {
                table.add([
                    compared.name.clone(),
                    figure::loss(compared.one),
                    figure::loss(compared.other),
                    format!("{:.2}", compared.ratio()),
                ]);
            }
            table.align_right(&[1, 2, 3]);
            table.print()?;
        }
        None => output::line("they have no step in common whose losses could be compared")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn preset_of(kept: &Kept) -> Result<Preset, Failure> {
    let path = kept.folder.preset();
    let shown = path.display().to_string();
    let text = plain_file::read_text(&path, LARGEST_FILE)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", visible(&shown))))?;
    Ok(preset::from_toml(&text, &shown)?)
}

fn metrics_of(kept: &Kept) -> Result<Metrics, Failure> {
    let path = kept.folder.metrics();
    match Metrics::read(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let shown = visible(&path.display().to_string());
            Err(Failure::new(format!("cannot read {shown}: {error}")))
        }
        // It never made a step.
        metrics => Ok(metrics.unwrap_or_default()),
    }
}

fn others(one: &Description, other: &Description) -> Vec<Outside> {
    let file = |input: &Input| match input.sha256.as_ref().and_then(|digest| digest.get(..12)) {
        Some(digest) => format!("{} ({digest})", input.name),
        None => input.name.clone(),
    };
    let is_same = |one: &Input, other: &Input| match (&one.sha256, &other.sha256) {
        (Some(one), Some(other)) => one == other,
        _ => one.name == other.name,
    };
    let mut others = Vec::new();
    let mut add =
        |name: String, one: String, other: String| others.push(Outside { name, one, other });
    for (name, one, other) in [
        ("content picture", &one.content, &other.content),
        ("style picture", &one.style, &other.style),
    ] {
        if !is_same(one, other) {
            add(name.to_owned(), file(one), file(other));
        }
    }
    for (name, one, other) in optional(one, other) {
        let same = match (one, other) {
            (Some(one), Some(other)) => is_same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        if !same {
            let words = |input: Option<&Input>| input.map_or("none".to_owned(), file);
            add(name, words(one), words(other));
        }
    }
    let device = |run: &Description| run.device.clone().unwrap_or_default();
    for (name, one, other) in [
        ("device", device(one), device(other)),
        ("libtorch", one.libtorch.clone(), other.libtorch.clone()),
        ("program", one.program.clone(), other.program.clone()),
    ] {
        if one != other {
            add(name.to_owned(), one, other);
        }
    }
    others
}

/// What a run may have or not, of both.
fn optional<'a>(
    one: &'a Description,
    other: &'a Description,
) -> Vec<(String, Option<&'a Input>, Option<&'a Input>)> {
    let runs = [one, other];
    let mut all = Vec::new();
    let mut add = |name: String, of: &dyn Fn(&'a Description) -> Option<&'a Input>| {
        let [one, other] = runs.map(of);
        all.push((name, one, other));
    };
    for (index, ordinal) in ORDINALS.iter().enumerate().skip(1) {
        let name = format!("{ordinal} style picture");
        add(name, &|run| run.more.more_styles.get(index - 1));
    }
    add("content mask".to_owned(), &|run| {
        run.more.content_mask.as_ref()
    });
    for (index, ordinal) in ORDINALS.iter().enumerate() {
        let name = format!("{ordinal} style mask");
        add(name, &|run| run.more.style_masks.get(index));
    }
    add("weights".to_owned(), &|run| run.weights.as_ref());
    add("first picture".to_owned(), &|run| run.init.as_ref());
    all
}

/// The last step that both ways have, and every loss that both have there.
fn compared(one: &Metrics, other: &Metrics) -> (Option<u64>, Vec<Compared>) {
    let (way, other_way) = (one.way(), other.way());
    let common = way.iter().rev().find_map(|row| {
        let same = other_way.iter().rfind(|other| other.step == row.step)?;
        Some((*row, *same))
    });
    let Some((row, other_row)) = common else {
        return (None, Vec::new());
    };
    let mut found = Vec::new();
    for (name, kind) in [("content", TermKind::Content), ("style", TermKind::Style)] {
        // A sum over other layers says nothing beside this one.
        if layers(one, row, kind) != layers(other, other_row, kind) {
            continue;
        }
        let sums = (one.unweighted(row, kind), other.unweighted(other_row, kind));
        found.push(Compared {
            name: format!("{name}, all layers"),
            one: sums.0,
            other: sums.1,
        });
    }
    for term in &one.terms {
        if let (Some(one), Some(other)) = (value(one, row, term), value(other, other_row, term)) {
            found.push(Compared {
                name: term_name(term),
                one,
                other,
            });
        }
    }
    (Some(row.step), found)
}

/// The layers at which a row has losses of `kind`, sorted.
fn layers<'a>(metrics: &'a Metrics, row: &Row, kind: TermKind) -> Vec<&'a Option<String>> {
    let cells = metrics.terms.iter().zip(&row.terms);
    let mut layers: Vec<&Option<String>> = cells
        .filter(|(term, cell)| term.kind == kind && cell.is_some())
        .map(|(term, _)| &term.layer)
        .collect();
    layers.sort();
    layers
}

fn value(metrics: &Metrics, row: &Row, term: &LossTerm) -> Option<f64> {
    let place = metrics.terms.iter().position(|known| known == term)?;
    let (value, _) = (*row.terms.get(place)?)?;
    Some(f64::from(value))
}

fn object(
    one: &Kept,
    other: &Kept,
    changes: &[Change],
    others: &[Outside],
    step: Option<u64>,
    compared: &[Compared],
) -> Value {
    let fields: Vec<Value> = changes
        .iter()
        .map(|change| json!({ "field": change.key, "a": change.old, "b": change.new }))
        .chain(
            others
                .iter()
                .map(|other| json!({ "field": other.name, "a": other.one, "b": other.other })),
        )
        .collect();
    let losses: Vec<Value> = compared
        .iter()
        .map(|loss| json!({ "name": loss.name, "a": loss.one, "b": loss.other, "ratio": loss.ratio() }))
        .collect();
    json!({
        "a": one.folder.name(),
        "b": other.folder.name(),
        "fields": fields,
        "step": step,
        "unweighted_losses": losses,
    })
}
