//! Every key, from the one table of keys. UI thread.

use ratatui::text::Line;

use crate::dashboard::action::Scope;
use crate::dashboard::compare::action::{Action, BINDINGS};
use crate::dashboard::compare::layout::Panel;
use crate::dashboard::panel::help::{entry, section};
use crate::dashboard::standing::Standing;
use crate::dashboard::theme::Theme;

/// The help of a screen that stands so to its comparison, line by line.
pub(in crate::dashboard::compare) fn lines(
    theme: &Theme,
    standing: Standing,
) -> Vec<Line<'static>> {
    let said = |action: Action, help| action.said(standing, help);
    let mut lines = Vec::new();
    let pictures = (BINDINGS, &Scope::In(Panel::Pictures));
    section(&mut lines, theme, "Pictures", pictures, said);
    lines.push(Line::default());
    let everywhere = (BINDINGS, &Scope::Everywhere);
    section(&mut lines, theme, "Everywhere", everywhere, said);
    lines.push(Line::default());
    lines.push(Line::styled("Mouse", theme.strong));
    for (key, help) in [
        (
            "click",
            "choose a picture or a column; the chosen picture: alone",
        ),
        (
            "wheel",
            "next picture; in a large one: zoom; elsewhere: scroll",
        ),
        ("drag a border", "make panels larger and smaller"),
    ] {
        lines.push(entry(theme, key, help));
    }
    lines.push(Line::default());
    lines.push(Line::styled("Marks", theme.strong));
    for (key, help) in [
        ("★", "the lowest of all that are measured alike"),
        (
            "≠",
            "measured otherwise than the first: other layers or network",
        ),
        ("*", "differs from the first"),
        ("A B", "the two that b and v show"),
        ("@120", "it is behind the others"),
    ] {
        lines.push(entry(theme, key, help));
    }
    lines
}
