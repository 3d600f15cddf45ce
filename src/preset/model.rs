//! A resolved preset as plain typed data: every field has a value, every value is in range.
//!
//! Owned by whoever holds it; it is `Clone` and names no tensor, so it travels freely between the
//! worker and the screen. What each field may be, and how it may change during a run, stands in
//! [`super::field`]; this file only says what the engine reads.

pub mod image;

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use image::{ColourMatch, Filter, Fit, ImagePreset, Init, StyleFit};

/// Layer name to weight, in the order in which the preset lists them.
pub type LayerWeights = IndexMap<String, f64>;

/// A recipe for one picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// One line that says what the preset is for.
    pub description: String,
    /// Which features are compared.
    pub network: NetworkPreset,
    /// How the picture keeps its shapes.
    pub content: ContentPreset,
    /// How the picture takes on the style.
    pub style: StylePreset,
    /// How the picture is kept smooth.
    pub variation: VariationPreset,
    /// How the picture is changed at each step.
    pub optimizer: OptimizerPreset,
    /// Sizes, and where the optimisation starts.
    pub image: ImagePreset,
    /// How long, and from which random numbers.
    pub schedule: SchedulePreset,
}

/// Which feature extractor, and how its pooling and padding behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkPreset {
    /// Which network.
    pub name: NetworkName,
    /// A `safetensors` or `PyTorch` file with torchvision's tensor names; not used by `fitted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// How features become smaller.
    pub pooling: Pooling,
    /// Factor applied after every pooling, above 0.
    pub pooling_scale: f64,
    /// What convolutions see beyond the edges.
    pub padding: Padding,
    /// `fitted` only: output channels of each block.
    pub widths: Vec<i64>,
    /// `fitted` only: ε of the whitening λ → λ + ε·mean(λ).
    pub whitening: f64,
}

/// Which feature extractor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NetworkName {
    /// VGG-16, trained on `ImageNet`.
    #[serde(rename = "vgg16")]
    Vgg16,
    /// VGG-19, trained on `ImageNet`.
    #[serde(rename = "vgg19")]
    Vgg19,
    /// `SqueezeNet` 1.0, trained on `ImageNet`.
    #[serde(rename = "squeezenet1_0")]
    Squeezenet1_0,
    /// `SqueezeNet` 1.1, trained on `ImageNet`.
    #[serde(rename = "squeezenet1_1")]
    Squeezenet1_1,
    /// Filters learned from the content and the style picture; needs no weights.
    #[serde(rename = "fitted")]
    Fitted,
}

impl NetworkName {
    /// The name as presets and people write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vgg16 => "vgg16",
            Self::Vgg19 => "vgg19",
            Self::Squeezenet1_0 => "squeezenet1_0",
            Self::Squeezenet1_1 => "squeezenet1_1",
            Self::Fitted => "fitted",
        }
    }
}

/// How a pooling makes one feature of several neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The largest.
    Max,
    /// The mean.
    Average,
    /// The root of the mean square.
    L2,
}

/// What a convolution sees beyond the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Zeros.
    Zeros,
    /// The picture mirrored at its edge.
    Reflect,
    /// The pixels of the edge, repeated.
    Replicate,
}

/// The content loss: weight · Σ over layers of layer weight · error(F, P).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentPreset {
    /// Factor on the whole content loss, at least 0.
    pub weight: f64,
    /// At least one layer of the network; weights at least 0.
    pub layers: LayerWeights,
    /// How a difference becomes a number.
    pub error: ContentError,
}

/// How the difference of features F and target P becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentError {
    /// mean((F − P)²)
    Mean,
    /// Σ (F − P)²
    Sum,
    /// ½ Σ (F − P)²
    HalfSum,
    /// mean((F − P)²) / variance(P)
    Relative,
}

/// The style loss: weight · Σ over layers of layer weight · error(S, A) / (`divide_by` · divisor).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StylePreset {
    /// Factor on the whole style loss, at least 0.
    pub weight: f64,
    /// At least one layer of the network; weights at least 0.
    pub layers: LayerWeights,
    /// What is compared at a layer.
    pub statistic: Statistic,
    /// What the statistic is divided by.
    pub normalization: SizeTerm,
    /// How a difference becomes a number.
    pub error: StyleError,
    /// What a layer's error is divided by.
    pub divide_by: SizeTerm,
    /// A number above 0 that a layer's error is divided by as well.
    pub divisor: f64,
}

/// What is compared between the picture and the style picture at a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// F Fᵀ
    Gram,
    /// (F − μ)(F − μ)ᵀ
    Covariance,
    /// μ, the mean of every channel
    Mean,
    /// covariance and mean, each with its own error, added
    CovarianceAndMean,
}

/// A product of a feature map's dimensions (channels C, height H, width W).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeTerm {
    /// 1
    None,
    /// H·W
    Hw,
    /// C·H·W
    Chw,
}

/// How the difference of a statistic S and its target A becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StyleError {
    /// mean((S − A)²)
    Mean,
    /// Σ (S − A)²
    Sum,
    /// mean((S − A)²) / mean(A²)
    Relative,
}

/// The total variation of the picture, RGB in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariationPreset {
    /// Factor on the variation, at least 0.
    pub weight: f64,
    /// What is added up.
    pub form: VariationForm,
    /// Mean or sum; `eight_neighbours` does not use it.
    pub reduction: Reduction,
    /// Exponent of the `power` form.
    pub exponent: f64,
}

/// What is added up over neighbouring pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariationForm {
    /// |dx| + |dy|
    Absolute,
    /// ½ (dx² + dy²)
    Squared,
    /// (dx² + dy²)^exponent
    Power,
    /// crowsonkb's: replication padding, axial and diagonal neighbours; always a mean
    EightNeighbours,
}

/// How the terms of the variation become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
}

/// The optimiser and its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptimizerPreset {
    /// Which optimiser.
    pub kind: OptimizerKind,
    /// Above 0; about how far a step moves a pixel, RGB in [0, 1].
    pub learning_rate: f64,
    /// From 0, below 1.
    pub beta1: f64,
    /// From 0, below 1.
    pub beta2: f64,
    /// Above 0.
    pub epsilon: f64,
    /// In which units `learning_rate` is a distance.
    pub space: StepSpace,
    /// Keep the picture in [0, 1] after every step.
    pub clamp: bool,
    /// Decay of the bias-corrected moving average of the iterates; 0 for none.
    pub averaging: f64,
}

/// The units in which the optimiser sees a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepSpace {
    /// RGB from 0 to 1.
    Rgb,
    /// RGB less the `ImageNet` mean, over its deviation: as a network sees it.
    Normalized,
}

/// How the picture is changed at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerKind {
    /// Adam, with bias correction.
    Adam,
}

/// How long a run is, and its random numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchedulePreset {
    /// Steps, at least 1.
    pub steps: u64,
    /// Start of the random numbers, at most `i64::MAX`, which is as far as TOML goes.
    pub seed: u64,
}
