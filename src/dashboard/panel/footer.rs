//! The line at the bottom: what was just said, or the keys of the panel that they go to. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::text::cut;
use crate::dashboard::action::{Action, BINDINGS, Scope};
use crate::dashboard::app::App;
use crate::dashboard::event_log::Tone;
use crate::dashboard::run_state::Phase;
use crate::dashboard::theme::Theme;

pub(in crate::dashboard) struct Footer<'a>(pub(in crate::dashboard) &'a App);

impl Widget for Footer<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let app = self.0;
        let theme = &app.theme;
        let columns = usize::from(area.width);
        if let Some((tone, text)) = app.notice() {
            said(tone, &text, columns, theme).render(area, buffer);
            return;
        }
        hints(app, columns).render(area, buffer);
    }
}

/// The panel's own keys first, then those that count everywhere, as many as fit; the help is never left out.
fn hints(app: &App, columns: usize) -> Line<'static> {
    let theme = &app.theme;
    let own = BINDINGS
        .iter()
        .filter(|binding| binding.scope == Scope::In(app.focus));
    let general = BINDINGS
        .iter()
        .filter(|binding| binding.scope == Scope::Everywhere && binding.action != Action::Help);
    let counts = |action: Action| action.said(app.standing(), "").is_some();
    let hints = own
        .chain(general)
        .filter(|binding| !binding.hint.is_empty() && counts(binding.action))
        .map(|binding| (binding.key, word(app, binding.action, binding.hint)));
    hinted(hints, columns, theme)
}

/// What was just said, in one line.
pub(in crate::dashboard) fn said(
    tone: Tone,
    text: &str,
    columns: usize,
    theme: &Theme,
) -> Line<'static> {
    let style = match tone {
        Tone::Plain => theme.text,
        Tone::Good => theme.good,
        Tone::Notice => theme.notice,
        Tone::Error => theme.error,
    };
    let first = text.lines().next().unwrap_or_default();
    let text = cut(first, columns.saturating_sub(4));
    Line::from(vec![
        Span::styled(format!(" {} ", tone.mark()), style),
        Span::styled(text, style),
    ])
}

/// As many keys with what they do as fit, and the help.
pub(in crate::dashboard) fn hinted(
    hints: impl Iterator<Item = (&'static str, &'static str)>,
    columns: usize,
    theme: &Theme,
) -> Line<'static> {
    let help = 7;
    let mut line = Line::from(" ");
    let mut left = columns.saturating_sub(help + 2);
    for (key, word) in hints {
        let key = key.split(" or ").next().unwrap_or(key);
        let width = key.chars().count() + 1 + word.chars().count() + 2;
        if width > left {
            continue;
        }
        left -= width;
        line.push_span(Span::styled(key, theme.strong));
        line.push_span(Span::styled(format!(" {word}  "), theme.dim));
    }
    line.push_span(Span::styled("?", theme.strong));
    line.push_span(Span::styled(" help", theme.dim));
    line
}

fn word(app: &App, action: Action, hint: &'static str) -> &'static str {
    match (action, app.run.phase()) {
        (Action::Quit, _) if app.is_attached() => "leave",
        (Action::TogglePause, Phase::Paused) => "go on",
        (Action::TogglePause, Phase::Finished) => "more steps",
        (Action::ToggleScale, _) => match app.loss_view.scale {
            crate::record::chart::Scale::Logarithmic => "linear",
            crate::record::chart::Scale::Linear => "log",
        },
        _ => hint,
    }
}
