//! Every key, from the one table of keys. UI thread.

use ratatui::text::{Line, Span};

use crate::dashboard::action::{BINDINGS, Binding, Panel, Scope};
use crate::dashboard::layout::Panels;
use crate::dashboard::theme::Theme;

/// Columns of the keys.
const KEY_COLUMNS: usize = 20;

/// The help, line by line.
pub(in crate::dashboard) fn lines(theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    section(
        &mut lines,
        theme,
        "Everywhere",
        BINDINGS,
        &Scope::Everywhere,
    );
    for panel in [Panel::Parameters, Panel::Presets, Panel::Preview] {
        lines.push(Line::default());
        section(
            &mut lines,
            theme,
            panel.title(),
            BINDINGS,
            &Scope::In(panel),
        );
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

/// The keys of one scope.
pub(in crate::dashboard) fn section<A, P: PartialEq>(
    lines: &mut Vec<Line<'static>>,
    theme: &Theme,
    title: &'static str,
    bindings: &[Binding<A, P>],
    scope: &Scope<P>,
) {
    lines.push(Line::styled(title, theme.strong));
    for binding in bindings
        .iter()
        .filter(|binding| binding.scope == *scope && !binding.help.is_empty())
    {
        lines.push(entry(theme, binding.key, binding.help));
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
