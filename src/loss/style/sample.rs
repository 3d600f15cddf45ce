//! What a style picture says at a layer. Worker thread.

use tch::{TchError, Tensor};

use super::{Part, StyleRule, parts};
use crate::loss::blend::Central;
use crate::loss::distribution::sorted;
use crate::loss::moments::Moments;
use crate::loss::observed::Observed;
use crate::loss::region::positions;
use crate::preset::{SizeTerm, Statistic};

/// What a style picture, or a region of it, says at a layer; kept, so that blends can be mixed anew while a run
/// goes on.
#[derive(Debug)]
pub struct StyleSample {
    /// What was measured.
    pub(super) statistic: Statistic,
    /// One a part of the statistic; `None` where the region does not exist at this layer.
    pub(super) parts: Vec<Option<Measured>>,
}

/// What is kept of a picture for one [`Part`].
#[derive(Debug)]
pub(super) enum Measured {
    /// What mixes by adding up, `[1, …]`.
    Raw(Tensor),
    /// What lies about a mean, so that the means count as well when it is mixed.
    Central(Central),
    /// The features, `[C, P]`; those of [`Part::Channels`] are sorted.
    Features(Tensor),
}

/// What a style picture whose `features` are `[1, C, H, W]` says within `region`, `[1, 1, H, W]`, shares in [0, 1]
/// (a mask, pooled to the layer), `None` for everywhere; `picture_hw` is height × width of that picture in pixels.
///
/// Of `rule`, the statistic with its normalisation and shift is used. With a region this waits for the device.
///
/// # Errors
/// Those of libtorch.
pub fn style_sample(
    features: &Tensor,
    region: Option<&Tensor>,
    rule: &StyleRule,
    picture_hw: f64,
) -> Result<StyleSample, TchError> {
    sample_of(&Observed::new(features, region, picture_hw)?, rule)
}

/// The same of a picture whose features were too many to be there at once.
///
/// # Errors
/// As [`style_sample`]; statistics that need all features at once.
pub fn style_sample_of_moments(
    moments: &Moments,
    rule: &StyleRule,
) -> Result<StyleSample, TchError> {
    sample_of(&Observed::Summed(moments), rule)
}

fn sample_of(observed: &Observed<'_>, rule: &StyleRule) -> Result<StyleSample, TchError> {
    let is_present = match observed.presence() {
        Some(presence) => presence.f_double_value(&[0])? > 0.0,
        None => true,
    };
    let measure = |part: &Part| match part {
        Part::Directions | Part::Channels => features_of(observed, *part),
        _ if is_present => moments(observed, *part, rule).map(Some),
        _ => Ok(None),
    };
    let parts = parts(rule.statistic).iter().map(measure);
    Ok(StyleSample {
        statistic: rule.statistic,
        parts: parts.collect::<Result<_, _>>()?,
    })
}

fn moments(observed: &Observed<'_>, part: Part, rule: &StyleRule) -> Result<Measured, TchError> {
    let central = |spread: Tensor, unit: f64| -> Result<Measured, TchError> {
        Ok(Measured::Central(Central {
            mean: observed.mean()?,
            spread,
            unit,
        }))
    };
    match part {
        Part::Gram => observed
            .gram(rule.shift, rule.normalization)
            .map(Measured::Raw),
        Part::Mean => observed.mean().map(Measured::Raw),
        Part::Covariance => central(
            observed.covariance(rule.normalization)?,
            observed.unit(rule.normalization)?,
        ),
        Part::Normal => central(observed.covariance(SizeTerm::Hw)?, 1.0),
        Part::Deviation => central(observed.variance()?, 1.0),
        Part::Directions | Part::Channels => {
            Err(TchError::Shape("a distribution has no moments".to_owned()))
        }
    }
}

fn features_of(observed: &Observed<'_>, part: Part) -> Result<Option<Measured>, TchError> {
    let whole = observed.whole()?;
    let Some(rows) = rows_within(whole.features, whole.region)? else {
        return Ok(None);
    };
    let rows = match part {
        Part::Channels => sorted(&rows)?,
        _ => rows,
    };
    Ok(Some(Measured::Features(rows)))
}

/// The features of one picture, `[1, C, H, W]`, at the positions that belong to the region by at least half,
/// `[C, P]`; `None` where there are none.
pub(super) fn rows_within(
    features: &Tensor,
    region: Option<&Tensor>,
) -> Result<Option<Tensor>, TchError> {
    let rows = features.f_squeeze_dim(0)?.f_flatten(1, 2)?;
    let Some(region) = region else {
        return Ok(Some(rows));
    };
    let positions = positions(region)?;
    Ok(match positions.size1()? {
        0 => None,
        _ => Some(rows.f_index_select(1, &positions)?),
    })
}
