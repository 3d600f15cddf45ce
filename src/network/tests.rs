//! A whole network forth and back, against automatic differentiation.

use std::ops::{ControlFlow, Range};

use tch::{Device, Kind, Tensor};

use super::architecture::{ConvolutionShape, OperationKind};
use super::random_weights::{RandomWeights, uniform};
use super::stream::Stream;
use super::{Network, NetworkError, TensorSource, convention, operations};
use crate::preset::{NetworkName, NetworkPreset, Padding, PixelConvention, Pooling, Precision};

/// In [-0.5, 0.5), always the same.
pub(super) fn numbers(shape: &[i64]) -> Tensor {
    let count = shape.iter().product::<i64>() as u64;
    let values: Vec<f32> = (0..count)
        .map(|index| uniform(7, index) as f32 - 0.5)
        .collect();
    Tensor::from_slice(&values).reshape(shape)
}

/// Nowhere further apart than `tolerance` of the largest value.
#[track_caller]
pub(super) fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.size(), expected.size());
    let largest = |tensor: &Tensor| tensor.abs().max().double_value(&[]);
    let (apart, size) = (largest(&(found - expected)), largest(expected));
    assert!(apart <= tolerance * size, "{apart:.3e} of {size:.3e}");
}

fn preset(name: NetworkName, pooling: Pooling, padding: Padding) -> NetworkPreset {
    NetworkPreset {
        name,
        weights: None,
        pooling,
        pooling_scale: 1.5,
        padding,
        pixels: PixelConvention::Torchvision,
        widths: vec![8],
        precision: Precision::Float32,
        whitening: 0.5,
    }
}

/// The features of `picture`, with a graph, by the plainest means.
fn features(preset: &NetworkPreset, picture: &Tensor, layers: &[String]) -> Vec<Tensor> {
    let source = &mut RandomWeights::new(3);
    let mut convolved = |input: &Tensor, shape: &ConvolutionShape| {
        let [(weight, weight_shape), (bias, bias_shape)] = shape.tensors();
        let weight = source.tensor(&weight, &weight_shape).unwrap();
        let bias = source.tensor(&bias, &bias_shape).unwrap();
        let (side, kind) = shape.padding_with(preset.padding);
        let padded = match kind {
            Padding::Reflect if side > 0 => input.reflection_pad2d([side; 4]),
            Padding::Replicate if side > 0 => input.replication_pad2d([side; 4]),
            _ => input.constant_pad_nd([side; 4]),
        };
        padded.conv2d(&weight, Some(&bias), shape.stride, 0, 1, 1)
    };
    let per_channel = |values: [f32; 3]| Tensor::from_slice(&values).reshape([1, 3, 1, 1]);
    let mean = per_channel(convention::mean(preset.pixels));
    let mut seen = (picture - mean) / per_channel(convention::deviation(preset.pixels));
    let mut found = vec![("input".to_owned(), seen.shallow_clone())];
    for operation in operations(preset) {
        if layers
            .iter()
            .all(|layer| found.iter().any(|(name, _)| name == layer))
        {
            break;
        }
        seen = match &operation.kind {
            OperationKind::Convolution(shape) => convolved(&seen, shape),
            OperationKind::Relu => seen.relu(),
            &OperationKind::Pool {
                kernel,
                stride,
                ceil,
            } => match preset.pooling {
                Pooling::Max => seen.max_pool2d(kernel, stride, 0, 1, ceil) * 1.5,
                Pooling::Average => {
                    seen.avg_pool2d(kernel, stride, 0, ceil, false, None::<i64>) * 1.5
                }
                Pooling::L2 => {
                    let squares = seen.square();
                    let sum = squares.avg_pool2d(kernel, stride, 0, ceil, false, 1);
                    sum.clamp_min(1e-12).sqrt() * 1.5
                }
            },
            OperationKind::Fire {
                squeeze,
                expand1x1,
                expand3x3,
            } => {
                let squeezed = convolved(&seen, squeeze).relu();
                let one = convolved(&squeezed, expand1x1).relu();
                Tensor::cat(&[one, convolved(&squeezed, expand3x3).relu()], 1)
            }
        };
        found.push((operation.layer, seen.shallow_clone()));
    }
    let at = |layer: &String| found.iter().find(|(name, _)| name == layer);
    layers
        .iter()
        .map(|layer| at(layer).unwrap().1.shallow_clone())
        .collect()
}

pub(super) fn always() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Features at `layers` and the gradient of something that depends on those of them that are `weighed`.
fn compare(preset: &NetworkPreset, size: [i64; 2], layers: &[&str], weighed: &[bool]) {
    let layers: Vec<String> = layers.iter().map(|&layer| layer.to_owned()).collect();
    let source = &mut RandomWeights::new(3);
    let network =
        Network::assemble(preset, &operations(preset), &layers, source, Device::Cpu).unwrap();
    let pictures = numbers(&[2, 3, size[0], size[1]]) + 0.5;
    let root = pictures.detach().set_requires_grad(true);
    let expected = features(preset, &root, &layers);
    let (found, pass) = network.pass(&pictures, &layers, &mut always).unwrap();
    let plain = network.features(&pictures, &layers).unwrap();
    let mut slopes = Vec::new();
    let mut sum = Tensor::zeros([0_i64; 0], (Kind::Float, Device::Cpu));
    for (((expected, found), plain), weighed) in
        expected.iter().zip(&found).zip(&plain).zip(weighed)
    {
        assert_close(found, expected, 3e-5);
        assert_eq!(found, plain);
        let slope = numbers(&expected.size());
        if *weighed {
            sum += (expected * &slope).sum(Kind::Float);
        }
        slopes.push(weighed.then_some(slope));
    }
    sum.backward();
    for _ in 0..2 {
        let slope_at = &mut |layer: usize| Ok(slopes[layer].as_ref().map(Tensor::shallow_clone));
        let gradient = pass.gradient(slope_at, &mut always);
        let gradient = gradient
            .map_err(|error: NetworkError| error)
            .unwrap()
            .unwrap();
        let apart = (&gradient - root.grad()).norm() / root.grad().norm();
        let apart = apart.double_value(&[]);
        // A number that is 0 but for rounding may have the other sign: of these few, one is much.
        assert!(apart < 1e-2, "{apart:.1e}");
    }
}

#[test]
fn forth_and_back_as_automatic_differentiation() {
    let vgg = [
        "relu1_1", "conv2_2", "relu2_2", "relu3_1", "pool3", "relu4_1",
    ];
    let squeezenet = ["input", "conv1", "relu1", "fire2", "fire4"];
    for pooling in [Pooling::Max, Pooling::Average, Pooling::L2] {
        for padding in [Padding::Zeros, Padding::Reflect, Padding::Replicate] {
            let of = |name| preset(name, pooling, padding);
            compare(&of(NetworkName::Vgg16), [34, 41], &vgg, &[true; 6]);
            compare(
                &of(NetworkName::Squeezenet1_0),
                [40, 47],
                &squeezenet,
                &[true; 5],
            );
        }
    }
}

/// Features and gradient of a picture that passes in tiles of so many rows, against the same picture as a whole.
fn compare_in_tiles(preset: &NetworkPreset, [height, width]: [i64; 2], layers: &[&str], tile: i64) {
    let layers: Vec<String> = layers.iter().map(|&layer| layer.to_owned()).collect();
    let source = &mut RandomWeights::new(3);
    let network =
        Network::assemble(preset, &operations(preset), &layers, source, Device::Cpu).unwrap();
    let picture = numbers(&[1, 3, height, width]) + 0.5;
    let (expected, pass) = network.pass(&picture, &layers, &mut always).unwrap();
    let slopes: Vec<Tensor> = expected.iter().map(|all| numbers(&all.size())).collect();
    let slope_at = &mut |layer: usize| Ok(Some(slopes[layer].shallow_clone()));
    let whole = pass.into_gradient(slope_at, &mut always);
    let whole = whole.map_err(|error: NetworkError| error).unwrap().unwrap();
    // Once through, from the first row to the last.
    let passed = |stream: &mut Stream<'_>| {
        let found: Vec<Tensor> = expected.iter().map(Tensor::zeros_like).collect();
        let gradient = picture.zeros_like();
        let mut returned = 0;
        for start in (0..height).step_by(tile as usize) {
            let rows = picture.narrow(2, start, tile.min(height - start));
            let look = &mut |layer: usize, rows: &Range<i64>, features: &Tensor| {
                let of = |all: &Tensor| all.narrow(2, rows.start, rows.end - rows.start);
                of(&found[layer]).copy_(features);
                Ok::<_, NetworkError>(Some(of(&slopes[layer])))
            };
            for more in stream.next(&rows, look, &mut always).unwrap() {
                assert_eq!(more.rows.start, returned);
                returned = more.rows.end;
                let rows = gradient.narrow(2, more.rows.start, returned - more.rows.start);
                rows.shallow_clone().copy_(&more.gradient);
            }
        }
        for (found, expected) in found.iter().zip(&expected) {
            assert_close(found, expected, 3e-5);
        }
        (gradient, returned)
    };
    let stream = |goes_back| network.stream((height, width), &layers, goes_back).unwrap();
    assert_eq!(passed(&mut stream(false)).1, 0);
    let (gradient, returned) = passed(&mut stream(true));
    assert_eq!(returned, height);
    let apart = (&gradient - &whole).norm() / whole.norm();
    let apart = apart.double_value(&[]);
    assert!(apart < 1e-2, "{apart:.1e} in tiles of {tile}");
    for bytes_per_pixel in [1.0, 100.0, 400.0, f64::INFINITY] {
        let mut twice = stream(false).remembering(bytes_per_pixel);
        assert_eq!(passed(&mut twice).1, 0);
        let (again, returned) = passed(&mut twice.from_the_top());
        assert_eq!(returned, height);
        assert_eq!(again, gradient, "{bytes_per_pixel} bytes, tiles of {tile}");
    }
}

#[test]
fn in_tiles_of_any_height_as_a_whole() {
    let vgg = [
        "input", "relu1_1", "conv2_2", "relu2_2", "relu3_1", "pool3", "relu4_1",
    ];
    let squeezenet = ["conv1", "relu1", "fire2", "fire4"];
    for pooling in [Pooling::Max, Pooling::Average, Pooling::L2] {
        for padding in [Padding::Zeros, Padding::Reflect, Padding::Replicate] {
            let of = |name| preset(name, pooling, padding);
            for tile in [1, 5, 16, 33, 64] {
                compare_in_tiles(&of(NetworkName::Vgg16), [53, 21], &vgg, tile);
                let squeezenet_of = of(NetworkName::Squeezenet1_0);
                compare_in_tiles(&squeezenet_of, [55, 47], &squeezenet, tile);
            }
        }
    }
    let of = preset(NetworkName::Vgg19, Pooling::Max, Padding::Zeros);
    compare_in_tiles(&of, [40, 24], &["input"], 7);
    compare_in_tiles(&of, [40, 24], &["conv1_2", "pool1"], 7);
}

/// The second time nobody looks at the picture.
#[test]
fn what_is_remembered_is_not_computed_again() {
    let layers = ["relu1_1", "relu3_1"].map(str::to_owned);
    let of = preset(NetworkName::Vgg16, Pooling::Max, Padding::Zeros);
    let source = &mut RandomWeights::new(3);
    let network = Network::assemble(&of, &operations(&of), &layers, source, Device::Cpu).unwrap();
    let (picture, black) = (
        numbers(&[1, 3, 40, 24]) + 0.5,
        Tensor::zeros_like(&numbers(&[1, 3, 40, 24])),
    );
    let look = &mut |_: usize, _: &Range<i64>, features: &Tensor| {
        Ok::<_, NetworkError>(Some(features.shallow_clone()))
    };
    let mut gradient_by = |bytes_per_pixel: f64, second: &Tensor| {
        let stream = network.stream((40, 24), &layers, false).unwrap();
        let mut stream = stream.remembering(bytes_per_pixel);
        stream.next(&picture, look, &mut always).unwrap();
        let mut stream = stream.from_the_top();
        let mut found = stream.next(second, look, &mut always).unwrap();
        found.remove(0).gradient
    };
    let expected = gradient_by(0.0, &picture);
    assert!(gradient_by(0.0, &black) != expected);
    assert_eq!(gradient_by(f64::INFINITY, &black), expected);
}

#[test]
fn layers_that_nobody_weighs_have_no_part_in_the_gradient() {
    let of = preset(NetworkName::Vgg19, Pooling::Max, Padding::Zeros);
    let layers = ["conv1_2", "relu1_2", "pool1", "conv3_1"];
    for weighed in [
        [true, false, false, false],
        [false, true, false, true],
        [false, false, true, false],
    ] {
        compare(&of, [24, 24], &layers, &weighed);
    }
    let layers = vec!["relu1_1".to_owned()];
    let source = &mut RandomWeights::new(3);
    let network = Network::assemble(&of, &operations(&of), &layers, source, Device::Cpu).unwrap();
    let pictures = numbers(&[1, 3, 9, 9]);
    let (_, pass) = network.pass(&pictures, &layers, &mut always).unwrap();
    let nothing = pass.into_gradient(&mut |_| Ok::<_, NetworkError>(None), &mut always);
    assert!(nothing.unwrap().is_none());
}

#[test]
fn every_operation_is_heard_of_and_any_of_them_breaks_it_off() {
    let of = preset(NetworkName::Vgg16, Pooling::Max, Padding::Zeros);
    let layers = ["conv1_2", "relu2_2"].map(str::to_owned);
    let source = &mut RandomWeights::new(3);
    let network = Network::assemble(&of, &operations(&of), &layers, source, Device::Cpu).unwrap();
    let pictures = numbers(&[2, 3, 16, 16]);
    let count = network.operation_count(&layers, 2);
    // Two blocks of two convolutions with a ReLU each and a pooling between them, for each picture.
    assert_eq!(count, 18);
    let unless = |last: usize| {
        let mut heard = 0;
        let mut after = || {
            heard += 1;
            if heard == last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let pass = network.pass(&pictures, &layers, &mut after);
        let gradient = pass.and_then(|(features, pass)| {
            let slope_at = &mut |layer: usize| Ok(features.get(layer).map(Tensor::ones_like));
            pass.into_gradient(slope_at, &mut after)
        });
        (gradient, heard)
    };
    for last in [1, count - 1, count, count + 1, 2 * count] {
        let (gradient, heard) = unless(last);
        assert!(matches!(gradient, Err(NetworkError::BrokenOff)));
        assert_eq!(heard, last);
    }
    let (gradient, heard) = unless(0);
    assert_eq!((gradient.unwrap().is_some(), heard), (true, 2 * count));
}

#[test]
fn rounded_to_bfloat16_features_and_gradients_are_nearly_those_of_float32() {
    for (name, layers) in [
        (
            NetworkName::Vgg16,
            ["input", "relu1_1", "relu2_2", "relu3_1"],
        ),
        (
            NetworkName::Squeezenet1_0,
            ["input", "relu1", "fire2", "fire4"],
        ),
    ] {
        for pooling in [Pooling::Max, Pooling::Average, Pooling::L2] {
            let layers = layers.map(str::to_owned);
            let pictures = numbers(&[2, 3, 38, 45]);
            let passed = |precision| {
                let preset = NetworkPreset {
                    precision,
                    ..preset(name, pooling, Padding::Reflect)
                };
                let source = &mut RandomWeights::new(3);
                let of = operations(&preset);
                let network = Network::assemble(&preset, &of, &layers, source, Device::Cpu);
                let network = network.unwrap();
                let (features, pass) = network.pass(&pictures, &layers, &mut always).unwrap();
                let slope_at = &mut |layer: usize| Ok(Some(numbers(&features[layer].size())));
                let gradient = pass.into_gradient(slope_at, &mut always);
                let gradient = gradient.map_err(|error: NetworkError| error).unwrap();
                let all: Vec<Tensor> = features.into_iter().chain(gradient).collect();
                assert!(all.iter().all(|one| one.kind() == Kind::Float));
                all
            };
            let exact = passed(Precision::Float32);
            // A CPU has no other way for it.
            assert_eq!(passed(Precision::Tf32), exact);
            let rounded = passed(Precision::Bfloat16);
            assert_eq!(rounded[0], exact[0]);
            let pairs = rounded.iter().zip(&exact).enumerate().skip(1);
            for (place, (rounded, exact)) in pairs {
                let apart = (rounded - exact).norm() / exact.norm();
                let apart = apart.double_value(&[]);
                // Where features are nearly 0 or nearly alike, the gradient goes another way.
                let most = if place == layers.len() { 0.3 } else { 0.02 };
                assert!((1e-4..most).contains(&apart), "{apart:.1e}");
            }
        }
    }
}
