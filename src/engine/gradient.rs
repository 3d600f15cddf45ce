//! How much of the gradient each term makes up. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use super::EngineError;
use super::going_on::GoesOn;
use super::run::broken_off;
use super::term::Terms;
use super::way::Tiling;
use crate::network::Network;

/// For each candidate the Euclidean norm of each weighted term's gradient with respect to its picture of
/// `pictures`, `[N, 3, H, W]`, after `step` updates; in tiles of so many rows where there is a `tile`.
///
/// Candidates do not depend on each other, so one backward pass a term serves all of a batch. `is_wanted` is
/// asked before each; those that are left out then are not numbers.
pub(super) fn gradient_norms(
    terms: &Terms,
    network: &Network,
    pictures: &Tensor,
    (step, tiling): (u64, Option<Tiling>),
    is_wanted: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<f64>>, EngineError> {
    let mut norms = Vec::with_capacity(terms.batches.len());
    for batch in &terms.batches {
        if let Some(tiling) = tiling {
            let of_column = |column| {
                let known =
                    |number: f64| Tensor::f_full([1], number, (Kind::Double, pictures.device()));
                if !is_wanted() {
                    return Ok(known(f64::NAN)?);
                }
                let mut goes_on = |_| broken_off(!is_wanted());
                let what = (column, &mut goes_on as &mut GoesOn<'_>);
                Ok(
                    match batch.column_gradient_tiled(network, pictures, tiling, step, what) {
                        Ok(Some(gradient)) => norm(&gradient)?,
                        Ok(None) => known(0.0)?,
                        Err(EngineError::BrokenOff) => known(f64::NAN)?,
                        Err(error) => return Err(error),
                    },
                )
            };
            let columns: Vec<Tensor> = (0..terms.columns.len())
                .map(of_column)
                .collect::<Result<_, _>>()?;
            norms.push(Tensor::f_stack(&columns, 1)?);
            continue;
        }
        let known = |number: f64| {
            let shape = [batch.rows().len() as i64];
            Tensor::f_full(shape, number, (Kind::Double, pictures.device()))
        };
        let after = &mut || broken_off(!is_wanted());
        let evaluated = match batch.evaluate(network, pictures, step, after) {
            Ok(evaluated) => Some(evaluated),
            Err(EngineError::BrokenOff) => None,
            Err(error) => return Err(error),
        };
        let columns = (0..terms.columns.len()).map(|column| {
            let Some(evaluated) = evaluated.as_ref().filter(|_| after().is_continue()) else {
                return Ok(known(f64::NAN)?);
            };
            match batch.column_gradient(evaluated, column, after) {
                Ok(Some(gradient)) => Ok(norm(&gradient)?),
                Ok(None) => Ok(known(0.0)?),
                Err(EngineError::BrokenOff) => Ok(known(f64::NAN)?),
                Err(error) => Err(error),
            }
        });
        let columns: Vec<Tensor> = columns.collect::<Result<_, EngineError>>()?;
        norms.push(Tensor::f_stack(&columns, 1)?);
    }
    let norms = Tensor::f_cat(&norms, 0)?
        .f_to_device(Device::Cpu)?
        .f_contiguous()?;
    let mut values = vec![0.0_f64; norms.numel()];
    let count = values.len();
    norms.f_copy_data(&mut values, count)?;
    Ok(values
        .chunks(terms.columns.len().max(1))
        .zip(terms.weights.iter())
        .map(|(norms, weights)| {
            let each = norms.iter().zip(weights);
            // What is not weighed has no part, also where its gradient is not a number.
            each.map(|(&norm, &weight)| if weight == 0.0 { 0.0 } else { norm })
                .collect()
        })
        .collect())
}

/// Of each candidate's gradient, `[n, 3, H, W]` to `[n]`; in double, since squares of large weights leave what single can
/// hold.
fn norm(gradient: &Tensor) -> Result<Tensor, TchError> {
    gradient.f_norm_scalaropt_dim_dtype(2.0, [1_i64, 2, 3].as_slice(), false, Kind::Double)
}
