//! What a report says, before anybody sets it as HTML or as one picture. Pure but for the two pictures that the
//! runs were made of, which are read; any thread.

use std::sync::Arc;

use image::RgbImage;

use super::again::{self, Command};
use super::curves::{self, Charts};
use super::material::{self, Material};
use super::table::Table;
use super::{cards, differences, facts, measures};
use crate::preset;
use crate::preset::visible::{visible, visible_source};
use crate::record::chart::Marker;
use crate::record::folder::description::{Description, Input};
use crate::report::ink::Ink;

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
            title: cards::title(runs),
            summary: cards::summary(runs),
            inputs: inputs(runs),
            runs: runs
                .iter()
                .enumerate()
                .map(|(index, run)| cards::card(runs, index, run, &headings))
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

/// The content and style pictures and their masks that can still be shown, each once.
fn inputs(runs: &[Material]) -> Vec<Shown> {
    let mut known: Vec<&Input> = Vec::new();
    let mut shown = Vec::new();
    for (what, of) in [
        (
            "content",
            (|run| vec![&run.content]) as fn(&Description) -> Vec<&Input>,
        ),
        ("style", |run| run.styles().collect()),
        ("content mask", |run| run.more.content_mask.iter().collect()),
        ("style mask", |run| run.more.style_masks.iter().collect()),
    ] {
        for input in runs.iter().flat_map(|run| of(&run.description)) {
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
