//! What the content and style pictures look like to the network: computed once per build of a lane.
//! Worker thread.

use indexmap::IndexMap;
use tch::{TchError, Tensor};

use super::EngineError;
use super::going_on::or_broken_off;
use super::input::{Candidate, shares};
use super::preparation::Seen;
use super::regions::Regions;
use super::tiled_picture::TiledPicture;
use super::tiles::rows_of;
use super::way::Tiling;
use crate::loss::Target;
use crate::loss::content::content_target;
use crate::loss::moments::PartialMoments;
use crate::loss::style::{
    StyleRule, StyleSample, StyleTarget, style_sample, style_sample_of_moments, style_target,
};
use crate::network::{AfterOperation, Network};
use crate::pixels::mask::Colour;
use crate::preset::{NamedWeights, Preset};

/// One candidate's targets by layer.
#[derive(Debug)]
pub(super) struct Targets {
    /// Features of the content picture, `[1, C, H, W]`.
    pub(super) content: IndexMap<String, Target>,
    /// The content picture's regions at each content layer; none without a mask.
    content_places: IndexMap<String, Vec<(Colour, Tensor)>>,
    style: IndexMap<String, Vec<RegionSamples>>,
}

/// What the style pictures say of one region at one layer.
#[derive(Debug)]
struct RegionSamples {
    /// `None` for the whole picture.
    colour: Option<Colour>,
    /// Where it lies in the picture that is optimised, `[1, 1, H, W]`.
    place: Option<Tensor>,
    /// One a style picture; `None` where that picture has no such region.
    samples: Vec<Option<StyleSample>>,
}

/// What a region is to look like at a layer.
#[derive(Debug)]
pub(super) struct RegionTarget {
    /// The preset's factor for the region.
    pub(super) weight: f64,
    /// As in [`RegionSamples`].
    pub(super) place: Option<Tensor>,
    pub(super) target: StyleTarget,
}

impl Targets {
    pub(super) fn new(
        network: &Network,
        candidate: &Candidate,
        seen: &Seen,
        tiling: Option<Tiling>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Self, EngineError> {
        or_broken_off(after())?;
        let preset = &candidate.preset;
        let device = seen.content.device();
        let names =
            |layers: &crate::preset::LayerWeights| layers.keys().cloned().collect::<Vec<_>>();
        let (content_layers, style_layers) =
            (names(&preset.content.layers), names(&preset.style.layers));
        let of_content = Regions::of(&candidate.content, device)?;

        let content_features = match tiling {
            Some(tiling) => {
                let content = seen.content.shallow_clone();
                TiledPicture::new(network, content, &content_layers, i64::from(tiling.rows))?
                    .whole(after)?
            }
            None => network.features_unless(&seen.content, &content_layers, after)?,
        };
        let mut content_places = IndexMap::new();
        let mut content = IndexMap::new();
        for (layer, features) in content_layers.into_iter().zip(content_features) {
            if let Some(regions) = &of_content {
                let (_, _, height, width) = features.size4()?;
                content_places.insert(layer.clone(), places(regions, (height, width))?);
            }
            content.insert(layer, content_target(features)?);
        }

        // Where the regions lie at each style layer, which has the size of the content picture's features there.
        let mut style: IndexMap<String, Vec<RegionSamples>> = IndexMap::new();
        match &of_content {
            Some(regions) => {
                for layer in &style_layers {
                    let of_layer = places(regions, size_at(network, layer, &seen.content)?)?
                        .into_iter()
                        .map(|(colour, place)| RegionSamples::empty(Some(colour), Some(place)));
                    style.insert(layer.clone(), of_layer.collect());
                }
            }
            None => style.extend(
                style_layers
                    .iter()
                    .map(|layer| (layer.clone(), vec![RegionSamples::empty(None, None)])),
            ),
        }
        for (picture, source) in seen.styles.iter().zip(&candidate.styles) {
            let masks = Regions::of(source, device)?;
            if let Some(tiling) = tiling {
                let picture = picture.shallow_clone();
                let tiled =
                    TiledPicture::new(network, picture, &style_layers, i64::from(tiling.rows))?;
                let how = (preset, masks.as_ref(), &mut *after);
                sample_tiled(&tiled, &style_layers, how, &mut style)?;
                continue;
            }
            let features = network.features_unless(picture, &style_layers, after)?;
            for (layer, features) in style_layers.iter().zip(features) {
                let rule = style_rule(preset, layer);
                for region in style.get_mut(layer).into_iter().flatten() {
                    let sample = region.sample(&features, masks.as_ref(), &rule, picture)?;
                    region.samples.push(sample);
                }
            }
        }
        Ok(Self {
            content,
            content_places,
            style,
        })
    }

    /// What the style pictures, mixed as `preset` says, want at `layer`: a target a region.
    pub(super) fn style(
        &self,
        layer: &str,
        preset: &Preset,
    ) -> Result<Option<Vec<RegionTarget>>, TchError> {
        let Some(regions) = self.style.get(layer) else {
            return Ok(None);
        };
        let rule = style_rule(preset, layer);
        let targets = regions.iter().map(|region| {
            let shares = shares(preset, layer, region.samples.len());
            // A picture without the region has no part in it, whatever its share.
            let (samples, mut shares): (Vec<&StyleSample>, Vec<f64>) = region
                .samples
                .iter()
                .zip(shares)
                .filter_map(|(sample, share)| Some((sample.as_ref()?, share)))
                .unzip();
            if shares.iter().all(|share| *share <= 0.0) {
                shares.fill(1.0);
            }
            Ok(RegionTarget {
                weight: weight_of(region.colour, &preset.style.regions),
                place: region.place.as_ref().map(Tensor::shallow_clone),
                target: style_target(&samples, &shares, &rule)?,
            })
        });
        targets.collect::<Result<_, _>>().map(Some)
    }

    /// How much each position counts in the content error at `layer`, `[1, 1, H, W]`; `None` where all count 1.
    pub(super) fn content_weighting(
        &self,
        layer: &str,
        preset: &Preset,
    ) -> Result<Option<Tensor>, TchError> {
        if preset.content.regions.is_empty() {
            return Ok(None);
        }
        let mut sum: Option<Tensor> = None;
        for (colour, place) in self.content_places.get(layer).into_iter().flatten() {
            let part = place.f_mul_scalar(weight_of(Some(*colour), &preset.content.regions))?;
            sum = Some(match sum {
                Some(sum) => sum.f_add(&part)?,
                None => part,
            });
        }
        Ok(sum)
    }
}

impl RegionSamples {
    fn empty(colour: Option<Colour>, place: Option<Tensor>) -> Self {
        Self {
            colour,
            place,
            samples: Vec::new(),
        }
    }

    /// What `features` of `picture`, `[1, 3, H, W]`, say of this region; of all of them where the picture has no mask.
    fn sample(
        &self,
        features: &Tensor,
        masks: Option<&Regions>,
        rule: &StyleRule,
        picture: &Tensor,
    ) -> Result<Option<StyleSample>, TchError> {
        let place = match (self.colour, masks) {
            (Some(colour), Some(masks)) => match masks.at(colour, features)? {
                Some(place) => Some(place),
                None => return Ok(None),
            },
            _ => None,
        };
        style_sample(features, place.as_ref(), rule, picture_hw(picture)?).map(Some)
    }
}

/// As [`RegionSamples::sample`] of every region at every layer, for a picture that passes the network tile by tile.
fn sample_tiled(
    tiled: &TiledPicture<'_>,
    layers: &[String],
    (preset, masks, after): (&Preset, Option<&Regions>, &mut AfterOperation<'_>),
    style: &mut IndexMap<String, Vec<RegionSamples>>,
) -> Result<(), EngineError> {
    let hw = picture_hw(&tiled.picture)?;
    // By layer and region: where it lies in the picture, and what it adds up to; `None` where the picture has none.
    let mut sums: Vec<Vec<Option<Summed>>> = Vec::new();
    for (layer, known) in layers.iter().zip(&tiled.layers) {
        let regions = style.get(layer).into_iter().flatten();
        let of_layer = regions.map(|region| {
            Ok(match (region.colour, masks) {
                (Some(colour), Some(masks)) => masks
                    .at_size(colour, known.size)?
                    .map(|place| Summed::of(Some(place))),
                _ => Some(Summed::of(None)),
            })
        });
        sums.push(of_layer.collect::<Result<_, TchError>>()?);
    }
    tiled.each(after, &mut |layer, rows, own| {
        for summed in sums.get_mut(layer).into_iter().flatten().flatten() {
            let shares = summed.place.as_ref().map(|shares| rows_of(shares, rows));
            let part = PartialMoments::of(own, shares.transpose()?.as_ref())?;
            match &mut summed.sum {
                Some(sum) => sum.add(&part)?,
                None => summed.sum = Some(part),
            }
        }
        Ok(())
    })?;
    for ((layer, known), sums) in layers.iter().zip(&tiled.layers).zip(sums) {
        let rule = style_rule(preset, layer);
        for (region, summed) in style.get_mut(layer).into_iter().flatten().zip(sums) {
            let sample = summed.and_then(|summed| Some((summed.sum?, summed.place.is_some())));
            let sample = sample.map(|(sum, in_region)| {
                let moments = sum.whole(known.size, hw, in_region)?;
                style_sample_of_moments(&moments, &rule)
            });
            region.samples.push(sample.transpose()?);
        }
    }
    Ok(())
}

/// What a region of a style picture adds up to at a layer.
struct Summed {
    place: Option<Tensor>,
    sum: Option<PartialMoments>,
}

impl Summed {
    fn of(place: Option<Tensor>) -> Self {
        Self { place, sum: None }
    }
}

/// Height and width of the features of `picture` at `layer`.
fn size_at(network: &Network, layer: &str, picture: &Tensor) -> Result<(i64, i64), TchError> {
    let (_, _, height, width) = picture.size4()?;
    let along = |pixels| {
        let side = network.side_at(layer, pixels);
        side.ok_or_else(|| TchError::Shape(format!("no layer {layer}")))
    };
    Ok((along(height)?, along(width)?))
}

fn places(regions: &Regions, size: (i64, i64)) -> Result<Vec<(Colour, Tensor)>, TchError> {
    let each = regions.colours().iter().map(|colour| {
        let place = regions.at_size(*colour, size)?;
        Ok(place.map(|place| (*colour, place)))
    });
    each.filter_map(Result::transpose).collect()
}

fn weight_of(region: Option<Colour>, weights: &NamedWeights) -> f64 {
    let name = region.map(|colour| colour.to_string());
    name.and_then(|name| weights.get(&name).copied())
        .unwrap_or(1.0)
}

/// How `preset` compares style at `layer`.
pub(super) fn style_rule(preset: &Preset, layer: &str) -> StyleRule {
    StyleRule {
        statistic: preset.style.statistic_at(layer),
        normalization: preset.style.normalization,
        error: preset.style.error,
        shift: preset.style.shift,
        projections: preset.style.projections,
    }
}

/// Height × width of `[N, 3, H, W]`.
pub(super) fn picture_hw(picture: &Tensor) -> Result<f64, TchError> {
    let (_, _, height, width) = picture.size4()?;
    Ok((height * width) as f64)
}
