//! How much of a lane is computed at once, and what is tried where memory does not suffice. Worker thread.

use super::tiles::{Tile, tiles};
use crate::loss::style::takes_tiles;
use crate::network::reach::Reach;
use crate::network::{geometry, operations};
use crate::preset::Preset;

/// Tiles smaller than this are mostly rim: what is seen beyond their own part is several times as much.
pub const SMALLEST_TILE: u32 = 128;

/// How a lane makes its steps. What is here costs time or nothing, never another result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Most candidates that pass the network together, at least 1.
    pub most_together: usize,
    /// Pixels of a side of the tiles in which pictures pass the network; `None` for whole ones.
    pub tile: Option<u32>,
}

impl Way {
    /// As large as it comes.
    pub const WHOLE: Self = Self {
        most_together: usize::MAX,
        tile: None,
    };

    /// In tiles of so many pixels.
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
        let side = self.tile.unwrap_or(longest_side).min(longest_side) / 2;
        (takes_tiles && side >= SMALLEST_TILE).then(|| Self::tiled(side))
    }

    /// What is said of it.
    pub(super) fn in_words(self) -> String {
        match (self.tile, self.most_together) {
            (Some(side), _) => {
                format!("pictures pass the network in tiles of {side} pixels from now on")
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

/// How much is looked at where a picture passes the network in tiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TilePixels {
    /// What the largest tile sees.
    pub largest: u64,
    /// What all of them see, one after the other.
    pub all: u64,
}

/// That of a picture of `size` (width, height) under `preset` in tiles of about `side` pixels; `None` where the network has
/// not all of its layers.
pub fn tile_pixels(preset: &Preset, (width, height): (u32, u32), side: u32) -> Option<TilePixels> {
    let network = &preset.network;
    let operations = operations(network);
    let layers = preset
        .content
        .layers
        .keys()
        .chain(preset.style.layers.keys());
    let mut reach = Reach::PIXELS;
    for layer in layers {
        reach = reach.with(geometry::reach(&operations, layer, network.padding)?);
    }
    let size = (i64::from(height), i64::from(width));
    let seen = tiles(size, i64::from(side), reach);
    let seen = seen.iter().map(Tile::seen_pixels);
    Some(TilePixels {
        largest: seen.clone().max().unwrap_or(0),
        all: seen.sum(),
    })
}

/// Bytes for each pixel that the features of the content picture take, which are compared with at every step.
pub fn content_bytes_per_pixel(preset: &Preset) -> f64 {
    let network = &preset.network;
    let operations = operations(network);
    let layers = preset.content.layers.keys();
    let numbers =
        layers.filter_map(|layer| geometry::numbers_per_pixel(&operations, layer, network.padding));
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
        let tiles = [550, 275, 137].map(|side| (1, Some(side)));
        let counts = [5, 3, 2, 1].map(|count| (count, None));
        assert_eq!(ways, [&counts[..], &tiles].concat());
        assert_eq!(Way::WHOLE.next_smaller(0, 5000, false), None);
        assert_eq!(Way::WHOLE.next_smaller(1, 250, true), None);
    }
}
