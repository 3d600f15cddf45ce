//! Where the numbers of features lie: those of one position side by side, so that whole positions are copied at once.
//! Shapes are `[N, C, H, W]` all the same. Any thread.

use tch::{Device, Kind, TchError, Tensor};

/// The same numbers, copied where they lie otherwise.
///
/// # Errors
/// Those of libtorch.
pub fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    let (count, channels, height, width) = tensor.size4()?;
    let lying = tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?;
    // The distance from one picture to the next, which has no meaning where there is only one, tells libtorch which way
    // they lie, and so how it convolves them: it has to be what it is for several.
    lying
        .f_view([count, height, width, channels])?
        .f_permute([0, 3, 1, 2])
}

/// Room for numbers of such a `shape`.
///
/// # Errors
/// Those of libtorch.
pub(super) fn empty(
    (count, channels, height, width): (i64, i64, i64, i64),
    options: (Kind, Device),
) -> Result<Tensor, TchError> {
    Tensor::f_empty([count, height, width, channels], options)?.f_permute([0, 3, 1, 2])
}

/// With so many rows of zeros more above and below; fewer rows where that is negative.
///
/// # Errors
/// Those of libtorch.
pub(super) fn with_rows(tensor: &Tensor, [above, below]: [i64; 2]) -> Result<Tensor, TchError> {
    tensor
        .f_permute([0, 2, 3, 1])?
        .f_constant_pad_nd([0, 0, 0, 0, above, below])?
        .f_permute([0, 3, 1, 2])
}

/// H of `[N, C, H, W]`.
///
/// # Errors
/// Where it has another number of dimensions.
pub(super) fn height_of(tensor: &Tensor) -> Result<i64, TchError> {
    Ok(tensor.size4()?.2)
}

/// The rows of all, one below the other.
///
/// # Errors
/// Those of libtorch; where there are none.
pub(super) fn joined_rows(tensors: &[Tensor]) -> Result<Tensor, TchError> {
    if let [single] = tensors {
        return Ok(single.shallow_clone());
    }
    let lying = tensors
        .iter()
        .map(|tensor| tensor.f_permute([0, 2, 3, 1]))
        .collect::<Result<Vec<_>, _>>()?;
    Tensor::f_cat(&lying, 1)?.f_permute([0, 3, 1, 2])
}
