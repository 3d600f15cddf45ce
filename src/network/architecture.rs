//! The published networks as data: which operations in which order, under which layer names.
//!
//! Pure data, any thread; no tensor is made here. The weights that an architecture needs, its
//! smallest picture and its depth up to a tap all follow from this one description.

use super::INPUT_LAYER;
use crate::preset::{NetworkName, Padding};

/// One operation of a network, and the layer name under which its result can be tapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `conv4_2`, `relu4_2`, `pool4`, `fire3`, …
    pub layer: String,
    /// What is computed.
    pub kind: OperationKind,
}

/// What an operation computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationKind {
    /// A convolution with bias.
    Convolution(ConvolutionShape),
    /// max(x, 0)
    Relu,
    /// Pooling over windows of `kernel`², every `stride` pixels.
    Pool {
        /// Side of a window.
        kernel: i64,
        /// Distance of neighbouring windows.
        stride: i64,
        /// Whether a window that reaches over the edge counts.
        ceil: bool,
    },
    /// `SqueezeNet`'s module: a 1×1 convolution, then a 1×1 and a 3×3 one side by side, each with its
    /// `ReLU`, their channels put together (Iandola et al., arXiv:1602.07360).
    Fire {
        /// The 1×1 convolution that narrows.
        squeeze: ConvolutionShape,
        /// The 1×1 convolution of the two that widen.
        expand1x1: ConvolutionShape,
        /// The 3×3 convolution of the two that widen.
        expand3x3: ConvolutionShape,
    },
}

/// The shape of a convolution and the name of its tensors in torchvision's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvolutionShape {
    /// `features.0`; its tensors are `features.0.weight` and `features.0.bias`.
    pub tensor: String,
    /// Input channels.
    pub channels_in: i64,
    /// Output channels.
    pub channels_out: i64,
    /// Side of the square kernel.
    pub kernel: i64,
    /// Distance of neighbouring windows.
    pub stride: i64,
    /// Pixels added on every side.
    pub padding: i64,
}

impl ConvolutionShape {
    fn square(tensor: String, channels_in: i64, channels_out: i64, kernel: i64) -> Self {
        Self {
            tensor,
            channels_in,
            channels_out,
            kernel,
            stride: 1,
            padding: kernel / 2,
        }
    }

    /// Whether its input is the picture itself.
    pub fn sees_pixels(&self) -> bool {
        self.channels_in == 3
    }

    /// Pixels added on every side under `padding`, and what they are.
    ///
    /// `SqueezeNet`'s first convolution has none of its own, so that pixels at the rim are hardly seen
    /// and keep a discoloured border; padded by the picture's own pixels they are seen like all others.
    pub fn padding_with(&self, padding: Padding) -> (i64, Padding) {
        match padding {
            Padding::ReplicateFirst if self.sees_pixels() => (self.kernel / 2, Padding::Replicate),
            Padding::Zeros | Padding::ReplicateFirst => (self.padding, Padding::Zeros),
            Padding::Reflect | Padding::Replicate => (self.kernel / 2, padding),
        }
    }

    /// The names and shapes of this convolution's tensors, `[C_out, C_in, K, K]` and `[C_out]`.
    pub fn tensors(&self) -> [(String, Vec<i64>); 2] {
        [
            (
                format!("{}.weight", self.tensor),
                vec![
                    self.channels_out,
                    self.channels_in,
                    self.kernel,
                    self.kernel,
                ],
            ),
            (format!("{}.bias", self.tensor), vec![self.channels_out]),
        ]
    }
}

impl OperationKind {
    /// The convolutions inside, in order of depth.
    pub fn convolutions(&self) -> Vec<&ConvolutionShape> {
        match self {
            Self::Convolution(shape) => vec![shape],
            Self::Fire {
                squeeze,
                expand1x1,
                expand3x3,
            } => vec![squeeze, expand1x1, expand3x3],
            Self::Relu | Self::Pool { .. } => vec![],
        }
    }
}

/// How many of `operations` lead to the deepest of `layers`.
///
/// # Errors
/// The first of `layers` that `operations` do not have; the input layer needs none of them.
pub fn depth<'a>(
    operations: &[Operation],
    layers: impl IntoIterator<Item = &'a String>,
) -> Result<usize, &'a str> {
    let mut depth = 0;
    for layer in layers.into_iter().filter(|layer| *layer != INPUT_LAYER) {
        let position = operations
            .iter()
            .position(|operation| operation.layer == *layer)
            .ok_or(layer.as_str())?;
        depth = depth.max(position + 1);
    }
    Ok(depth)
}

/// The operations of a network with published weights; `None` for `fitted`, which has none.
pub fn published(name: NetworkName) -> Option<Vec<Operation>> {
    match name {
        NetworkName::Vgg16 => Some(vgg([2, 2, 3, 3, 3])),
        NetworkName::Vgg19 => Some(vgg([2, 2, 4, 4, 4])),
        NetworkName::Squeezenet1_0 => Some(squeezenet1_0()),
        NetworkName::Squeezenet1_1 => Some(squeezenet1_1()),
        NetworkName::Fitted => None,
    }
}

/// Simonyan and Zisserman, arXiv:1409.1556, with torchvision's tensor numbers.
fn vgg(convolutions_per_block: [usize; 5]) -> Vec<Operation> {
    const WIDTHS: [i64; 5] = [64, 128, 256, 512, 512];
    let mut operations = Vec::new();
    let mut channels_in = 3;
    let mut position = 0;
    for (block, (&convolutions, width)) in convolutions_per_block.iter().zip(WIDTHS).enumerate() {
        let block = block + 1;
        for index in 1..=convolutions {
            operations.push(Operation {
                layer: format!("conv{block}_{index}"),
                kind: OperationKind::Convolution(ConvolutionShape::square(
                    format!("features.{position}"),
                    channels_in,
                    width,
                    3,
                )),
            });
            operations.push(Operation {
                layer: format!("relu{block}_{index}"),
                kind: OperationKind::Relu,
            });
            channels_in = width;
            position += 2;
        }
        operations.push(Operation {
            layer: format!("pool{block}"),
            kind: OperationKind::Pool {
                kernel: 2,
                stride: 2,
                ceil: false,
            },
        });
        position += 1;
    }
    operations
}

fn squeezenet1_0() -> Vec<Operation> {
    let mut operations = squeezenet_stem(96, 7);
    operations.extend([
        fire(2, 3, 96, 16),
        fire(3, 4, 128, 16),
        fire(4, 5, 128, 32),
        squeezenet_pool("pool4"),
        fire(5, 7, 256, 32),
        fire(6, 8, 256, 48),
        fire(7, 9, 384, 48),
        fire(8, 10, 384, 64),
        squeezenet_pool("pool8"),
        fire(9, 12, 512, 64),
    ]);
    operations
}

fn squeezenet1_1() -> Vec<Operation> {
    let mut operations = squeezenet_stem(64, 3);
    operations.extend([
        fire(2, 3, 64, 16),
        fire(3, 4, 128, 16),
        squeezenet_pool("pool3"),
        fire(4, 6, 128, 32),
        fire(5, 7, 256, 32),
        squeezenet_pool("pool5"),
        fire(6, 9, 256, 48),
        fire(7, 10, 384, 48),
        fire(8, 11, 384, 64),
        fire(9, 12, 512, 64),
    ]);
    operations
}

fn squeezenet_stem(channels_out: i64, kernel: i64) -> Vec<Operation> {
    vec![
        Operation {
            layer: "conv1".to_owned(),
            kind: OperationKind::Convolution(ConvolutionShape {
                tensor: "features.0".to_owned(),
                channels_in: 3,
                channels_out,
                kernel,
                stride: 2,
                padding: 0,
            }),
        },
        Operation {
            layer: "relu1".to_owned(),
            kind: OperationKind::Relu,
        },
        squeezenet_pool("pool1"),
    ]
}

fn squeezenet_pool(layer: &str) -> Operation {
    Operation {
        layer: layer.to_owned(),
        kind: OperationKind::Pool {
            kernel: 3,
            stride: 2,
            ceil: true,
        },
    }
}

/// Fire module `number` at torchvision's `features.<position>`; both halves widen fourfold.
fn fire(number: i64, position: i64, channels_in: i64, squeezed: i64) -> Operation {
    let tensor = |part: &str| format!("features.{position}.{part}");
    Operation {
        layer: format!("fire{number}"),
        kind: OperationKind::Fire {
            squeeze: ConvolutionShape::square(tensor("squeeze"), channels_in, squeezed, 1),
            expand1x1: ConvolutionShape::square(tensor("expand1x1"), squeezed, 4 * squeezed, 1),
            expand3x3: ConvolutionShape::square(tensor("expand3x3"), squeezed, 4 * squeezed, 3),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torchvision_numbers_of_the_convolutions() {
        let number = |name, layer: &str| {
            published(name)
                .unwrap()
                .into_iter()
                .find(|operation| operation.layer == layer)
                .and_then(|operation| {
                    operation
                        .kind
                        .convolutions()
                        .first()
                        .map(|shape| shape.tensor.clone())
                })
        };
        for (layer, expected) in [
            ("conv1_1", 0),
            ("conv2_1", 5),
            ("conv3_3", 14),
            ("conv4_2", 19),
            ("conv5_1", 24),
        ] {
            assert_eq!(
                number(NetworkName::Vgg16, layer),
                Some(format!("features.{expected}"))
            );
        }
        for (layer, expected) in [
            ("conv3_1", 10),
            ("conv4_1", 19),
            ("conv4_2", 21),
            ("conv5_1", 28),
        ] {
            assert_eq!(
                number(NetworkName::Vgg19, layer),
                Some(format!("features.{expected}"))
            );
        }
    }

    #[test]
    fn channels_follow_each_other() {
        for name in [
            NetworkName::Vgg16,
            NetworkName::Vgg19,
            NetworkName::Squeezenet1_0,
            NetworkName::Squeezenet1_1,
        ] {
            let mut channels = 3;
            for operation in published(name).unwrap() {
                match operation.kind {
                    OperationKind::Convolution(shape) => {
                        assert_eq!(shape.channels_in, channels, "{name:?} {}", operation.layer);
                        channels = shape.channels_out;
                    }
                    OperationKind::Fire {
                        squeeze,
                        expand1x1,
                        expand3x3,
                    } => {
                        assert_eq!(
                            squeeze.channels_in, channels,
                            "{name:?} {}",
                            operation.layer
                        );
                        channels = expand1x1.channels_out + expand3x3.channels_out;
                    }
                    OperationKind::Relu | OperationKind::Pool { .. } => {}
                }
            }
            assert_eq!(channels, 512);
        }
    }
}
