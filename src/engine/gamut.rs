//! Colours that no screen can show, made ones that it can. Worker thread.

use tch::{TchError, Tensor};

use super::colour::lightness;

/// `pictures`, `[N, 3, H, W]`, with every colour in [0, 1]: one outside is moved towards the grey of its own
/// lightness, clamped to [0, 1], just as far as needed; one inside stays as it is, bit for bit. What is not
/// finite comes out as not a number.
///
/// # Formula
/// g + t·(c − g) with the largest t in [0, 1] that leaves no channel outside: the differences of channels
/// shrink alike, so the hue stays, and lightness stays where it is one. g is Y of YIQ.
pub(super) fn keep_hue(pictures: &Tensor) -> Result<Tensor, TchError> {
    let grey = lightness(pictures)?.f_clamp(0.0, 1.0)?;
    let highest = pictures.f_amax([1_i64].as_slice(), true)?;
    let lowest = pictures.f_amin([1_i64].as_slice(), true)?;
    let (is_above, is_below) = (highest.f_gt(1.0)?, lowest.f_lt(0.0)?);
    let whole = highest.f_ones_like()?;
    // A colour outside is away from its grey, which is inside; of the others the quotient is not used.
    let left_above = whole
        .f_sub(&grey)?
        .f_div(&highest.f_sub(&grey)?)?
        .f_where_self(&is_above, &whole)?;
    let left_below = grey
        .f_div(&grey.f_sub(&lowest)?)?
        .f_where_self(&is_below, &whole)?;
    let left = left_above.f_minimum(&left_below)?;
    let moved = pictures.f_sub(&grey)?.f_mul(&left)?.f_add(&grey)?;
    // Rounding may leave the last bit outside.
    moved
        .f_clamp(0.0, 1.0)?
        .f_where_self(&is_above.f_logical_or(&is_below)?, pictures)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::super::colour::fixture::{flat, is_finite, is_near, row, values};
    use super::*;

    /// One colour's channels after [`keep_hue`].
    fn kept(colour: [f32; 3]) -> Vec<f64> {
        values(&keep_hue(&row(&[colour])).unwrap())
    }

    /// Three pictures of colours up to 0.7 outside.
    fn wild() -> Tensor {
        tch::manual_seed(7);
        Tensor::rand([3, 3, 20, 30], (Kind::Float, Device::Cpu)) * 2.4 - 0.7
    }

    #[test]
    fn a_colour_moves_just_as_far_as_needed() {
        // Y is 0.299·2 = 0.598: (1 − 0.598)/(2 − 0.598) of the distance is left.
        let left = 0.402 / 1.402;
        let rest = 0.598 - left * 0.598;
        assert!(is_near(&kept([2.0, 0.0, 0.0]), &[1.0, rest, rest], 1e-6));
        // Y is 0.587 − 0.114·0.5 = 0.53: 0.53/1.03 of the distance is left.
        let left = 0.53 / 1.03;
        let expected = [0.53 - left * 0.53, 0.53 + left * 0.47, 0.0];
        assert!(is_near(&kept([0.0, 1.0, -0.5]), &expected, 1e-6));
    }

    #[test]
    fn what_is_lighter_than_white_is_white_and_darker_than_black_is_black() {
        assert_eq!(kept([1.5, 1.2, 0.9]), [1.0; 3]);
        assert_eq!(kept([2.0; 3]), [1.0; 3]);
        assert_eq!(kept([-0.2, 0.05, -0.3]), [0.0; 3]);
        assert_eq!(kept([-1.0; 3]), [0.0; 3]);
        assert_eq!(kept([1e30, 1e30, -1e30]), [1.0; 3]);
        assert_eq!(kept([1e30, -1e30, 1e30]), [0.0; 3]);
    }

    #[test]
    fn colours_inside_stay_bit_for_bit() {
        let pictures = wild();
        let found = keep_hue(&pictures).unwrap();
        let outside = pictures
            .amax([1_i64].as_slice(), true)
            .gt(1.0)
            .logical_or(&pictures.amin([1_i64].as_slice(), true).lt(0.0));
        let changed = found.not_equal_tensor(&pictures).any_dim(1, true);
        assert_eq!(changed, outside);
        let inside = pictures.clamp(0.0, 1.0);
        assert_eq!(keep_hue(&inside).unwrap(), inside);
        let corners = row(&[[0.0; 3], [1.0; 3], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]);
        assert_eq!(keep_hue(&corners).unwrap(), corners);
    }

    #[test]
    fn hue_and_lightness_stay_and_one_channel_touches_the_edge() {
        let pictures = wild();
        let found = keep_hue(&pictures).unwrap();
        assert!(found.min().double_value(&[]) >= 0.0 && found.max().double_value(&[]) <= 1.0);
        let mut moved = 0;
        let colours = |pictures: &Tensor| values(&pictures.permute([0, 2, 3, 1]));
        let (before, after) = (colours(&pictures), colours(&found));
        for (before, after) in before.chunks(3).zip(after.chunks(3)) {
            let light = |c: &[f64]| 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
            let was = light(before);
            assert!((light(after) - was.clamp(0.0, 1.0)).abs() < 1e-6);
            // Ratios of differences: cross products, since a difference may be 0.
            let ([a, b], [c, d]) = [before, after].map(|c| [c[0] - c[1], c[1] - c[2]]).into();
            assert!((a * d - b * c).abs() < 1e-6 && a * c >= -1e-6 && b * d >= -1e-6);
            if before != after && (0.0..=1.0).contains(&was) {
                moved += 1;
                let touches = |value: &f64| value.min(1.0 - value) < 1e-6;
                assert!(after.iter().any(touches), "{before:?} became {after:?}");
            }
        }
        assert!(moved > 500, "{moved} say nothing");
    }

    #[test]
    fn each_of_several_gets_what_it_gets_alone() {
        let pictures = wild();
        let together = keep_hue(&pictures).unwrap();
        for index in 0..3 {
            let alone = keep_hue(&pictures.narrow(0, index, 1)).unwrap();
            assert_eq!(together.narrow(0, index, 1), alone);
        }
    }

    #[test]
    fn pictures_of_one_colour_stay_finite() {
        for colour in [
            [0.0; 3],
            [0.25; 3],
            [1.0; 3],
            [1.1; 3],
            [-0.1; 3],
            [1.0, 1.1, -0.1],
        ] {
            assert!(is_finite(&keep_hue(&flat(colour)).unwrap()));
        }
    }

    #[test]
    fn what_is_not_a_number_costs_only_itself() {
        let found = keep_hue(&row(&[
            [f32::NAN, 0.5, 0.5],
            [0.2, 0.4, 0.6],
            [0.5, 2.0, 0.5],
        ]));
        let found = values(&found.unwrap());
        assert!(found[0].is_nan());
        let finite = [1, 2, 4, 5, 7, 8].map(|place| found[place]);
        assert!(finite.iter().all(|value| (0.0..=1.0).contains(value)));
    }
}
