//! From a view, a picture's size and a panel to cells, pixels and a region of the picture. Pure; any thread.

use ratatui::layout::Rect;

use super::quality::Quality;
use super::view::{Subject, View, Zoom, scale};
use crate::engine::message::{PictureRequest, Region, Whose};

/// How the pictures of a layout stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Panes {
    /// There is one.
    One,
    /// Two of the same size, the second on the right.
    SideBySide,
    /// Two of the same size, the second below.
    Stacked,
}

/// Where the region of a picture goes in the pixels of a pane. It is in the middle of what is left over,
/// or sticks out by less than a pixel of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Left edge, not above 0 where it sticks out.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// What is to be painted where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Width and height of all of the picture.
    pub size: (u32, u32),
    /// Which part of it is shown, in its pixels.
    pub region: Region,
    /// Pixels across and down of everything: those of `cells`.
    pub pixels: (u32, u32),
    /// Which cells are covered: in the middle of the panel.
    pub cells: Rect,
    /// Whether there are one or two pictures.
    pub panes: Panes,
    /// Pixels across and down of one pane.
    pub pane: (u32, u32),
    /// Where the region goes in a pane.
    pub place: Place,
    /// Whether pixels of the picture are to be seen as they are.
    pub real: bool,
    /// Screen pixels per picture pixel if all of it is shown.
    pub fit_scale: f32,
}

impl Layout {
    pub(super) fn new(
        view: &View,
        size: (u32, u32),
        panel: Rect,
        cell: (u16, u16),
    ) -> Option<Self> {
        if panel.is_empty() || size.0 == 0 || size.1 == 0 || cell.0 == 0 || cell.1 == 0 {
            return None;
        }
        let mut choices = vec![(Panes::One, (panel.width, panel.height))];
        if view.subject == Subject::Beside {
            choices = vec![
                (Panes::SideBySide, (panel.width / 2, panel.height)),
                (Panes::Stacked, (panel.width, panel.height / 2)),
            ];
        }
        let (panes, most, fit_scale) = choices
            .into_iter()
            .filter(|(_, cells)| cells.0 > 0 && cells.1 > 0)
            .map(|(panes, cells)| (panes, cells, fit_scale(size, cells, cell)))
            .reduce(|best, next| if next.2 > best.2 { next } else { best })?;

        let axes = [
            (size.0, most.0, cell.0, view.centre.0),
            (size.1, most.1, cell.1, view.centre.1),
        ];
        let [across, down] = axes.map(|(length, most, cell, centre)| match view.zoom {
            Zoom::Fit => Axis::whole(length, most, cell, fit_scale),
            Zoom::Pixels(power) => Axis::part(length, most, cell, scale(power), centre),
        });
        let times: (u16, u16) = match panes {
            Panes::One => (1, 1),
            Panes::SideBySide => (2, 1),
            Panes::Stacked => (1, 2),
        };
        let covered = (across.cells * times.0, down.cells * times.1);
        let pane = (across.pixels(cell.0), down.pixels(cell.1));
        Some(Self {
            size,
            region: Region {
                x: across.start,
                y: down.start,
                width: across.length,
                height: down.length,
            },
            pixels: (pane.0 * u32::from(times.0), pane.1 * u32::from(times.1)),
            cells: Rect {
                x: panel.x + (panel.width - covered.0) / 2,
                y: panel.y + (panel.height - covered.1) / 2,
                width: covered.0,
                height: covered.1,
            },
            panes,
            pane,
            place: Place {
                x: across.offset,
                y: down.offset,
                width: across.shown,
                height: down.shown,
            },
            real: matches!(view.zoom, Zoom::Pixels(_)),
            fit_scale,
        })
    }

    /// Which share of the picture is visible across and down, above 0 to 1.
    pub fn visible(&self) -> (f32, f32) {
        (
            self.region.width as f32 / self.size.0 as f32,
            self.region.height as f32 / self.size.1 as f32,
        )
    }

    /// What the engine is to be asked for of these candidates.
    pub fn request(&self, of: Whose, quality: Quality) -> PictureRequest {
        PictureRequest {
            of,
            region: Some(self.region),
            most: quality.scaled((self.place.width, self.place.height)),
        }
    }
}

/// Screen pixels per pixel of a picture of `size` that fills as much of so many cells as it can.
pub fn fit_scale(size: (u32, u32), cells: (u16, u16), cell: (u16, u16)) -> f32 {
    let scale =
        |length: u32, cells: u16, cell: u16| f32::from(cells) * f32::from(cell) / length as f32;
    scale(size.0, cells.0, cell.0).min(scale(size.1, cells.1, cell.1))
}

/// One direction of a layout.
struct Axis {
    /// First pixel of the picture.
    start: u32,
    /// How many pixels of the picture.
    length: u32,
    /// How many cells.
    cells: u16,
    /// Where the picture begins in the pixels of the cells.
    offset: i32,
    /// How many pixels of the screen the picture takes.
    shown: u32,
}

impl Axis {
    fn pixels(&self, cell: u16) -> u32 {
        u32::from(self.cells) * u32::from(cell)
    }

    /// All of the picture, stretched by less than half a cell to fill whole ones.
    fn whole(length: u32, most: u16, cell: u16, scale: f32) -> Self {
        let cells = (length as f32 * scale / f32::from(cell)).round() as u16;
        let cells = cells.clamp(1, most);
        Self {
            start: 0,
            length,
            cells,
            offset: 0,
            shown: u32::from(cells) * u32::from(cell),
        }
    }

    /// As much of the picture around `centre` as there is room for.
    fn part(length: u32, most: u16, cell: u16, scale: f32, centre: f32) -> Self {
        let (scale, room) = (f64::from(scale), u32::from(most) * u32::from(cell));
        let shown = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        let all = shown(length);
        if all <= room {
            let cells = all.div_ceil(u32::from(cell)) as u16;
            return Self {
                start: 0,
                length,
                cells,
                offset: ((u32::from(cells) * u32::from(cell) - all) / 2) as i32,
                shown: all,
            };
        }
        let part = ((f64::from(room) / scale).ceil() as u32).clamp(1, length);
        let last = length - part;
        let wanted = f64::from(centre) * f64::from(length) - f64::from(part) / 2.0;
        let start = (wanted.round().max(0.0) as u32).min(last);
        // The last pixel of the picture is seen in full when it is reached.
        let overhang = room as i32 - shown(part) as i32;
        Self {
            start,
            length: part,
            cells: most,
            offset: if start == last { overhang.min(0) } else { 0 },
            shown: shown(part),
        }
    }
}
