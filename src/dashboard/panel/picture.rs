//! The picture that forms, and the line that says what is seen of it. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::dashboard::app::App;
use crate::dashboard::panel;
use crate::dashboard::run_state::Phase;
use crate::terminal::ask::Protocol;

pub(in crate::dashboard) struct Picture<'a>(pub(in crate::dashboard) &'a App);

impl Widget for Picture<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        if !self.0.pictures.render(area, buffer) {
            hint(self.0, area, buffer);
        }
    }
}

/// What is to be expected where there is no picture.
fn hint(app: &App, area: Rect, buffer: &mut Buffer) {
    let missing = app.missing_picture();
    // Each with what is said where there is no room for it.
    let words = if app.pictures.protocol == Protocol::None {
        ["pictures are off (--graphics none)", "pictures are off"]
    } else if let Some(missing) = &missing {
        [missing, "the picture is not here"]
    } else if app.run.started.is_some() {
        return;
    } else {
        match app.run.phase() {
            Phase::Preparing(stage) => [stage.in_words(), "preparing"],
            Phase::Failed(_) => ["there is no picture", "none"],
            _ => ["starting", ""],
        }
    };
    if area.height > 0 {
        panel::hint::draw(&words, &app.theme, area, buffer);
    }
}

/// What is seen: for the border of the panel.
pub(in crate::dashboard) fn note(app: &App) -> Option<Line<'static>> {
    let theme = &app.theme;
    app.run.started.as_ref()?;
    if app.loss_view.as_picture {
        return Some(Line::styled(" loss curve, c: back ", theme.text));
    }
    let view = &app.view;
    let mut words = vec![Span::styled(
        format!(" {}", view.subject.name()),
        theme.text,
    )];
    if let Some(kept) = app.timeline.chosen() {
        let place = app.timeline.chosen_index().map_or(0, |index| index + 1);
        let count = app.timeline.kept().len();
        words.push(Span::styled(
            format!(" snapshot {place}/{count} of step {}", kept.step),
            theme.notice,
        ));
    } else if let Some(step) = app.pictures.shown_step(0)
        && view.subject.needs_result()
        && step + 1 < app.run.step
    {
        words.push(Span::styled(format!(" step {step}"), theme.dim));
    }
    if let Some(label) = app.zoom_label() {
        words.push(Span::styled(format!(" {label}"), theme.dim));
    }
    words.push(Span::raw(" "));
    Some(Line::from(words))
}
