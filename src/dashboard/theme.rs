//! Colours and weights by what they mean, for dark and light backgrounds, few colours and none. Data;
//! any thread.

use ratatui::style::{Color, Modifier, Style};

/// What the terminal can show, as far as colours matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColourSupport {
    /// Whether colours are wanted at all (<https://no-color.org>).
    pub colours: bool,
    /// 24-bit colours; otherwise the terminal's own 16.
    pub true_color: bool,
    /// Whether the background is dark.
    pub dark: bool,
}

/// The styles of the whole screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// What they were made for.
    pub support: ColourSupport,
    /// Text as the terminal has it.
    pub text: Style,
    /// Labels, units, hints.
    pub dim: Style,
    /// Headings and keys.
    pub strong: Style,
    /// The border of a panel.
    pub border: Style,
    /// The border and title of the panel that keys go to.
    pub focus: Style,
    /// The line that is chosen in a list.
    pub selected: Style,
    /// The total loss.
    pub total: Style,
    /// Content losses.
    pub content: Style,
    /// Style losses.
    pub style: Style,
    /// Total variation.
    pub variation: Style,
    /// What is well.
    pub good: Style,
    /// What needs a look: changed, paused, waiting.
    pub notice: Style,
    /// What is wrong.
    pub error: Style,
}

impl Theme {
    /// For a terminal.
    pub fn new(support: ColourSupport) -> Self {
        let plain = Style::new();
        if !support.colours {
            let bold = plain.add_modifier(Modifier::BOLD);
            return Self {
                support,
                text: plain,
                dim: plain.add_modifier(Modifier::DIM),
                strong: bold,
                border: plain.add_modifier(Modifier::DIM),
                focus: bold,
                selected: plain.add_modifier(Modifier::REVERSED),
                total: bold,
                content: plain,
                style: plain,
                variation: plain.add_modifier(Modifier::DIM),
                good: plain,
                notice: plain.add_modifier(Modifier::ITALIC),
                error: bold.add_modifier(Modifier::UNDERLINED),
            };
        }
        let colour = |dark: (u8, u8, u8), light: (u8, u8, u8), ansi: Color| {
            let (red, green, blue) = if support.dark { dark } else { light };
            plain.fg(if support.true_color {
                Color::Rgb(red, green, blue)
            } else {
                ansi
            })
        };
        let ansi = |on_dark, on_light| if support.dark { on_dark } else { on_light };
        let dim = colour(
            (138, 146, 160),
            (100, 106, 118),
            ansi(Color::Gray, Color::DarkGray),
        );
        Self {
            support,
            text: plain,
            dim,
            strong: plain.add_modifier(Modifier::BOLD),
            border: colour((86, 94, 110), (170, 176, 188), Color::DarkGray),
            focus: colour(
                (110, 190, 255),
                (0, 92, 184),
                ansi(Color::Cyan, Color::Blue),
            )
            .add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::REVERSED),
            total: plain.add_modifier(Modifier::BOLD),
            content: colour(
                (102, 204, 255),
                (0, 110, 180),
                ansi(Color::LightCyan, Color::Blue),
            ),
            style: colour(
                (255, 170, 90),
                (190, 80, 0),
                ansi(Color::LightYellow, Color::Red),
            ),
            variation: colour(
                (200, 150, 255),
                (120, 60, 180),
                ansi(Color::LightMagenta, Color::Magenta),
            ),
            good: colour(
                (120, 220, 140),
                (20, 125, 50),
                ansi(Color::LightGreen, Color::Green),
            ),
            notice: colour(
                (255, 205, 90),
                (150, 100, 0),
                ansi(Color::Yellow, Color::Magenta),
            ),
            error: colour(
                (255, 115, 115),
                (190, 20, 30),
                ansi(Color::LightRed, Color::Red),
            )
            .add_modifier(Modifier::BOLD),
        }
    }
}
