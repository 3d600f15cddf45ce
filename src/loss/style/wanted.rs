//! What one part of a statistic is to be, and how far it is from it. Worker thread.

use tch::{TchError, Tensor};

use super::sample::{Measured, rows_within};
use super::{Draw, Part, SMALLEST_SCALE, StyleRule, joined_tensor, row_of};
use crate::loss::blend::{Central, mixed, weighted_sum};
use crate::loss::distribution::Distribution;
use crate::loss::gaussian::Normal;
use crate::loss::observed::Observed;
use crate::loss::{Target, mean_per_candidate, sum_per_candidate};
use crate::preset::{SizeTerm, StyleError};

/// Added to variances before their root is taken, as in `AdaIN`.
const SMALLEST_VARIANCE: f64 = 1e-5;

/// What is wanted of one [`Part`].
#[derive(Debug)]
pub(super) enum Wanted {
    /// No picture has the region at this layer.
    Nothing,
    Values(Target),
    Normal(Normal),
    /// One a candidate.
    Features(Vec<Distribution>),
}

impl Wanted {
    /// Of the pictures that have the region, by shares whose sum is 1.
    pub(super) fn new(part: Part, pictures: &[(f64, &Measured)]) -> Result<Self, TchError> {
        if pictures.is_empty() {
            return Ok(Self::Nothing);
        }
        let (mut raw, mut central, mut features) = (vec![], vec![], vec![]);
        for (share, measured) in pictures {
            match measured {
                Measured::Raw(values) => raw.push((*share, values)),
                Measured::Central(values) => central.push((*share, values)),
                Measured::Features(rows) => features.push((*share, rows.shallow_clone())),
            }
        }
        match part {
            Part::Gram | Part::Mean => weighted_sum(&raw).and_then(values_target),
            Part::Covariance => values_target(mixed(&central)?.1),
            Part::Deviation => values_target(deviation(&mixed(&central)?.1)?),
            Part::Normal => normal_target(&central),
            Part::Directions | Part::Channels => {
                Ok(Self::Features(vec![Distribution::new(features)?]))
            }
        }
    }

    pub(super) fn joined(parts: &[&Self]) -> Result<Option<Self>, TchError> {
        let (mut nothing, mut values, mut normals, mut features) = (0, vec![], vec![], vec![]);
        for part in parts {
            match part {
                Self::Nothing => nothing += 1,
                Self::Values(target) => values.push(target),
                Self::Normal(normal) => normals.push(normal),
                Self::Features(list) => features.extend(list.iter().map(Distribution::shared)),
            }
        }
        if nothing == parts.len() {
            Ok(Some(Self::Nothing))
        } else if nothing > 0 {
            Ok(None)
        } else if !values.is_empty() {
            let tensors: Vec<&Tensor> = values.iter().map(|target| &target.values).collect();
            // Only to see whether they can be one.
            joined_tensor(&tensors)?
                .map(|_| Target::joined(&values).map(Self::Values))
                .transpose()
        } else if !normals.is_empty() {
            Ok(Normal::joined(&normals)?.map(Self::Normal))
        } else {
            Ok(Some(Self::Features(features)))
        }
    }

    pub(super) fn row(&self, row: i64) -> Result<Self, TchError> {
        Ok(match self {
            Self::Nothing => Self::Nothing,
            Self::Values(target) => Self::Values(target.row(row)?),
            Self::Normal(normal) => Self::Normal(normal.row(row)?),
            Self::Features(list) => {
                let own = list.get(row as usize).map(Distribution::shared);
                Self::Features(own.into_iter().collect())
            }
        })
    }

    /// `[n]`
    pub(super) fn error(
        &self,
        part: Part,
        observed: &Observed<'_>,
        rule: &StyleRule,
        draw: Draw,
    ) -> Result<Tensor, TchError> {
        match self {
            Self::Nothing => observed.nothing(),
            Self::Values(target) => {
                let values = match part {
                    Part::Gram => observed.gram(rule.shift, rule.normalization)?,
                    Part::Covariance => observed.covariance(rule.normalization)?,
                    Part::Deviation => deviation(&observed.variance()?)?,
                    _ => observed.mean()?,
                };
                let value = values_error(&values, target, rule.error)?;
                where_present(value, observed)
            }
            Self::Normal(normal) => {
                let covariance = observed.covariance(SizeTerm::Hw)?;
                let value = normal.distance(&observed.mean()?, &covariance, rule.error)?;
                where_present(value, observed)
            }
            Self::Features(list) => {
                let whole = observed.whole()?;
                let features = whole.features.f_split(1, 0)?;
                let values =
                    features
                        .iter()
                        .zip(list)
                        .enumerate()
                        .map(|(row, (features, wanted))| {
                            let region = whole.region.map(|region| row_of(region, row as i64));
                            distance(
                                part,
                                features,
                                region.transpose()?.as_ref(),
                                wanted,
                                rule,
                                draw,
                            )
                        });
                Tensor::f_cat(&values.collect::<Result<Vec<_>, TchError>>()?, 0)
            }
        }
    }
}

/// The scale of the values of a picture, `[1, …]`, is the mean of their squares.
fn values_target(values: Tensor) -> Result<Wanted, TchError> {
    let scale = mean_per_candidate(&values.f_square()?)?.f_clamp_min(SMALLEST_SCALE)?;
    Ok(Wanted::Values(Target { values, scale }))
}

fn normal_target(pictures: &[(f64, &Central)]) -> Result<Wanted, TchError> {
    let (mean, covariance) = mixed(pictures)?;
    Normal::new(mean, &covariance).map(Wanted::Normal)
}

fn values_error(values: &Tensor, target: &Target, error: StyleError) -> Result<Tensor, TchError> {
    let squares = values.f_sub(&target.values)?.f_square()?;
    match error {
        StyleError::Mean => mean_per_candidate(&squares),
        StyleError::Sum => sum_per_candidate(&squares),
        StyleError::Relative => mean_per_candidate(&squares)?.f_div(&target.scale),
    }
}

fn deviation(variance: &Tensor) -> Result<Tensor, TchError> {
    variance.f_add_scalar(SMALLEST_VARIANCE)?.f_sqrt()
}

/// `value`, `[n]`, and 0 where the region does not exist.
fn where_present(value: Tensor, observed: &Observed<'_>) -> Result<Tensor, TchError> {
    match observed.presence() {
        Some(presence) => value.f_mul(presence),
        None => Ok(value),
    }
}

/// Zeros that belong to the graph of `features`, `[n, C, H, W]`: `[n]`.
fn nothing(features: &Tensor) -> Result<Tensor, TchError> {
    features
        .f_flatten(1, -1)?
        .f_narrow(1, 0, 0)?
        .f_sum_dim_intlist([1_i64].as_slice(), false, features.kind())
}

/// Between distributions of one candidate, `[1]`.
fn distance(
    part: Part,
    features: &Tensor,
    region: Option<&Tensor>,
    wanted: &Distribution,
    rule: &StyleRule,
    draw: Draw,
) -> Result<Tensor, TchError> {
    let Some(rows) = rows_within(features, region)? else {
        return nothing(features);
    };
    if part == Part::Channels {
        return wanted.distance(&rows, rule.error);
    }
    let (channels, _) = rows.size2()?;
    let count = match rule.projections {
        0 => channels,
        count => i64::from(count),
    };
    let directions = draw.directions(count, channels, (rows.kind(), rows.device()))?;
    wanted.sliced_distance(&rows, &directions, rule.error)
}
