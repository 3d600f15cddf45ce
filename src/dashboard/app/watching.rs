//! A run of another program, followed by its folder: what of this screen works as ever, what is asked of the run by
//! its `preset.toml`, and what only its own terminal can do. UI thread.

use std::time::{Duration, Instant};

use ratatui::style::Style;

use super::App;
use crate::dashboard::action::Action;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::Effect;
use crate::dashboard::preview::Subject;
use crate::dashboard::setup::Watching;
use crate::dashboard::theme::Theme;
use crate::engine::message::{EndReason, Pictures};
use crate::preset::visible::visible;
use crate::preset::{Loaded, PresetError, settings};
use crate::record::figure;
use crate::record::folder::description::State;
use crate::record::folder::follow::Sight;
use crate::record::folder::steering::Steered;

/// How often the words on the run are looked at: they count seconds.
const INTERVAL: Duration = Duration::from_millis(200);

/// What is known of the run that the engine's words do not tell.
#[derive(Debug)]
pub(in crate::dashboard) struct Watched {
    watching: Watching,
    sight: Sight,
    words: String,
    looked: Option<Instant>,
}

impl Watched {
    pub(super) fn new(watching: Watching) -> Self {
        Self {
            sight: watching.sighting.get(),
            watching,
            words: "looking".to_owned(),
            looked: None,
        }
    }

    pub(in crate::dashboard) fn id(&self) -> &str {
        &self.watching.id
    }

    /// Whether the run goes on, as far as it can be told.
    pub(in crate::dashboard) fn is_over(&self) -> bool {
        self.sight.is_over()
    }

    /// A mark, a word and a style for what the run is doing.
    pub(in crate::dashboard) fn state(&self, theme: &Theme) -> (&'static str, String, Style) {
        let (mark, style) = if self.sight.is_gone {
            ("×", theme.error)
        } else {
            match self.sight.state {
                State::Running if self.sight.is_paused => ("‖", theme.notice),
                State::Running if self.words.starts_with("silent") => ("?", theme.notice),
                State::Running => ("▶", theme.good),
                State::Completed => ("✓", theme.good),
                State::Stopped | State::Dropped => ("■", theme.notice),
                State::Failed | State::Killed => ("×", theme.error),
            }
        };
        (mark, visible(&self.words), style)
    }
}

impl App {
    /// Takes in how the run goes.
    pub(super) fn look_at_watched(&mut self, now: Instant) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        if watched.looked.is_some_and(|at| now < at + INTERVAL) {
            return;
        }
        watched.looked = Some(now);
        let sight = watched.watching.sighting.get();
        let words = sight.in_words(now);
        let was_gone = watched.sight.is_gone;
        let was_killed = watched.sight.state == State::Killed;
        self.dirty |= words != watched.words;
        let is_killed = sight.state == State::Killed && !was_killed;
        let is_gone = sight.is_gone && !was_gone;
        watched.sight = sight;
        watched.words = words;
        if is_gone {
            let text = "the run's folder is gone: what was read of it stays here";
            self.say(now, Tone::Error, text);
        } else if is_killed {
            let text = "the run was killed: its program ended without a word";
            self.say(now, Tone::Error, text);
        }
    }

    /// Does what an action means for a run of another program; false where it means what it always does.
    pub(super) fn act_on_watched(&mut self, action: Action, now: Instant) -> bool {
        let why = match action {
            Action::Quit | Action::Interrupt => {
                self.leave(super::Exit::Now);
                return true;
            }
            Action::SavePicture => {
                self.save_as_seen(now);
                return true;
            }
            Action::TogglePause => "this run is only watched: its own terminal can pause it",
            Action::Restart => "this run is only watched: its own terminal can begin it again",
            Action::GoBack => "this run is only watched: its own terminal can go back",
            Action::MeasureGradients => {
                "this run is only watched: what its own dashboard measures is shown here"
            }
            Action::KeepSnapshot => {
                "this run is only watched: it keeps snapshots by itself, [ and ] show them"
            }
            Action::WritePreset => {
                "every change is written into the run's preset.toml; W writes a new preset"
            }
            _ => return false,
        };
        self.hint(now, Tone::Notice, why);
        true
    }

    /// Saves the snapshot that is looked at, else the newest picture that the run has kept.
    pub(super) fn save_as_seen(&mut self, now: Instant) {
        let newest = self.run.pictures.take();
        let seen = match self.timeline.chosen() {
            Some(kept) => Some(Pictures {
                candidates: [self.candidate].into(),
                step: kept.step,
                pictures: vec![std::sync::Arc::clone(&kept.picture)],
            }),
            None => newest.clone(),
        };
        let is_there = seen
            .as_ref()
            .is_some_and(|pictures| !pictures.pictures.is_empty());
        self.run.pictures = seen;
        if is_there {
            self.save(false);
        } else {
            self.hint(now, Tone::Notice, "the run has not kept a picture yet");
        }
        self.run.pictures = newest;
    }

    /// The run's preset file was read, or is broken: the run says itself what it makes of that.
    pub(super) fn watched_preset_read(&mut self, result: Result<Loaded, PresetError>) {
        let result = result.map(|mut loaded| {
            if let Some(watched) = &self.watched {
                loaded.name.clone_from(&watched.watching.preset);
            }
            loaded
        });
        if result.is_ok() && !self.sent.is_empty() {
            // The run's answer is on its way, and what was turned meanwhile is not turned back.
            return;
        }
        self.recipe.reload(result);
        if self.recipe.broken().is_none() {
            self.confirmed = self.recipe.clone();
            self.in_force = self.recipe.preset().clone();
        }
    }

    /// Another preset was chosen for the run.
    pub(super) fn steer_to(&mut self, chosen: &Loaded, now: Instant) {
        let settings = settings(self.recipe.preset(), &chosen.preset);
        let name = visible(&chosen.name);
        match self.recipe.steer(settings) {
            Ok(true) => {
                self.send_preset();
                let text = format!("{name} goes into the run's preset.toml");
                self.say(now, Tone::Plain, text);
            }
            Ok(false) => self.hint(
                now,
                Tone::Notice,
                format!("the run is as {name} says already"),
            ),
            Err(error) => self.say(now, Tone::Error, error.summary()),
        }
    }

    /// A preset was saved in the folder of this program's own run.
    pub(super) fn steered(&mut self, steered: Steered, now: Instant) {
        match steered {
            Steered::Changed { settings, .. } => {
                let keys: Vec<String> = settings.iter().map(|set| visible(&set.key)).collect();
                let step = self.run.step;
                match self.recipe.steer(settings) {
                    Ok(true) => {
                        let text = format!("from the run's folder: {}", keys.join(", "));
                        self.events.add(now, step, Tone::Plain, text);
                        self.send_preset();
                    }
                    Ok(false) => {}
                    Err(error) => {
                        let why = error.summary();
                        let text = format!("from the run's folder, not taken up: {why}");
                        self.say(now, Tone::Error, text);
                        self.effects.push(Effect::RefuseSteering {
                            candidate: self.candidate,
                            why,
                        });
                    }
                }
            }
            Steered::Refused(why) => {
                let text = format!("from the run's folder, not taken up: {why}");
                self.say(now, Tone::Error, text);
            }
        }
    }

    /// The run came to its end.
    pub(super) fn watched_ended(
        &mut self,
        reason: EndReason,
        end: &Pictures,
        seconds: f64,
        now: Instant,
    ) {
        let pictures = Pictures {
            step: end.step,
            ..self.run.pictures.clone().unwrap_or_default()
        };
        let newest = self.run.pictures.take();
        self.run.end(reason, pictures, seconds);
        self.run.pictures = newest;
        let steps = figure::steps(end.step);
        let time = figure::elapsed(seconds);
        let word = match reason {
            EndReason::Completed | EndReason::BudgetSpent => "finished",
            EndReason::Stopped => "stopped",
        };
        self.say(now, Tone::Good, format!("{word}: {steps} in {time}"));
    }

    /// Why the picture that is looked at cannot be shown, where a run is watched whose pictures are not here.
    pub(in crate::dashboard) fn missing_picture(&self) -> Option<String> {
        let watching = &self.watched.as_ref()?.watching;
        if self.loss_view.as_picture {
            return None;
        }
        let why = match self.view.subject {
            Subject::Content | Subject::Difference | Subject::Split => &watching.no_content,
            Subject::Style => &watching.no_style,
            Subject::Result | Subject::Beside => &None,
        };
        why.clone()
    }
}
