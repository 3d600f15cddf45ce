//! What a lane needs before its network: common size, layers, and the pictures as tensors. Worker thread.

use std::sync::Arc;

use tch::{Device, Tensor};

use super::input::Candidate;
use super::size::{check_sizes, content_size, resized, style_size};
use super::start::first_picture;
use super::{EngineError, colour};
use crate::network::architecture::{Operation, published};
use crate::network::fitted;
use crate::pixels::tensor::to_tensor;
use crate::preset::{ColourMatch, Filter, NetworkName};

/// Candidates that have been found to fit together, and their pictures.
#[derive(Debug)]
pub(super) struct Preparation {
    /// Width and height of the pictures being optimised.
    pub(super) size: (u32, u32),
    /// Width and height of each candidate's style picture.
    pub(super) style_sizes: Vec<(u32, u32)>,
    /// Every layer that any candidate taps, in the order in which they were found.
    pub(super) layers: Vec<String>,
    pub(super) operations: Vec<Operation>,
    /// Each `[1, 3, H, W]`, RGB in [0, 1], with colours matched.
    pub(super) contents: Vec<Tensor>,
    /// Each `[1, 3, H', W']`, RGB in [0, 1], with colours matched.
    pub(super) styles: Vec<Tensor>,
}

impl Preparation {
    /// Checks everything that can be checked without a tensor, then makes the tensors.
    pub(super) fn new(
        first: &Candidate,
        candidates: &[Candidate],
        device: Device,
    ) -> Result<Self, EngineError> {
        let size = check_compatible(first, candidates)?;
        let style_sizes: Vec<(u32, u32)> = candidates
            .iter()
            .map(|candidate| {
                style_size(&candidate.preset.image, candidate.style.dimensions(), size)
            })
            .collect();
        let layers = tapped_layers(candidates);
        let network = &first.preset.network;
        let operations = published(network.name).unwrap_or_else(|| fitted::operations(network));
        for (candidate, &style) in candidates.iter().zip(&style_sizes) {
            let sizes = [
                ("content", candidate.content.dimensions()),
                ("style", candidate.style.dimensions()),
                ("resized content", size),
                ("resized style", style),
            ];
            check_sizes(&first.preset, &operations, &layers, sizes)?;
        }
        let pairs = candidates
            .iter()
            .zip(&style_sizes)
            .map(|(candidate, &style)| pictures(candidate, size, style, device))
            .collect::<Result<Vec<_>, _>>()?;
        let (contents, styles) = pairs.into_iter().unzip();
        Ok(Self {
            size,
            style_sizes,
            layers,
            operations,
            contents,
            styles,
        })
    }

    /// The first iterates, `[N, 3, H, W]`.
    pub(super) fn first_pictures(&self, candidates: &[Candidate]) -> Result<Tensor, EngineError> {
        let pictures = candidates
            .iter()
            .zip(self.contents.iter().zip(&self.styles))
            .map(|(candidate, (content, style))| first_picture(&candidate.preset, content, style))
            .collect::<Result<Vec<Tensor>, EngineError>>()?;
        Ok(Tensor::f_cat(&pictures, 0)?)
    }
}

/// The common size of the candidates, or why they cannot share a tensor.
pub(super) fn check_compatible(
    first: &Candidate,
    candidates: &[Candidate],
) -> Result<(u32, u32), EngineError> {
    let size_of = |candidate: &Candidate| {
        content_size(&candidate.preset.image, candidate.content.dimensions())
    };
    let size = size_of(first);
    let is_fitted = first.preset.network.name == NetworkName::Fitted;
    for candidate in candidates {
        let same_pictures = Arc::ptr_eq(&candidate.content, &first.content)
            && Arc::ptr_eq(&candidate.style, &first.style);
        let reason = if candidate.preset.network != first.preset.network {
            "their networks differ".to_owned()
        } else if size_of(candidate) != size {
            let other = size_of(candidate);
            format!(
                "their sizes differ ({}×{} and {}×{})",
                size.0, size.1, other.0, other.1
            )
        } else if candidate.preset.optimizer.kind != first.preset.optimizer.kind {
            "their optimisers differ in kind".to_owned()
        } else if is_fitted && !same_pictures {
            "the network fitted is learned from one pair of pictures, and theirs differ".to_owned()
        } else if is_fitted && fitted_from(candidate, size) != fitted_from(first, size) {
            "the network fitted is learned from the pictures as they are seen, and theirs differ in image.filter, \
             match_colours, style_fit or style_scale, or in the seed"
                .to_owned()
        } else {
            continue;
        };
        return Err(EngineError::Incompatible(reason));
    }
    Ok(size)
}

/// Everything that the filters of `fitted` depend on besides the pictures and the preset's network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FittedFrom {
    content_size: (u32, u32),
    style_size: (u32, u32),
    match_colours: ColourMatch,
    filter: Filter,
    seed: u64,
}

pub(super) fn fitted_from(candidate: &Candidate, size: (u32, u32)) -> FittedFrom {
    let image = &candidate.preset.image;
    FittedFrom {
        content_size: size,
        style_size: style_size(image, candidate.style.dimensions(), size),
        match_colours: image.match_colours,
        filter: image.filter,
        seed: candidate.preset.schedule.seed,
    }
}

fn tapped_layers(candidates: &[Candidate]) -> Vec<String> {
    let mut layers = Vec::new();
    for preset in candidates.iter().map(|candidate| &candidate.preset) {
        for layer in preset
            .content
            .layers
            .keys()
            .chain(preset.style.layers.keys())
        {
            if !layers.contains(layer) {
                layers.push(layer.clone());
            }
        }
    }
    layers
}

/// A candidate's content and style picture at their sizes, with `image.match_colours` done.
fn pictures(
    candidate: &Candidate,
    size: (u32, u32),
    style_size: (u32, u32),
    device: Device,
) -> Result<(Tensor, Tensor), EngineError> {
    let image = &candidate.preset.image;
    let content = to_tensor(&resized(&candidate.content, size, image.filter), device)?;
    let style = to_tensor(&resized(&candidate.style, style_size, image.filter), device)?;
    Ok(match image.match_colours {
        ColourMatch::None => (content, style),
        ColourMatch::ContentToStyle => (colour::matched(&content, &style)?, style),
        ColourMatch::StyleToContent => {
            let style = colour::matched(&style, &content)?;
            (content, style)
        }
    })
}
