//! Questions over the comparison. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use super::help;
use crate::dashboard::compare::Compare;
use crate::dashboard::compare::dialog::{Dialog, PromoteForm};
use crate::dashboard::compare::layout::Panel;
use crate::dashboard::dialog::Prompt;
use crate::dashboard::panel::dialog::{boxed, field, going_on, part, quit, text};
use crate::dashboard::panel::text::{cut, wrapped};
use crate::dashboard::parting::Parting;
use crate::dashboard::theme::Theme;

/// Where `dialog` stands on `screen`: beside the pictures where there is room for it.
pub(in crate::dashboard::compare) fn area(
    dialog: &Dialog,
    screen: Rect,
    pictures: Option<Rect>,
    is_own: bool,
) -> Rect {
    let (width, height) = match dialog {
        Dialog::Help(_) => (78, screen.height.saturating_sub(2)),
        Dialog::Quit(_) if is_own => (58, 9),
        Dialog::Quit(_) | Dialog::Part(_) | Dialog::Drop(_) => (58, 7),
        Dialog::Promote(_) => (62, 10),
    };
    let width = width.min(screen.width.saturating_sub(2));
    let height = height.min(screen.height);
    let beside = pictures.map_or(0, |pictures| pictures.right() + 1);
    let x = if screen.width.saturating_sub(beside) > width {
        beside + (screen.width - beside - width) / 2
    } else {
        (screen.width - width) / 2
    };
    Rect {
        x: screen.x + x,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}

pub(in crate::dashboard::compare) struct DialogBox<'a>(
    pub(in crate::dashboard::compare) &'a Compare,
    pub(in crate::dashboard::compare) &'a Dialog,
);

impl Widget for DialogBox<'_> {
    fn render(self, screen: Rect, buffer: &mut Buffer) {
        let Self(compare, dialog) = self;
        let theme = &compare.theme;
        let area = area(
            dialog,
            screen,
            compare.inner(Panel::Pictures),
            compare.shared.own_id().is_some(),
        );
        let (title, bottom) = match dialog {
            Dialog::Help(_) => (" Keys ".to_owned(), " ↑ ↓ scroll · Esc close "),
            Dialog::Quit(_) | Dialog::Part(_) => (" Leave? ".to_owned(), " ← → choose · Enter "),
            Dialog::Drop(number) => (
                format!(" Drop {}? ", compare.name_of(*number)),
                " y drop · n keep ",
            ),
            Dialog::Promote(form) => (
                format!(" Promote {} ", compare.name_of(form.candidate)),
                " Tab next · Enter go on alone · Esc leave as it was ",
            ),
        };
        let inner = boxed(area, &title, bottom, theme, buffer);
        match dialog {
            Dialog::Help(first) => {
                text(
                    help::lines(theme, compare.standing()),
                    *first,
                    inner,
                    buffer,
                );
            }
            Dialog::Quit(choice) => {
                let what = "stop all, save their pictures, leave";
                quit(*choice, what, theme, inner, buffer);
            }
            Dialog::Part(choice) => part(*choice, Parting::of_all, theme, inner, buffer),
            Dialog::Drop(number) => dropping(compare, *number, inner, buffer),
            Dialog::Promote(form) => promoting(form, theme, inner, buffer),
        }
        if let (Dialog::Quit(_), Some(id)) = (dialog, compare.shared.own_id()) {
            going_on(id, "all go", theme, inner, buffer);
        }
    }
}

fn dropping(compare: &Compare, number: usize, area: Rect, buffer: &mut Buffer) {
    let theme = &compare.theme;
    let columns = usize::from(area.width);
    let question = "It gives up its place in the batch, so that the others get on faster. What it made so far stays in its run folder; its curve stays in the chart.";
    let mut lines: Vec<Line<'_>> = wrapped(question, columns)
        .into_iter()
        .map(|line| Line::styled(line, theme.dim))
        .collect();
    let name = cut(&compare.name_of(number), columns.saturating_sub(12));
    lines.push(Line::from(vec![
        Span::styled("y", theme.focus),
        Span::raw(format!("  drop {name}   ")),
        Span::styled("n", theme.focus),
        Span::raw("  keep it"),
    ]));
    Paragraph::new(lines).render(area, buffer);
}

fn promoting(form: &PromoteForm, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let words = "It goes on alone from the picture as it is; the others are dropped.";
    let mut lines: Vec<Line<'_>> = wrapped(words, columns)
        .into_iter()
        .map(|line| Line::styled(line, theme.dim))
        .collect();
    let mut add = |words: &'static str, prompt: &Prompt, has_keys: bool| {
        let style = if has_keys { theme.focus } else { theme.dim };
        lines.push(Line::styled(words, style));
        lines.push(if has_keys {
            field(prompt, columns, theme)
        } else {
            Line::raw(format!("  {}", prompt.input.value()))
        });
        if let Some(error) = &prompt.error {
            let error = wrapped(error, columns).into_iter();
            lines.extend(error.map(|line| Line::styled(line, theme.error)));
        }
    };
    add(
        "size of its longer side, in pixels",
        &form.size,
        !form.at_steps,
    );
    add("steps to make in all", &form.steps, form.at_steps);
    Paragraph::new(lines).render(area, buffer);
}
