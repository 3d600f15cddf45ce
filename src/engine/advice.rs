//! What is advised where a run cannot go on as it is: one field, one value. Pure; worker thread.

use super::health::Health;
use super::message::{Suggestion, TermKind, Trouble};
use crate::preset::number::float_text;
use crate::preset::{Fit, LineSearch, OptimizerKind, Preset};

/// A weighted term beyond this is near to what a float can hold, squared as some gradients are.
const TOO_LARGE: f64 = 1e18;
/// What it is to be brought down to.
const LARGE: f64 = 1e9;
/// So much less of a rate or a weight is worth a try where half of it was not enough.
const LESS: f64 = 8.0;

/// For a candidate with `preset` that has `trouble`.
pub(super) fn for_trouble(
    trouble: &Trouble,
    preset: &Preset,
    health: Option<&Health>,
) -> Suggestion {
    let optimizer = &preset.optimizer;
    let too_large = health
        .and_then(Health::largest_term)
        .filter(|(_, weighted)| *weighted > TOO_LARGE);
    if let (Trouble::NotFinite { .. } | Trouble::Exploded, Some((kind, weighted))) =
        (trouble, too_large)
    {
        return lower_weight(preset, kind, weighted / LARGE);
    }
    if *trouble == Trouble::Grey && preset.variation.weight > 0.0 {
        return lower_weight(preset, TermKind::Variation, LESS);
    }
    if optimizer.kind == OptimizerKind::Lbfgs {
        if optimizer.line_search == LineSearch::None {
            return suggestion("optimizer.line_search", "strong_wolfe", "none");
        }
        if !optimizer.clamp {
            return suggestion("optimizer.clamp", "true", "false");
        }
    }
    let rate = optimizer.learning_rate;
    number("optimizer.learning_rate", rate / LESS, rate)
}

/// For a run that gets no better.
pub(super) fn for_stall(preset: &Preset) -> Suggestion {
    let rate = preset.optimizer.learning_rate;
    match preset.optimizer.kind {
        OptimizerKind::Adam => number("optimizer.learning_rate", rate / 2.0, rate),
        OptimizerKind::Lbfgs if preset.optimizer.line_search == LineSearch::None => {
            suggestion("optimizer.line_search", "strong_wolfe", "none")
        }
        // It has found what there is to find; only another loss leads on.
        OptimizerKind::Lbfgs => number(
            "style.weight",
            preset.style.weight * 2.0,
            preset.style.weight,
        ),
    }
}

/// Where memory does not suffice: half of the pixels.
pub(super) fn for_memory(preset: &Preset) -> Suggestion {
    let image = &preset.image;
    // In steps that are easy to type.
    let smaller = |side: u32, by: f64| ((f64::from(side) * by) as u32 / 8 * 8).max(16).to_string();
    match image.fit {
        Fit::Longer | Fit::Shorter | Fit::Height => suggestion(
            "image.size",
            &smaller(image.size, std::f64::consts::FRAC_1_SQRT_2),
            &image.size.to_string(),
        ),
        Fit::Exact => suggestion(
            "image.width",
            &smaller(image.width, 0.5),
            &image.width.to_string(),
        ),
        Fit::Native => suggestion("image.fit", "longer", "native"),
    }
}

fn lower_weight(preset: &Preset, kind: TermKind, by: f64) -> Suggestion {
    let (field, weight) = match kind {
        TermKind::Content => ("content.weight", preset.content.weight),
        TermKind::Style => ("style.weight", preset.style.weight),
        TermKind::Variation => ("variation.weight", preset.variation.weight),
    };
    number(field, weight / by, weight)
}

fn number(field: &str, value: f64, now: f64) -> Suggestion {
    suggestion(field, &float_text(rounded(value)), &float_text(now))
}

/// To three digits: what a person types.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn suggestion(field: &str, value: &str, now: &str) -> Suggestion {
    Suggestion {
        field: field.to_owned(),
        value: value.to_owned(),
        now: now.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset;

    fn advised(name: &str, trouble: &Trouble, overrides: &[&str]) -> String {
        let overrides: Vec<_> = overrides.iter().map(|text| text.parse().unwrap()).collect();
        let preset = preset::load(name, &overrides).unwrap().preset;
        for_trouble(trouble, &preset, None).to_string()
    }

    #[test]
    fn the_field_is_the_one_that_helps() {
        let lost = Trouble::NotFinite {
            term: "style block1".to_owned(),
        };
        assert_eq!(
            advised("demo", &lost, &[]),
            "optimizer.learning_rate = 0.00375 (now 0.03)"
        );
        assert_eq!(
            advised("demo", &Trouble::Grey, &["variation.weight=1e6"]),
            "variation.weight = 1.25e5 (now 1e6)"
        );
        assert_eq!(
            advised(
                "demo",
                &lost,
                &["optimizer.kind=lbfgs", "optimizer.line_search=none"]
            ),
            "optimizer.line_search = strong_wolfe (now none)"
        );
    }

    /// What is advised can be set.
    #[test]
    fn every_advice_is_a_setting() {
        for name in preset::built_in::names() {
            let preset = preset::load(name, &[]).unwrap().preset;
            for advice in [
                for_trouble(&Trouble::Exploded, &preset, None),
                for_trouble(&Trouble::Grey, &preset, None),
                for_stall(&preset),
                for_memory(&preset),
            ] {
                let setting = format!("{}={}", advice.field, advice.value);
                let loaded = preset::load(name, &[setting.parse().unwrap()]);
                assert!(loaded.is_ok(), "{name}: {setting}");
            }
        }
    }
}
