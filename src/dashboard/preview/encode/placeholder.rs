//! The cells that stand for a kitty picture: <https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders>.
//! Pure; runs on the thread "preview".

use std::num::NonZeroU16;
use std::sync::LazyLock;

use image::DynamicImage;
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui::widgets::Widget;
use ratatui_image::Image;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::kitty::Kitty;

/// What kitty reserves for placeholders.
pub(super) const PLACEHOLDER: char = '\u{10EEEE}';

/// The marks that count rows and columns, taken from cells that ratatui-image draws.
static MARKS: LazyLock<Vec<char>> = LazyLock::new(|| {
    // More than there are marks; what is too much stays blank.
    let area = Rect::new(0, 0, 1, 400);
    let mut drawn = Buffer::empty(area);
    let pixel = DynamicImage::new_rgb8(1, 1);
    if let Ok(kitty) = Kitty::new(pixel, Size::new(1, area.height), 1, false, false) {
        Image::new(&Protocol::Kitty(kitty)).render(area, &mut drawn);
    }
    let mark = |symbol: &str| symbol.split(PLACEHOLDER).nth(1)?.chars().next();
    drawn
        .content()
        .iter()
        .map_while(|cell| mark(cell.symbol()))
        .collect()
});

/// Placeholders for all of `area`, for the picture `id` below 2^24. Each cell states its row and its column,
/// so that any may be covered or drawn alone. What lies beyond the marks' number stays blank.
pub(super) fn cells(id: u32, area: Rect) -> Buffer {
    let [_, red, green, blue] = id.to_be_bytes();
    let mut cells = Buffer::empty(area);
    let width = NonZeroU16::MIN;
    for (y, row) in (area.top()..area.bottom()).zip(MARKS.iter()) {
        for (x, column) in (area.left()..area.right()).zip(MARKS.iter()) {
            if let Some(cell) = cells.cell_mut((x, y)) {
                cell.set_symbol(&String::from_iter([PLACEHOLDER, *row, *column]))
                    .set_fg(Color::Rgb(red, green, blue))
                    .set_diff_option(CellDiffOption::ForcedWidth(width));
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_the_protocol() {
        assert_eq!(MARKS.len(), 297);
        assert_eq!(MARKS[..4], ['\u{305}', '\u{30D}', '\u{30E}', '\u{310}']);
        assert_eq!(MARKS[296], '\u{1D244}');
    }

    #[test]
    fn every_cell_states_its_place_and_picture() {
        let area = Rect::new(7, 3, 5, 4);
        let drawn = cells(0x0012_3456, area);
        assert_eq!(drawn.area, area);
        let cell = &drawn[(7 + 2, 3 + 1)];
        assert_eq!(cell.symbol(), "\u{10EEEE}\u{30D}\u{30E}");
        assert_eq!(cell.fg, Color::Rgb(0x12, 0x34, 0x56));
        assert!(
            drawn
                .content()
                .iter()
                .all(|cell| cell.symbol().chars().count() == 3)
        );
    }
}
