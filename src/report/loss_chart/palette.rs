//! Colours by what they mean, on dark and on light. The curves' are those of the dashboard. Data; any thread.

use plotters::style::RGBColor;

use crate::record::chart::CurveKind;

/// Colours by what they mean.
pub(super) struct Palette {
    pub(super) ground: RGBColor,
    pub(super) grid: RGBColor,
    pub(super) frame: RGBColor,
    pub(super) label: RGBColor,
    pub(super) marker: RGBColor,
    /// Total, content, style, variation.
    pub(super) curves: [RGBColor; 4],
}

pub(super) const DARK: Palette = Palette {
    ground: RGBColor(18, 20, 26),
    grid: RGBColor(44, 48, 60),
    frame: RGBColor(86, 94, 110),
    label: RGBColor(150, 158, 172),
    marker: RGBColor(255, 205, 90),
    curves: [
        RGBColor(238, 240, 245),
        RGBColor(102, 204, 255),
        RGBColor(255, 170, 90),
        RGBColor(200, 150, 255),
    ],
};

pub(super) const LIGHT: Palette = Palette {
    ground: RGBColor(252, 252, 253),
    grid: RGBColor(226, 229, 235),
    frame: RGBColor(150, 156, 168),
    label: RGBColor(92, 98, 110),
    marker: RGBColor(150, 100, 0),
    curves: [
        RGBColor(28, 32, 40),
        RGBColor(0, 110, 180),
        RGBColor(190, 80, 0),
        RGBColor(120, 60, 180),
    ],
};

impl Palette {
    pub(super) fn curve(&self, kind: CurveKind) -> RGBColor {
        let [total, content, style, variation] = self.curves;
        match kind {
            CurveKind::Total => total,
            CurveKind::Content => content,
            CurveKind::Style => style,
            CurveKind::Variation => variation,
        }
    }
}
