//! The whole screen of a comparison from its state. UI thread; writes into a buffer and nowhere else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::chart::{ChartPanel, Measure};
use super::dialog::Dialog;
use super::layout::Panel;
use super::panel::dialog::DialogBox;
use super::panel::footer::Footer;
use super::panel::header::{Header, state};
use super::panel::table::Table;
use super::panel::tiles::Tiles;
use super::{Compare, Looking};
use crate::dashboard::layout::{Group, SMALLEST, Shape};
use crate::dashboard::panel::events::Events;
use crate::dashboard::panel::frame::{frame, inside};

impl Widget for &Compare {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let areas = self.areas();
        if areas.shape == Shape::TooSmall {
            too_small(self, area, buffer);
            return;
        }
        Header(self).render(areas.header, buffer);
        for group in &areas.groups {
            panel(self, group, buffer);
        }
        Footer(self).render(areas.footer, buffer);
        if let Some(dialog) = &self.dialog {
            DialogBox(self, dialog).render(area, buffer);
        }
    }
}

fn panel(compare: &Compare, group: &Group<Panel>, buffer: &mut Buffer) {
    let theme = &compare.theme;
    frame(group, compare.focus, note(compare, group.shown), theme).render(group.area, buffer);
    let area = inside(group.area);
    match group.shown {
        Panel::Pictures => Tiles(compare).render(area, buffer),
        Panel::Chart => ChartPanel(compare).render(area, buffer),
        Panel::Differences => Table(compare).render(area, buffer),
        Panel::Events => Events {
            log: &compare.events,
            scroll: compare.events_scroll,
            theme,
        }
        .render(area, buffer),
    }
}

/// What stands on the right of a panel's top line.
fn note(compare: &Compare, panel: Panel) -> Option<Line<'static>> {
    let theme = &compare.theme;
    let text = match panel {
        Panel::Pictures if compare.looking != Looking::Grid => {
            let word = match compare.looking {
                Looking::Grid | Looking::Alone => "alone",
                Looking::Beside => "beside",
                Looking::Split => "split",
            };
            let zoom = compare
                .large_layout()
                .map(|layout| format!(" {}", compare.view.zoom_label(&layout)));
            format!(" {word}{} · Esc: all ", zoom.unwrap_or_default())
        }
        Panel::Pictures => {
            let (page, pages) = compare.page();
            if pages < 2 {
                return None;
            }
            format!(" {} of {pages} ", page + 1)
        }
        Panel::Chart => {
            let measure = compare.measure;
            let is_wide = compare.inner(panel).is_some_and(|area| area.width >= 48);
            let weighted = match measure {
                Measure::Total => "weighted",
                Measure::Style | Measure::Content => "unweighted",
            };
            let (words, style) = match measure.doubt(&compare.candidates, is_wide) {
                Some(doubt) => (doubt.to_owned(), theme.notice),
                None if is_wide => (
                    format!("{weighted}, {}", compare.loss_view.in_words()),
                    theme.dim,
                ),
                None => (weighted.to_owned(), theme.dim),
            };
            return Some(Line::from(vec![
                Span::styled(format!(" {}", measure.name()), theme.strong),
                Span::styled(format!(", {words} "), style),
            ]));
        }
        Panel::Differences => {
            let count = super::difference::rows(&compare.candidates).len();
            match count {
                0 => " none ".to_owned(),
                _ => format!(" {count} "),
            }
        }
        Panel::Events => {
            if compare.events_scroll == 0 {
                return None;
            }
            format!(" {} newer below ", compare.events_scroll)
        }
    };
    Some(Line::from(Span::styled(text, theme.dim)))
}

fn too_small(compare: &Compare, area: Rect, buffer: &mut Buffer) {
    let (_, word, _) = state(compare);
    let (columns, rows) = SMALLEST;
    let lines = [
        "stylescope".to_owned(),
        format!("{word}, step {}", compare.step()),
        format!("The comparison needs {columns}×{rows},"),
        format!("this terminal has {}×{}.", area.width, area.height),
        match &compare.dialog {
            Some(Dialog::Quit(_)) => "s save and leave, g go on, d discard".to_owned(),
            _ => "It goes on; q leaves.".to_owned(),
        },
    ];
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (row, line) in area.rows().skip(usize::from(top)).zip(lines) {
        Line::raw(line).centered().render(row, buffer);
    }
}
