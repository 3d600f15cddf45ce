//! Statistics of features and distances between them: pure functions of tensors, each giving one
//! number a candidate. Run on the worker thread.

mod blend;
pub mod content;
mod directions;
mod distribution;
mod gaussian;
pub mod matrix_root;
pub mod moments;
mod observed;
mod region;
pub mod statistic;
pub mod style;
pub mod variation;

use tch::{Device, TchError, Tensor};

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
    /// The same target, on the same memory.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self {
            values: self.values.shallow_clone(),
            scale: self.scale.shallow_clone(),
        }
    }

    /// Several candidates' targets as one.
    pub fn joined(targets: &[&Self]) -> Result<Self, TchError> {
        if let [only] = targets {
            return Ok(only.shared());
        }
        let values: Vec<&Tensor> = targets.iter().map(|target| &target.values).collect();
        let scales: Vec<&Tensor> = targets.iter().map(|target| &target.scale).collect();
        Ok(Self {
            values: Tensor::f_cat(&values, 0)?,
            scale: Tensor::f_cat(&scales, 0)?,
        })
    }

    /// One candidate's part of it.
    fn row(&self, row: i64) -> Result<Self, TchError> {
        Ok(Self {
            values: self.values.f_narrow(0, row, 1)?,
            scale: self.scale.f_narrow(0, row, 1)?,
        })
    }
}

/// `compute` for each candidate of `values`, `[N, …]`, put together again, `[N]`.
///
/// On the CPU libtorch divides a sum among its threads by how much there is of all candidates together, and it is
/// rounded differently; so each candidate's is taken alone there.
fn each_alone(
    values: &Tensor,
    compute: impl Fn(&Tensor) -> Result<Tensor, TchError>,
) -> Result<Tensor, TchError> {
    if values.device() != Device::Cpu || values.size().first() == Some(&1) {
        return compute(values);
    }
    let rows = values.f_split(1, 0)?;
    let rows = rows.iter().map(compute).collect::<Result<Vec<_>, _>>()?;
    Tensor::f_cat(&rows, 0)
}

/// The mean of every candidate's elements: `[N, …]` to `[N]`.
fn mean_per_candidate(values: &Tensor) -> Result<Tensor, TchError> {
    each_alone(values, |values| {
        values
            .f_flatten(1, -1)?
            .f_mean_dim([1_i64].as_slice(), false, values.kind())
    })
}

/// The sum of every candidate's elements: `[N, …]` to `[N]`.
fn sum_per_candidate(values: &Tensor) -> Result<Tensor, TchError> {
    each_alone(values, |values| {
        values
            .f_flatten(1, -1)?
            .f_sum_dim_intlist([1_i64].as_slice(), false, values.kind())
    })
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    /// A small tensor of unremarkable numbers, from about -0.5 to 1.5; others for another `seed`.
    pub(super) fn doubles(seed: i64, shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let values: Vec<f64> = (0..count)
            .map(|i| ((i * 7919 + seed * 6151 + i * i * 31) % 10007) as f64 / 5003.5 - 0.5)
            .collect();
        Tensor::from_slice(&values).reshape(shape)
    }

    /// The same in single precision.
    pub(super) fn numbers(shape: &[i64]) -> Tensor {
        doubles(0, shape).to_kind(Kind::Float)
    }

    /// The numbers of a tensor, flattened.
    pub(super) fn flat(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.to_kind(Kind::Float).flatten(0, -1)).unwrap()
    }

    /// Nowhere further apart than `tolerance` of the largest value.
    #[track_caller]
    pub(super) fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64) {
        assert_eq!(found.size(), expected.size());
        let difference = (found - expected).abs().max().double_value(&[]);
        let largest = expected.abs().max().double_value(&[]).max(1e-30);
        assert!(
            difference <= tolerance * largest,
            "off by {:.1e}",
            difference / largest
        );
    }
}
