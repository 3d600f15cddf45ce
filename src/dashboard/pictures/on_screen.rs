//! What of the pictures is on the screen and what is on its way there. UI thread.
//!
//! Pictures that are placed over the text need blank cells beneath: those are drawn first, and left
//! untouched from then on. Pictures made of text are drawn with the frames, as much as the link takes.

use std::time::Instant;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Position, Rect};

use super::{Pictures, Slot, Stage, Wanted};
use crate::dashboard::message::Effect;
use crate::dashboard::preview::{Frame, Painted, copy_changed};
use crate::terminal::ask::Protocol;

/// Text of pictures in one frame where the speed of the link is not known, in bytes.
const UNKNOWN_LINK_CELLS: usize = 64 << 10;
/// How long the cells of pictures may keep the link busy before a key is answered, in seconds.
const CELLS_SECONDS: f64 = 0.08;

impl Pictures {
    pub(super) fn paint(&mut self, frame: Box<Frame>, now: Instant) {
        let (mut clears, mut draws) = (false, false);
        for tile in &frame.tiles {
            let Some(slot) = self.slots.get_mut(tile.index) else {
                continue;
            };
            match &tile.painted {
                Painted::Cells(cells) => {
                    slot.target = Some(cells.clone());
                    draws = true;
                }
                Painted::Placed { cells, .. } if slot.placed != Some(*cells) => {
                    slot.placed = None;
                    clears = true;
                }
                Painted::Placed { .. } | Painted::Placeholders { .. } => {}
            }
        }
        if draws {
            self.show_steps(&frame.steps);
            self.stage = Stage::Drawing(now);
        } else if clears {
            self.stage = Stage::Clearing(frame);
        } else {
            self.write(frame);
        }
    }

    /// The pictures that are seen are of these steps.
    pub(super) fn show_steps(&mut self, steps: &[u64]) {
        for (slot, step) in self.slots.iter_mut().zip(steps) {
            slot.step = Some(*step);
        }
    }

    fn write(&mut self, frame: Box<Frame>) {
        let pieces = frame.tiles.iter().flat_map(|tile| tile.painted.pieces());
        self.effects.push(Effect::WritePicture {
            tag: frame.tag,
            pieces: pieces.cloned().collect(),
        });
        for tile in &frame.tiles {
            if let (Painted::Placed { cells, .. }, Some(slot)) =
                (&tile.painted, self.slots.get_mut(tile.index))
            {
                slot.placed = Some(*cells);
            }
        }
        self.stage = Stage::Writing(frame);
    }

    /// The terminal has taken all pieces of a frame of pictures.
    pub(in crate::dashboard) fn picture_written(&mut self, tag: u64, seconds: f64, now: Instant) {
        if std::mem::take(&mut self.spoilt) {
            self.budget.written(now, seconds);
            self.budget.given_up();
            if self.protocol == Protocol::KittyDirect {
                self.effects.push(Effect::DeletePictures);
            }
            self.repaint = true;
        }
        if !matches!(&self.stage, Stage::Writing(frame) if frame.tag == tag) {
            return;
        }
        if let Stage::Writing(frame) = std::mem::replace(&mut self.stage, Stage::Making) {
            self.show_steps(&frame.steps);
            let wanted: Vec<Rect> = self.wanted.iter().flat_map(Wanted::cells).collect();
            for tile in frame.tiles {
                if let (Painted::Placeholders { cells, .. }, Some(slot)) =
                    (tile.painted, self.slots.get_mut(tile.index))
                    // Others may have moved there since.
                    && wanted.get(tile.index) == Some(&cells.area)
                {
                    slot.target = Some(cells);
                    slot.drawn = None;
                }
            }
            self.budget.written(now, seconds);
            self.dirty = true;
        }
    }

    /// The terminal has taken a frame of text.
    pub(in crate::dashboard) fn frame_written(&mut self, now: Instant) {
        match std::mem::replace(&mut self.stage, Stage::Making) {
            // The frame that is out may be one from before the blanks were drawn: `blanks_drawn` says so.
            Stage::Clearing(frame) if self.blanks_drawn => {
                self.blanks_drawn = false;
                self.write(frame);
                self.dirty = true;
            }
            Stage::Drawing(since) => {
                let is_done = |slot: &Slot| slot.target.is_none() || slot.drawn == slot.target;
                if self.slots.iter().all(is_done) {
                    let seconds = now.duration_since(since).as_secs_f64();
                    self.budget.written(now, seconds);
                } else {
                    self.stage = Stage::Drawing(since);
                    self.dirty = true;
                }
            }
            other => self.stage = other,
        }
    }

    /// Before a frame is drawn: how much of pictures made of text goes with it.
    pub(in crate::dashboard) fn prepare_cells(&mut self) {
        self.blanks_drawn = matches!(self.stage, Stage::Clearing(_));
        let mut budget = self.link.map_or(UNKNOWN_LINK_CELLS, |link| {
            ((link * CELLS_SECONDS) as usize).clamp(2 << 10, 256 << 10)
        });
        for slot in &mut self.slots {
            let Some(target) = &slot.target else {
                continue;
            };
            let drawn = slot.drawn.get_or_insert_with(|| Buffer::empty(target.area));
            if drawn.area != target.area {
                *drawn = Buffer::empty(target.area);
            }
            if self.protocol == Protocol::KittyPlaceholders {
                drawn.clone_from(target);
                continue;
            }
            let at = Position::new(target.area.x, target.area.y);
            let copied = copy_changed(target, drawn, at, budget);
            if copied.more {
                return;
            }
            budget = budget.saturating_sub(copied.bytes);
        }
    }

    /// Draws what there is of pictures within `area`, and keeps what is placed there untouched. Whether there
    /// was any.
    pub(in crate::dashboard) fn render(&self, area: Rect, buffer: &mut Buffer) -> bool {
        let mut any = false;
        for slot in &self.slots {
            if let Some(cells) = slot.placed {
                any = true;
                for position in cells.intersection(area).positions() {
                    if let Some(cell) = buffer.cell_mut(position) {
                        cell.set_diff_option(CellDiffOption::Skip);
                    }
                }
            } else if let Some(cells) = &slot.drawn {
                any = true;
                for position in cells.area.intersection(area).positions() {
                    if let (Some(to), Some(from)) =
                        (buffer.cell_mut(position), cells.cell(position))
                    {
                        to.clone_from(from);
                    }
                }
            }
        }
        any
    }

    /// The step of the picture on the screen.
    pub(in crate::dashboard) fn shown_step(&self, tile: usize) -> Option<u64> {
        self.slots.get(tile)?.step
    }

    /// The cells that placed pictures cover and nothing else may touch.
    #[cfg(test)]
    pub(in crate::dashboard) fn untouched(&self) -> Vec<Rect> {
        self.slots.iter().filter_map(|slot| slot.placed).collect()
    }

    /// The screen was cleared or something else is to stand there: nothing of the pictures is left.
    fn reset(&mut self) {
        if matches!(self.stage, Stage::Writing(_)) {
            // It comes to its end in any case, and the next one waits for that.
            self.spoilt = true;
            self.budget.changed();
        } else if !self.spoilt {
            self.budget.given_up();
        }
        // What the encoder is at is for another place.
        self.tag += 1;
        self.stage = Stage::Making;
        self.slots.clear();
        self.waits_for = None;
        self.wanted = None;
    }

    /// Takes placed pictures off the screen: text is drawn where they were.
    pub(in crate::dashboard) fn hide(&mut self) {
        let had_any = self
            .slots
            .iter()
            .any(|slot| slot.placed.is_some() || slot.drawn.is_some());
        self.reset();
        if had_any {
            self.effects.push(Effect::ForgetPictures);
            if self.protocol == Protocol::KittyDirect {
                self.effects.push(Effect::DeletePictures);
            }
            self.dirty = true;
        }
    }

    /// Everything is to be written again: so are the pictures.
    pub(in crate::dashboard) fn forget(&mut self) {
        self.reset();
        self.effects.push(Effect::ForgetPictures);
    }

    /// The terminal is this program's again: what was on its way there was dropped.
    pub(in crate::dashboard) fn come_back(&mut self) {
        self.spoilt = false;
        self.stage = Stage::Making;
        self.budget.given_up();
        self.repaint = true;
    }
}
