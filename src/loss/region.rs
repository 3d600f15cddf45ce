//! How much each position of a layer counts, where a region of a picture is looked at by itself. Worker thread.

use tch::{Kind, TchError, Tensor};

/// A region that covers less than half a position of a layer does not exist there: what the network sees at that
/// position is mostly something else.
pub(super) const SMALLEST_AREA: f64 = 0.5;

/// The least share of a position that takes part where positions cannot count in part.
const SMALLEST_SHARE: f64 = 0.5;

/// The shares of a region at a layer; r is 1 or the number of candidates, P the number of positions.
#[derive(Debug)]
pub(super) struct Weighting {
    /// m, `[r, 1, P]`, from 0 to 1.
    shares: Tensor,
    /// √m, `[r, 1, P]`: a matrix that is weighed by it on both sides stays symmetric.
    roots: Tensor,
    /// Σ m, not below [`SMALLEST_AREA`], `[r]`.
    area: Tensor,
    /// 1 where the region exists at this layer, otherwise 0, `[r]`.
    presence: Tensor,
}

impl Weighting {
    /// Of a `region`, `[r, 1, H, W]`, for features of this `kind`.
    pub(super) fn new(region: &Tensor, kind: Kind) -> Result<Self, TchError> {
        let shares = region.f_to_kind(kind)?.f_flatten(2, 3)?.f_clamp_min(0.0)?;
        let area = shares.f_sum_dim_intlist([1_i64, 2].as_slice(), false, kind)?;
        Ok(Self {
            roots: shares.f_sqrt()?,
            shares,
            presence: area.f_ge(SMALLEST_AREA)?.f_to_kind(kind)?,
            area: area.f_clamp_min(SMALLEST_AREA)?,
        })
    }

    /// Σ m x / Σ m of every row: `[n, C, P]` to `[n, C, 1]`.
    pub(super) fn mean(&self, rows: &Tensor) -> Result<Tensor, TchError> {
        rows.f_mul(&self.shares)?
            .f_sum_dim_intlist([2_i64].as_slice(), true, rows.kind())?
            .f_div(&self.area_as_matrix()?)
    }

    /// √m x, `[n, C, P]`.
    pub(super) fn weighed(&self, rows: &Tensor) -> Result<Tensor, TchError> {
        rows.f_mul(&self.roots)
    }

    /// Σ m, `[r, 1, 1]`.
    pub(super) fn area_as_matrix(&self) -> Result<Tensor, TchError> {
        self.area.f_reshape([-1, 1, 1])
    }

    /// Σ m of the only row, which waits for the device.
    pub(super) fn area(&self) -> Result<f64, TchError> {
        self.area.f_double_value(&[0])
    }

    /// 1 where the region exists at this layer, otherwise 0, `[r]`.
    pub(super) fn presence(&self) -> &Tensor {
        &self.presence
    }
}

/// The numbers of the positions that belong to a `region`, `[1, 1, H, W]`, by at least half, `[P]`; this waits for
/// the device.
pub(super) fn positions(region: &Tensor) -> Result<Tensor, TchError> {
    region
        .f_flatten(0, -1)?
        .f_ge(SMALLEST_SHARE)?
        .f_nonzero()?
        .f_flatten(0, -1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::flat;

    #[test]
    fn means_of_two_regions_by_hand() {
        let region = Tensor::from_slice(&[1.0_f32, 0.5, 0.0, 0.0, 0.25, 0.0]).reshape([2, 1, 1, 3]);
        let weighting = Weighting::new(&region, Kind::Float).unwrap();
        let rows = Tensor::from_slice(&[1.0_f32, 4.0, 9.0, 1.0, 4.0, 9.0]).reshape([2, 1, 3]);
        // The second region is a quarter of a position: it is divided by half a one, and does not exist.
        assert_eq!(flat(&weighting.mean(&rows).unwrap()), [2.0, 2.0]);
        assert_eq!(flat(weighting.presence()), [1.0, 0.0]);
    }

    #[test]
    fn positions_take_part_from_one_half_on() {
        let region = Tensor::from_slice(&[0.5_f32, 0.49, 1.0, 0.0]).reshape([1, 1, 2, 2]);
        let found: Vec<i64> = Vec::try_from(positions(&region).unwrap()).unwrap();
        assert_eq!(found, [0, 2]);
        assert_eq!(positions(&region.zeros_like()).unwrap().size(), [0]);
    }
}
