//! Pictures as text.

use image::Rgb;
use ratatui::layout::Position;

use super::*;

fn text(picture: &RgbImage, area: Rect, colours: ColourSupport) -> Buffer {
    let view = View::default();
    let layout = view.layout(picture.dimensions(), area, (1, 2)).unwrap();
    let mut painter = Painter::new(Protocol::HalfBlocks, false, colours);
    match painter.paint(0, picture, &layout, Quality::Eighth).unwrap() {
        Painted::Cells(cells) => cells,
        other => panic!("{other:?}"),
    }
}

#[test]
fn half_blocks_have_the_colours_of_two_pixels() {
    let area = Rect::new(4, 5, 8, 4);
    let picture = RgbImage::from_fn(8, 8, |x, y| Rgb([x as u8, y as u8 * 30, 255]));
    let cells = text(&picture, area, COLOURS);
    assert_eq!(cells.area, area);
    let cell = &cells[(4 + 3, 5 + 1)];
    assert_eq!(cell.symbol(), "▀");
    assert_eq!(
        (cell.fg, cell.bg),
        (Color::Rgb(3, 60, 255), Color::Rgb(3, 90, 255))
    );
}

#[test]
fn fewer_colours_are_the_nearest_and_none_are_shades() {
    let area = Rect::new(0, 0, 4, 1);
    let colours = [[255, 0, 0], [100, 100, 100], [0, 0, 0], [255, 255, 255]];
    let picture = RgbImage::from_fn(4, 2, |x, _| Rgb(colours[x as usize]));
    let support = |colours, dark| ColourSupport {
        colours,
        true_color: false,
        dark,
    };
    let few = text(&picture, area, support(true, true));
    let indices: Vec<Color> = few.content().iter().map(|cell| cell.bg).collect();
    assert_eq!(indices, [196, 241, 16, 231].map(Color::Indexed));
    let symbols = |buffer: Buffer| -> String {
        assert!(buffer.content().iter().all(|cell| cell.fg == Color::Reset));
        buffer
            .content()
            .iter()
            .map(|cell| cell.symbol().to_owned())
            .collect()
    };
    assert_eq!(symbols(text(&picture, area, support(false, true))), "░░ █");
    assert_eq!(symbols(text(&picture, area, support(false, false))), "▓▓█ ");
}

#[test]
fn changed_cells_are_copied_a_budget_at_a_time() {
    let area = Rect::new(0, 0, 10, 10);
    let from = text(&painting((10, 20)), area, COLOURS);
    let mut to = Buffer::empty(Rect::new(0, 0, 30, 20));
    let at = Position::new(5, 4);
    let mut rounds = 0;
    while copy_changed(&from, &mut to, at, 1000).more {
        rounds += 1;
        assert!(rounds < 10);
    }
    // 100 cells of about 40 bytes.
    assert!((3..=5).contains(&rounds), "{rounds}");
    for y in 0..10 {
        for x in 0..10 {
            assert_eq!(to[(5 + x, 4 + y)], from[(x, y)]);
        }
    }
    assert_eq!(to[(4, 4)].symbol(), " ");
    // What is there already costs nothing; a cell at a time goes even with no budget.
    assert!(!copy_changed(&from, &mut to, at, 0).more);
    to[(6, 6)].reset();
    to[(9, 9)].reset();
    assert!(copy_changed(&from, &mut to, at, 0).more);
    assert!(!copy_changed(&from, &mut to, at, 0).more);
}
