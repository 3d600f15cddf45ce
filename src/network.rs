//! Feature extractors, tapped by layer name. Built and used by the worker thread, which owns every
//! tensor here. No gradient of a weight is ever computed.

pub mod architecture;
mod bits;
pub mod convention;
pub mod convolution;
pub mod fitted;
pub mod geometry;
mod kept_rows;
pub mod layout;
mod module;
pub mod pass;
mod pieces;
pub mod pooling;
pub mod random_weights;
pub mod remembered;
mod row_buffer;
mod rows;
pub mod stream;
pub mod weights;
mod winograd;

use std::ops::ControlFlow;

use tch::{Device, Kind, TchError, Tensor};

use crate::preset::{NetworkName, NetworkPreset, Padding, Pooling};
use crate::weights::error::WeightsError;
use architecture::{ConvolutionShape, Operation, OperationKind, depth};
use convolution::Convolution;
use module::{Fire, Module};
use pooling::Pool;

/// The tap that is the normalised picture itself, RGB in whatever order the network takes its channels.
pub const INPUT_LAYER: &str = "input";

/// Asked after every operation whether to go on. With `Break` nothing comes of the rest.
pub type AfterOperation<'a> = dyn FnMut() -> ControlFlow<()> + 'a;

/// Why a network could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] TchError),
    /// The weights file is not what the network needs.
    #[error(transparent)]
    Weights(Box<WeightsError>),
    /// A preset that was not checked names a layer that does not exist.
    #[error("the network {network} has no layer {layer}")]
    UnknownLayer {
        /// The network's name.
        network: String,
        /// The layer asked for.
        layer: String,
    },
    /// The preset's network needs trained weights and none were named.
    #[error(
        "the network {0} needs trained weights, and none were given\n  \
         give them with --weights FILE (a safetensors or PyTorch file with torchvision's tensor names), or put\n  \
         `weights = \"FILE\"` under [network] in the preset; `-p demo` needs none"
    )]
    NoWeights(String),
    /// Something else is wanted.
    #[error("the network was broken off")]
    BrokenOff,
}

impl From<WeightsError> for NetworkError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(Box::new(error))
    }
}

/// What the network of `preset` does, from the picture on.
pub fn operations(preset: &NetworkPreset) -> Vec<Operation> {
    architecture::published(preset.name).unwrap_or_else(|| fitted::operations(preset))
}

/// A frozen stack of operations that ends at the deepest layer anyone taps.
#[derive(Debug)]
pub struct Network {
    name: String,
    stages: Vec<Stage>,
    /// What the stages are.
    operations: Vec<Operation>,
    padding: Padding,
    pooling: Pooling,
    /// What features are on their way; those that are tapped are float32.
    kind: Kind,
    /// `[1, 3, 1, 1]`
    mean: Tensor,
    /// `[1, 3, 1, 1]`
    deviation: Tensor,
}

#[derive(Debug)]
struct Stage {
    layer: String,
    module: Module,
}

/// Where a network's tensors come from: by name and expected shape.
pub trait TensorSource {
    /// The tensor `name` as float32 of exactly this `shape`.
    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, NetworkError>;
}

impl Network {
    /// Builds the operations up to the deepest of `layers`, taking their weights from `source`.
    ///
    /// # Errors
    /// A layer that `operations` do not have, a tensor that `source` lacks, or libtorch's own.
    pub fn assemble(
        preset: &NetworkPreset,
        operations: &[Operation],
        layers: &[String],
        source: &mut dyn TensorSource,
        device: Device,
    ) -> Result<Self, NetworkError> {
        let name = preset.name.as_str().to_owned();
        let depth = depth(operations, layers).map_err(|layer| NetworkError::UnknownLayer {
            network: name.clone(),
            layer: layer.to_owned(),
        })?;
        // Weights that expect BGR are turned over once, so that pictures need not be at every step.
        let is_bgr = preset.pixels.is_caffe() && preset.name != NetworkName::Fitted;
        let mut convolution = |shape: &ConvolutionShape| -> Result<Convolution, NetworkError> {
            let [(weight, weight_shape), (bias, bias_shape)] = shape.tensors();
            let mut weight = source.tensor(&weight, &weight_shape)?;
            if is_bgr && shape.sees_pixels() {
                weight = weight.f_flip([1])?;
            }
            let bias = source.tensor(&bias, &bias_shape)?;
            let (padding, beyond) = shape.padding_with(preset.padding);
            Ok(Convolution::new(
                &weight,
                &bias,
                shape.stride,
                padding,
                beyond,
                (device, preset.precision),
            )?)
        };
        let mut stages = Vec::with_capacity(depth);
        for operation in operations.iter().take(depth) {
            let module = match &operation.kind {
                OperationKind::Convolution(shape) => Module::Convolution(convolution(shape)?),
                OperationKind::Relu => Module::Relu,
                &OperationKind::Pool {
                    kernel,
                    stride,
                    ceil,
                } => Module::Pool(Pool {
                    kernel,
                    stride,
                    ceil,
                    kind: preset.pooling,
                    scale: preset.pooling_scale,
                }),
                OperationKind::Fire {
                    squeeze,
                    expand1x1,
                    expand3x3,
                } => Module::Fire(Box::new(Fire {
                    squeeze: convolution(squeeze)?,
                    expand1x1: convolution(expand1x1)?,
                    expand3x3: convolution(expand3x3)?,
                })),
            };
            stages.push(Stage {
                layer: operation.layer.clone(),
                module,
            });
        }
        let per_channel = |values: [f32; 3]| -> Result<Tensor, TchError> {
            Tensor::f_from_slice(&values)?
                .f_reshape([1, 3, 1, 1])?
                .f_to_device(device)
        };
        Ok(Self {
            name,
            stages,
            operations: operations.iter().take(depth).cloned().collect(),
            padding: preset.padding,
            pooling: preset.pooling,
            kind: convolution::kind(preset.precision),
            mean: per_channel(convention::mean(preset.pixels))?,
            deviation: per_channel(convention::deviation(preset.pixels))?,
        })
    }

    /// How many features `layer` has along a side of so many pixels; `None` where it has no such layer, or nothing is
    /// left there.
    pub fn side_at(&self, layer: &str, pixels: i64) -> Option<i64> {
        if layer == INPUT_LAYER {
            return Some(pixels);
        }
        geometry::side_after(&self.operations, layer, self.padding, pixels)
    }

    /// Every operation on `features` that already are what the first one expects, `[N, C, H, W]`.
    fn forward(&self, features: &Tensor) -> Result<Tensor, TchError> {
        self.stages
            .iter()
            .try_fold(features.shallow_clone(), |features, stage| {
                let beyond = stage.module.windows()?.beyond();
                stage.module.forward(&features.into(), false, beyond, None)
            })
    }
}

#[cfg(test)]
mod tests;
