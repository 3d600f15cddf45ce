//! How much of a lane is computed at once, and what is tried where memory does not suffice. Worker thread; the choice before a
//! run starts is the main thread's.

use tch::Device;

use crate::loss::style::takes_tiles;
use crate::network::{architecture, geometry, operations, remembered};
use crate::preset::Preset;

/// Rows of a tile. Of lower ones the deepest layers would have less than a row each, and little memory would be saved: what
/// waits for the way back is as much in all of them.
pub const SMALLEST_TILE: u32 = 16;
/// Higher ones are no faster, but for pictures up to [`NARROW`] pixels wide.
pub const LARGEST_TILE: u32 = 64;
const NARROW: u32 = 1024;
/// Of what takes more bytes for each pixel, it takes no longer to compute it again.
pub const WORTH_REMEMBERING: u32 = 300;

// What follows was measured with two threads (`benches/RESULTS.md`).
/// Pixels of a tile for each thread.
const PIXELS_PER_THREAD: u32 = 12 * 1024;
/// Those of VGG have 540 and 620, `SqueezeNet` 130.
const MUCH_ARITHMETIC: f64 = 400.0;
const FASTER_FROM_PIXELS: u64 = 220 * 220;
const FASTER_FROM_PIXELS_OF_MUCH_ARITHMETIC: u64 = 1280 * 1280;

/// How a lane makes its steps. What is here costs time or nothing, never another result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Most candidates that pass the network together, at least 1.
    pub most_together: usize,
    /// Whether pictures pass it in tiles.
    pub tiles: Tiles,
}

/// Whether pictures pass the network in tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tiles {
    /// In one piece, always.
    Never,
    /// In tiles where these take less time; see [`Tiling::faster`].
    WhereFaster,
    /// In these, since memory suffices for nothing else.
    Always(Tiling),
}

/// Tiles as wide as the picture, in which it passes the network twice: once for the statistics, then with the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    /// Rows of pixels.
    pub rows: u32,
    /// So much, for each pixel of the picture, is remembered of the first time at most, so that the second need not compute
    /// it again. See [`crate::network::remembered`].
    pub remembered_bytes_per_pixel: u32,
}

impl Way {
    /// In one piece, as many at once as it comes.
    pub const WHOLE: Self = Self {
        most_together: usize::MAX,
        tiles: Tiles::Never,
    };

    /// What takes the least time where memory suffices.
    pub const FASTEST: Self = Self {
        most_together: usize::MAX,
        tiles: Tiles::WhereFaster,
    };

    /// In tiles, always.
    pub fn tiled(tiling: Tiling) -> Self {
        Self {
            most_together: 1,
            tiles: Tiles::Always(tiling),
        }
    }

    /// The tiles in which pictures of `size` (width, height) under `presets`, the first one's network, pass it.
    pub(super) fn tiling<'a>(
        self,
        mut presets: impl Iterator<Item = &'a Preset>,
        size: (u32, u32),
        device: Device,
    ) -> Option<Tiling> {
        let first = presets.next()?;
        match self.tiles {
            Tiles::Never => None,
            Tiles::Always(tiling) => Some(tiling),
            Tiles::WhereFaster if presets.any(|preset| needs_whole(preset).is_some()) => None,
            Tiles::WhereFaster => Tiling::faster(first, size, device),
        }
    }

    /// The tiles that there is no choice about.
    pub(super) fn always_tiled(self) -> Option<Tiling> {
        match self.tiles {
            Tiles::Always(tiling) => Some(tiling),
            Tiles::Never | Tiles::WhereFaster => None,
        }
    }

    /// The next smaller way, where `together` candidates passed the network at once in pictures of `longest_side` pixels, in
    /// one piece or in tiles, and memory did not suffice; `None` where there is none. This is the one place that knows the
    /// order: fewer candidates at once, by halves, to one by one; then, where the loss `takes_tiles`, tiles that
    /// remember as much as is worth it, the same without, and lower and lower ones.
    pub(super) fn next_smaller(
        self,
        tiling: Option<Tiling>,
        (together, longest_side): (usize, u32),
        takes_tiles: bool,
    ) -> Option<Self> {
        if together > 1 {
            return Some(Self {
                most_together: together.div_ceil(2),
                ..self
            });
        }
        let next = match tiling {
            // Nothing is saved where all of the picture is on its way at once.
            None if longest_side < 2 * LARGEST_TILE => return None,
            None => Tiling::REMEMBERING,
            Some(tiling) if tiling.remembered_bytes_per_pixel > 0 => Tiling {
                remembered_bytes_per_pixel: 0,
                ..tiling
            },
            Some(tiling) => Tiling {
                rows: tiling.rows.min(longest_side) / 2,
                ..tiling
            },
        };
        (takes_tiles && next.rows >= SMALLEST_TILE).then(|| Self::tiled(next))
    }

    /// What is said of it.
    pub(super) fn in_words(self) -> String {
        match (self.tiles, self.most_together) {
            (Tiles::Always(tiling), _) => {
                let rows = tiling.rows;
                let how = match tiling.remembered_bytes_per_pixel {
                    0 => ", all of it twice,",
                    _ => "",
                };
                format!("pictures pass the network in tiles of {rows} rows{how} from now on")
            }
            (_, 1) => "candidates pass the network one by one from now on".to_owned(),
            (_, most) => {
                format!("at most {most} candidates pass the network together from now on")
            }
        }
    }
}

impl Tiling {
    /// The largest that are of any use.
    pub const REMEMBERING: Self = Self {
        rows: LARGEST_TILE,
        remembered_bytes_per_pixel: WORTH_REMEMBERING,
    };

    /// The tiles in which pictures of `size` (width, height) under `preset` pass the network in less time than in one piece:
    /// what is at work stays in the caches. `None` where there are none, as on a GPU.
    pub(super) fn faster(preset: &Preset, size: (u32, u32), device: Device) -> Option<Self> {
        let pixels = u64::from(size.0) * u64::from(size.1);
        let rows = rows_for(size.0, tch::get_num_threads());
        let is_faster = device == Device::Cpu
            && rows < size.1
            && pixels >= pixels_from_which_tiles_are_faster(preset)
            && needs_whole(preset).is_none();
        is_faster.then_some(Self {
            rows,
            remembered_bytes_per_pixel: WORTH_REMEMBERING,
        })
    }
}

/// Rows of the tiles in which pictures of this `width` pass fastest, where every one of `threads` is to have enough to do.
fn rows_for(width: u32, threads: i32) -> u32 {
    let most = if width <= NARROW { 2 } else { 1 } * LARGEST_TILE;
    let pixels = PIXELS_PER_THREAD * threads.unsigned_abs();
    most.max(pixels.div_ceil(width.max(1)))
}

/// So many multiplications for each number that comes of them keep the cores busy while numbers come from far away.
fn pixels_from_which_tiles_are_faster(preset: &Preset) -> u64 {
    let operations = operations(&preset.network);
    if geometry::multiplications_per_number(&operations) < MUCH_ARITHMETIC {
        FASTER_FROM_PIXELS
    } else {
        FASTER_FROM_PIXELS_OF_MUCH_ARITHMETIC
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

/// Bytes for each pixel that tiles remember of the first time, where `most` are allowed.
pub fn remembered_bytes_per_pixel(preset: &Preset, most: u32) -> f64 {
    let mut operations = operations(&preset.network);
    let layers = preset.content.layers.keys();
    let layers: Vec<String> = layers.chain(preset.style.layers.keys()).cloned().collect();
    let depth = architecture::depth(&operations, &layers).unwrap_or(operations.len());
    operations.truncate(depth);
    remembered::first(
        &operations,
        &layers,
        preset.network.pooling,
        f64::from(most),
    )
    .1
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
        let mut way = Way::FASTEST;
        let mut together = 9;
        let mut ways = Vec::new();
        let mut tiling = None;
        while let Some(next) = way.next_smaller(tiling, (together, 1100), true) {
            way = next;
            together = way.most_together;
            if let Tiles::Always(tiles) = way.tiles {
                tiling = Some(tiles);
            }
            let of_tiles = |tiling: Tiling| (tiling.rows, tiling.remembered_bytes_per_pixel);
            ways.push((together, tiling.map(of_tiles)));
        }
        let tiles = [(64, WORTH_REMEMBERING), (64, 0), (32, 0), (16, 0)];
        let counts = [5, 3, 2, 1].map(|count| (count, None));
        assert_eq!(
            ways,
            [&counts[..], &tiles.map(|tiles| (1, Some(tiles)))].concat()
        );
        assert_eq!(Way::WHOLE.next_smaller(None, (0, 5000), false), None);
        assert_eq!(Way::WHOLE.next_smaller(None, (1, 120), true), None);
    }

    #[test]
    fn tiles_are_faster_where_numbers_come_from_far_away() {
        let rows = |name: &str, settings: &[&str], size, device| {
            let settings: Vec<_> = settings.iter().map(|one| one.parse().unwrap()).collect();
            let preset = crate::preset::load(name, &settings).unwrap().preset;
            Tiling::faster(&preset, size, device).is_some()
        };
        let small = (256, 256);
        assert!(rows("demo", &[], small, Device::Cpu));
        assert!(!rows("demo", &[], small, Device::Cuda(0)));
        assert!(!rows("demo", &[], (160, 160), Device::Cpu));
        assert!(rows("squeezenet", &[], small, Device::Cpu));
        assert!(!rows("gatys", &[], (1024, 1024), Device::Cpu));
        assert!(rows("gatys", &[], (2048, 2048), Device::Cpu));
        assert!(!rows(
            "gatys",
            &["style.normalize_gradients=true"],
            (2048, 2048),
            Device::Cpu
        ));
        // In one piece anyway.
        assert!(!rows("demo", &[], (2048, 64), Device::Cpu));
    }

    #[test]
    fn many_threads_get_higher_tiles() {
        assert_eq!(
            [256, 1024, 2048].map(|width| rows_for(width, 2)),
            [128, 128, 64]
        );
        assert_eq!(
            [256, 1024, 2048].map(|width| rows_for(width, 32)),
            [1536, 384, 192]
        );
    }
}
