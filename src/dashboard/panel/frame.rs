//! The border of a panel and its title. UI thread.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

use crate::dashboard::layout::{Group, Panels};
use crate::dashboard::theme::Theme;

/// The border of a group with its panels' titles; `note` stands on the right of the top line.
pub(in crate::dashboard) fn frame<'a, P: Panels>(
    group: &Group<P>,
    focus: P,
    note: Option<Line<'a>>,
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
    if let Some(note) = note {
        let room = usize::from(group.area.width).saturating_sub(titles_width(group) + 4);
        if note.width() <= room {
            block = block.title_top(note.right_aligned());
        }
    }
    block
}

fn titles<'a, P: Panels>(group: &Group<P>, focus: P, theme: &Theme) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    for (index, panel) in group.panels.iter().enumerate() {
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
        spans.push(Span::styled(title(*panel), style));
    }
    spans
}

fn title<P: Panels>(panel: P) -> String {
    if P::HAS_KEYS {
        format!(" {} {} ", panel.number(), panel.title())
    } else {
        format!(" {} ", panel.title())
    }
}

fn titles_width<P: Panels>(group: &Group<P>) -> usize {
    let titles: usize = group.panels.iter().map(|panel| title(*panel).len()).sum();
    titles + group.panels.len().saturating_sub(1)
}

/// The panel whose title is clicked at column `x` of the top line.
pub(in crate::dashboard) fn title_at<P: Panels>(group: &Group<P>, x: u16) -> Option<P> {
    let mut start = usize::from(group.area.x) + 1;
    for panel in &group.panels {
        let end = start + title(*panel).len();
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
}
