//! Gives one picture the colours of another: the histogram of every channel. Worker thread.

use tch::{Kind, TchError, Tensor};

/// `picture` with the histogram of `palette` in every channel, clamped to [0, 1]; both are `[1, 3, H, W]`
/// with RGB in [0, 1], their sizes may differ.
///
/// # Formula
/// Q(i·(m − 1)/(n − 1)) for the value of rank i of n, where Q is the palette's m values in order, linear in
/// between. Values that are alike share the middle of their ranks, so that an area of one colour stays one;
/// one that fills the picture becomes the palette's median.
pub(in crate::engine) fn histogram_matched(
    picture: &Tensor,
    palette: &Tensor,
) -> Result<Tensor, TchError> {
    // One by one, since ranks are 8 bytes a value.
    let channels = (0..3)
        .map(|channel| {
            let values_of = |picture: &Tensor| picture.f_select(1, channel)?.f_flatten(0, -1);
            matched_values(&values_of(picture)?, &values_of(palette)?)
        })
        .collect::<Result<Vec<_>, TchError>>()?;
    Tensor::f_stack(&channels, 0)?
        .f_clamp(0.0, 1.0)?
        .f_reshape(picture.size())
}

/// `values`, `[n]`, replaced by those of `palette`, `[m]`, in order of rank.
fn matched_values(values: &Tensor, palette: &Tensor) -> Result<Tensor, TchError> {
    let values = values.f_contiguous()?;
    let (sorted, _) = values.f_sort(0, false)?;
    let smaller = values.f_searchsorted(&sorted, false, false, "left", None::<&Tensor>)?;
    let not_larger = values.f_searchsorted(&sorted, false, true, "right", None::<&Tensor>)?;
    let last = (values.numel() as f64 - 1.0).max(0.0);
    let palette_last = (palette.numel() as f64 - 1.0).max(0.0);
    // From the middle on, in halves, so that ranks of as many values are the palette's to the last bit and
    // a single value is the median.
    let place = smaller
        .f_add(&not_larger)?
        .f_to_kind(Kind::Double)?
        .f_sub_scalar(1.0 + last)?
        .f_mul_scalar(palette_last)?
        .f_div_scalar(last.max(1.0))?
        .f_add_scalar(palette_last)?
        .f_div_scalar(2.0)?;
    let (palette, _) = palette.f_sort(0, false)?;
    quantiles(&palette, &place)?.f_to_kind(values.kind())
}

/// `sorted`, `[m]`, at `places`, `[n]` from 0 to m − 1, linear in between; float64.
fn quantiles(sorted: &Tensor, places: &Tensor) -> Result<Tensor, TchError> {
    let last = sorted.numel() as f64 - 1.0;
    let below = places.f_floor()?.f_clamp(0.0, last)?;
    let value_at = |index: &Tensor| {
        sorted
            .f_index_select(0, &index.f_to_kind(Kind::Int64)?)?
            .f_to_kind(Kind::Double)
    };
    let above = below.f_add_scalar(1.0)?.f_clamp(0.0, last)?;
    value_at(&below)?.f_lerp_tensor(&value_at(&above)?, &places.f_sub(&below)?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{flat, is_finite, is_near, picture, row, values};
    use super::*;

    /// A row whose channels are all alike.
    fn grey_row(levels: &[f32]) -> Tensor {
        let colours: Vec<[f32; 3]> = levels.iter().map(|&level| [level; 3]).collect();
        row(&colours)
    }

    fn first_channel(picture: &Tensor) -> Vec<f64> {
        values(&picture.narrow(1, 0, 1))
    }

    #[test]
    fn ranks_take_the_palettes_quantiles() {
        let picture = grey_row(&[0.3, 0.1, 0.9, 0.4]);
        // Ranks 1, 0, 3, 2 of 3, and the palette's values in order are 0.2, 0.5, 1.
        let matched = histogram_matched(&picture, &grey_row(&[0.5, 1.0, 0.2])).unwrap();
        let expected = [0.4, 0.2, 1.0, 2.0 / 3.0];
        assert!(is_near(&first_channel(&matched), &expected, 1e-6));
    }

    #[test]
    fn as_many_values_are_the_palettes_to_the_last_bit() {
        let one = picture(1, [0.3, 0.3, 0.3], [0.3, 0.4, 0.3]);
        let other = picture(2, [0.1, 0.3, 0.2], [0.5, 0.2, 0.4]);
        let matched = histogram_matched(&one, &other).unwrap();
        let sorted = |picture: &Tensor| picture.reshape([3, 400]).sort(1, false).0;
        assert_eq!(sorted(&matched), sorted(&other));
        // Whoever is lighter stays so.
        assert_eq!(
            matched.reshape([3, 400]).argsort(1, false),
            one.reshape([3, 400]).argsort(1, false)
        );
    }

    #[test]
    fn other_sizes_take_the_quantiles_in_between() {
        let one = picture(4, [0.5, 0.2, 0.9], [0.1, 0.6, 0.0]);
        let palette = picture(5, [0.6, 0.3, 0.2], [0.2, 0.1, 0.7]).narrow(2, 0, 11);
        let matched = histogram_matched(&one, &palette).unwrap();
        assert_eq!(matched.size(), one.size());
        let kind = (Kind::Double, one.device());
        let shares = Tensor::linspace(0.0, 1.0, 400, kind);
        for channel in 0..3 {
            let of = |picture: &Tensor| picture.select(1, channel).flatten(0, -1);
            let found = of(&matched).sort(0, false).0.to_kind(Kind::Double);
            let palette = of(&palette).to_kind(Kind::Double);
            let expected = palette.quantile(&shares, 0, false, "linear");
            assert!((found - expected).abs().max().double_value(&[]) < 1e-6);
        }
    }

    #[test]
    fn an_area_of_one_colour_stays_one() {
        let matched = histogram_matched(
            &grey_row(&[0.5, 0.2, 0.5, 0.5, 0.9]),
            &grey_row(&[0.0, 0.1, 0.3, 0.6, 1.0]),
        )
        .unwrap();
        let expected = [0.3, 0.0, 0.3, 0.3, 1.0];
        assert!(is_near(&first_channel(&matched), &expected, 1e-6));
    }

    #[test]
    fn pictures_of_one_colour_take_the_median_and_give_their_own() {
        let one = flat([0.25, 0.5, 0.75]);
        let other = picture(3, [0.5; 3], [0.1; 3]);
        let matched = histogram_matched(&one, &other).unwrap();
        assert!(is_finite(&matched));
        for channel in 0..3 {
            let palette = other
                .select(1, channel)
                .to_kind(Kind::Double)
                .flatten(0, -1);
            let median = palette.quantile_scalar(0.5, 0, false, "linear");
            let error = matched.select(1, channel) - median;
            assert!(error.abs().max().double_value(&[]) < 1e-6);
        }
        let matched = histogram_matched(&other, &one).unwrap();
        assert_eq!(
            matched,
            one.narrow(2, 0, 1).narrow(3, 0, 1).repeat([1, 1, 20, 20])
        );
        assert_eq!(histogram_matched(&one, &one).unwrap(), one);
    }

    #[test]
    fn single_pixels_are_pictures_too() {
        let (one, three) = (grey_row(&[0.4]), grey_row(&[0.9, 0.1, 0.6]));
        let matched = histogram_matched(&one, &three).unwrap();
        assert!(is_near(&first_channel(&matched), &[0.6], 1e-6));
        assert_eq!(
            histogram_matched(&three, &one).unwrap(),
            one.repeat([1, 1, 1, 3])
        );
    }
}
