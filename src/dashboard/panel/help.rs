//! Every key, from the one table of keys. UI thread.

use ratatui::text::{Line, Span};

use crate::dashboard::action::{Action, BINDINGS, Binding, Panel, Scope};
use crate::dashboard::layout::Panels;
use crate::dashboard::standing::Standing;
use crate::dashboard::theme::Theme;

/// Columns of the keys.
const KEY_COLUMNS: usize = 20;

/// The help of a screen that stands so to its run, line by line.
pub(in crate::dashboard) fn lines(theme: &Theme, standing: Standing) -> Vec<Line<'static>> {
    let said = |action: Action, help| action.said(standing, help);
    let mut lines = Vec::new();
    let scopes = [Panel::Parameters, Panel::Presets, Panel::Preview].map(Scope::In);
    for scope in [Scope::Everywhere].into_iter().chain(scopes) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let title = match scope {
            Scope::Everywhere => "Everywhere",
            Scope::In(panel) => panel.title(),
        };
        section(&mut lines, theme, title, (BINDINGS, &scope), said);
    }
    lines.push(Line::default());
    lines.push(Line::styled("Mouse", theme.strong));
    lines.push(entry(
        theme,
        "click",
        "choose a panel or a line; again: as Enter",
    ));
    lines.push(entry(theme, "wheel", "scroll; in the picture: zoom"));
    lines.push(entry(
        theme,
        "drag a border",
        "make panels larger and smaller",
    ));
    lines.push(Line::default());
    lines.push(Line::styled("Marks", theme.strong));
    lines.push(entry(theme, "*", "changed and not saved"));
    lines.push(entry(theme, "●", "the preset in use"));
    lines.push(entry(theme, "×", "broken, failed"));
    lines.push(entry(
        theme,
        "[3]",
        "a change that is marked 3 on the curve",
    ));
    lines.push(entry(theme, "T C S V", "total, content, style, variation"));
    lines
}

/// The keys of one scope, in the words that `said` has for them.
pub(in crate::dashboard) fn section<A: Copy, P: PartialEq>(
    lines: &mut Vec<Line<'static>>,
    theme: &Theme,
    title: &'static str,
    (bindings, scope): (&[Binding<A, P>], &Scope<P>),
    said: impl Fn(A, &'static str) -> Option<&'static str>,
) {
    lines.push(Line::styled(title, theme.strong));
    for binding in bindings
        .iter()
        .filter(|binding| binding.scope == *scope && !binding.help.is_empty())
    {
        if let Some(help) = said(binding.action, binding.help) {
            lines.push(entry(theme, binding.key, help));
        }
    }
}

/// A line of the help.
pub(in crate::dashboard) fn entry(
    theme: &Theme,
    key: &'static str,
    help: &'static str,
) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {key:<KEY_COLUMNS$}"), theme.focus),
        Span::raw(help),
    ])
}
