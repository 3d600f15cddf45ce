//! Colours of reports by what they mean, on paper and on a dark screen. Data; any thread.
//!
//! What is drawn is drawn in the colours for paper; on a dark screen a style sheet puts the others in their
//! place, which is why no two inks have the same colour on paper. The eight colours of curves can be told apart by
//! colour-blind people too (Okabe and Ito's, darkened where they are too faint on white).

use std::fmt::Write;

use plotters::style::RGBColor;

use crate::record::chart::CurveKind;

/// A colour on paper and its counterpart on a dark ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ink {
    pub(super) paper: RGBColor,
    dark: RGBColor,
}

const fn ink(paper: (u8, u8, u8), dark: (u8, u8, u8)) -> Ink {
    Ink {
        paper: RGBColor(paper.0, paper.1, paper.2),
        dark: RGBColor(dark.0, dark.1, dark.2),
    }
}

pub(super) const GROUND: Ink = ink((255, 255, 255), (21, 23, 28));
pub(super) const TEXT: Ink = ink((27, 31, 38), (230, 233, 239));
pub(super) const LABEL: Ink = ink((92, 98, 110), (156, 163, 176));
pub(super) const GRID: Ink = ink((230, 232, 237), (45, 49, 59));
pub(super) const FRAME: Ink = ink((150, 156, 168), (92, 99, 114));
pub(super) const PANEL: Ink = ink((246, 247, 249), (29, 32, 39));
pub(super) const MARKER: Ink = ink((138, 90, 0), (255, 205, 90));
pub(super) const ON_MARKER: Ink = ink((254, 255, 255), (22, 23, 28));

const CURVES: [Ink; 4] = [
    ink((28, 32, 40), (238, 240, 245)),
    ink((0, 110, 180), (102, 204, 255)),
    ink((190, 80, 0), (255, 170, 90)),
    ink((120, 60, 180), (200, 150, 255)),
];

const RUNS: [Ink; 8] = [
    ink((0, 114, 178), (77, 171, 247)),
    ink((213, 94, 0), (255, 133, 66)),
    ink((0, 140, 105), (56, 212, 164)),
    ink((190, 80, 145), (247, 151, 205)),
    ink((84, 84, 84), (214, 214, 214)),
    ink((208, 140, 0), (255, 204, 77)),
    ink((70, 170, 225), (165, 222, 255)),
    ink((110, 60, 170), (183, 145, 255)),
];

/// What a curve of one run is drawn in.
pub(super) fn of_kind(kind: CurveKind) -> Ink {
    let [total, content, style, variation] = CURVES;
    match kind {
        CurveKind::Total => total,
        CurveKind::Content => content,
        CurveKind::Style => style,
        CurveKind::Variation => variation,
    }
}

/// What the `index`-th of several runs is drawn in, and whether its lines are dashed: every second eight.
pub(super) fn of_run(index: usize) -> (Ink, bool) {
    let ink = RUNS.get(index % RUNS.len()).copied().unwrap_or(TEXT);
    (ink, index / RUNS.len() % 2 == 1)
}

fn all() -> impl Iterator<Item = Ink> {
    let plain = [GROUND, TEXT, LABEL, GRID, FRAME, PANEL, MARKER, ON_MARKER];
    plain.into_iter().chain(CURVES).chain(RUNS)
}

pub(super) fn hex(color: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2)
}

impl Ink {
    /// `#rrggbb` on a dark ground.
    pub(super) fn dark_hex(self) -> String {
        hex(self.dark)
    }
}

/// The rules by which a drawing within `svg` takes on the colours for a dark ground.
pub(super) fn dark_rules(svg: &str) -> String {
    let mut rules = String::new();
    for ink in all() {
        let (paper, dark) = (hex(ink.paper), ink.dark_hex());
        // Writing to a string cannot fail.
        let _ = write!(
            rules,
            "{svg} [fill=\"{paper}\"]{{fill:{dark}}}{svg} [stroke=\"{paper}\"]{{stroke:{dark}}}"
        );
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's relative luminance.
    fn luminance(color: RGBColor) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2)
    }

    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn no_two_inks_are_mistaken_for_each_other_on_paper() {
        let mut colors: Vec<String> = all().map(|ink| hex(ink.paper)).collect();
        let count = colors.len();
        colors.sort();
        colors.dedup();
        assert_eq!(colors.len(), count);
    }

    #[test]
    fn text_and_curves_can_be_seen_on_both_grounds() {
        for (inks, least) in [
            (&[TEXT, LABEL, MARKER][..], 4.5),
            (&CURVES[..], 4.5),
            (&RUNS[..], 2.5),
        ] {
            for ink in inks {
                assert!(contrast(ink.paper, GROUND.paper) >= least, "{ink:?}");
                assert!(contrast(ink.dark, GROUND.dark) >= least, "{ink:?}");
            }
        }
    }
}
