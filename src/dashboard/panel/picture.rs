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

/// What is seen: for the border of the panel, ever shorter.
pub(in crate::dashboard) fn notes(app: &App) -> Vec<Line<'static>> {
    let theme = &app.theme;
    if app.run.started.is_none() {
        return Vec::new();
    }
    if app.loss_view.as_picture {
        return vec![Line::styled(" loss curve, c: back ", theme.text)];
    }
    let view = &app.view;
    let subject = Span::styled(format!(" {}", view.subject.name()), theme.text);
    let zoom = app
        .zoom_label()
        .map(|label| Span::styled(format!(" {label}"), theme.dim));
    let kept = app.timeline.chosen().map(|kept| {
        let place = app.timeline.chosen_index().map_or(0, |index| index + 1);
        let place = format!("{place}/{}", app.timeline.kept().len());
        let old = |words: String| Span::styled(words, theme.notice);
        (
            old(format!(" snapshot {place} of step {}", kept.step)),
            old(format!(" snapshot {place}")),
            old(format!(" {place}")),
        )
    });
    let behind = app
        .pictures
        .shown_step(0)
        .filter(|step| kept.is_none() && view.subject.needs_result() && step + 1 < app.run.step)
        .map(|step| Span::styled(format!(" step {step}"), theme.dim));
    let mut forms: Vec<Vec<Span<'static>>> = Vec::new();
    let mut form = |spans: Vec<Option<&Span<'static>>>| {
        forms.push(spans.into_iter().flatten().cloned().collect());
    };
    if let Some((whole, short, shortest)) = &kept {
        form(vec![Some(&subject), Some(whole), zoom.as_ref()]);
        form(vec![Some(&subject), Some(whole)]);
        form(vec![Some(&subject), Some(short)]);
        form(vec![Some(short)]);
        form(vec![Some(shortest)]);
    } else {
        form(vec![Some(&subject), behind.as_ref(), zoom.as_ref()]);
        form(vec![Some(&subject), behind.as_ref()]);
        form(vec![Some(&subject)]);
    }
    forms
        .into_iter()
        .map(|mut spans| {
            spans.push(Span::raw(" "));
            Line::from(spans)
        })
        .collect()
}
