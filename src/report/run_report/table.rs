//! Rows and columns of text, for whoever sets them. Plain data; any thread.

/// What stands at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Whether it differs from what it is compared with.
    pub(super) is_marked: bool,
}

/// A row and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

/// Rows below headings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Above the names of the rows.
    pub(super) corner: String,
    /// One a column.
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Whether the cells are numbers, which stand below each other by their last digits.
    pub(super) is_numeric: bool,
}

/// So many letters stand side by side on a page.
const MOST_TEXT: usize = 110;
/// Longer cells are broken.
const LONGEST_CELL: usize = 30;
/// Room between two columns, in letters.
const GAP: usize = 2;

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            is_marked: false,
        }
    }
}

impl Table {
    /// With rows for columns where the table would be too wide, and is narrower that way.
    pub(super) fn upright(self) -> Self {
        if self.columns_of_text() <= MOST_TEXT {
            return self;
        }
        let cell = |row: &Row, column: usize| row.cells.get(column).cloned().unwrap_or_default();
        let turned = self
            .headings
            .iter()
            .enumerate()
            .map(|(column, heading)| Row {
                name: heading.clone(),
                cells: self.rows.iter().map(|row| cell(row, column)).collect(),
            });
        let turned = Self {
            corner: self.corner.clone(),
            rows: turned.collect(),
            headings: self.rows.iter().map(|row| row.name.clone()).collect(),
            is_numeric: self.is_numeric,
        };
        if turned.columns_of_text() < self.columns_of_text() {
            turned
        } else {
            self
        }
    }

    /// Letters side by side, where headings are broken between words.
    fn columns_of_text(&self) -> usize {
        let name = self
            .rows
            .iter()
            .map(|row| row.name.chars().count())
            .max()
            .unwrap_or(0);
        let column = |(index, heading): (usize, &String)| {
            let words = heading.split_whitespace().map(|word| word.chars().count());
            let cells = self.rows.iter().filter_map(|row| row.cells.get(index));
            let cells = cells.map(|cell| cell.text.chars().count().min(LONGEST_CELL));
            words.chain(cells).max().unwrap_or(0) + GAP
        };
        name + self.headings.iter().enumerate().map(column).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_table_is_turned_where_that_helps() {
        let table = |columns: usize, rows: usize, heading: &str| Table {
            headings: (0..columns)
                .map(|column| format!("{heading}{column}"))
                .collect(),
            rows: (0..rows)
                .map(|row| Row {
                    name: format!("r{row}"),
                    cells: (0..columns)
                        .map(|column| Cell::from(column.to_string()))
                        .collect(),
                })
                .collect(),
            ..Table::default()
        };
        assert_eq!(table(3, 20, "c").upright(), table(3, 20, "c"));
        let turned = table(8, 2, "learning_rate=0.0").upright();
        assert_eq!(turned.headings, ["r0", "r1"]);
        assert_eq!(turned.rows.len(), 8);
        let last = &turned.rows[7];
        assert_eq!(
            (last.name.as_str(), last.cells[1].text.as_str()),
            ("learning_rate=0.07", "7")
        );
        // Words of a heading stand below each other.
        assert_eq!(
            table(8, 2, "a b c d e f g h i j k l")
                .upright()
                .headings
                .len(),
            8
        );
        assert_eq!(table(40, 60, "c").upright(), table(40, 60, "c"));
    }
}
