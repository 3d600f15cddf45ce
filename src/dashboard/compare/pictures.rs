//! Which pictures stand where, what is asked of the engine for them, and what is made of its answer. UI
//! thread.

use std::time::Instant;

use ratatui::layout::Rect;

use super::arrangement::Arrangement;
use super::candidate::{Candidate, Over};
use super::layout::Panel;
use super::panel::dialog;
use super::{Compare, Looking};
use crate::dashboard::pictures::{Tile, Wanted, whole};
use crate::dashboard::preview::{EncodeTile, Layout, Quality, Subject, View, cell_pixels};
use crate::engine::message::{PictureRequest, Preview, Whose};
use crate::terminal::ask::Protocol;
use crate::terminal::output::OutputEvent;

/// A candidate's place among the pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) candidate: usize,
    /// All of it.
    pub(super) tile: Rect,
    /// Where the picture is, once its size is known.
    pub(super) layout: Option<Layout>,
    /// The text below it.
    pub(super) caption: Rect,
}

impl Candidate {
    /// Width and height of its picture, where that is known.
    fn picture_size(&self) -> Option<(u32, u32)> {
        let started = self.run.started.as_ref().map(|started| started.size);
        started.or(self.seen.as_ref().map(|seen| seen.size))
    }

    /// Whether the engine can say what its picture looks like.
    fn is_alive(&self) -> bool {
        // What a watched run left behind can be looked at as ever.
        let is_gone = matches!(self.over, Some(Over::Failed | Over::Dropped));
        (self.watched.is_some() || !is_gone) && self.run.started.is_some()
    }

    /// What is left of it takes the place of what the engine last sent.
    pub(super) fn take_own_picture(&mut self) {
        if let Some(pictures) = &self.run.pictures
            && let Some(picture) = pictures.of(self.number)
        {
            self.seen = Some(whole(self.number, pictures.step, picture));
        }
    }
}

impl Compare {
    /// How the tiles are arranged; `None` where there is no room.
    pub(super) fn arrangement(&self) -> Option<Arrangement> {
        let area = self.inner(Panel::Pictures)?;
        if area.is_empty() {
            return None;
        }
        let size = self
            .shown()
            .find_map(Candidate::picture_size)
            .unwrap_or_else(|| self.content.picture.dimensions());
        let cell = self.cell();
        Some(Arrangement::new(area, self.shown().count(), size, cell))
    }

    fn cell(&self) -> (u16, u16) {
        cell_pixels(self.pictures.protocol, self.pictures.cell)
    }

    /// The page of tiles that the chosen one is on, from 0, and how many pages there are.
    pub(super) fn page(&self) -> (usize, usize) {
        let Some(all) = self.arrangement() else {
            return (0, 1);
        };
        let numbers = self.numbers();
        let chosen = numbers.iter().position(|number| *number == self.chosen);
        let pages = numbers.len().div_ceil(all.places()).max(1);
        (chosen.unwrap_or(0) / all.places(), pages)
    }

    /// Where the candidates that are seen stand.
    pub(super) fn places(&self) -> Vec<Place> {
        let Some(all) = self.arrangement() else {
            return Vec::new();
        };
        let (page, _) = self.page();
        self.shown()
            .skip(page * all.places())
            .take(all.places())
            .enumerate()
            .map(|(index, candidate)| self.place(candidate, all.tile(index), all.caption_rows()))
            .collect()
    }

    fn place(&self, candidate: &Candidate, tile: Rect, caption_rows: u16) -> Place {
        let rows = tile.height.saturating_sub(caption_rows);
        let room = self.pictures.most(Rect {
            height: rows,
            ..tile
        });
        let layout = candidate
            .picture_size()
            .and_then(|size| View::default().layout(size, room, self.cell()));
        // The text follows the picture, and both are in the middle of the tile.
        let used = layout.map_or(rows, |layout| layout.cells.height);
        let top = tile.y + rows.saturating_sub(used) / 2;
        let layout = layout.map(|mut layout| {
            layout.cells.y = top;
            layout
        });
        Place {
            candidate: candidate.number,
            tile,
            layout,
            caption: Rect {
                y: top + used,
                height: caption_rows,
                ..tile
            }
            .intersection(tile),
        }
    }

    /// Where large pictures stand: below a line that names them.
    pub(super) fn large_area(&self) -> Option<Rect> {
        let area = self.inner(Panel::Pictures)?;
        Some(Rect {
            y: area.y + 1,
            height: area.height.checked_sub(1)?,
            ..area
        })
    }

    /// The view of one or two large pictures.
    fn large_view(&self) -> View {
        let subject = match self.looking {
            Looking::Grid | Looking::Alone => Subject::Result,
            Looking::Beside => Subject::Beside,
            Looking::Split => Subject::Split,
        };
        View {
            subject,
            ..self.view
        }
    }

    /// The first of those that are looked at, and the second.
    pub(super) fn looked_at(&self) -> [Option<usize>; 2] {
        match self.looking {
            Looking::Grid => [None; 2],
            Looking::Alone => [Some(self.chosen), None],
            Looking::Beside | Looking::Split => self.compared(),
        }
    }

    /// How one or two large pictures are laid out; `None` where all are shown.
    pub(super) fn large_layout(&self) -> Option<Layout> {
        let [first, _] = self.looked_at();
        let size = self.candidate(first?)?.picture_size()?;
        let area = self.pictures.most(self.large_area()?);
        self.large_view().layout(size, area, self.cell())
    }

    /// What is to be on the screen.
    fn wanted(&self) -> Option<Wanted> {
        let tiles = match self.looking {
            Looking::Grid => self
                .places()
                .into_iter()
                .filter_map(|place| {
                    Some(Tile {
                        view: View::default(),
                        layout: place.layout?,
                        candidate: place.candidate,
                        other: None,
                    })
                })
                .collect(),
            Looking::Alone => vec![Tile {
                view: self.large_view(),
                layout: self.large_layout()?,
                candidate: self.chosen,
                other: None,
            }],
            Looking::Beside | Looking::Split => {
                let [first, second] = self.compared();
                vec![Tile {
                    view: self.large_view(),
                    layout: self.large_layout()?,
                    candidate: second?,
                    other: first,
                }]
            }
        };
        (!tiles.is_empty()).then_some(Wanted {
            tiles,
            chart: None,
            snapshot: None,
        })
    }

    pub(super) fn ask_for_pictures(&mut self, now: Instant) {
        if self.pictures.protocol == Protocol::None {
            return;
        }
        if self.are_pictures_covered() {
            self.pictures.hide();
            return;
        }
        let wanted = self.wanted();
        let stepping = self.shown().any(Candidate::is_running);
        let Some(quality) = self.pictures.ask(wanted.clone(), stepping, now) else {
            return;
        };
        let Some(wanted) = wanted else { return };
        let any_alive = wanted
            .tiles
            .iter()
            .flat_map(|tile| [Some(tile.candidate), tile.other])
            .flatten()
            .any(|number| self.candidate(number).is_some_and(Candidate::is_alive));
        if any_alive {
            self.pictures.request(self.request(&wanted, quality));
        } else {
            self.encode(&wanted);
        }
    }

    /// What the engine is to be asked for.
    fn request(&self, wanted: &Wanted, quality: Quality) -> PictureRequest {
        let [first, second] = self.looked_at();
        let of = match (first, second) {
            (Some(first), Some(second)) => Whose::Two(first, second),
            (Some(one), None) => Whose::One(one),
            _ => Whose::All,
        };
        if let (Whose::One(_) | Whose::Two(..), [tile]) = (of, &wanted.tiles[..]) {
            return tile.layout.request(of, quality);
        }
        let places = || wanted.tiles.iter().map(|tile| tile.layout.place);
        let most = (
            places().map(|place| place.width).max().unwrap_or(1),
            places().map(|place| place.height).max().unwrap_or(1),
        );
        PictureRequest {
            of,
            region: None,
            most: quality.scaled(most),
        }
    }

    /// Pictures came from the engine.
    pub(super) fn preview(&mut self, preview: Preview) {
        for seen in &preview.pictures {
            if let Some(candidate) = self.candidate_mut(seen.candidate)
                && candidate.is_alive()
            {
                candidate.run.seen(seen.step);
                candidate.seen = Some(seen.clone());
            }
        }
        if self.pictures.answered(preview)
            && let Some(wanted) = self.pictures.wanted().cloned()
        {
            self.encode(&wanted);
        }
    }

    fn encode(&mut self, wanted: &Wanted) {
        let seen = |number: usize| {
            self.candidate(number)
                .and_then(|candidate| candidate.seen.clone())
        };
        let tiles = wanted
            .tiles
            .iter()
            .map(|tile| EncodeTile {
                view: tile.view,
                layout: tile.layout,
                result: seen(tile.candidate),
                other: tile.other.and_then(seen),
                snapshot: None,
            })
            .collect();
        self.pictures.encode(tiles);
    }

    /// The terminal has taken a frame or pictures.
    pub(super) fn written(&mut self, event: OutputEvent, now: Instant) {
        match event {
            OutputEvent::FrameWritten => self.pictures.frame_written(now),
            OutputEvent::PictureWritten { tag, seconds, .. } => {
                self.pictures.picture_written(tag, seconds, now);
            }
            OutputEvent::Failed(error) => {
                self.lose_screen(now, &format!("the terminal is gone ({error})"));
            }
        }
    }

    fn are_pictures_covered(&self) -> bool {
        let Some(open) = &self.dialog else {
            return false;
        };
        let is_own = self.shared.own_id().is_some();
        let covers =
            |area: Rect| dialog::area(open, self.screen(), Some(area), is_own).intersects(area);
        self.pictures.is_placed() && self.inner(Panel::Pictures).is_some_and(covers)
    }

    /// When the next pictures are due, if only time is missing.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let can = !self.unseen && !self.away && !self.are_pictures_covered();
        self.pictures
            .wake_at()
            .filter(|_| can && self.wanted().is_some())
    }

    pub(super) fn screen(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }
}
