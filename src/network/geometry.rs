//! How the height and width of features follow from those of the picture. Pure arithmetic, any thread.

use super::architecture::{ConvolutionShape, Operation, OperationKind};
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
    let mut side = side;
    for operation in operations {
        side = side_of_results(operation, padding, side)?;
        if operation.layer == layer {
            return Some(side);
        }
    }
    None
}

/// The length of a side after one `operation`; `None` where nothing would be left.
pub fn side_of_results(operation: &Operation, padding: Padding, side: i64) -> Option<i64> {
    let convolve = |side: i64, shape: &ConvolutionShape| {
        let (added, _) = shape.padding_with(padding);
        let room_to_reflect = padding != Padding::Reflect || added < side;
        let left = side + 2 * added - shape.kernel;
        (room_to_reflect && left >= 0).then(|| left / shape.stride + 1)
    };
    match &operation.kind {
        OperationKind::Convolution(shape) => convolve(side, shape),
        OperationKind::Relu => Some(side),
        &OperationKind::Pool {
            kernel,
            stride,
            ceil,
        } => {
            let over = side - kernel + if ceil { stride - 1 } else { 0 };
            (over >= 0).then(|| over / stride + 1)
        }
        OperationKind::Fire {
            squeeze, expand3x3, ..
        } => convolve(convolve(side, squeeze)?, expand3x3),
    }
}

/// How many pixels of a side a feature at `layer` depends on, in the middle of a picture; `None` where there is no such layer.
pub fn receptive_field(operations: &[Operation], layer: &str) -> Option<u32> {
    let (mut field, mut stride) = (1, 1);
    if layer == super::INPUT_LAYER {
        return Some(field);
    }
    for operation in operations {
        let (kernel, own_stride) = match &operation.kind {
            OperationKind::Convolution(shape) => (shape.kernel, shape.stride),
            OperationKind::Fire { expand3x3, .. } => (expand3x3.kernel, expand3x3.stride),
            OperationKind::Pool { kernel, stride, .. } => (*kernel, *stride),
            OperationKind::Relu => (1, 1),
        };
        field += (kernel - 1).unsigned_abs() as u32 * stride;
        stride *= own_stride.unsigned_abs() as u32;
        if operation.layer == layer {
            return Some(field);
        }
    }
    None
}

/// The features that there are at one place of a network.
#[derive(Debug, Clone, Copy)]
pub struct Features {
    /// How many numbers there are at each position.
    pub channels: i64,
    /// Pixels from one position to the next along a side.
    pub stride: i64,
}

impl Features {
    /// The picture itself.
    pub const PICTURE: Self = Self {
        channels: 3,
        stride: 1,
    };

    /// What `operation` makes of these.
    #[must_use]
    pub fn after(self, operation: &Operation) -> Self {
        let (channels, stride) = match &operation.kind {
            OperationKind::Convolution(shape) => (shape.channels_out, shape.stride),
            OperationKind::Fire {
                expand1x1,
                expand3x3,
                ..
            } => (expand1x1.channels_out + expand3x3.channels_out, 1),
            OperationKind::Pool { stride, .. } => (self.channels, *stride),
            OperationKind::Relu => (self.channels, 1),
        };
        Self {
            channels,
            stride: self.stride * stride,
        }
    }

    /// How many of `per_position`, such as its channels, there are for each pixel of the picture.
    pub fn per_pixel(self, per_position: f64) -> f64 {
        per_position / (self.stride * self.stride) as f64
    }

    /// How many numbers there are for each pixel of the picture.
    pub fn numbers_per_pixel(self) -> f64 {
        self.per_pixel(self.channels as f64)
    }
}

/// Every one of `operations` with the features that it is given and those that it gives.
pub fn with_features(
    operations: &[Operation],
) -> impl Iterator<Item = (&Operation, Features, Features)> {
    operations
        .iter()
        .scan(Features::PICTURE, |known, operation| {
            let input = *known;
            *known = input.after(operation);
            Some((operation, input, *known))
        })
}

/// How many numbers `layer` has for each pixel of the picture; `None` where there is no such layer.
pub fn numbers_per_pixel(operations: &[Operation], layer: &str) -> Option<f64> {
    if layer == super::INPUT_LAYER {
        return Some(Features::PICTURE.numbers_per_pixel());
    }
    with_features(operations)
        .find(|(operation, ..)| operation.layer == layer)
        .map(|(_, _, results)| results.numbers_per_pixel())
}

/// How many multiplications there are, in all of a network, for each number that an operation gives.
pub fn multiplications_per_number(operations: &[Operation]) -> f64 {
    let (mut multiplications, mut numbers) = (0.0, 0.0);
    for (operation, _, results) in with_features(operations) {
        let of = |shape: &ConvolutionShape| {
            let [(_, weights), _] = shape.tensors();
            weights.iter().product::<i64>() as f64
        };
        let per_position = match &operation.kind {
            OperationKind::Convolution(shape) => of(shape),
            OperationKind::Fire {
                squeeze,
                expand1x1,
                expand3x3,
            } => of(squeeze) + of(expand1x1) + of(expand3x3),
            OperationKind::Pool { .. } | OperationKind::Relu => 0.0,
        };
        multiplications += results.per_pixel(per_position);
        numbers += results.numbers_per_pixel();
    }
    multiplications / f64::max(numbers, 1.0)
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
    fn narrow_networks_have_little_arithmetic_for_what_they_give() {
        let of = |name| multiplications_per_number(&published(name).unwrap());
        let names = [
            NetworkName::Squeezenet1_0,
            NetworkName::Vgg16,
            NetworkName::Vgg19,
        ];
        assert_eq!(names.map(|name| of(name) as i64), [132, 536, 624]);
    }

    #[test]
    fn deeper_layers_look_further() {
        let of = |layer: &str| {
            let operations = published(NetworkName::Vgg16).unwrap();
            receptive_field(&operations, layer)
        };
        // As is known of VGG-16.
        let fields = ["input", "relu1_2", "pool1", "relu2_2", "relu3_3", "relu5_3"].map(of);
        assert_eq!(fields, [1, 5, 6, 14, 40, 196].map(Some));
        assert_eq!(of("relu9_1"), None);
    }

    #[test]
    fn deeper_layers_have_fewer_numbers() {
        let of = |layer: &str| {
            let operations = published(NetworkName::Vgg19).unwrap();
            numbers_per_pixel(&operations, layer)
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
