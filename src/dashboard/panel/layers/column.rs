//! Which columns of the table there is room for, and where they stand. Pure functions; UI thread.

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Layer,
    Weight,
    Unweighted,
    Weighted,
    Bar,
    Share,
    Trend,
    Gradient,
}

impl Column {
    /// As they stand, from left to right.
    const ALL: [Self; 8] = [
        Self::Layer,
        Self::Weight,
        Self::Unweighted,
        Self::Weighted,
        Self::Bar,
        Self::Share,
        Self::Gradient,
        Self::Trend,
    ];

    /// What is left out first, second, … as it gets narrow.
    const DISPENSABLE: [Self; 6] = [
        Self::Trend,
        Self::Unweighted,
        Self::Gradient,
        Self::Weight,
        Self::Bar,
        Self::Weighted,
    ];

    /// The same where a person asked for the gradient.
    const DISPENSABLE_FOR_GRADIENT: [Self; 6] = [
        Self::Trend,
        Self::Unweighted,
        Self::Weight,
        Self::Bar,
        Self::Weighted,
        Self::Gradient,
    ];

    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Weight => "weight",
            Self::Unweighted => "loss",
            Self::Weighted => "weighted",
            Self::Bar => "",
            Self::Share => "share",
            Self::Trend => "trend",
            Self::Gradient => "gradient",
        }
    }

    /// Numbers stand at the right of their column.
    pub(super) fn is_number(self) -> bool {
        !matches!(self, Self::Layer | Self::Bar | Self::Trend)
    }

    /// Least and most columns.
    fn widths(self, longest_name: u16) -> (u16, u16) {
        match self {
            Self::Layer => (longest_name.clamp(5, 11), longest_name.clamp(5, 28)),
            Self::Weight => (7, 7),
            Self::Unweighted | Self::Weighted => (8, 8),
            Self::Bar => (6, 20),
            Self::Share => (5, 5),
            Self::Trend => (8, 40),
            Self::Gradient => (9, 14),
        }
    }
}

/// A column and where it stands, counted from the left edge of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) column: Column,
    pub(super) x: u16,
    pub(super) width: u16,
}

/// The columns that fit into `room`, with the rest of it shared out between those that can use it. The gradient's stays
/// longer where it `is_wanted`.
pub(super) fn place(room: u16, longest_name: usize, is_wanted: bool) -> Vec<Placed> {
    let longest_name = longest_name as u16;
    let least = |column: Column| column.widths(longest_name).0;
    let mut columns = Column::ALL.to_vec();
    let dispensable = if is_wanted {
        Column::DISPENSABLE_FOR_GRADIENT
    } else {
        Column::DISPENSABLE
    };
    let mut dispensable = dispensable.into_iter();
    let needed = |columns: &[Column], gap: u16| -> u16 {
        let widths: u16 = columns.iter().map(|&column| least(column)).sum();
        widths + gap * (columns.len() as u16).saturating_sub(1)
    };
    while needed(&columns, 1) > room {
        match dispensable.next() {
            Some(column) => columns.retain(|other| *other != column),
            None => break,
        }
    }
    let gap = if needed(&columns, 2) <= room { 2 } else { 1 };
    let mut spare = room.saturating_sub(needed(&columns, gap));
    let mut widths: Vec<u16> = columns.iter().map(|&column| least(column)).collect();
    // The name first: what is cut off there is missed most.
    for wanted in [Column::Layer, Column::Gradient, Column::Bar, Column::Trend] {
        for (column, width) in columns.iter().zip(&mut widths) {
            if *column == wanted {
                let more = (column.widths(longest_name).1 - *width).min(spare);
                *width += more;
                spare -= more;
            }
        }
    }
    let mut x = 0;
    columns
        .into_iter()
        .zip(widths)
        .map_while(|(column, width)| {
            // In less than the least there is no number that would not be cut.
            let fits = x + width <= room || column == Column::Layer;
            let placed = Placed {
                column,
                x,
                width: width.min(room.saturating_sub(x)),
            };
            x += width + gap;
            fits.then_some(placed)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns_of(room: u16, is_wanted: bool) -> Vec<Column> {
        place(room, 10, is_wanted)
            .into_iter()
            .map(|placed| placed.column)
            .collect()
    }

    fn columns(room: u16) -> Vec<Column> {
        columns_of(room, false)
    }

    #[test]
    fn a_gradient_that_was_asked_for_stays_in_sight() {
        use Column::{Gradient, Layer, Share, Weighted};
        assert_eq!(columns_of(38, true), [Layer, Weighted, Share, Gradient]);
        assert_eq!(columns_of(27, true), [Layer, Share, Gradient]);
        assert_eq!(columns_of(20, true), [Layer, Share]);
    }

    #[test]
    fn what_matters_most_stays() {
        use Column::{Bar, Gradient, Layer, Share, Weight, Weighted};
        assert_eq!(columns(200), Column::ALL);
        assert_eq!(columns(38), [Layer, Weighted, Bar, Share]);
        assert_eq!(columns(46), [Layer, Weight, Weighted, Bar, Share]);
        assert_eq!(columns(53), [Layer, Weight, Weighted, Bar, Share, Gradient]);
        assert_eq!(columns(20), [Layer, Share]);
        assert_eq!(columns(3), [Layer]);
    }

    #[test]
    fn columns_do_not_overlap_or_reach_beyond() {
        for room in 0..250 {
            for longest in [0, 5, 10, 40] {
                let mut free_from = 0;
                for placed in place(room, longest, room % 2 == 0) {
                    assert!(placed.x >= free_from, "{room}");
                    free_from = placed.x + placed.width + 1;
                    assert!(placed.x + placed.width <= room, "{room}");
                }
            }
        }
    }
}
