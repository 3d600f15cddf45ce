//! Prints a picture into the terminal's scroll-back. Main thread.

use std::io::IsTerminal;

use image::{DynamicImage, Rgb32FImage};

use crate::cli::Graphics;

/// Widest picture, in cells: larger ones would push everything else out of sight.
const MOST_COLUMNS: u32 = 80;
/// Lines left for what stands above and below.
const LINES_LEFT: u16 = 6;

/// Prints `picture` where standard output is a terminal that can be asked; otherwise does nothing.
pub(super) fn print(picture: &Rgb32FImage, graphics: Graphics) {
    if graphics == Graphics::None || !std::io::stdout().is_terminal() {
        return;
    }
    // Terminals answer what they can do on standard input.
    let can_ask = std::io::stdin().is_terminal();
    let wants = |kind| can_ask && (graphics == Graphics::Auto || graphics == kind);
    let (columns, rows) = viuer::terminal_size();
    let (width, height) = picture.dimensions();
    let mut most_columns = u32::from(columns.max(2)).min(MOST_COLUMNS);
    let most_rows = u32::from(rows.saturating_sub(LINES_LEFT).max(4));
    // A cell is about twice as high as wide.
    let columns_at_full_height = 2 * most_rows * width / height.max(1);
    most_columns = most_columns.min(columns_at_full_height.max(1));
    let config = viuer::Config {
        absolute_offset: false,
        width: Some(most_columns),
        use_kitty: wants(Graphics::Kitty),
        use_iterm: wants(Graphics::Iterm),
        use_sixel: wants(Graphics::Sixel),
        ..viuer::Config::default()
    };
    let eight_bit = DynamicImage::ImageRgb32F(picture.clone()).to_rgb8();
    if let Err(error) = viuer::print(&DynamicImage::ImageRgb8(eight_bit), &config) {
        eprintln!("the picture could not be shown in this terminal ({error}); --graphics blocks may work");
    }
}
