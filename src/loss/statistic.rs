//! What is compared between the picture and the style picture at a layer. Runs on the worker thread.
//!
//! F is a layer's features as a C × HW matrix, μ the mean of each of its rows.

use tch::{Kind, TchError, Tensor};

use crate::preset::{SizeTerm, Statistic};

/// The number that a [`SizeTerm`] stands for, for features of `[N, C, H, W]`.
pub fn size_term(term: SizeTerm, features: &Tensor) -> Result<f64, TchError> {
    let (_, channels, height, width) = features.size4()?;
    Ok(match term {
        SizeTerm::None => 1.0,
        SizeTerm::Hw => (height * width) as f64,
        SizeTerm::Chw => (channels * height * width) as f64,
    })
}

/// F Fᵀ / `normalization`: `[N, C, H, W]` to `[N, C, C]` (Gatys et al., arXiv:1508.06576, eq. 3,
/// which normalises by nothing).
pub fn gram_matrix(features: &Tensor, normalization: SizeTerm) -> Result<Tensor, TchError> {
    let divisor = size_term(normalization, features)?;
    let rows = features.f_flatten(2, 3)?;
    product_with_transpose(&rows, divisor)
}

/// (F − μ)(F − μ)ᵀ / `normalization`: `[N, C, H, W]` to `[N, C, C]`.
pub fn covariance_matrix(features: &Tensor, normalization: SizeTerm) -> Result<Tensor, TchError> {
    let divisor = size_term(normalization, features)?;
    let rows = features.f_flatten(2, 3)?;
    let centred = rows.f_sub(&rows.f_mean_dim([2_i64].as_slice(), true, Kind::Float)?)?;
    product_with_transpose(&centred, divisor)
}

/// μ: `[N, C, H, W]` to `[N, C]`.
pub fn channel_mean(features: &Tensor) -> Result<Tensor, TchError> {
    features.f_mean_dim([2_i64, 3].as_slice(), false, Kind::Float)
}

fn product_with_transpose(rows: &Tensor, divisor: f64) -> Result<Tensor, TchError> {
    let product = rows.f_bmm(&rows.f_transpose(1, 2)?)?;
    if (divisor - 1.0).abs() < f64::EPSILON {
        Ok(product)
    } else {
        product.f_div_scalar(divisor)
    }
}

/// The parts of a statistic, each compared by itself: one tensor, or two for covariance and mean.
pub fn statistic(
    features: &Tensor,
    kind: Statistic,
    normalization: SizeTerm,
) -> Result<Vec<Tensor>, TchError> {
    Ok(match kind {
        Statistic::Gram => vec![gram_matrix(features, normalization)?],
        Statistic::Covariance => vec![covariance_matrix(features, normalization)?],
        Statistic::Mean => vec![channel_mean(features)?],
        Statistic::CovarianceAndMean => {
            vec![
                covariance_matrix(features, normalization)?,
                channel_mean(features)?,
            ]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::{flat, numbers};

    #[test]
    fn gram_of_two_channels_by_hand() {
        let features = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).reshape([1, 2, 1, 2]);
        assert_eq!(
            flat(&gram_matrix(&features, SizeTerm::None).unwrap()),
            [5.0, 11.0, 11.0, 25.0]
        );
        assert_eq!(
            flat(&gram_matrix(&features, SizeTerm::Hw).unwrap()),
            [2.5, 5.5, 5.5, 12.5]
        );
        assert_eq!(
            flat(&gram_matrix(&features, SizeTerm::Chw).unwrap()),
            [1.25, 2.75, 2.75, 6.25]
        );
    }

    #[test]
    fn covariance_is_the_gram_matrix_without_the_mean() {
        let features = numbers(&[2, 3, 4, 5]);
        let mean = channel_mean(&features).unwrap();
        let outer = mean.unsqueeze(2).bmm(&mean.unsqueeze(1));
        let expected = gram_matrix(&features, SizeTerm::Hw).unwrap() - outer;
        let covariance = covariance_matrix(&features, SizeTerm::Hw).unwrap();
        assert!((covariance - expected).abs().max().double_value(&[]) < 1e-5);
    }
}
