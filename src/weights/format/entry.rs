//! One tensor of a file: its type, its shape, and the bytes that are its elements. Pure, any thread.

use std::borrow::Cow;
use std::ops::Range;

use super::Number;

/// A tensor of a weights file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The type of its elements.
    pub number: Number,
    /// Its sides; empty for a scalar.
    pub shape: Vec<usize>,
    place: Place,
}

/// Where elements lie, in bytes from the beginning of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// One after the other, in row-major order.
    Contiguous(Range<usize>),
    /// The element at index `i` lies `i · strides_bytes` after the beginning of the range, within it.
    Strided {
        range: Range<usize>,
        strides_bytes: Vec<usize>,
        element_bytes: usize,
    },
}

impl Entry {
    /// A tensor whose elements are these bytes of the file, in row-major order.
    pub(super) fn contiguous(number: Number, shape: Vec<usize>, range: Range<usize>) -> Self {
        Self {
            number,
            shape,
            place: Place::Contiguous(range),
        }
    }

    /// A tensor whose elements lie `strides_bytes` apart, one for each side, from the first byte of
    /// `within` on; `None` where they do not all lie within, or take more than `most_bytes` together.
    pub(super) fn strided(
        number: Number,
        shape: Vec<usize>,
        strides_bytes: Vec<usize>,
        element_bytes: usize,
        within: &Range<usize>,
        most_bytes: usize,
    ) -> Option<Self> {
        if shape.contains(&0) {
            return Some(Self::contiguous(number, shape, within.start..within.start));
        }
        let mut reach_bytes = element_bytes;
        let mut total_bytes = element_bytes;
        let mut is_contiguous = true;
        for (&side, &stride_bytes) in shape.iter().zip(&strides_bytes).rev() {
            // A side of one is never stepped along.
            if side == 1 {
                continue;
            }
            is_contiguous &= stride_bytes == total_bytes;
            total_bytes = total_bytes.checked_mul(side)?;
            reach_bytes = stride_bytes
                .checked_mul(side - 1)?
                .checked_add(reach_bytes)?;
        }
        let end = within.start.checked_add(reach_bytes)?;
        if end > within.end || total_bytes > most_bytes {
            return None;
        }
        let range = within.start..end;
        let place = if is_contiguous {
            Place::Contiguous(range)
        } else {
            Place::Strided {
                range,
                strides_bytes,
                element_bytes,
            }
        };
        Some(Self {
            number,
            shape,
            place,
        })
    }

    /// The elements in row-major order, out of the bytes of the whole file; `None` where these are not the
    /// bytes that the entry was read from.
    pub fn elements<'file>(&self, file: &'file [u8]) -> Option<Cow<'file, [u8]>> {
        match &self.place {
            Place::Contiguous(range) => file.get(range.clone()).map(Cow::Borrowed),
            Place::Strided {
                range,
                strides_bytes,
                element_bytes,
            } => gather(
                file.get(range.clone())?,
                &self.shape,
                strides_bytes,
                *element_bytes,
            )
            .map(Cow::Owned),
        }
    }
}

/// Copies elements that lie `strides_bytes` apart into row-major order. No side is 0.
fn gather(
    bytes: &[u8],
    shape: &[usize],
    strides_bytes: &[usize],
    element_bytes: usize,
) -> Option<Vec<u8>> {
    let count: usize = shape.iter().product();
    let mut gathered = Vec::with_capacity(count * element_bytes);
    let mut index = vec![0; shape.len()];
    let mut offset = 0;
    for _ in 0..count {
        gathered.extend_from_slice(bytes.get(offset..offset + element_bytes)?);
        // The next index, as an odometer counts, and where it lies.
        for ((position, &side), &stride_bytes) in
            index.iter_mut().zip(shape).zip(strides_bytes).rev()
        {
            *position += 1;
            if *position < side {
                offset += stride_bytes;
                break;
            }
            *position = 0;
            offset -= stride_bytes * (side - 1);
        }
    }
    Some(gathered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(shape: &[usize], strides: &[usize], within: Range<usize>) -> Option<Entry> {
        Entry::strided(
            Number::Other("U8".to_owned()),
            shape.to_vec(),
            strides.to_vec(),
            1,
            &within,
            1000,
        )
    }

    const BYTES: [u8; 8] = [10, 11, 12, 13, 14, 15, 16, 17];

    fn elements(shape: &[usize], strides: &[usize]) -> Vec<u8> {
        let entry = strided(shape, strides, 0..8).unwrap();
        entry.elements(&BYTES).unwrap().into_owned()
    }

    #[test]
    fn elements_in_row_major_order() {
        assert_eq!(elements(&[2, 3], &[3, 1]), [10, 11, 12, 13, 14, 15]);
        assert_eq!(elements(&[3, 2], &[1, 3]), [10, 13, 11, 14, 12, 15]);
        assert_eq!(elements(&[2, 1, 2], &[4, 99, 2]), [10, 12, 14, 16]);
        // A row that is seen twice.
        assert_eq!(elements(&[2, 2], &[0, 1]), [10, 11, 10, 11]);
        assert_eq!(elements(&[], &[]), [10]);
        assert!(elements(&[0, 3], &[3, 1]).is_empty());
    }

    #[test]
    fn contiguous_ones_are_not_copied() {
        for (shape, strides) in [(vec![2, 3], vec![3, 1]), (vec![2, 1, 3], vec![3, 7, 1])] {
            let entry = strided(&shape, &strides, 1..8).unwrap();
            assert!(matches!(entry.elements(&BYTES), Some(Cow::Borrowed(_))));
        }
    }

    #[test]
    fn nothing_outside_is_reached() {
        assert_eq!(strided(&[3, 3], &[3, 1], 0..8), None);
        assert_eq!(strided(&[2], &[8], 0..8), None);
        assert_eq!(strided(&[2, 2], &[usize::MAX, 1], 0..8), None);
        assert_eq!(strided(&[usize::MAX, usize::MAX], &[0, 0], 0..8), None);
        assert_eq!(strided(&[], &[], 8..8), None);
    }

    #[test]
    fn repeating_does_not_make_much_out_of_little() {
        assert!(strided(&[1000], &[0], 0..8).is_some());
        assert_eq!(strided(&[1001], &[0], 0..8), None);
    }
}
