//! A pyramid of sizes must grow to the full one, and every size must be one that can be optimised.
//!
//! Pure, any thread.

use super::super::merge::Merged;
use super::super::model::{MOST_SCALES, ScalesPreset};
use super::super::number::float_text;
use super::super::problem::Problem;
use super::super::value::Value;
use super::{place_of, value_of};

/// The smallest side of `image.size`.
const SMALLEST: u32 = 16;

pub(super) fn check(merged: &Merged, problems: &mut Vec<Problem>) {
    for key in ["scales.start", "image.style_size"] {
        problems.extend(too_small(merged, key));
    }
    let Some(start) = side(merged, "scales.start").filter(|start| *start >= SMALLEST) else {
        return;
    };
    problems.extend(fit_without_size(merged));
    problems.extend(growth(merged, start));
}

/// 0 stands for no size of its own; anything else is a side of a picture.
fn too_small(merged: &Merged, key: &'static str) -> Option<Problem> {
    let pixels = side(merged, key).filter(|pixels| (1..SMALLEST).contains(pixels))?;
    let problem = Problem::new(format!(
        "`{key}` is {pixels}, which is too small for a picture"
    ));
    let expected = format!("expected 0, or an integer of at least {SMALLEST}");
    Some(problem.at(place_of(merged, key)?, expected))
}

fn fit_without_size(merged: &Merged) -> Option<Problem> {
    let Value::Text(fit) = value_of(merged, "image.fit")? else {
        return None;
    };
    if matches!(fit.as_str(), "longer" | "shorter" | "height") {
        return None;
    }
    let title =
        format!("the pyramid grows to `image.size`, which `image.fit = \"{fit}\"` does not use");
    Some(
        Problem::new(title)
            .at(place_of(merged, "scales.start")?, "the pyramid begins here")
            .with_field(merged, "image.fit", "chosen here")
            .help("choose `image.fit` of `longer`, `shorter` or `height`, or set `scales.start = 0` for no pyramid"),
    )
}

fn growth(merged: &Merged, start: u32) -> Option<Problem> {
    let size = side(merged, "image.size")?;
    let place = place_of(merged, "scales.start")?;
    if start >= size {
        // `--size` with a preset that has a pyramid: a picture as small as its first size needs none.
        return None;
    }
    let Value::Float(factor) = value_of(merged, "scales.factor")? else {
        return None;
    };
    let scales = ScalesPreset {
        start,
        factor,
        steps: Vec::new(),
    };
    scales.smaller_than(size).nth(MOST_SCALES - 1)?;
    let steps = MOST_SCALES as f64 - 1.0;
    let least = (f64::from(size) / f64::from(start)).powf(1.0 / steps);
    let least = float_text((least * 1e3).ceil() / 1e3);
    let title = format!("the pyramid from {start} to {size} has more than {MOST_SCALES} sizes");
    let expected = format!("expected a `scales.factor` of at least {least}");
    let problem = match place_of(merged, "scales.factor") {
        Some(factor) => Problem::new(title)
            .at(factor, expected)
            .with_context(place, "the pyramid begins here"),
        None => Problem::new(title).at(place, expected),
    };
    Some(
        problem
            .with_field(merged, "image.size", "the full size")
            .help("choose a larger factor, or begin at a larger size"),
    )
}

fn side(merged: &Merged, key: &'static str) -> Option<u32> {
    match value_of(merged, key)? {
        Value::Integer(pixels) => u32::try_from(pixels).ok(),
        _ => None,
    }
}
