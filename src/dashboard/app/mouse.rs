//! What the mouse does: panels and lines are chosen, lists scrolled, borders dragged. UI thread.

use std::time::Instant;

use ratatui::layout::Position;
use terminput::{MouseButton, MouseEvent, MouseEventKind, ScrollDirection};

use super::App;
use crate::dashboard::action::Panel;
use crate::dashboard::dialog::Dialog;
use crate::dashboard::layout::Group;
use crate::dashboard::panel::frame::{inside, title_at};
use crate::dashboard::panel::{parameters, presets};
use crate::preset::parameter::Turn;

impl App {
    pub(super) fn mouse(&mut self, mouse: MouseEvent, now: Instant) {
        let position = Position::new(mouse.column, mouse.row);
        if self.dialog.is_some() {
            self.mouse_in_dialog(mouse.kind);
            return;
        }
        let areas = self.areas();
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.dragged = self.splits.border_at(&areas, position);
                let group = areas.at(position).cloned();
                if let Some(group) = group {
                    self.click(&group, position, now);
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
                    let panel = group.shown;
                    self.scroll(panel, by);
                }
            }
            _ => {}
        }
    }

    fn mouse_in_dialog(&mut self, kind: MouseEventKind) {
        let by: isize = match kind {
            MouseEventKind::Scroll(ScrollDirection::Up) => -3,
            MouseEventKind::Scroll(ScrollDirection::Down) => 3,
            _ => return,
        };
        if let Some(Dialog::Help(first) | Dialog::Text(_, _, first)) = &mut self.dialog {
            *first = first.saturating_add_signed(by);
        }
    }

    fn scroll(&mut self, panel: Panel, by: isize) {
        if panel == Panel::Preview {
            if let Some(layout) = self.picture_layout() {
                if by < 0 {
                    self.view.zoom_in(&layout);
                } else {
                    self.view.zoom_out(&layout);
                }
            }
            return;
        }
        // Scrolling does not take the keys away from where they go.
        let focus = std::mem::replace(&mut self.focus, panel);
        self.up_or_down(by);
        self.focus = focus;
    }

    fn click(&mut self, group: &Group, position: Position, now: Instant) {
        if position.y == group.area.y {
            let panel = title_at(group, position.x).unwrap_or(group.shown);
            self.focus(panel);
            return;
        }
        let panel = group.shown;
        self.focus(panel);
        let inner = inside(group.area);
        if !inner.contains(position) {
            return;
        }
        let row = usize::from(position.y - inner.y);
        let mut cursor = self.cursor(panel);
        // As it is drawn: the panel may have another size than when the cursor last moved.
        match panel {
            Panel::Parameters => cursor.show(parameters::list_rows(inner)),
            Panel::Presets => cursor.show(presets::list_rows(inner)),
            _ => {}
        }
        let clicked = cursor.first + row;
        match panel {
            Panel::Parameters => {
                let length = self.recipe.parameters().len();
                if clicked >= length.min(cursor.first + parameters::list_rows(inner)) {
                    return;
                }
                let again = cursor.chosen == clicked;
                cursor.chosen = clicked;
                self.cursors.insert(panel, cursor);
                match parameters::arrow_at(inner, position.x) {
                    Some(false) => self.turn(Turn::FineDown, now),
                    Some(true) => self.turn(Turn::FineUp, now),
                    None if again => self.choose(),
                    None => {}
                }
            }
            Panel::Presets => {
                if clicked
                    >= self
                        .presets
                        .len()
                        .min(cursor.first + presets::list_rows(inner))
                {
                    return;
                }
                let again = cursor.chosen == clicked;
                cursor.chosen = clicked;
                self.cursors.insert(panel, cursor);
                if again {
                    self.choose();
                }
            }
            // Below the heading.
            Panel::Layers if (1..=self.run.term_count()).contains(&clicked) => {
                cursor.chosen = clicked - 1;
                self.cursors.insert(panel, cursor);
            }
            _ => {}
        }
    }
}
