//! How many pictures stand beside and below each other, so that each is as large as can be. Pure.

use ratatui::layout::Rect;

use crate::dashboard::preview::encode::MOST_PLACES;
use crate::dashboard::preview::layout::fit_scale;

/// Less is not worth looking at, and has no room for two losses.
const LEAST_COLUMNS: u16 = 19;
const LEAST_PICTURE_ROWS: u16 = 4;
/// Rows of text below each picture, and where there is little room.
const CAPTION_ROWS: u16 = 3;
const FEW_CAPTION_ROWS: u16 = 2;
/// From so many rows on there is room for all of the text.
const ROOMY_ROWS: u16 = 9;

/// Equal tiles, beside and below each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrangement {
    area: Rect,
    pub(super) columns: u16,
    pub(super) rows: u16,
}

impl Arrangement {
    /// For `count` pictures of about `size` pixels on cells of `cell` pixels: the one in which they are
    /// largest, or, where not all fit, the one that shows most.
    pub(super) fn new(area: Rect, count: usize, size: (u32, u32), cell: (u16, u16)) -> Self {
        let count = count.clamp(1, MOST_PLACES) as u16;
        let best = (1..=count)
            .map(|columns| Self {
                area,
                columns,
                rows: count.div_ceil(columns),
            })
            .filter(Self::is_roomy)
            .map(|tried| (tried.scale(size, cell), tried))
            .reduce(|best, next| if next.0 > best.0 * 1.001 { next } else { best });
        if let Some((_, best)) = best {
            return best;
        }
        let columns = ((area.width + 1) / (LEAST_COLUMNS + 1)).clamp(1, 4);
        let rows = (area.height / (LEAST_PICTURE_ROWS + FEW_CAPTION_ROWS)).clamp(1, 4);
        Self {
            area,
            columns: columns.min(count),
            rows: rows.min(count.div_ceil(columns)),
        }
    }

    /// How many are seen at once.
    pub(super) fn places(&self) -> usize {
        usize::from(self.columns) * usize::from(self.rows)
    }

    pub(super) fn caption_rows(&self) -> u16 {
        if self.height() >= ROOMY_ROWS {
            CAPTION_ROWS
        } else {
            FEW_CAPTION_ROWS.min(self.height())
        }
    }

    /// The tile at this place, with its text.
    pub(super) fn tile(&self, place: usize) -> Rect {
        let columns = usize::from(self.columns);
        let (row, column) = ((place / columns) as u16, (place % columns) as u16);
        // What is left over goes between the tiles.
        let x = (self.area.width + 1) * column / self.columns;
        let y = self.area.height * row / self.rows;
        Rect {
            x: self.area.x + x,
            y: self.area.y + y,
            width: self.width(),
            height: self.height(),
        }
        .intersection(self.area)
    }

    fn width(&self) -> u16 {
        ((self.area.width + 1) / self.columns).saturating_sub(1)
    }

    fn height(&self) -> u16 {
        self.area.height / self.rows
    }

    fn is_roomy(&self) -> bool {
        self.width() >= LEAST_COLUMNS && self.height() >= LEAST_PICTURE_ROWS + FEW_CAPTION_ROWS
    }

    fn scale(&self, size: (u32, u32), cell: (u16, u16)) -> f32 {
        let rows = self.height().saturating_sub(self.caption_rows());
        fit_scale(size, (self.width(), rows), cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_lie_apart_and_inside() {
        for width in 1..200 {
            for height in [1, 3, 7, 12, 20, 57] {
                for count in 1..=20 {
                    let area = Rect::new(3, 2, width, height);
                    let all = Arrangement::new(area, count, (64, 48), (1, 2));
                    let tiles: Vec<Rect> = (0..all.places()).map(|place| all.tile(place)).collect();
                    for (index, tile) in tiles.iter().enumerate() {
                        assert_eq!(tile.intersection(area), *tile, "{area:?} {count}");
                        for other in &tiles[index + 1..] {
                            assert!(!tile.intersects(*other), "{area:?} {count} {all:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_shape_of_the_area_decides() {
        let shape = |width, height, count| {
            let all = Arrangement::new(Rect::new(0, 0, width, height), count, (64, 48), (1, 2));
            (all.columns, all.rows)
        };
        assert_eq!(shape(120, 20, 4), (4, 1));
        assert_eq!(shape(100, 50, 4), (2, 2));
        assert_eq!(shape(30, 60, 4), (1, 4));
        assert_eq!(shape(118, 56, 16), (4, 4));
        // More than fit.
        let few = Arrangement::new(Rect::new(0, 0, 40, 12), 16, (64, 48), (1, 2));
        assert_eq!(few.places(), 4);
    }
}
