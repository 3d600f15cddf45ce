//! Others who look at the same run, from other terminals: what is heard of them, and what is different where this screen
//! is one of those that are attached and the run is another program's. UI thread.

use std::time::Instant;

use super::{App, Exit};
use crate::attach::company::Company;
use crate::dashboard::action::{Action, Panel};
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::Effect;
use crate::dashboard::run_state::Phase;
use crate::dashboard::setup::Farewell;
use crate::dashboard::standing::Standing;
use crate::engine::message::{Command, EndReason, Pictures};
use crate::preset::visible::visible;
use crate::preset::{Change, Loaded, Preset, settings};
use crate::record::figure;

impl App {
    /// Whether the run is another program's, and steered from here.
    pub(in crate::dashboard) fn is_attached(&self) -> bool {
        self.shared.attached_to().is_some()
    }

    /// Whose the run is.
    pub(in crate::dashboard) fn standing(&self) -> Standing {
        Standing::of(self.watched.is_some(), self.is_attached())
    }

    /// Whether the run's program is gone.
    pub(in crate::dashboard) fn is_cut_off(&self) -> bool {
        self.shared.lost().is_some()
    }

    /// Whether nobody sees the run any more.
    pub(super) fn is_deserted(&self) -> bool {
        self.unseen && !self.shared.has_viewers()
    }

    /// News of the others.
    pub(super) fn company(&mut self, company: Company, now: Instant) {
        if let Some((tone, text)) = self.shared.hear(&company, "run") {
            self.say(now, tone, text);
        }
        match company {
            Company::Left { is_lost, .. } => self.left_alone(is_lost),
            Company::Lost { why, .. } => self.lose_run(why, now),
            // To a comparison that one of them has been promoted from.
            Company::Invited(name) => {
                let text = format!("{} cannot join: one goes on alone", visible(&name));
                let is_error = true;
                self.effects.push(Effect::Announce { text, is_error });
            }
            _ => {}
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

    fn lose_run(&mut self, why: String, now: Instant) {
        self.pictures.refused(now);
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
        let is_leaving = self.exit.is_some();
        let (step, paused) = (self.run.step, self.run.is_paused());
        let line = self
            .shared
            .parting_line(&visible(id), step, paused, is_leaving);
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
