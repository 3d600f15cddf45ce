//! Rows of zeros and ones that are kept for the way back: for a while a byte each, for longer eight to a byte. Worker thread.

use std::ops::Range;

use tch::{Kind, TchError, Tensor};

use super::row_buffer::RowBuffer;

/// Channels that share a byte.
const IN_A_BYTE: i64 = 8;

/// Rows of bits, `[1, C, h, W]`.
#[derive(Debug)]
pub(super) struct Bits {
    /// `[1, C, h, W]`, or `[1, C / 8, h, W]`
    rows: RowBuffer,
    is_packed: bool,
}

impl Bits {
    /// For bits like these, `[1, C, h, W]`, of so many rows in all where they are kept for `long`.
    pub(super) fn like(bits: &Tensor, long: Option<i64>) -> Result<Self, TchError> {
        let (_, channels, _, _) = bits.size4()?;
        Ok(Self {
            rows: RowBuffer::with_room(long.unwrap_or(0)),
            is_packed: long.is_some() && channels % IN_A_BYTE == 0,
        })
    }

    /// Takes the next rows, `[1, C, h, W]`, of 0 and 1 in bytes.
    pub(super) fn push(&mut self, bits: &Tensor) -> Result<(), TchError> {
        if self.is_packed {
            self.rows.push(&packed(bits)?)
        } else {
            self.rows.push(bits)
        }
    }

    /// These `rows`, which have to be there, as they came.
    pub(super) fn of(&self, rows: &Range<i64>) -> Result<Tensor, TchError> {
        let found = self.rows.of(rows)?;
        if self.is_packed {
            unpacked(&found)
        } else {
            Ok(found)
        }
    }

    /// Gives up the rows above `first`.
    pub(super) fn forget(&mut self, first: i64) {
        self.rows.forget(first);
    }
}

/// A bit from each of eight bytes: the product has that of the byte `i`, from the lowest on, at `56 + i`, and no two of its
/// parts at the same place.
const GATHER: i64 = 0x0102_0408_1020_4080;
/// A byte eight times.
const REPEAT: i64 = 0x0101_0101_0101_0101;
/// In the byte `i`, from the lowest on, the bit `i`.
const ONE_OF_EACH: i64 = 0x8040_2010_0804_0201_u64.cast_signed();

/// `[1, C, h, W]` of 0 and 1 to `[1, C / 8, h, W]`
fn packed(bits: &Tensor) -> Result<Tensor, TchError> {
    bits.f_permute([0, 2, 3, 1])?
        .f_contiguous()?
        .f_view_dtype(Kind::Int64)?
        .f_mul_scalar(GATHER)?
        .f_bitwise_right_shift_tensor_scalar_(56)?
        .f_to_kind(Kind::Uint8)?
        .f_permute([0, 3, 1, 2])
}

/// And back.
fn unpacked(bytes: &Tensor) -> Result<Tensor, TchError> {
    bytes
        .f_permute([0, 2, 3, 1])?
        .f_to_kind(Kind::Int64)?
        .f_mul_scalar_(REPEAT)?
        .f_bitwise_and_(ONE_OF_EACH)?
        .f_view_dtype(Kind::Uint8)?
        .f_to_kind(Kind::Bool)?
        .f_view_dtype(Kind::Uint8)?
        .f_permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_that_are_kept_for_long_take_an_eighth_and_come_back_as_they_were() {
        for channels in [8, 64, 3] {
            let bits = Tensor::f_randint(2, [1, channels, 7, 5], (Kind::Uint8, tch::Device::Cpu));
            let bits = bits.unwrap();
            let mut kept = Bits::like(&bits, Some(7)).unwrap();
            kept.push(&bits.narrow(2, 0, 3)).unwrap();
            kept.push(&bits.narrow(2, 3, 4)).unwrap();
            assert_eq!(kept.of(&(0..7)).unwrap(), bits);
            kept.forget(2);
            assert_eq!(kept.of(&(2..5)).unwrap(), bits.narrow(2, 2, 3));
            assert_eq!(kept.is_packed, channels != 3);
        }
    }
}
