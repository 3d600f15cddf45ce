//! Rows under headings, as wide as what they hold. Main thread.

use std::io::{self, IsTerminal};

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};

use crate::command::output;

/// Columns without lines between them.
pub(super) struct Table {
    grid: Grid,
    is_empty: bool,
}

impl Table {
    /// With these headings.
    pub(super) fn new<const COLUMNS: usize>(headings: [&str; COLUMNS]) -> Self {
        let mut grid = Grid::new();
        grid.load_preset(presets::NOTHING).set_header(headings);
        match viuer::terminal_size().0 {
            columns @ 1.. if io::stdout().is_terminal() => grid
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(columns),
            // Lines that another program reads stay whole.
            _ => grid.set_content_arrangement(ContentArrangement::Disabled),
        };
        for (index, column) in grid.column_iter_mut().enumerate() {
            column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        }
        Self {
            grid,
            is_empty: true,
        }
    }

    /// Numbers stand below each other by their last digits.
    pub(super) fn align_right(&mut self, columns: &[usize]) {
        for index in columns {
            if let Some(column) = self.grid.column_mut(*index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }

    pub(super) fn add<const COLUMNS: usize>(&mut self, row: [String; COLUMNS]) {
        self.grid.add_row(row);
        self.is_empty = false;
    }

    /// Nothing where there are no rows.
    pub(super) fn print(&self) -> io::Result<()> {
        if self.is_empty {
            return Ok(());
        }
        self.grid
            .lines()
            .try_for_each(|line| output::line(line.trim_end()))
    }
}
