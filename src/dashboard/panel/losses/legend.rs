//! The curves' names and latest values. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::{LossesPanel, letter};
use crate::engine::message::TermKind;
use crate::record::chart::{Curve, CurveKind};
use crate::record::figure::compact;

/// Most columns of a number in the line that names the curves.
const NUMBER_COLUMNS: usize = 8;

impl LossesPanel<'_> {
    /// A line a curve, for want of room.
    pub(super) fn draw_numbers(&self, area: Rect, buffer: &mut Buffer) {
        for (curve, row) in self.chart.curves.iter().zip(area.rows()) {
            let value = self.value(curve);
            let room = usize::from(area.width).saturating_sub(value.len() + 1);
            let name: &str = if curve.name.len() <= room {
                &curve.name
            } else {
                letter(curve.kind)
            };
            let line = Line::from_iter([
                Span::styled(name, self.style(curve.kind)),
                Span::raw(" "),
                Span::styled(value, self.theme.text),
            ]);
            if line.width() <= usize::from(area.width) {
                line.render(row, buffer);
            }
        }
    }

    /// Names and latest values; letters where names do not fit.
    pub(super) fn draw_legend(&self, area: Rect, buffer: &mut Buffer) {
        let words = |long: bool| -> Vec<(String, String, Style)> {
            self.chart
                .curves
                .iter()
                .map(|curve| {
                    let mut name = letter(curve.kind).to_owned();
                    if long {
                        name.extend(curve.name.chars().skip(1));
                    }
                    (name, self.value(curve), self.style(curve.kind))
                })
                .collect()
        };
        let width = |words: &[(String, String, Style)]| {
            let each = words
                .iter()
                .map(|(name, value, _)| name.len() + value.chars().count() + 3);
            each.sum::<usize>().saturating_sub(2)
        };
        let room = usize::from(area.width);
        let mut chosen = words(true);
        if width(&chosen) > room {
            chosen = words(false);
            while width(&chosen) > room && chosen.len() > 1 {
                chosen.pop();
            }
        }
        let mut line = Line::default();
        for (index, (name, value, style)) in chosen.into_iter().enumerate() {
            line.push_span(Span::raw(if index == 0 { "" } else { "  " }));
            line.push_span(Span::styled(name, style));
            line.push_span(Span::raw(" "));
            line.push_span(Span::styled(value, self.theme.text));
        }
        line.render(area, buffer);
    }

    fn value(&self, curve: &Curve) -> String {
        let value = match (self.latest, curve.kind) {
            (None, _) => curve
                .points
                .last()
                .map_or(f64::NAN, |point| point.last.into()),
            (Some(latest), CurveKind::Total) => latest.total(),
            (Some(latest), CurveKind::Content) => latest.sum_of(TermKind::Content),
            (Some(latest), CurveKind::Style) => latest.sum_of(TermKind::Style),
            (Some(latest), CurveKind::Variation) => latest.sum_of(TermKind::Variation),
        };
        compact(value, NUMBER_COLUMNS)
    }
}
