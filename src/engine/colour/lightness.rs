//! Lightness apart from colours: Y, I and Q of YIQ, the colour space of NTSC. Worker thread.
//!
//! Luminance-only transfer (Gatys et al., arXiv:1611.07865, section on colour control): the style is
//! transferred between grey pictures, and the result's lightness is shown in the content's colours.

use tch::{Kind, TchError, Tensor};

/// Shares of red, green and blue in the lightness Y (Rec. 601).
const WEIGHTS: [f64; 3] = [0.299, 0.587, 0.114];
/// A deviation of lightness, a quarter of one of 256 levels, below which a style picture is not stretched
/// further: it has no contrast, only rounding errors.
const SMALLEST_DEVIATION: f64 = 1e-3;

/// Y of `pictures`, `[N, 3, H, W]`, as `[N, 1, H, W]`: in [0, 1] where they are, but for rounding.
pub(in crate::engine) fn lightness(pictures: &Tensor) -> Result<Tensor, TchError> {
    // Not as one product of matrices, whose rounding depends on how many pictures there are.
    let [red, green, blue] = WEIGHTS;
    let share = |channel: i64, weight: f64| pictures.f_narrow(1, channel, 1)?.f_mul_scalar(weight);
    share(0, red)?
        .f_add(&share(1, green)?)?
        .f_add(&share(2, blue)?)
}

/// The grey version of `picture`, `[1, 3, H, W]` with RGB in [0, 1]: its lightness in all three channels,
/// clamped to [0, 1].
pub(in crate::engine) fn grey(picture: &Tensor) -> Result<Tensor, TchError> {
    in_three_channels(&lightness(picture)?)
}

/// The grey version of `style` with the mean and deviation of `content`'s lightness, clamped to [0, 1];
/// both are `[1, 3, H, W]` with RGB in [0, 1], their sizes may differ.
///
/// # Formula
/// σ′/σ·(Y − μ) + μ′, where ′ is the content's (Gatys et al., arXiv:1611.07865). σ counts as 0.001 where it
/// is less.
pub(in crate::engine) fn grey_matched(
    style: &Tensor,
    content: &Tensor,
) -> Result<Tensor, TchError> {
    let of_style = lightness(style)?;
    let (mean, deviation) = mean_and_deviation(&of_style)?;
    let (target_mean, target_deviation) = mean_and_deviation(&lightness(content)?)?;
    let factor = target_deviation / deviation.max(SMALLEST_DEVIATION);
    in_three_channels(
        &of_style
            .f_sub_scalar(mean)?
            .f_mul_scalar(factor)?
            .f_add_scalar(target_mean)?,
    )
}

/// The lightness of `result`, `[N, 3, H, W]`, with the colours of `content`, `[N, 3, H, W]` or
/// `[1, 3, H, W]`: Y of the one, I and Q of the other. Not clamped: a light result has no room for strong
/// colours.
pub(in crate::engine) fn with_colours_of(
    result: &Tensor,
    content: &Tensor,
) -> Result<Tensor, TchError> {
    // I and Q are differences of channels, so what changes Y alone is the same for red, green and blue.
    content.f_add(&lightness(result)?.f_sub(&lightness(content)?)?)
}

/// `[1, 1, H, W]` as `[1, 3, H, W]`, clamped to [0, 1].
fn in_three_channels(lightness: &Tensor) -> Result<Tensor, TchError> {
    lightness.f_clamp(0.0, 1.0)?.f_repeat([1, 3, 1, 1])
}

/// Mean and (population's) deviation of everything in `values`, computed in float64.
fn mean_and_deviation(values: &Tensor) -> Result<(f64, f64), TchError> {
    let (deviation, mean) = values.f_to_kind(Kind::Double)?.f_std_mean(false)?;
    Ok((mean.f_double_value(&[])?, deviation.f_double_value(&[])?))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{flat, is_finite, is_near, picture, row, values};
    use super::*;

    /// Y, I and Q `[3, pixels]` by the whole matrix (Rec. 601 and NTSC's).
    fn yiq(picture: &Tensor) -> Tensor {
        let matrix = [
            [0.299, 0.587, 0.114],
            [0.5959, -0.2746, -0.3213],
            [0.2115, -0.5227, 0.3112],
        ];
        Tensor::from_slice(matrix.as_flattened())
            .reshape([3, 3])
            .matmul(&picture.to_kind(Kind::Double).reshape([3, -1]))
    }

    fn difference(one: &Tensor, other: &Tensor) -> f64 {
        (one - other).abs().max().double_value(&[])
    }

    #[test]
    fn grey_is_the_weighted_sum_in_every_channel() {
        let colours = row(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.2, 0.4, 0.8], [1.0; 3]]);
        let expected = [0.299, 0.587, 0.3858, 1.0].repeat(3);
        assert!(is_near(&values(&grey(&colours).unwrap()), &expected, 1e-6));
        let white = grey(&flat([1.0; 3])).unwrap();
        assert!(white.max().double_value(&[]) <= 1.0);
    }

    #[test]
    fn the_style_takes_on_mean_and_deviation_of_lightness() {
        let content = picture(1, [0.3, 0.2, 0.3], [0.3, 0.4, 0.3]);
        let style = picture(2, [0.1, 0.7, 0.2], [0.5, 0.2, 0.4]).narrow(2, 0, 13);
        let matched = grey_matched(&style, &content).unwrap();
        assert_eq!(matched.size(), style.size());
        assert_eq!(matched.select(1, 0), matched.select(1, 2));
        let (mean, deviation) = mean_and_deviation(&matched).unwrap();
        let (wanted, wanted_deviation) = mean_and_deviation(&lightness(&content).unwrap()).unwrap();
        assert!((mean - wanted).abs() < 1e-6, "{mean}, not {wanted}");
        assert!((deviation - wanted_deviation).abs() < 1e-6);
        // The style's own is another.
        let (mean, _) = mean_and_deviation(&lightness(&style).unwrap()).unwrap();
        assert!((mean - wanted).abs() > 0.05);
    }

    /// Lightness 0.2 and 0.4 is 0.3 ± 0.1, and 0 and 1 is 0.5 ± 0.5.
    #[test]
    fn the_formula_by_hand() {
        let style = row(&[[0.2; 3], [0.4; 3], [0.2; 3], [0.4; 3]]);
        let content = row(&[[0.0; 3], [1.0; 3]]);
        let matched = grey_matched(&style, &content).unwrap();
        let expected = [0.0, 1.0, 0.0, 1.0].repeat(3);
        assert!(is_near(&values(&matched), &expected, 1e-6));
    }

    #[test]
    fn what_leaves_the_range_is_clamped() {
        let style = row(&[[0.1; 3], [0.1; 3], [0.1; 3], [0.9; 3]]);
        let matched = values(&grey_matched(&style, &row(&[[0.0; 3], [1.0; 3]])).unwrap());
        assert!(matched.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!((matched[3] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_style_without_contrast_takes_on_the_mean_alone() {
        let content = picture(3, [0.5; 3], [0.1; 3]);
        let (wanted, _) = mean_and_deviation(&lightness(&content).unwrap()).unwrap();
        // These weights times this colour do not add up to the same in every bit.
        for colour in [[0.0; 3], [0.7, 0.31, 0.93], [1.0; 3]] {
            let matched = values(&grey_matched(&flat(colour), &content).unwrap());
            assert!(is_near(&matched, &vec![wanted; matched.len()], 1e-5));
        }
        let matched = grey_matched(&content, &flat([0.25; 3])).unwrap();
        assert!(is_near(&values(&matched), &vec![0.25; 1200], 1e-6));
        assert!(is_finite(
            &grey_matched(&flat([0.3; 3]), &flat([0.6; 3])).unwrap()
        ));
    }

    #[test]
    fn lightness_is_the_results_and_colours_are_the_contents() {
        let result = picture(1, [0.9, 0.5, 0.3], [0.3, 0.1, 0.6]) * 2.0 - 0.5;
        let content = picture(2, [0.1, 0.3, 0.2], [0.5, 0.2, 0.4]);
        let found = with_colours_of(&result, &content).unwrap();
        let (found, result, own) = (yiq(&found), yiq(&result), yiq(&content));
        assert!(difference(&found.get(0), &result.get(0)) < 1e-6);
        assert!(difference(&found.narrow(0, 1, 2), &own.narrow(0, 1, 2)) < 1e-6);
        assert!(difference(&found, &own) > 0.1);
        // Nothing is cut off.
        assert!(result.get(0).max().double_value(&[]) > 1.0);
    }

    #[test]
    fn a_picture_in_its_own_colours_is_itself() {
        let picture = picture(4, [0.9; 3], [0.0; 3]);
        assert_eq!(with_colours_of(&picture, &picture).unwrap(), picture);
    }

    #[test]
    fn each_of_several_gets_what_it_gets_alone() {
        let result = |seed| picture(seed, [0.9, 0.5, 0.3], [0.3, 0.1, 0.6]);
        let content = |seed| picture(seed, [0.1, 0.3, 0.2], [0.5, 0.2, 0.4]);
        let results = Tensor::cat(&[result(1), result(2), result(3)], 0);
        let own = Tensor::cat(&[content(5), content(6), content(7)], 0);
        let with_own = with_colours_of(&results, &own).unwrap();
        let with_first = with_colours_of(&results, &content(5)).unwrap();
        assert_eq!(with_first.size(), results.size());
        for (index, seed) in (0..).zip(1..=3) {
            let alone = |content: &Tensor| with_colours_of(&result(seed), content).unwrap();
            assert_eq!(with_own.narrow(0, index, 1), alone(&content(seed + 4)));
            assert_eq!(with_first.narrow(0, index, 1), alone(&content(5)));
        }
    }
}
