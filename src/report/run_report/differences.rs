//! What differs between runs, and what it did to the losses: two tables. Pure; any thread.

use super::curves;
use super::facts;
use super::material::Material;
use super::measures;
use super::table::{Cell, Row, Table};
use crate::engine::message::TermKind;
use crate::preset;
use crate::record::figure;
use crate::record::folder::metrics::Row as LossRow;

/// What stands for what is not there.
const ABSENT: &str = "–";

/// Every field of the presets, and everything else that goes into a run, that is not the same in all of them;
/// marked where it is not as in the first.
pub(super) fn settings(runs: &[Material], names: &[String]) -> Option<Table> {
    let mut rows: Vec<Row> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    let base = runs.first()?.preset.as_ref();
    for run in runs {
        let (Some(base), Some(preset)) = (base, &run.preset) else {
            continue;
        };
        for change in preset::diff(base, preset) {
            if !keys.contains(&change.key) {
                keys.push(change.key);
            }
        }
    }
    let values: Vec<Vec<(String, String)>> = runs
        .iter()
        .map(|run| run.preset.as_ref().map(preset::values).unwrap_or_default())
        .collect();
    for key in keys {
        let value = |values: &Vec<(String, String)>| {
            let found = values.iter().find(|(known, _)| *known == key);
            found.map_or_else(|| ABSENT.to_owned(), |(_, value)| value.clone())
        };
        rows.push(compared(&key, values.iter().map(value)));
    }
    for (name, values) in facts::that_may_differ(runs) {
        if values.iter().any(|value| Some(value) != values.first()) {
            rows.push(compared(name, values.into_iter()));
        }
    }
    (!rows.is_empty()).then(|| {
        Table {
            corner: "what differs".to_owned(),
            headings: headings(names),
            rows,
            is_numeric: false,
        }
        .upright()
    })
}

/// The losses at the last step that all runs have, without their weights.
pub(super) fn losses(runs: &[Material], names: &[String]) -> Option<(u64, Table)> {
    let step = runs
        .iter()
        .filter_map(|run| run.metrics.rows.last().map(|row| row.step))
        .min()?;
    let at: Vec<Option<&LossRow>> = runs
        .iter()
        .map(|run| {
            let place = run.metrics.rows.binary_search_by_key(&step, |row| row.step);
            place.ok().and_then(|place| run.metrics.rows.get(place))
        })
        .collect();
    let all: Vec<&Material> = runs.iter().collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |name: String, value: &dyn Fn(&Material, &LossRow) -> Option<f64>| {
        let found: Vec<Option<f64>> = runs
            .iter()
            .zip(&at)
            .map(|(run, row)| value(run, (*row)?))
            .collect();
        // What only one run has cannot be compared, but that it has it is worth knowing.
        if found.iter().flatten().any(|value| *value != 0.0) {
            let least = found
                .iter()
                .flatten()
                .copied()
                .fold(f64::INFINITY, f64::min);
            let has_several = found.iter().flatten().count() > 1;
            let cells = found.iter().map(|value| Cell {
                text: value.map_or_else(|| ABSENT.to_owned(), figure::loss),
                is_marked: has_several && *value == Some(least),
            });
            rows.push(Row {
                name,
                cells: cells.collect(),
            });
        }
    };
    for (kind, name) in [
        (TermKind::Style, "style, all layers"),
        (TermKind::Content, "content, all layers"),
    ] {
        if measures::are_alike(&all, kind) {
            add(name.to_owned(), &|run, row| curves::sum(run, row, kind));
        }
    }
    for term in curves::terms(&all) {
        add(term.to_string(), &|run, row| {
            curves::unweighted(run, row, &term)
        });
    }
    let table = Table {
        corner: "loss without its weight".to_owned(),
        headings: headings(names),
        rows,
        is_numeric: true,
    };
    Some((step, table.upright()))
}

pub(super) fn headings(names: &[String]) -> Vec<String> {
    let numbered = |(index, name): (usize, &String)| format!("{} {name}", index + 1);
    names.iter().enumerate().map(numbered).collect()
}

fn compared(name: &str, values: impl Iterator<Item = String>) -> Row {
    let mut first: Option<String> = None;
    let cells = values.map(|text| {
        let first = first.get_or_insert_with(|| text.clone());
        Cell {
            is_marked: text != *first,
            text,
        }
    });
    Row {
        name: name.to_owned(),
        cells: cells.collect(),
    }
}
