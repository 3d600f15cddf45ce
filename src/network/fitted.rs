//! `fitted`: a network whose filters are learned from the content and the style picture, in about a
//! second, without any trained weights. Worker thread.
//!
//! Blocks of one convolution and `ReLU` with pooling between them. Each convolution's filters are the
//! centroids of spherical k-means over whitened patches of both pictures' features at that depth,
//! scaled so that every response has mean 0 and deviation 1 over both pictures: after Coates and Ng,
//! *Learning feature representations with k-means* (2012), and Krähenbühl et al., arXiv:1511.06856.

mod cluster;
mod patch;
mod whiten;

use std::collections::HashMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, TchError, Tensor};

use super::architecture::{ConvolutionShape, Operation, OperationKind};
use super::convolution::Convolution;
use super::{AfterOperation, INPUT_LAYER, Network, NetworkError, TensorSource};
use crate::preset::{NetworkPreset, Precision};

/// Patches drawn from the content picture for each convolution.
const CONTENT_PATCHES: usize = 8_000;
/// Patches drawn from all style pictures together.
const STYLE_PATCHES: usize = 12_000;
/// Share of the drawn patches that filters are learned from; the others mostly show flat areas.
const KEPT_SHARE: f64 = 0.6;
/// The first block's share of the preset's whitening: it keeps more of the finest detail.
const FIRST_WHITENING_SHARE: f64 = 0.6;
/// Rounds of k-means; it has settled well before.
const ROUNDS: usize = 20;
/// Side of the first block's filters; the others' are 3.
const FIRST_KERNEL: i64 = 5;
/// A response's deviation counts as at least this, so that a dead filter is not blown up.
const SMALLEST_DEVIATION: f64 = 1e-4;

/// The blocks of `preset.widths` as operations; `block1`, `block2`, … are the layers after the `ReLU`.
pub fn operations(preset: &NetworkPreset) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut channels_in = 3;
    for (index, &channels_out) in preset.widths.iter().enumerate() {
        let block = index + 1;
        if index > 0 {
            operations.push(Operation {
                layer: format!("pool{index}"),
                kind: OperationKind::Pool {
                    kernel: 2,
                    stride: 2,
                    ceil: false,
                },
            });
        }
        let kernel = if index == 0 { FIRST_KERNEL } else { 3 };
        operations.push(Operation {
            layer: format!("convolution{block}"),
            kind: OperationKind::Convolution(ConvolutionShape {
                tensor: format!("block{block}"),
                channels_in,
                channels_out,
                kernel,
                stride: 1,
                padding: kernel / 2,
            }),
        });
        operations.push(Operation {
            layer: format!("block{block}"),
            kind: OperationKind::Relu,
        });
        channels_in = channels_out;
    }
    operations
}

/// Learns the filters from `content` and `styles` (`[1, 3, H, W]` each, RGB in [0, 1]) and builds the
/// network up to the deepest of `layers`, unless `after`, which is asked before every block, breaks it off. The same
/// pictures and seed give the same network.
///
/// # Errors
/// Those of libtorch, and [`NetworkError::BrokenOff`].
pub fn fit(
    preset: &NetworkPreset,
    content: &Tensor,
    styles: &[Tensor],
    seed: u64,
    layers: &[String],
    after: &mut AfterOperation<'_>,
) -> Result<Network, NetworkError> {
    let device = content.device();
    // However the filters are used, they are learned exactly.
    let exact = &NetworkPreset {
        precision: Precision::Float32,
        ..preset.clone()
    };
    let operations = operations(preset);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut learned = Learned::default();
    let deepest = layers
        .iter()
        .filter(|layer| *layer != INPUT_LAYER)
        .filter_map(|layer| {
            operations
                .iter()
                .position(|operation| operation.layer == *layer)
        })
        .max();
    tch::no_grad(|| -> Result<(), NetworkError> {
        let bare = Network::assemble(exact, &[], &[], &mut Learned::default(), device)?;
        let input = [INPUT_LAYER.to_owned()];
        let mut features = Vec::with_capacity(1 + styles.len());
        for picture in std::iter::once(content).chain(styles) {
            features.extend(bare.features(picture, &input)?);
        }
        for operation in operations
            .iter()
            .take(deepest.map_or(0, |position| position + 1))
        {
            if let OperationKind::Convolution(shape) = &operation.kind {
                if after().is_break() {
                    return Err(NetworkError::BrokenOff);
                }
                let share = if shape.channels_in == 3 {
                    FIRST_WHITENING_SHARE
                } else {
                    1.0
                };
                let whitening = preset.whitening * share;
                let (weight, bias) = learn(shape, &features, whitening, preset, &mut random)?;
                learned.insert(shape, weight, bias);
            }
            let stage = std::slice::from_ref(operation);
            let names = [operation.layer.clone()];
            let single = Network::assemble(exact, stage, &names, &mut learned, device)?;
            for picture in &mut features {
                *picture = single.forward(picture)?;
            }
        }
        Ok(())
    })?;
    Network::assemble(preset, &operations, layers, &mut learned, device)
}

/// The filters `[C_out, C_in, K, K]` and biases `[C_out]` for one convolution over `features`, which
/// holds the input of that convolution for each picture, `[1, C_in, H, W]`.
fn learn(
    shape: &ConvolutionShape,
    features: &[Tensor],
    whitening: f64,
    preset: &NetworkPreset,
    random: &mut ChaCha8Rng,
) -> Result<(Tensor, Tensor), TchError> {
    let device = features.first().map_or(tch::Device::Cpu, Tensor::device);
    let (padding, beyond) = shape.padding_with(preset.padding);
    let of_each_style = STYLE_PATCHES / features.len().saturating_sub(1).max(1);
    let counts = std::iter::once(CONTENT_PATCHES).chain(std::iter::repeat(of_each_style));
    let patches = features
        .iter()
        .zip(counts)
        .map(|(picture, count)| patch::draw(picture, shape.kernel, beyond, count, random))
        .collect::<Result<Vec<_>, _>>()?;
    let patches = patch::keep_lively(&Tensor::f_cat(&patches, 0)?, KEPT_SHARE, random)?;
    let centred = patches.f_sub(&patches.f_mean_dim([0_i64].as_slice(), true, Kind::Float)?)?;
    let whitener = whiten::matrix(&centred, whitening)?;
    let centroids = cluster::centroids(
        &centred.f_matmul(&whitener)?,
        shape.channels_out as usize,
        ROUNDS,
        random,
    )?;
    let filters = centroids
        .f_matmul(&whitener.f_transpose(0, 1)?)?
        .f_reshape([
            shape.channels_out,
            shape.channels_in,
            shape.kernel,
            shape.kernel,
        ])?;

    let no_bias = Tensor::f_zeros([shape.channels_out], (Kind::Float, device))?;
    let place = (device, Precision::Float32);
    let raw = Convolution::new(&filters, &no_bias, 1, padding, beyond, place)?;
    let responses = features
        .iter()
        .map(|picture| raw.forward(picture)?.f_flatten(2, 3))
        .collect::<Result<Vec<_>, _>>()?;
    let responses = Tensor::f_cat(&responses, 2)?;
    let mean = responses.f_mean_dim([0_i64, 2].as_slice(), false, Kind::Float)?;
    let deviation = responses
        .f_std_dim([0_i64, 2].as_slice(), true, false)?
        .f_clamp_min(SMALLEST_DEVIATION)?;
    Ok((
        filters.f_div(&deviation.f_reshape([-1, 1, 1, 1])?)?,
        mean.f_div(&deviation)?.f_neg()?,
    ))
}

/// The tensors learned so far, by name.
#[derive(Debug, Default)]
struct Learned {
    tensors: HashMap<String, Tensor>,
}

impl Learned {
    fn insert(&mut self, shape: &ConvolutionShape, weight: Tensor, bias: Tensor) {
        let [(weight_name, _), (bias_name, _)] = shape.tensors();
        self.tensors.insert(weight_name, weight);
        self.tensors.insert(bias_name, bias);
    }
}

impl TensorSource for Learned {
    fn tensor(&mut self, name: &str, _shape: &[i64]) -> Result<Tensor, NetworkError> {
        self.tensors
            .get(name)
            .map(Tensor::shallow_clone)
            .ok_or_else(|| TchError::Shape(format!("the filters {name} were not learned")).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::always;
    use crate::preset::{NetworkName, Padding, Pooling};

    fn preset() -> NetworkPreset {
        NetworkPreset {
            name: NetworkName::Fitted,
            weights: None,
            pooling: Pooling::Average,
            pooling_scale: 1.0,
            padding: Padding::Reflect,
            pixels: crate::preset::PixelConvention::Torchvision,
            precision: Precision::Float32,
            widths: vec![8, 12],
            whitening: 0.5,
        }
    }

    fn pictures() -> [Tensor; 2] {
        [1_u64, 2].map(|seed| {
            let values: Vec<f32> = (0..3 * 40 * 48)
                .map(|index| crate::network::random_weights::uniform(seed, index) as f32)
                .collect();
            Tensor::from_slice(&values).reshape([1, 3, 40, 48])
        })
    }

    #[test]
    fn responses_have_mean_zero_and_deviation_one_over_both_pictures() {
        let [content, style] = pictures();
        let layers = ["convolution1".to_owned(), "convolution2".to_owned()];
        let network = fit(
            &preset(),
            &content,
            &[style.shallow_clone()],
            3,
            &layers,
            &mut always,
        )
        .unwrap();
        for layer in 0..2 {
            let both = [&content, &style].map(|picture| {
                network
                    .features(picture, &layers)
                    .unwrap()
                    .remove(layer)
                    .flatten(2, 3)
            });
            let both = Tensor::cat(&both, 2);
            let mean = both
                .mean_dim([2_i64].as_slice(), false, Kind::Float)
                .abs()
                .max()
                .double_value(&[]);
            let deviation = both.std_dim([2_i64].as_slice(), false, false);
            assert!(mean < 1e-4, "{mean}");
            assert!((deviation - 1.0).abs().max().double_value(&[]) < 1e-3);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_and_another_seed_another_network() {
        let [content, style] = pictures();
        let layers = ["block2".to_owned()];
        let features = |seed| {
            fit(
                &preset(),
                &content,
                &[style.shallow_clone()],
                seed,
                &layers,
                &mut always,
            )
            .unwrap()
            .features(&content, &layers)
            .unwrap()
            .remove(0)
        };
        assert_eq!(features(3), features(3));
        assert_ne!(features(3), features(4));
    }

    #[test]
    fn a_flat_picture_does_not_break_the_fit() {
        let flat = Tensor::full([1, 3, 32, 32], 0.5, (Kind::Float, tch::Device::Cpu));
        let layers = ["block2".to_owned()];
        let network = fit(
            &preset(),
            &flat,
            &[flat.shallow_clone()],
            0,
            &layers,
            &mut always,
        )
        .unwrap();
        let features = network.features(&flat, &layers).unwrap().remove(0);
        assert_eq!(features.isfinite().all().int64_value(&[]), 1);
    }
}
