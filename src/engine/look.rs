//! What of a candidate's picture tells whether it still is one: a few numbers, computed on the device. Worker thread.

use tch::{Kind, TchError, Tensor};

/// The numbers of one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// The deviation of the channel that varies most, black being 0 and white 1. Not a number where the picture is not
    /// finite.
    pub(super) spread: f64,
    /// The share of all values at or beyond black and white, 0 to 1.
    pub(super) at_bounds: f64,
    /// How far values lie outside black and white: the root of the mean square, 0 where none does.
    pub(super) outside: f64,
}

impl Look {
    /// Whether all of it is finite.
    pub(super) fn is_finite(&self) -> bool {
        self.spread.is_finite() && self.outside.is_finite()
    }
}

/// Of every one of `pictures`, `[N, 3, H, W]`, in one transfer.
pub(super) fn look_at(pictures: &Tensor) -> Result<Vec<Look>, TchError> {
    let pictures = pictures.f_detach()?;
    let spread = pictures
        .f_std_dim([2_i64, 3].as_slice(), false, false)?
        .f_amax([1_i64], false)?;
    let all = [1_i64, 2, 3];
    let within = pictures.f_gt(0.0)?.f_logical_and(&pictures.f_lt(1.0)?)?;
    let within = within.f_mean_dim(all.as_slice(), false, Kind::Float)?;
    // In place, since a picture may be as large as memory allows.
    let mut apart = pictures.f_clamp(0.0, 1.0)?;
    let outside = apart
        .f_sub_(&pictures)?
        .f_square_()?
        .f_mean_dim(all.as_slice(), false, Kind::Float)?
        .f_sqrt()?;
    let numbers = Tensor::f_stack(&[spread, within, outside], 1)?;
    Vec::<Vec<f64>>::try_from(
        &numbers
            .f_to_kind(Kind::Double)?
            .f_to_device(tch::Device::Cpu)?,
    )
    .map(|rows| {
        rows.iter()
            .map(|row| {
                let number = |place: usize| row.get(place).copied().unwrap_or(f64::NAN);
                Look {
                    spread: number(0),
                    at_bounds: 1.0 - number(1),
                    outside: number(2),
                }
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn each_picture_has_its_own_numbers() {
        let ramp = Tensor::arange(64, (Kind::Float, Device::Cpu)).reshape([1, 1, 8, 8]) / 63.0;
        let plain = ramp.expand([1, 3, 8, 8], false) * 0.9 + 0.05;
        let grey = plain.zeros_like() + 0.5;
        let black_and_white = plain.gt(0.5).to_kind(Kind::Float);
        let far = &plain * 20.0 - 5.0;
        let broken = &plain * f64::NAN;
        let looks = look_at(&Tensor::cat(
            &[plain, grey, black_and_white, far, broken],
            0,
        ))
        .unwrap();
        let [plain, grey, black_and_white, far, broken] = looks.try_into().unwrap();
        assert!((plain.spread - 0.9 * 0.293).abs() < 0.01, "{plain:?}");
        assert!(plain.at_bounds == 0.0 && plain.outside == 0.0);
        assert!(grey.spread < 1e-6 && grey.is_finite());
        assert!((black_and_white.at_bounds - 1.0).abs() < 1e-6);
        assert!(far.outside > 3.0 && far.at_bounds > 0.8, "{far:?}");
        assert!(!broken.is_finite());
    }
}
