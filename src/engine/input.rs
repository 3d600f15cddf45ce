//! What a candidate is made of: a preset and its pictures. Plain data, handed to the worker.

use std::sync::Arc;

use image::Rgb32FImage;

use crate::preset::Preset;
use crate::weights::store::Store;

/// One candidate of a lane, before any tensor exists.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The recipe.
    pub preset: Preset,
    /// The content picture in its own size, RGB in [0, 1].
    pub content: Arc<Rgb32FImage>,
    /// The style picture in its own size, RGB in [0, 1].
    pub style: Arc<Rgb32FImage>,
}

/// Where a published network's weights come from.
#[derive(Debug, Clone, Default)]
pub enum WeightsChoice {
    /// The file that the preset names, and no other.
    #[default]
    Preset,
    /// The file that the preset names, else what the store has, else what it can fetch.
    Store(Arc<Store>),
    /// The file that the preset names; where it names none, this is why there is no store.
    Unavailable(String),
    /// Random ones from a seed: for tests, which compare them with other programs.
    #[doc(hidden)]
    Random(u64),
}
