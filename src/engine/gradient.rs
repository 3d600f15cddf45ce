//! How much of the gradient each term makes up. Worker thread.

use tch::{Device, Kind, TchError, Tensor};

use super::term::Terms;

/// For each candidate the Euclidean norm of each weighted term's gradient with respect to `picture`,
/// `[N, 3, H, W]`; `unweighted` is `[N, K]` with its graph, which is gone afterwards.
///
/// Candidates do not depend on each other, so one backward pass a term serves all of them. `is_wanted` is
/// asked before each; those that are left out then are not numbers.
pub(super) fn gradient_norms(
    terms: &Terms,
    unweighted: &Tensor,
    picture: &Tensor,
    is_wanted: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<f64>>, TchError> {
    let candidates = terms.weights.len();
    let zeros = Tensor::f_zeros([candidates as i64], (Kind::Double, picture.device()))?;
    let columns = (0..terms.columns.len())
        .map(|column| {
            if !is_wanted() {
                return zeros.f_full_like(f64::NAN);
            }
            let Some(sum) = terms.weighted_column(unweighted, column)? else {
                return Ok(zeros.shallow_clone());
            };
            // The graph is kept for the next term.
            Tensor::f_run_backward(&[sum], &[picture], true, false)?
                .into_iter()
                .next()
                .ok_or_else(|| TchError::Torch("no gradient came back".to_owned()))?
                // In double, since squares of large weights leave what single can hold.
                .f_norm_scalaropt_dim_dtype(2.0, [1_i64, 2, 3].as_slice(), false, Kind::Double)
        })
        .collect::<Result<Vec<Tensor>, TchError>>()?;
    if columns.is_empty() {
        return Ok(vec![Vec::new(); candidates]);
    }
    let norms = Tensor::f_stack(&columns, 1)?
        .f_to_device(Device::Cpu)?
        .f_contiguous()?;
    let mut values = vec![0.0_f64; norms.numel()];
    let count = values.len();
    norms.f_copy_data(&mut values, count)?;
    Ok(values
        .chunks(columns.len())
        .zip(terms.weights.iter())
        .map(|(norms, weights)| {
            let each = norms.iter().zip(weights);
            // What is not weighed has no part, also where its gradient is not a number.
            each.map(|(&norm, &weight)| if weight == 0.0 { 0.0 } else { norm })
                .collect()
        })
        .collect())
}
