//! A resolved preset as plain typed data: every field has a value, every value is in range.
//!
//! Owned by whoever holds it; it is `Clone` and names no tensor, so it travels freely between the
//! worker and the screen. What each field may be, and how it may change during a run, stands in
//! [`super::field`]; this file only says what the engine reads.

pub mod image;
mod scales;

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use image::{ColourMatch, Filter, Fit, Gamut, ImagePreset, Init, StyleFit};
pub use scales::{MOST_SCALES, ScalesPreset};

/// Layer name to weight, in the order in which the preset lists them.
pub type LayerWeights = IndexMap<String, f64>;

/// The name of a style picture or of a region to its weight, in the order in which the preset lists them.
pub type NamedWeights = IndexMap<String, f64>;

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
    /// The smaller sizes that come before the full one.
    pub scales: ScalesPreset,
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
    /// The numbers that the network takes pixels as.
    pub pixels: PixelConvention,
    /// How exactly the network multiplies.
    pub precision: Precision,
    /// `fitted` only: output channels of each block.
    pub widths: Vec<i64>,
    /// `fitted` only: ε of the whitening λ → λ + ε·mean(λ).
    pub whitening: f64,
}

/// How exactly the network multiplies. What is computed of its features, and the optimiser, always is float32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 24 bits of a number count.
    Float32,
    /// Factors are rounded to 11 bits where the device has that (NVIDIA's tensor cores since Ampere), features are not.
    Tf32,
    /// Features and weights are rounded to 8 bits, sums are not.
    Bfloat16,
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

/// The numbers that a network takes pixels as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PixelConvention {
    /// RGB from 0 to 1, less the `ImageNet` mean, over its deviation: torchvision's weights.
    Torchvision,
    /// RGB from 0 to 255, less the `ImageNet` mean of 123.675, 116.28, 103.53: torchvision's weights as
    /// gordicaleksa's program feeds them.
    #[serde(rename = "torchvision_255")]
    Torchvision255,
    /// BGR from 0 to 255, less 103.939, 116.779, 123.68: the weights that were trained in Caffe.
    Caffe,
    /// The same from 0 to 256, as jcjohnson's program feeds them.
    #[serde(rename = "caffe_256")]
    Caffe256,
}

impl PixelConvention {
    /// Whether the network's weights are those that were trained in Caffe.
    #[must_use]
    pub fn is_caffe(self) -> bool {
        matches!(self, Self::Caffe | Self::Caffe256)
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
    /// The same for the first convolution, zeros for all others.
    ReplicateFirst,
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
    /// Divide the gradient of each layer's error by its own L1 norm, so that only weights decide
    /// between layers (jcjohnson's `-normalize_gradients`).
    pub normalize_gradients: bool,
    /// Factors of regions of the content mask by colour, such as `#ff0000`; 1 for those not named.
    #[serde(default)]
    pub regions: NamedWeights,
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
    /// Layers at which something else than `statistic` is compared.
    #[serde(default)]
    pub statistics: IndexMap<String, Statistic>,
    /// Subtracted from every feature before its Gram matrix is taken; 1 in `INetwork`.
    pub shift: f64,
    /// What the statistic is divided by.
    pub normalization: SizeTerm,
    /// How a difference becomes a number.
    pub error: StyleError,
    /// What a layer's error is divided by.
    pub divide_by: SizeTerm,
    /// A number above 0 that a layer's error is divided by as well.
    pub divisor: f64,
    /// Each layer's error less that of the layer listed next, as in `INetwork`: a layer counts by its
    /// weight less the weight of the one before it.
    pub chained: bool,
    /// Random directions at a layer for `sliced_wasserstein`; 0 for as many as it has channels.
    pub projections: u32,
    /// As [`ContentPreset::normalize_gradients`].
    pub normalize_gradients: bool,
    /// Shares of the style pictures by [`ORDINALS`]; all alike where it is empty, none for those not named.
    #[serde(default)]
    pub blend: NamedWeights,
    /// Layers that take their style from one picture alone, by [`ORDINALS`].
    #[serde(default)]
    pub source: IndexMap<String, String>,
    /// As [`ContentPreset::regions`].
    #[serde(default)]
    pub regions: NamedWeights,
}

impl StylePreset {
    /// What is compared at `layer`.
    #[must_use]
    pub fn statistic_at(&self, layer: &str) -> Statistic {
        let own = self.statistics.get(layer);
        own.copied().unwrap_or(self.statistic)
    }
}

/// What the style pictures are called, in the order of the command line.
pub const ORDINALS: [&str; 8] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
];

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
    /// mean and standard deviation of every channel (Huang and Belongie, arXiv:1703.06868; Li et al.,
    /// arXiv:1701.01036), each with its own error, added
    MeanAndDeviation,
    /// the Wasserstein-2 distance of the normal distributions with the same mean and covariance
    /// (crowsonkb/style-transfer-pytorch)
    Wasserstein,
    /// the distributions of the features along random directions (Heitz et al., arXiv:2006.07229)
    SlicedWasserstein,
    /// the distribution of every channel (Risser et al., arXiv:1701.08893)
    Histogram,
    /// Gram matrix and histogram, each with its own error, added
    GramAndHistogram,
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
    /// H·W of the picture itself, whatever the layer
    PictureHw,
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
    /// `lbfgs` only: how the length of a step is found.
    pub line_search: LineSearch,
    /// `lbfgs` only: how many steps back it remembers, at least 1.
    pub history: u32,
    /// `lbfgs` only: a candidate none of whose gradient's elements is larger has arrived.
    pub tolerance_gradient: f64,
    /// `lbfgs` only: a candidate whose step or loss changes by no more has arrived.
    pub tolerance_change: f64,
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
    /// L-BFGS (Nocedal 1980), a history for each candidate.
    Lbfgs,
}

/// How L-BFGS finds the length of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineSearch {
    /// The learning rate is the length; the first step is at most so long that its L1 norm is the rate.
    None,
    /// Tries lengths until the loss and its slope have fallen enough (strong Wolfe conditions).
    StrongWolfe,
}

/// How long a run is, and its random numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchedulePreset {
    /// Steps, at least 1.
    pub steps: u64,
    /// Start of the random numbers, at most `i64::MAX`, which is as far as TOML goes.
    pub seed: u64,
}
