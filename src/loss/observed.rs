//! What is seen of a layer: all of its features, or what those add up to where they are too many to be there at once.
//! Worker thread.

use tch::{TchError, Tensor};

use super::moments::Moments;
use super::statistic::Whole;
use crate::preset::SizeTerm;

/// What a statistic is taken of.
#[derive(Debug)]
pub(super) enum Observed<'a> {
    Whole(Whole<'a>),
    /// Of one candidate.
    Summed(&'a Moments),
}

impl<'a> Observed<'a> {
    pub(super) fn new(
        features: &'a Tensor,
        region: Option<&'a Tensor>,
        picture_hw: f64,
    ) -> Result<Self, TchError> {
        Whole::new(features, region, picture_hw).map(Self::Whole)
    }

    /// All features, for statistics that need them all.
    pub(super) fn whole(&self) -> Result<&Whole<'a>, TchError> {
        match self {
            Self::Whole(whole) => Ok(whole),
            Self::Summed(_) => Err(TchError::Shape(
                "a statistic that needs all features at once cannot be taken tile by tile"
                    .to_owned(),
            )),
        }
    }

    /// 1 where the region exists at this layer, otherwise 0, `[1 or n]`; `None` without regions.
    pub(super) fn presence(&self) -> Option<&Tensor> {
        match self {
            Self::Whole(whole) => whole.presence(),
            Self::Summed(moments) => moments.presence(),
        }
    }

    /// As [`Whole::gram`], `[n, C, C]`.
    pub(super) fn gram(&self, shift: f64, normalization: SizeTerm) -> Result<Tensor, TchError> {
        match self {
            Self::Whole(whole) => whole.gram(shift, normalization),
            Self::Summed(moments) => moments.gram(shift, normalization),
        }
    }

    /// As [`Whole::covariance`], `[n, C, C]`.
    pub(super) fn covariance(&self, normalization: SizeTerm) -> Result<Tensor, TchError> {
        match self {
            Self::Whole(whole) => whole.covariance(normalization),
            Self::Summed(moments) => moments.covariance(normalization),
        }
    }

    /// μ, `[n, C]`.
    pub(super) fn mean(&self) -> Result<Tensor, TchError> {
        match self {
            Self::Whole(whole) => whole.mean(),
            Self::Summed(moments) => Ok(moments.mean().shallow_clone()),
        }
    }

    /// The variance of each channel over positions, `[n, C]`.
    pub(super) fn variance(&self) -> Result<Tensor, TchError> {
        match self {
            Self::Whole(whole) => whole.variance(),
            Self::Summed(moments) => moments.variance(),
        }
    }

    /// As [`Whole::unit`].
    pub(super) fn unit(&self, normalization: SizeTerm) -> Result<f64, TchError> {
        match self {
            Self::Whole(whole) => whole.unit(normalization),
            Self::Summed(moments) => Ok(moments.unit(normalization)),
        }
    }

    /// Zeros that belong to the graph of what is seen, `[n]`.
    pub(super) fn nothing(&self) -> Result<Tensor, TchError> {
        let values = match self {
            Self::Whole(whole) => whole.features,
            Self::Summed(moments) => moments.mean(),
        };
        values
            .f_flatten(1, -1)?
            .f_narrow(1, 0, 0)?
            .f_sum_dim_intlist([1_i64].as_slice(), false, values.kind())
    }
}
