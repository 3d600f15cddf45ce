//! Windows of 2×2, each pixel in one of them, on a CPU: first two rows become one, then two columns. Several times as fast as
//! libtorch's poolings, which look at every window by itself. Worker thread.

use tch::{Kind, TchError, Tensor};

use crate::network::layout;

/// Which of a window's pixels was the largest.
#[derive(Debug)]
pub(in crate::network) struct Chosen {
    /// Whether that of the lower row was larger, 0 or 1, `[N, C, H / 2, W]`.
    pub(in crate::network) lower: Tensor,
    /// Whether the right column's was, `[N, C, H / 2, W / 2]`.
    pub(in crate::network) right: Tensor,
}

/// `[N, C, H, W]` to `[N, C, H / 2, W / 2]`, rounded down.
pub(super) fn maximum(input: &Tensor) -> Result<Tensor, TchError> {
    let larger = |[first, second]: [Tensor; 2]| first.f_maximum(&second);
    larger(columns(&larger(rows(input)?)?)?)
}

/// The same, and where each was found.
pub(super) fn chosen_maximum(input: &Tensor) -> Result<(Tensor, Chosen), TchError> {
    let larger = |[first, second]: [Tensor; 2]| -> Result<(Tensor, Tensor), TchError> {
        let is_second = second.f_gt_tensor(&first)?.f_view_dtype(Kind::Uint8)?;
        Ok((first.f_maximum(&second)?, is_second))
    };
    let (half, lower) = larger(rows(input)?)?;
    let (pooled, right) = larger(columns(&half)?)?;
    Ok((pooled, Chosen { lower, right }))
}

/// As [`maximum`].
pub(super) fn mean(input: &Tensor) -> Result<Tensor, TchError> {
    let sum = |[first, second]: [Tensor; 2]| first.f_add(&second);
    sum(columns(&sum(rows(input)?)?)?)?.f_mul_scalar_(0.25)
}

impl Chosen {
    /// The gradient by the input, which is of this `size` (height, width), of something whose gradient by the maxima is
    /// `slope`, `[N, C, H / 2, W / 2]`.
    pub(super) fn gradient(&self, slope: &Tensor, size: (i64, i64)) -> Result<Tensor, TchError> {
        let (_, _, _, width) = slope.size4()?;
        let lower = self.lower.f_narrow(3, 0, 2 * width)?;
        // All goes to the second where it was the larger one, otherwise to the first.
        let give = |slope: &Tensor, is_second: &Tensor, [first, second]: [Tensor; 2]| {
            let to_second = slope.f_mul_out(&second, is_second)?;
            slope.f_sub_out(&first, &to_second)
        };
        spread(
            slope,
            size,
            |slope, pair| give(slope, &self.right, pair),
            |slope, pair| give(slope, &lower, pair),
        )
    }
}

/// As [`Chosen::gradient`], of means.
pub(super) fn gradient_of_mean(slope: &Tensor, size: (i64, i64)) -> Result<Tensor, TchError> {
    let give = |slope: &Tensor, [mut first, mut second]: [Tensor; 2]| {
        first.f_copy_(slope)?;
        second.f_copy_(slope)?;
        Ok(second)
    };
    spread(&slope.f_mul_scalar(0.25)?, size, give, give)
}

/// Every window's number given to its two columns, then theirs to two rows each; what no window reaches has 0.
fn spread(
    slope: &Tensor,
    (height, width): (i64, i64),
    to_columns: impl Fn(&Tensor, [Tensor; 2]) -> Result<Tensor, TchError>,
    to_rows: impl Fn(&Tensor, [Tensor; 2]) -> Result<Tensor, TchError>,
) -> Result<Tensor, TchError> {
    let (count, channels, half_height, half_width) = slope.size4()?;
    let options = (slope.kind(), slope.device());
    let half = layout::empty((count, channels, half_height, 2 * half_width), options)?;
    let _ = to_columns(slope, columns(&half)?)?;
    let mut gradient = layout::empty((count, channels, height, width), options)?;
    if (2 * half_height, 2 * half_width) != (height, width) {
        gradient = gradient.f_zero_()?;
    }
    let _ = to_rows(&half, rows(&gradient.f_narrow(3, 0, 2 * half_width)?)?)?;
    Ok(gradient)
}

/// The upper and the lower ones of pairs of rows.
fn rows(tensor: &Tensor) -> Result<[Tensor; 2], TchError> {
    let (_, _, height, _) = tensor.size4()?;
    every_second(tensor, 2, height)
}

/// The left and the right ones of pairs of columns.
fn columns(tensor: &Tensor) -> Result<[Tensor; 2], TchError> {
    let (_, _, _, width) = tensor.size4()?;
    every_second(tensor, 3, width)
}

fn every_second(tensor: &Tensor, dimension: i64, length: i64) -> Result<[Tensor; 2], TchError> {
    let end = length / 2 * 2;
    Ok([
        tensor.f_slice(dimension, 0, end, 2)?,
        tensor.f_slice(dimension, 1, end, 2)?,
    ])
}
