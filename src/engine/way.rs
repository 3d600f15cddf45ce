//! How much of a lane is computed at once, and what is tried where memory does not suffice. Worker thread.

use crate::loss::style::takes_tiles;
use crate::network::{geometry, operations};
use crate::preset::Preset;

/// Rows of a tile. Of lower ones the deepest layers would have less than a row each, and little memory would be saved: what
/// waits for the way back is as much in all of them.
pub const SMALLEST_TILE: u32 = 16;
/// Higher ones are no faster.
pub const LARGEST_TILE: u32 = 64;

/// How a lane makes its steps. What is here costs time or nothing, never another result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Most candidates that pass the network together, at least 1.
    pub most_together: usize,
    /// Rows of the tiles, as wide as the picture, in which pictures pass the network; `None` for whole ones.
    pub tile: Option<u32>,
}

impl Way {
    /// As large as it comes.
    pub const WHOLE: Self = Self {
        most_together: usize::MAX,
        tile: None,
    };

    /// In tiles of so many rows.
    pub fn tiled(side: u32) -> Self {
        Self {
            most_together: 1,
            tile: Some(side.max(SMALLEST_TILE)),
        }
    }

    /// The next smaller way, where `together` candidates passed the network at once in pictures of `longest_side` pixels
    /// and memory did not suffice; `None` where there is none. This is the one place that knows the order: fewer candidates
    /// at once, by halves, to one by one; then, where the loss `takes_tiles`, smaller and smaller tiles.
    pub(super) fn next_smaller(
        self,
        together: usize,
        longest_side: u32,
        takes_tiles: bool,
    ) -> Option<Self> {
        if together > 1 {
            return Some(Self {
                most_together: together.div_ceil(2),
                ..self
            });
        }
        let side = match self.tile {
            // Nothing is saved where all of the picture is on its way at once.
            None if longest_side < 2 * LARGEST_TILE => return None,
            None => LARGEST_TILE,
            Some(side) => side.min(longest_side) / 2,
        };
        (takes_tiles && side >= SMALLEST_TILE).then(|| Self::tiled(side))
    }

    /// What is said of it.
    pub(super) fn in_words(self) -> String {
        match (self.tile, self.most_together) {
            (Some(side), _) => {
                format!("pictures pass the network in tiles of {side} rows from now on")
            }
            (None, 1) => "candidates pass the network one by one from now on".to_owned(),
            (None, most) => {
                format!("at most {most} candidates pass the network together from now on")
            }
        }
    }
}

/// What of `preset` needs all features of a picture at once, so that it cannot pass the network in tiles; `None` where
/// nothing does.
pub fn needs_whole(preset: &Preset) -> Option<String> {
    let (content, style) = (&preset.content, &preset.style);
    if content.normalize_gradients {
        return Some("content.normalize_gradients".to_owned());
    }
    if style.normalize_gradients {
        return Some("style.normalize_gradients".to_owned());
    }
    let mut layers = style.layers.keys();
    let layer = layers.find(|layer| !takes_tiles(style.statistic_at(layer)))?;
    let statistic = serde_json::to_value(style.statistic_at(layer)).unwrap_or_default();
    let word = statistic.as_str().unwrap_or_default();
    Some(format!("the statistic {word} of style at {layer}"))
}

/// How many rows of pixels the features at the deepest of `preset`'s layers look at: so many are on their way there and
/// back at a time, however low the tiles are.
pub fn rows_on_their_way(preset: &Preset) -> u32 {
    let operations = operations(&preset.network);
    let layers = preset.content.layers.keys();
    let layers = layers.chain(preset.style.layers.keys());
    let fields = layers.filter_map(|layer| geometry::receptive_field(&operations, layer));
    fields.max().unwrap_or(1)
}

/// Bytes for each pixel that the features of the content picture take, which are compared with at every step.
pub fn content_bytes_per_pixel(preset: &Preset) -> f64 {
    let network = &preset.network;
    let operations = operations(network);
    let layers = preset.content.layers.keys();
    let numbers = layers.filter_map(|layer| geometry::numbers_per_pixel(&operations, layer));
    numbers.sum::<f64>() * 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_ends_one_by_one_and_then_in_the_smallest_tiles() {
        let mut way = Way::WHOLE;
        let mut together = 9;
        let mut ways = Vec::new();
        while let Some(next) = way.next_smaller(together, 1100, true) {
            way = next;
            together = way.most_together;
            ways.push((together, way.tile));
        }
        let tiles = [64, 32, 16].map(|side| (1, Some(side)));
        let counts = [5, 3, 2, 1].map(|count| (count, None));
        assert_eq!(ways, [&counts[..], &tiles].concat());
        assert_eq!(Way::WHOLE.next_smaller(0, 5000, false), None);
        assert_eq!(Way::WHOLE.next_smaller(1, 120, true), None);
    }
}
