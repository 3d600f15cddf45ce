//! What an operation has kept of its results, for the way back, as long as there is need of it: row by row. Worker thread.

use std::ops::Range;

use tch::{TchError, Tensor};

use super::bits::Bits;
use super::layout::height_of;
use super::module::Kept;
use super::pooling::pairs::Chosen;
use super::pooling::{KeptOfPool, Pool};
use super::row_buffer::RowBuffer;

/// As [`Kept`], of results that come a few rows at a time.
#[derive(Debug, Default)]
pub(super) enum KeptRows {
    #[default]
    Nothing,
    Sign(Bits),
    Fire {
        narrow: Bits,
        wide: Bits,
    },
    Means,
    Chosen {
        lower: Bits,
        right: Bits,
    },
    /// Counted from the first row of the whole input on, each row so many places long.
    Places {
        places: RowBuffer,
        below: i64,
    },
    /// The input's rows are its own, and not those of the results.
    Lengths {
        input: RowBuffer,
        lengths: RowBuffer,
        pool: Pool,
    },
}

impl KeptRows {
    /// Takes what was kept of the next results, of so many in all where they are kept for `long`. Poolings are told as what
    /// they are, and how wide their input is.
    pub(super) fn push(
        &mut self,
        kept: Kept,
        pool: Option<(Pool, i64)>,
        long: Option<i64>,
    ) -> Result<(), TchError> {
        if matches!(self, Self::Nothing) {
            *self = Self::like(&kept, pool, long)?;
        }
        match (self, kept) {
            (Self::Nothing, Kept::Nothing) | (Self::Means, Kept::Pool(KeptOfPool::Nothing)) => {
                Ok(())
            }
            (Self::Sign(rows), Kept::Sign(sign)) => rows.push(&sign),
            (
                Self::Fire { narrow, wide },
                Kept::Fire {
                    narrow: more_narrow,
                    wide: more_wide,
                },
            ) => {
                narrow.push(&more_narrow)?;
                wide.push(&more_wide)
            }
            (Self::Chosen { lower, right }, Kept::Pool(KeptOfPool::Chosen(chosen))) => {
                lower.push(&chosen.lower)?;
                right.push(&chosen.right)
            }
            (Self::Places { places, below }, Kept::Pool(KeptOfPool::Places(more))) => {
                let above = places.end() * *below;
                places.push(&more.f_add_scalar(above)?)
            }
            (
                Self::Lengths {
                    input,
                    lengths,
                    pool,
                },
                Kept::Pool(KeptOfPool::Lengths {
                    input: more_input,
                    lengths: more_lengths,
                }),
            ) => {
                // Windows overlap: what is there already comes again.
                let again = input.end() - lengths.end() * pool.stride;
                let new = height_of(&more_input)? - again;
                input.push(&more_input.f_narrow(2, again, new)?)?;
                lengths.push(&more_lengths)
            }
            _ => Err(Kept::of_another()),
        }
    }

    fn like(kept: &Kept, pool: Option<(Pool, i64)>, long: Option<i64>) -> Result<Self, TchError> {
        let bits = |bits: &Tensor| Bits::like(bits, long);
        let results = long.unwrap_or(0);
        Ok(match (kept, pool) {
            (Kept::Nothing, _) => Self::Nothing,
            (Kept::Sign(sign), _) => Self::Sign(bits(sign)?),
            (Kept::Fire { narrow, wide }, _) => Self::Fire {
                narrow: bits(narrow)?,
                wide: bits(wide)?,
            },
            (Kept::Pool(KeptOfPool::Nothing), _) => Self::Means,
            (Kept::Pool(KeptOfPool::Chosen(chosen)), _) => Self::Chosen {
                lower: bits(&chosen.lower)?,
                right: bits(&chosen.right)?,
            },
            (Kept::Pool(KeptOfPool::Places(_)), Some((pool, width))) => Self::Places {
                places: RowBuffer::with_room(results),
                below: pool.stride * width,
            },
            (Kept::Pool(KeptOfPool::Lengths { .. }), Some((pool, _))) => Self::Lengths {
                input: RowBuffer::with_room(results * pool.stride),
                lengths: RowBuffer::with_room(results),
                pool,
            },
            _ => return Err(Kept::of_another()),
        })
    }

    /// What was kept of these `results`, of which there are some.
    pub(super) fn of(&self, results: &Range<i64>) -> Result<Kept, TchError> {
        Ok(match self {
            Self::Nothing => Kept::Nothing,
            Self::Sign(rows) => Kept::Sign(rows.of(results)?),
            Self::Fire { narrow, wide } => Kept::Fire {
                narrow: narrow.of(results)?,
                wide: wide.of(results)?,
            },
            Self::Means => Kept::Pool(KeptOfPool::Nothing),
            Self::Chosen { lower, right } => Kept::Pool(KeptOfPool::Chosen(Chosen {
                lower: lower.of(results)?,
                right: right.of(results)?,
            })),
            Self::Places { places, below } => {
                let above = results.start * below;
                let places = places.of(results)?.f_sub_scalar(above)?;
                Kept::Pool(KeptOfPool::Places(places))
            }
            Self::Lengths {
                input,
                lengths,
                pool,
            } => {
                let end = (results.end - 1) * pool.stride + pool.kernel;
                let looked_at = results.start * pool.stride..end.min(input.end());
                Kept::Pool(KeptOfPool::Lengths {
                    input: input.of(&looked_at)?,
                    lengths: lengths.of(results)?,
                })
            }
        })
    }

    /// Gives up what was kept of the results above `first`.
    pub(super) fn forget(&mut self, first: i64) {
        match self {
            Self::Nothing | Self::Means => {}
            Self::Sign(rows) => rows.forget(first),
            Self::Places { places, .. } => places.forget(first),
            Self::Fire {
                narrow: one,
                wide: other,
            }
            | Self::Chosen {
                lower: one,
                right: other,
            } => {
                one.forget(first);
                other.forget(first);
            }
            Self::Lengths {
                input,
                lengths,
                pool,
            } => {
                input.forget(first * pool.stride);
                lengths.forget(first);
            }
        }
    }
}
