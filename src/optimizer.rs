//! Optimisers that step every candidate of a lane at once, each with its own rate. Worker thread.

pub mod adam;
pub mod average;
pub mod either;
pub mod lbfgs;
pub mod saved;

use tch::{Device, Kind, TchError, Tensor};

/// Numbers of rows as libtorch takes them, `[rows]`.
pub(crate) fn row_index(rows: &[usize], device: Device) -> Result<Tensor, TchError> {
    let rows: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
    Tensor::f_from_slice(&rows)?.f_to_device(device)
}

/// What of `all` stands at `places`.
pub(crate) fn at<T: Clone>(all: &[T], places: &[usize]) -> Vec<T> {
    places
        .iter()
        .filter_map(|place| all.get(*place).cloned())
        .collect()
}

/// Whether all numbers of `tensor`, which has some, are finite. Takes no memory for that, and waits for the device.
pub(crate) fn is_finite(tensor: &Tensor) -> Result<bool, TchError> {
    // What is not a number is both the least and the greatest.
    let (least, greatest) = tensor.f_aminmax(None::<i64>, false)?;
    let both = Tensor::f_stack(&[least, greatest], 0)?;
    Ok(both.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}

/// A number for each channel, `[1, 3, 1, 1]`.
fn in_channels(numbers: [f32; 3], (kind, device): (Kind, Device)) -> Result<Tensor, TchError> {
    Tensor::f_from_slice(&numbers)?
        .f_reshape([1, 3, 1, 1])?
        .f_to_kind(kind)?
        .f_to_device(device)
}
