//! What keys do. UI thread.

use std::time::Instant;

use terminput::{KeyCode, KeyEvent, KeyEventKind};

use super::{App, Cursor, Exit};
use crate::dashboard::action::{Action, Panel, action};
use crate::dashboard::dialog::{Answer, Dialog, Leaving, Prompt, Purpose, scrolled};
use crate::dashboard::event_log::Tone;
use crate::dashboard::layout::Panels;
use crate::dashboard::message::{Effect, Task, Why};
use crate::dashboard::panel::{help, parameters};
use crate::dashboard::parting::Parting;
use crate::dashboard::recipe::steps_in_all;
use crate::dashboard::run_state::Phase;
use crate::dashboard::task::name_of;
use crate::engine::message::Command;
use crate::preset::parameter::Turn;
use crate::preset::visible::visible;
use crate::preset::{Origin, Override};

/// Share of the visible part that one key moves it by.
const PAN: f32 = 0.25;
/// Share of the width that one key moves the divider by.
const DIVIDE: f32 = 0.05;

impl App {
    pub(super) fn key(&mut self, key: KeyEvent, now: Instant) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if let Some(dialog) = self.dialog.take() {
            self.dialog_key(dialog, key, now);
        } else if let Some(action) = action(key, self.focus) {
            self.act(action, now);
        }
    }

    fn dialog_key(&mut self, dialog: Dialog, key: KeyEvent, now: Instant) {
        if action(key, Panel::Losses) == Some(Action::Interrupt) {
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
            Dialog::Text(title, text, first) => {
                let most = text.lines().count().saturating_sub(1);
                self.dialog =
                    scrolled(first, most, key).map(|first| Dialog::Text(title, text, first));
            }
            Dialog::Quit(choice) => self.quit_key(choice, key),
            Dialog::Part(choice) => self.part_key(choice, key),
            Dialog::Prompt(prompt) => self.prompt_key(prompt, key),
        }
    }

    fn quit_key(&mut self, choice: Leaving, key: KeyEvent) {
        match choice.answer(key) {
            Answer::Asking(choice) => self.dialog = Some(Dialog::Quit(choice)),
            Answer::Given(Leaving::Save) => self.leave(Exit::Saving),
            Answer::Given(Leaving::Stay) => {}
            Answer::Given(Leaving::Discard) => {
                self.run.stop();
                self.leave(Exit::Now);
            }
        }
    }

    fn part_key(&mut self, choice: Parting, key: KeyEvent) {
        match choice.answer(key) {
            (choice, false) => self.dialog = Some(Dialog::Part(choice)),
            (Parting::Detach, true) => self.detach(),
            (Parting::Stay, true) => {}
            (Parting::Stop, true) => self.stop_attached(),
        }
    }

    fn prompt_key(&mut self, mut prompt: Prompt, key: KeyEvent) {
        match key.code {
            KeyCode::Esc => return,
            KeyCode::Enter => {
                let text = prompt.input.value().trim().to_owned();
                match self.typed(&prompt.purpose, &text) {
                    Ok(()) => return,
                    Err(error) => prompt.error = Some(error),
                }
            }
            _ => prompt.key(key),
        }
        self.dialog = Some(Dialog::Prompt(prompt));
    }

    /// Uses what was typed, or says what is wrong with it.
    fn typed(&mut self, purpose: &Purpose, text: &str) -> Result<(), String> {
        match purpose {
            Purpose::Value(key) => {
                let change = Override {
                    key: key.clone(),
                    value: text.to_owned(),
                };
                match self.recipe.set(change) {
                    Ok(true) => self.send_preset(),
                    Ok(false) => {}
                    Err(error) => return Err(without_place(&error.summary())),
                }
            }
            Purpose::PresetName => {
                if text.is_empty() {
                    return Err("a name is needed, such as `mine`".to_owned());
                }
                let overrides = self.begin_writing();
                self.effects.push(Effect::Task(Task::WriteAs {
                    loaded: Box::new(self.recipe.loaded().clone()),
                    wanted: Box::new(self.recipe.preset().clone()),
                    name: text.to_owned(),
                    overrides,
                }));
            }
            Purpose::MoreSteps => {
                let more: u64 = text
                    .replace(['_', ' '], "")
                    .parse()
                    .map_err(|_| "expected a whole number, such as 200".to_owned())?;
                let base = match self.run.phase() {
                    Phase::Finished => self.run.step,
                    _ => self.recipe.steps(),
                };
                let change = steps_in_all(base.saturating_add(more), self.recipe.preset());
                if self
                    .recipe
                    .set(change)
                    .map_err(|error| without_place(&error.summary()))?
                {
                    self.send_preset();
                }
            }
        }
        Ok(())
    }

    /// Tells the engine the preset as it is now.
    pub(in crate::dashboard) fn send_preset(&mut self) {
        self.sent.push(self.recipe.clone());
        self.effects.push(Effect::Engine(Command::ChangePreset {
            candidate: self.candidate,
            preset: Box::new(self.recipe.preset().clone()),
        }));
    }

    pub(super) fn act(&mut self, action: Action, now: Instant) {
        if self.watched.is_some() && self.act_on_watched(action, now) {
            return;
        }
        if self.is_attached() && self.act_on_attached(action, now) {
            return;
        }
        match action {
            Action::Quit => self.quit(),
            Action::Interrupt => {
                if matches!(self.dialog, Some(Dialog::Part(_))) {
                    self.dialog = None;
                    self.interrupted = true;
                    self.detach();
                } else if matches!(self.dialog, Some(Dialog::Quit(_))) {
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
            Action::Focus(panel) => self.focus(panel),
            Action::Maximise => {
                self.maximised = match self.maximised {
                    Some(_) => None,
                    None => Some(self.focus),
                };
            }
            Action::SavePicture => self.save_picture(now),
            Action::EditPreset => self.edit(now),
            Action::WritePreset => self.write_preset(now),
            Action::WritePresetAs => self.prompt(Purpose::PresetName, String::new()),
            Action::Restart => self.restart(now),
            Action::MoreSteps => {
                let steps = self.recipe.steps().to_string();
                self.prompt(Purpose::MoreSteps, steps);
            }
            Action::Undo => {
                if self.recipe.undo() {
                    self.send_preset();
                } else {
                    self.hint(now, Tone::Notice, "nothing to undo");
                }
            }
            Action::Revert => {
                if self.recipe.revert() {
                    self.send_preset();
                } else {
                    self.hint(now, Tone::Notice, "all values are as in the file");
                }
            }
            Action::ToggleScale => self.loss_view.toggle_scale(),
            Action::NextWindow => self.loss_view.next_window(),
            Action::ToggleChartPicture => self.toggle_chart_picture(now),
            Action::NextSubject | Action::PreviousSubject => {
                self.next_subject(action == Action::PreviousSubject);
            }
            Action::ZoomIn => self.zoom(true),
            Action::ZoomOut => self.zoom(false),
            Action::RealPixels => self.view.real_pixels(),
            Action::Fit => self.view.fit(),
            Action::DividerLeft => self.view.move_split(-DIVIDE),
            Action::DividerRight => self.view.move_split(DIVIDE),
            Action::KeepSnapshot => {
                self.timeline.ask();
                self.effects.push(Effect::Engine(Command::Snapshot));
            }
            Action::SnapshotBack => {
                self.timeline.back();
                if self.timeline.chosen().is_none() {
                    self.hint(now, Tone::Notice, "no snapshot yet; t keeps one");
                }
            }
            Action::SnapshotForward => self.timeline.forward(),
            Action::Beside => self.beside(now),
            Action::GoBack => self.go_back(now),
            Action::MeasureGradients => {
                self.wants_gradient = true;
                self.measure_gradients();
            }
            Action::Up => self.up_or_down(-1),
            Action::Down => self.up_or_down(1),
            Action::PageUp => self.up_or_down(-10),
            Action::PageDown => self.up_or_down(10),
            Action::First => self.up_or_down(isize::MIN),
            Action::Last => self.up_or_down(isize::MAX),
            Action::Left | Action::Right | Action::CoarseLeft | Action::CoarseRight => {
                self.left_or_right(action, now);
            }
            Action::Choose => self.choose(),
        }
    }

    fn quit(&mut self) {
        if self.is_attached() {
            self.dialog = Some(Dialog::Part(Parting::Detach));
            return;
        }
        let nothing_to_save = self.run.has_failed() && self.run.pictures.is_none();
        if nothing_to_save || self.result_is_current() {
            self.leave(Exit::Now);
        } else {
            self.dialog = Some(Dialog::Quit(Leaving::Save));
        }
    }

    fn escape(&mut self) {
        if self.maximised.take().is_none() {
            self.timeline.now();
        }
    }

    fn toggle_pause(&mut self, now: Instant) {
        match self.run.phase() {
            Phase::Paused => self.effects.push(Effect::Engine(Command::Resume)),
            Phase::Running | Phase::Preparing(_) => {
                self.effects.push(Effect::Engine(Command::Pause));
            }
            Phase::Finished => {
                self.prompt(Purpose::MoreSteps, self.recipe.steps().to_string());
            }
            Phase::Stopping | Phase::Failed(_) => {
                self.hint(now, Tone::Notice, "the run is over");
            }
        }
    }

    fn cycle_focus(&mut self, by: usize) {
        let index = self.focus.number() - 1;
        let next = (index + by) % Panel::ALL.len();
        if let Some(panel) = Panel::ALL.get(next) {
            self.focus(*panel);
        }
    }

    pub(super) fn prompt(&mut self, purpose: Purpose, text: String) {
        self.dialog = Some(Dialog::Prompt(Prompt::new(purpose, text)));
    }

    fn save_picture(&mut self, now: Instant) {
        if self.run.has_failed() {
            if self.run.pictures.is_some() {
                self.save(false);
            } else {
                self.say(now, Tone::Error, "there is no picture to save");
            }
        } else if self.run.started.is_none() {
            self.hint(now, Tone::Notice, "there is no picture yet");
        } else {
            self.save_wanted += 1;
            self.effects.push(Effect::Engine(Command::Snapshot));
        }
    }

    fn edit(&mut self, now: Instant) {
        match &self.recipe.loaded().origin {
            Origin::File(path) => self.effects.push(Effect::Edit(path.clone())),
            Origin::BuiltIn | Origin::Text => {
                self.hint(
                    now,
                    Tone::Notice,
                    "this preset is built in: W writes it as a file, which e can open then",
                );
            }
        }
    }

    fn write_preset(&mut self, now: Instant) {
        let name = visible(&self.recipe.loaded().name);
        if !self.recipe.is_changed() {
            self.hint(
                now,
                Tone::Notice,
                format!("{name} says all of this already"),
            );
            return;
        }
        match &self.recipe.loaded().origin {
            Origin::File(_) => {
                let overrides = self.begin_writing();
                self.effects.push(Effect::Task(Task::Write {
                    loaded: Box::new(self.recipe.loaded().clone()),
                    wanted: Box::new(self.recipe.preset().clone()),
                    overrides,
                }));
            }
            Origin::BuiltIn | Origin::Text => {
                self.hint(
                    now,
                    Tone::Notice,
                    format!("{name} is built in: give the new preset a name"),
                );
                self.prompt(Purpose::PresetName, String::new());
            }
        }
    }

    /// What the command line is to lay over the file once the edits are in it: what was turned by hand is
    /// not to be turned back.
    fn begin_writing(&mut self) -> Vec<Override> {
        self.writing = self.recipe.edits();
        let mut overrides = self.overrides.clone();
        overrides.retain(|given| !self.writing.contains_key(&given.key));
        overrides
    }

    fn restart(&mut self, now: Instant) {
        if self.run.has_failed() {
            self.hint(now, Tone::Notice, "the run is over");
            return;
        }
        // What is there now can be gone back to.
        self.effects.push(Effect::Engine(Command::Snapshot));
        self.effects.push(Effect::Engine(Command::Restart));
        self.result = None;
    }

    fn zoom(&mut self, larger: bool) {
        if let Some(layout) = self.picture_layout() {
            if larger {
                self.view.zoom_in(&layout);
            } else {
                self.view.zoom_out(&layout);
            }
        }
    }

    fn beside(&mut self, now: Instant) {
        if self.timeline.chosen().is_none() {
            self.timeline.back();
        }
        if self.timeline.chosen().is_none() {
            self.hint(now, Tone::Notice, "no snapshot yet; t keeps one");
        } else {
            self.toggle_beside();
        }
    }

    fn go_back(&mut self, now: Instant) {
        let Some(kept) = self.timeline.chosen() else {
            self.hint(now, Tone::Notice, "choose a snapshot with [ first");
            return;
        };
        let snapshot = kept.number;
        // So that this can be undone in the same way.
        self.effects.push(Effect::Engine(Command::Snapshot));
        self.effects
            .push(Effect::Engine(Command::GoBack { snapshot }));
    }

    /// How many lines the list of `panel` has, and how many are seen.
    fn list(&self, panel: Panel) -> (usize, usize) {
        let rows = self.inner(panel).map_or(1, |area| usize::from(area.height));
        match panel {
            Panel::Parameters => (
                self.recipe.parameters().len(),
                self.inner(panel).map_or(1, parameters::list_rows),
            ),
            Panel::Presets => (self.presets.len(), rows),
            Panel::Layers => (self.run.term_count(), rows.saturating_sub(1)),
            Panel::Losses | Panel::Preview | Panel::Events => (0, rows),
        }
    }

    pub(super) fn up_or_down(&mut self, by: isize) {
        match self.focus {
            Panel::Parameters | Panel::Presets | Panel::Layers => {
                let (length, rows) = self.list(self.focus);
                self.move_cursor(self.focus, by, length, rows);
            }
            Panel::Events => {
                // Lines are counted from the newest.
                let by = by.checked_neg().unwrap_or(isize::MAX);
                let most = self.events.entries().len().saturating_sub(1);
                self.events_scroll = self.events_scroll.saturating_add_signed(by).min(most);
            }
            Panel::Preview => {
                if let Some(layout) = self.picture_layout() {
                    self.view.pan(0.0, PAN * by.signum() as f32, &layout);
                }
            }
            Panel::Losses => {}
        }
    }

    pub(super) fn move_cursor(&mut self, panel: Panel, by: isize, length: usize, rows: usize) {
        let mut cursor: Cursor = self.cursor(panel);
        cursor.step(by, length, rows);
        self.cursors.insert(panel, cursor);
    }

    fn left_or_right(&mut self, action: Action, now: Instant) {
        match self.focus {
            Panel::Parameters => {
                let turn = match action {
                    Action::Left => Turn::FineDown,
                    Action::Right => Turn::FineUp,
                    Action::CoarseLeft => Turn::CoarseDown,
                    _ => Turn::CoarseUp,
                };
                self.turn(turn, now);
            }
            Panel::Preview => {
                let right = if action == Action::Left { -PAN } else { PAN };
                if let Some(layout) = self.picture_layout() {
                    self.view.pan(right, 0.0, &layout);
                }
            }
            _ => {}
        }
    }

    pub(super) fn turn(&mut self, turn: Turn, now: Instant) {
        let chosen = self.cursor(Panel::Parameters).chosen;
        let Some(parameter) = self.recipe.parameters().into_iter().nth(chosen) else {
            return;
        };
        match self.recipe.turn(&parameter.key, turn) {
            Ok(true) => self.send_preset(),
            Ok(false) => self.hint(
                now,
                Tone::Notice,
                format!("{} goes no further", parameter.key),
            ),
            Err(error) => self.hint(now, Tone::Error, error.summary()),
        }
    }

    pub(super) fn choose(&mut self) {
        match self.focus {
            Panel::Parameters => {
                let chosen = self.cursor(Panel::Parameters).chosen;
                if let Some(parameter) = self.recipe.parameters().into_iter().nth(chosen) {
                    self.prompt(Purpose::Value(parameter.key), parameter.value);
                }
            }
            Panel::Presets => {
                let chosen = self.cursor(Panel::Presets).chosen;
                let Some(listed) = self.presets.get(chosen) else {
                    return;
                };
                match &listed.description {
                    Ok(_) => {
                        let name = match &listed.origin {
                            Origin::File(path) => path.to_string_lossy().into_owned(),
                            _ => listed.name.clone(),
                        };
                        self.effects.push(Effect::Task(Task::Load {
                            name,
                            overrides: self.overrides.clone(),
                            why: Why::Chosen,
                        }));
                    }
                    Err(error) => {
                        let title = format!("{} cannot be used", visible(&listed.name));
                        self.dialog = Some(Dialog::Text(title, error.render(false), 0));
                    }
                }
            }
            _ => {}
        }
    }

    /// Reads the preset again, as its file is now.
    pub(super) fn reload(&mut self) {
        self.effects.push(Effect::Task(Task::Load {
            name: name_of(self.recipe.loaded()),
            overrides: self.overrides.clone(),
            why: Why::Changed,
        }));
    }
}

/// What was typed just now has no line and column worth naming.
fn without_place(summary: &str) -> String {
    summary
        .strip_prefix("command line:")
        .and_then(|rest| Some(rest.split_once(": ")?.1))
        .unwrap_or(summary)
        .to_owned()
}
