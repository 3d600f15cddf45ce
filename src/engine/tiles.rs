//! How a picture too large for memory is cut up, so that every feature is computed from the very pixels that it depends
//! on. Pure arithmetic, any thread.
//!
//! Each tile owns part of the picture and sees more: as far as the features that lie in its own part look. Parts begin at
//! multiples of the network's stride, so pooling windows fall where they would in the whole picture.

use std::ops::Range;

use crate::network::reach::Reach;

/// A rectangle of the picture, in pixels, or of features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: Range<i64>,
    pub(super) columns: Range<i64>,
}

/// A part of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    /// What is counted here and nowhere else.
    pub(super) own: Area,
    /// What has to be looked at for that.
    pub(super) seen: Area,
}

/// All parts of a picture of `size` (height, width), whose own parts are `side` pixels wide and high or a little less;
/// `reach` is that of all layers together.
pub(super) fn tiles((height, width): (i64, i64), side: i64, reach: Reach) -> Vec<Tile> {
    let rows = spans(height, side, reach);
    let columns = spans(width, side, reach);
    rows.iter()
        .flat_map(|(own_rows, seen_rows)| {
            columns.iter().map(|(own_columns, seen_columns)| Tile {
                own: Area {
                    rows: own_rows.clone(),
                    columns: own_columns.clone(),
                },
                seen: Area {
                    rows: seen_rows.clone(),
                    columns: seen_columns.clone(),
                },
            })
        })
        .collect()
}

/// Own and seen parts of a side of `length` pixels.
fn spans(length: i64, side: i64, reach: Reach) -> Vec<(Range<i64>, Range<i64>)> {
    let stride = reach.stride.max(1);
    let count = ceil(length, side.max(stride));
    // All about alike, so that none is a sliver.
    let side = ceil(ceil(length, count), stride) * stride;
    let before = ceil(reach.before, stride) * stride;
    (0..ceil(length, side))
        .map(|index| {
            let own = index * side..((index + 1) * side).min(length);
            let seen = (own.start - before).max(0)..(own.end + reach.after).min(length);
            (own, seen)
        })
        .collect()
}

fn ceil(length: i64, by: i64) -> i64 {
    (length + by - 1).div_euclid(by.max(1))
}

impl Tile {
    /// How many pixels it sees.
    pub(super) fn seen_pixels(&self) -> u64 {
        (length(&self.seen.rows) * length(&self.seen.columns)).unsigned_abs()
    }

    /// Where the features of its own part lie in a layer with this `reach` and so many features (height, width): in all
    /// of the layer, and among the features of what is seen. Either may be empty.
    pub(super) fn features(
        &self,
        reach: Reach,
        (height, width): (i64, i64),
        whole: (i64, i64),
    ) -> (Area, Area) {
        let (rows, seen_rows) = span_at(&self.own.rows, &self.seen.rows, reach, height, whole.0);
        let (columns, seen_columns) =
            span_at(&self.own.columns, &self.seen.columns, reach, width, whole.1);
        (
            Area { rows, columns },
            Area {
                rows: seen_rows,
                columns: seen_columns,
            },
        )
    }
}

fn span_at(
    own: &Range<i64>,
    seen: &Range<i64>,
    reach: Reach,
    features: i64,
    pixels: i64,
) -> (Range<i64>, Range<i64>) {
    let start = (own.start / reach.stride).min(features);
    let end = if own.end >= pixels {
        features
    } else {
        (own.end / reach.stride).min(features)
    };
    let offset = seen.start / reach.stride;
    (start..end, start - offset..end - offset)
}

fn length(range: &Range<i64>) -> i64 {
    range.end - range.start
}

impl Area {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() || self.columns.is_empty()
    }

    /// That part of `tensor`, `[…, H, W]`, sharing its memory.
    pub(super) fn of(&self, tensor: &tch::Tensor) -> Result<tch::Tensor, tch::TchError> {
        tensor
            .f_narrow(-2, self.rows.start, length(&self.rows))?
            .f_narrow(-1, self.columns.start, length(&self.columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACH: Reach = Reach {
        stride: 16,
        before: 70,
        after: 85,
    };

    #[test]
    fn every_pixel_is_owned_once_and_every_tile_sees_what_it_needs() {
        for (height, width, side) in [(100, 37, 64), (512, 512, 128), (517, 1023, 300), (9, 9, 64)]
        {
            let tiles = tiles((height, width), side, REACH);
            let owned: i64 = tiles
                .iter()
                .map(|tile| length(&tile.own.rows) * length(&tile.own.columns))
                .sum();
            assert_eq!(owned, height * width);
            for Tile { own, seen } in &tiles {
                for (own, seen, whole) in [
                    (&own.rows, &seen.rows, height),
                    (&own.columns, &seen.columns, width),
                ] {
                    assert_eq!(own.start % 16, 0);
                    assert_eq!(seen.start % 16, 0);
                    assert!(length(own) <= side.max(16) + 16);
                    assert!(seen.start == 0 || own.start - seen.start >= 70);
                    assert!(seen.end == whole || seen.end - own.end >= 85);
                }
            }
        }
    }

    #[test]
    fn features_are_owned_once_too() {
        let reach = Reach {
            stride: 8,
            before: 30,
            after: 37,
        };
        let tiles = tiles((203, 203), 64, REACH);
        // 203 / 8 = 25, the rest of three pixels has none.
        let mut owned = 0;
        for tile in &tiles {
            let (whole, seen) = tile.features(reach, (25, 25), (203, 203));
            owned += length(&whole.rows) * length(&whole.columns);
            assert_eq!(length(&whole.rows), length(&seen.rows));
            assert_eq!(whole.rows.start - seen.rows.start, tile.seen.rows.start / 8);
        }
        assert_eq!(owned, 25 * 25);
    }
}
