//! The whole screen from the state. UI thread; writes into a buffer and nowhere else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::action::Panel;
use super::app::App;
use super::dialog::Dialog;
use super::layout::{Group, SMALLEST, Shape};
use super::panel::dialog::DialogBox;
use super::panel::events::Events;
use super::panel::footer::Footer;
use super::panel::frame::{frame, inside};
use super::panel::header::{Header, state};
use super::panel::layers::LayersPanel;
use super::panel::losses::LossesPanel;
use super::panel::parameters::Parameters;
use super::panel::picture::{self, Picture};
use super::panel::presets::Presets;
use crate::record::chart::LossChart;

impl Widget for &App {
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

fn panel(app: &App, group: &Group, buffer: &mut Buffer) {
    let theme = &app.theme;
    let block = frame(group, app.focus, notes(app, group.shown), theme);
    block.render(group.area, buffer);
    let area = inside(group.area);
    match group.shown {
        Panel::Losses => {
            let chart = chart(app, area);
            LossesPanel {
                chart: &chart,
                latest: app.run.history.latest(),
                theme,
            }
            .render(area, buffer);
        }
        Panel::Layers => LayersPanel {
            latest: app.run.history.latest(),
            history: &app.run.history,
            gradients: app.run.gradients.as_ref(),
            wants_gradient: app.wants_gradient,
            candidate: app.candidate,
            scroll: app.cursor(Panel::Layers).first,
            selected: (app.focus == Panel::Layers).then(|| app.cursor(Panel::Layers).chosen),
            theme,
        }
        .render(area, buffer),
        Panel::Preview => Picture(app).render(area, buffer),
        Panel::Parameters => Parameters(app).render(area, buffer),
        Panel::Presets => Presets(app).render(area, buffer),
        Panel::Events => Events {
            log: &app.events,
            scroll: app.events_scroll,
            theme,
        }
        .render(area, buffer),
    }
}

/// The curve as it is to be shown in `area`.
pub(super) fn chart(app: &App, area: Rect) -> LossChart {
    // A column of braille is two dots wide.
    let points = usize::from(area.width).max(8) * 2;
    let view = app.loss_view;
    LossChart::new(
        &app.run.history,
        view.window,
        view.scale,
        app.events.markers(),
        points,
    )
}

/// What stands on the right of a panel's top line, ever shorter.
fn notes(app: &App, panel: Panel) -> Vec<Line<'static>> {
    match panel {
        Panel::Preview => picture::notes(app),
        _ => note(app, panel).into_iter().collect(),
    }
}

fn note(app: &App, panel: Panel) -> Option<Line<'static>> {
    let theme = &app.theme;
    let text = match panel {
        Panel::Losses => format!(" {} ", app.loss_view.in_words()),
        Panel::Layers => {
            app.run.history.latest()?;
            if app.run.gradients.is_some() {
                return None;
            }
            " d measures the gradient ".to_owned()
        }
        Panel::Parameters => {
            let changed = app.recipe.changed_keys().len();
            if changed == 0 {
                return None;
            }
            return Some(Line::from(Span::styled(
                format!(" {changed} changed, w writes "),
                theme.notice,
            )));
        }
        Panel::Events => {
            if app.events_scroll == 0 {
                return None;
            }
            format!(" {} newer below ", app.events_scroll)
        }
        Panel::Preview | Panel::Presets => return None,
    };
    Some(Line::from(Span::styled(text, theme.dim)))
}

fn too_small(app: &App, area: Rect, buffer: &mut Buffer) {
    let (_, word, _) = state(app);
    let (columns, rows) = SMALLEST;
    let step = format!("{word}, step {}/{}", app.run.step, app.recipe.steps());
    let lines = [
        "stylescope".to_owned(),
        step,
        format!("The dashboard needs {columns}×{rows},"),
        format!("this terminal has {}×{}.", area.width, area.height),
        match &app.dialog {
            Some(Dialog::Quit(_)) => "s save and leave, g go on, d discard".to_owned(),
            _ => "The run goes on; q leaves.".to_owned(),
        },
    ];
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (row, line) in area.rows().skip(usize::from(top)).zip(lines) {
        Line::raw(line).centered().render(row, buffer);
    }
}
