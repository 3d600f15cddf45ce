//! Total variation of the picture, in the forms that the field's programs use. Runs on the worker thread.
//!
//! dx and dy are the differences to the right-hand and the lower neighbour.

use tch::{TchError, Tensor};

use super::{mean_per_candidate, sum_per_candidate};
use crate::preset::{Reduction, VariationForm};

/// Squares below this count as this under a power, whose derivative at 0 may be infinite.
const SMALLEST_SQUARE: f64 = 1e-12;

/// The total variation of `picture`, `[N, 3, H, W]` with RGB in [0, 1], as `[N]`.
///
/// # Formula
/// - `absolute`: Σ|dx| + Σ|dy|
/// - `squared`: ½ (Σdx² + Σdy²)
/// - `power`: Σ (dx² + dy²)^`exponent`, over the pixels that have both neighbours
/// - `eight_neighbours`: 2 (d₁ + d₂ + d₃ + d₄), over the picture padded by replication; axial terms
///   mean(d²)/3, diagonal ones mean(d²)/12 (crowsonkb/style-transfer-pytorch); always a mean
///
/// `Reduction::Mean` divides the sum by 3·H·W.
pub fn total_variation(
    picture: &Tensor,
    form: VariationForm,
    reduction: Reduction,
    exponent: f64,
) -> Result<Tensor, TchError> {
    if form == VariationForm::EightNeighbours {
        return eight_neighbours(picture);
    }
    let (_, channels, height, width) = picture.size4()?;
    let dx = picture
        .f_narrow(3, 1, width - 1)?
        .f_sub(&picture.f_narrow(3, 0, width - 1)?)?;
    let dy = picture
        .f_narrow(2, 1, height - 1)?
        .f_sub(&picture.f_narrow(2, 0, height - 1)?)?;
    let sum = match form {
        VariationForm::Absolute => {
            sum_per_candidate(&dx.f_abs()?)?.f_add(&sum_per_candidate(&dy.f_abs()?)?)?
        }
        VariationForm::Squared | VariationForm::EightNeighbours => {
            sum_per_candidate(&dx.f_square()?)?
                .f_add(&sum_per_candidate(&dy.f_square()?)?)?
                .f_mul_scalar(0.5)?
        }
        VariationForm::Power => {
            let squares = dx
                .f_narrow(2, 0, height - 1)?
                .f_square()?
                .f_add(&dy.f_narrow(3, 0, width - 1)?.f_square()?)?;
            sum_per_candidate(
                &squares
                    .f_clamp_min(SMALLEST_SQUARE)?
                    .f_pow_tensor_scalar(exponent)?,
            )?
        }
    };
    match reduction {
        Reduction::Sum => Ok(sum),
        Reduction::Mean => sum.f_div_scalar((channels * height * width) as f64),
    }
}

fn eight_neighbours(picture: &Tensor) -> Result<Tensor, TchError> {
    let padded = picture.f_replication_pad2d([1, 1, 1, 1])?;
    let (_, _, height, width) = picture.size4()?;
    // `rows` × `columns` of the padded picture, from `row`, `column` on.
    let part = |row: i64, column: i64, rows: i64, columns: i64| {
        padded.f_narrow(2, row, rows)?.f_narrow(3, column, columns)
    };
    let mean_square = |one: Tensor, other: Tensor| -> Result<Tensor, TchError> {
        mean_per_candidate(&one.f_sub(&other)?.f_square()?)
    };
    let here = part(1, 1, height, width)?;
    let horizontal = mean_square(part(1, 2, height, width)?, here.shallow_clone())?;
    let vertical = mean_square(part(2, 1, height, width)?, here)?;
    // Every pair of diagonal neighbours, the border's copies included.
    let (rows, columns) = (height + 1, width + 1);
    let falling = mean_square(part(1, 1, rows, columns)?, part(0, 0, rows, columns)?)?;
    let rising = mean_square(part(1, 0, rows, columns)?, part(0, 1, rows, columns)?)?;
    let axial = horizontal.f_add(&vertical)?.f_div_scalar(3.0)?;
    let diagonal = falling.f_add(&rising)?.f_div_scalar(12.0)?;
    axial.f_add(&diagonal)?.f_mul_scalar(2.0)
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;
    use crate::loss::tests::flat;

    fn value(form: VariationForm, reduction: Reduction) -> f32 {
        let picture = Tensor::from_slice(&[0.0_f32, 1.0, 2.0, 4.0]).reshape([1, 1, 2, 2]);
        flat(&total_variation(&picture, form, reduction, 1.25).unwrap())[0]
    }

    #[test]
    fn forms_by_hand() {
        // dx = 1, 2; dy = 2, 3
        assert!((value(VariationForm::Absolute, Reduction::Sum) - 8.0).abs() < 1e-6);
        assert!((value(VariationForm::Absolute, Reduction::Mean) - 2.0).abs() < 1e-6);
        assert!((value(VariationForm::Squared, Reduction::Sum) - 9.0).abs() < 1e-6);
        assert!((value(VariationForm::Power, Reduction::Sum) - 5.0_f32.powf(1.25)).abs() < 1e-5);
    }

    #[test]
    fn a_flat_picture_has_none_and_a_finite_gradient() {
        for form in [
            VariationForm::Absolute,
            VariationForm::Squared,
            VariationForm::Power,
            VariationForm::EightNeighbours,
        ] {
            let picture = Tensor::full([1, 3, 4, 4], 0.5, (Kind::Float, tch::Device::Cpu))
                .set_requires_grad(true);
            let total = total_variation(&picture, form, Reduction::Sum, 0.5).unwrap();
            assert!(flat(&total)[0] < 1e-4, "{form:?}");
            total.sum(Kind::Float).backward();
            assert!(
                flat(&picture.grad()).iter().all(|value| value.is_finite()),
                "{form:?}"
            );
        }
    }

    #[test]
    fn a_picture_of_one_pixel_has_none() {
        let picture = Tensor::full([1, 3, 1, 1], 0.5, (Kind::Float, tch::Device::Cpu));
        for form in [
            VariationForm::Absolute,
            VariationForm::Power,
            VariationForm::EightNeighbours,
        ] {
            let total = total_variation(&picture, form, Reduction::Mean, 1.25).unwrap();
            assert!(flat(&total)[0].abs() < 1e-6, "{form:?}");
        }
    }
}
