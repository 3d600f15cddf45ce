//! A term of one candidate whose features are looked at tile by tile. Worker thread.
//!
//! Style first adds up what its statistic follows from, over all tiles; how the loss depends on that, and that on the
//! features of each tile, gives their slopes. Content is a sum over positions, so each tile's part stands by itself.

use std::ops::Range;

use tch::{Kind, TchError, Tensor};

use super::{Group, Rule, Work};
use crate::engine::tiles::rows_of;
use crate::loss::content::content_part;
use crate::loss::moments::{Moments, PartialMoments};
use crate::loss::style::style_loss_of_moments;

/// What a style term is over all tiles.
#[derive(Debug)]
pub(in crate::engine) struct Judged {
    /// The unweighted term, `[1]`.
    pub(in crate::engine) value: Tensor,
    /// Of each region.
    regions: Vec<JudgedRegion>,
}

#[derive(Debug)]
struct JudgedRegion {
    moments: Moments,
    by_mean: Tensor,
    by_scatter: Tensor,
}

/// What a tile has to do with a term.
#[derive(Debug)]
pub(in crate::engine) struct Part {
    /// How the weighted term depends on the tile's features, `[1, C, h, w]`.
    pub(in crate::engine) slopes: Tensor,
    /// What it adds to the unweighted value, `[]` in double precision; nothing where the value is known already.
    pub(in crate::engine) value: Option<Tensor>,
}

impl Group {
    /// Whether it has to be judged before any slope is known.
    pub(in crate::engine) fn adds_up(&self) -> bool {
        matches!(self.work, Work::Style(_))
    }

    /// Takes in `features`, `[1, C, h, W]`, which are these `rows` of the layer: for each region.
    pub(in crate::engine) fn add(
        &self,
        sums: &mut Vec<PartialMoments>,
        features: &Tensor,
        rows: &Range<i64>,
    ) -> Result<(), TchError> {
        let Work::Style(regions) = &self.work else {
            return Ok(());
        };
        for (index, region) in regions.iter().enumerate() {
            let shares = region.place.as_ref().map(|shares| rows_of(shares, rows));
            let part = PartialMoments::of(features, shares.transpose()?.as_ref())?;
            match sums.get_mut(index) {
                Some(sum) => sum.add(&part)?,
                None => sums.push(part),
            }
        }
        Ok(())
    }

    /// The term of all features, which make up `sums`: a layer of `size` (height, width) in a picture of `picture_hw`
    /// pixels. `None` where there are none.
    pub(in crate::engine) fn judged(
        &self,
        sums: &[PartialMoments],
        size: (i64, i64),
        picture_hw: f64,
    ) -> Result<Option<Judged>, TchError> {
        let (
            Work::Style(regions),
            Rule::Style {
                style,
                divide_by,
                divisor,
                ..
            },
        ) = (&self.work, self.rule)
        else {
            return Ok(None);
        };
        let mut value: Option<Tensor> = None;
        let mut roots = Vec::with_capacity(regions.len());
        let mut size_divisor = 1.0;
        for (region, sum) in regions.iter().zip(sums) {
            let moments = sum
                .whole(size, picture_hw, region.place.is_some())?
                .roots()?;
            size_divisor = moments.size_term(divide_by);
            let loss = style_loss_of_moments(&moments, &region.target, &style)?;
            let mut loss = loss.f_mul_scalar(region.weight)?;
            for variable in moments.variables() {
                // So that each is part of the graph, whatever the statistic is about.
                let nothing = variable.f_flatten(0, -1)?.f_narrow(0, 0, 0)?;
                loss = loss.f_add(&nothing.f_sum(Kind::Float)?)?;
            }
            value = Some(match value {
                Some(sum) => sum.f_add(&loss)?,
                None => loss,
            });
            roots.push(moments);
        }
        let Some(value) = value else { return Ok(None) };
        let value = value.f_div_scalar(regions.len() as f64 * divisor * size_divisor)?;
        let variables: Vec<&Tensor> = roots.iter().flat_map(Moments::variables).collect();
        let sum = value.f_sum(Kind::Float)?;
        let mut slopes = Tensor::f_run_backward(&[sum], &variables, false, false)?.into_iter();
        let mut judged = Vec::with_capacity(roots.len());
        for moments in roots {
            let (Some(by_mean), Some(by_scatter)) = (slopes.next(), slopes.next()) else {
                return Err(TchError::Torch("no gradient came back".to_owned()));
            };
            judged.push(JudgedRegion {
                moments,
                by_mean,
                by_scatter,
            });
        }
        Ok(Some(Judged {
            value: value.f_detach()?,
            regions: judged,
        }))
    }

    /// What `features`, `[1, C, h, W]`, which are these `rows` of a layer of `count` numbers, have to do with the term of this
    /// `weight`, `[1]`; style needs it `judged`. `None` for what is no term of features.
    pub(in crate::engine) fn part(
        &self,
        judged: Option<&Judged>,
        features: &Tensor,
        rows: &Range<i64>,
        (weight, count): (&Tensor, f64),
    ) -> Result<Option<Part>, TchError> {
        match (&self.work, self.rule) {
            (Work::Content { target, weighting }, Rule::Content(error)) => {
                let values = rows_of(&target.values, rows)?;
                let weighting = weighting.as_ref().map(|shares| rows_of(shares, rows));
                let weighting = weighting.transpose()?;
                let scale = (&target.scale, count);
                let (value, mut slopes) =
                    content_part(features, &values, weighting.as_ref(), error, scale)?;
                Ok(Some(Part {
                    slopes: slopes.f_mul_(weight)?,
                    value: Some(value),
                }))
            }
            (Work::Style(regions), _) => {
                let mut sum: Option<Tensor> = None;
                let judged = judged.map(|judged| judged.regions.as_slice());
                for (region, judged) in regions.iter().zip(judged.unwrap_or_default()) {
                    let shares = region.place.as_ref().map(|shares| rows_of(shares, rows));
                    let slopes = judged.moments.slopes(
                        features,
                        shares.transpose()?.as_ref(),
                        // These are small, and slopes as large as the features.
                        [
                            &judged.by_mean.f_mul(weight)?,
                            &judged.by_scatter.f_mul(weight)?,
                        ],
                    )?;
                    sum = Some(match sum {
                        Some(mut sum) => sum.f_add_(&slopes)?,
                        None => slopes,
                    });
                }
                Ok(sum.map(|slopes| Part {
                    slopes,
                    value: None,
                }))
            }
            _ => Ok(None),
        }
    }
}
