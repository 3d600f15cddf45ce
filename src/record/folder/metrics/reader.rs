//! Reads `metrics.csv`, also while it grows and after its writer was killed. Any thread.

use std::io;
use std::path::Path;

use super::{FIRST_COLUMNS, Row, UNWEIGHTED, WEIGHT, blocks, term_of};
use crate::engine::message::{LossBlock, LossTerm, TermKind};
use crate::preset::plain_file;

/// Longer files are not read: a run of a million steps with ten terms has half of it.
const MOST_BYTES: u64 = 1 << 30;

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
        let bytes = plain_file::read(path, MOST_BYTES)?;
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
        let columns = Columns::of(file.headers()?)?;
        let mut rows = Vec::new();
        let mut broken = None;
        for record in file.records() {
            match whole_row(record, &columns) {
                Ok(row) => rows.push(row),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        let terms = columns.terms();
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

    /// The losses of the steps before `step` on the way to the last row, as the worker said them of `candidate`.
    pub fn losses_before(&self, step: u64, candidate: usize) -> Vec<LossBlock> {
        let rows: Vec<Row> = self
            .way()
            .into_iter()
            .filter(|row| row.step < step)
            .cloned()
            .collect();
        blocks(candidate, &self.terms, &rows)
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

fn whole_row(record: csv::Result<csv::StringRecord>, columns: &Columns) -> io::Result<Row> {
    let record = record?;
    let line = record.position().map_or(0, csv::Position::line);
    columns
        .row(&record)
        .ok_or_else(|| invalid(&format!("line {line} is not a row of losses")))
}

/// Which column holds what.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// Every term, and the places of its value and its weight.
    found: Vec<(LossTerm, usize, usize)>,
}

impl Columns {
    /// As the first line names them.
    pub(super) fn of(names: &csv::StringRecord) -> io::Result<Self> {
        if !names.iter().take(FIRST_COLUMNS.len()).eq(FIRST_COLUMNS) {
            return Err(invalid("these are not the losses of a run"));
        }
        let place = |prefix: &str, name: &str| {
            let wanted = format!("{prefix}{name}");
            names.iter().position(|column| column == wanted)
        };
        let found = names.iter().filter_map(|column| {
            let name = column.strip_prefix(UNWEIGHTED)?;
            let term = term_of(name)?;
            Some((term, place(UNWEIGHTED, name)?, place(WEIGHT, name)?))
        });
        Ok(Self {
            found: found.collect(),
        })
    }

    pub(super) fn terms(&self) -> Vec<LossTerm> {
        self.found.iter().map(|(term, _, _)| term.clone()).collect()
    }

    /// `None` where the line is no row.
    pub(super) fn row(&self, record: &csv::StringRecord) -> Option<Row> {
        let cell = |value: usize, weight: usize| {
            let value = record.get(value)?.parse().ok()?;
            Some((value, record.get(weight)?.parse().ok()?))
        };
        Some(Row {
            branch: record.get(0)?.parse().ok()?,
            // There is always a next one.
            step: record
                .get(1)?
                .parse()
                .ok()
                .filter(|step| *step < u64::MAX)?,
            seconds: record.get(2)?.parse().ok()?,
            total: record.get(3)?.parse().ok()?,
            terms: self
                .found
                .iter()
                .map(|(_, value, weight)| cell(*value, *weight))
                .collect(),
        })
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
