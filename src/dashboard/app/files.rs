//! What became of presets and pictures on the disk. UI thread.

use std::path::Path;
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
                Why::Candidate(_) => {}
            },
            Done::Listed(presets) => {
                let first = self.presets.is_empty();
                self.presets = presets;
                self.find_active();
                if first && let Some(chosen) = self.active_preset {
                    let mut cursor = self.cursor(Panel::Presets);
                    cursor.chosen = chosen;
                    self.cursors.insert(Panel::Presets, cursor);
                }
                let length = self.presets.len();
                self.move_cursor(Panel::Presets, 0, length, usize::MAX);
            }
            Done::Chart(tag, picture) => self.chart_drawn(tag, picture, now),
            // From the comparison that it came from.
            Done::Joining(_) => {}
            Done::Saved { candidate, .. } if candidate != self.candidate => {}
            Done::Saved {
                is_result, result, ..
            } => {
                self.saving = self.saving.saturating_sub(1);
                if is_result {
                    let (text, is_error) = match &result {
                        Ok(saved) => (visible(&saved.summary), false),
                        Err(error) => (visible(error), true),
                    };
                    self.effects.push(Effect::Announce { text, is_error });
                }
                match result {
                    Ok(saved) => {
                        self.say(now, Tone::Good, saved.summary.clone());
                        if is_result {
                            self.lost = None;
                            self.result = Some(saved);
                        }
                    }
                    Err(error) => {
                        self.say(now, Tone::Error, error.clone());
                        if is_result {
                            self.lost = Some(error);
                            self.result_step = None;
                        }
                    }
                }
                if self.exit.is_some() {
                    self.finish_leaving();
                }
            }
            Done::Written {
                is_new,
                overrides,
                result,
            } => match result {
                Ok((path, loaded)) => {
                    let shown = visible(&path.display().to_string());
                    self.effects.push(Effect::Watch(loaded.files.clone()));
                    self.overrides = overrides;
                    let written = std::mem::take(&mut self.writing);
                    if self.recipe.written(*loaded, &written) {
                        self.send_preset();
                    } else if self.sent.is_empty() {
                        self.confirmed = self.recipe.clone();
                    }
                    let words = if is_new { "new preset" } else { "written to" };
                    self.say(now, Tone::Good, format!("{words} {shown}"));
                    self.effects.push(Effect::Task(Task::List));
                }
                Err(error) => self.say(now, Tone::Error, error.to_string()),
            },
        }
    }

    fn reloaded(&mut self, result: Result<Loaded, PresetError>, now: Instant) {
        if self.watched.is_some() {
            return self.watched_preset_read(result);
        }
        if let Ok(loaded) = &result
            && loaded.origin != self.recipe.loaded().origin
        {
            // Another preset was chosen meanwhile.
            return;
        }
        let was_broken = self.recipe.broken().is_some();
        match &result {
            Ok(loaded) => self.effects.push(Effect::Watch(loaded.files.clone())),
            Err(error) => {
                // A base that is missing is noticed when it comes.
                let mut files = self.recipe.loaded().files.clone();
                files.extend_from_slice(error.files());
                self.effects.push(Effect::Watch(files));
                let name = visible(&self.recipe.loaded().name);
                let fault = error.fault_and_place();
                let text = format!("{name} is not taken up: {fault}; the run goes on as it was");
                self.say(now, Tone::Error, text);
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
            Ok(loaded) if self.watched.is_some() => self.steer_to(&loaded, now),
            Ok(loaded) => {
                self.effects.push(Effect::Watch(loaded.files.clone()));
                let name = visible(&loaded.name);
                self.recipe = crate::dashboard::recipe::Recipe::new(loaded);
                self.say(now, Tone::Plain, format!("preset {name}"));
                self.cursors.remove(&Panel::Parameters);
                self.find_active();
                self.send_preset();
                // A save since it was read would go unnoticed otherwise.
                self.reload();
            }
            Err(error) => self.say(now, Tone::Error, error.summary()),
        }
    }

    /// Looks for the preset in use in the list. Links are followed here, and not whenever it is drawn.
    pub(super) fn find_active(&mut self) {
        let loaded = self.recipe.loaded();
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let own = match &loaded.origin {
            Origin::File(path) => Some(real(path)),
            Origin::BuiltIn | Origin::Text => None,
        };
        self.active_preset = self.presets.iter().position(|listed| match &listed.origin {
            Origin::File(path) => own.as_ref() == Some(&real(path)),
            Origin::BuiltIn => own.is_none() && listed.name == loaded.name,
            Origin::Text => false,
        });
    }
}
