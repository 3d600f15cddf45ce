//! Reads `metrics.csv`, also while it grows and after its writer was killed. Any thread.

use std::io;
use std::path::Path;

use super::{FIRST_COLUMNS, Row, UNWEIGHTED, WEIGHT, term_of};
use crate::engine::message::{LossTerm, TermKind};

/// All rows of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Every term that was ever part of the loss.
    pub terms: Vec<LossTerm>,
    /// In the order in which they were made.
    pub rows: Vec<Row>,
}

impl Metrics {
    /// All whole rows of the file.
    ///
    /// # Errors
    /// Where it cannot be read, or is another kind of file; a line that cannot be understood is named.
    pub fn read(path: &Path) -> io::Result<Self> {
        match Self::read_sound(path)? {
            (metrics, None) => Ok(metrics),
            (_, Some(error)) => Err(error),
        }
    }

    /// The whole rows before the first line that cannot be understood, and what is wrong with that one.
    ///
    /// # Errors
    /// Where the file cannot be read, or is another kind of file.
    pub fn read_sound(path: &Path) -> io::Result<(Self, Option<io::Error>)> {
        let bytes = std::fs::read(path)?;
        // The last line may still be on its way.
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        Self::parse(
            bytes
                .get(..end.map_or(0, |end| end + 1))
                .unwrap_or_default(),
        )
    }

    fn parse(text: &[u8]) -> io::Result<(Self, Option<io::Error>)> {
        let mut file = csv::Reader::from_reader(text);
        let columns: Vec<String> = file.headers()?.iter().map(str::to_owned).collect();
        let first = FIRST_COLUMNS.len();
        if !columns
            .iter()
            .map(String::as_str)
            .take(first)
            .eq(FIRST_COLUMNS)
        {
            return Err(invalid("these are not the losses of a run"));
        }
        let place = |prefix: &str, name: &str| {
            let wanted = format!("{prefix}{name}");
            columns.iter().position(|column| *column == wanted)
        };
        let found: Vec<(LossTerm, usize, usize)> = columns
            .iter()
            .filter_map(|column| {
                let name = column.strip_prefix(UNWEIGHTED)?;
                let term = term_of(name)?;
                Some((term, place(UNWEIGHTED, name)?, place(WEIGHT, name)?))
            })
            .collect();
        let mut rows = Vec::new();
        let mut broken = None;
        for record in file.records() {
            match whole_row(record, &found) {
                Ok(row) => rows.push(row),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        let terms = found.into_iter().map(|(term, _, _)| term).collect();
        Ok((Self { terms, rows }, broken))
    }

    /// The rows that led to the last one: of every earlier branch those before the later one began.
    pub fn way(&self) -> Vec<&Row> {
        let mut way: Vec<&Row> = Vec::new();
        for row in &self.rows {
            if way.last().is_some_and(|last| last.branch != row.branch) {
                while way.last().is_some_and(|last| last.step >= row.step) {
                    way.pop();
                }
            }
            way.push(row);
        }
        way
    }

    /// The unweighted sum of a row's terms of one kind, which can be compared with that of another run.
    pub fn unweighted(&self, row: &Row, kind: TermKind) -> f64 {
        let cells = self.terms.iter().zip(&row.terms);
        cells
            .filter(|(term, _)| term.kind == kind)
            .filter_map(|(_, cell)| cell.map(|(value, _)| f64::from(value)))
            .sum()
    }
}

fn whole_row(
    record: csv::Result<csv::StringRecord>,
    terms: &[(LossTerm, usize, usize)],
) -> io::Result<Row> {
    let record = record?;
    let line = record.position().map_or(0, csv::Position::line);
    row(&record, terms).ok_or_else(|| invalid(&format!("line {line} is not a row of losses")))
}

fn row(record: &csv::StringRecord, terms: &[(LossTerm, usize, usize)]) -> Option<Row> {
    let cell = |value: usize, weight: usize| {
        let value = record.get(value)?.parse().ok()?;
        Some((value, record.get(weight)?.parse().ok()?))
    };
    Some(Row {
        branch: record.get(0)?.parse().ok()?,
        step: record.get(1)?.parse().ok()?,
        seconds: record.get(2)?.parse().ok()?,
        total: record.get(3)?.parse().ok()?,
        terms: terms
            .iter()
            .map(|(_, value, weight)| cell(*value, *weight))
            .collect(),
    })
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
