//! What a candidate is made of: a preset and its pictures. Plain data, handed to the worker.

use std::sync::Arc;

use image::Rgb32FImage;

use super::EngineError;
use crate::pixels::Mask;
use crate::preset::{LayerWeights, ORDINALS, Preset};
use crate::weights::store::Store;

/// One candidate of a lane, before any tensor exists.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The recipe.
    pub preset: Preset,
    /// The content picture.
    pub content: Picture,
    /// The style pictures, at least one and at most as many as there are [`ORDINALS`].
    pub styles: Vec<Picture>,
}

/// A picture in its own size, and what its parts are.
#[derive(Debug, Clone)]
pub struct Picture {
    /// RGB in [0, 1].
    pub picture: Arc<Rgb32FImage>,
    /// Its regions, in the same size.
    pub mask: Option<Arc<Mask>>,
}

impl From<Arc<Rgb32FImage>> for Picture {
    fn from(picture: Arc<Rgb32FImage>) -> Self {
        Self {
            picture,
            mask: None,
        }
    }
}

impl From<Rgb32FImage> for Picture {
    fn from(picture: Rgb32FImage) -> Self {
        Arc::new(picture).into()
    }
}

impl Picture {
    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        self.picture.dimensions()
    }

    /// Whether it is the same one in memory, mask and all.
    pub(super) fn is(&self, other: &Self) -> bool {
        let masks = match (&self.mask, &other.mask) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        masks && Arc::ptr_eq(&self.picture, &other.picture)
    }
}

impl Candidate {
    /// Whether all pictures are the same ones in memory.
    pub(super) fn has_pictures_of(&self, other: &Self) -> bool {
        let styles = self.styles.iter().zip(&other.styles);
        self.content.is(&other.content)
            && self.styles.len() == other.styles.len()
            && styles.into_iter().all(|(one, other)| one.is(other))
    }

    /// Refuses a preset that speaks of style pictures or regions which are not there. Costs nothing.
    ///
    /// # Errors
    /// [`EngineError::Pictures`]
    pub fn check_pictures(&self) -> Result<(), EngineError> {
        let style = &self.preset.style;
        let count = self.styles.len();
        if count == 0 || count > ORDINALS.len() {
            return Err(EngineError::Pictures(format!(
                "{count} style pictures, expected 1 to {}",
                ORDINALS.len()
            )));
        }
        let missing = |name: &str| ORDINALS.iter().skip(count).any(|ordinal| *ordinal == name);
        let said = if count == 1 {
            "there is one style picture".to_owned()
        } else {
            format!("there are {count} style pictures")
        };
        if let Some(name) = style.blend.keys().find(|name| missing(name)) {
            return Err(EngineError::Pictures(format!(
                "style.blend names the {name} style picture, and {said}\n  \
                 give as many pictures as the blend has weights, or take `{name}` out"
            )));
        }
        if let Some((layer, name)) = style.source.iter().find(|(_, name)| missing(name)) {
            return Err(EngineError::Pictures(format!(
                "style.source.{layer} names the {name} style picture, and {said}\n  \
                 give one more picture, or name another"
            )));
        }
        for layer in style.layers.keys() {
            if shares(&self.preset, layer, count).iter().sum::<f64>() <= 0.0 {
                return Err(EngineError::Pictures(
                    "the weights in style.blend of the style pictures that are there are all 0\n  \
                     give at least one of them a weight above 0"
                        .to_owned(),
                ));
            }
        }
        self.check_masks()
    }

    fn check_masks(&self) -> Result<(), EngineError> {
        let pictures = std::iter::once((&self.content, "content".to_owned())).chain(
            self.styles
                .iter()
                .zip(ORDINALS)
                .map(|(style, ordinal)| (style, format!("{ordinal} style"))),
        );
        for (picture, role) in pictures {
            if let Some(mask) = &picture.mask
                && mask.size() != picture.size()
            {
                let ((width, height), (mask_width, mask_height)) = (picture.size(), mask.size());
                return Err(EngineError::Pictures(format!(
                    "the mask of the {role} picture is {mask_width}×{mask_height} pixels, and the picture {width}×{height}\n  \
                     a mask has the size of its picture: make it from the picture as it is"
                )));
            }
        }
        let masks: Vec<&Mask> = self
            .styles
            .iter()
            .filter_map(|s| s.mask.as_deref())
            .collect();
        let Some(content) = &self.content.mask else {
            let (style, content) = (&self.preset.style.regions, &self.preset.content.regions);
            if masks.is_empty() && style.is_empty() && content.is_empty() {
                return Ok(());
            }
            if masks.is_empty() {
                return Err(EngineError::Pictures(
                    "the preset weighs regions, and there is no mask that says where they are\n  \
                     give --content-mask FILE (and --style-mask FILE), or take style.regions and content.regions out"
                        .to_owned(),
                ));
            }
            return Err(EngineError::Pictures(
                "a style picture has a mask and the content picture has none\n  \
                 give --content-mask as well: it says where the regions are to go"
                    .to_owned(),
            ));
        };
        let everywhere = masks.len() < self.styles.len();
        for region in content.regions() {
            if !everywhere && !masks.iter().any(|mask| mask.regions().contains(region)) {
                let known = masks.iter().flat_map(|mask| mask.regions());
                let known: std::collections::BTreeSet<String> =
                    known.map(ToString::to_string).collect();
                let known: Vec<String> = known.into_iter().collect();
                return Err(EngineError::Pictures(format!(
                    "the content mask has the region {region}, and no style mask has that colour\n  \
                     the style masks have {}: colours must be equal to the last bit",
                    known.join(", ")
                )));
            }
        }
        for (key, regions) in [
            ("style.regions", &self.preset.style.regions),
            ("content.regions", &self.preset.content.regions),
        ] {
            let is_known = |name: &String| {
                let mut regions = content.regions().iter();
                regions.any(|region| region.to_string() == *name)
            };
            if let Some(name) = regions.keys().find(|name| !is_known(name)) {
                let known: Vec<String> =
                    content.regions().iter().map(ToString::to_string).collect();
                return Err(EngineError::Pictures(format!(
                    "{key} names the region {name}, and the content mask has {}\n  \
                     name one of these, or paint that region into the mask",
                    known.join(", ")
                )));
            }
        }
        Ok(())
    }
}

/// How much of `layer`'s style is taken from each of `count` style pictures; not normalised.
pub(super) fn shares(preset: &Preset, layer: &str, count: usize) -> Vec<f64> {
    let names = ORDINALS.iter().take(count);
    if let Some(only) = preset
        .style
        .source
        .get(layer)
        .filter(|only| *only != "blend")
    {
        return names
            .map(|name| f64::from(u8::from(name == only)))
            .collect();
    }
    let blend: &LayerWeights = &preset.style.blend;
    if blend.is_empty() {
        return vec![1.0; count];
    }
    names
        .map(|name| blend.get(*name).copied().unwrap_or(0.0))
        .collect()
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
