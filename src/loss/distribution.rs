//! Distances between distributions of numbers by their quantiles. Worker thread.

use tch::{Kind, TchError, Tensor};

use super::style::SMALLEST_SCALE;
use super::{mean_per_candidate, sum_per_candidate};
use crate::preset::StyleError;

/// The features of one candidate's style pictures, position by position.
#[derive(Debug)]
pub(super) struct Distribution {
    /// Each picture's share, their sum is 1, and its features, `[C, P]` with a P of its own; in the order of
    /// positions or sorted, as whoever made it wants.
    pictures: Vec<(f64, Tensor)>,
    /// The mean square of what remains of the features without their channels' means, `[1]`.
    scale: Tensor,
}

impl Distribution {
    pub(super) fn new(pictures: Vec<(f64, Tensor)>) -> Result<Self, TchError> {
        let scales = pictures
            .iter()
            .map(|(_, rows)| {
                let mean = rows.f_mean_dim([1_i64].as_slice(), true, rows.kind())?;
                mean_per_candidate(&rows.f_sub(&mean)?.f_square()?.f_unsqueeze(0)?)
            })
            .collect::<Result<Vec<_>, TchError>>()?;
        let shares = pictures.iter().map(|(share, _)| *share);
        let scales: Vec<(f64, &Tensor)> = shares.zip(&scales).collect();
        Ok(Self {
            scale: super::blend::weighted_sum(&scales)?.f_clamp_min(SMALLEST_SCALE)?,
            pictures,
        })
    }

    pub(super) fn shared(&self) -> Self {
        let pictures = self.pictures.iter();
        Self {
            pictures: pictures
                .map(|(share, rows)| (*share, rows.shallow_clone()))
                .collect(),
            scale: self.scale.shallow_clone(),
        }
    }

    /// The distance of `rows`, features of one picture, `[C, N]`, from this distribution, whose features are
    /// sorted: channel by channel, `[1]`.
    ///
    /// # Formula
    /// Values in order of size less the style's quantiles, squared; the mean or the sum over all C × N, `relative`
    /// being the mean over the mean square of the style's centred features. This is ‖F − R(F)‖² of Risser et al.,
    /// arXiv:1701.08893, where R replaces values by the style's of the same rank and counts as constant.
    pub(super) fn distance(&self, rows: &Tensor, error: StyleError) -> Result<Tensor, TchError> {
        self.distance_of(rows, &self.pictures, error)
    }

    /// The same along `directions`, `[D, C]`, of unit length: the sliced Wasserstein distance of Heitz et al.,
    /// arXiv:2006.07229.
    pub(super) fn sliced_distance(
        &self,
        rows: &Tensor,
        directions: &Tensor,
        error: StyleError,
    ) -> Result<Tensor, TchError> {
        let along = self
            .pictures
            .iter()
            .map(|(share, rows)| Ok((*share, sorted(&directions.f_mm(rows)?)?)))
            .collect::<Result<Vec<_>, TchError>>()?;
        self.distance_of(&directions.f_mm(rows)?, &along, error)
    }

    fn distance_of(
        &self,
        rows: &Tensor,
        pictures: &[(f64, Tensor)],
        error: StyleError,
    ) -> Result<Tensor, TchError> {
        let (_, count) = rows.size2()?;
        let quantiles = pictures
            .iter()
            .map(|(share, rows)| Ok((*share, quantiles(rows, count)?)))
            .collect::<Result<Vec<_>, TchError>>()?;
        let quantiles: Vec<(f64, &Tensor)> = quantiles
            .iter()
            .map(|(share, rows)| (*share, rows))
            .collect();
        let target = super::blend::weighted_sum(&quantiles)?;
        let squares = sorted(rows)?.f_sub(&target)?.f_square()?.f_unsqueeze(0)?;
        match error {
            StyleError::Mean => mean_per_candidate(&squares),
            StyleError::Sum => sum_per_candidate(&squares),
            StyleError::Relative => mean_per_candidate(&squares)?.f_div(&self.scale),
        }
    }
}

/// Each row in order of size, `[C, P]`; equal numbers keep theirs.
pub(super) fn sorted(rows: &Tensor) -> Result<Tensor, TchError> {
    Ok(rows.f_sort_stable(true, -1, false)?.0)
}

/// So many quantiles, from the least to the greatest value, of rows that are `sorted`: `[C, P]` to `[C, count]`.
/// Between values they are interpolated linearly; of one there is only the median.
fn quantiles(sorted: &Tensor, count: i64) -> Result<Tensor, TchError> {
    let (_, available) = sorted.size2()?;
    if available == count {
        return Ok(sorted.shallow_clone());
    }
    let last = (available - 1) as f64;
    let (step, first) = if count == 1 {
        (0.0, last / 2.0)
    } else {
        (last / (count - 1) as f64, 0.0)
    };
    // Numbers of positions do not fit float32 in large pictures.
    let place = Tensor::f_arange(count, (Kind::Double, sorted.device()))?
        .f_mul_scalar(step)?
        .f_add_scalar(first)?
        .f_clamp(0.0, last)?;
    let whole = place.f_floor()?;
    let fraction = place.f_sub(&whole)?.f_to_kind(sorted.kind())?;
    let below = whole.f_to_kind(Kind::Int64)?;
    let above = below.f_add_scalar(1)?.f_clamp_max(available - 1)?;
    let low = sorted.f_index_select(1, &below)?;
    let high = sorted.f_index_select(1, &above)?;
    low.f_add(&high.f_sub(&low)?.f_mul(&fraction)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::tests::flat;

    fn row(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).unsqueeze(0)
    }

    #[test]
    fn quantiles_by_hand() {
        let values = row(&[0.0, 1.0, 10.0]);
        let of = |count| flat(&quantiles(&values, count).unwrap());
        assert_eq!(of(3), [0.0, 1.0, 10.0]);
        assert_eq!(of(5), [0.0, 0.5, 1.0, 5.5, 10.0]);
        assert_eq!(of(2), [0.0, 10.0]);
        assert_eq!(of(1), [1.0]);
        assert_eq!(flat(&quantiles(&row(&[7.0]), 3).unwrap()), [7.0; 3]);
        assert_eq!(flat(&quantiles(&row(&[7.0, 8.0]), 1).unwrap()), [7.5]);
    }

    #[test]
    fn distances_by_rank_by_hand() {
        let style = Distribution::new(vec![(1.0, row(&[0.0, 1.0, 5.0]))]).unwrap();
        let of = |error| flat(&style.distance(&row(&[3.0, 1.0, 0.5]), error).unwrap())[0];
        // 0.5 − 0, 1 − 1, 3 − 5; the style's variance is 26/3 − 4.
        assert!((of(StyleError::Sum) - 4.25).abs() < 1e-6);
        assert!((of(StyleError::Mean) - 4.25 / 3.0).abs() < 1e-6);
        assert!((of(StyleError::Relative) - 4.25 / 14.0).abs() < 1e-6);
    }

    #[test]
    fn pictures_mix_by_their_quantiles() {
        let pictures = vec![(0.25, row(&[0.0, 4.0])), (0.75, row(&[1.0, 2.0, 3.0]))];
        let style = Distribution::new(pictures).unwrap();
        // 0.25 · (0, 2, 4) + 0.75 · (1, 2, 3)
        let rows = row(&[3.25, 0.75, 2.0]);
        let value = style.distance(&rows, StyleError::Sum).unwrap();
        assert!(flat(&value)[0].abs() < 1e-12);
    }

    #[test]
    fn along_directions_features_are_turned_first() {
        let style = Tensor::from_slice(&[0.0_f32, 1.0, 4.0, 0.0]).reshape([2, 2]);
        let style = Distribution::new(vec![(1.0, style)]).unwrap();
        let rows = Tensor::from_slice(&[1.0_f32, 1.0, 2.0, 6.0]).reshape([2, 2]);
        let directions = Tensor::from_slice(&[0.6_f32, 0.8]).reshape([1, 2]);
        // The style at 3.2 and 0.6, the picture at 2.2 and 5.4.
        let value = style
            .sliced_distance(&rows, &directions, StyleError::Sum)
            .unwrap();
        let expected = (2.2_f32 - 0.6).powi(2) + (5.4_f32 - 3.2).powi(2);
        assert!((flat(&value)[0] - expected).abs() < 1e-5);
    }
}
