//! Statistics of features and distances between them: pure functions of tensors, each giving one
//! number a candidate. Run on the worker thread.

pub mod content;
pub mod statistic;
pub mod style;
pub mod variation;

use tch::{TchError, Tensor};

/// What a layer is compared with: the target's values, and the number that makes an error relative.
///
/// The number is computed for each candidate by itself, so that it does not depend on its company in
/// a lane, and once, not at every step.
#[derive(Debug)]
pub struct Target {
    /// `[n, …]`
    pub values: Tensor,
    /// `[n]`
    pub scale: Tensor,
}

impl Target {
    /// Several candidates' targets as one.
    pub fn joined(targets: &[&Self]) -> Result<Self, TchError> {
        if let [only] = targets {
            return Ok(Self {
                values: only.values.shallow_clone(),
                scale: only.scale.shallow_clone(),
            });
        }
        let values: Vec<&Tensor> = targets.iter().map(|target| &target.values).collect();
        let scales: Vec<&Tensor> = targets.iter().map(|target| &target.scale).collect();
        Ok(Self {
            values: Tensor::f_cat(&values, 0)?,
            scale: Tensor::f_cat(&scales, 0)?,
        })
    }
}

/// The mean of every candidate's elements: `[N, …]` to `[N]`.
fn mean_per_candidate(values: &Tensor) -> Result<Tensor, TchError> {
    values
        .f_flatten(1, -1)?
        .f_mean_dim([1_i64].as_slice(), false, tch::Kind::Float)
}

/// The sum of every candidate's elements: `[N, …]` to `[N]`.
fn sum_per_candidate(values: &Tensor) -> Result<Tensor, TchError> {
    values
        .f_flatten(1, -1)?
        .f_sum_dim_intlist([1_i64].as_slice(), false, tch::Kind::Float)
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    /// A small tensor of unremarkable numbers.
    pub(super) fn numbers(shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let values: Vec<f64> = (0..count)
            .map(|i| ((i * 37 % 101) as f64 / 50.0 - 0.9).sin())
            .collect();
        Tensor::from_slice(&values)
            .reshape(shape)
            .to_kind(Kind::Float)
    }

    /// The numbers of a tensor, flattened.
    pub(super) fn flat(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }
}
