//! What a layer's features are to look like. Worker thread.

use tch::{TchError, Tensor};

use super::sample::{Measured, StyleSample};
use super::wanted::Wanted;
use super::{Draw, Part, StyleRule, parts};
use crate::loss::observed::Observed;
use crate::preset::Statistic;

/// What the style pictures say at a layer, in their shares; of one candidate or of several.
#[derive(Debug)]
pub struct StyleTarget {
    statistic: Statistic,
    /// How many, n.
    candidates: i64,
    /// One a part of the statistic.
    parts: Vec<Wanted>,
}

/// The target that `samples` make by their `shares`, which are at least 0 and need not have a sum of 1; of one
/// candidate. Without samples, nothing is wanted, and the loss is 0.
///
/// A blend is the statistic of a mixture of the pictures' features: raw moments are mixed, and whatever is about a
/// mean follows from them. Distributions are mixed by their quantiles. One sample, or one with a share, is taken as
/// it is. Samples whose region does not exist take no part.
///
/// # Errors
/// Those of libtorch; shares that are all 0 or no shares; samples of another statistic than the rule's; the square
/// root that `wasserstein` needs was not found, in words for people.
pub fn style_target(
    samples: &[&StyleSample],
    shares: &[f64],
    rule: &StyleRule,
) -> Result<StyleTarget, TchError> {
    let are_shares = shares
        .iter()
        .all(|share| share.is_finite() && *share >= 0.0);
    let is_something = samples.is_empty() || shares.iter().any(|share| *share > 0.0);
    if samples.len() != shares.len() || !are_shares || !is_something {
        return Err(TchError::Shape(format!(
            "{shares:?} are no shares of {} style pictures",
            samples.len()
        )));
    }
    if samples
        .iter()
        .any(|sample| sample.statistic != rule.statistic)
    {
        return Err(TchError::Shape(
            "style samples of another statistic".to_owned(),
        ));
    }
    let wanted = |(index, part): (usize, &Part)| {
        let present: Vec<(f64, &Measured)> = samples
            .iter()
            .zip(shares)
            .filter(|(_, share)| **share > 0.0)
            .filter_map(|(sample, share)| Some((*share, sample.parts.get(index)?.as_ref()?)))
            .collect();
        // Against the largest first, so that no sum is infinite.
        let largest = present.iter().fold(0.0, |most, (share, _)| share.max(most));
        let sum: f64 = present.iter().map(|(share, _)| share / largest).sum();
        let present: Vec<(f64, &Measured)> = present
            .into_iter()
            .map(|(share, measured)| (share / largest / sum, measured))
            .collect();
        Wanted::new(*part, &present)
    };
    Ok(StyleTarget {
        statistic: rule.statistic,
        candidates: 1,
        parts: parts(rule.statistic)
            .iter()
            .enumerate()
            .map(wanted)
            .collect::<Result<_, _>>()?,
    })
}

impl StyleTarget {
    /// Several candidates' targets as one; `None` where they cannot be one: of different statistics or shapes, or
    /// where some want nothing. Then candidates are evaluated one by one.
    pub fn joined(targets: &[&Self]) -> Result<Option<Self>, TchError> {
        let Some(first) = targets.first() else {
            return Ok(None);
        };
        if targets
            .iter()
            .any(|target| target.statistic != first.statistic)
        {
            return Ok(None);
        }
        let mut joined = Vec::new();
        for index in 0..first.parts.len() {
            let of_part: Vec<&Wanted> = targets
                .iter()
                .filter_map(|target| target.parts.get(index))
                .collect();
            match Wanted::joined(&of_part)? {
                Some(wanted) => joined.push(wanted),
                None => return Ok(None),
            }
        }
        Ok(Some(Self {
            statistic: first.statistic,
            candidates: targets.iter().map(|target| target.candidates).sum(),
            parts: joined,
        }))
    }

    /// Whether it is the target of so many candidates by `rule`.
    pub(super) fn check(&self, candidates: i64, rule: &StyleRule) -> Result<(), TchError> {
        if self.candidates == candidates && self.statistic == rule.statistic {
            return Ok(());
        }
        Err(TchError::Shape(format!(
            "{:?} of {candidates} candidates compared with a target of {:?} of {}",
            rule.statistic, self.statistic, self.candidates
        )))
    }

    /// One candidate's.
    pub(super) fn row(&self, row: i64) -> Result<Self, TchError> {
        let parts = self.parts.iter().map(|wanted| wanted.row(row));
        Ok(Self {
            statistic: self.statistic,
            candidates: 1,
            parts: parts.collect::<Result<_, _>>()?,
        })
    }

    /// The errors of all parts, added, `[n]`.
    pub(super) fn error(
        &self,
        observed: &Observed<'_>,
        rule: &StyleRule,
        draw: Draw,
    ) -> Result<Tensor, TchError> {
        let mut total: Option<Tensor> = None;
        for (part, wanted) in parts(rule.statistic).iter().zip(&self.parts) {
            let value = wanted.error(*part, observed, rule, draw)?;
            total = Some(match total {
                Some(sum) => sum.f_add(&value)?,
                None => value,
            });
        }
        total.ok_or_else(|| TchError::Shape("a style statistic without parts".to_owned()))
    }
}
