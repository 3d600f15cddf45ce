//! Several style pictures as one: the statistics of a mixture of their features. Worker thread.

use tch::{TchError, Tensor};

/// Σ share · value; the only value itself.
pub(super) fn weighted_sum(values: &[(f64, &Tensor)]) -> Result<Tensor, TchError> {
    if let [(_, only)] = values {
        return Ok(only.shallow_clone());
    }
    let mut sum: Option<Tensor> = None;
    for (share, value) in values {
        let part = value.f_mul_scalar(*share)?;
        sum = Some(match sum {
            Some(sum) => sum.f_add(&part)?,
            None => part,
        });
    }
    sum.ok_or_else(|| TchError::Shape("a blend of nothing".to_owned()))
}

/// How features lie about their mean.
#[derive(Debug)]
pub(super) struct Central {
    /// μ, `[1, C]`.
    pub(super) mean: Tensor,
    /// `unit` times their covariance, `[1, C, C]`, or the variance of each channel, `[1, C]`.
    pub(super) spread: Tensor,
    /// Above 0.
    pub(super) unit: f64,
}

/// Mean and spread of a mixture of features by their shares, whose sum is 1.
///
/// # Formula
/// μ̄ = Σ share·μ; Σ share·(Σ + μμᵀ) − μ̄μ̄ᵀ, computed as Σ share·(Σ + (μ − μ̄)(μ − μ̄)ᵀ), in which nothing is
/// subtracted that is nearly alike.
pub(super) fn mixed(parts: &[(f64, &Central)]) -> Result<(Tensor, Tensor), TchError> {
    let means: Vec<(f64, &Tensor)> = parts
        .iter()
        .map(|(share, part)| (*share, &part.mean))
        .collect();
    let mean = weighted_sum(&means)?;
    let spreads = parts
        .iter()
        .map(|(_, part)| {
            if parts.len() == 1 {
                return Ok(part.spread.shallow_clone());
            }
            let offset = part.mean.f_sub(&mean)?;
            let between = if part.spread.dim() == 3 {
                offset.f_unsqueeze(2)?.f_mul(&offset.f_unsqueeze(1)?)?
            } else {
                offset.f_square()?
            };
            part.spread.f_add(&between.f_mul_scalar(part.unit)?)
        })
        .collect::<Result<Vec<_>, TchError>>()?;
    let shares = parts.iter().map(|(share, _)| *share);
    let spreads: Vec<(f64, &Tensor)> = shares.zip(&spreads).collect();
    let spread = weighted_sum(&spreads)?;
    Ok((mean, spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::observed::Observed;
    use crate::loss::tests::{assert_close, numbers};
    use crate::preset::SizeTerm;

    fn central(observed: &Observed<'_>, term: SizeTerm) -> Central {
        Central {
            mean: observed.mean().unwrap(),
            spread: observed.covariance(term).unwrap(),
            unit: observed.unit(term).unwrap(),
        }
    }

    /// Two pictures of 6 and 9 positions at shares of 6/15 and 9/15 are one picture of all 15.
    #[test]
    fn a_mixture_has_the_moments_of_all_positions_together() {
        let whole = numbers(&[1, 4, 1, 15]);
        let (first, second) = (whole.narrow(3, 0, 6), whole.narrow(3, 6, 9));
        let observed =
            [&first, &second, &whole].map(|part| Observed::new(part, None, 1.0).unwrap());
        for term in [SizeTerm::Hw, SizeTerm::Chw] {
            let [first, second, whole] = [0, 1, 2].map(|at| central(&observed[at], term));
            let (mean, spread) = mixed(&[(0.4, &first), (0.6, &second)]).unwrap();
            assert_close(&mean, &whole.mean, 1e-6);
            assert_close(&spread, &whole.spread, 1e-6);
        }
        let [first, second, whole] = [0, 1, 2].map(|at: usize| Central {
            mean: observed[at].mean().unwrap(),
            spread: observed[at].variance().unwrap(),
            unit: 1.0,
        });
        let (_, spread) = mixed(&[(0.4, &first), (0.6, &second)]).unwrap();
        assert_close(&spread, &whole.spread, 1e-6);
    }

    #[test]
    fn matrices_that_are_divided_by_nothing_mix_in_the_same_units() {
        let whole = numbers(&[1, 4, 1, 12]);
        let (first, second) = (whole.narrow(3, 0, 6), whole.narrow(3, 6, 6));
        let observed =
            [&first, &second, &whole].map(|part| Observed::new(part, None, 1.0).unwrap());
        let [first, second, whole] = [0, 1, 2].map(|at| central(&observed[at], SizeTerm::None));
        // Sums over 6 positions each; the whole has 12.
        let (_, spread) = mixed(&[(0.5, &first), (0.5, &second)]).unwrap();
        assert_close(&(spread * 2.0), &whole.spread, 1e-6);
    }

    #[test]
    fn a_picture_mixed_with_itself_is_itself_bit_for_bit() {
        let features = numbers(&[1, 4, 3, 5]);
        let observed = Observed::new(&features, None, 1.0).unwrap();
        let part = central(&observed, SizeTerm::Hw);
        for shares in [vec![1.0], vec![0.5, 0.5]] {
            let parts: Vec<_> = shares.iter().map(|share| (*share, &part)).collect();
            let (mean, spread) = mixed(&parts).unwrap();
            assert_eq!(
                (mean, spread),
                (part.mean.shallow_clone(), part.spread.shallow_clone())
            );
        }
    }
}
