//! What keys do. UI thread.

use std::time::Instant;

use terminput::{KeyCode, KeyEvent, KeyEventKind};

use super::action::{Action, BINDINGS};
use super::candidate::{Candidate, Over};
use super::dialog::{Dialog, PromoteForm, is_yes};
use super::layout::Panel;
use super::panel::{help, table};
use super::{Compare, Exit, Looking};
use crate::dashboard::action::find;
use crate::dashboard::dialog::{Answer, Leaving, scrolled};
use crate::dashboard::event_log::Tone;
use crate::dashboard::layout::Panels;
use crate::dashboard::message::Effect;
use crate::engine::message::Command;
use crate::preset::Origin;

/// Share of the visible part that one key moves it by.
const PAN: f32 = 0.25;
/// Share of the width that one key moves the divider by.
const DIVIDE: f32 = 0.05;
/// Lines of a page.
const PAGE: isize = 10;
/// Beyond all pages of pictures.
const MOST_PAGES: isize = 1000;

impl Compare {
    pub(super) fn key(&mut self, key: KeyEvent, now: Instant) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if let Some(dialog) = self.dialog.take() {
            self.dialog_key(dialog, key, now);
        } else if let Some(action) = find(BINDINGS, key, self.focus) {
            self.act(action, now);
        }
    }

    fn dialog_key(&mut self, dialog: Dialog, key: KeyEvent, now: Instant) {
        if find(BINDINGS, key, Panel::Chart) == Some(Action::Interrupt) {
            self.dialog = Some(dialog);
            self.act(Action::Interrupt, now);
            return;
        }
        match dialog {
            Dialog::Help(first) => {
                let most = help::lines(&self.theme, self.standing())
                    .len()
                    .saturating_sub(1);
                self.dialog = scrolled(first, most, key).map(Dialog::Help);
            }
            Dialog::Quit(choice) => match choice.answer(key) {
                Answer::Asking(choice) => self.dialog = Some(Dialog::Quit(choice)),
                Answer::Given(Leaving::Save) => self.leave(Exit::Saving),
                Answer::Given(Leaving::Stay) => {}
                Answer::Given(Leaving::Discard) => self.leave(Exit::Now),
            },
            Dialog::Part(choice) => match choice.answer(key) {
                (choice, false) => self.dialog = Some(Dialog::Part(choice)),
                (choice, true) => self.part(choice),
            },
            Dialog::Drop(number) => {
                if is_yes(key) {
                    self.drop_candidate(number, now);
                }
            }
            Dialog::Promote(form) => self.promote_key(form, key, now),
        }
    }

    fn promote_key(&mut self, mut form: Box<PromoteForm>, key: KeyEvent, now: Instant) {
        match key.code {
            KeyCode::Esc => return,
            KeyCode::Enter => {
                if self.promote(&mut form, now) {
                    return;
                }
            }
            _ => form.key(key),
        }
        self.dialog = Some(Dialog::Promote(form));
    }

    pub(super) fn act(&mut self, action: Action, now: Instant) {
        if self.is_attached() && self.act_on_attached(action, now) {
            return;
        }
        match action {
            Action::Quit => self.quit(),
            Action::Interrupt => {
                if matches!(self.dialog, Some(Dialog::Quit(_))) {
                    self.dialog = None;
                    self.interrupted = true;
                    self.leave(Exit::Saving);
                } else {
                    self.quit();
                }
            }
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Redraw => self.repaint = true,
            Action::Help => self.dialog = Some(Dialog::Help(0)),
            Action::Escape => self.escape(),
            Action::TogglePause => self.toggle_pause(now),
            Action::NextPanel => self.cycle_focus(1),
            Action::PreviousPanel => self.cycle_focus(Panel::ALL.len() - 1),
            Action::Maximise => {
                self.maximised = match self.maximised {
                    Some(_) => None,
                    None => Some(self.focus),
                };
            }
            Action::Choose(number) => {
                if self.numbers().contains(&number) {
                    self.choose(number);
                } else {
                    let text = format!("there is no candidate {}", number + 1);
                    self.hint(now, Tone::Notice, text);
                }
            }
            Action::Up => self.up_or_down(-1),
            Action::Down => self.up_or_down(1),
            Action::PageUp => self.up_or_down(-PAGE),
            Action::PageDown => self.up_or_down(PAGE),
            Action::First => self.up_or_down(isize::MIN),
            Action::Last => self.up_or_down(isize::MAX),
            Action::Left => self.left_or_right(-1),
            Action::Right => self.left_or_right(1),
            Action::Pick => self.pick(now),
            Action::Alone => self.look(Looking::Alone, now),
            Action::Beside => self.look(Looking::Beside, now),
            Action::Split => self.look(Looking::Split, now),
            Action::DividerLeft => self.view.move_split(-DIVIDE),
            Action::DividerRight => self.view.move_split(DIVIDE),
            Action::ZoomIn => self.zoom(true),
            Action::ZoomOut => self.zoom(false),
            Action::RealPixels => {
                if self.looking == Looking::Grid {
                    self.look(Looking::Alone, now);
                }
                self.view.real_pixels();
            }
            Action::Fit => self.view.fit(),
            Action::Drop => self.ask_to_drop(now),
            Action::Promote => self.ask_to_promote(now),
            Action::Join => self.join(now),
            Action::SavePicture => self.save_picture(now),
            Action::KeepSnapshot => {
                for candidate in &mut self.candidates {
                    if !candidate.is_over() {
                        candidate.timeline.ask();
                    }
                }
                self.effects.push(Effect::Engine(Command::Snapshot));
            }
            Action::EditPreset => self.edit(now),
            Action::NextMeasure => self.measure = self.measure.next(),
            Action::ToggleScale => self.loss_view.toggle_scale(),
            Action::NextWindow => self.loss_view.next_window(),
            Action::ToggleSeconds => self.by_seconds = !self.by_seconds,
        }
    }

    fn escape(&mut self) {
        if self.looking != Looking::Grid {
            self.looking = Looking::Grid;
            self.view.fit();
        } else if self.maximised.take().is_none() && self.offered.pop().is_none() {
            self.pair = [None; 2];
        }
    }

    fn toggle_pause(&mut self, now: Instant) {
        if self.shown().all(Candidate::is_over) {
            self.hint(now, Tone::Notice, "all are over");
        } else {
            self.effects.push(Effect::Engine(if self.is_paused {
                Command::Resume
            } else {
                Command::Pause
            }));
        }
    }

    fn cycle_focus(&mut self, by: usize) {
        let next = (self.focus.number() - 1 + by) % Panel::ALL.len();
        if let Some(panel) = Panel::ALL.get(next) {
            self.focus(*panel);
        }
    }

    pub(super) fn zoom(&mut self, larger: bool) {
        if let Some(layout) = self.large_layout() {
            if larger {
                self.view.zoom_in(&layout);
            } else {
                self.view.zoom_out(&layout);
            }
        }
    }

    fn ask_to_drop(&mut self, now: Instant) {
        let left = self.shown().count();
        match self.chosen() {
            _ if self.is_watching => {
                let text = "what is only watched cannot be dropped from here";
                self.hint(now, Tone::Notice, text);
            }
            Some(candidate) if candidate.is_from_before => {
                let text = "it came to its end before, and stays as it is";
                self.hint(now, Tone::Notice, text);
            }
            Some(candidate) if left > 1 && !candidate.is_dropped() => {
                self.dialog = Some(Dialog::Drop(candidate.number));
            }
            Some(candidate) if candidate.is_dropped() => {
                self.hint(now, Tone::Notice, "it was dropped already");
            }
            _ => self.hint(now, Tone::Notice, "the last one cannot be dropped"),
        }
    }

    fn drop_candidate(&mut self, number: usize, now: Instant) {
        let Some(candidate) = self.candidate(number) else {
            return;
        };
        if candidate.over == Some(Over::Failed) {
            // The engine does not know it any more.
            self.dropped(number, None, now);
        } else {
            // Building the rest of its lane again may take a while.
            let text = format!("dropping {}", candidate.name());
            self.hint(now, Tone::Plain, text);
            self.effects
                .push(Effect::Engine(Command::Drop { candidate: number }));
        }
    }

    fn ask_to_promote(&mut self, now: Instant) {
        let content = self.content.picture.dimensions();
        match self.chosen() {
            _ if self.is_watching => {
                let text = "what is only watched cannot be promoted from here";
                self.hint(now, Tone::Notice, text);
            }
            Some(candidate)
                if candidate.is_known_to_engine() && candidate.run.started.is_some() =>
            {
                let preset = candidate.recipe.preset();
                let form = PromoteForm::new(candidate.number, preset, content);
                self.dialog = Some(Dialog::Promote(Box::new(form)));
            }
            _ => self.hint(now, Tone::Notice, "this one cannot go on"),
        }
    }

    fn save_picture(&mut self, now: Instant) {
        let number = self.chosen;
        match self.chosen() {
            _ if self.is_watching => {
                let text = "what is only watched is not saved from here";
                self.hint(now, Tone::Notice, text);
            }
            Some(candidate) if candidate.is_over() && candidate.run.pictures.is_some() => {
                self.save(number, false);
            }
            Some(candidate) if candidate.run.started.is_some() && !candidate.is_over() => {
                self.save_wanted.push(number);
                self.effects.push(Effect::Engine(Command::Snapshot));
            }
            _ => self.hint(now, Tone::Notice, "there is no picture to save"),
        }
    }

    fn edit(&mut self, now: Instant) {
        let Some(candidate) = self.chosen() else {
            return;
        };
        match &candidate.recipe.loaded().origin {
            Origin::File(path) => self.effects.push(Effect::Edit(path.clone())),
            Origin::BuiltIn | Origin::Text => {
                let text = "this preset is built in: a copy in a folder of presets can be edited";
                self.hint(now, Tone::Notice, text);
            }
        }
    }

    pub(super) fn up_or_down(&mut self, by: isize) {
        match self.focus {
            Panel::Pictures if self.looking != Looking::Grid => {
                if let Some(layout) = self.large_layout() {
                    self.view.pan(0.0, PAN * by.signum() as f32, &layout);
                }
            }
            Panel::Pictures => {
                let all = self.arrangement();
                let columns = all.map_or(1, |all| isize::from(all.columns as i16));
                let places = all.map_or(1, |all| all.places() as isize);
                match by {
                    -1 | 1 => self.choose_next(by * columns, true),
                    isize::MIN => self.choose_next(-(places * MOST_PAGES), false),
                    isize::MAX => self.choose_next(places * MOST_PAGES, false),
                    _ => self.choose_next(by.signum() * places, false),
                }
            }
            Panel::Differences => {
                let rows = self.inner(Panel::Differences).map_or(1, table::body_rows);
                let most = table::row_count(self).saturating_sub(rows);
                self.table_first = self.table_first.saturating_add_signed(by).min(most);
            }
            Panel::Events => {
                // Lines are counted from the newest.
                let by = by.checked_neg().unwrap_or(isize::MAX);
                let most = self.events.entries().len().saturating_sub(1);
                self.events_scroll = self.events_scroll.saturating_add_signed(by).min(most);
            }
            Panel::Chart => {}
        }
    }

    fn left_or_right(&mut self, by: isize) {
        match self.focus {
            Panel::Pictures if self.looking != Looking::Grid => {
                if let Some(layout) = self.large_layout() {
                    self.view.pan(PAN * by as f32, 0.0, &layout);
                }
            }
            Panel::Pictures | Panel::Chart | Panel::Differences => self.choose_next(by, false),
            Panel::Events => {}
        }
    }
}
