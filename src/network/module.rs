//! What a network is made of, forth and back. Worker thread.
//!
//! The way back is written out: weights are frozen, so of the way forth only the signs of the `ReLU`s and the choices of
//! the poolings are kept, a byte a number and less, where automatic differentiation keeps all features.

use tch::{Kind, TchError, Tensor};

use super::convolution::Convolution;
use super::pieces::Pieces;
use super::pooling::{KeptOfPool, Pool};
use super::rows::{Wanted, Windows};

/// An operation with its weights.
#[derive(Debug)]
pub(super) enum Module {
    Convolution(Convolution),
    Relu,
    Pool(Pool),
    Fire(Box<Fire>),
}

/// `SqueezeNet`'s module; see [`super::architecture::OperationKind::Fire`].
#[derive(Debug)]
pub(super) struct Fire {
    pub(super) squeeze: Convolution,
    pub(super) expand1x1: Convolution,
    pub(super) expand3x3: Convolution,
}

/// What has to be known of the way forth to take a gradient back.
#[derive(Debug)]
pub(super) enum Kept {
    Nothing,
    /// Where the result is positive, 0 or 1.
    Sign(Tensor),
    Pool(KeptOfPool),
    /// The signs after narrowing and after widening.
    Fire {
        narrow: Tensor,
        wide: Tensor,
    },
}

impl Kept {
    /// What was kept is not what this operation keeps.
    pub(super) fn of_another() -> TchError {
        TchError::Shape("what was kept is of another operation".to_owned())
    }
}

impl Module {
    /// Its windows, along the height.
    pub(super) fn windows(&self) -> Result<Windows, TchError> {
        match self {
            Self::Convolution(convolution) => convolution.windows(),
            Self::Relu => Ok(Windows::SINGLE),
            Self::Pool(pool) => Ok(pool.windows()),
            Self::Fire(fire) => fire.expand3x3.windows(),
        }
    }

    /// `[N, C, H, W]` to `[N, C', H', W']`, or of some rows of an input, which has so many more `beyond` its upper and its
    /// lower edge. Where nobody else needs `input` (`is_own`), the result may lie in its memory. What [`Module::gradient`]
    /// needs goes to `kept` where there is one.
    pub(super) fn forward(
        &self,
        input: &Pieces,
        is_own: bool,
        beyond: [i64; 2],
        kept: Option<&mut Kept>,
    ) -> Result<Tensor, TchError> {
        match self {
            Self::Convolution(convolution) => convolution.forward_rows(input, beyond),
            Self::Relu => {
                let mut input = input.joined()?;
                let result = if is_own {
                    input.f_relu_()?
                } else {
                    input.f_relu()?
                };
                if let Some(kept) = kept {
                    *kept = Kept::Sign(sign_of(&result)?);
                }
                Ok(result)
            }
            Self::Pool(pool) => {
                let input = input.joined()?;
                let Some(kept) = kept else {
                    return pool.pooled(&input);
                };
                let (pooled, of_pool) = pool.forward(&input)?;
                *kept = Kept::Pool(of_pool);
                Ok(pooled)
            }
            Self::Fire(fire) => fire.forward(&input.joined()?, beyond, kept),
        }
    }

    /// The gradient by the rows of an input that are `wanted`, `[N, C, H, W]`, of something whose gradient by their results
    /// is `slope`. What comes may lie in its memory, which nobody else may need.
    pub(super) fn gradient(
        &self,
        slope: &Pieces,
        kept: &Kept,
        wanted: Wanted,
    ) -> Result<Tensor, TchError> {
        match (self, kept) {
            (Self::Convolution(convolution), Kept::Nothing) => convolution.gradient(slope, wanted),
            (Self::Relu, Kept::Sign(sign)) => slope.joined()?.f_mul_(sign),
            (Self::Pool(pool), Kept::Pool(kept)) => pool.gradient(&slope.joined()?, kept, wanted),
            (Self::Fire(fire), Kept::Fire { narrow, wide }) => {
                fire.gradient(&slope.joined()?, (narrow, wide), wanted)
            }
            _ => Err(Kept::of_another()),
        }
    }
}

impl Fire {
    fn forward(
        &self,
        input: &Tensor,
        beyond: [i64; 2],
        kept: Option<&mut Kept>,
    ) -> Result<Tensor, TchError> {
        let squeezed = self.squeeze.forward(input)?.f_relu_()?;
        let three = self
            .expand3x3
            .forward_rows(&squeezed.shallow_clone().into(), beyond)?
            .f_relu_()?;
        // Those rows that are only looked at for the sake of their neighbours.
        let above = self.expand3x3.windows()?.padding - beyond[0];
        let (_, _, height, _) = three.size4()?;
        let squeezed = squeezed.f_narrow(2, above, height)?;
        let one = self.expand1x1.forward(&squeezed)?.f_relu_()?;
        let result = Tensor::f_cat(&[one, three], 1)?;
        if let Some(kept) = kept {
            *kept = Kept::Fire {
                narrow: sign_of(&squeezed)?,
                wide: sign_of(&result)?,
            };
        }
        Ok(result)
    }

    fn gradient(
        &self,
        slope: &Tensor,
        (narrow, wide): (&Tensor, &Tensor),
        wanted: Wanted,
    ) -> Result<Tensor, TchError> {
        let (_, channels, _, _) = slope.size4()?;
        // Rows that come again with the next ones stay as they are.
        let slope = slope.f_mul(wide)?;
        let part = |start| slope.f_narrow(1, start, channels / 2);
        let above = wanted.skip - self.expand3x3.windows()?.padding;
        let own = |tensor: &Tensor| tensor.f_narrow(2, above, wanted.height);
        let single = Windows::SINGLE.whole((wanted.height, wanted.width));
        let mut squeezed = self.expand1x1.gradient(&own(&part(0)?)?.into(), single)?;
        let three = self
            .expand3x3
            .gradient(&part(channels / 2)?.into(), wanted)?;
        let squeezed = squeezed.f_add_(&three)?.f_mul_(&own(narrow)?)?;
        self.squeeze.gradient(&squeezed.into(), single)
    }
}

/// Where `result`, which has no negative numbers, is positive: 1, otherwise 0.
fn sign_of(result: &Tensor) -> Result<Tensor, TchError> {
    // Several times as fast as a comparison.
    result.f_to_kind(Kind::Bool)?.f_view_dtype(Kind::Uint8)
}
