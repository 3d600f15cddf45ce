//! The distance of a layer's features from the style pictures'. Runs on the worker thread.
//!
//! A [`Statistic`] is a list of parts, each compared with its own error; the errors are added. What a style picture
//! says is a [`StyleSample`], samples by their shares make a [`StyleTarget`], and [`style_loss`] compares with it.

mod sample;
mod target;
#[cfg(test)]
mod tests;
mod wanted;

use tch::{Device, TchError, Tensor};

pub use self::sample::{StyleSample, style_sample, style_sample_of_moments};
pub use self::target::{StyleTarget, style_target};
pub use super::directions::Draw;
use super::moments::Moments;
use super::observed::Observed;
use crate::preset::{SizeTerm, Statistic, StyleError};

/// Below this what makes an error relative does not divide any more: a style picture of one colour has no
/// covariance.
pub(super) const SMALLEST_SCALE: f64 = 1e-8;

/// How a style layer's features become a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StyleRule {
    /// What is compared.
    pub statistic: Statistic,
    /// What Gram and covariance matrices are divided by.
    pub normalization: SizeTerm,
    /// How a difference becomes a number.
    pub error: StyleError,
    /// Subtracted from every feature before its Gram matrix is taken.
    pub shift: f64,
    /// Random directions of `sliced_wasserstein`; 0 for as many as there are channels.
    pub projections: u32,
}

/// What is compared with an error of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// (F − shift)(F − shift)ᵀ / normalization
    Gram,
    /// (F − μ)(F − μ)ᵀ / normalization
    Covariance,
    /// μ
    Mean,
    /// σ of every channel
    Deviation,
    /// The normal distribution with F's mean and covariance
    Normal,
    /// The distributions of F along random directions
    Directions,
    /// The distribution of every channel
    Channels,
}

const fn parts(statistic: Statistic) -> &'static [Part] {
    match statistic {
        Statistic::Gram => &[Part::Gram],
        Statistic::Covariance => &[Part::Covariance],
        Statistic::Mean => &[Part::Mean],
        Statistic::CovarianceAndMean => &[Part::Covariance, Part::Mean],
        Statistic::MeanAndDeviation => &[Part::Mean, Part::Deviation],
        Statistic::Wasserstein => &[Part::Normal],
        Statistic::SlicedWasserstein => &[Part::Directions],
        Statistic::Histogram => &[Part::Channels],
        Statistic::GramAndHistogram => &[Part::Gram, Part::Channels],
    }
}

/// The error between `features`, `[n, C, H, W]`, and the style of `target`, which is of n candidates: `[n]`.
///
/// `region`, `[1 or n, 1, H, W]` with shares in [0, 1], is where the features are looked at, `None` for everywhere;
/// `picture_hw` is height × width of the optimised picture in pixels; only `sliced_wasserstein` uses `draw`. A
/// region that does not exist at this layer, in the picture or in any style picture, gives 0 and a gradient of 0:
/// one that covers less than half a position, or, for `sliced_wasserstein` and histograms, none by at least half.
///
/// # Formula
/// Of each part of the statistic, S for the features and A for the target, over all elements: `mean` is
/// mean((S − A)²), `sum` Σ(S − A)², `relative` mean((S − A)²) / mean(A²). Deviations are σ = √(variance + 1e-5) with
/// the variance over all positions (Huang and Belongie, arXiv:1703.06868). Those of whole distributions stand with
/// their own parts: the Wasserstein-2 distance of normal distributions, and the squared differences of sorted
/// values, of every channel or along random directions, whose `relative` divides by the mean square of the style's
/// centred features. In a region, position p counts m(p), and Σ m stands for H·W.
///
/// # Errors
/// Those of libtorch; shapes or a rule that do not go with the target.
pub fn style_loss(
    features: &Tensor,
    region: Option<&Tensor>,
    target: &StyleTarget,
    rule: &StyleRule,
    picture_hw: f64,
    draw: Draw,
) -> Result<Tensor, TchError> {
    let (count, _, _, _) = features.size4()?;
    target.check(count, rule)?;
    if count == 1 || features.device() != Device::Cpu {
        return target.error(&Observed::new(features, region, picture_hw)?, rule, draw);
    }
    // As in `each_alone`: libtorch rounds differently in company.
    let rows = features.f_split(1, 0)?;
    let losses = rows.iter().enumerate().map(|(row, features)| {
        let row = row as i64;
        let region = region.map(|region| row_of(region, row)).transpose()?;
        let observed = Observed::new(features, region.as_ref(), picture_hw)?;
        target.row(row)?.error(&observed, rule, draw)
    });
    Tensor::f_cat(&losses.collect::<Result<Vec<_>, TchError>>()?, 0)
}

/// The same of features that were too many to be there at once, of one candidate: `[1]`.
///
/// # Errors
/// As [`style_loss`]; statistics that need all features at once, see [`takes_tiles`].
pub fn style_loss_of_moments(
    moments: &Moments,
    target: &StyleTarget,
    rule: &StyleRule,
) -> Result<Tensor, TchError> {
    target.check(1, rule)?;
    let draw = Draw { seed: 0, step: 0 };
    target.error(&Observed::Summed(moments), rule, draw)
}

/// Whether `statistic` follows from [`Moments`], which add up over tiles; the others need all features at once.
pub fn takes_tiles(statistic: Statistic) -> bool {
    let mut parts = parts(statistic).iter();
    !parts.any(|part| matches!(part, Part::Directions | Part::Channels))
}

/// The candidate's row of a tensor that has one for each, or one for all.
fn row_of(tensor: &Tensor, row: i64) -> Result<Tensor, TchError> {
    if tensor.size().first() == Some(&1) {
        Ok(tensor.shallow_clone())
    } else {
        tensor.f_narrow(0, row, 1)
    }
}

/// Tensors of one candidate each below one another; `None` where their shapes differ.
pub(super) fn joined_tensor(tensors: &[&Tensor]) -> Result<Option<Tensor>, TchError> {
    let inner = |tensor: &Tensor| tensor.size().get(1..).map(<[i64]>::to_vec);
    let Some((first, others)) = tensors.split_first() else {
        return Ok(None);
    };
    if others.iter().any(|other| inner(other) != inner(first)) {
        return Ok(None);
    }
    if others.is_empty() {
        return Ok(Some(first.shallow_clone()));
    }
    Tensor::f_cat(tensors, 0).map(Some)
}
