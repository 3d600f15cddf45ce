//! Rows of features that lie in several pieces of memory: what has been held and what has just come. Whoever needs them in one
//! piece copies them into it, with whatever belongs around them at the same time. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use super::layout::{self, joined_rows};

/// Pieces that lie one below the other, at least one, each `[N, C, h, W]`. Others may hold their memory.
#[derive(Debug)]
pub(super) struct Pieces(Vec<Tensor>);

/// Zeros around features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Margins {
    /// Above and below.
    pub(super) rows: [i64; 2],
    /// Left and right.
    pub(super) columns: [i64; 2],
}

impl Margins {
    pub(super) const NONE: Self = Self {
        rows: [0; 2],
        columns: [0; 2],
    };
}

impl From<Tensor> for Pieces {
    fn from(whole: Tensor) -> Self {
        Self(vec![whole])
    }
}

impl From<Vec<Tensor>> for Pieces {
    fn from(pieces: Vec<Tensor>) -> Self {
        Self(pieces)
    }
}

impl Pieces {
    fn first(&self) -> Result<&Tensor, TchError> {
        let missing = || TchError::Shape("no rows of features".to_owned());
        self.0.first().ok_or_else(missing)
    }

    /// The only piece, where there is one.
    pub(super) fn single(&self) -> Option<&Tensor> {
        match self.0.as_slice() {
            [single] => Some(single),
            _ => None,
        }
    }

    /// Where they are computed, and in what numbers.
    pub(super) fn options(&self) -> Result<(Kind, Device), TchError> {
        let first = self.first()?;
        Ok((first.f_kind()?, first.device()))
    }

    /// `[N, C, H, W]` of all.
    pub(super) fn size4(&self) -> Result<(i64, i64, i64, i64), TchError> {
        let (count, channels, mut height, width) = self.first()?.size4()?;
        for piece in self.0.iter().skip(1) {
            height += layout::height_of(piece)?;
        }
        Ok((count, channels, height, width))
    }

    /// All in one piece. That of a single one is the same memory.
    pub(super) fn joined(&self) -> Result<Tensor, TchError> {
        joined_rows(&self.0)
    }

    /// All in one piece with zeros around them, `[N, C, H', W']`, each position's numbers side by side.
    pub(super) fn surrounded(&self, margins: Margins) -> Result<Tensor, TchError> {
        if let (Some(single), Margins::NONE) = (self.single(), margins) {
            return layout::channels_last(single);
        }
        let (count, channels, height, width) = self.size4()?;
        let ([above, below], [left, right]) = (margins.rows, margins.columns);
        let (all_rows, all_columns) = (above + height + below, left + width + right);
        let whole = layout::empty((count, channels, all_rows, all_columns), self.options()?)?;
        for (start, rows) in [(0, above), (above + height, below)] {
            let _ = whole.f_narrow(2, start, rows)?.f_zero_()?;
        }
        let own = whole.f_narrow(2, above, height)?;
        for (start, columns) in [(0, left), (left + width, right)] {
            let _ = own.f_narrow(3, start, columns)?.f_zero_()?;
        }
        let mut start = 0;
        for piece in &self.0 {
            let rows = layout::height_of(piece)?;
            own.f_narrow(2, start, rows)?
                .f_narrow(3, left, width)?
                .f_copy_(piece)?;
            start += rows;
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::numbers;

    #[test]
    fn pieces_lie_one_below_the_other_with_zeros_around_them() {
        let all = numbers(&[2, 3, 7, 5]);
        for cuts in [vec![7], vec![2, 5], vec![1, 2, 4]] {
            let parts = all.split_with_sizes(&cuts, 2);
            let pieces = Pieces::from(parts);
            assert_eq!(pieces.size4().unwrap(), (2, 3, 7, 5));
            assert_eq!(pieces.joined().unwrap(), all);
            assert_eq!(pieces.surrounded(Margins::NONE).unwrap(), all);
            let margins = Margins {
                rows: [1, 3],
                columns: [2, 0],
            };
            let expected = all.constant_pad_nd([2, 0, 1, 3]);
            let found = pieces.surrounded(margins).unwrap();
            assert_eq!(found, expected);
            assert!(found.permute([0, 2, 3, 1]).is_contiguous());
        }
        assert!(Pieces::from(Vec::new()).joined().is_err());
    }
}
