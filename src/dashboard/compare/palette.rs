//! A colour for every candidate: told apart by people who see colours less well (after Okabe and Ito), on
//! dark and light backgrounds, and among 16 colours. Numbers stand beside them everywhere. Data; any thread.

use ratatui::style::{Color, Modifier, Style};

use crate::dashboard::theme::Theme;

/// One colour on a dark background and on a light one, and among a terminal's own 16 on either.
struct Shade {
    dark: (u8, u8, u8),
    light: (u8, u8, u8),
    few_on_dark: Color,
    few_on_light: Color,
}

const fn shade(
    dark: (u8, u8, u8),
    light: (u8, u8, u8),
    few_on_dark: Color,
    few_on_light: Color,
) -> Shade {
    Shade {
        dark,
        light,
        few_on_dark,
        few_on_light,
    }
}

const SHADES: [Shade; 8] = [
    shade((86, 180, 233), (0, 92, 160), Color::LightBlue, Color::Blue),
    shade((230, 159, 0), (168, 96, 0), Color::LightYellow, Color::Red),
    shade((0, 190, 140), (0, 120, 88), Color::LightGreen, Color::Green),
    shade(
        (224, 140, 190),
        (160, 60, 120),
        Color::LightMagenta,
        Color::Magenta,
    ),
    shade((240, 228, 66), (120, 110, 0), Color::Yellow, Color::Yellow),
    shade(
        (245, 120, 60),
        (190, 60, 0),
        Color::LightRed,
        Color::LightRed,
    ),
    shade(
        (130, 140, 255),
        (60, 60, 200),
        Color::LightCyan,
        Color::Cyan,
    ),
    shade((205, 210, 220), (70, 74, 84), Color::Gray, Color::DarkGray),
];

/// How the candidate of this number is drawn. Without colours, every other one is bold.
pub(super) fn style(number: usize, theme: &Theme) -> Style {
    let support = theme.support;
    if !support.colours {
        return if number.is_multiple_of(2) {
            Style::new()
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        };
    }
    let Some(shade) = SHADES.get(number % SHADES.len()) else {
        return Style::new();
    };
    let (red, green, blue) = if support.dark {
        shade.dark
    } else {
        shade.light
    };
    Style::new().fg(match (support.true_color, support.dark) {
        (true, _) => Color::Rgb(red, green, blue),
        (false, true) => shade.few_on_dark,
        (false, false) => shade.few_on_light,
    })
}
