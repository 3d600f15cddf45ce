//! Puts rows at the end of `metrics.csv`. Whoever records runs it.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use super::{FIRST_COLUMNS, Metrics, Row, UNWEIGHTED, WEIGHT, term_name};
use crate::engine::message::{LossBlock, LossTerm, TermKind};
use crate::record::folder::growing::GrowingFile;
use crate::record::folder::replace::replace;

/// While nothing can be written, so much waits in memory: the losses of hours, or of half a million steps with ten
/// terms. What comes after that is left out of the file.
const MOST_WAITING_BYTES: usize = 64 << 20;

/// The file, and what waits for it.
#[derive(Debug)]
pub struct MetricsWriter {
    file: GrowingFile,
    candidate: usize,
    terms: Vec<LossTerm>,
    /// What is not in the file yet.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
}

/// A block of losses on its way into the file.
#[derive(Debug)]
struct Waiting {
    block: LossBlock,
    branch: u32,
    seconds_before: f64,
}

impl Waiting {
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.block.values.as_slice())
    }
}

impl MetricsWriter {
    /// A file for the rows of `candidate`, which is made with the first of them.
    pub fn new(path: PathBuf, candidate: usize) -> Self {
        Self {
            file: GrowingFile::new(path, 0),
            candidate,
            terms: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    /// The same for a file in which a run was recorded before, with the last of its rows. Half a row at its end is
    /// taken away; a file that is not there is made.
    ///
    /// # Errors
    /// The file system's, and where what is there are not the losses of a run.
    pub fn go_on(path: PathBuf, candidate: usize) -> io::Result<(Self, Option<Row>)> {
        let mut file = GrowingFile::go_on(path)?;
        if file.is_empty() {
            return Ok((Self::new(file.path().to_owned(), candidate), None));
        }
        let (mut metrics, broken) = Metrics::read_sound(file.path())?;
        if broken.is_some() {
            // Nobody would ever read what came behind a line that cannot be understood.
            let text = whole(&metrics.terms, &metrics)?;
            replace(file.path(), &text)?;
            file = GrowingFile::new(file.path().to_owned(), text.len() as u64);
        }
        let last = metrics.rows.pop();
        let writer = Self {
            file,
            candidate,
            terms: metrics.terms,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        };
        Ok((writer, last))
    }

    /// The rows of `block`, the first of which was made after `seconds_before`.
    ///
    /// # Errors
    /// The file system's; the rows are kept, and written with the next ones.
    pub fn add(&mut self, block: LossBlock, branch: u32, seconds_before: f64) -> io::Result<()> {
        let waiting = Waiting {
            block,
            branch,
            seconds_before,
        };
        if self.waiting_bytes < MOST_WAITING_BYTES {
            self.waiting_bytes += waiting.bytes();
            self.waiting.push_back(waiting);
        }
        self.flush()
    }

    /// Has the disk take everything.
    ///
    /// # Errors
    /// The file system's; what could not be written is kept.
    pub fn sync(&mut self) -> io::Result<()> {
        let synced = self.file.sync();
        self.flush()?;
        synced
    }

    #[cfg(test)]
    pub(super) fn waiting_blocks(&self) -> usize {
        self.waiting.len()
    }

    fn flush(&mut self) -> io::Result<()> {
        while let Some(next) = self.waiting.pop_front() {
            let result = self
                .make_room(&next.block.terms)
                .and_then(|()| lines(&next, &self.terms, self.candidate))
                .and_then(|lines| self.file.append(&lines));
            if let Err(error) = result {
                self.waiting.push_front(next);
                return Err(error);
            }
            self.waiting_bytes = self.waiting_bytes.saturating_sub(next.bytes());
        }
        Ok(())
    }

    /// Where there are terms without columns, the file is written anew with columns for all.
    fn make_room(&mut self, more: &[LossTerm]) -> io::Result<()> {
        let mut terms = self.terms.clone();
        terms.extend(
            more.iter()
                .filter(|term| !self.terms.contains(term))
                .cloned(),
        );
        if terms.len() == self.terms.len() && !self.file.is_empty() {
            return Ok(());
        }
        let path = self.file.path().to_owned();
        let known = if self.file.is_empty() {
            Metrics::default()
        } else {
            Metrics::read(&path)?
        };
        let text = whole(&terms, &known)?;
        replace(&path, &text)?;
        self.terms = terms;
        self.file = GrowingFile::new(path, text.len() as u64);
        Ok(())
    }
}

/// The rows of a block under columns for `terms`.
fn lines(waiting: &Waiting, terms: &[LossTerm], candidate: usize) -> io::Result<Vec<u8>> {
    let Waiting {
        block,
        branch,
        seconds_before,
    } = waiting;
    let apart = (block.seconds - seconds_before).max(0.0) / block.steps().max(1) as f64;
    let place = |term: &LossTerm| block.terms.iter().position(|known| known == term);
    let places: Vec<Option<usize>> = terms.iter().map(place).collect();
    let mut file = csv::Writer::from_writer(Vec::new());
    for (index, losses) in block.rows(candidate).enumerate() {
        let cell = |place: &Option<usize>| {
            let index = (*place)?;
            Some((*losses.unweighted.get(index)?, *losses.weights.get(index)?))
        };
        let row = Row {
            branch: *branch,
            step: losses.step,
            seconds: seconds_before + apart * (index + 1) as f64,
            total: losses.total(),
            terms: places.iter().map(cell).collect(),
        };
        file.write_record(cells(&row, terms, terms))?;
    }
    file.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// All of a file with columns for `terms`, which begin with those of `metrics`.
fn whole(terms: &[LossTerm], metrics: &Metrics) -> io::Result<Vec<u8>> {
    let names = || terms.iter().map(term_name);
    let mut file = csv::Writer::from_writer(Vec::new());
    let first = FIRST_COLUMNS.iter().map(ToString::to_string);
    let unweighted = names().map(|name| format!("{UNWEIGHTED}{name}"));
    let weights = names().map(|name| format!("{WEIGHT}{name}"));
    file.write_record(first.chain(unweighted).chain(weights))?;
    for row in &metrics.rows {
        file.write_record(cells(row, terms, &metrics.terms))?;
    }
    file.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn cells(row: &Row, terms: &[LossTerm], known: &[LossTerm]) -> Vec<String> {
    let sum = |kind| {
        let of_kind = row.terms.iter().zip(known).filter_map(|(cell, term)| {
            let (value, weight) = (*cell)?;
            (term.kind == kind).then_some(f64::from(value) * weight)
        });
        of_kind.sum::<f64>().to_string()
    };
    let cell = |index: usize| row.terms.get(index).copied().flatten();
    let text = |index, part: fn((f32, f64)) -> String| cell(index).map_or_else(String::new, part);
    let first = [
        row.branch.to_string(),
        row.step.to_string(),
        format!("{:.4}", row.seconds),
        row.total.to_string(),
    ];
    let sums = [TermKind::Content, TermKind::Style, TermKind::Variation].map(sum);
    let unweighted = (0..terms.len()).map(|index| text(index, |(value, _)| value.to_string()));
    let weights = (0..terms.len()).map(|index| text(index, |(_, weight)| weight.to_string()));
    first
        .into_iter()
        .chain(sums)
        .chain(unweighted)
        .chain(weights)
        .collect()
}
