//! Small pictures `[1, 3, H, W]` for the unit tests of colours.

use tch::{Device, Kind, Tensor};

use crate::network::random_weights::uniform;

/// 20 × 20 colours: channel `c` is spread over `scale[c]` from `offset[c]` on, half of it alike in all channels.
pub(in crate::engine) fn picture(seed: u64, scale: [f32; 3], offset: [f32; 3]) -> Tensor {
    let values: Vec<f32> = (0..3)
        .flat_map(|channel| {
            (0..400).map(move |index| {
                let shared = uniform(seed, index) as f32;
                let own = uniform(seed + 10 + channel as u64, index) as f32;
                offset[channel] + scale[channel] * (0.5 * shared + 0.5 * own)
            })
        })
        .collect();
    Tensor::from_slice(&values).reshape([1, 3, 20, 20])
}

/// 4 × 4 of one colour.
pub(in crate::engine) fn flat(colour: [f32; 3]) -> Tensor {
    let colour = Tensor::from_slice(&colour).reshape([1, 3, 1, 1]);
    colour.repeat([1, 1, 4, 4])
}

/// One row of `colours`.
pub(in crate::engine) fn row(colours: &[[f32; 3]]) -> Tensor {
    let count = colours.len() as i64;
    Tensor::from_slice(colours.as_flattened())
        .reshape([1, 1, count, 3])
        .permute([0, 3, 1, 2])
        .contiguous()
}

/// The picture's values, channel after channel.
pub(in crate::engine) fn values(picture: &Tensor) -> Vec<f64> {
    let flattened = picture.to_kind(Kind::Double).flatten(0, -1);
    flattened.to_device(Device::Cpu).try_into().unwrap()
}

pub(in crate::engine) fn is_finite(picture: &Tensor) -> bool {
    picture.isfinite().all().int64_value(&[]) == 1
}

/// Whether all of `found` is within `tolerance` of `expected`.
pub(in crate::engine) fn is_near(found: &[f64], expected: &[f64], tolerance: f64) -> bool {
    let mut pairs = found.iter().zip(expected);
    found.len() == expected.len() && pairs.all(|(one, other)| (one - other).abs() <= tolerance)
}
