//! The rows that come to `metrics.csv` while it is written, also where it is written anew with more columns. Any
//! thread.

use std::io;
use std::path::PathBuf;

use super::Row;
use super::reader::Columns;
use crate::engine::message::LossTerm;
use crate::record::folder::tail::Tail;

/// The file as far as it was read.
#[derive(Debug)]
pub(in crate::record::folder) struct MetricsTail {
    file: Tail,
    columns: Option<Columns>,
    /// Lines that were taken for rows, whether or not they could be understood.
    taken: usize,
    /// Of a file that was written anew, so many are known already.
    known: usize,
}

/// Rows under the same columns.
#[derive(Debug, Default)]
pub(in crate::record::folder) struct NewRows {
    /// What each cell of a row is.
    pub(in crate::record::folder) terms: Vec<LossTerm>,
    pub(in crate::record::folder) rows: Vec<Row>,
    /// There is more to be read at once.
    pub(in crate::record::folder) more: bool,
}

impl MetricsTail {
    pub(in crate::record::folder) fn new(path: PathBuf) -> Self {
        Self {
            file: Tail::new(path),
            columns: None,
            taken: 0,
            known: 0,
        }
    }

    /// The rows that came since the last call. Lines that are no rows are left out.
    pub(in crate::record::folder) fn read(&mut self) -> io::Result<NewRows> {
        let piece = self.file.read()?;
        if piece.is_anew {
            self.known = self.taken.max(self.known);
            self.taken = 0;
            self.columns = None;
        }
        let mut lines = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(piece.lines.as_slice());
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        loop {
            match lines.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.is_io_error() => break,
                // Not UTF-8: no row.
                Err(_) => {
                    self.taken += 1;
                    continue;
                }
            }
            let Some(columns) = &self.columns else {
                // Another kind of file has no columns, and so no rows.
                self.columns = Some(Columns::of(&record).unwrap_or_default());
                continue;
            };
            self.taken += 1;
            if self.taken > self.known {
                rows.extend(columns.row(&record));
            }
        }
        Ok(NewRows {
            terms: self
                .columns
                .as_ref()
                .map(Columns::terms)
                .unwrap_or_default(),
            rows,
            more: piece.more,
        })
    }
}
