//! Views laid out in panels.

use proptest::prelude::*;

use super::*;
use crate::dashboard::preview::layout::{Panes, Place};
use crate::dashboard::preview::quality::Quality;
use crate::engine::message::Region;
use crate::engine::message::Whose;

const PANEL: Rect = Rect {
    x: 10,
    y: 3,
    width: 50,
    height: 28,
};
const CELL: (u16, u16) = (8, 17);

fn laid_out(view: &View, size: (u32, u32)) -> Layout {
    view.layout(size, PANEL, CELL).unwrap()
}

fn at(zoom: Zoom, centre: (f32, f32)) -> View {
    View {
        zoom,
        centre,
        ..View::default()
    }
}

#[test]
fn all_of_a_picture_fills_the_panel_one_way_and_stands_in_its_middle() {
    let layout = laid_out(&View::default(), (800, 400));
    assert_eq!(layout.cells, Rect::new(10, 11, 50, 12));
    assert_eq!(layout.pixels, (400, 204));
    let region = Region {
        x: 0,
        y: 0,
        width: 800,
        height: 400,
    };
    assert_eq!(layout.region, region);
    assert_eq!(
        layout.place,
        Place {
            x: 0,
            y: 0,
            width: 400,
            height: 204
        }
    );
    assert!((layout.fit_scale - 0.5).abs() < 1e-6);
    let request = layout.request(Whose::All, Quality::Half);
    assert_eq!((request.region, request.most), (Some(region), (200, 102)));
}

#[test]
fn real_pixels_of_a_large_picture_fill_the_panel() {
    let layout = laid_out(&at(Zoom::Pixels(0), (0.5, 0.5)), (4000, 3000));
    assert_eq!(layout.cells, PANEL);
    assert_eq!(
        layout.region,
        Region {
            x: 1800,
            y: 1262,
            width: 400,
            height: 476
        }
    );
    assert_eq!(
        layout.place,
        Place {
            x: 0,
            y: 0,
            width: 400,
            height: 476
        }
    );
    assert!(layout.real);
}

#[test]
fn real_pixels_of_a_small_picture_stand_in_the_middle_of_their_cells() {
    let layout = laid_out(&at(Zoom::Pixels(0), (0.0, 1.0)), (100, 30));
    assert_eq!(
        layout.region,
        Region {
            x: 0,
            y: 0,
            width: 100,
            height: 30
        }
    );
    assert_eq!((layout.cells.width, layout.cells.height), (13, 2));
    assert_eq!(
        layout.place,
        Place {
            x: 2,
            y: 2,
            width: 100,
            height: 30
        }
    );
}

#[test]
fn a_region_stops_at_the_edges_and_shows_the_last_pixel() {
    for (centre, x, y) in [((0.0, 0.0), 0, 0), ((1.0, 1.0), 974, 769)] {
        let layout = laid_out(&at(Zoom::Pixels(4), centre), (1000, 800));
        // 400 and 476 pixels of the screen, 16 each: 25 and 29.75.
        let region = layout.region;
        assert_eq!((region.width, region.height), (25, 30));
        assert_eq!(
            (region.x, region.y),
            (x.min(975), y.min(770)).max((region.x, region.y))
        );
        let overhang = if centre.1 > 0.5 { 476 - 480 } else { 0 };
        assert_eq!((layout.place.x, layout.place.y), (0, overhang));
        assert_eq!((layout.place.width, layout.place.height), (400, 480));
    }
}

#[test]
fn zooming_goes_through_powers_of_two_and_ends_where_all_is_seen() {
    let size = (800, 400);
    let mut view = View::default();
    let mut seen = Vec::new();
    for _ in 0..3 {
        view.zoom_in(&laid_out(&view, size));
        seen.push(view.zoom);
    }
    // All of it is at one half.
    assert_eq!(seen, [Zoom::Pixels(0), Zoom::Pixels(1), Zoom::Pixels(2)]);
    for _ in 0..3 {
        view.zoom_out(&laid_out(&view, size));
    }
    assert_eq!(view.zoom, Zoom::Fit);
    view.zoom_out(&laid_out(&view, size));
    assert_eq!(view.zoom, Zoom::Fit);
    view.zoom = Zoom::Pixels(MOST_ZOOM);
    view.zoom_in(&laid_out(&view, size));
    assert_eq!(view.zoom, Zoom::Pixels(MOST_ZOOM));
}

#[test]
fn panning_moves_by_what_is_seen_and_stops_at_the_edge() {
    let mut view = at(Zoom::Pixels(0), (0.5, 0.5));
    let size = (1600, 1904);
    view.pan(1.0, 0.0, &laid_out(&view, size));
    assert_eq!(laid_out(&view, size).region.x, 600 + 400);
    view.pan(5.0, -5.0, &laid_out(&view, size));
    let layout = laid_out(&view, size);
    assert_eq!((layout.region.x, layout.region.y), (1200, 0));
    // Nothing was saved up beyond the edge.
    view.pan(-0.5, 0.0, &layout);
    assert_eq!(laid_out(&view, size).region.x, 1000);
}

#[test]
fn the_round_of_subjects_has_snapshots_only_where_there_is_one() {
    let mut view = View::default();
    let round = |view: &mut View, back| {
        let mut seen = Vec::new();
        while seen.last() != Some(&Subject::Result) {
            view.cycle(back);
            seen.push(view.subject);
        }
        seen
    };
    let forth = round(&mut view, false);
    assert_eq!(forth.len(), 5);
    assert!(!forth.contains(&Subject::Beside));
    view.snapshot = Some(0);
    let mut back = round(&mut view, true);
    assert_eq!(back.len(), 6);
    assert_eq!(back.remove(0), Subject::Beside);
    back.pop();
    back.reverse();
    assert_eq!(back, forth[..4]);
}

#[test]
fn a_snapshot_stands_where_both_are_larger() {
    let mut view = View {
        subject: Subject::Beside,
        ..View::default()
    };
    let wide = laid_out(&view, (1600, 400));
    assert_eq!((wide.panes, wide.pane), (Panes::Stacked, (400, 102)));
    assert_eq!(wide.pixels, (400, 204));
    let tall = laid_out(&view, (400, 1600));
    assert_eq!(tall.panes, Panes::SideBySide);
    assert_eq!(tall.pixels, (tall.pane.0 * 2, tall.pane.1));
    view.zoom = Zoom::Pixels(0);
    assert_eq!(laid_out(&view, (4000, 4000)).pane, (400, 238));
}

#[test]
fn no_cells_no_layout() {
    let view = View {
        subject: Subject::Beside,
        ..View::default()
    };
    assert!(view.layout((10, 10), Rect::new(0, 0, 0, 5), CELL).is_none());
    assert!(view.layout((10, 10), Rect::new(0, 0, 1, 1), CELL).is_none());
    assert!(view.layout((0, 10), PANEL, CELL).is_none());
}

proptest! {
    #[test]
    fn regions_lie_in_the_picture_and_cells_in_the_panel(
        size in (1_u32..5000, 1_u32..5000),
        columns in 1_u16..300,
        rows in 1_u16..100,
        cell in (1_u16..30, 1_u16..50),
        power in prop::option::of(-7_i8..8),
        centre in (-0.5_f32..1.5, -0.5_f32..1.5),
        beside: bool,
    ) {
        let view = View {
            zoom: power.map_or(Zoom::Fit, Zoom::Pixels),
            centre,
            subject: if beside { Subject::Beside } else { Subject::Result },
            ..View::default()
        };
        let panel = Rect::new(5, 7, columns, rows);
        let Some(layout) = view.layout(size, panel, cell) else {
            prop_assert!(beside && columns == 1 && rows == 1);
            return Ok(());
        };
        let Layout { region, cells, place, .. } = layout;
        prop_assert!(region.width >= 1 && region.x + region.width <= size.0);
        prop_assert!(region.height >= 1 && region.y + region.height <= size.1);
        prop_assert!(!cells.is_empty());
        prop_assert_eq!(panel.intersection(cells), cells);
        let pixels = |cells: u16, cell: u16| u32::from(cells) * u32::from(cell);
        prop_assert_eq!(layout.pixels, (pixels(cells.width, cell.0), pixels(cells.height, cell.1)));
        // Less than a pixel of the picture sticks out, or less than a cell is left over.
        let axes = [
            (place.x, place.width, layout.pane.0, region.width, cell.0),
            (place.y, place.height, layout.pane.1, region.height, cell.1),
        ];
        for (offset, shown, pane, length, cell) in axes {
            let end = i64::from(offset) + i64::from(shown);
            let left_over = i64::from(pane) - i64::from(shown);
            if left_over >= 0 {
                prop_assert!(left_over < i64::from(cell) && offset >= 0 && end <= i64::from(pane));
            } else {
                prop_assert!(offset <= 0 && end >= i64::from(pane));
                prop_assert!(-left_over <= i64::from(shown.div_ceil(length)));
            }
        }
        if view.zoom == Zoom::Fit {
            // The shape is kept within a cell.
            let scale = f64::from(layout.fit_scale);
            let wanted = (f64::from(size.0) * scale, f64::from(size.1) * scale);
            prop_assert!((wanted.0 - f64::from(layout.pane.0)).abs() <= f64::from(cell.0));
            prop_assert!((wanted.1 - f64::from(layout.pane.1)).abs() <= f64::from(cell.1));
        }
    }
}
