//! The line at the bottom: what was just said, or what keys do. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::dashboard::action::Scope;
use crate::dashboard::compare::action::{Action, BINDINGS};
use crate::dashboard::compare::layout::Panel;
use crate::dashboard::compare::{Compare, Looking};
use crate::dashboard::panel::footer::{hinted, said};
use crate::record::chart::Scale;

pub(in crate::dashboard::compare) struct Footer<'a>(pub(in crate::dashboard::compare) &'a Compare);

impl Widget for Footer<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let compare = self.0;
        let columns = usize::from(area.width);
        if let Some((tone, text)) = compare.notice() {
            said(tone, &text, columns, &compare.theme).render(area, buffer);
            return;
        }
        let is_large = compare.looking != Looking::Grid && compare.focus == Panel::Pictures;
        let counts = |action: Action| action.said(compare.standing(), "").is_some();
        let hints = BINDINGS
            .iter()
            .filter(|binding| match binding.scope {
                Scope::Everywhere => binding.action != Action::Help,
                Scope::In(panel) => panel == compare.focus,
            })
            .filter(|binding| !binding.hint.is_empty() && counts(binding.action))
            .map(|binding| (binding.key, word(compare, binding.action, binding.hint)));
        // What a large picture is moved and divided by comes first there.
        let large = [("Esc", "all"), ("+ -", "zoom"), ("< >", "divider")]
            .into_iter()
            .filter(|(key, _)| is_large && (*key != "< >" || compare.looking == Looking::Split));
        hinted(large.chain(hints), columns, &compare.theme).render(area, buffer);
    }
}

fn word(compare: &Compare, action: Action, hint: &'static str) -> &'static str {
    match action {
        Action::TogglePause if compare.is_paused => "go on",
        Action::Quit if compare.is_attached() => "leave",
        Action::Left if compare.looking != Looking::Grid => "move",
        Action::ToggleScale => match compare.loss_view.scale {
            Scale::Logarithmic => "linear",
            Scale::Linear => "log",
        },
        _ => hint,
    }
}
