//! What the mouse does: pictures and panels are chosen, lists scrolled, borders dragged. UI thread.

use ratatui::layout::Position;
use terminput::{MouseButton, MouseEvent, MouseEventKind, ScrollDirection};

use super::dialog::Dialog;
use super::layout::Panel;
use super::panel::table;
use super::{Compare, Looking};
use crate::dashboard::panel::frame::title_at;

impl Compare {
    pub(super) fn mouse(&mut self, mouse: MouseEvent) {
        let position = Position::new(mouse.column, mouse.row);
        if let Some(dialog) = &mut self.dialog {
            let by: isize = match mouse.kind {
                MouseEventKind::Scroll(ScrollDirection::Up) => -3,
                MouseEventKind::Scroll(ScrollDirection::Down) => 3,
                _ => return,
            };
            if let Dialog::Help(first) = dialog {
                *first = first.saturating_add_signed(by);
            }
            return;
        }
        let areas = self.areas();
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.dragged = self.splits.border_at(&areas, position);
                let Some(group) = areas.at(position) else {
                    return;
                };
                if position.y == group.area.y {
                    self.focus(title_at(group, position.x).unwrap_or(group.shown));
                } else {
                    self.focus(group.shown);
                    self.click(group.shown, position);
                }
            }
            MouseEventKind::Drag(MouseButton::Left) => {
                if let Some(border) = self.dragged {
                    self.splits.drag(&areas, border, position);
                }
            }
            MouseEventKind::Up(_) => self.dragged = None,
            MouseEventKind::Scroll(direction) => {
                let by = match direction {
                    ScrollDirection::Up => -1,
                    ScrollDirection::Down => 1,
                    _ => return,
                };
                if let Some(group) = areas.at(position) {
                    self.scroll(group.shown, by);
                }
            }
            _ => {}
        }
    }

    fn scroll(&mut self, panel: Panel, by: isize) {
        if panel == Panel::Pictures {
            if self.looking == Looking::Grid {
                self.choose_next(by, false);
            } else {
                self.zoom(by < 0);
            }
            return;
        }
        // Scrolling does not take the keys away from where they go.
        let focus = std::mem::replace(&mut self.focus, panel);
        self.up_or_down(by);
        self.focus = focus;
    }

    /// A click on a picture chooses it; on the chosen one it shows it alone.
    fn click(&mut self, panel: Panel, position: Position) {
        match panel {
            Panel::Pictures if self.looking == Looking::Grid => {
                let places = self.places();
                let Some(place) = places.iter().find(|place| place.tile.contains(position)) else {
                    return;
                };
                if self.chosen == place.candidate {
                    self.looking = Looking::Alone;
                } else {
                    self.choose(place.candidate);
                }
            }
            Panel::Differences => {
                if let Some(area) = self.inner(panel)
                    && let Some(number) = table::candidate_at(self, area, position)
                {
                    self.choose(number);
                }
            }
            Panel::Pictures | Panel::Chart | Panel::Events => {}
        }
    }
}
