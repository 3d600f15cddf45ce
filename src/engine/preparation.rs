//! What a lane needs before its network: common size, layers, and the pictures as tensors. Worker thread.

use tch::{Device, TchError, Tensor};

use super::input::Candidate;
use super::size::{check_sizes, check_statistics, content_size, image_at, resized, style_size};
use super::start::first_picture;
use super::{EngineError, colour};
use crate::network::architecture::Operation;
use crate::network::operations;
use crate::pixels::tensor::to_tensor;
use crate::preset::{ColourMatch, Filter, NetworkName, Preset};

/// Candidates that have been found to fit together, and their pictures.
#[derive(Debug)]
pub(super) struct Preparation {
    /// Width and height of the pictures being optimised.
    pub(super) size: (u32, u32),
    /// Width and height of each candidate's first style picture.
    pub(super) style_sizes: Vec<(u32, u32)>,
    /// Every layer that any candidate taps, in the order in which they were found.
    pub(super) layers: Vec<String>,
    pub(super) operations: Vec<Operation>,
    /// Each candidate's pictures.
    pub(super) seen: Vec<Seen>,
}

/// A candidate's pictures at their sizes, RGB in [0, 1], with colours matched.
#[derive(Debug)]
pub(super) struct Seen {
    /// `[1, 3, H, W]`
    pub(super) content: Tensor,
    /// Each `[1, 3, H', W']`
    pub(super) styles: Vec<Tensor>,
    /// The content picture with its own colours, `[1, 3, H, W]`, where the result is to have them.
    pub(super) own_colours: Option<Tensor>,
}

impl Preparation {
    /// Checks everything that can be checked without a tensor, then makes the tensors, in the size that the pictures
    /// have at `step`.
    pub(super) fn new(
        first: &Candidate,
        candidates: &[Candidate],
        step: u64,
        device: Device,
    ) -> Result<Self, EngineError> {
        check_compatible(first, candidates)?;
        candidates.iter().try_for_each(Candidate::check_pictures)?;
        let size = content_size(&image_at(&first.preset, step), first.content.size());
        let style_sizes: Vec<Vec<(u32, u32)>> = candidates
            .iter()
            .map(|candidate| style_sizes(candidate, step, size))
            .collect();
        let layers = tapped_layers(candidates);
        let operations = operations(&first.preset.network);
        for (candidate, styles) in candidates.iter().zip(&style_sizes) {
            check_sizes_of(candidate, size, styles, (&operations, &layers))?;
        }
        let seen = candidates
            .iter()
            .zip(&style_sizes)
            .map(|(candidate, styles)| Seen::new(candidate, size, styles, device))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            size,
            style_sizes: style_sizes
                .iter()
                .filter_map(|styles| styles.first().copied())
                .collect(),
            layers,
            operations,
            seen,
        })
    }

    /// The first iterates, `[N, 3, H, W]`.
    pub(super) fn first_pictures(&self, candidates: &[Candidate]) -> Result<Tensor, EngineError> {
        let pictures = candidates
            .iter()
            .zip(&self.seen)
            .map(|(candidate, seen)| first_picture(&candidate.preset, seen))
            .collect::<Result<Vec<Tensor>, EngineError>>()?;
        Ok(Tensor::f_cat(&pictures, 0)?)
    }
}

impl Candidate {
    /// Refuses pictures that are too small for the preset's layers or too large for any memory, in the first and in the
    /// last size that they are to have. Costs nothing: no pixel is touched.
    ///
    /// # Errors
    /// [`EngineError::PictureTooLarge`], [`EngineError::PictureTooSmall`], [`EngineError::TooDeep`]
    pub fn check_sizes(&self) -> Result<(), EngineError> {
        let layers = tapped_layers(std::slice::from_ref(self));
        let operations = operations(&self.preset.network);
        [0, u64::MAX].into_iter().try_for_each(|step| {
            let size = content_size(&image_at(&self.preset, step), self.content.size());
            let styles = style_sizes(self, step, size);
            check_sizes_of(self, size, &styles, (&operations, &layers))
        })
    }
}

/// Refuses pictures of `candidate` that are too small or too large, the content at `size` and each style at its own of
/// `styles`, for the `operations` of its network and the `layers` of them that are tapped.
fn check_sizes_of(
    candidate: &Candidate,
    size: (u32, u32),
    styles: &[(u32, u32)],
    (operations, layers): (&[Operation], &[String]),
) -> Result<(), EngineError> {
    let mut sizes = vec![
        ("content", candidate.content.size()),
        ("resized content", size),
    ];
    let pictures = candidate.styles.iter().map(|style| ("style", style.size()));
    sizes.extend(pictures);
    sizes.extend(styles.iter().map(|&style| ("resized style", style)));
    check_sizes(&candidate.preset, operations, layers, &sizes)?;
    check_statistics(&candidate.preset, operations, &sizes)
}

/// The common size of the candidates, or why they cannot share a tensor.
pub(super) fn check_compatible(
    first: &Candidate,
    candidates: &[Candidate],
) -> Result<(u32, u32), EngineError> {
    let size_of =
        |candidate: &Candidate| content_size(&candidate.preset.image, candidate.content.size());
    let size = size_of(first);
    let is_fitted = first.preset.network.name == NetworkName::Fitted;
    for candidate in candidates {
        let reason = if candidate.preset.network != first.preset.network {
            "their networks differ".to_owned()
        } else if size_of(candidate) != size {
            let other = size_of(candidate);
            format!(
                "their sizes differ ({}×{} and {}×{})",
                size.0, size.1, other.0, other.1
            )
        } else if !grow_alike(&candidate.preset, &first.preset) {
            "they grow in different scales".to_owned()
        } else if candidate.preset.optimizer.kind != first.preset.optimizer.kind {
            "their optimisers differ in kind".to_owned()
        } else if is_fitted && !candidate.has_pictures_of(first) {
            "the network fitted is learned from the pictures, and theirs differ".to_owned()
        } else if is_fitted && fitted_from(candidate, 0, size) != fitted_from(first, 0, size) {
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
    style_sizes: Vec<(u32, u32)>,
    match_colours: ColourMatch,
    filter: Filter,
    seed: u64,
}

pub(super) fn fitted_from(candidate: &Candidate, step: u64, size: (u32, u32)) -> FittedFrom {
    let image = &candidate.preset.image;
    FittedFrom {
        content_size: size,
        style_sizes: style_sizes(candidate, step, size),
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

/// Whether both have the same sizes at the same steps.
fn grow_alike(one: &Preset, other: &Preset) -> bool {
    let is_growing = |preset: &Preset| preset.scales.start > 0;
    one.scales == other.scales || !is_growing(one) && !is_growing(other)
}

/// Width and height of each style picture beside a content picture of `size`.
fn style_sizes(candidate: &Candidate, step: u64, size: (u32, u32)) -> Vec<(u32, u32)> {
    let image = image_at(&candidate.preset, step);
    let styles = candidate.styles.iter();
    styles
        .map(|style| style_size(&image, style.size(), size))
        .collect()
}

impl Seen {
    /// `candidate`'s pictures, the content at `size`, with `image.match_colours` done.
    fn new(
        candidate: &Candidate,
        size: (u32, u32),
        style_sizes: &[(u32, u32)],
        device: Device,
    ) -> Result<Self, EngineError> {
        let image = &candidate.preset.image;
        let content = to_tensor(
            &resized(&candidate.content.picture, size, image.filter),
            device,
        )?;
        let styles = candidate
            .styles
            .iter()
            .zip(style_sizes)
            .map(|(style, &size)| to_tensor(&resized(&style.picture, size, image.filter), device))
            .collect::<Result<Vec<_>, _>>()?;
        let recoloured = |change: &dyn Fn(&Tensor) -> Result<Tensor, TchError>| {
            styles.iter().map(change).collect::<Result<Vec<_>, _>>()
        };
        let mut own_colours = None;
        let (content, styles) = match image.match_colours {
            ColourMatch::None => (content, styles),
            ColourMatch::ContentToStyle => (
                colour::matched(&content, &colours_of_all(&styles)?)?,
                styles,
            ),
            ColourMatch::StyleToContent => {
                let styles = recoloured(&|style| colour::matched(style, &content))?;
                (content, styles)
            }
            ColourMatch::StyleToContentHistogram => {
                let styles = recoloured(&|style| colour::histogram_matched(style, &content))?;
                (content, styles)
            }
            ColourMatch::Luminance => {
                let styles = recoloured(&|style| colour::grey_matched(style, &content))?;
                let grey = colour::grey(&content)?;
                own_colours = Some(content);
                (grey, styles)
            }
        };
        Ok(Self {
            content,
            styles,
            own_colours,
        })
    }
}

/// The pixels of all pictures in a row, `[1, 3, 1, M]`: whose colours are those of all.
fn colours_of_all(pictures: &[Tensor]) -> Result<Tensor, TchError> {
    if let [only] = pictures {
        return Ok(only.shallow_clone());
    }
    let rows = pictures
        .iter()
        .map(|picture| picture.f_reshape([1, 3, 1, -1]))
        .collect::<Result<Vec<_>, _>>()?;
    Tensor::f_cat(&rows, 3)
}
