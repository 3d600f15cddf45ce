//! Draws square patches at random places of a feature map. Worker thread.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};
use tch::{Kind, TchError, Tensor};

use crate::preset::Padding;

/// Up to `count` patches of `kernel`² from `features`, `[1, C, H, W]`, padded as the convolution pads:
/// `[count, C·K·K]`, each laid out as a filter is. Places are drawn without regard to each other.
pub(super) fn draw(
    features: &Tensor,
    kernel: i64,
    padding: Padding,
    count: usize,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TchError> {
    let sides = [kernel / 2; 4];
    let padded = match padding {
        Padding::Reflect => features.f_reflection_pad2d(sides)?,
        Padding::Replicate => features.f_replication_pad2d(sides)?,
        Padding::Zeros | Padding::ReplicateFirst => {
            features.f_zero_pad2d(kernel / 2, kernel / 2, kernel / 2, kernel / 2)?
        }
    };
    let (_, channels, height, width) = features.size4()?;
    let padded_width = width + 2 * (kernel / 2);
    let corners: Vec<i64> = (0..count)
        .map(|_| random.random_range(0..height) * padded_width + random.random_range(0..width))
        .collect();
    let corners = Tensor::f_from_slice(&corners)?.f_to_device(features.device())?;
    let pixels = padded.f_reshape([channels, -1])?;
    let mut columns = Vec::with_capacity((kernel * kernel) as usize);
    for row in 0..kernel {
        for column in 0..kernel {
            columns.push(
                pixels.f_index_select(1, &corners.f_add_scalar(row * padded_width + column)?)?,
            );
        }
    }
    // [C, K·K, count] to [count, C·K·K]
    Tensor::f_stack(&columns, 1)?
        .f_permute([2, 0, 1])?
        .f_reshape([count as i64, -1])
}

/// About `share` of `patches`, `[P, D]`, at random, but in proportion to their distance from the mean
/// patch: weighted drawing without replacement by exponential keys (Efraimidis and Spirakis 2006).
pub(super) fn keep_lively(
    patches: &Tensor,
    share: f64,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TchError> {
    let count = patches.size().first().copied().unwrap_or(0);
    let keys: Vec<f32> = (0..count).map(|_| Exp1.sample(random)).collect();
    let keys = Tensor::f_from_slice(&keys)?.f_to_device(patches.device())?;
    let mean = patches.f_mean_dim([0_i64].as_slice(), true, Kind::Float)?;
    let distance = patches
        .f_sub(&mean)?
        .f_square()?
        .f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?
        .f_sqrt()?;
    let kept = ((count as f64 * share) as i64).clamp(1.min(count), count);
    let (_, rows) = distance
        .f_div(&keys.f_clamp_min(f64::from(f32::MIN_POSITIVE))?)?
        .f_topk(kept, 0, true, true)?;
    patches.f_index_select(0, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_patch_times_a_filter_is_a_response_of_the_convolution() {
        let features =
            Tensor::arange(2 * 6 * 7, (Kind::Float, tch::Device::Cpu)).reshape([1, 2, 6, 7]);
        let filter = Tensor::arange(2 * 9, (Kind::Float, tch::Device::Cpu)).reshape([1, 2, 3, 3]);
        let responses = features
            .reflection_pad2d([1, 1, 1, 1])
            .conv2d::<Tensor>(&filter, None, 1, 0, 1, 1);
        let responses: Vec<f32> = responses.flatten(0, -1).try_into().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let patches = draw(&features, 3, Padding::Reflect, 50, &mut random).unwrap();
        let products: Vec<f32> = patches.matmul(&filter.flatten(0, -1)).try_into().unwrap();
        assert_eq!(products.len(), 50);
        for product in products {
            assert!(
                responses
                    .iter()
                    .any(|response| (response - product).abs() < 1e-3),
                "{product}"
            );
        }
    }

    #[test]
    fn flat_patches_are_kept_less_often() {
        let flat = Tensor::zeros([500, 4], (Kind::Float, tch::Device::Cpu)) + 0.001;
        let lively = Tensor::eye(4, (Kind::Float, tch::Device::Cpu)).repeat([125, 1]);
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let kept = keep_lively(&Tensor::cat(&[flat, lively], 0), 0.5, &mut random).unwrap();
        assert_eq!(kept.size(), [500, 4]);
        let lively_kept = kept
            .max_dim(1, false)
            .0
            .gt(0.5)
            .sum(Kind::Int64)
            .int64_value(&[]);
        assert!(lively_kept > 300, "{lively_kept}");
    }
}
