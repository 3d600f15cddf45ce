//! Others who look at the same run, from other terminals: what is heard of them, and what is different where this screen
//! is one of those that are attached and the run is another program's. UI thread.

use std::time::Instant;

use super::{App, Exit};
use crate::attach::company::{Company, Deed};
use crate::dashboard::action::{Action, Panel};
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::Effect;
use crate::dashboard::run_state::Phase;
use crate::dashboard::setup::{Farewell, Sharing};
use crate::engine::message::{Command, EndReason, Pictures};
use crate::preset::visible::visible;
use crate::preset::{Change, Loaded, Preset, settings};
use crate::record::figure;

/// How this screen stands to the run, and who else looks at it.
#[derive(Debug)]
pub(in crate::dashboard) struct Shared {
    sharing: Sharing,
    /// Terminals that are attached.
    attached: usize,
    /// Everything from before has been told.
    is_up_to_date: bool,
    /// The next preset is another terminal's.
    expects_preset: bool,
    /// The run's program is gone: a word or two, and whether that is an error.
    lost: Option<(String, bool)>,
    /// What is printed at the end.
    last_words: Option<String>,
}

impl Shared {
    pub(super) fn new(sharing: Sharing) -> Self {
        let attached = match &sharing {
            Sharing::Attached { attached, .. } => *attached,
            Sharing::Alone | Sharing::Own { .. } => 0,
        };
        Self {
            is_up_to_date: !matches!(sharing, Sharing::Attached { .. }),
            sharing,
            attached,
            expects_preset: false,
            lost: None,
            last_words: None,
        }
    }

    /// What the run is called, where this screen is attached to it.
    pub(in crate::dashboard) fn attached_to(&self) -> Option<&str> {
        match &self.sharing {
            Sharing::Attached { id, .. } => Some(id),
            Sharing::Alone | Sharing::Own { .. } => None,
        }
    }

    /// What `stylescope attach` takes to come to this program's own run.
    pub(in crate::dashboard) fn own_id(&self) -> Option<&str> {
        match &self.sharing {
            Sharing::Own { id } => Some(id),
            Sharing::Alone | Sharing::Attached { .. } => None,
        }
    }

    /// What became of the run's program, where it is gone, and whether that is an error.
    pub(in crate::dashboard) fn lost(&self) -> Option<(&str, bool)> {
        let (state, is_error) = self.lost.as_ref()?;
        Some((state, *is_error))
    }

    /// Whether somebody sees the run at another terminal.
    pub(super) fn has_viewers(&self) -> bool {
        self.attached > 0
    }
}

impl App {
    /// Whether the run is another program's, and steered from here.
    pub(in crate::dashboard) fn is_attached(&self) -> bool {
        self.shared.attached_to().is_some()
    }

    /// Whether the run's program is gone.
    pub(in crate::dashboard) fn is_cut_off(&self) -> bool {
        self.shared.lost.is_some()
    }

    /// Whether nobody sees the run any more.
    pub(super) fn is_deserted(&self) -> bool {
        self.unseen && !self.shared.has_viewers()
    }

    /// News of the others.
    pub(super) fn company(&mut self, company: Company, now: Instant) {
        match company {
            Company::Came { attached } => {
                self.shared.attached = attached;
                let text = format!("another terminal is attached ({attached} now)");
                self.say(now, Tone::Notice, text);
            }
            Company::Left { attached, is_lost } => {
                self.shared.attached = attached;
                let text = format!("a terminal left ({attached} attached)");
                self.say(now, Tone::Notice, text);
                self.left_alone(is_lost);
            }
            Company::Acted(Deed::ChangedPreset) => self.shared.expects_preset = true,
            Company::Acted(deed) => {
                let text = format!("another terminal {}", deed.in_words());
                self.say(now, Tone::Notice, text);
            }
            Company::Said { text, is_error } => {
                let tone = if is_error { Tone::Error } else { Tone::Notice };
                self.shared.last_words = Some(text.clone());
                self.say(now, tone, text);
            }
            Company::UpToDate => self.shared.is_up_to_date = true,
            Company::Lost {
                state,
                why,
                is_error,
            } => self.lose_run((state, is_error), why, now),
        }
    }

    /// A terminal left. Where it was the last one that saw the run, nobody would let it go on or end; but a run that a
    /// person paused before leaving stays so.
    fn left_alone(&mut self, is_lost: bool) {
        if !self.is_deserted() || self.exit.is_some() || self.is_attached() {
            return;
        }
        if self.run.has_failed() {
            self.leave(Exit::Saving);
        } else if self.run.phase() == Phase::Finished {
            self.leave_finished();
        } else if self.run.is_paused() && is_lost {
            self.effects.push(Effect::Engine(self.run.way_out()));
        }
    }

    fn lose_run(&mut self, lost: (String, bool), why: String, now: Instant) {
        let tone = if lost.1 { Tone::Error } else { Tone::Notice };
        self.shared.lost = Some(lost);
        self.pictures.refused(now);
        self.say(now, tone, why.clone());
        if self.exit.is_some() {
            // What the run's program said last of its result is worth more.
            self.shared.last_words.get_or_insert(why);
            self.leave(Exit::Now);
        }
    }

    /// A preset is in force that was not sent from here: the parameters follow. True where another terminal's was
    /// expected.
    pub(super) fn adopt(&mut self, preset: &Preset) -> bool {
        let wanted = settings(self.recipe.preset(), preset);
        let is_taken = wanted.is_empty() || self.recipe.steer(wanted).is_ok();
        if !is_taken {
            // As when another preset is chosen.
            let loaded = Loaded {
                preset: preset.clone(),
                ..self.recipe.loaded().clone()
            };
            self.recipe = crate::dashboard::recipe::Recipe::new(loaded);
        }
        std::mem::take(&mut self.shared.expects_preset)
    }

    /// Says at the bottom that somebody else changed something.
    pub(super) fn say_changed_elsewhere(&mut self, changes: &[Change], now: Instant) {
        if let [change, ..] = changes {
            let more = match changes.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            let change = visible(&change.to_string());
            let text = format!("changed at another terminal: {change}{more}");
            self.hint(now, Tone::Notice, text);
        }
    }

    /// Does what an action means for a run of another program; false where it means what it always does.
    pub(super) fn act_on_attached(&mut self, action: Action, now: Instant) -> bool {
        let needs_run = match action {
            Action::Quit | Action::Interrupt if self.is_cut_off() || self.exit.is_some() => {
                self.leave(Exit::Now);
                return true;
            }
            Action::SavePicture if self.is_cut_off() => {
                self.save_as_seen(now);
                return true;
            }
            Action::TogglePause
            | Action::Restart
            | Action::MoreSteps
            | Action::KeepSnapshot
            | Action::GoBack
            | Action::MeasureGradients
            | Action::Undo
            | Action::Revert => true,
            Action::Left | Action::Right | Action::CoarseLeft | Action::CoarseRight => {
                self.focus == Panel::Parameters
            }
            Action::Choose => matches!(self.focus, Panel::Parameters | Panel::Presets),
            _ => false,
        };
        let Some((state, _)) = self.shared.lost().filter(|_| needs_run) else {
            return false;
        };
        let text = format!("the run's program is gone ({state}): what was heard of it stays here");
        self.hint(now, Tone::Notice, text);
        true
    }

    /// The person leaves the screen, and the run goes on.
    pub(super) fn detach(&mut self) {
        self.effects.push(Effect::Detach);
        self.leave(Exit::Now);
    }

    /// The person stops the run, and leaves once its program has saved the picture.
    pub(super) fn stop_attached(&mut self) {
        if self.is_cut_off() {
            return self.leave(Exit::Now);
        }
        self.exit = Some(Exit::Saving);
        self.run.stop();
        self.effects.push(Effect::Engine(Command::Stop));
    }

    /// The run is at its end, and its own program saves the picture.
    pub(super) fn attached_ended(
        &mut self,
        reason: EndReason,
        pictures: Pictures,
        seconds: f64,
        now: Instant,
    ) {
        let steps = figure::steps(pictures.step);
        let time = figure::elapsed(seconds);
        self.run.end(reason, pictures, seconds);
        let word = match reason {
            EndReason::Completed | EndReason::BudgetSpent => "finished",
            EndReason::Stopped => "stopped",
        };
        self.say(now, Tone::Good, format!("{word}: {steps} in {time}"));
    }

    /// What is left of a screen that was attached.
    pub(super) fn attached_farewell(&self, id: &str) -> Farewell {
        let id = visible(id);
        let step = self.run.step;
        let line = match (&self.shared.lost, &self.exit) {
            (Some(_), Some(_)) if self.shared.last_words.is_some() => {
                self.shared.last_words.clone().unwrap_or_default()
            }
            (Some((state, _)), _) => format!("{id}: {state}, step {step}"),
            _ if self.run.is_paused() => format!(
                "left {id} at step {step}: it stays paused; `stylescope attach {id}` comes back"
            ),
            _ => {
                format!("left {id} at step {step}: it goes on; `stylescope attach {id}` comes back")
            }
        };
        Farewell {
            picture: None,
            result: None,
            lines: vec![line],
            failure: None,
            unseen: self.unseen,
            interrupted: self.interrupted,
        }
    }
}
