//! What became of presets and pictures on the disk. UI thread.

use std::time::Instant;

use super::App;
use crate::dashboard::action::Panel;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Done, Effect, Task, Why};
use crate::preset::visible::visible;
use crate::preset::watch::Changed;
use crate::preset::{Loaded, Origin, PresetError};

impl App {
    pub(super) fn files_changed(&mut self, changed: &Changed) {
        if !changed.files.is_empty() {
            self.reload();
        }
        if changed.folders {
            self.effects.push(Effect::Task(Task::List));
        }
    }

    pub(super) fn done(&mut self, done: Done, now: Instant) {
        match done {
            Done::Loaded { why, result } => match why {
                Why::Changed => self.reloaded(result.map(|loaded| *loaded), now),
                Why::Chosen => self.chosen(result.map(|loaded| *loaded), now),
            },
            Done::Listed(presets) => {
                let first = self.presets.is_empty();
                self.presets = presets;
                if first {
                    self.point_at_active();
                }
                let length = self.presets.len();
                self.move_cursor(Panel::Presets, 0, length, usize::MAX);
            }
            Done::Chart(picture) => self.chart_drawn(picture, now),
            Done::Saved { is_result, result } => {
                self.saving = self.saving.saturating_sub(1);
                match result {
                    Ok(saved) => {
                        self.say(now, Tone::Good, saved.summary.clone());
                        if is_result {
                            self.result = Some(saved);
                        }
                    }
                    Err(error) => {
                        self.say(now, Tone::Error, error.clone());
                        if is_result {
                            self.lost = Some(error);
                        }
                    }
                }
                if self.exit.is_some() {
                    self.finish_leaving();
                }
            }
            Done::Written { is_new, result } => match result {
                Ok((path, loaded)) => {
                    let shown = visible(&path.display().to_string());
                    self.effects.push(Effect::Watch(loaded.files.clone()));
                    self.recipe.saved(*loaded);
                    self.confirmed = self.recipe.clone();
                    self.sent.clear();
                    let words = if is_new { "new preset" } else { "written to" };
                    self.say(now, Tone::Good, format!("{words} {shown}"));
                    self.effects.push(Effect::Task(Task::List));
                }
                Err(error) => self.say(now, Tone::Error, error.to_string()),
            },
        }
    }

    fn reloaded(&mut self, result: Result<Loaded, PresetError>, now: Instant) {
        let was_broken = self.recipe.broken().is_some();
        match &result {
            Ok(loaded) => self.effects.push(Effect::Watch(loaded.files.clone())),
            Err(error) => {
                // A base that is missing is noticed when it comes.
                let mut files = self.recipe.loaded().files.clone();
                files.extend_from_slice(error.files());
                self.effects.push(Effect::Watch(files));
                let name = visible(&self.recipe.loaded().name);
                let summary = error.summary();
                self.say(
                    now,
                    Tone::Error,
                    format!("{name} is not taken up, the run goes on as it was: {summary}"),
                );
            }
        }
        let mended = was_broken && result.is_ok();
        let differs = self.recipe.reload(result);
        if mended {
            let name = visible(&self.recipe.loaded().name);
            self.say(now, Tone::Good, format!("{name} is whole again"));
        }
        if differs {
            self.send_preset();
        } else if self.sent.is_empty() {
            self.confirmed = self.recipe.clone();
        }
    }

    /// A person chose another preset.
    fn chosen(&mut self, result: Result<Loaded, PresetError>, now: Instant) {
        match result {
            Ok(loaded) => {
                self.effects.push(Effect::Watch(loaded.files.clone()));
                let name = visible(&loaded.name);
                self.recipe = crate::dashboard::recipe::Recipe::new(loaded);
                self.say(now, Tone::Plain, format!("preset {name}"));
                self.cursors.remove(&Panel::Parameters);
                self.send_preset();
            }
            Err(error) => self.say(now, Tone::Error, error.summary()),
        }
    }

    fn point_at_active(&mut self) {
        let active = self
            .presets
            .iter()
            .position(|listed| self.is_active(listed));
        if let Some(chosen) = active {
            let mut cursor = self.cursor(Panel::Presets);
            cursor.chosen = chosen;
            self.cursors.insert(Panel::Presets, cursor);
        }
    }

    /// Whether this preset of the list is the one in use.
    pub(in crate::dashboard) fn is_active(&self, listed: &crate::preset::Listed) -> bool {
        let loaded = self.recipe.loaded();
        match (&listed.origin, &loaded.origin) {
            (Origin::File(one), Origin::File(other)) => {
                one == other
                    || one
                        .canonicalize()
                        .is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
            }
            (Origin::BuiltIn, Origin::BuiltIn) => listed.name == loaded.name,
            _ => false,
        }
    }
}
