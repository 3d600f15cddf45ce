//! Spherical k-means, deterministic for a random state. Worker thread.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, TchError, Tensor};

/// Below this a vector has no direction.
const SMALLEST_LENGTH: f64 = 1e-8;

fn unit_rows(rows: &Tensor) -> Result<Tensor, TchError> {
    let length = rows
        .f_square()?
        .f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?
        .f_sqrt()?;
    rows.f_div(&length.f_clamp_min(SMALLEST_LENGTH)?)
}

/// `count` unit vectors `[count, D]` that the directions of `points`, `[P, D]`, gather around.
///
/// Each round gives every point to the centroid it has the largest product with; a centroid becomes
/// the sum of its points weighted by those products (Coates and Ng 2012), one without points starts
/// again at a random point.
pub(super) fn centroids(
    points: &Tensor,
    count: usize,
    rounds: usize,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TchError> {
    let points = unit_rows(points)?;
    let device = points.device();
    let available = points.size().first().copied().unwrap_or(0).max(1);
    let mut draw = |how_many: usize| -> Result<Tensor, TchError> {
        let rows: Vec<i64> = (0..how_many)
            .map(|_| random.random_range(0..available))
            .collect();
        points.f_index_select(0, &Tensor::f_from_slice(&rows)?.f_to_device(device)?)
    };
    let mut centroids = draw(count)?;
    for _ in 0..rounds {
        let products = points.f_matmul(&centroids.f_transpose(0, 1)?)?;
        let (largest, nearest) = products.f_max_dim(1, true)?;
        // A matrix product and not an indexed addition, whose order of summation is not fixed on a GPU.
        let membership = products.f_zeros_like()?.f_scatter(1, &nearest, &largest)?;
        let sums = membership.f_transpose(0, 1)?.f_matmul(&points)?;
        let empty = membership
            .f_abs()?
            .f_sum_dim_intlist([0_i64].as_slice(), false, Kind::Float)?
            .f_le(SMALLEST_LENGTH)?
            .f_reshape([-1, 1])?;
        centroids = unit_rows(&draw(count)?.f_where_self(&empty, &sums)?)?;
    }
    Ok(centroids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn finds_the_directions_that_are_there() {
        tch::manual_seed(1);
        let axes = Tensor::eye(3, (Kind::Float, tch::Device::Cpu)).repeat([200, 1]);
        let points = axes + 0.05 * Tensor::randn([600, 3], (Kind::Float, tch::Device::Cpu));
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let found = centroids(&points, 12, 20, &mut random).unwrap();
        let best = found.max_dim(0, false).0;
        assert!(best.min().double_value(&[]) > 0.99, "{found:?}");
    }
}
