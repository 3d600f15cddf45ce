//! The candidates of a batch that compute a term alike, so that they do it in one go. Worker thread.

pub(super) mod tiled;

use tch::{TchError, Tensor};

use super::message::{LossTerm, TermKind};
use super::target::{RegionTarget, Targets, style_rule};
use crate::loss::Target;
use crate::loss::content::content_error;
use crate::loss::statistic::size_term;
use crate::loss::style::{Draw, StyleRule, StyleTarget, style_loss};
use crate::loss::variation::total_variation;
use crate::preset::{
    ContentError, OptimizerKind, Preset, Reduction, SizeTerm, Statistic, VariationForm,
};

/// How a term of a candidate is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Content(ContentError),
    Style {
        style: StyleRule,
        divide_by: SizeTerm,
        divisor: f64,
        randomness: Randomness,
    },
    Variation {
        form: VariationForm,
        reduction: Reduction,
        exponent: f64,
    },
}

/// Which random directions a term takes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Randomness {
    /// It takes none.
    None,
    /// New ones at every step.
    EveryStep { seed: u64 },
    /// The same at all steps: L-BFGS learns from how the gradient changes, and new directions change it, too.
    Once { seed: u64 },
}

/// What each of `Group`'s candidates is compared with.
#[derive(Debug)]
enum Work {
    Content {
        target: Target,
        /// How much each position counts, `[n, 1, H, W]`.
        weighting: Option<Tensor>,
    },
    /// A target a region.
    Style(Vec<RegionTarget>),
    Variation,
}

/// The candidates that compute a term alike.
#[derive(Debug)]
pub(super) struct Group {
    rule: Rule,
    /// `[n]` row numbers within the batch; `None` where it is every candidate of it.
    pub(super) rows: Option<Tensor>,
    work: Work,
}

/// A candidate's row, and what it is compared with.
type Member = (usize, Work);

impl Group {
    /// The groups of those of `presets` that have the term `column`; `targets` has an entry for each of them.
    pub(super) fn of(
        column: &LossTerm,
        presets: &[&Preset],
        targets: &[Targets],
        device: tch::Device,
    ) -> Result<Vec<Self>, TchError> {
        let mut alike: Vec<(Rule, Vec<Member>)> = Vec::new();
        for (row, (preset, targets)) in presets.iter().zip(targets).enumerate() {
            let Some(work) = work(column, preset, targets)? else {
                continue;
            };
            let rule = rule(column, preset);
            match alike.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, members)) => members.push((row, work)),
                None => alike.push((rule, vec![(row, work)])),
            }
        }
        let mut groups = Vec::new();
        for (rule, members) in alike {
            for members in joined(members)? {
                let (rows, work) = members;
                let rows = if rows.len() == presets.len() {
                    None
                } else {
                    Some(crate::optimizer::row_index(&rows, device)?)
                };
                groups.push(Self { rule, rows, work });
            }
        }
        Ok(groups)
    }

    /// The errors of `source`, the features or pictures of these candidates, `[n, C, H, W]`: `[n]`. `picture_hw` is
    /// height × width of the pictures, `step` counts the updates before.
    pub(super) fn evaluate(
        &self,
        source: &Tensor,
        picture_hw: f64,
        step: u64,
    ) -> Result<Tensor, TchError> {
        match (self.rule, &self.work) {
            (Rule::Content(error), Work::Content { target, weighting }) => {
                content_error(source, target, error, weighting.as_ref())
            }
            (
                Rule::Style {
                    style,
                    divide_by,
                    divisor,
                    randomness,
                },
                Work::Style(regions),
            ) => {
                let value = regions_loss(source, regions, &style, picture_hw, randomness.at(step))?;
                let divisor = divisor * size_term(divide_by, source, picture_hw)?;
                if (divisor - 1.0).abs() < f64::EPSILON {
                    Ok(value)
                } else {
                    value.f_div_scalar(divisor)
                }
            }
            (
                Rule::Variation {
                    form,
                    reduction,
                    exponent,
                },
                Work::Variation,
            ) => total_variation(source, form, reduction, exponent),
            _ => Err(TchError::Shape("a term without its target".to_owned())),
        }
    }
}

/// The mean over the regions of each one's loss with its weight, so that a mask by itself makes a style neither
/// stronger nor weaker.
fn regions_loss(
    features: &Tensor,
    regions: &[RegionTarget],
    rule: &StyleRule,
    picture_hw: f64,
    draw: Draw,
) -> Result<Tensor, TchError> {
    let mut sum: Option<Tensor> = None;
    for region in regions {
        let place = region.place.as_ref();
        let loss = style_loss(features, place, &region.target, rule, picture_hw, draw)?;
        // Compared with the number as written in the preset, not with a computed one.
        #[allow(clippy::float_cmp)]
        let loss = if region.weight == 1.0 {
            loss
        } else {
            loss.f_mul_scalar(region.weight)?
        };
        sum = Some(match sum {
            Some(sum) => sum.f_add(&loss)?,
            None => loss,
        });
    }
    let sum = sum.ok_or_else(|| TchError::Shape("a style term without regions".to_owned()))?;
    if regions.len() == 1 {
        Ok(sum)
    } else {
        sum.f_div_scalar(regions.len() as f64)
    }
}

impl Randomness {
    fn of(preset: &Preset, statistic: Statistic) -> Self {
        let seed = preset.schedule.seed;
        match (statistic, preset.optimizer.kind) {
            (Statistic::SlicedWasserstein, OptimizerKind::Adam) => Self::EveryStep { seed },
            (Statistic::SlicedWasserstein, OptimizerKind::Lbfgs) => Self::Once { seed },
            _ => Self::None,
        }
    }

    fn at(self, step: u64) -> Draw {
        match self {
            Self::None => Draw { seed: 0, step: 0 },
            Self::EveryStep { seed } => Draw { seed, step },
            Self::Once { seed } => Draw { seed, step: 0 },
        }
    }
}

/// How `preset` wants the term `column`.
fn rule(column: &LossTerm, preset: &Preset) -> Rule {
    match column.kind {
        TermKind::Content => Rule::Content(preset.content.error),
        TermKind::Style => {
            let style = style_rule(preset, column.layer.as_deref().unwrap_or_default());
            Rule::Style {
                style,
                divide_by: preset.style.divide_by,
                divisor: preset.style.divisor,
                randomness: Randomness::of(preset, style.statistic),
            }
        }
        TermKind::Variation => Rule::Variation {
            form: preset.variation.form,
            reduction: preset.variation.reduction,
            exponent: preset.variation.exponent,
        },
    }
}

/// What a candidate is compared with in the term `column`; `None` where it has no such term.
fn work(column: &LossTerm, preset: &Preset, targets: &Targets) -> Result<Option<Work>, TchError> {
    Ok(match (&column.layer, column.kind) {
        (Some(layer), TermKind::Content) => match targets.content.get(layer) {
            Some(target) => Some(Work::Content {
                target: target.shared(),
                weighting: targets.content_weighting(layer, preset)?,
            }),
            None => None,
        },
        (Some(layer), TermKind::Style) => targets.style(layer, preset)?.map(Work::Style),
        _ => Some(Work::Variation),
    })
}

/// Members as few groups: as one where their targets can be one tensor, otherwise each by itself.
fn joined(members: Vec<Member>) -> Result<Vec<(Vec<usize>, Work)>, TchError> {
    if let Some(work) = joined_work(&members)? {
        return Ok(vec![(
            members.into_iter().map(|(row, _)| row).collect(),
            work,
        )]);
    }
    let alone = |(row, work)| (vec![row], work);
    Ok(members.into_iter().map(alone).collect())
}

fn joined_work(members: &[Member]) -> Result<Option<Work>, TchError> {
    let works = || members.iter().map(|(_, work)| work);
    match works().next() {
        None => Ok(None),
        Some(_) if members.len() == 1 => Ok(None),
        Some(Work::Variation) => Ok(Some(Work::Variation)),
        Some(Work::Content { .. }) => {
            let targets: Option<Vec<&Target>> = works()
                .map(|work| match work {
                    Work::Content {
                        target,
                        weighting: None,
                    } => Some(target),
                    _ => None,
                })
                .collect();
            let Some(targets) = targets else {
                return Ok(None);
            };
            Ok(Some(Work::Content {
                target: Target::joined(&targets)?,
                weighting: None,
            }))
        }
        Some(Work::Style(_)) => {
            let targets: Option<Vec<&StyleTarget>> = works()
                .map(|work| match work {
                    Work::Style(regions) => match regions.as_slice() {
                        [region] if region.place.is_none() => Some(&region.target),
                        _ => None,
                    },
                    _ => None,
                })
                .collect();
            let Some(targets) = targets else {
                return Ok(None);
            };
            let region = |target| RegionTarget {
                weight: 1.0,
                place: None,
                target,
            };
            let joined = StyleTarget::joined(&targets)?;
            Ok(joined.map(|target| Work::Style(vec![region(target)])))
        }
    }
}
