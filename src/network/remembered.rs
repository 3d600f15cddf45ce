//! What of a picture's way forth is worth remembering where it goes forth twice, as in tiles: first for the statistics, then
//! with the way back. Pure arithmetic, any thread.
//!
//! The deeper an operation is, the fewer bytes it takes and the more time it saves, so the deepest are remembered.

use super::architecture::{Operation, OperationKind};
use crate::preset::Pooling;

const BYTES_PER_NUMBER: f64 = 4.0;
const BYTES_PER_BIT: f64 = 0.125;
const BYTES_PER_PLACE: f64 = 8.0;

/// From which of `operations` on, all of which are on, what the way back needs of them and of those of `layers` that are
/// looked at takes at most so many bytes for each pixel of the picture; and how many it takes.
pub fn first(
    operations: &[Operation],
    layers: &[String],
    pooling: Pooling,
    most_bytes_per_pixel: f64,
) -> (usize, f64) {
    let mut bytes = 0.0;
    let mut first = operations.len();
    let costs = bytes_per_pixel(operations, layers, pooling);
    for (index, more) in costs.into_iter().enumerate().rev() {
        if bytes + more > most_bytes_per_pixel {
            break;
        }
        bytes += more;
        first = index;
    }
    (first, bytes)
}

/// Of each operation.
fn bytes_per_pixel(operations: &[Operation], layers: &[String], pooling: Pooling) -> Vec<f64> {
    let (mut channels, mut stride) = (3, 1);
    let bytes = operations.iter().map(|operation| {
        let numbers = |channels: i64, stride: i64| channels as f64 / (stride * stride) as f64;
        let input = numbers(channels, stride);
        let kept = match &operation.kind {
            OperationKind::Convolution(shape) => {
                channels = shape.channels_out;
                stride *= shape.stride;
                0.0
            }
            OperationKind::Relu => input * BYTES_PER_BIT,
            OperationKind::Pool {
                kernel,
                stride: own,
                ..
            } => {
                stride *= own;
                let results = numbers(channels, stride);
                match pooling {
                    Pooling::Average => 0.0,
                    Pooling::Max if (*kernel, *own) == (2, 2) => 3.0 * results * BYTES_PER_BIT,
                    Pooling::Max => results * BYTES_PER_PLACE,
                    Pooling::L2 => (input + results) * BYTES_PER_NUMBER,
                }
            }
            OperationKind::Fire {
                squeeze,
                expand1x1,
                expand3x3,
            } => {
                channels = expand1x1.channels_out + expand3x3.channels_out;
                numbers(channels + squeeze.channels_out, stride) * BYTES_PER_BIT
            }
        };
        let is_seen = layers.contains(&operation.layer);
        let seen = if is_seen {
            numbers(channels, stride)
        } else {
            0.0
        };
        kept + seen * BYTES_PER_NUMBER
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::architecture::published;
    use crate::preset::NetworkName;

    fn from(layers: &[&str], pooling: Pooling, most: f64) -> (String, f64) {
        let layers: Vec<String> = layers.iter().map(|&layer| layer.to_owned()).collect();
        let mut operations = published(NetworkName::Vgg19).unwrap();
        let deepest = operations
            .iter()
            .position(|operation| layers.contains(&operation.layer));
        operations.truncate(deepest.unwrap() + 1);
        let (first, bytes) = first(&operations, &layers, pooling, most);
        let layer = operations
            .get(first)
            .map(|operation| operation.layer.clone());
        (layer.unwrap_or_default(), bytes)
    }

    #[test]
    fn the_deepest_operations_are_remembered_as_far_as_the_bytes_suffice() {
        // Two numbers for each pixel, four bytes and a bit each; convolutions keep nothing.
        assert_eq!(
            from(&["relu5_1"], Pooling::Average, 8.0),
            (String::new(), 0.0)
        );
        let deepest = 2.0 * (4.0 + 0.125);
        assert_eq!(
            from(&["relu5_1"], Pooling::Average, 8.5),
            ("pool4".to_owned(), deepest)
        );
        let with_maxima = deepest + 0.75;
        assert_eq!(
            from(&["relu5_1"], Pooling::Max, 10.0),
            ("conv4_4".to_owned(), with_maxima + 1.0)
        );
    }
}
