//! Questions and texts over the screen. UI thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph, Widget};

use super::help;
use super::text::{cut, wrapped};
use crate::dashboard::action::Panel;
use crate::dashboard::app::App;
use crate::dashboard::dialog::{Dialog, Leaving, Prompt, Purpose};
use crate::dashboard::parting::Parting;
use crate::dashboard::theme::Theme;
use crate::preset::parameter::parameters;
use crate::preset::visible::visible;

/// Where `dialog` of `app` stands on `screen`: beside the picture where there is room for it.
pub(in crate::dashboard) fn area(app: &App, dialog: &Dialog, screen: Rect) -> Rect {
    let picture = app.inner(Panel::Preview);
    let (width, height) = match dialog {
        Dialog::Help(_) => (74, screen.height.saturating_sub(2)),
        Dialog::Text(..) => (100, screen.height.saturating_sub(4)),
        Dialog::Quit(_) if app.shared.own_id().is_some() => (62, 9),
        Dialog::Quit(_) => (58, 7),
        Dialog::Part(_) => (62, 7),
        Dialog::Prompt(_) => (60, 9),
    };
    let width = width.min(screen.width.saturating_sub(2));
    let height = height.min(screen.height);
    let room = match picture {
        Some(picture) if picture.x >= width + 2 => picture.x,
        _ => screen.width,
    };
    Rect {
        x: screen.x + (room - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}

pub(in crate::dashboard) struct DialogBox<'a>(
    pub(in crate::dashboard) &'a App,
    pub(in crate::dashboard) &'a Dialog,
);

impl Widget for DialogBox<'_> {
    fn render(self, screen: Rect, buffer: &mut Buffer) {
        let Self(app, dialog) = self;
        let theme = &app.theme;
        let area = area(app, dialog, screen);
        let (title, bottom) = match dialog {
            Dialog::Help(_) => (" Keys ".to_owned(), " ↑ ↓ scroll · Esc close "),
            Dialog::Text(title, ..) => (format!(" {title} "), " ↑ ↓ scroll · Esc close "),
            Dialog::Quit(_) | Dialog::Part(_) => (" Leave? ".to_owned(), " ← → choose · Enter "),
            Dialog::Prompt(prompt) => (
                match &prompt.purpose {
                    Purpose::Value(key) => format!(" {key} "),
                    Purpose::PresetName => " New preset ".to_owned(),
                    Purpose::MoreSteps => " More steps ".to_owned(),
                },
                " Enter take · Esc leave as it was ",
            ),
        };
        let inner = boxed(area, &title, bottom, theme, buffer);
        match dialog {
            Dialog::Help(first) => {
                text(help::lines(theme, app.standing()), *first, inner, buffer);
            }
            Dialog::Text(_, body, first) => {
                let lines = body
                    .lines()
                    .map(|line| Line::raw(line.to_owned()))
                    .collect();
                text(lines, *first, inner, buffer);
            }
            Dialog::Quit(choice) => quit(
                *choice,
                "stop, save the picture, leave",
                theme,
                inner,
                buffer,
            ),
            Dialog::Part(choice) => part(*choice, Parting::in_words, theme, inner, buffer),
            Dialog::Prompt(prompt) => typed(prompt, app, inner, buffer),
        }
        if let (Dialog::Quit(_), Some(id)) = (dialog, app.shared.own_id()) {
            going_on(id, "the run goes", theme, inner, buffer);
        }
    }
}

/// An empty box over what is there; says where its inside is.
pub(in crate::dashboard) fn boxed(
    area: Rect,
    title: &str,
    bottom: &'static str,
    theme: &Theme,
    buffer: &mut Buffer,
) -> Rect {
    Clear.render(area, buffer);
    let block = Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(theme.focus)
        .title_top(cut(title, usize::from(area.width).saturating_sub(2)))
        .title_bottom(Line::styled(bottom, theme.dim).right_aligned());
    let inner = block.inner(area);
    block.render(area, buffer);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

pub(in crate::dashboard) fn text(
    lines: Vec<Line<'_>>,
    first: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let most = lines.len().saturating_sub(usize::from(area.height));
    for (row, line) in area.rows().zip(lines.into_iter().skip(first.min(most))) {
        let is_cut = line.width() > usize::from(row.width);
        line.render(row, buffer);
        if is_cut && let Some(last) = row.columns().next_back() {
            Line::raw("…").render(last, buffer);
        }
    }
}

pub(in crate::dashboard) fn quit(
    choice: Leaving,
    what: &'static str,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut lines = vec![Line::default()];
    for option in Leaving::ALL {
        let (key, words) = match option {
            Leaving::Save => ("s", what),
            Leaving::Stay => ("g", "go on"),
            Leaving::Discard => ("d", "leave without saving"),
        };
        lines.push(option_line(option == choice, key, words, theme));
    }
    Paragraph::new(lines).render(area, buffer);
}

/// A program in the foreground cannot leave its terminal by itself, but a person can take the terminal away.
pub(in crate::dashboard) fn going_on(
    id: &str,
    goes: &str,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    let words = [
        format!("or close the terminal: {goes} on without it, and"),
        format!("`stylescope attach {}` comes back", visible(id)),
    ];
    let rows = area.rows().skip(usize::from(area.height).saturating_sub(2));
    for (row, words) in rows.zip(words) {
        Line::styled(words, theme.dim).render(row, buffer);
    }
}

pub(in crate::dashboard) fn part(
    choice: Parting,
    in_words: fn(Parting) -> (&'static str, &'static str),
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut lines = vec![Line::default()];
    for option in Parting::ALL {
        let (key, words) = in_words(option);
        lines.push(option_line(option == choice, key, words, theme));
    }
    Paragraph::new(lines).render(area, buffer);
}

fn option_line(
    chosen: bool,
    key: &'static str,
    words: &'static str,
    theme: &Theme,
) -> Line<'static> {
    let style = if chosen { theme.selected } else { theme.text };
    let mark = if chosen { "›" } else { " " };
    Line::from(vec![
        Span::raw(format!("{mark} ")),
        Span::styled(key, theme.focus),
        Span::raw("  "),
        Span::styled(words, style),
    ])
}

fn typed(prompt: &Prompt, app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = &app.theme;
    let columns = usize::from(area.width);
    let (question, note) = match &prompt.purpose {
        Purpose::Value(key) => {
            let parameter = parameters(app.recipe.preset())
                .into_iter()
                .find(|parameter| parameter.key == *key);
            match parameter {
                Some(parameter) => (parameter.doc.to_owned(), parameter.expectation),
                None => (String::new(), String::new()),
            }
        }
        Purpose::PresetName => (
            "The values as they are now become a preset of this name.".to_owned(),
            "a name for your folder of presets, or a path".to_owned(),
        ),
        Purpose::MoreSteps => (
            "How many steps are to be made after those that are planned?".to_owned(),
            "a whole number".to_owned(),
        ),
    };
    let mut lines: Vec<Line<'_>> = wrapped(&question, columns)
        .into_iter()
        .take(2)
        .map(|line| Line::styled(line, theme.dim))
        .collect();
    lines.push(Line::default());
    lines.push(field(prompt, columns, theme));
    let (below, style) = match &prompt.error {
        Some(error) => (error.clone(), theme.error),
        None => (format!("expected {note}"), theme.dim),
    };
    lines.extend(
        wrapped(&below, columns)
            .into_iter()
            .map(|line| Line::styled(line, style)),
    );
    Paragraph::new(lines).render(area, buffer);
}

/// The text that is typed, and where in it.
pub(in crate::dashboard) fn field(prompt: &Prompt, columns: usize, theme: &Theme) -> Line<'static> {
    let width = columns.saturating_sub(3);
    let scroll = prompt.input.visual_scroll(width);
    let shown: String = prompt
        .input
        .value()
        .chars()
        .skip(scroll)
        .take(width)
        .collect();
    let cursor = prompt.input.visual_cursor().saturating_sub(scroll);
    let at = |from: usize, to: usize| -> String {
        shown
            .chars()
            .skip(from)
            .take(to.saturating_sub(from))
            .collect()
    };
    let under = at(cursor, cursor + 1);
    Line::from(vec![
        Span::styled("› ", theme.focus),
        if prompt.is_proposal {
            // What is typed takes its place.
            Span::styled(at(0, cursor), theme.selected)
        } else {
            Span::raw(at(0, cursor))
        },
        Span::styled(
            if under.is_empty() {
                " ".to_owned()
            } else {
                under
            },
            theme.selected,
        ),
        Span::raw(at(cursor + 1, usize::MAX)),
    ])
}
