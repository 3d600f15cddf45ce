//! Random directions in the space of a layer's channels. Worker thread.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tch::{Device, Kind, TchError, Tensor};

/// Which random directions `sliced_wasserstein` takes: the same seed and step give the same on every device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Of the run.
    pub seed: u64,
    /// Of the optimisation.
    pub step: u64,
}

impl Draw {
    /// `count` directions of unit length, evenly distributed over the sphere, `[count, channels]`.
    pub(super) fn directions(
        self,
        count: i64,
        channels: i64,
        options: (Kind, Device),
    ) -> Result<Tensor, TchError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.step);
        let mut values = Vec::with_capacity((count * channels) as usize);
        for _ in 0..count {
            let start = values.len();
            values.extend((0..channels).map(|_| -> f64 { StandardNormal.sample(&mut random) }));
            let of_direction = values.get_mut(start..).unwrap_or_default();
            let length = of_direction.iter().map(|value| value * value).sum::<f64>();
            let length = length.sqrt().max(f64::MIN_POSITIVE);
            for value in of_direction {
                *value /= length;
            }
        }
        let (kind, device) = options;
        Tensor::f_from_slice(&values)?
            .f_to_kind(kind)?
            .f_reshape([count, channels])?
            .f_to_device(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: (Kind, Device) = (Kind::Double, Device::Cpu);

    fn drawn(seed: u64, step: u64) -> Tensor {
        Draw { seed, step }.directions(200, 7, OPTIONS).unwrap()
    }

    #[test]
    fn the_same_draw_gives_the_same_and_any_other_gives_others() {
        assert_eq!(drawn(1, 2), drawn(1, 2));
        assert_ne!(drawn(1, 2), drawn(1, 3));
        assert_ne!(drawn(1, 2), drawn(2, 2));
    }

    #[test]
    fn directions_have_unit_length_and_point_everywhere() {
        let directions = drawn(3, 0);
        let lengths = directions
            .square()
            .sum_dim_intlist([1_i64].as_slice(), false, Kind::Double);
        assert!((lengths - 1.0).abs().max().double_value(&[]) < 1e-12);
        // Of a uniform distribution over the sphere the second moment is 1/C in every direction.
        let moment = directions.tr().mm(&directions) / 200.0;
        let expected = Tensor::eye(7, OPTIONS) / 7.0;
        assert!((moment - expected).abs().max().double_value(&[]) < 0.05);
        let mean = directions.mean_dim([0_i64].as_slice(), false, Kind::Double);
        assert!(mean.abs().max().double_value(&[]) < 0.1);
    }
}
