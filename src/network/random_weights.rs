//! Random weights from a seed, the same in every language: they let the tests compare a whole network
//! with `PyTorch` without a weights file. No preset can ask for them.

use tch::{TchError, Tensor};

use super::{NetworkError, TensorSource};

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of `splitmix64` (Steele, Lea and Flood 2014).
pub fn finalise(value: u64) -> u64 {
    let mut z = value;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Element `index` of the uniform sequence `tensor_seed`, in [0, 1), a multiple of 2⁻²⁴.
pub fn uniform(tensor_seed: u64, index: u64) -> f64 {
    let z = finalise(tensor_seed.wrapping_add((index + 1).wrapping_mul(GOLDEN)));
    (z >> 40) as f64 / f64::from(1_u32 << 24)
}

/// The seed of tensor number `number` of the network with `seed`.
pub fn tensor_seed(seed: u64, number: u64) -> u64 {
    finalise(seed.wrapping_mul(1_000_003).wrapping_add(number))
}

/// Uniform weights of He's variance, small biases; tensors numbered in the order they are asked for.
#[derive(Debug)]
pub struct RandomWeights {
    seed: u64,
    number: u64,
}

impl RandomWeights {
    /// The weights of one network.
    pub fn new(seed: u64) -> Self {
        Self { seed, number: 0 }
    }
}

impl TensorSource for RandomWeights {
    fn tensor(&mut self, _name: &str, shape: &[i64]) -> Result<Tensor, NetworkError> {
        let seed = tensor_seed(self.seed, self.number);
        self.number += 1;
        let fan_in: i64 = shape.iter().skip(1).product();
        let bound = if shape.len() > 1 {
            (6.0 / fan_in as f64).sqrt()
        } else {
            0.05
        };
        let count: i64 = shape.iter().product();
        let values: Vec<f32> = (0..count as u64)
            .map(|index| ((2.0 * uniform(seed, index) - 1.0) * bound) as f32)
            .collect();
        tensor_of(&values, shape).map_err(NetworkError::from)
    }
}

fn tensor_of(values: &[f32], shape: &[i64]) -> Result<Tensor, TchError> {
    Tensor::f_from_slice(values)?.f_reshape(shape)
}
