//! How a picture that is too large for memory is cut up: into tiles as wide as it is. Pure arithmetic, any thread.

use std::ops::Range;

use tch::{TchError, Tensor};

/// The rows of each tile of a picture of this `height`, from top to bottom: `side` each, and what remains.
pub(super) fn tiles(height: i64, side: i64) -> Vec<Range<i64>> {
    let side = side.max(1);
    (0..height)
        .step_by(side as usize)
        .map(|start| start..(start + side).min(height))
        .collect()
}

/// These `rows` of `tensor`, `[…, H, W]`, sharing its memory.
pub(super) fn rows_of(tensor: &Tensor, rows: &Range<i64>) -> Result<Tensor, TchError> {
    tensor.f_narrow(-2, rows.start, rows.end - rows.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_tile() {
        assert_eq!(tiles(100, 64), [0..64, 64..100]);
        assert_eq!(tiles(128, 64), [0..64, 64..128]);
        assert_eq!(tiles(9, 64).len(), 1);
    }
}
