//! The border of a panel and its title. UI thread.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};
use unicode_width::UnicodeWidthStr;

use super::text::cut;
use crate::dashboard::layout::{Group, Panels};
use crate::dashboard::theme::Theme;

/// Letters of a title that is not whole.
const FEWEST_LETTERS: usize = 4;

/// The border of a group with its panels' titles; the first of `notes` that fits stands on the right of the top line.
pub(in crate::dashboard) fn frame<'a, P: Panels>(
    group: &Group<P>,
    focus: P,
    notes: impl IntoIterator<Item = Line<'a>>,
    theme: &Theme,
) -> Block<'a> {
    let has_focus = group.shown == focus;
    let border = if has_focus { theme.focus } else { theme.border };
    let mut block = Block::bordered()
        .border_type(if has_focus {
            BorderType::Thick
        } else {
            BorderType::Rounded
        })
        .border_style(border)
        .title_top(Line::from(titles(group, focus, theme)));
    let room = usize::from(group.area.width).saturating_sub(titles_width(group) + 4);
    let fitting = notes.into_iter().find(|note| note.width() <= room);
    if let Some(note) = fitting {
        block = block.title_top(note.right_aligned());
    }
    block
}

fn titles<'a, P: Panels>(group: &Group<P>, focus: P, theme: &Theme) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    for (index, (panel, title)) in group.panels.iter().zip(labels(group)).enumerate() {
        if index > 0 {
            spans.push(Span::styled("│", theme.border));
        }
        let style = if *panel == focus && group.shown == focus {
            theme.focus
        } else if *panel == group.shown {
            theme.strong
        } else {
            theme.dim
        };
        spans.push(Span::styled(title, style));
    }
    spans
}

/// The titles of the panels of a group. Where there is no room for all, only the shown one's is whole.
fn labels<P: Panels>(group: &Group<P>) -> Vec<String> {
    let whole: Vec<String> = group.panels.iter().map(|panel| title(*panel)).collect();
    // Without the corners; the last blank may be lost.
    let room = usize::from(group.area.width).saturating_sub(1);
    if width_of(&whole) <= room {
        return whole;
    }
    let short = |panel: &P| {
        if *panel == group.shown {
            title(*panel)
        } else if P::HAS_KEYS {
            format!(" {} ", panel.number())
        } else {
            format!(" {} ", cut(panel.title(), FEWEST_LETTERS))
        }
    };
    group.panels.iter().map(short).collect()
}

fn title<P: Panels>(panel: P) -> String {
    if P::HAS_KEYS {
        format!(" {} {} ", panel.number(), panel.title())
    } else {
        format!(" {} ", panel.title())
    }
}

fn titles_width<P: Panels>(group: &Group<P>) -> usize {
    width_of(&labels(group))
}

/// With a line between any two.
fn width_of(labels: &[String]) -> usize {
    let titles: usize = labels.iter().map(|label| label.width()).sum();
    titles + labels.len().saturating_sub(1)
}

/// The panel whose title is clicked at column `x` of the top line.
pub(in crate::dashboard) fn title_at<P: Panels>(group: &Group<P>, x: u16) -> Option<P> {
    let mut start = usize::from(group.area.x) + 1;
    for (panel, label) in group.panels.iter().zip(labels(group)) {
        let end = start + label.width();
        if (start..end).contains(&usize::from(x)) {
            return Some(*panel);
        }
        start = end + 1;
    }
    None
}

/// What is inside a border.
pub(in crate::dashboard) fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::action::Panel;

    #[test]
    fn clicks_find_the_title_under_them() {
        let group = Group {
            area: Rect::new(10, 5, 60, 8),
            panels: vec![Panel::Parameters, Panel::Presets],
            shown: Panel::Parameters,
        };
        // "┌ 4 Parameters │ 5 Presets ─"
        assert_eq!(title_at(&group, 10), None);
        assert_eq!(title_at(&group, 11), Some(Panel::Parameters));
        assert_eq!(title_at(&group, 24), Some(Panel::Parameters));
        assert_eq!(title_at(&group, 25), None);
        assert_eq!(title_at(&group, 26), Some(Panel::Presets));
        assert_eq!(title_at(&group, 60), None);
    }

    #[test]
    fn the_shown_title_is_whole_where_not_all_are() {
        let group = |shown| Group {
            area: Rect::new(0, 0, 29, 8),
            panels: vec![Panel::Parameters, Panel::Presets, Panel::Events],
            shown,
        };
        assert_eq!(labels(&group(Panel::Events)), [" 4 ", " 5 ", " 6 Events "]);
        assert_eq!(
            labels(&group(Panel::Parameters)),
            [" 4 Parameters ", " 5 ", " 6 "]
        );
        // "┌ 4 │ 5 │ 6 Events ─"
        assert_eq!(title_at(&group(Panel::Events), 9), Some(Panel::Events));
        assert_eq!(title_at(&group(Panel::Events), 5), Some(Panel::Presets));
        let wide = Group {
            area: Rect::new(0, 0, 38, 8),
            ..group(Panel::Events)
        };
        assert_eq!(labels(&wide)[1], " 5 Presets ");
    }
}
