//! What of a picture's way forth is worth remembering where it goes forth twice, as in tiles: first for the statistics, then
//! with the way back. Pure arithmetic, any thread.
//!
//! The deeper an operation is, the fewer bytes it takes and the more time it saves, so the deepest are remembered.

use super::architecture::{Operation, OperationKind};
use super::geometry;
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
    let bytes = geometry::with_features(operations).map(|(operation, input, results)| {
        let (given, found) = (input.numbers_per_pixel(), results.numbers_per_pixel());
        let kept = match &operation.kind {
            OperationKind::Convolution(_) => 0.0,
            OperationKind::Relu => found * BYTES_PER_BIT,
            OperationKind::Pool { kernel, stride, .. } => match pooling {
                Pooling::Average => 0.0,
                Pooling::Max if (*kernel, *stride) == (2, 2) => 3.0 * found * BYTES_PER_BIT,
                Pooling::Max => found * BYTES_PER_PLACE,
                Pooling::L2 => (given + found) * BYTES_PER_NUMBER,
            },
            OperationKind::Fire { squeeze, .. } => {
                let narrow = results.per_pixel(squeeze.channels_out as f64);
                (narrow + found) * BYTES_PER_BIT
            }
        };
        let is_seen = layers.contains(&operation.layer);
        kept + if is_seen { found } else { 0.0 } * BYTES_PER_NUMBER
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
