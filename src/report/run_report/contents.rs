//! What a report says, before anybody sets it as HTML or as one picture. Pure but for the two pictures that the
//! runs were made of, which are read; any thread.

use std::sync::Arc;

use image::RgbImage;

use super::again::{self, Command};
use super::curves::{self, Charts};
use super::material::{self, Material};
use super::table::Table;
use super::{differences, facts, measures};
use crate::preset;
use crate::preset::visible::{visible, visible_source};
use crate::record::chart::Marker;
use crate::record::figure;
use crate::record::folder::description::{Input, State};
use crate::report::ink::{self, Ink};

/// All of it, safe to be shown: no text holds a control character.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) title: String,
    /// Facts in a few words each.
    pub(super) summary: Vec<String>,
    pub(super) inputs: Vec<Shown>,
    pub(super) runs: Vec<Card>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
    pub(super) charts: Charts,
    pub(super) changes: Vec<Change>,
    pub(super) strips: Vec<Strip>,
    pub(super) settings: Option<Table>,
    /// And the step they are of.
    pub(super) losses: Option<(u64, Table)>,
    /// The whole preset of the first run, table by table.
    pub(super) parameters: Vec<(String, Vec<(String, String)>)>,
    pub(super) shared_facts: Table,
    pub(super) own_facts: Option<Table>,
    pub(super) again: Vec<Command>,
    /// What each is called, and its text.
    pub(super) presets: Vec<(String, String)>,
    /// Which program made the report, and when.
    pub(super) made: String,
}

/// A picture and what it is.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) what: String,
    pub(super) name: String,
    pub(super) picture: Arc<RgbImage>,
}

/// A run on the contact sheet.
#[derive(Debug)]
pub(super) struct Card {
    /// Its number, where there are several, and its name.
    pub(super) heading: String,
    /// What its curves are drawn in, where there are several.
    pub(super) ink: Option<(Ink, bool)>,
    pub(super) picture: Option<Arc<RgbImage>>,
    pub(super) lines: Vec<String>,
    /// What differs from the first.
    pub(super) differences: Vec<String>,
    pub(super) alt: String,
}

/// A preset changed on the way.
#[derive(Debug)]
pub(super) struct Change {
    /// As in the charts; `None` where several runs share them.
    pub(super) number: Option<usize>,
    /// Whose, where there are several runs.
    pub(super) run: Option<String>,
    pub(super) step: u64,
    pub(super) fields: Vec<String>,
}

/// A run's pictures on the way.
#[derive(Debug)]
pub(super) struct Strip {
    /// Whose, where there are several runs.
    pub(super) run: Option<String>,
    pub(super) frames: Vec<(u64, Arc<RgbImage>)>,
    pub(super) count: usize,
}

/// So many differences stand below a picture.
const MOST_DIFFERENCES: usize = 6;

impl Contents {
    /// `notes` come before those of the runs; `made` says who made it, and when.
    pub(super) fn new(
        runs: &[Material],
        names: &[String],
        mut notes: Vec<String>,
        made: String,
    ) -> Self {
        let is_single = runs.len() == 1;
        let headings = differences::headings(names);
        let (changes, markers) = changes(runs, &headings);
        let charts = match runs {
            [run] => curves::of_one(run, &markers),
            runs => curves::of_several(runs, names),
        };
        let (shared_facts, own_facts) = facts::tables(runs, &headings);
        for (run, heading) in runs.iter().zip(&headings) {
            let of = |note: &String| {
                if is_single {
                    note.clone()
                } else {
                    format!("{heading}: {note}")
                }
            };
            notes.extend(run.notes.iter().map(of));
        }
        if !is_single {
            notes.extend(measures::warnings(runs));
        }
        let preset_name = |heading: &String| {
            if is_single {
                "preset.toml".to_owned()
            } else {
                heading.clone()
            }
        };
        Self {
            title: title(runs),
            summary: summary(runs),
            inputs: inputs(runs),
            runs: runs
                .iter()
                .enumerate()
                .map(|(index, run)| card(runs, index, run, &headings))
                .collect(),
            notes,
            charts,
            changes,
            strips: strips(runs, &headings),
            settings: if is_single {
                None
            } else {
                differences::settings(runs, names)
            },
            losses: if is_single {
                None
            } else {
                differences::losses(runs, names)
            },
            parameters: runs.first().map(parameters).unwrap_or_default(),
            shared_facts,
            own_facts,
            again: again::commands(runs, &headings),
            presets: runs
                .iter()
                .zip(&headings)
                .filter(|(run, _)| !run.preset_text.is_empty())
                .map(|(run, heading)| (preset_name(heading), visible_source(&run.preset_text)))
                .collect(),
            made,
        }
    }
}

fn title(runs: &[Material]) -> String {
    let name = |input: fn(&Material) -> &Input| {
        let mut names: Vec<String> = runs
            .iter()
            .map(|run| visible(&facts::name(input(run))))
            .collect();
        names.dedup();
        match &names[..] {
            [name] => Some(name.clone()),
            _ => None,
        }
    };
    match (
        name(|run| &run.description.content),
        name(|run| &run.description.style),
    ) {
        (Some(content), Some(style)) => format!("{content} in the style of {style}"),
        (Some(content), None) => format!("{content} in several styles"),
        (None, Some(style)) => format!("Several pictures in the style of {style}"),
        (None, None) => format!("{} runs", runs.len()),
    }
}

fn summary(runs: &[Material]) -> Vec<String> {
    let Some(first) = runs.first() else {
        return Vec::new();
    };
    let description = &first.description;
    let mut summary = Vec::new();
    if runs.len() == 1 {
        summary.push(format!("preset {}", visible(&description.preset)));
        summary.push(facts::size(description));
        summary.push(progress(first));
        summary.push(facts::device(description));
        if let Some(failure) = &description.failure {
            summary.push(visible(failure));
        }
    } else {
        summary.push(format!("{} runs side by side", runs.len()));
        let sizes: Vec<String> = runs
            .iter()
            .map(|run| facts::size(&run.description))
            .collect();
        if sizes.iter().all(|size| Some(size) == sizes.first()) {
            summary.extend(sizes.into_iter().next());
        }
    }
    summary.push(facts::local(description.began));
    summary.retain(|text| !text.is_empty());
    summary
}

/// `200 steps in 19 s, completed`
fn progress(run: &Material) -> String {
    let (made, description) = (run.steps_made(), &run.description);
    let mut text = match description.steps {
        Some(steps) if steps != made => format!("{made} of {steps} steps"),
        _ => figure::steps(made),
    };
    if run.seconds() > 0.0 {
        text = format!("{text} in {}", figure::elapsed(run.seconds()));
    }
    match description.state {
        State::Completed => text,
        State::Running => format!("{text} so far"),
        other => format!("{text}, {}", other.in_words()),
    }
}

/// The content and style pictures that can still be shown, each once.
fn inputs(runs: &[Material]) -> Vec<Shown> {
    let mut known: Vec<&Input> = Vec::new();
    let mut shown = Vec::new();
    for (what, of) in [
        (
            "content",
            (|run| &run.description.content) as fn(&Material) -> &Input,
        ),
        ("style", |run| &run.description.style),
    ] {
        for run in runs {
            let input = of(run);
            if known.contains(&input) {
                continue;
            }
            known.push(input);
            if let Some(picture) = material::input(input) {
                shown.push(Shown {
                    what: what.to_owned(),
                    name: visible(&facts::name(input)),
                    picture,
                });
            }
        }
    }
    shown
}

fn card(runs: &[Material], index: usize, run: &Material, headings: &[String]) -> Card {
    let is_single = runs.len() == 1;
    let mut lines = Vec::new();
    if !is_single {
        lines.push(progress(run));
    }
    let last = run.metrics.rows.last();
    let mut losses: Vec<String> = Vec::new();
    if let Some(row) = last {
        use crate::engine::message::TermKind::{Content, Style};
        if is_single {
            losses.push(format!("loss {}", figure::loss(row.total)));
        }
        let all: Vec<&Material> = runs.iter().collect();
        for (kind, name) in [(Style, "style"), (Content, "content")] {
            if !measures::are_alike(&all, kind) {
                continue;
            }
            if let Some(sum) = curves::sum(run, row, kind) {
                let weight = if is_single { " without weight" } else { "" };
                losses.push(format!("{name} {}{weight}", figure::loss(sum)));
            }
        }
    }
    lines.push(losses.join(" · "));
    match &run.picture {
        Some(newest) if !newest.is_result => {
            lines.push(format!("picture after {}", figure::steps(newest.step)));
        }
        Some(_) => {}
        None => lines.push("no picture yet".to_owned()),
    }
    if let Some(failure) = run.description.failure.as_ref().filter(|_| !is_single) {
        lines.push(visible(failure));
    }
    lines.retain(|line| !line.is_empty());
    let heading = if is_single {
        visible(
            run.description
                .label
                .as_ref()
                .unwrap_or(&run.description.preset),
        )
    } else {
        headings.get(index).cloned().unwrap_or_default()
    };
    Card {
        alt: format!("Picture of {heading}, {}", progress(run)),
        heading,
        ink: (!is_single).then(|| ink::of_run(index)),
        picture: run
            .picture
            .as_ref()
            .map(|newest| Arc::clone(&newest.picture)),
        lines,
        differences: match runs.first().filter(|_| index > 0) {
            Some(first) => differences_from(first, run),
            None => Vec::new(),
        },
    }
}

fn differences_from(first: &Material, run: &Material) -> Vec<String> {
    let mut found: Vec<String> = match (&first.preset, &run.preset) {
        (Some(first), Some(preset)) => preset::diff(first, preset)
            .into_iter()
            // Texts that are long and mean little by themselves; the table has them.
            .filter(|change| !matches!(change.key.as_str(), "description" | "network.weights"))
            .map(|change| format!("{} {} → {}", change.key, change.old, change.new))
            .collect(),
        _ => Vec::new(),
    };
    if found.len() > MOST_DIFFERENCES {
        let more = found.len() - (MOST_DIFFERENCES - 1);
        found.truncate(MOST_DIFFERENCES - 1);
        found.push(format!("and {more} more"));
    }
    found
}

fn changes(runs: &[Material], headings: &[String]) -> (Vec<Change>, Vec<Marker>) {
    let is_single = runs.len() == 1;
    let mut changes = Vec::new();
    let mut markers = Vec::new();
    for (run, heading) in runs.iter().zip(headings) {
        for change in &run.changes {
            let number = changes.len() + 1;
            markers.push(Marker {
                step: change.step,
                number,
            });
            changes.push(Change {
                number: is_single.then_some(number),
                run: (!is_single).then(|| heading.clone()),
                step: change.step,
                fields: change.fields.clone(),
            });
        }
    }
    (changes, markers)
}

fn strips(runs: &[Material], headings: &[String]) -> Vec<Strip> {
    runs.iter()
        .zip(headings)
        .filter(|(run, _)| !run.snapshots.is_empty())
        .map(|(run, heading)| Strip {
            run: (runs.len() > 1).then(|| heading.clone()),
            frames: run.snapshots.clone(),
            count: run.all_snapshots,
        })
        .collect()
}

/// Every field of the preset, by the table it is in.
fn parameters(run: &Material) -> Vec<(String, Vec<(String, String)>)> {
    let mut tables: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for (key, value) in run.preset.as_ref().map(preset::values).unwrap_or_default() {
        let (table, name) = key.split_once('.').unwrap_or(("", &key));
        match tables.last_mut().filter(|(known, _)| known == table) {
            Some((_, fields)) => fields.push((name.to_owned(), value)),
            None if table.is_empty() => {}
            None => tables.push((table.to_owned(), vec![(name.to_owned(), value)])),
        }
    }
    tables
}
