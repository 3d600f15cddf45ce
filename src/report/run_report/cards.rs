//! What stands above a report, and below each picture on its contact sheet. Pure; any thread.

use std::sync::Arc;

use super::contents::Card;
use super::curves;
use super::facts;
use super::material::Material;
use super::measures;
use crate::engine::message::TermKind::{Content, Style};
use crate::preset;
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::description::{Description, Input, State};
use crate::report::ink;

/// So many differences stand below a picture.
const MOST_DIFFERENCES: usize = 6;

pub(super) fn title(runs: &[Material]) -> String {
    let name = |inputs: fn(&Description) -> Vec<&Input>| {
        let mut names: Vec<String> = runs
            .iter()
            .map(|run| {
                let inputs = inputs(&run.description).into_iter();
                let names: Vec<String> = inputs.map(|input| visible(&facts::name(input))).collect();
                figure::listed(&names)
            })
            .collect();
        names.dedup();
        match &names[..] {
            [name] => Some(name.clone()),
            _ => None,
        }
    };
    match (
        name(|run| vec![&run.content]),
        name(|run| run.styles().collect()),
    ) {
        (Some(content), Some(style)) => format!("{content} in the style of {style}"),
        (Some(content), None) => format!("{content} in several styles"),
        (None, Some(style)) => format!("Several pictures in the style of {style}"),
        (None, None) => format!("{} runs", runs.len()),
    }
}

pub(super) fn summary(runs: &[Material]) -> Vec<String> {
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

pub(super) fn card(runs: &[Material], index: usize, run: &Material, headings: &[String]) -> Card {
    let is_single = runs.len() == 1;
    let mut lines = Vec::new();
    if !is_single {
        lines.push(progress(run));
    }
    let last = run.metrics.rows.last();
    let mut losses: Vec<String> = Vec::new();
    if let Some(row) = last {
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
