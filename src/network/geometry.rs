//! How the height and width of features follow from those of the picture. Pure arithmetic, any thread.

use super::architecture::{ConvolutionShape, Operation, OperationKind};
use super::reach::Reach;
use crate::preset::Padding;

/// No network here needs more than this on a side.
const LARGEST_TRIED: i64 = 4096;

/// The length of a side after `operations` up to and with `layer`; `None` where nothing would be left.
pub fn side_after(
    operations: &[Operation],
    layer: &str,
    padding: Padding,
    side: i64,
) -> Option<i64> {
    let convolve = |side: i64, shape: &ConvolutionShape| {
        let (added, _) = shape.padding_with(padding);
        let room_to_reflect = padding != Padding::Reflect || added < side;
        let left = side + 2 * added - shape.kernel;
        (room_to_reflect && left >= 0).then(|| left / shape.stride + 1)
    };
    let mut side = side;
    for operation in operations {
        side = match &operation.kind {
            OperationKind::Convolution(shape) => convolve(side, shape)?,
            OperationKind::Relu => side,
            &OperationKind::Pool {
                kernel,
                stride,
                ceil,
            } => {
                let over = side - kernel + if ceil { stride - 1 } else { 0 };
                (over >= 0).then(|| over / stride + 1)?
            }
            OperationKind::Fire {
                squeeze, expand3x3, ..
            } => convolve(convolve(side, squeeze)?, expand3x3)?,
        };
        if operation.layer == layer {
            return Some(side);
        }
    }
    None
}

/// Which pixels the features at `layer` depend on; `None` where there is no such layer.
pub fn reach(operations: &[Operation], layer: &str, padding: Padding) -> Option<Reach> {
    if layer == super::INPUT_LAYER {
        return Some(Reach::PIXELS);
    }
    let convolve = |before: Reach, shape: &ConvolutionShape| {
        before.then(shape.kernel, shape.stride, shape.padding_with(padding).0)
    };
    let mut reach = Reach::PIXELS;
    for operation in operations {
        reach = match &operation.kind {
            OperationKind::Convolution(shape) => convolve(reach, shape),
            OperationKind::Relu => reach,
            &OperationKind::Pool { kernel, stride, .. } => reach.then(kernel, stride, 0),
            OperationKind::Fire {
                squeeze,
                expand1x1,
                expand3x3,
            } => {
                let squeezed = convolve(reach, squeeze);
                convolve(squeezed, expand1x1).with(convolve(squeezed, expand3x3))
            }
        };
        if operation.layer == layer {
            return Some(reach);
        }
    }
    None
}

/// How many numbers `layer` has for each pixel of the picture; `None` where there is no such layer.
pub fn numbers_per_pixel(operations: &[Operation], layer: &str, padding: Padding) -> Option<f64> {
    let stride = reach(operations, layer, padding)?.stride as f64;
    let mut channels = 3;
    for operation in operations {
        if layer == super::INPUT_LAYER {
            break;
        }
        match &operation.kind {
            OperationKind::Convolution(shape) => channels = shape.channels_out,
            OperationKind::Fire {
                expand1x1,
                expand3x3,
                ..
            } => channels = expand1x1.channels_out + expand3x3.channels_out,
            OperationKind::Relu | OperationKind::Pool { .. } => {}
        }
        if operation.layer == layer {
            break;
        }
    }
    Some(channels as f64 / (stride * stride))
}

/// The shortest side, in pixels, of a picture for which every one of `layers` has features.
pub fn smallest_side(operations: &[Operation], layers: &[String], padding: Padding) -> i64 {
    (1..=LARGEST_TRIED)
        .find(|&side| {
            layers
                .iter()
                .filter(|layer| *layer != super::INPUT_LAYER)
                .all(|layer| side_after(operations, layer, padding, side).is_some())
        })
        .unwrap_or(LARGEST_TRIED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::architecture::published;
    use crate::preset::NetworkName;

    fn smallest(name: NetworkName, layer: &str, padding: Padding) -> i64 {
        smallest_side(&published(name).unwrap(), &[layer.to_owned()], padding)
    }

    #[test]
    fn vgg_halves_at_every_pool() {
        assert_eq!(smallest(NetworkName::Vgg16, "conv1_1", Padding::Zeros), 1);
        assert_eq!(smallest(NetworkName::Vgg16, "conv5_1", Padding::Zeros), 16);
        assert_eq!(smallest(NetworkName::Vgg19, "relu2_1", Padding::Reflect), 4);
    }

    #[test]
    fn squeezenet_has_no_padding_at_its_first_convolution() {
        assert_eq!(
            smallest(NetworkName::Squeezenet1_0, "relu1", Padding::Zeros),
            7
        );
        assert!(smallest(NetworkName::Squeezenet1_0, "fire9", Padding::Zeros) > 16);
    }

    #[test]
    fn deeper_layers_have_fewer_numbers() {
        let of = |layer: &str| {
            let operations = published(NetworkName::Vgg19).unwrap();
            numbers_per_pixel(&operations, layer, Padding::Zeros)
        };
        assert_eq!(of("input"), Some(3.0));
        assert_eq!(of("relu1_1"), Some(64.0));
        assert_eq!(of("relu4_2"), Some(8.0));
        assert_eq!(of("relu9_1"), None);
    }

    #[test]
    fn the_picture_itself_needs_one_pixel() {
        assert_eq!(smallest(NetworkName::Vgg16, "input", Padding::Zeros), 1);
    }
}
